"""Summary: one row a version (domain 10.2). Entered and Goal met are people, each once within the period."""

from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from journeys.document import Document
from journeys.graph import ENTRY
from journeys.models import Version
from journeys.reports import facts
from journeys.stats import counters, journey
from journeys.stats.period import Period

GOALS = (1, 2, 3)
CONTROL = ("system", "journey", "custom")
COLUMNS = (
    *facts.JOURNEY,
    "Qualified", "Entered", "Goal met",
    *(f"Goal {goal} {part}" for goal in GOALS for part in ("name", "conversions", "control conversions")),
    "Journey timeout", "Force exits", "Version exit", "Completed", "Control total",
    *(f"{group.capitalize()} control conversions" for group in CONTROL),
    "Custom control group",
)  # fmt: skip


def gather(versions: Iterable[tuple[int, Document]], period: Period, zone: ZoneInfo) -> None:
    """Counters tell it all."""


def rows(version: Version, document: Document, period: Period, zone: ZoneInfo, gathered: None) -> Iterator[list[Any]]:
    """The version's row, in one statement."""
    entry = counters.of_versions([version.pk], period, nodes=[ENTRY])[version.pk][ENTRY]
    found = journey.of_tallies(entry, document)
    goals: list[Any] = []
    for goal in GOALS:
        if goal <= len(document.goals):
            it = found.conversions[goal - 1]
            goals += [it.name, it.target, it.control]
        else:
            goals += ["", "", ""]
    yield [
        *facts.journey(version, document, zone),
        found.qualified,
        found.people,
        found.people_met,
        *goals,
        found.timed_out,
        found.force_exits,
        found.version_exits,
        found.completed,
        found.held_out,
        *(sum(entry[f"held_goal_{goal}:{group}"] for goal in GOALS) for group in CONTROL),
        document.control.custom or "",
    ]
