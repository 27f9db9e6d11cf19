"""A published version as the engine walks it: nodes, outlets, goals and the setup, compiled once from its frozen
document.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from journeys.document import Cap, Document, Sleep, config_of, parse
from journeys.models import Version
from journeys.nodes import KINDS
from journeys.nodes.base import Kind
from journeys.nodes.counted import DAY, Counted
from journeys.nodes.engagement import messages
from journeys.nodes.intermediate import Intermediate
from profiles import eventtypes
from segments.rules import Rule

INTERMEDIATE = -100  # the number of the first intermediate node; further ones count down
ENTRY = 0  # the number of the entry among the nodes


@dataclass(frozen=True, slots=True)
class GraphLink:
    """One link. `late`: the sleep is on the person's own clock, and this is what becomes of a message whose clock time
    is past there; None: on the account's.
    """

    target: int
    sleep: Sleep | None
    late: Literal["drop", "next_day"] | None = None


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One node. `compiled` is what its kind keeps of the configuration; `outlets` maps a connector to the links drawn
    from it.
    """

    number: int
    kind: Kind[Any]
    config: Any
    compiled: Any
    events: frozenset[str]
    window: timedelta | None
    outlets: dict[str, tuple[GraphLink, ...]]
    campaign_id: int | None
    keys: frozenset[str] = frozenset()  # `events` as they compare
    among: tuple[GraphNode, ...] = ()  # of an intermediate node: the segment nodes behind it
    tested_at_midnight: tuple[int, ...] = field(init=False)  # the numbers of those of its parts that are

    def __post_init__(self) -> None:
        tested = tuple(part.number for part in self.parts if part.kind.tested_at_midnight)
        object.__setattr__(self, "tested_at_midnight", tested)  # worked out once: every move asks

    @property
    def parts(self) -> tuple[GraphNode, ...]:
        """What somebody who is here waits at: the node, or the segment nodes behind an intermediate one."""
        return self.among or (self,)

    @property
    def filters(self) -> Rule | None:
        """What Yes or No depends on once the trigger has fired; None without any."""
        return getattr(self.config, "filters", None)


@dataclass(frozen=True, slots=True)
class Graph:
    """One version. `start_at` and `end_at` bound its entry."""

    version_id: int
    journey_id: int
    number: int
    criteria: str
    entry: GraphNode
    nodes: dict[int, GraphNode]
    goals: tuple[GraphNode, ...]
    event_goals: tuple[tuple[int, GraphNode], ...]  # (place among the goals, goal): those that an event meets
    clock_goals: tuple[tuple[int, GraphNode], ...]  # those that run a clock of their own
    midnight_goals: tuple[int, ...]  # those judged at midnight, as minus their place among the goals, from 1
    timeout: timedelta | None
    re_entry: bool
    cap: Cap
    system_control: bool
    control_percent: int
    start_at: datetime
    end_at: datetime | None
    keeps_event: bool  # some message or update uses `Event.`: stays carry their event context
    needs_profile: bool  # some node reads or writes the person's properties on arrival, or a link needs their clock
    reads: dict[str, timedelta | None]  # events whose history a node reads besides the rules, and how far back
    counted: tuple[tuple[int, Counted], ...]  # what nodes count of what people do after them, by node
    windows: dict[int, timedelta]  # how long what people do counts for a message; empty where nothing does
    watched_properties: frozenset[str]  # those of the profile whose changes some node must hear of
    rules: tuple[Rule, ...]  # what is asked about people in memory: filters, paths of splits
    foreseen: dict[tuple[int, str], tuple[GraphNode, ...]]  # by (node, connector): what is decided as it is taken

    def everywhere(self) -> tuple[GraphNode, ...]:
        """The entry, the nodes and the goals."""
        return (self.entry, *self.nodes.values(), *self.goals)

    def tested(self, number: int) -> GraphNode:
        """The node, or the goal if `number` is one of `midnight_goals`."""
        return self.goals[-number - 1] if number < ENTRY else self.nodes[number]

    def listens_to(self) -> frozenset[str]:
        """The names of all events that may enter, move or exit someone."""
        live_entry = self.entry.events if self.criteria == "live" else frozenset()
        return live_entry.union(*(node.events for node in (*self.nodes.values(), *self.goals)))


