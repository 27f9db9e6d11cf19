"""Date-time: an instant before, at or after a date that an event or the profile holds (domain 4.2).

Yes: the instant has come and the filters hold. No: a filter fails, the property is missing or holds no date, or the
instant was past on arrival. If the event recurs before the instant, or the profile's date changes, the latest date
counts (domain 15.5). As a goal it is met when the instant comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from config.lib import times
from config.lib.errors import Problem
from journeys.engine.stay import Clock
from journeys.nodes.base import Config, Told
from journeys.nodes.listening import Listening
from profiles import eventtypes
from segments import values, words
from segments.rules import Rule

if TYPE_CHECKING:
    from journeys.engine.entering import Entering
    from journeys.engine.record import Record
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

    def told_by(self, heard: Heard) -> bool:
        """Whether an event says what the date is now; of the profile's changes, those of this property."""
        return self.event() is not None or self.property in heard.properties

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
    hint = "Before, at or after a date of an event or of the person."
    Config = DateTimeConfig
    clocked = True
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

    def event_names(self, config: DateTimeConfig) -> frozenset[str]:
        return frozenset({config.event() or eventtypes.CHANGED})

    def watched_properties(self, config: DateTimeConfig) -> frozenset[str]:
        return frozenset() if config.event() else frozenset({config.property})

    def reads(self, config: DateTimeConfig) -> dict[str, timedelta | None]:
        return dict.fromkeys(filter(None, [config.event()]))

    def compile(self, config: DateTimeConfig, zone: ZoneInfo) -> ZoneInfo:
        return zone

    def known_clock(
        self, config: DateTimeConfig, zone: ZoneInfo
    ) -> tuple[str, Callable[[Any], datetime | None]] | None:
        if config.event():
            return None
        return config.property, lambda value: config.instant({config.property: value}, zone)

    def qualify(self, walk: Walk, graph: Graph, heard: Heard) -> None:
        config, begun = graph.entry.config, walk.watched(graph, heard.profile_id)
        if not config.told_by(heard) or not walk.in_time(heard):
            return
        if begun is not None and (heard.at, heard.id) < (begun.since_at, begun.since_id):
            return  # told late, and a later one is known
        open_now = walk.may_qualify(graph, heard)
        # During a pause an event starts nothing, yet the latest date counts. A profile's date needs no start.
        if not open_now and begun is None and config.event():
            return
        instant = config.instant(heard.properties, graph.entry.compiled)
        if begun is not None:
            walk.forget(begun)
        if instant is not None and instant >= heard.clock:
            if config.event():
                walk.watch(graph, heard, instant)
            else:
                walk.await_clock(graph, heard.lane, heard.profile_id, (heard.at, heard.id), instant)
        elif open_now:
            walk.admit(graph, heard.lane, heard.profile_id, heard.clock, heard=heard, via="no")

    def fits(self, walk: Record, node: GraphNode, heard: Heard) -> bool:
        return node.config.told_by(heard)

    def tells(self, walk: Record, node: GraphNode, heard: Heard) -> Iterator[Told]:
        name = node.config.property
        held = words.spell(heard.properties.get(name))
        instant = node.config.instant(heard.properties, node.compiled)
        yield Told(f"its {name} is a date", instant is not None, held)
        if instant is not None:
            local = instant.astimezone(node.compiled)
            yield Told(
                "the instant that it leads to was still to come", instant >= heard.clock, f"{local:%Y-%m-%d %H:%M}"
            )

    def decided_at(self, node: GraphNode, heard: Heard) -> datetime | None:
        instant = node.config.instant(heard.properties, node.compiled)
        return instant if instant is not None and instant >= heard.clock else heard.clock

    def undoes(self, node: GraphNode, heard: Heard, later: Heard) -> bool:
        due = self.decided_at(node, heard)
        told = later.key == heard.key and node.config.told_by(later)
        return told and due is not None and (heard.at, heard.id) < (later.at, later.id) and later.clock <= due

    def ripe(self, walk: Entering, graph: Graph, watch: Watch) -> str:
        assert watch.due_at is not None
        return "yes" if walk.passes(watch.profile_id, graph.entry.filters, watch.due_at) else "no"

    def begin(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime) -> bool:
        known = walk.holds(stay.profile_id, node.config.event(), at)
        return self._plan(walk, stay, node, node.config.instant(known, node.compiled), at)

    def hear(self, walk: Walk, stay: Stay, node: GraphNode, heard: Heard) -> bool:
        if not node.config.told_by(heard) or not walk.listening(stay, heard):
            return False
        if _outdated(heard, stay.running().get(node.number)):
            return False
        return self._plan(walk, stay, node, node.config.instant(heard.properties, node.compiled), heard.clock, heard)

    def decide(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime) -> bool:
        self._note(walk, stay, node, at)
        passed = walk.passes(stay.profile_id, node.filters, at)
        return walk.take(stay, node, "yes" if passed else "no", at)

    def goal_begins(self, walk: Record, goal: GraphNode, profile_id: int, at: datetime, id: int) -> Clock | None:
        known = walk.holds(profile_id, goal.config.event(), at, id)
        instant = goal.config.instant(known, goal.compiled)
        return Clock(instant, at) if instant is not None and instant > at else None

    def goal_hears(self, walk: Record, goal: GraphNode, clock: Clock | None, heard: Heard) -> Clock | None:
        if not goal.config.told_by(heard) or _outdated(heard, clock):
            return clock
        instant = goal.config.instant(heard.properties, goal.compiled)
        return Clock(instant, heard.at, heard.id) if instant is not None and instant >= heard.clock else None

    @staticmethod
    def _note(walk: Walk, stay: Stay, node: GraphNode, at: datetime) -> None:
        """The event whose date was awaited is the event context from here on (domain 12); a profile's date is none."""
        if event := node.config.event():
            walk.note_known(stay, event, at)

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
            self._note(walk, stay, node, at)
            return walk.take(stay, node, "no", at, heard)
        walk.decide_at(stay, node, Clock(instant, heard.at, heard.id) if heard else Clock(instant, at), at)
        return False


def _outdated(heard: Heard, clock: Clock | None) -> bool:
    """Whether the event is told late, after a later one has set the clock: the latest counts by its own time."""
    return clock is not None and clock.id > 0 and (heard.at, heard.id) < (clock.at, clock.id)
