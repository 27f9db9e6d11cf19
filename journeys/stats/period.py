"""Which days a page of numbers is about."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal, NamedTuple

Unit = Literal["day", "week", "month"]
MOST_POINTS = 1500


class Period(NamedTuple):
    """Days of the account's calendar, both ends included; None: without that end."""

    first: date | None = None
    last: date | None = None

    @property
    def params(self) -> dict[str, date]:
        """For the statements, whose days are never null."""
        return {"first": self.first or date(2000, 1, 1), "last": self.last or date(2999, 12, 31)}


ALWAYS = Period()


def spread(by_day: Mapping[date, Counter[str]], unit: Unit) -> dict[date, Counter[str]]:
    """What was counted by day, by day, week or month, from the first to the last; those between have zeros. At most
    MOST_POINTS of them.
    """
    found: dict[date, Counter[str]] = {}
    for day, counts in by_day.items():
        found.setdefault(begin(day, unit), Counter()).update(counts)
    if not found:
        return {}
    points: dict[date, Counter[str]] = {}
    day, last = min(found), max(found)
    while day <= last and len(points) < MOST_POINTS:
        points[day] = found.get(day, Counter())
        day = following(day, unit)
    return points


def begin(day: date, unit: Unit) -> date:
    """The first day of the day's week (Monday) or month."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day


def following(day: date, unit: Unit) -> date:
    """The first day of the next day, week or month after one that begins so."""
    if unit == "month":
        return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return day + timedelta(days=7 if unit == "week" else 1)
