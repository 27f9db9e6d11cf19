"""Date-time: an instant before, at or after a date that an event or the profile holds (domain 4.2).

Yes: the instant has come and the filters hold. No: a filter fails, the property is missing or holds no date, or the
instant was past on arrival. If the event recurs before the instant, the latest date counts (domain 15.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from config.lib import times
from config.lib.errors import Problem
from journeys.nodes.base import Config
from journeys.nodes.listening import Listening
from segments import values
from segments.rules import Rule

if TYPE_CHECKING:
    from journeys.engine.entering import Entering
    from journeys.engine.stay import Heard, Stay, Watch
    from journeys.engine.walk import Walk
    from journeys.graph import Graph, GraphNode

PREFIX = "event:"
LONGEST = timedelta(days=365)


class DateTimeConfig(Config):
    """`of`: event:NAME or profile; `offset` is negative for before; `clock` sets the time on the day it leads to."""

    property: str = ""
    of: str = "profile"
    offset: timedelta = timedelta()
    clock: str | None = None
    filters: Rule | None = Field(None)

    def event(self) -> str | None:
        """The event whose property it is; None for the profile's."""
        return self.of.removeprefix(PREFIX) if self.of.startswith(PREFIX) else None

    def instant(self, properties: Mapping[str, Any] | None, zone: ZoneInfo) -> datetime | None:
        """When the date in these properties comes; None if they hold none."""
        value = (properties or {}).get(self.property)
        date = values.read_date(value) if isinstance(value, str) else None
        if date is None:
            return None
        at = (date if date.tzinfo else times.instant(date, zone)) + self.offset
        if self.clock is None:
            return at
        day = at.astimezone(zone).date()
        return times.instant(datetime.combine(day, time.fromisoformat(self.clock)), zone)


class DateTime(Listening[DateTimeConfig]):
    name = "date_time"
    label = "Date-time"
    Config = DateTimeConfig
    goal = False
    beside = False
    asks = True
    watches = True

    def problems(self, config: DateTimeConfig, number: int | None) -> Iterator[Problem]:
        if not config.property:
            yield Problem("K05", "error", number, "property", "Name the property that holds the date.")
        if config.of != "profile" and not (config.event() or "").strip():
            message = "Say whose property it is: “event:” and the event's name, or “profile”."
            yield Problem("K05", "error", number, "of", message)
        if abs(config.offset) > LONGEST:
            yield Problem("K29", "error", number, "offset", "Choose an offset of up to 365 days before or after.")
        if config.clock is not None:
            try:
                time.fromisoformat(config.clock)
            except ValueError:
                yield Problem("K05", "error", number, "clock", "Write the clock time as HH:MM, for example 09:30.")
        if number is None and config.event() is None:
            yield Problem(
                "K05", "error", number, "of", "A profile's date as the entry is not available yet; use an event's."
            )

    def event_names(self, config: DateTimeConfig) -> frozenset[str]:
        return frozenset((event,)) if (event := config.event()) else frozenset()

    def reads(self, config: DateTimeConfig) -> dict[str, timedelta | None]:
        return dict.fromkeys(self.event_names(config))

    def compile(self, config: DateTimeConfig, zone: ZoneInfo) -> ZoneInfo:
        return zone

    def qualify(self, walk: Walk, graph: Graph, heard: Heard) -> None:
        if not walk.may_qualify(graph, heard) or not walk.in_time(heard):
            return
        instant = graph.entry.config.instant(heard.properties, graph.entry.compiled)
        if (begun := walk.watched(graph, heard.profile_id)) is not None:
            walk.forget(begun)
        if instant is None or instant < heard.clock:
            walk.admit(graph, heard.lane, heard.profile_id, heard.clock, heard=heard, via="no")
        else:
            walk.watch(graph, heard, instant)

    def ripe(self, walk: Entering, graph: Graph, watch: Watch) -> str:
        assert watch.due_at is not None
        return "yes" if walk.passes(watch.profile_id, graph.entry.filters, watch.due_at) else "no"

    def arrive(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime, heard: Heard | None) -> None:
        walk.wait(stay, node, at)
        self._plan(
            walk,
            stay,
            node,
            node.config.instant(walk.holds(stay.profile_id, node.config.event(), at), node.compiled),
            at,
        )

    def hear(self, walk: Walk, stay: Stay, node: GraphNode, heard: Heard) -> bool:
        if not walk.listening(stay, heard):
            return False
        walk.note_event(stay, heard)
        return self._plan(walk, stay, node, node.config.instant(heard.properties, node.compiled), heard.clock, heard)

    def decide(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime) -> bool:
        passed = walk.passes(stay.profile_id, node.filters, at)
        return walk.take(stay, node, "yes" if passed else "no", at)

    def _plan(
        self,
        walk: Walk,
        stay: Stay,
        node: GraphNode,
        instant: datetime | None,
        at: datetime,
        heard: Heard | None = None,
    ) -> bool:
        """Wait for the instant, or go down No where there is none to wait for. True if the person moved."""
        if instant is None or instant < at:
            walk.decide_at(stay, node, None, at)
            return walk.take(stay, node, "no", at, heard)
        walk.decide_at(stay, node, instant, at)
        return heard is not None
