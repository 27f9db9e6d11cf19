"""Reports are asked for: once, or to be made again each day or week. JourneyError says in a sentence what cannot be."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction

from config.lib.wake import wake
from journeys.errors import JourneyError
from journeys.guard import require
from journeys.models import Journey, Report, ReportForm, ReportSchedule, Status, Version
from journeys.reports import MOST_JOURNEYS, schedules

MOST_WAITING = 20  # reports of one person that are not made yet
MOST_SCHEDULES = 20  # of one person


def ask(
    *,
    name: str,
    form: str,
    journey_ids: Sequence[int],
    version_ids: Sequence[int] = (),
    first: date | None = None,
    last: date | None = None,
    by: User,
    now: datetime,
) -> Report:
    """Ask for a report on days of the account's calendar, both included; version_ids: empty for all versions that were
    published. It is made soon, and a notice tells when it is there.
    """
    require(by, "journeys.view_journey")
    _check(name, form, journey_ids)
    if first and last and first > last:
        raise JourneyError(f"The last day, {last}, is before {first}; choose a later one.", code="report")
    published = Version.objects.filter(journey__in=journey_ids, published_at__isnull=False)
    if version_ids and published.filter(pk__in=version_ids).count() != len(set(version_ids)):
        message = "Choose published versions of the report's journeys; one of these is another's, or a draft."
        raise JourneyError(message, code="report")
    if not published.exists():
        raise JourneyError("None of these journeys was published yet, so there is nothing to report.", code="report")
    with transaction.atomic():
        if _waiting(by) >= MOST_WAITING:
            message = f"{MOST_WAITING} reports of yours are being made; wait until one is ready."
            raise JourneyError(message, code="report")
        report = Report.objects.create(
            name=name.strip(),
            form=form,
            journey_ids=list(journey_ids),
            version_ids=sorted(set(version_ids)),
            first=first,
            last=last,
            created_by=by,
            created_at=now,
        )
        wake("journeys.reports")
    return report


def plan(
    *,
    name: str,
    form: str,
    journey_ids: Sequence[int],
    every: str,
    hour: int,
    weekday: int = 0,
    by: User,
    now: datetime,
    zone: ZoneInfo,
) -> ReportSchedule:
    """Ask for a report each day or week, about what is live then. hour: on the account's clock; weekday: 0 is Monday,
    and only weekly reports look at it.
    """
    require(by, "journeys.view_journey")
    _check(name, form, journey_ids)
    if every not in ReportSchedule.Every.values or not 0 <= hour <= 23 or not 0 <= weekday <= 6:
        message = "A schedule is daily or weekly, at an hour of 0 to 23, on a weekday of 0 to 6."
        raise JourneyError(message, code="report")
    if not Version.objects.filter(journey__in=journey_ids, status=Status.LIVE).exists():
        message = "Reports are scheduled for live journeys; none of these is live."
        raise JourneyError(message, code="report")
    if ReportSchedule.objects.filter(created_by=by).count() >= MOST_SCHEDULES:
        raise JourneyError(f"You have {MOST_SCHEDULES} schedules already; delete one first.", code="report")
    made = ReportSchedule(
        name=name.strip(),
        form=form,
        journey_ids=list(journey_ids),
        created_by=by,
        created_at=now,
        every=every,
        hour=hour,
        weekday=weekday,
    )
    made.next_at = schedules.following(made, after=now, zone=zone)
    made.save()
    return made


def _check(name: str, form: str, journey_ids: Sequence[int]) -> None:
    if not 1 <= len(name.strip()) <= 100:
        raise JourneyError("Give the report a name of 1 to 100 characters.", code="report")
    if form not in ReportForm.values:
        raise JourneyError(f"A report is one of {', '.join(ReportForm.values)}, not “{form}”.", code="report")
    if not 1 <= len(journey_ids) <= MOST_JOURNEYS:
        message = f"A report holds 1 to {MOST_JOURNEYS} journeys, not {len(journey_ids)}."
        raise JourneyError(message, code="report")
    if Journey.objects.filter(pk__in=journey_ids).count() != len(set(journey_ids)):
        raise JourneyError("One of these journeys does not exist.", code="not_found")


def _waiting(by: User) -> int:
    return Report.objects.filter(created_by=by, state__in=[Report.State.WAITING, Report.State.MAKING]).count()
