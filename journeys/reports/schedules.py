"""Reports that are made again and again, each once a day or a week."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from journeys import calendar
from journeys.models import Report, ReportSchedule, Status, Version


def ask_due(*, now: datetime, zone: ZoneInfo) -> int:
    """Ask for the reports that are due, each once however long nobody looked; return how many. Overlapping calls share
    the work: a schedule moves on in the transaction that asks.
    """
    asked = 0
    while True:
        with transaction.atomic():
            due = ReportSchedule.objects.select_for_update(skip_locked=True).filter(next_at__lte=now)
            schedule = due.order_by("next_at", "id").first()
            if schedule is None:
                return asked
            asked += _ask(schedule, today=calendar.local_date(now, zone), now=now)
            schedule.next_at = following(schedule, after=now, zone=zone)
            schedule.save(update_fields=["next_at"])


def _ask(schedule: ReportSchedule, *, today: date, now: datetime) -> int:
    """1, or 0 while none of its journeys is live."""
    live = Version.objects.filter(journey__in=schedule.journey_ids, status=Status.LIVE)
    versions = list(live.order_by("pk").values_list("pk", flat=True))
    if not versions:
        return 0
    days = 7 if schedule.every == ReportSchedule.Every.WEEK else 1
    Report.objects.create(
        name=schedule.name,
        form=schedule.form,
        journey_ids=schedule.journey_ids,
        version_ids=versions,
        first=today - timedelta(days=days),
        last=today - timedelta(days=1),
        schedule=schedule,
        created_by_id=schedule.created_by_id,
        created_at=now,
    )
    return 1


def following(schedule: ReportSchedule, *, after: datetime, zone: ZoneInfo) -> datetime:
    """The next instant at which it is due, later than `after`."""
    day = calendar.local_date(after, zone)
    while True:
        at = calendar.instant(datetime.combine(day, time(schedule.hour)), zone)
        fits = schedule.every == ReportSchedule.Every.DAY or day.weekday() == schedule.weekday
        if fits and at > after:
            return at
        day += timedelta(days=1)
