"""What a walk moves, stays and watches, and what moves them, events: one plain object each, for one batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

_decode = msgspec.json.decode


class Clock(msgspec.Struct, frozen=True):
    """A clock that an event started, or somebody's arrival, then with id 0. due: when it comes."""

    due: datetime
    at: datetime
    id: int = 0


_clocks = msgspec.json.Decoder(dict[int, Clock])
_vias = msgspec.json.Decoder(dict[int, str])


class Clocked:
    """Who has clocks that run beside one another, kept as JSON in `clocks`: those of nodes by number, of goals by their
    number below zero.
    """

    __slots__ = ()

    clocks: str | None

    def running(self) -> dict[int, Clock]:
        """The clocks, to be changed and given to `run`."""
        return _clocks.decode(self.clocks) if self.clocks else {}

    def run(self, running: dict[int, Clock]) -> None:
        kept = msgspec.json.encode(running).decode() if running else None
        self.clocks = kept  # type: ignore[misc]  # a slot of each heir

    def rest(self) -> None:
        """Stop the clocks of nodes; those of goals run on."""
        if self.clocks:
            self.run({number: clock for number, clock in self.running().items() if number < 0})


class Heard:
    """One event as the engine hears it: it happened `at`, and reached us at `clock`, the instant at which it moves
    people.
    """

    __slots__ = ("_properties", "at", "clock", "id", "key", "lane", "name", "outcome", "profile_id", "raw", "type_id")

    def __init__(
        self,
        lane: int,
        id: int,
        profile_id: int,
        type_id: int,
        at: datetime,
        clock: datetime,
        raw: str,
        name: str,
        key: str,
        outcome: str | None,
    ) -> None:
        self.lane, self.id, self.profile_id, self.type_id = lane, id, profile_id, type_id
        self.at, self.clock, self.raw = at, clock, raw
        self.name, self.key = name, key
        self.outcome = outcome  # of a message: sent, failed, viewed …; None for any other event
        self._properties: dict[str, Any] | None = None

    @property
    def properties(self) -> dict[str, Any]:
        if self._properties is None:
            self._properties = _decode(self.raw)
        return self._properties


@dataclass(slots=True, eq=False)
class Stay(Clocked):
    """One enrollment in memory; the columns are explained in migrations/sql/hot.sql. `id` is 0 until a new one is
    flushed.
    """

    lane: int
    id: int
    profile_id: int
    journey_id: int
    version_id: int
    phase: str
    node: int
    visit: int
    entered_at: datetime
    arrived_at: datetime
    heard_at: datetime
    heard_id: int
    entry_at: datetime
    entry_id: int
    outcome: str | None
    closes_at: datetime | None
    decides_at: datetime | None
    deadline: datetime | None
    due_at: datetime | None
    event: str | None
    clocks: str | None = None
    foreseen: str | None = None
    met_on: date | None = None
    exit_reason: str | None = None
    exited_at: datetime | None = None
    chain: list[int] = field(default_factory=list)  # the nodes arrived at without any wait
    chained_at: datetime | None = None  # the instant of these
    late: bool = False  # comes to a message whose time is past: it is not sent

    def foresee(self, vias: dict[int, str]) -> None:
        """Keep the connectors that are decided before the person arrives, by node."""
        self.foreseen = msgspec.json.encode(vias).decode() if vias else None

    def foresaw(self, node: int) -> str | None:
        """The connector that was decided for a node, once; None if none was."""
        if self.foreseen is None:
            return None
        vias = _vias.decode(self.foreseen)
        via = vias.pop(node, None)
        self.foresee(vias)
        return via

    def unsent(self) -> bool:
        """At a message that is not sent yet, held or about to be, or that could not reach the person: by domain 10.1
        they are before the node.
        """
        sending = self.phase == "sending" and self.outcome is None
        return sending or (self.phase != "asleep" and self.outcome == "unreachable")


class Queued(NamedTuple):
    """A message that a visit queues. late: its time is past on the person's clock."""

    stay: Stay
    node: int
    visit: int
    at: datetime
    campaign_id: int
    late: bool


class Done(NamedTuple):
    """Something that a person did which may count for a node.

    node: None, with the goal's number below zero, for a goal of the journey, which counts for all its messages.
    at: when it was done; clock: when it reached us; window, cents, inside: as in Counted.
    stay, passed: of a path, the stay, and the path with its instant if it was taken in this batch.
    """

    lane: int
    profile_id: int
    version_id: int
    node: int | None
    goal: int
    at: datetime
    clock: datetime
    window: timedelta
    cents: int | None = None
    inside: bool = False
    stay: Stay | None = None
    passed: tuple[str, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """What a person has been through in one journey: the versions ever entered with their latest entry, the latest goal
    met in each, the last exit, and whether they are inside a version that the batch does not walk (one that is being
    emptied).
    """

    entered: Mapping[int, datetime] = field(default_factory=dict)
    met: Mapping[int, datetime] = field(default_factory=dict)
    exited_at: datetime | None = None
    inside: bool = False


@dataclass(slots=True)
class Watch(Clocked):
    """Somebody who is watched without being inside; the columns are explained in migrations/sql/watch.sql."""

    lane: int
    profile_id: int
    version_id: int
    role: str  # qualifying | held_out
    journey_id: int
    since_at: datetime
    since_id: int
    due_at: datetime | None
    event: str | None
    clocks: str | None = None


WatchKey = tuple[int, int, str]  # profile, version, role
