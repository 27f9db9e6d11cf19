"""Node stats: what each node of a version did with people (domain 10.1)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from journeys.document import Document
from journeys.graph import ENTRY, forks
from journeys.nodes import KINDS
from journeys.nodes.intermediate import Intermediate
from journeys.stats import counters
from journeys.stats.period import ALWAYS, Period

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

    entered: by moving on from the node before, asleep or not. before: on the way to the node, or not sent its message;
    at: at it. forward: by connector. goal_*: by goal. number: below zero for an intermediate node.
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
    goals: dict[str, int] = field(default_factory=dict)  # of the journey, that counted for the message (domain 5.7)
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


def stats(version_id: int, document: Document, period: Period = ALWAYS) -> tuple[EntryStats, list[NodeStats]]:
    """The entry, and every node by number, then the intermediate ones, in two statements. Nodes that nothing happened
    at have zeros.
    """
    always = counters.of_version(version_id)
    within = always if period == ALWAYS else counters.of_version(version_id, period)
    found = of_tallies(within, document)
    for number, node in found.items():
        _fill_waiting(node, always.get(number, Counter()))
    entry = within[ENTRY]
    return EntryStats(entry["qualified"], entry["entered"], entry["held_out"]), list(found.values())


def of_tallies(tallies: Mapping[int, Counter[str]], document: Document) -> dict[int, NodeStats]:
    """Every node by number, in order, as far as the counters of some days tell: not who waits."""
    found = {}
    for node in sorted(document.nodes, key=lambda node: node.id):
        kind = KINDS[node.kind]
        found[node.id] = NodeStats(node.id, node.kind, kind.label, kind.role, node.name)
        at_node = tallies.get(node.id, Counter())
        if node.kind == "intellinode":
            found[node.id].paths = _paths(node.config, at_node)
        _fill(found[node.id], at_node)
    for number, behind in forks(document).items():
        name = f"Before {' and '.join(str(target) for target in behind)}"
        found[number] = NodeStats(number, Intermediate.name, Intermediate.label, Intermediate.role, name)
        _fill(found[number], tallies.get(number, Counter()))
    return found


def _fill_waiting(node: NodeStats, always: Counter[str]) -> None:
    """Who is on the way to the node and who at it now, out of all that was ever counted there. At a message, those
    whom it has not been sent to, held or about to be, and those whom it could not reach, are before it (domain 10.1).
    """
    gone = {name: sum(_named(always, name).values()) for name in ("left", "exited", "exited_before", "exited_unsent")}
    inside = always["arrived"] - gone["left"] - gone["exited"]
    unsent = 0
    if node.role == "engagement":
        unsent = always["arrived"] - always["decided"] - always["left:unreachable"] - gone["exited_unsent"]
    node.waiting_before = always["slept"] - always["woke"] - gone["exited_before"] + unsent
    node.waiting_at = inside - unsent


def _named(tallies: Counter[str], name: str) -> dict[str, int]:
    """The counters NAME:DETAIL, by detail."""
    found = ((metric.partition(":"), value) for metric, value in tallies.items())
    return {detail: value for (first, colon, detail), value in found if first == name and colon}


def _fill(node: NodeStats, tallies: Counter[str]) -> None:
    # Whoever sets out on a sleep has left the node before, so they have entered this one.
    node.entered = tallies["arrived"] - tallies["woke"] + tallies["slept"]
    node.failed_updates = tallies["update_failed"]
    node.converted, node.influenced = tallies["converted"], tallies["influenced"]
    node.revenue_cents = tallies["revenue_cents"]
    unsent = _named(tallies, "exited_unsent")
    for metric, value in sorted(tallies.items()):
        name, _, detail = metric.partition(":")
        if name == "left":
            node.forward[detail] = value
        elif name in ("exited", "exited_before"):
            _fill_exit(node, name, detail, value, unsent.get(detail, 0))
        elif name in OUTCOMES and not detail:
            node.outcomes[name] = value
        elif name.startswith("goal_") and not detail:
            node.goals[name] = value
        elif name == "variant":
            variant, _, outcome = detail.partition(":")
            node.variants.setdefault(variant, {})[outcome] = value


def _fill_exit(node: NodeStats, name: str, reason: str, value: int, unsent: int) -> None:
    """unsent: how many of those who left at the node had not been sent its message."""
    if not reason.startswith("goal_"):
        node.exits[reason] = node.exits.get(reason, 0) + value
        return
    before, at = (value, 0) if name == "exited_before" else (unsent, value - unsent)
    for goals, count in ((node.goal_before, before), (node.goal_at, at)):
        if count:
            goals[reason] = goals.get(reason, 0) + count


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
