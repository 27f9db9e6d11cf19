"""Listening kinds: segment nodes that an event decides as it arrives (domain 4.1, 4.2).

Yes: the trigger fires and the node's filters hold. No: it fires and a filter fails. An event that does not fire the
trigger is nothing at all (domain 15.4). In the flow such a node listens from the arrival on, never to what was before.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from journeys.nodes.base import Config, Kind
from segments.rules import Rule

if TYPE_CHECKING:
    from journeys.engine.record import Record
    from journeys.engine.stay import Heard, Stay
    from journeys.engine.walk import Walk
    from journeys.graph import Graph, GraphNode

C = TypeVar("C", bound=Config)


class Trigger(Protocol):
    """What a listening kind compiles its configuration to."""

    def fires(self, heard: Heard, walk: Record) -> bool:
        """Whether an event of one of the node's types is what the node waits for."""
        ...


class Listening(Kind[C]):
    """A configuration has `filters`, a rule or None; `compile` makes a Trigger."""

    role = "segment"
    vias = ("yes", "no", "node_timeout")
    entry = ("live",)
    goal = True
    has_window = True
    beside = True

    def rules(self, config: C) -> tuple[Rule, ...]:
        filters: Rule | None = getattr(config, "filters", None)
        return (filters,) if filters else ()

    def arrive(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime, heard: Heard | None) -> None:
        walk.wait(stay, node, at)
        self.begin(walk, stay, node, at)

    def qualify(self, walk: Walk, graph: Graph, heard: Heard) -> None:
        if walk.may_qualify(graph, heard) and graph.entry.compiled.fires(heard, walk):
            passed = walk.passes(heard.profile_id, graph.entry.filters, heard.at, heard.id)
            walk.admit(graph, heard.lane, heard.profile_id, heard.clock, heard=heard, via="yes" if passed else "no")

    def fits(self, walk: Record, node: GraphNode, heard: Heard) -> bool:
        return bool(node.compiled.fires(heard, walk))

    def hear(self, walk: Walk, stay: Stay, node: GraphNode, heard: Heard) -> bool:
        if not walk.listening(stay, heard) or not node.compiled.fires(heard, walk):
            return False
        passed = walk.passes(stay.profile_id, node.filters, heard.at, heard.id)
        walk.note_event(stay, heard)
        return walk.take(stay, node, "yes" if passed else "no", heard.clock, heard)
