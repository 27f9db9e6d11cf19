"""Action: someone does one of a few events (domain 4.2).

Yes: the event, its own filters and the node's filters all hold. No: the event came but a filter of the node failed.
An event whose `where` fails is no trigger at all (domain 15.4). In the flow it listens from the arrival on, never to
what was before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from config.lib.errors import Problem
from journeys.nodes.base import Config, Kind
from profiles import eventtypes
from segments import match
from segments.rules import Condition, Rule

if TYPE_CHECKING:
    from journeys.engine.walk import Heard, Stay, Walk
    from journeys.graph import GraphNode


class EventSpec(Config):
    """One event, narrowed by its properties."""

    event: str = ""
    where: list[Condition] = []
    first_time: bool = False


class ActionConfig(Config):
    """Any of up to ten events; `filters` decide between Yes and No."""

    events: list[EventSpec] = []
    filters: Rule | None = Field(None)


@dataclass(frozen=True, slots=True)
class Triggers:
    """By event key: what must hold of the event's properties for it to be a trigger; None if nothing must."""

    where: dict[str, list[Any]]

    def fires(self, heard: Heard) -> bool:
        return any(matcher is None or matcher(heard.properties) for matcher in self.where.get(heard.key, ()))


class Action(Kind[ActionConfig]):
    name = "action"
    label = "Action"
    role = "segment"
    Config = ActionConfig
    vias = ("yes", "no", "node_timeout")
    entry = ("live",)
    goal = True
    has_window = True

    def problems(self, config: ActionConfig, number: int | None) -> Iterator[Problem]:
        if not config.events:
            yield Problem("K07", "error", number, "events", "Choose the event that this action waits for.")
        if len(config.events) > 10:
            yield Problem(
                "K07",
                "error",
                number,
                "events",
                f"An action listens to at most 10 events; this one has {len(config.events)}.",
            )
        for index, spec in enumerate(config.events):
            if not spec.event.strip():
                yield Problem("K07", "error", number, f"events[{index}].event", "Name the event.")
            if spec.first_time:
                yield Problem(
                    "K05",
                    "error",
                    number,
                    f"events[{index}].first_time",
                    "“First time only” is not available yet; leave it off.",
                )

    def event_names(self, config: ActionConfig) -> frozenset[str]:
        return frozenset(spec.event for spec in config.events)

    def compile(self, config: ActionConfig, zone: ZoneInfo) -> Triggers:
        where: dict[str, list[Any]] = {}
        for spec in config.events:
            where.setdefault(eventtypes.key(spec.event), []).append(match.compile_where(spec.where, zone))
        return Triggers(where)

    def arrive(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime, heard: Heard | None) -> None:
        walk.wait(stay, node, at)

    def hear(self, walk: Walk, stay: Stay, node: GraphNode, heard: Heard) -> bool:
        if not walk.listening(stay, heard) or not node.compiled.fires(heard):
            return False
        passed = walk.passes(stay.profile_id, node.rule, heard)
        walk.note_event(stay, heard)
        return walk.take(stay, node, "yes" if passed else "no", heard.clock, heard)
