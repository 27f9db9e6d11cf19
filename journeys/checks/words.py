"""How the checks say what they find."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from config.lib.errors import Problem


def error(code: str, message: str, *, node: int | None = None, field: str = "") -> Problem:
    return Problem(code, "error", node, field, message)


def warning(code: str, message: str, *, node: int | None = None, field: str = "") -> Problem:
    return Problem(code, "warning", node, field, message)


def local(at: datetime, tz: ZoneInfo) -> str:
    return f"{at.astimezone(tz):%Y-%m-%d %H:%M}"


def spell(span: timedelta) -> str:
    """A duration in words: 90 minutes, 36 hours, 365 days."""
    seconds = span.total_seconds()
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds and seconds % size == 0:
            count = int(seconds // size)
            return f"{count} {unit}" + ("" if count == 1 else "s")
    return f"{seconds:,.10g} seconds"


def out_of_range(
    label: str, value: timedelta | None, bounds: tuple[timedelta, timedelta], node: int | None, field: str
) -> Iterator[Problem]:
    if value is not None and not bounds[0] <= value <= bounds[1]:
        low, high = map(spell, bounds)
        yield error("K29", f"{label} is {spell(value)}; choose {low} to {high}.", node=node, field=field)
