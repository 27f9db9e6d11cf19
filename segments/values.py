"""What a value in a rule means, for both evaluators (the meaning itself is told in `segments.rules`).

Dates are the part that needs care. A property holds a date as ISO 8601 text: a day, a local time, or a time with an
offset. A date in a rule becomes a Span, known both as wall times of the account and as instants; a property without an
offset is compared with the wall times, one with an offset with the instants. So neither evaluator converts a property
from one to the other, and they cannot differ about a night in which the clocks change.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from operator import ge, gt, le, lt
from typing import Any, TypeGuard
from zoneinfo import ZoneInfo

from config.lib import times

_TICK = timedelta(microseconds=1)

# Only days that exist, 1900 to 2999: PostgreSQL may cast whatever fits, and it fits the same texts in both engines.
_YEAR = "(?:19|2[0-9])[0-9][0-9]"
_LEAP = "(?:(?:19|2[0-9])(?:0[48]|[2468][048]|[13579][26])|2000|2400|2800)"
_DAY = (
    f"(?:{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    f"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP}-02-29)"
)
_TIME = r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
_OFFSET = r"(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
WALL = f"^{_DAY}(?:{_TIME})?$"  # for PostgreSQL, where $ is the very end
INSTANT = f"^{_DAY}{_TIME}{_OFFSET}$"
_WALL_OR_INSTANT = re.compile(f"{_DAY}(?:{_TIME}{_OFFSET}?)?")

# What an order asks of a date: the comparison, and which end of the Span it is made with.
Order = tuple[Callable[[Any, Any], bool], str]
ORDERS: dict[str, Order] = {">": (gt, "last"), ">=": (ge, "first"), "<": (lt, "first"), "<=": (le, "last")}


@dataclass(frozen=True, slots=True)
class Span:
    """What a date in a rule covers, both ends included: a whole day, or one instant."""

    wall_first: datetime  # naive
    wall_last: datetime
    instant_first: datetime  # aware
    instant_last: datetime

    def to(self, other: "Span") -> "Span":
        """From the start of this one to the end of the other."""
        return Span(self.wall_first, other.wall_last, self.instant_first, other.instant_last)


def read_date(text: str) -> datetime | None:
    """The date that a property or a rule holds: naive without an offset, a day as its midnight; None if it is none."""
    return datetime.fromisoformat(text) if _WALL_OR_INSTANT.fullmatch(text) else None


def span(text: str, zone: ZoneInfo) -> Span:
    """What a date in a rule covers. Raises ValueError if the text is no date."""
    found = read_date(text)
    if found is None:
        raise ValueError(f"“{text}” is not a date.")
    if found.tzinfo is not None:
        wall = found.astimezone(zone).replace(tzinfo=None)
        return Span(wall, wall, found, found)
    start = times.instant(found, zone)
    if len(text) > len("2026-12-01"):
        return Span(found, found, start, start)
    end = found + timedelta(days=1)
    return Span(found, end - _TICK, start, times.instant(end, zone) - _TICK)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a JSON value is a number; true and false are not, whatever Python says."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def exact(number: float) -> Fraction:
    """A JSON number as it is written: 0.1 is a tenth, as in PostgreSQL."""
    return Fraction(number if isinstance(number, int) else repr(number))


def is_date(value: object) -> bool:
    """Whether a JSON value is read as a date."""
    return isinstance(value, str) and read_date(value) is not None


def same(value: Any, other: Any) -> bool:
    """Whether two JSON values that are no lists are equal: of one type, and exactly alike."""
    if is_number(value):
        return is_number(other) and bool(value == other)
    return type(value) is type(other) and bool(value == other)