def compile_graph(
    document: Document,
    *,
    version_id: int,
    journey_id: int,
    number: int,
    start_at: datetime,
    end_at: datetime | None,
    campaigns: dict[int, int],
    zone: ZoneInfo,
) -> Graph:
    """Compile a document that passed its publish checks. campaigns: an engagement node's number → its campaign."""
    outlets: dict[int, dict[str, tuple[GraphLink, ...]]] = {}
    on_own_clock = _on_own_clock(document)
    for link in document.links:
        drawn = outlets.setdefault(link.source, {})
        late = document.timezone.late if link.sleep and link.to in on_own_clock else None
        drawn[link.via] = (*drawn.get(link.via, ()), GraphLink(link.to, link.sleep, late))

    behind = forks(document)
    for fork, (source, via) in zip(behind, _forking(document), strict=True):
        drawn = outlets[source]
        drawn[via] = (GraphLink(fork, drawn[via][0].sleep),)

    def node(number: int, kind: Kind[Any], config: Any, window: timedelta | None = None) -> GraphNode:
        return GraphNode(
            number=number,
            kind=kind,
            config=config,
            compiled=kind.compile(config, zone),
            events=kind.event_names(config),
            keys=frozenset(map(eventtypes.key, kind.event_names(config))),
            window=window,
            outlets=outlets.get(number, {}),
            campaign_id=campaigns.get(number),
        )

    assert document.entry.segment is not None  # publishing refuses a journey without an entry segment
    entry = node(ENTRY, KINDS[document.entry.segment.kind], config_of(document.entry.segment))
    nodes = {it.id: node(it.id, KINDS[it.kind], it.config, it.window) for it in document.nodes}
    nodes |= {fork: _intermediate(fork, tuple(nodes[it] for it in targets)) for fork, targets in behind.items()}
    goals = tuple(node(ENTRY, KINDS[goal.kind], config_of(goal)) for goal in document.goals)
    everywhere = (entry, *(it for it in nodes.values() if not it.among), *goals)
    counted = tuple(
        (it.number, what) for it in nodes.values() if not it.among for what in it.kind.counts(it.config, zone)
    )
    return Graph(
        version_id=version_id,
        journey_id=journey_id,
        number=number,
        criteria=document.entry.criteria,
        entry=entry,
        nodes=nodes,
        goals=goals,
        event_goals=tuple((place, it) for place, it in enumerate(goals, start=1) if it.events and not it.kind.clocked),
        clock_goals=tuple((place, it) for place, it in enumerate(goals, start=1) if it.kind.clocked),
        midnight_goals=tuple(-place for place, it in enumerate(goals, start=1) if it.kind.tested_at_midnight),
        timeout=document.timeout,
        re_entry=document.entry.re_entry,
        cap=document.entry.cap,
        system_control=document.control.system,
        control_percent=document.control.journey_percent,
        start_at=start_at,
        end_at=end_at,
        keeps_event=any(it.kind.uses_event(it.config) for it in everywhere),
        needs_profile=bool(on_own_clock)
        or any(link.sleep and link.sleep.best_time for link in document.links)
        or any(it.kind.needs_profile for it in nodes.values()),
        reads=furthest(it.kind.reads(it.config) for it in everywhere),
        counted=counted,
        windows=_windows(nodes.values(), counted, bool(goals)),
        watched_properties=frozenset().union(*(it.kind.watched_properties(it.config) for it in everywhere)),
        rules=tuple(rule for it in everywhere for rule in it.kind.rules(it.config)),
        foreseen=_foreseen((entry, *nodes.values()), nodes),
    )


