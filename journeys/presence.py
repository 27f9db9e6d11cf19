"""A person's stays in all journeys on one axis of time, for the picture on their page."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from journeys.people import Stay

SHORTEST = timedelta(hours=1)  # the span of the axis, however little has happened
MARKS = 4  # parts of the axis between its labels


class Bar(NamedTuple):
    """One stay. left, width: per cent of the axis. outcome: inside, goal, or left."""

    left: float
    width: float
    outcome: str
    stay: Stay


class Row(NamedTuple):
    """One journey."""

    journey_id: int
    journey: str
    bars: list[Bar]


class Picture(NamedTuple):
    """rows: those with the latest stay first. marks: (per cent, instant) of the axis."""

    rows: list[Row]
    marks: list[tuple[float, datetime]]


def picture(stays: Sequence[Stay], *, now: datetime) -> Picture | None:
    """Stays as bars from the first entry until now; None for nobody who was ever inside."""
    if not stays:
        return None
    begin = min(stay.entered_at for stay in stays)
    span = max(now - begin, SHORTEST)
    rows: dict[int, Row] = {}
    for stay in sorted(stays, key=lambda it: it.entered_at, reverse=True):
        end = stay.exited_at or max(now, stay.entered_at)
        bar = Bar(
            round(100 * ((stay.entered_at - begin) / span), 2),
            round(100 * ((end - stay.entered_at) / span), 2),
            _outcome(stay),
            stay,
        )
        rows.setdefault(stay.journey_id, Row(stay.journey_id, stay.journey, [])).bars.append(bar)
    marks = [(100 * part / MARKS, begin + span * part / MARKS) for part in range(MARKS + 1)]
    return Picture(list(rows.values()), marks)


def _outcome(stay: Stay) -> str:
    if stay.exit_reason is None:
        return "inside"
    return "goal" if stay.exit_reason.startswith("goal_") else "left"
