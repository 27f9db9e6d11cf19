"""What pages, the API and checks read of journeys. Numbers come from the tallies, never from counting the ledger."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from django.db.models import Count, F, OuterRef, QuerySet, Subquery

from config.lib import lanes, sql
from journeys.graph import ENTRY
from journeys.models import Journey, Node, Version
from journeys.stats import counters

SQL = sql.load(Path(__file__).with_suffix(".sql"))

CURRENT = (F("published_at").desc(nulls_last=True), "-number")


@dataclass(slots=True)
class NodeNumbers:
    """One node of a version, since it was published. `exited`: at the node; `exited_before`: asleep on the way to it.
    `other`: viewed, clicked, delivered, updated, update_failed, slept, woke, decided …
    """

    arrived: int = 0
    left: dict[str, int] = field(default_factory=dict)  # by connector
    exited: dict[str, int] = field(default_factory=dict)  # by reason
    exited_before: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    failed: int = 0
    unreachable: int = 0
    other: dict[str, int] = field(default_factory=dict)

    @property
    def inside(self) -> int:
        """Who is at the node now."""
        return self.arrived - sum(self.left.values()) - sum(self.exited.values())


@dataclass(slots=True)
class VersionNumbers:
    """One version, since it was published. `nodes` by number, the entry left out."""

    qualified: int = 0
    entered: int = 0
    held_out: int = 0
    exited: Counter[str] = field(default_factory=Counter)  # how many left the journey, by reason
    nodes: dict[int, NodeNumbers] = field(default_factory=dict)

    @property
    def inside(self) -> int:
        """Who is inside now, on the way between nodes too."""
        return self.entered - self.exited.total()

    @property
    def goals_met(self) -> int:
        """How many left by a goal."""
        return sum(count for reason, count in self.exited.items() if reason.startswith("goal_"))


class Move(NamedTuple):
    """One row of a person's ledger. `node_label`: the node's name, else its kind; empty for the journey itself."""

    id: int
    at: datetime
    what: str
    journey_id: int
    journey: str
    version: int
    node: int | None
    node_label: str
    via: str | None
    outcome: str | None
    reason: str | None


def journeys() -> QuerySet[Journey]:
    """All journeys, newest first, each with its latest version (id, number, state, entry), its current one as by
    `current` (id, number, state), and how many it has.
    """
    latest = Version.objects.filter(journey=OuterRef("pk")).order_by("-number")
    in_use = latest.order_by(*CURRENT)
    return Journey.objects.annotate(
        version_id=Subquery(latest.values("pk")[:1]),
        version_number=Subquery(latest.values("number")[:1]),
        status=Subquery(latest.values("status")[:1]),
        start_at=Subquery(latest.values("start_at")[:1]),
        published_at=Subquery(latest.values("published_at")[:1]),
        criteria=Subquery(latest.values("document__entry__criteria")[:1]),
        versions_total=Subquery(latest.order_by().values("journey").annotate(total=Count("pk")).values("total")[:1]),
        current_id=Subquery(in_use.values("pk")[:1]),
        current_number=Subquery(in_use.values("number")[:1]),
        current_status=Subquery(in_use.values("status")[:1]),
    ).order_by(F("created_at").desc(), "-pk")


def current(journey_id: int) -> Version | None:
    """The version that a person means who says “the journey”: the latest published one, else the draft."""
    return Version.objects.filter(journey=journey_id).order_by(*CURRENT).first()


def numbers(version_ids: Iterable[int]) -> dict[int, VersionNumbers]:
    """The counters of versions, in two statements; versions and nodes that nothing happened in have zeros."""
    found = {version_id: VersionNumbers() for version_id in version_ids}
    nodes = Node.objects.filter(version__in=found, number__gt=ENTRY).order_by("number")
    for version_id, number in nodes.values_list("version_id", "number"):
        found[version_id].nodes[number] = NodeNumbers()
    for version_id, by_node in counters.of_versions(found).items():
        for node, metrics in by_node.items():
            for metric, value in sorted(metrics.items()):
                _add(found[version_id], node, metric, value)
    return found


def version_numbers(version_id: int) -> VersionNumbers:
    """The counters of one version."""
    return numbers([version_id])[version_id]


def _add(version: VersionNumbers, number: int, metric: str, value: int) -> None:
    name, _, detail = metric.partition(":")
    if number == ENTRY:
        if metric in ("qualified", "entered", "held_out"):
            setattr(version, metric, value)
        elif name == "exited":
            version.exited[detail] = value
        return
    node = version.nodes.setdefault(number, NodeNumbers())
    if name in ("left", "exited", "exited_before"):
        getattr(node, name)[detail] = value
    elif name in ("arrived", "sent", "failed", "unreachable"):
        setattr(node, name, value)
    else:
        node.other[metric] = value


def person(profile_id: int, *, most: int = 500) -> list[Move]:
    """What a person did in journeys, newest first, at most `most` moves."""
    params = {"lane": lanes.of(profile_id), "profile": profile_id, "most": most}
    return [
        Move(id, at, what, journey_id, journey, version, node, name or kind or "", via, outcome, reason)
        for id, at, what, journey_id, journey, version, node, name, kind, via, outcome, reason in sql.rows(
            SQL["person"], params
        )
    ]


# Conservation -----------------------------------------------------------------------------------------------------


def conservation(version_id: int) -> list[str]:
    """Every mismatch between the tallies, the enrollments and the ledger of a version, as a sentence; none means that
    nobody was lost. Reads the version's whole ledger. Give it a snapshot, or a version that rests.
    """
    params = {"lanes": lanes.ALL, "version": version_id}
    version = version_numbers(version_id)
    inside = {(node, phase): count for node, phase, count in sql.rows(SQL["inside"], params)}
    exits = dict(sql.rows(SQL["exits"], params))
    ledger: dict[int, Counter[str]] = defaultdict(Counter)
    for node, what, via, reason, count in sql.rows(SQL["steps"], params):
        detail = via or reason
        ledger[node][f"{what}:{detail}" if detail else what] += count
    return [
        *_compare_stays(version, sum(inside.values()), exits),
        *_compare_ledger(version, ledger),
        *_compare_nodes(version, inside),
    ]


def _compare_stays(version: VersionNumbers, inside: int, exits: dict[str, int]) -> list[str]:
    """The whole version: tallies against enrollments."""
    sentences = []
    at_nodes: Counter[str] = Counter()
    for node in version.nodes.values():
        at_nodes.update(node.exited)
        at_nodes.update(node.exited_before)
    if at_nodes != version.exited:
        sentences.append(f"{dict(version.exited)} exited the journey, but {dict(at_nodes)} its nodes.")
    stays = inside + sum(exits.values())
    if stays != version.entered:
        sentences.append(f"{version.entered} entered by the tallies, but there are {stays} stays.")
    for reason in sorted({*exits, *version.exited}):
        counted, there = version.exited[reason], exits.get(reason, 0)
        if counted != there:
            sentences.append(f"{counted} exited as {reason} by the tallies, but {there} stays ended so.")
    return sentences


def _compare_ledger(version: VersionNumbers, ledger: dict[int, Counter[str]]) -> list[str]:
    """Every node: tallies against steps. The ledger tells exits at a node and on the way to it as one."""
    tallied: dict[int, Counter[str]] = defaultdict(Counter)
    tallied[ENTRY]["entered"] = version.entered
    for number, node in version.nodes.items():
        tallied[number]["arrived"] = node.arrived
        for via, count in node.left.items():
            tallied[number][f"left:{via}"] += count
        for reasons in (node.exited, node.exited_before):
            for reason, count in reasons.items():
                tallied[number][f"exited:{reason}"] += count
    return [
        f"Node {number}: {tallied[number][metric]} {metric} by the tallies, {ledger[number][metric]} by the ledger."
        for number in sorted({*tallied, *ledger})
        for metric in sorted({*tallied[number], *ledger[number]})
        if tallied[number][metric] != ledger[number][metric]
    ]


def _compare_nodes(version: VersionNumbers, inside: dict[tuple[int, str], int]) -> list[str]:
    """Every node: who arrived and neither left nor exited is there."""
    there: Counter[int] = Counter()
    for (number, phase), count in inside.items():
        if phase != "asleep":
            there[number] += count
    sentences = []
    for number in sorted({*version.nodes, *there}):
        node = version.nodes.get(number, NodeNumbers())
        if node.inside != there[number]:
            sentences.append(
                f"Node {number}: {node.arrived} arrived, {sum(node.left.values())} left and"
                f" {sum(node.exited.values())} exited, so {node.inside} should be there; {there[number]} are."
            )
    return sentences
