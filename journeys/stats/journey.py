"""Journey stats: who entered and how they left, over time, and whether it did any good (domain 10.1)."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from journeys.document import Document
from journeys.graph import ENTRY
from journeys.nodes import KINDS
from journeys.stats import counters
from journeys.stats.period import ALWAYS, Period, Unit, spread

SERIES = ("entered", "completed", "goal_met", "timed_out")
Z = 1.959964  # of a two-sided 95 % interval


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
    exits: int = 0  # for whatever reason
    people: int = 0  # who entered, each once
    people_met: int = 0  # who met a goal, each once
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
    """The totals of a version, in two statements at most."""
    found = of_versions({version_id: document}, period)[version_id]
    always = found if period == ALWAYS else of_versions({version_id: document})[version_id]
    found.inside = always.entered - always.exits
    return found


def of_versions(documents: Mapping[int, Document], period: Period = ALWAYS) -> dict[int, JourneyStats]:
    """The totals of versions by id, in one statement; nothing is said of who is inside."""
    found = counters.of_versions(documents, period, nodes=[ENTRY])
    return {version: of_tallies(found[version][ENTRY], document) for version, document in documents.items()}


def of_tallies(entry: Counter[str], document: Document) -> JourneyStats:
    """The totals of a version by what it counts under the entry; nothing is said of who is inside."""
    exits = Counter(
        {metric.removeprefix("exited:"): value for metric, value in entry.items() if metric.startswith("exited:")}
    )
    found = JourneyStats(
        qualified=entry["qualified"],
        entered=entry["entered"],
        held_out=entry["held_out"],
        goal_met=sum(value for reason, value in exits.items() if reason.startswith("goal_")),
        completed=exits["completed"],
        timed_out=exits["journey_timeout"],
        force_exits=exits["force_exit"],
        version_exits=exits["version_exit"],
        exits=exits.total(),
        people=entry["entered"] - entry["again"],
        groups={
            metric.removeprefix("held_out:"): value for metric, value in entry.items() if metric.startswith("held_out:")
        },
    )
    found.people_met = found.goal_met - entry["met_again"]
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
    for day, what, value in counters.of_node(version_id, ENTRY, period):
        if series := _series(what):
            found.setdefault(day, Counter())[series] += value
    return [Point(day, *(at[series] for series in SERIES)) for day, at in spread(found, unit).items()]


def _series(what: str) -> str | None:
    if what == "entered":
        return "entered"
    reason = what.removeprefix("exited:")
    if reason.startswith("goal_"):
        return "goal_met"
    return {"completed": "completed", "journey_timeout": "timed_out"}.get(reason)
