"""Quiet hours (DND): when a message may go out, by the person's clock (domain 3.5). Pure functions of a week of
ranges, a zone and an instant.

A week of quiet hours is a set of ranges on the local clock: start inside, end outside; ranges that touch or overlap are
one; a range whose end is not after its start runs into the next day. A message that is planned inside is dropped, or
held by this rule, so that it still comes at the time of day that its author chose:

    Let t be the planned local clock time and D the local date on which the range ends. The message goes out on the
    first of the 7 dates after D on which t is outside quiet hours; if there is none, when the range ends.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from config.lib import times

# On-device channels show when the person is there, and webhooks go to machines (domain 3.5).
CHANNELS = frozenset({"push", "sms", "email", "web_push", "whatsapp", "rcs"})
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = timedelta(days=1)
WEEK = 7 * DAY
SEARCHED = 7  # dates looked at for the planned clock time

Then = Literal["hold", "drop"]
Span = tuple[timedelta, timedelta]  # [start, end) since Monday 00:00; the end may lie in the next week


@dataclass(frozen=True, slots=True)
class Quiet:
    """The quiet hours of a journey. spans: apart from each other, by start; then: what becomes of messages inside."""

    spans: tuple[Span, ...]
    then: Then = "hold"

    def inside(self, local: datetime) -> Span | None:
        """The range of wall times that a wall time is in, as moments of its own week."""
        clock = local.replace(tzinfo=None)
        at = clock - _monday(clock)
        for start, end in self.spans:
            if start <= at < end:
                return start, end
            if start <= at + WEEK < end:  # the range began last week
                return start - WEEK, end - WEEK
        return None


def quiet(windows: Iterable[tuple[Sequence[str], time, time]], then: Then = "hold") -> Quiet:
    """The quiet hours that windows (days, from, to) make together."""
    spans = []
    for days, begins, ends in windows:
        start, end = _since_midnight(begins), _since_midnight(ends)
        length = end - start if end > start else end + DAY - start
        spans += [(DAYS.index(day) * DAY + start, DAYS.index(day) * DAY + start + length) for day in days]
    return Quiet(_merged(spans), then)


def release(quiet: Quiet, at: datetime, zone: ZoneInfo) -> datetime | None:
    """When a message that is planned for the instant `at` goes out: `at` itself outside quiet hours, a later instant
    when it is held, None when it is dropped.
    """
    local = at.astimezone(zone)
    span = quiet.inside(local)
    if span is None:
        return at
    opens = _opens(quiet, at, zone)
    if quiet.then == "drop" or opens is None:
        return None
    # The date on the wall when the range ends; an end at midnight is the next date's first moment.
    last = (_monday(local.replace(tzinfo=None)) + span[1]).date()
    for days in range(1, SEARCHED + 1):
        again = times.instant(datetime.combine(last + days * DAY, local.time()), zone)
        if quiet.inside(again.astimezone(zone)) is None:
            return again
    return opens


def always(quiet: Quiet) -> bool:
    """Whether there is no moment of the week outside."""
    return any(end - start >= WEEK for start, end in quiet.spans)


def _opens(quiet: Quiet, at: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant after `at` outside quiet hours; None when there is none."""
    if always(quiet):
        return None
    while span := quiet.inside(local := at.astimezone(zone)):
        wall = _monday(local.replace(tzinfo=None)) + span[1]
        ends = times.instant(wall, zone)
        if ends <= at:  # the wall time comes twice, and `at` is between the two
            ends = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
        at = ends  # where clocks skip, it may be inside the next range
    return at


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Ranges that touch or overlap become one, across the end of the week too."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    # The last ranges may reach those of next week's beginning.
    while len(merged) > 1 and merged[-1][1] >= merged[0][0] + WEEK:
        first = merged.pop(0)
        merged[-1] = merged[-1][0], max(merged[-1][1], first[1] + WEEK)
    if merged and merged[-1][1] >= merged[0][0] + WEEK:
        return ((timedelta(), WEEK),)
    return tuple(merged)


def _monday(clock: datetime) -> datetime:
    """The Monday 00:00 of a wall time's week."""
    return datetime.combine(clock.date() - clock.weekday() * DAY, time())


def _since_midnight(clock: time) -> timedelta:
    return timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second)
