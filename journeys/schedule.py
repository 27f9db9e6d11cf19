"""The clock's part in the lifecycle: scheduled starts, runs of past entries, completion, and the end of versions that
nobody is inside.

`clock` is a sweep that may be repeated, overlap itself, and be killed anywhere: every step asks the tables what is due,
takes each version in a transaction of its own that repeats the question under the lock, and leaves to another worker
what that one holds.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import BooleanField, Exists, Min, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from journeys import services, timeline
from journeys.engine import account, leave, runs
from journeys.models import Enrollment, Run, Status, Version

RETIRE_EVERY = timedelta(minutes=5)  # within this an emptied completed version is stopped (domain 15.14)

# Events that arrived before the entry was over may still qualify; they are routed first.
_NO_BACKLOG = "NOT EXISTS (SELECT FROM profiles_inbox WHERE received_at < journeys_version.completes_at)"


def clock(now: datetime) -> int:
    """Do all that is due at `now`; return how many things were done.

    Raises ExceptionGroup at the end if some of it failed: one bad version does not keep the others from their turn.
    """
    failures: list[Exception] = []
    done = _each(_starting(now), lambda version: services.start(version, now=now), failures)
    done += _each(
        _running(now),
        lambda version: timeline.note_runs(version, tz=account.current().zone, now=now, including_now=True),
        failures,
    )
    done += _run_all(failures)
    done += _each(_completing(now), lambda version: services.complete(version, now=now), failures)
    done += _each(_emptied(), lambda version: services.retire(version, now=now), failures)
    done += empty_stopped(now)
    if failures:
        raise ExceptionGroup("Part of the schedule could not be kept", failures)
    return done


def next_instant(now: datetime) -> datetime | None:
    """The earliest instant after `now` at which `clock` has something to do, as things are; None if never."""
    starts = Version.objects.filter(status=Status.SCHEDULED, start_at__gt=now)
    moving = Version.objects.filter(status__in=(Status.LIVE, Status.PAUSED))
    instants = [
        starts.aggregate(at=Min("start_at"))["at"],
        *moving.aggregate(
            run=Min("next_run_at", filter=Q(next_run_at__gt=now)),
            completion=Min("completes_at", filter=Q(completes_at__gt=now)),
        ).values(),
    ]
    if _emptied().exists():
        instants.append(now + RETIRE_EVERY)
    return min((at for at in instants if at is not None), default=None)


def empty_stopped(now: datetime) -> int:
    """Lead out whoever is still inside a stopped version; return how many versions there were."""
    stopped = Version.objects.filter(_people_inside(), status=Status.STOPPED).values_list("pk", flat=True)
    for version_id in stopped:
        leave.everyone(version_id, account=account.current(), now=now)
    return len(stopped)


def _starting(now: datetime) -> QuerySet[Version]:
    return Version.objects.filter(status=Status.SCHEDULED, start_at__lte=now)


def _running(now: datetime) -> QuerySet[Version]:
    return Version.objects.filter(status__in=(Status.LIVE, Status.PAUSED), next_run_at__lte=now)


def _completing(now: datetime) -> QuerySet[Version]:
    unfinished = Exists(Run.objects.filter(version=OuterRef("pk"), finished_at=None))
    routed = RawSQL(_NO_BACKLOG, (), output_field=BooleanField())
    return Version.objects.filter(~unfinished, routed, status__in=(Status.LIVE, Status.PAUSED), completes_at__lte=now)


def _emptied() -> QuerySet[Version]:
    return Version.objects.filter(~_people_inside(), status=Status.COMPLETED)


def _people_inside() -> Exists:
    return Exists(Enrollment.objects.filter(version=OuterRef("pk")).exclude(phase=Enrollment.Phase.EXITED))


def _run_all(failures: list[Exception]) -> int:
    """Have the engine make every run that is noted and not finished, oldest first, those of a paused version too."""
    pending = Run.objects.filter(finished_at=None).order_by("at", "id").values_list("pk", flat=True)
    for run_id in pending:
        try:
            runs.run(run_id, account=account.current())
        except Exception as error:  # noqa: BLE001 (raised again by `clock`)
            failures.append(error)
    return len(pending)


def _each(due: QuerySet[Version], act: Callable[[Version], None], failures: list[Exception]) -> int:
    """Act on every due version, each in a transaction of its own; return how many there were."""
    done = 0
    for version_id in due.order_by("pk").values_list("pk", flat=True):
        try:
            with transaction.atomic():
                version = due.select_for_update(skip_locked=True, of=("self",)).filter(pk=version_id).first()
                if version is not None:
                    act(version)
                    done += 1
        except Exception as error:  # noqa: BLE001 (raised again by `clock`)
            failures.append(error)
    return done
