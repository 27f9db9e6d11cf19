"""Calendar arithmetic of journeys: local times, midnights, hourly ticks and the runs of a schedule (domain 8).

Instants are aware datetimes in UTC; a local time is a wall-clock time in the account's zone. A local time that does not
exist becomes the first instant after the gap, one that occurs twice the first. Nothing here reads the clock.
"""

import calendar
import functools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from config.lib import times
from journeys.document import Dates, Once, Recurring

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def instant(local: datetime, tz: ZoneInfo) -> datetime:
    """The instant of a document's local time, in UTC. One with an offset is taken as it is."""
    return local.astimezone(UTC) if local.tzinfo is not None else times.instant(local, tz)


@functools.lru_cache(maxsize=4096)
def midnight(day: date, tz: ZoneInfo) -> datetime:
    """The first instant of a local date."""
    return times.day_start(day, tz)


@functools.lru_cache(maxsize=65536)
def local_date(at: datetime, tz: ZoneInfo) -> date:
    """The account's date at an instant."""
    return at.astimezone(tz).date()


def next_midnight(after: datetime, tz: ZoneInfo) -> datetime:
    """The first midnight later than `after`."""
    return midnight(local_date(after, tz) + DAY, tz)


def is_midnight(at: datetime, tz: ZoneInfo) -> bool:
    """Whether an instant is the first of its local date."""
    return midnight(local_date(at, tz), tz) == at


def tick(at: datetime, tz: ZoneInfo, offset: int) -> datetime:
    """The first tick at or after an instant: ticks are the instants whose local minute is `offset`, seconds 0."""
    minute = at.astimezone(UTC)
    if minute.second or minute.microsecond:
        minute = minute.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return _tick(minute, tz, offset)


@functools.lru_cache(maxsize=65536)
def _tick(minute: datetime, tz: ZoneInfo, offset: int) -> datetime:
    candidate = minute
    while (short := (offset - candidate.astimezone(tz).minute) % 60) != 0:
        # A zone that shifts by half an hour may do so before `short` minutes are over: then look again from the shift's
        # side.
        further = candidate + timedelta(minutes=short)
        same = further.astimezone(tz).utcoffset() == candidate.astimezone(tz).utcoffset()
        candidate = further if same else candidate + timedelta(minutes=1)
    return candidate


def runs(timeline: Once | Dates | Recurring, *, start: datetime, tz: ZoneInfo) -> Iterator[datetime]:
    """The instants at which a past-behaviour or custom-list entry is evaluated, in order and without end if the
    schedule has none.

    The first run is at the start. Each scheduled date D adds one at 00:00 of the day after D, or of D itself with
    `run_at: day_start`; a date counts if it is not before the start's date and, with an end, if D is on or before the
    end's date.
    """
    yield start
    if isinstance(timeline, Once):
        return
    first = local_date(start, tz)
    last = local_date(instant(timeline.end, tz), tz) if timeline.end else None
    days = sorted(set(timeline.dates)) if isinstance(timeline, Dates) else _recurring(timeline, first)
    for day in days:
        if last and day > last:
            return
        if day < first:
            continue
        at = midnight(day if timeline.run_at == "day_start" else day + DAY, tz)
        if at > start:
            yield at


def _recurring(timeline: Recurring, first: date) -> Iterator[date]:
    """The dates of a recurrence from its first day on."""
    every = max(timeline.every, 1)
    if timeline.unit == "day":
        day = first
        while True:
            yield day
            day += every * DAY
    elif timeline.unit == "week":
        monday = first - first.weekday() * DAY
        weekdays = sorted(WEEKDAYS.index(name) for name in timeline.weekdays) or [first.weekday()]
        while True:
            yield from (monday + weekday * DAY for weekday in weekdays)
            monday += every * 7 * DAY
    else:
        year, month = first.year, first.month
        while True:
            yield date(year, month, min(timeline.day or first.day, calendar.monthrange(year, month)[1]))
            year, month = year + (month - 1 + every) // 12, (month - 1 + every) % 12 + 1
