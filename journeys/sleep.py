"""Sleep: when somebody who leaves by a link arrives at its end (domain 5.4).

After a duration; at a clock time on the day that follows n days; at the person's best two hours; and, with `only`, at
the next moment of a chosen weekday and clock range. Durations are elapsed time, clock times and days are those of the
zone. A clock time that is past today is tomorrow's; one that is now is now (domain 15.13).
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.lib import times
from journeys.document import Only, Sleep

DAY = timedelta(days=1)
WEEK = 7  # days
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT = time()
SLOT = 2  # hours


def until(sleep: Sleep | None, at: datetime, zone: ZoneInfo) -> datetime:
    """The instant of arrival for somebody who leaves at the instant `at` (UTC); `at` itself without a sleep."""
    if sleep is None:
        return at
    if sleep.clock is not None:
        return _clock(sleep, time.fromisoformat(sleep.clock), at, zone)
    wakes = at + (sleep.after or (sleep.days or 0) * DAY)
    return _fit(sleep.only, wakes, zone) if sleep.only else wakes


def best(sleep: Sleep, slot: int | None, at: datetime, zone: ZoneInfo) -> datetime:
    """The next moment in the day's two hours `slot`, counted from 0, or in those of the fallback without one."""
    assert sleep.best_time is not None
    if slot is None:
        slot = time.fromisoformat(sleep.best_time.fallback).hour // SLOT
    local = at.astimezone(zone)
    if local.hour // SLOT == slot:
        return at
    begins, day = time(slot * SLOT), local.date()
    opens = times.instant(datetime.combine(day, begins), zone)
    return opens if opens >= at else times.instant(datetime.combine(day + DAY, begins), zone)


def late(sleep: Sleep, at: datetime, zone: ZoneInfo) -> bool:
    """Whether the sleep's clock time is past already on the day that it is meant for (domain 3.6)."""
    if sleep.clock is None:
        return False
    day = at.astimezone(zone).date() + (sleep.days or 0) * DAY
    planned = times.instant(datetime.combine(day, time.fromisoformat(sleep.clock)), zone)
    return planned < at and (sleep.only is None or _inside(sleep.only, planned, zone))


def _clock(sleep: Sleep, clock: time, at: datetime, zone: ZoneInfo) -> datetime:
    """The first fitting day's clock time, from n days after today on; where it lies outside its own range on every day,
    the next moment after it that fits.
    """
    day = at.astimezone(zone).date() + (sleep.days or 0) * DAY
    first = at
    for ahead in range(WEEK + 1):  # a week holds every weekday, and the first day's clock time may be past
        wakes = times.instant(datetime.combine(day + ahead * DAY, clock), zone)
        if wakes >= at and (sleep.only is None or _inside(sleep.only, wakes, zone)):
            return wakes
        if first <= at < wakes:
            first = wakes
    assert sleep.only is not None
    return _fit(sleep.only, first, zone)


def _fit(only: Only, at: datetime, zone: ZoneInfo) -> datetime:
    """The first moment from `at` on that is inside the range of a chosen weekday."""
    if _inside(only, at, zone):
        return at
    begins = time.fromisoformat(only.from_) if only.from_ else MIDNIGHT
    day = at.astimezone(zone).date()
    for ahead in range(2 * WEEK):  # where the clocks skip the whole range of a day, the week after has one
        opens = times.instant(datetime.combine(day + ahead * DAY, begins), zone)
        if opens >= at and _inside(only, opens, zone):
            return opens
    return at


def _inside(only: Only, at: datetime, zone: ZoneInfo) -> bool:
    """Whether a moment is in the range of a chosen weekday; one that does not end after its start runs overnight."""
    local = at.astimezone(zone)
    begins = time.fromisoformat(only.from_) if only.from_ else MIDNIGHT
    ends = time.fromisoformat(only.to) if only.to else MIDNIGHT
    clock = local.time()
    if begins < ends:
        return begins <= clock < ends and _chosen(only, local.weekday())
    yesterday = (local.weekday() - 1) % 7
    return (clock >= begins and _chosen(only, local.weekday())) or (clock < ends and _chosen(only, yesterday))


def _chosen(only: Only, weekday: int) -> bool:
    return not only.weekdays or WEEKDAYS[weekday] in only.weekdays
