"""What is wrong with the Setup block: name, schedule, control group, caps, journey timeout."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from config.lib.errors import Problem
from journeys import calendar, control, timeline
from journeys.checks.words import error, local, out_of_range, warning
from journeys.document import Dates, Document, Live, Once, Recurring
from journeys.models import ControlGroup

LONGEST_NAME = 100
LONGEST_DESCRIPTION = 120
MOST_DATES = 60
TIMEOUT = (timedelta(hours=1), timedelta(days=365))
EVERY = {"day": 30, "week": 12, "month": 12}  # the longest interval of a recurrence
YEARS = (2000, 2999)  # outside, dates are typing errors


def findings(document: Document, now: datetime, tz: ZoneInfo) -> Iterator[Problem]:
    """All that is wrong with the setup."""
    yield from naming(document)
    yield from _setup(document, now, tz)
    yield from _caps(document)


def naming(document: Document) -> Iterator[Problem]:
    """What is wrong with the name and the description."""
    name, description = document.name.strip(), document.description.strip()
    if not name:
        yield error("K01", "Give the journey a name.", field="name")
    if len(name) > LONGEST_NAME:
        message = f"The name has {len(name)} characters; shorten it to {LONGEST_NAME}."
        yield error("K01", message, field="name")
    if len(description) > LONGEST_DESCRIPTION:
        message = f"The description has {len(description)} characters; shorten it to {LONGEST_DESCRIPTION}."
        yield error("K01", message, field="description")


def _setup(document: Document, now: datetime, tz: ZoneInfo) -> Iterator[Problem]:
    """The schedule, the control group and the journey timeout."""
    schedule = document.entry.timeline
    if schedule is None:
        yield error("K02", "Choose when people enter: set the entry's schedule.", field="entry.timeline")
    elif isinstance(schedule, Live) != (document.entry.criteria == "live"):
        right = "a start and an end" if document.entry.criteria == "live" else "once, specific dates or a recurrence"
        message = f"This schedule does not fit the entry criteria; choose {right}."
        yield error("K02", message, field="entry.timeline")
    elif unreal := [day for day in _days(schedule) if not YEARS[0] <= day.year <= YEARS[1]]:
        message = f"The schedule names the year {unreal[0].year}; choose one from {YEARS[0]} to {YEARS[1]}."
        yield error("K02", message, field="entry.timeline")
    else:
        yield from _schedule(document, now, tz)
    yield from _control(document)
    yield from out_of_range("The journey timeout", document.timeout, TIMEOUT, None, "timeout")
    if document.goals and document.timeout is None:
        message = "People who never meet a goal stay for ever; set a journey timeout."
        yield warning("K24", message, field="timeout")


def _control(document: Document) -> Iterator[Problem]:
    """The sizes of control groups, and whether the custom one may be used."""
    percent, custom = document.control.journey_percent, document.control.custom
    if percent and not control.JOURNEY_SIZE[0] <= percent <= control.JOURNEY_SIZE[1]:
        low, high = control.JOURNEY_SIZE
        message = f"The journey's control group holds {percent} %; choose {low} to {high}, or 0 for none."
        yield error("K22", message, field="control.journey_percent")
    if custom is None:
        return
    if not ControlGroup.objects.filter(name=custom).exists():
        message = f"There is no control group “{custom}”; choose one that exists, or none."
        yield error("K22", message, field="control.custom")


def _days(schedule: Any) -> list[date]:
    """All dates and times that a schedule names."""
    given = [getattr(schedule, name, None) for name in ("start", "once", "end")]
    return [day for day in (*given, *getattr(schedule, "dates", ())) if isinstance(day, date)]


def _schedule(document: Document, now: datetime, tz: ZoneInfo) -> Iterator[Problem]:
    schedule, place = document.entry.timeline, "entry.timeline"
    start = timeline.planned_start(document, now=now, tz=tz)
    end = timeline.planned_end(document, tz)
    # Authors choose minutes, so a start in the running minute is meant as now.
    if start < now.replace(second=0, microsecond=0):
        field = f"{place}.once" if isinstance(schedule, Once) else f"{place}.start"
        message = f"Entry starts at {local(start, tz)}, which is past; choose now or a later time."
        yield error("K02", message, field=field)
    if end is not None and end <= max(start, now):
        message = f"Entry ends at {local(end, tz)}, which leaves no time to enter; choose a later end."
        yield error("K02", message, field=f"{place}.end")
    if isinstance(schedule, Dates):
        yield from _dates(schedule, calendar.local_date(now, tz))
    if isinstance(schedule, Recurring):
        yield from _recurrence(schedule)


def _dates(schedule: Dates, today: date) -> Iterator[Problem]:
    place = "entry.timeline.dates"
    if not schedule.dates:
        yield error("K02", "Choose at least one date on which people enter.", field=place)
    if len(set(schedule.dates)) > MOST_DATES:
        message = f"There are {len(set(schedule.dates))} entry dates; choose at most {MOST_DATES}."
        yield error("K29", message, field=place)
    for index, day in enumerate(schedule.dates):
        if day < today:
            message = f"The entry date {day.isoformat()} is past; remove it or choose a later one."
            yield error("K02", message, field=f"{place}[{index}]")


def _recurrence(schedule: Recurring) -> Iterator[Problem]:
    place, most = "entry.timeline", EVERY[schedule.unit]
    if not 1 <= schedule.every <= most:
        message = f"Entry recurs every {schedule.every} {schedule.unit}s; choose 1 to {most}."
        yield error("K29", message, field=f"{place}.every")
    if schedule.unit == "week" and not schedule.weekdays:
        message = "Choose the weekdays on which people enter."
        yield error("K02", message, field=f"{place}.weekdays")
    if schedule.unit == "month" and schedule.day is None:
        yield error("K02", "Choose the day of the month on which people enter.", field=f"{place}.day")
    if schedule.day is not None and not 1 <= schedule.day <= 31:
        message = f"There is no day {schedule.day} in a month; choose 1 to 31."
        yield error("K29", message, field=f"{place}.day")


def _caps(document: Document) -> Iterator[Problem]:
    for name, most in (("total", document.entry.cap.total), ("per_day", document.entry.cap.per_day)):
        if most is not None and most < 1:
            message = f"The entry cap is {most}; choose 1 or more, or leave it out."
            yield error("K29", message, field=f"entry.cap.{name}")
