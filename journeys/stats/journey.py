"""Journey stats: who entered and how they left, over time, and whether it did any good (domain 10.1)."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from config.lib import lanes, sql
from journeys.document import Document
from journeys.nodes import KINDS
from journeys.stats.nodes import counted
from journeys.stats.period import ALWAYS, Period, Unit, begin, following

SQL = sql.load(Path(__file__).with_name("tallies.sql"))

SERIES = ("entered", "completed", "goal_met", "timed_out")
Z = 1.959964  # of a two-sided 95 % interval
MOST_POINTS = 1500


class Conversion(NamedTuple):
    """One goal, or all of them: target against control. Rates and boost in per cent; None where nothing can be said.
    low, high: the 95 % interval of the boost.
    """

    name: str
    target: int
    target_rate: float | None
    control: int
    control_rate: float | None
    boost: float | None
    low: float | None
    high: float | None


@dataclass(slots=True)
class JourneyStats:
    """One version within the period; `inside` is now, whatever the period."""

    qualified: int = 0
    entered: int = 0
    held_out: int = 0
    inside: int = 0
    goal_met: int = 0
    completed: int = 0
    timed_out: int = 0
    force_exits: int = 0
    version_exits: int = 0
    conversions: list[Conversion] = field(default_factory=list)
    groups: dict[str, int] = field(default_factory=dict)  # who was held out, by control group

    @property
    def rate(self) -> float | None:
        """Per cent: goal met ÷ qualified; without goals, completed ÷ qualified (domain 2.6)."""
        met = self.goal_met if self.conversions else self.completed
        return 100 * met / self.qualified if self.qualified else None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        plain = {name: getattr(self, name) for name in self.__slots__ if name != "conversions"}
        return plain | {"rate": self.rate, "conversions": [it._asdict() for it in self.conversions]}


class Point(NamedTuple):
    """What happened from a day on, for a day, a week or a month."""

    day: date
    entered: int
    completed: int
    goal_met: int
    timed_out: int


def stats(version_id: int, document: Document, period: Period = ALWAYS) -> JourneyStats:
    """The totals of a version, in two statements."""
    found = of_tallies(counted(version_id, period), document)
    inside = sql.rows(SQL["inside"], {"lanes": lanes.ALL, "version": version_id})
    found.inside = sum(count for _, _, count in inside)
    return found


def of_tallies(tallies: Mapping[int, Counter[str]], document: Document) -> JourneyStats:
    """The totals of a version as `nodes.counted` has it; nothing is said of who is inside."""
    entry = tallies.get(0, Counter())
    exits: Counter[str] = Counter()
    for node, metrics in tallies.items():
        for metric, value in metrics.items():
            name, _, reason = metric.partition(":")
            if node and name in ("exited", "exited_before"):
                exits[reason] += value
    found = JourneyStats(
        qualified=entry["qualified"],
        entered=entry["entered"],
        held_out=entry["held_out"],
        goal_met=sum(value for reason, value in exits.items() if reason.startswith("goal_")),
        completed=exits["completed"],
        timed_out=exits["journey_timeout"],
        force_exits=exits["force_exit"],
        version_exits=exits["version_exit"],
        groups={
            metric.removeprefix("held_out:"): value for metric, value in entry.items() if metric.startswith("held_out:")
        },
    )
    names = [goal.name or KINDS[goal.kind].label for goal in document.goals]
    for place, name in enumerate(names, 1):
        found.conversions.append(_conversion(name, exits[f"goal_{place}"], entry[f"held_goal_{place}"], found))
    if len(names) > 1:
        held = sum(entry[f"held_goal_{place}"] for place in range(1, len(names) + 1))
        found.conversions.append(_conversion("Any goal", found.goal_met, held, found))
    return found


def _conversion(name: str, target: int, control: int, of: JourneyStats) -> Conversion:
    return Conversion(
        name,
        target,
        100 * target / of.entered if of.entered else None,
        control,
        100 * control / of.held_out if of.held_out else None,
        *boost(target, of.entered, control, of.held_out),
    )


def boost(target: int, visitors: int, control: int, held_out: int) -> tuple[float | None, float | None, float | None]:
    """(boost, low, high) in per cent: (target rate - control rate) ÷ control rate, with its 95 % interval by the
    logarithm of the ratio (Katz). None where control is empty or converted nobody (domain 10.1).
    """
    if not visitors or not held_out or not control:
        return None, None, None
    ratio = (target / visitors) / (control / held_out)
    if not target:
        return -100.0, None, None
    spread = Z * math.sqrt(max(0.0, 1 / target - 1 / visitors) + max(0.0, 1 / control - 1 / held_out))
    return 100 * (ratio - 1), 100 * (ratio * math.exp(-spread) - 1), 100 * (ratio * math.exp(spread) - 1)


def trend(version_id: int, unit: Unit, period: Period) -> list[Point]:
    """What happened by day, week or month, from the first that anything happened in; those between have zeros."""
    found: dict[date, Counter[str]] = {}
    for day, what, value in sql.rows(SQL["by_day"], {"lanes": lanes.ALL, "version": version_id, **period.params}):
        series = _series(what)
        if series:
            found.setdefault(begin(day, unit), Counter())[series] += value
    if not found:
        return []
    points: list[Point] = []
    day, last = min(found), max(found)
    while day <= last and len(points) < MOST_POINTS:
        at = found.get(day, Counter())
        points.append(Point(day, *(at[series] for series in SERIES)))
        day = following(day, unit)
    return points


def _series(what: str) -> str | None:
    if what == "entered":
        return "entered"
    reason = what.removeprefix("exited:")
    if reason.startswith("goal_"):
        return "goal_met"
    return {"completed": "completed", "journey_timeout": "timed_out"}.get(reason)
