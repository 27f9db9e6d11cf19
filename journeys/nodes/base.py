"""What every node kind says about itself, in one place: its configuration, its connectors, and what it does.

A kind is one module with one `Kind` subclass, listed in `journeys.nodes.KINDS`; no other file learns its name. The
engine calls the hooks with stays (one person inside one version) in memory and a `Walk` that collects what they cause;
no hook touches the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from config.lib.errors import Problem

if TYPE_CHECKING:
    from journeys.engine.entering import Entering
    from journeys.engine.record import Record
    from journeys.engine.stay import Clock, Heard, Stay, Watch
    from journeys.engine.walk import Walk
    from journeys.graph import Graph, GraphNode
    from journeys.nodes.counted import Counted
    from segments.rules import Rule

Criteria = Literal["live", "past"]


class Config(BaseModel):
    """The base of every kind's configuration. Unknown keys are errors; what is missing is for the publish checks to
    say.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


C = TypeVar("C", bound=Config)


class Told(NamedTuple):
    """One thing that a kind asks of an event, for “why”: in words, whether it holds, and what was seen."""

    text: str
    holds: bool
    seen: str


class Kind(Generic[C]):
    """One kind of node. Instances hold no state: everything about a node is in its GraphNode."""

    name: ClassVar[str]
    label: ClassVar[str]
    hint: ClassVar[str] = ""  # one sentence for the palette
    role: ClassVar[Literal["segment", "engagement", "controller"]]
    Config: ClassVar[type[Config]]
    vias: ClassVar[tuple[str, ...]] = ()  # connectors, in the order in which the canvas shows them
    entry: ClassVar[tuple[Criteria, ...]] = ()  # entry criteria under which the kind may be the entry segment
    middle: ClassVar[bool] = True  # may stand in the flow
    goal: ClassVar[bool] = False  # may be a goal
    has_window: ClassVar[bool] = False
    beside: ClassVar[bool] = False  # may stand beside others behind an intermediate node
    undrawn_code: ClassVar[str] = "K18"  # of the finding that a required connector is not drawn
    needs_profile: ClassVar[bool] = False  # arriving reads or writes the person's properties
    asks: ClassVar[bool] = False  # arriving or deciding asks what is known of the person, besides rules
    clocked: ClassVar[bool] = False  # as a goal it runs a clock of its own
    holds_window: ClassVar[bool] = False  # the window does not close while the kind's own clock runs
    watches: ClassVar[bool] = False  # as the entry it watches people, and hears of them during a pause
    changeable: ClassVar[str] = "nothing of it"  # what can change while people pass through it, for a sentence
    shows: ClassVar[bool] = False  # its messages wait for the person's device, and for its window to be one to show in
    tested_at_midnight: ClassVar[bool] = False  # waiters come due at each midnight, with a verdict from the database
    foreseeable: ClassVar[bool] = False  # behind past behaviour it is decided with the values of that evaluation

    def unfit(self) -> frozenset[str]:
        """Parts of the configuration that this kind cannot have, though its relatives can: no form offers them."""
        return frozenset()

    def problems(self, config: C, number: int | None) -> Iterator[Problem]:
        """Yield what keeps this configuration from going live; the graph's own checks are in journeys.checks."""
        return iter(())

    def fixed(self, config: C) -> dict[str, Any]:
        """The part of a configuration that only a new version can change, as JSON (domain 2.5)."""
        return config.model_dump(mode="json", by_alias=True)

    def event_names(self, config: C) -> frozenset[str]:
        """The events that a waiting node, an entry or a goal of this configuration listens to."""
        return frozenset()

    def connectors(self, config: C) -> tuple[str, ...]:
        """The connectors that a node of this configuration has."""
        return self.vias

    def withheld(self, config: C, via: str) -> str:
        """Why a node of this configuration has not a connector that its kind has, as the end of a sentence that begins
        with the node; empty where `connectors` says all.
        """
        return ""

    def required(self, config: C) -> tuple[str, ...]:
        """The connectors that must be drawn for the node to go live."""
        return ()

    def rules(self, config: C) -> tuple[Rule, ...]:
        """The rules that are asked about people in memory, as they move."""
        return ()

    def reads(self, config: C) -> dict[str, timedelta | None]:
        """The events whose history the kind reads besides its rules, and how far back; None: all of it."""
        return {}

    def watched_properties(self, config: C) -> frozenset[str]:
        """The profile properties whose changes the kind must hear of."""
        return frozenset()

    def audience(self, config: C) -> Rule | None:
        """The query over history that a midnight tests waiters by; None for kinds without."""
        return None

    def entrants(self, config: C) -> dict[str, Rule]:
        """As the entry: whom a run admits, by connector; empty for kinds that no run admits by."""
        return {}

    def known_clock(self, config: C, zone: ZoneInfo) -> tuple[str, Callable[[Any], datetime | None]] | None:
        """As the entry: the profile property whose value sets the clock by which people enter, and the instant that a
        value stands for, None if it stands for none. None for kinds that await an event.
        """
        return None

    def counted_events(self, config: C) -> frozenset[str]:
        """The events that are counted for the node."""
        return frozenset()

    def counts(self, config: C, zone: ZoneInfo) -> tuple[Counted, ...]:
        """What people do afterwards that is counted for the node."""
        return ()

    def uses_event(self, config: C) -> bool:
        """Whether arriving here may read `Event.`, so that stays must carry their event context."""
        return False

    def compile(self, config: C, zone: ZoneInfo) -> Any:
        """What the engine keeps of the configuration for the life of the version, for example a matcher; None if
        nothing.
        """
        return None

    def arrive(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime, heard: Heard | None) -> None:
        """A person has come, by the event `heard` or by the clock. Leave the stay waiting, or move it on through
        `walk.take`.
        """
        raise NotImplementedError

    def triggered_by(self, config: C) -> tuple[int, int, str] | None:
        """As the entry: the outcome (journey, node, connector) in another journey that admits; None for other kinds."""
        return None

    def qualify(self, walk: Walk, graph: Graph, heard: Heard) -> None:
        """As the entry: an event that the kind listens to. Admit whom it decides for, or begin to watch them."""
        raise NotImplementedError

    def fits(self, walk: Record, node: GraphNode, heard: Heard) -> bool:
        """As the entry or a goal: whether an event that it listens to is one that it waits for."""
        return True

    def tells(self, walk: Record, node: GraphNode, heard: Heard) -> Iterator[Told]:
        """What the kind asks of an event, one by one, so that somebody can see why it fits or does not."""
        return iter(())

    def decided_at(self, node: GraphNode, heard: Heard) -> datetime | None:
        """As the entry: when an event that fits is decided about; None if it leads to nothing."""
        return heard.clock

    def undoes(self, node: GraphNode, heard: Heard, later: Heard) -> bool:
        """As the entry: whether a later event takes back what an event began, before it was decided about."""
        return False

    def ripe(self, walk: Entering, graph: Graph, watch: Watch) -> str:
        """As the entry: the clock of a watch has come. The connector by which the person enters."""
        raise NotImplementedError

    def foresee(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime) -> str:
        """Of a kind that is `foreseeable`: the connector for somebody whose past behaviour is evaluated at `at`."""
        raise NotImplementedError

    def begin(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime) -> bool:
        """A person begins to wait here, maybe beside other segment nodes. True if the person moved at once."""
        return False

    def goal_begins(self, walk: Record, goal: GraphNode, profile_id: int, at: datetime, id: int) -> Clock | None:
        """As a goal that is `clocked`: the clock that runs from the entry on, known as of the event (at, id)."""
        return None

    def goal_hears(self, walk: Record, goal: GraphNode, clock: Clock | None, heard: Heard) -> Clock | None:
        """As a goal that is `clocked`: its clock after an event that it listens to, given the one before."""
        return clock

    def hear(self, walk: Walk, stay: Stay, node: GraphNode, heard: Heard) -> bool:
        """An event of a person who waits here. True if it decided something for them."""
        return False

    def due(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime) -> bool:
        """The clock came to a midnight that this kind tests people at. True if the person moved."""
        return False

    def decide(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime) -> bool:
        """The clock that the kind set with `Walk.decide_at` has come, and runs no more. True if the person moved."""
        return False
