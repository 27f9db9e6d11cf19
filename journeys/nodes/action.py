"""Action: someone does one of a few events (domain 4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from config.lib.errors import Problem
from journeys.nodes.base import Config, Told
from journeys.nodes.listening import Listening
from profiles import eventtypes
from segments import match, words
from segments.rules import Condition, Count, Did, Rule

if TYPE_CHECKING:
    from journeys.engine.record import Record
    from journeys.engine.stay import Heard
    from journeys.graph import GraphNode

MOST_EVENTS = 10


class EventAndWhere(Config):
    """One event, narrowed by its properties."""

    event: str = ""
    where: list[Condition] = []

    def asks(self, heard: Heard, zone: ZoneInfo) -> Iterator[Told]:
        """The properties that are asked for, and what the event has."""
        for item in self.where:
            test = match.compile_where([item], zone)
            holds = test is None or test(heard.properties)
            yield Told(f"its {words.asked(item)}", holds, words.spell(heard.properties.get(item.property)))


class EventSpec(EventAndWhere):
    """`first_time`: only the first such event that the person ever did."""

    first_time: bool = False

    @cached_property
    def only_one(self) -> Rule | None:
        """That the event at hand is the only one of its kind so far; None where that does not matter."""
        if not self.first_time or not self.event.strip():
            return None
        return Rule(did=Did(event=self.event, where=tuple(self.where), count=Count(op="=", value=1)))


class ActionConfig(Config):
    """Any of up to ten events; `filters` decide between Yes and No."""

    events: list[EventSpec] = []
    filters: Rule | None = Field(None)


@dataclass(frozen=True, slots=True)
class Triggers:
    """By event key: (test of the properties or None, rule that must hold too or None), any of which fires."""

    specs: dict[str, list[tuple[Any, Rule | None]]]

    def fires(self, heard: Heard, walk: Record) -> bool:
        return any(
            (test is None or test(heard.properties)) and walk.passes(heard.profile_id, rule, heard.at, heard.id)
            for test, rule in self.specs.get(heard.key, ())
        )


class Action(Listening[ActionConfig]):
    name = "action"
    label = "Action"
    hint = "Somebody does something: one of up to ten events."
    Config = ActionConfig

    def problems(self, config: ActionConfig, number: int | None) -> Iterator[Problem]:
        if not config.events:
            yield Problem("K07", "error", number, "events", "Choose the event that this action waits for.")
        if len(config.events) > MOST_EVENTS:
            message = f"An action listens to at most {MOST_EVENTS} events; this one has {len(config.events)}."
            yield Problem("K29", "error", number, "events", message)
        for index, spec in enumerate(config.events):
            if not spec.event.strip():
                yield Problem("K07", "error", number, f"events[{index}].event", "Name the event.")

    def event_names(self, config: ActionConfig) -> frozenset[str]:
        return frozenset(spec.event for spec in config.events)

    def rules(self, config: ActionConfig) -> tuple[Rule, ...]:
        return (*super().rules(config), *(spec.only_one for spec in config.events if spec.only_one))

    def compile(self, config: ActionConfig, zone: ZoneInfo) -> Triggers:
        specs: dict[str, list[tuple[Any, Rule | None]]] = {}
        for spec in config.events:
            test = match.compile_where(spec.where, zone)
            specs.setdefault(eventtypes.key(spec.event), []).append((test, spec.only_one))
        return Triggers(specs)

    def tells(self, walk: Record, node: GraphNode, heard: Heard) -> Iterator[Told]:
        for spec in node.config.events:
            if eventtypes.key(spec.event) == heard.key:
                yield from spec.asks(heard, walk.account.zone)
                if spec.only_one is not None:
                    first = walk.passes(heard.profile_id, spec.only_one, heard.at, heard.id)
                    yield Told(
                        f"it is the first “{spec.event}” of its kind", first, "the first" if first else "not the first"
                    )
