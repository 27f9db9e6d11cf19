"""Local times and instants: what a clock on the wall says, and when that is (domain 8.4).

A local time that does not exist is the first valid instant after the gap; one that occurs twice is the first of the
two. A wall time is a naive datetime; an instant is an aware one.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """When the clocks of a zone show a wall time, in UTC."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    # A gap: the two readings of the wall time lie on its two sides, and the clock changes somewhere between them.
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC).replace(microsecond=0)
    after = first.replace(microsecond=0) + _SECOND
    offset = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local date, in UTC: its midnight."""
    return instant(datetime.combine(day, time.min), zone)
