"""The clock's part in the lifecycle: scheduled starts, runs of past entries, completion, and the end of versions that
nobody is inside.

`clock` is a sweep that may be repeated, overlap itself, and be killed anywhere: one statement says what is due, and
each thing is done in a transaction of its own that asks again under the version's lock and leaves to another worker
what that one holds.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction

from config.lib import lanes, sql
from journeys import services, shares, timeline, weighing, winners
from journeys.engine import account, leave, runs
from journeys.models import Status, Version

SQL = sql.load(Path(__file__).with_suffix(".sql"))

RETIRE_WITHIN = timedelta(minutes=5)  # an emptied completed or versioned version is stopped by then (domain 15.14)


def clock(now: datetime) -> int:
    """Do all that is due at `now`, and what becomes due by that; return how many things were done.

    Raises ExceptionGroup at the end if some of it failed: one bad version does not keep the others from their turn.
    """
    done, tried = 0, set[tuple[str, int]]()
    failures: list[Exception] = []
    while due := [item for item in _due(now) if item not in tried]:
        for what, id in due:
            tried.add((what, id))
            try:
                done += ACTS[what](id, now)
            except Exception as error:  # noqa: BLE001 (raised again below)
                failures.append(error)
    if failures:
        raise ExceptionGroup("Part of the schedule could not be kept", failures)
    return done


def _due(now: datetime) -> list[tuple[str, int]]:
    return sql.rows(SQL["due"], {"now": now, "lanes": lanes.ALL, "every": weighing.EVERY})


def next_instant(now: datetime) -> datetime | None:
    """The earliest instant after `now` at which `clock` has something to do, as things are; None if never."""
    params = {"now": now, "lanes": lanes.ALL, "every": weighing.EVERY}
    ((planned, emptied, weighs, decides),) = sql.rows(SQL["next"], params)
    instants = [planned, now + RETIRE_WITHIN if emptied else None, weighs, decides]
    return min((at for at in instants if at is not None), default=None)


def empty_stopped(now: datetime) -> None:
    """Lead out whoever is still inside a stopped version."""
    for what, version_id in _due(now):
        if what == "empty":
            _empty(version_id, now)


# What can be due. Each returns whether it did anything. --------------------------------------------------------------


def _start(version_id: int, now: datetime) -> bool:
    with transaction.atomic():
        version = _claim(version_id, Status.SCHEDULED)
        if version is None or version.start_at is None or version.start_at > now:
            return False
        services.start(version, now=now)
    return True


def _note_runs(version_id: int, now: datetime) -> bool:
    with transaction.atomic():
        version = _claim(version_id, Status.LIVE, Status.PAUSED)
        if version is None:
            return False
        return timeline.note_runs(version, tz=account.current().zone, now=now, including_now=True) > 0


def _run(run_id: int, now: datetime) -> bool:
    runs.run(run_id, account=account.current())
    return True


def _complete(version_id: int, now: datetime) -> bool:
    with transaction.atomic():
        version = _claim(version_id, Status.LIVE, Status.PAUSED)
        if version is None or version.completes_at is None or version.completes_at > now:
            return False
        services.complete(version, now=now)
    return True


def _retire(version_id: int, now: datetime) -> bool:
    with transaction.atomic():
        version = _claim(version_id, Status.COMPLETED, Status.VERSIONED)
        if version is None:
            return False
        # A batch that began before the completion may still let somebody in; it holds its lanes until it commits.
        lanes.lock_wait(lanes.ALL)
        ((somebody,),) = sql.rows(SQL["inside"], {"version": version_id, "lanes": lanes.ALL})
        if somebody:
            return False
        services.retire(version, now=now)
    return True


def _empty(version_id: int, now: datetime) -> bool:
    return leave.everyone(version_id, account=account.current(), now=now) > 0


ACTS: dict[str, Callable[[int, datetime], bool]] = {
    "start": _start,
    "note_runs": _note_runs,
    "run": _run,
    "complete": _complete,
    "retire": _retire,
    "empty": _empty,
    "weigh": shares.weigh,
    "winner": winners.choose,
}


def _claim(version_id: int, *statuses: Status) -> Version | None:
    """The version, locked, if it is still in one of the states and no other worker has it."""
    claimed = Version.objects.select_for_update(skip_locked=True, of=("self",)).select_related("journey")
    return claimed.filter(pk=version_id, status__in=statuses).first()
