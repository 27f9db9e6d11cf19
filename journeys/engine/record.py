"""What a walk is given, and the record of what it causes: changed stays, ledger steps, messages, tallies, watches."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from channels.policy import zone_of
from journeys import calendar
from journeys.control import Groups
from journeys.engine.account import Account
from journeys.engine.besttime import BestTimes
from journeys.engine.details import Place
from journeys.engine.stay import Done, Heard, Past, Queued, Stay, Watch, WatchKey
from journeys.engine.verdicts import Verdicts
from journeys.graph import Graph, GraphNode
from journeys.nodes.counted import DAY, Counted
from profiles import changes
from profiles.people import Person
from segments.rules import Rule

if TYPE_CHECKING:
    from journeys.engine.knowledge import Knowledge

LATE = timedelta(minutes=60)  # an event older than this on arrival moves nobody (domain 4.2)
LAST = 2**63  # an id later than any event's

_decode = msgspec.json.decode
_encode = msgspec.json.encode


class Record:
    """One batch. `verdicts` says who matched at a midnight; `known` answers questions about people as of an event or
    instant; `live` are the versions that admit; `room` is how many a capped version still admits, by (version, day),
    with None for the day of the total; `counted` is what nodes count, by event type, as (version, node, what); `shares`
    are those of automated IntelliNODEs, by (version, node); `groups` are the control groups; `told` are the properties
    whose changes are told of; `hops` is when people were passed on by journey triggers of late; `holds` are runs that
    are still to be made, by journey.
    """

    def __init__(
        self,
        graphs: dict[int, Graph],
        *,
        account: Account,
        stays: Iterable[Stay] = (),
        past: dict[tuple[int, int], Past] | None = None,
        people: dict[int, Person] | None = None,
        verdicts: Verdicts,
        known: Knowledge | None = None,
        live: Container[int] = frozenset(),
        watches: Iterable[Watch] = (),
        room: Mapping[tuple[int, Any], int] | None = None,
        triggers: Mapping[tuple[int, int, str], list[Graph]] | None = None,
        counted: Mapping[int, list[tuple[int, int, Counted]]] | None = None,
        shares: Mapping[tuple[int, int], Sequence[float]] | None = None,
        told: frozenset[str] = frozenset(),
        hops: dict[int, list[datetime]] | None = None,
        holds: Mapping[int, datetime] | None = None,
        groups: Groups | None = None,
        best_times: BestTimes | None = None,
    ) -> None:
        self.graphs = graphs
        self.live = live
        self.account = account
        self.active: dict[int, list[Stay]] = defaultdict(list)
        for stay in stays:
            self.active[stay.profile_id].append(stay)
        self.past = past or {}
        self.people = people or {}
        self.verdicts = verdicts
        self.known = known
        self.watches: dict[WatchKey, Watch] = {(it.profile_id, it.version_id, it.role): it for it in watches}
        self.watching: dict[int, set[WatchKey]] = defaultdict(set)  # the same by person
        for key in self.watches:
            self.watching[key[0]].add(key)
        self._room = dict(room or {})
        self._triggers = triggers or {}
        self._counted = counted or {}
        self.shares = shares or {}
        self.groups = groups or Groups()
        self._best_times = best_times
        self.told = told  # the properties whose changes are told of
        self.hops = hops or {}
        self._holds = holds or {}
        self._hearing_at: datetime | None = None  # the instant of the event that is being heard
        self._cause: int | None = None  # the id of the event that decides what happens next; None for the clock
        self.unchanged: dict[str, Any] = {}  # what a profile update left as it was, until the step that tells of it
        # What the batch causes, in order.
        self.entered: list[Stay] = []
        self.moved: dict[int, Stay] = {}  # by enrollment id: stays of before this batch that changed
        # (stay or None, lane, profile, journey, version, at, what, node, via, outcome, reason, detail)
        self.steps: list[tuple[Any, ...]] = []
        self.messages: list[Queued] = []
        self.unsent: list[Stay] = []  # exited with a message still queued
        self.unshown: list[Stay] = []  # left what waits on their device
        self.tallies: Counter[tuple[int, int, int, str, Any]] = Counter()  # (lane, version, node, metric, day)
        self.details: Counter[tuple[Place, str]] = Counter()  # why messages failed, and what was clicked
        self.changed_people: set[int] = set()
        self.flags: dict[int, str] = {}  # by journey
        self.watch_changes: dict[WatchKey, Watch | None] = {}  # None: gone
        self.changes: list[tuple[int, datetime, dict[str, Any]]] = []  # (profile, instant, properties) that are told of
        self.done: list[Done] = []  # what may count for a node
        self.passed: dict[tuple[Stay, int], tuple[str, datetime]] = {}  # the paths taken, by (stay, node)

    # ---- what is asked

    def passes(
        self,
        profile_id: int,
        rule: Rule | None,
        at: datetime,
        id: int | None = None,
        event: Mapping[str, Any] | None = None,
    ) -> bool:
        """Whether a rule holds for the person on data up to and including the event (at, id), or the instant `at`.
        With 0 as the id what happened at that very instant is left out.

        event: the properties of the event that led the person here.
        """
        if rule is None:
            return True
        assert self.known is not None
        return self.known.passes(rule, profile_id, at, LAST if id is None else id, event)

    def holds(self, profile_id: int, event: str | None, at: datetime, id: int = LAST) -> Mapping[str, Any] | None:
        """The properties of the person's latest event of a name as of (at, id), or of the profile; None without one."""
        assert self.known is not None
        return self.known.latest(profile_id, event, at, id) if event else self.known.fields(profile_id)

    def pages(self, heard: Heard) -> int:
        """How many events of this kind the person's session holds so far, this one included."""
        assert self.known is not None
        return self.known.session(heard.profile_id, heard.name, heard.at, heard.id)

    @property
    def best_times(self) -> BestTimes:
        """When the batch's people do most."""
        assert self._best_times is not None
        return self._best_times

    @staticmethod
    def in_time(heard: Heard) -> bool:
        """Whether the event reached us soon enough to move anybody."""
        return heard.clock - heard.at <= LATE

    def verdict(self, stay: Stay, node: GraphNode, at: datetime) -> bool:
        """Whether the person matched the node's rule at this midnight."""
        return self.verdicts.holds(stay.version_id, node.number, at, stay.profile_id)

    def event_context(self, stay: Stay) -> dict[str, Any]:
        """The properties of the stay's event context; empty without one."""
        return _decode(stay.event)["properties"] if stay.event else {}

    def note_event(self, stay: Stay, heard: Heard) -> None:
        """The event becomes the stay's event context, which Liquid calls `Event`."""
        if self.graphs[stay.version_id].keeps_event:
            stay.event = self._context(heard)

    def note_known(self, stay: Stay, event: str, at: datetime) -> None:
        """So does the person's latest event of a name as of an instant, if there is one."""
        if self.graphs[stay.version_id].keeps_event and (known := self.holds(stay.profile_id, event, at)) is not None:
            stay.event = _encode({"name": event, "at": at, "properties": known}).decode()

    # ---- what is written down

    def count(self, stay: Stay, node: int, metric: str, at: datetime) -> None:
        """Add one to a tally."""
        self.tallies[stay.lane, stay.version_id, node, metric, self.day(at)] += 1

    def tell(self, profile_id: int, before: Mapping[str, Any], at: datetime) -> None:
        """A person's properties have changed here; `before` holds those that are told of, as they were."""
        if changed := changes.differing(before, self.people[profile_id].properties, self.told):
            self.changes.append((profile_id, at, changed))

    def note_path(self, stay: Stay, node: GraphNode, via: str, at: datetime) -> None:
        """The stay takes a path whose goals are counted from now on."""
        self.passed[stay, node.number] = via, at

    def _note_done(self, heard: Heard, stay: Stay | None = None) -> None:
        """What an event may count for: with a stay, for the paths that it took; without one, for messages."""
        for version, node, what in self._counted.get(heard.type_id, ()):
            if what.inside != (stay is not None) or (stay is not None and stay.version_id != version):
                continue
            if what.met_by(heard):
                done = Done(
                    heard.lane, heard.profile_id, version, node, what.goal, heard.at, heard.clock, what.window,
                    cents=what.cents(heard), inside=what.inside, stay=stay,
                    passed=self.passed.get((stay, node)) if stay is not None else None,
                )  # fmt: skip
                self.done.append(done)

    def _note_goal(self, stay: Stay, reason: str, at: datetime) -> None:
        """A goal of the journey counts for the messages of the last while too (domain 5.7)."""
        place = (stay.lane, stay.profile_id, stay.version_id, None)
        self.done.append(Done(*place, -int(reason.removeprefix("goal_")), at, at, DAY))

    def _step(self, stay: Stay, at: datetime, what: str, *, via: str | None = None, reason: str | None = None) -> None:
        node = None if what == "entered" else stay.node
        row = (stay, stay.lane, stay.profile_id, stay.journey_id, stay.version_id, at)
        self.steps.append((*row, what, node, via, None, reason, self._detail()))

    def _note(
        self, graph: Graph, lane: int, profile_id: int, at: datetime, what: str, reason: str | None = None
    ) -> None:
        """Write into the ledger what happened to somebody who is not inside."""
        step = (None, lane, profile_id, graph.journey_id, graph.version_id, at)
        self.steps.append((*step, what, None, None, None, reason, self._detail()))

    def _detail(self) -> str | None:
        """Which event decided a step, as the ledger keeps it: “why” finds the event by it, with all its values. And
        which properties could not be updated, with the values that they kept.
        """
        if self.unchanged:
            told = {"event": self._cause, "unchanged": self.unchanged}
            self.unchanged = {}
            return _encode(told).decode()
        return None if self._cause is None else f'{{"event":{self._cause}}}'

    def _touch(self, stay: Stay) -> None:
        if stay.id:
            self.moved[stay.id] = stay

    def day(self, at: datetime) -> Any:
        """The account's date."""
        return calendar.local_date(at, self.account.zone)

    def _zone_of(self, stay: Stay) -> ZoneInfo:
        """The person's own clock, the account's where it is unknown."""
        person = self.people.get(stay.profile_id)
        name = person.properties.get("Timezone") if person else None
        return zone_of(name, self.account.zone.key)

    @staticmethod
    def _context(heard: Heard) -> str:
        return _encode({"name": heard.name, "at": heard.at, "properties": msgspec.Raw(heard.raw)}).decode()