def _foreseen(sources: Iterable[GraphNode], nodes: Mapping[int, GraphNode]) -> dict[Any, tuple[GraphNode, ...]]:
    """By connector of past behaviour: the splits behind it, one after another, however long people sleep on the way
    (domain 6).
    """
    found = {}
    for it in sources:
        for via in ("yes", "no") if it.kind.tested_at_midnight else ():
            links = it.outlets.get(via, ())
            ahead, splits = [link.target for link in links], dict[int, GraphNode]()
            while ahead:
                target = nodes[ahead.pop()]
                if target.kind.foreseeable and target.number not in splits:
                    splits[target.number] = target
                    ahead += [link.target for further in target.outlets.values() for link in further]
            if splits:
                found[it.number, via] = tuple(splits.values())
    return found


def forks(document: Document) -> dict[int, tuple[int, ...]]:
    """The intermediate nodes by number, each with the segment nodes behind it."""
    return {
        INTERMEDIATE - place: tuple(link.to for link in document.links if (link.source, link.via) == connector)
        for place, connector in enumerate(_forking(document))
    }


def _forking(document: Document) -> list[tuple[int, str]]:
    """The connectors that lead to several nodes, as (node, via), node by node as they are first drawn."""
    drawn: dict[int, dict[str, int]] = {}
    for link in document.links:
        of_node = drawn.setdefault(link.source, {})
        of_node[link.via] = of_node.get(link.via, 0) + 1
    return [(source, via) for source, vias in drawn.items() for via, count in vias.items() if count > 1]


def _windows(nodes: Iterable[GraphNode], counted: tuple[tuple[int, Counted], ...], goals: bool) -> dict[int, timedelta]:
    """How long after a message what its person does counts for it; goals: whether those of the journey do (5.7)."""
    own = {number: what.window for number, what in counted if not what.inside}
    return {
        it.number: own.get(it.number, DAY) for it in nodes if it.campaign_id is not None and (goals or it.number in own)
    }


def _on_own_clock(document: Document) -> set[int]:
    """The nodes that people are sent to by their own clock (domain 3.6): only messages, and only where not excepted."""
    if document.timezone.use == "account":
        return set()
    return {number for number, config in messages(document) if config.user_timezone}


def _intermediate(number: int, among: tuple[GraphNode, ...]) -> GraphNode:
    """The waiting point before several segment nodes. The one Node timeout that may be drawn governs all."""
    owner = next((it for it in among if "node_timeout" in it.outlets), None)
    return GraphNode(
        number=number,
        kind=Intermediate(),
        config=None,
        compiled=None,
        events=frozenset().union(*(it.events for it in among)),
        keys=frozenset().union(*(it.keys for it in among)),
        window=owner.window if owner else None,
        outlets={"node_timeout": owner.outlets["node_timeout"]} if owner else {},
        campaign_id=None,
        among=among,
    )


def furthest(reads: Iterable[Mapping[str, timedelta | None]]) -> dict[str, timedelta | None]:
    """The furthest look back at each event; None, the whole history, is the furthest of all."""
    found: dict[str, timedelta | None] = {}
    for one in reads:
        for name, back in one.items():
            known = found.get(name, timedelta())
            found[name] = None if back is None or known is None else max(back, known)
    return found


@functools.lru_cache(maxsize=1024)
def load(version_id: int, xmin: str, zone: str) -> Graph:
    """The graph of a published version, compiled once a process for as long as its row stays as it is.

    xmin: the transaction that wrote the row, as text; ids alone mean something else in a rehearsal's schema.
    """
    version = Version.objects.get(pk=version_id)
    assert version.start_at is not None
    return compile_graph(
        parse(version.document),
        version_id=version.pk,
        journey_id=version.journey_id,
        number=version.number,
        start_at=version.start_at,
        end_at=version.end_at,
        campaigns={n: c for n, c in version.nodes.values_list("number", "campaign_id") if c is not None},
        zone=ZoneInfo(zone),
    )
