"""Inaction: someone does A and then not B within a time (domain 4.2).

Yes: A and no B within the time. No: B within the time of A, or a filter fails when the time is over. In the flow only
the first A after the arrival starts the clock, a B before it is ignored, and the window does not close while the clock
runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import Field

from config.lib.errors import Problem
from journeys.engine.stay import Clock
from journeys.nodes.action import EventAndWhere
from journeys.nodes.base import Config, Told
from journeys.nodes.listening import Listening
from profiles import eventtypes
from segments import match
from segments.match_values import Where
from segments.rules import Rule

if TYPE_CHECKING:
    from journeys.engine.entering import Entering
    from journeys.engine.record import Record
    from journeys.engine.stay import Heard, Stay, Watch
    from journeys.engine.walk import Walk
    from journeys.graph import Graph, GraphNode

SHORTEST, LONGEST = timedelta(seconds=1), timedelta(days=30)


class InactionConfig(Config):
    """`event` is A, `then_not` is B; `within` counts from A."""

    event: EventAndWhere = EventAndWhere()
    then_not: EventAndWhere = EventAndWhere()
    within: timedelta | None = None
    filters: Rule | None = Field(None)


@dataclass(frozen=True, slots=True)
class Matcher:
    """Whether an event is the one that was named, its properties included."""

    key: str
    where: Where | None

    def fits(self, heard: Heard) -> bool:
        return heard.key == self.key and (self.where is None or self.where(heard.properties))


@dataclass(frozen=True, slots=True)
class Pair:
    begins: Matcher
    ends: Matcher
    within: timedelta

    def started(self, heard: Heard) -> Clock:
        """The clock that A starts. One that reaches us late decides no earlier than that."""
        return Clock(max(heard.at + self.within, heard.clock), heard.at, heard.id)

    def stopped(self, clock: Clock, heard: Heard) -> bool:
        """Whether an event is the B that comes in time."""
        return (
            self.ends.fits(heard) and (heard.at, heard.id) > (clock.at, clock.id) and heard.at < clock.at + self.within
        )


class Inaction(Listening[InactionConfig]):
    name = "inaction"
    label = "Inaction"
    hint = "Somebody does one thing and not another within a time."
    Config = InactionConfig
    clocked = True
    holds_window = True
    watches = True

    def problems(self, config: InactionConfig, number: int | None) -> Iterator[Problem]:
        for place, named in (("event", config.event), ("then_not", config.then_not)):
            if not named.event.strip():
                yield Problem("K07", "error", number, f"{place}.event", "Name the event.")
        if config.within is None:
            yield Problem("K05", "error", number, "within", "Say within what time the second event must not happen.")
        elif not SHORTEST <= config.within <= LONGEST:
            yield Problem("K29", "error", number, "within", "Choose a time from 1 second to 30 days.")

    def event_names(self, config: InactionConfig) -> frozenset[str]:
        return frozenset((config.event.event, config.then_not.event))

    def compile(self, config: InactionConfig, zone: ZoneInfo) -> Pair:
        begins, ends = (
            Matcher(eventtypes.key(it.event), match.compile_where(it.where, zone))
            for it in (config.event, config.then_not)
        )
        return Pair(begins, ends, config.within or timedelta())

    def qualify(self, walk: Walk, graph: Graph, heard: Heard) -> None:
        pair, watch = graph.entry.compiled, walk.watched(graph, heard.profile_id)
        if watch is not None:
            if not pair.stopped(Clock(heard.at, watch.since_at, watch.since_id), heard):
                return
            walk.forget(watch)
            if walk.may_qualify(graph, heard):
                at, context = heard.clock, watch.event  # A, not the B that decides (domain 12)
                walk.admit(graph, heard.lane, heard.profile_id, at, heard=heard, via="no", event=context)
            if "no" in graph.entry.outlets:
                return
        # An A starts the clock, also one that is the B of the A before it.
        if pair.begins.fits(heard) and walk.may_qualify(graph, heard) and walk.in_time(heard):
            walk.watch(graph, heard, pair.started(heard).due)

    def fits(self, walk: Record, node: GraphNode, heard: Heard) -> bool:
        return bool(node.compiled.begins.fits(heard))

    def tells(self, walk: Record, node: GraphNode, heard: Heard) -> Iterator[Told]:
        begins = node.config.event
        if heard.key != node.compiled.begins.key:
            yield Told(f"it is “{begins.event}”, which begins the wait", False, heard.name)
        else:
            yield from begins.asks(heard, walk.account.zone)

    def decided_at(self, node: GraphNode, heard: Heard) -> datetime | None:
        due: datetime = node.compiled.started(heard).due
        return due

    def undoes(self, node: GraphNode, heard: Heard, later: Heard) -> bool:
        return bool(node.compiled.stopped(node.compiled.started(heard), later))

    def ripe(self, walk: Entering, graph: Graph, watch: Watch) -> str:
        assert watch.due_at is not None
        return "yes" if walk.passes(watch.profile_id, graph.entry.filters, watch.due_at) else "no"

    def hear(self, walk: Walk, stay: Stay, node: GraphNode, heard: Heard) -> bool:
        pair, clock = node.compiled, stay.running().get(node.number)
        if clock is None:
            if pair.begins.fits(heard) and walk.listening(stay, heard):
                walk.note_event(stay, heard)
                walk.decide_at(stay, node, pair.started(heard), heard.clock)
            return False
        if not pair.stopped(clock, heard) or not walk.in_time(heard):
            return False
        again = pair.started(heard) if pair.begins.fits(heard) else None  # where No is not drawn
        walk.decide_at(stay, node, again, heard.clock)
        return walk.take(stay, node, "no", heard.clock, heard)

    def decide(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime) -> bool:
        passed = walk.passes(stay.profile_id, node.filters, at)
        return walk.take(stay, node, "yes" if passed else "no", at)

    def goal_hears(self, walk: Record, goal: GraphNode, clock: Clock | None, heard: Heard) -> Clock | None:
        pair = goal.compiled
        if clock is not None and not pair.stopped(clock, heard):
            return clock
        return pair.started(heard) if pair.begins.fits(heard) else None
