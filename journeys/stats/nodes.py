"""Node stats: what each node of a version did with people (domain 10.1)."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from config.lib import lanes, sql
from journeys.document import Document
from journeys.graph import ENTRY
from journeys.nodes import KINDS
from journeys.stats.period import ALWAYS, Period

SQL = sql.load(Path(__file__).with_name("tallies.sql"))

OUTCOMES = ("sent", "delivered", "viewed", "clicked", "failed", "unreachable", "replied", "unsubscribed")


@dataclass(slots=True)
class Branch:
    """One path of an IntelliNODE. rate: per cent of those who took it, all goals together."""

    via: str
    name: str
    entered: int = 0
    goals: list[int] = field(default_factory=list)
    converted: int = 0

    @property
    def rate(self) -> float | None:
        return 100 * sum(self.goals) / self.entered if self.entered else None


@dataclass(slots=True)
class NodeStats:
    """One node within the period; `waiting_before` and `waiting_at` are now, whatever the period.

    waiting_before: on the way to the node, held there, or unreachable without a way for that; waiting_at: processed.
    goal_before: by goal, of those on the way to the node; goal_at: of those there. forward: by connector.
    """

    number: int
    kind: str
    label: str
    role: str
    name: str
    entered: int = 0
    forward: dict[str, int] = field(default_factory=dict)
    waiting_before: int = 0
    waiting_at: int = 0
    goal_before: dict[str, int] = field(default_factory=dict)
    goal_at: dict[str, int] = field(default_factory=dict)
    exits: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    failed_updates: int = 0
    converted: int = 0
    influenced: int = 0
    revenue_cents: int = 0
    variants: dict[str, dict[str, int]] = field(default_factory=dict)
    paths: list[Branch] = field(default_factory=list)

    @property
    def moved(self) -> int:
        """Who went on, by any connector."""
        return sum(self.forward.values())

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        found = asdict(self) | {"moved": self.moved}
        for path, shown in zip(self.paths, found["paths"], strict=True):
            shown["rate"] = path.rate
        return found


@dataclass(slots=True)
class EntryStats:
    """The entry within the period."""

    qualified: int = 0
    entered: int = 0
    held_out: int = 0


def counted(version_id: int, period: Period = ALWAYS) -> dict[int, Counter[str]]:
    """The counters of a version by node; the entry's under 0."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for node, metric, value in sql.rows(SQL["counted"], {"lanes": lanes.ALL, "version": version_id, **period.params}):
        found[node][metric] = value
    return found


def stats(version_id: int, document: Document, period: Period = ALWAYS) -> tuple[EntryStats, list[NodeStats]]:
    """The entry, and every node by number, in two statements. Nodes that nothing happened at have zeros."""
    tallies = counted(version_id, period)
    found = of_tallies(tallies, document)
    for number, before, count in sql.rows(SQL["inside"], {"lanes": lanes.ALL, "version": version_id}):
        if number in found and before:
            found[number].waiting_before += count
        elif number in found:
            found[number].waiting_at += count
    entry = tallies[ENTRY]
    return EntryStats(entry["qualified"], entry["entered"], entry["held_out"]), list(found.values())


def of_tallies(tallies: Mapping[int, Counter[str]], document: Document) -> dict[int, NodeStats]:
    """Every node by number, in order, as far as `counted` tells: not who waits."""
    found = {}
    for node in sorted(document.nodes, key=lambda node: node.id):
        kind = KINDS[node.kind]
        found[node.id] = NodeStats(node.id, node.kind, kind.label, kind.role, node.name)
        at_node = tallies.get(node.id, Counter())
        if node.kind == "intellinode":
            found[node.id].paths = _paths(node.config, at_node)
        _fill(found[node.id], at_node)
    return found


def _fill(node: NodeStats, tallies: Counter[str]) -> None:
    for metric, value in sorted(tallies.items()):
        name, _, detail = metric.partition(":")
        if name == "arrived":
            node.entered = value
        elif name == "left":
            node.forward[detail] = value
        elif name in ("exited", "exited_before"):
            goals = node.goal_at if name == "exited" else node.goal_before
            if detail.startswith("goal_"):
                goals[detail] = value
            else:
                node.exits[detail] = node.exits.get(detail, 0) + value
        elif name in OUTCOMES and not detail:
            node.outcomes[name] = value
        elif name == "update_failed":
            node.failed_updates += value
        elif name in ("converted", "influenced", "revenue_cents") and not detail:
            setattr(node, name, value)
        elif name == "variant":
            variant, _, outcome = detail.partition(":")
            node.variants.setdefault(variant, {})[outcome] = value


def _paths(config: Any, tallies: Counter[str]) -> list[Branch]:
    goals = len(config.goals)
    return [
        Branch(
            via := f"path_{place}",
            path.name,
            tallies[f"left:{via}"],
            [tallies[f"{via}:goal_{goal}"] for goal in range(1, goals + 1)],
            tallies[f"{via}:converted"],
        )
        for place, path in enumerate(config.paths, 1)
    ]
