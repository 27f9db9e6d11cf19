"""How people move: the rules of the journey, applied in memory to the people of one batch.

A Walk is given the graphs, the stays and whatever else the batch loaded; it changes the stays and collects what that
causes (ledger steps, messages, tallies) for one flush. It reads no database and no clock: `hear` takes one event,
`fire` takes the instant up to which a stay's clocks have come. For one person the caller keeps the order of domain 8.3:
events by time, then receipt; clocks strictly between.

What must never happen, and why it does not: a person in two places (a stay has one `node`, and `admit` looks at the
person's other stays); one event deciding twice (a stay listens only to what is later than the event that brought it, an
exit bars the same event from re-admitting); an endless chain (`HOPS`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from channels.policy import zone_of
from journeys import calendar, control, sleep
from journeys.engine.account import Account
from journeys.engine.stay import Heard, Past, Queued, Stay, Watch, WatchKey
from journeys.graph import ENTRY, Graph, GraphNode
from profiles.people import Person
from segments.rules import Rule

if TYPE_CHECKING:
    from journeys.engine.knowledge import Knowledge

LATE = timedelta(minutes=60)  # an event older than this on arrival moves nobody (domain 4.2)
WINDOW = timedelta(days=1)  # the qualifying window where none is set (domain 4.1)
WATCHED = timedelta(days=30)  # how long a control group is watched for goals without a journey timeout (domain 3.7)
FADES = timedelta(days=1)  # after a sleep of this length the event context is gone (domain 12)
TRIGGERS = 10  # times a minute that one person is passed on by journey triggers (domain 4.2)
LAST = 2**63  # an id later than any event's
HOPS = 50  # nodes passed without any wait before a chain is cut (domain 8.3)

_decode = msgspec.json.decode
_encode = msgspec.json.encode


class Walk:
    """One batch. `verdicts` holds who matched, by (version, node, midnight); `known` answers questions about people as
    of an event or instant; `live` are the versions that admit; `room` is how many a capped version still admits, by
    (version, day), with None for the day of the total.
    """

    def __init__(
        self,
        graphs: dict[int, Graph],
        *,
        account: Account,
        stays: Iterable[Stay] = (),
        past: dict[tuple[int, int], Past] | None = None,
        people: dict[int, Person] | None = None,
        verdicts: Mapping[tuple[int, int, datetime], set[int]] | None = None,
        known: Knowledge | None = None,
        live: Container[int] = frozenset(),
        watches: Iterable[Watch] = (),
        room: Mapping[tuple[int, Any], int] | None = None,
        triggers: Mapping[tuple[int, int, str], list[Graph]] | None = None,
    ) -> None:
        self.graphs = graphs
        self.live = live
        self.account = account
        self.active: dict[int, list[Stay]] = defaultdict(list)
        for stay in stays:
            self.active[stay.profile_id].append(stay)
        self.past = past or {}
        self.people = people or {}
        self.verdicts = verdicts or {}
        self.known = known
        self.watches: dict[WatchKey, Watch] = {(it.profile_id, it.version_id, it.role): it for it in watches}
        self._room = dict(room or {})
        self._triggers = triggers or {}
        self._triggered: Counter[tuple[int, datetime]] = Counter()  # (profile, minute)
        # What the batch causes, in order.
        self.entered: list[Stay] = []
        self.moved: dict[int, Stay] = {}  # by enrollment id: stays of before this batch that changed
        self.steps: list[
            tuple[Any, ...]
        ] = []  # (stay or None, lane, profile, journey, version, at, what, node, via, outcome, reason)
        self.messages: list[Queued] = []
        self.unsent: list[Stay] = []  # exited with a message still queued
        self.tallies: Counter[tuple[int, int, int, str, Any]] = Counter()  # (lane, version, node, metric, day)
        self.changed_people: set[int] = set()
        self.flags: dict[int, str] = {}  # by journey
        self.watch_changes: dict[WatchKey, Watch | None] = {}  # None: gone

    # ---- events

    def hear(self, heard: Heard, entries: Iterable[Graph] = ()) -> None:
        """One event of one person: goals first, then the journey timeout of that instant, then whoever waits for it,
        then entry.
        """
        used: set[int] = set()  # journeys in which this event has decided something
        if heard.outcome is not None:
            self._note_outcome(heard)
        for stay in list(self.active.get(heard.profile_id, ())):
            self.fire(stay, heard.clock, inclusive=False)
            if stay.phase != "exited" and self._decide(stay, heard):
                used.add(stay.journey_id)
        if self.watches:
            self._watch_hears(heard)
        for graph in entries:
            if graph.journey_id not in used:
                graph.entry.kind.qualify(self, graph, heard)

    def _decide(self, stay: Stay, heard: Heard) -> bool:
        graph = self.graphs.get(stay.version_id)
        if graph is None:
            return False
        if goal := self._goal_met(graph, heard, (stay.entry_at, stay.entry_id)):
            self.exit(stay, goal, heard.clock)
            return True
        if stay.deadline is not None and stay.deadline <= heard.clock:
            self.exit(stay, "journey_timeout", stay.deadline)
            return True
        if stay.phase == "asleep":
            return False
        node = graph.nodes[stay.node]
        if heard.outcome is not None:
            about = heard.properties
            here = (
                about.get("enrollment") == stay.id
                and about.get("node") == stay.node
                and about.get("visit") == stay.visit
            )
            if here and node.kind.role == "engagement" and node.kind.hear(self, stay, node, heard):
                self._touch(stay)
                return True
        return bool(node.events) and node.kind.hear(self, stay, node, heard)

    def _goal_met(self, graph: Graph, heard: Heard, since: tuple[datetime, int]) -> str | None:
        """The first goal that the event meets, as an exit reason; None if it meets none or is not after `since`."""
        if (heard.at, heard.id) <= since:
            return None
        for number, goal in enumerate(graph.goals, start=1):
            if (
                goal.events
                and goal.compiled.fires(heard, self)
                and self.passes(heard.profile_id, goal.filters, heard.at, heard.id)
            ):
                return f"goal_{number}"
        return None

    def _note_outcome(self, heard: Heard) -> None:
        """A message's outcome goes into the ledger and the tallies wherever its person is by now."""
        about = heard.properties
        if "version" not in about or heard.outcome is None:
            return  # a message that no journey sent
        journey, version, node = about["journey"], about["version"], about["node"]
        step = (about.get("enrollment"), heard.lane, heard.profile_id, journey, version, heard.clock)
        self.steps.append((*step, "message", node, None, heard.outcome, about.get("reason")))
        self.tallies[heard.lane, version, node, heard.outcome, self._day(heard.clock)] += 1

    # ---- entry

    def may_qualify(self, graph: Graph, heard: Heard) -> bool:
        """Whether an event may begin or decide an entry: the version admits, and the event lies in its timeline."""
        return (
            graph.version_id in self.live
            and heard.at >= graph.start_at
            and (graph.end_at is None or heard.at < graph.end_at)
        )

    def admit(
        self,
        graph: Graph,
        lane: int,
        profile_id: int,
        at: datetime,
        *,
        heard: Heard | None = None,
        via: str = "yes",
        event: str | None = None,
    ) -> None:
        """Somebody qualifies: let them in, hold them out, or refuse them (domain 3.4, 3.7). Nothing if `via` is not
        drawn.

        heard: the event that decided it, None for the clock or a run. event: the event context, if not `heard`.
        """
        if via not in graph.entry.outlets:
            return
        if heard is not None and not self.in_time(heard):
            self._refuse(graph, lane, profile_id, at, "late_event")
            return
        past = self.past.get((profile_id, graph.journey_id), Past())
        if reason := self._barred(graph, profile_id, past, heard.at if heard else at):
            self._refuse(graph, lane, profile_id, at, reason)
            return
        day = self._day(at)
        self.tallies[lane, graph.version_id, ENTRY, "qualified", day] += 1
        entry = (heard.at, heard.id) if heard else (at, 0)
        if control.holds_out(profile_id, graph, self.account):
            self._hold_out(graph, lane, profile_id, at, entry)
        elif not self._take_room(graph, day):
            self._note(graph, lane, profile_id, at, "qualified")
            self._refuse(graph, lane, profile_id, at, "entry_cap")
        else:
            self._enter(graph, lane, profile_id, at, entry, heard, via, event, past)

    def _barred(self, graph: Graph, profile_id: int, past: Past, at: datetime) -> str | None:
        """Why somebody who qualifies at `at` may not enter; None if they may."""
        if past.inside or any(stay.journey_id == graph.journey_id for stay in self.active.get(profile_id, ())):
            return "inside"
        held = self.watches.get((profile_id, graph.version_id, "held_out"))
        if held is not None and (not graph.re_entry or held.due_at is not None):
            return "held_out"
        if not graph.re_entry and graph.version_id in past.versions:
            return "entered_before"
        if past.exited_at is not None and at < past.exited_at:
            return "before_exit"
        return None

    def _enter(
        self,
        graph: Graph,
        lane: int,
        profile_id: int,
        at: datetime,
        entry: tuple[datetime, int],
        heard: Heard | None,
        via: str,
        event: str | None,
        past: Past,
    ) -> None:
        stay = Stay(
            lane=lane,
            id=0,
            profile_id=profile_id,
            journey_id=graph.journey_id,
            version_id=graph.version_id,
            phase="waiting",
            node=ENTRY,
            visit=0,
            entered_at=at,
            arrived_at=at,
            heard_at=entry[0],
            heard_id=entry[1],
            entry_at=entry[0],
            entry_id=entry[1],
            outcome=None,
            closes_at=None,
            decides_at=None,
            deadline=at + graph.timeout if graph.timeout else None,
            due_at=None,
            event=event if graph.keeps_event else None,
        )
        self.entered.append(stay)
        self.active[profile_id].append(stay)
        self.past[profile_id, graph.journey_id] = Past(past.versions | {graph.version_id}, past.exited_at)
        if heard is not None and event is None:
            self.note_event(stay, heard)
        self._step(stay, at, "entered")
        self.tallies[lane, graph.version_id, ENTRY, "entered", self._day(at)] += 1
        self._follow(stay, graph, graph.entry, via, at, heard)

    def _take_room(self, graph: Graph, day: Any) -> bool:
        """Take a place under the entry caps; False if none is left."""
        limits = [key for key in ((graph.version_id, None), (graph.version_id, day)) if key in self._room]
        if any(self._room[key] <= 0 for key in limits):
            return False
        for key in limits:
            self._room[key] -= 1
        return True

    # ---- watches

    def watch(self, graph: Graph, heard: Heard, due_at: datetime) -> None:
        """The event has begun an entry that the clock decides; one that was begun before gives way."""
        context = self._context(heard) if graph.keeps_event else None
        place = (heard.lane, heard.profile_id, graph.version_id, "qualifying", graph.journey_id)
        self._set_watch(Watch(*place, heard.at, heard.id, due_at, context))

    def watched(self, graph: Graph, profile_id: int) -> Watch | None:
        """The entry that has been begun for the person."""
        return self.watches.get((profile_id, graph.version_id, "qualifying"))

    def forget(self, watch: Watch) -> None:
        key = (watch.profile_id, watch.version_id, watch.role)
        self.watches.pop(key, None)
        self.watch_changes[key] = None

    def ripen(self, watch: Watch) -> None:
        """The watch's clock has come: who was qualifying is decided, whoever was held out is watched no longer."""
        at = watch.due_at
        assert at is not None
        if watch.role == "held_out":
            watch.due_at = None
            self._set_watch(watch)
            return
        self.forget(watch)
        graph = self.graphs.get(watch.version_id)
        if graph is not None and graph.version_id in self.live:  # what ripens during a pause is lost
            via = graph.entry.kind.ripe(self, graph, watch)
            self.admit(graph, watch.lane, watch.profile_id, at, via=via, event=watch.event)

    def _watch_hears(self, heard: Heard) -> None:
        """Clocks that came before the event come first; a control group's members are watched for goals."""
        for watch in [it for key, it in self.watches.items() if key[0] == heard.profile_id]:
            if watch.due_at is not None and watch.due_at < heard.clock:
                self.ripen(watch)
            elif watch.role == "held_out" and watch.due_at is not None:
                graph = self.graphs.get(watch.version_id)
                goal = graph and self._goal_met(graph, heard, (watch.since_at, watch.since_id))
                if goal:
                    self.tallies[watch.lane, watch.version_id, ENTRY, f"held_{goal}", self._day(heard.clock)] += 1
                    watch.due_at = None
                    self._set_watch(watch)

    def _hold_out(self, graph: Graph, lane: int, profile_id: int, at: datetime, since: tuple[datetime, int]) -> None:
        self._note(graph, lane, profile_id, at, "held_out")
        self.tallies[lane, graph.version_id, ENTRY, "held_out", self._day(at)] += 1
        until = at + (graph.timeout or WATCHED)
        self._set_watch(Watch(lane, profile_id, graph.version_id, "held_out", graph.journey_id, *since, until, None))

    def _set_watch(self, watch: Watch) -> None:
        key = (watch.profile_id, watch.version_id, watch.role)
        self.watches[key] = self.watch_changes[key] = watch

    def _refuse(self, graph: Graph, lane: int, profile_id: int, at: datetime, reason: str) -> None:
        self._note(graph, lane, profile_id, at, "refused", reason)

    def _note(
        self, graph: Graph, lane: int, profile_id: int, at: datetime, what: str, reason: str | None = None
    ) -> None:
        """Write into the ledger what happened to somebody who is not inside."""
        step = (None, lane, profile_id, graph.journey_id, graph.version_id, at)
        self.steps.append((*step, what, None, None, None, reason))

    # ---- the clock

    def fire(self, stay: Stay, until: datetime, *, inclusive: bool = True) -> None:
        """Let the stay's clocks come, one after the other, up to `until`. Stops at a midnight whose verdicts were not
        brought.
        """
        graph = self.graphs.get(stay.version_id)
        while (
            graph is not None
            and stay.due_at is not None
            and (stay.due_at <= until if inclusive else stay.due_at < until)
        ):
            at = stay.due_at
            if graph.midnight_goals and calendar.is_midnight(at, self.account.zone):
                if (stay.version_id, graph.midnight_goals[0], at) not in self.verdicts:
                    return
                if goal := self._goal_at_midnight(stay, graph, at):
                    self.exit(stay, goal, at)
                    return
            node = graph.nodes[stay.node]
            if stay.deadline is not None and stay.deadline <= at:
                self.exit(stay, "journey_timeout", at)
            elif stay.decides_at is not None and stay.decides_at <= at:
                stay.decides_at = None
                if stay.phase == "asleep":
                    self._arrive(stay, graph, stay.node, at, None)
                elif not node.kind.decide(self, stay, node, at):
                    self._reckon(stay, at)
            elif stay.phase == "waiting" and stay.closes_at is not None and at >= self._tick(stay, at):
                self.take(stay, node, "node_timeout", at)
            elif self._tested(stay, node, at):
                if any((stay.version_id, number, at) not in self.verdicts for number in node.tested_at_midnight):
                    return
                if not node.kind.due(self, stay, node, at):
                    self._reckon(stay, at)
            else:  # only the goals were to be asked
                self._reckon(stay, at)

    def _goal_at_midnight(self, stay: Stay, graph: Graph, at: datetime) -> str | None:
        """The first past-behaviour goal that the person meets at this midnight, as an exit reason."""
        for number in graph.midnight_goals:
            if stay.profile_id in self.verdicts[stay.version_id, number, at]:
                return f"goal_{-number}"
        return None

    def verdict(self, stay: Stay, node: GraphNode, at: datetime) -> bool:
        """Whether the person matched the node's rule at this midnight."""
        return stay.profile_id in self.verdicts[stay.version_id, node.number, at]

    # ---- what node kinds do

    def wait(self, stay: Stay, node: GraphNode, at: datetime, heard: Heard | None = None) -> None:
        """Stay here until an event, the clock or a goal moves the person on. The window counts from `at`."""
        stay.phase = "waiting"
        stay.hops = 0
        stay.closes_at = at + (node.window or WINDOW) if "node_timeout" in node.outlets else None
        if heard is not None:
            stay.heard_at, stay.heard_id = heard.at, heard.id
        self._reckon(stay, at)

    def send(self, stay: Stay, node: GraphNode, at: datetime) -> None:
        """Queue this visit's message and wait for what becomes of it."""
        assert node.campaign_id is not None  # publishing makes one for every engagement node
        stay.phase = "sending"
        stay.hops = 0
        stay.outcome = None
        stay.closes_at = None
        self._reckon(stay, at)
        self.messages.append(Queued(stay, node.number, stay.visit, at, node.campaign_id, stay.late))
        stay.late = False

    def take(self, stay: Stay, node: GraphNode, via: str, at: datetime, heard: Heard | None = None) -> bool:
        """Leave by a connector. True if that decided something.

        A last node completes the journey unless it has goals; where only other connectors are drawn the person stays
        (domain 4.1, 7).
        """
        graph = self.graphs[stay.version_id]
        if node.among:  # the one Node timeout of several segment nodes
            node = next(part for part in node.among if via in part.outlets)
        drawn = via in node.outlets
        if stay.node != node.number and (drawn or not (node.outlets or graph.goals)):
            self._settle(stay, node, at)
        if drawn:
            self._step(stay, at, "left", via=via)
            self.count(stay, node.number, f"left:{via}", at)
        if triggered := self._triggers.get((stay.journey_id, node.number, via)):
            self._trigger(triggered, stay, at)
        if drawn:
            self._follow(stay, graph, node, via, at, heard)
            return True
        if not node.outlets and not graph.goals:
            self.exit(stay, "completed", at)
            return True
        if node.kind.role == "segment":
            return False
        stay.phase = "waiting"
        stay.closes_at = None
        self._reckon(stay, at)
        return True

    def _trigger(self, graphs: list[Graph], stay: Stay, at: datetime) -> None:
        """The outcome that was just taken is what other journeys' entries wait for (domain 4.2, Journey trigger)."""
        for graph in graphs:
            hop = (stay.profile_id, at.replace(second=0, microsecond=0))
            self._triggered[hop] += 1
            if self._triggered[hop] > TRIGGERS:
                self.flags[graph.journey_id] = (
                    f"Somebody was passed on by journey triggers over {TRIGGERS} times a minute."
                )
            else:
                self.admit(graph, stay.lane, stay.profile_id, at)

    def exit(self, stay: Stay, reason: str, at: datetime) -> None:
        """End the stay."""
        self._step(stay, at, "exited", reason=reason)
        where = "exited_before" if stay.phase == "asleep" else "exited"
        self.count(stay, stay.node, f"{where}:{reason}", at)
        if stay.phase == "sending" and stay.outcome is None:
            self.unsent.append(stay)
        stay.phase, stay.exit_reason, stay.exited_at = "exited", reason, at
        stay.due_at = None
        self.active[stay.profile_id].remove(stay)
        past = self.past.get((stay.profile_id, stay.journey_id), Past())
        self.past[stay.profile_id, stay.journey_id] = Past(past.versions | {stay.version_id}, at)
        self._touch(stay)

    def listening(self, stay: Stay, heard: Heard) -> bool:
        """Whether the event is one of those that count here: after the arrival, inside the window, not too late (domain
        4.1, 4.2, 8.1).
        """
        return (
            (heard.at, heard.id) > (stay.heard_at, stay.heard_id)
            and (stay.closes_at is None or heard.at < stay.closes_at)
            and self.in_time(heard)
        )

    @staticmethod
    def in_time(heard: Heard) -> bool:
        """Whether the event reached us soon enough to move anybody."""
        return heard.clock - heard.at <= LATE

    def passes(self, profile_id: int, rule: Rule | None, at: datetime, id: int = LAST) -> bool:
        """Whether a rule holds for the person on data up to and including the event (at, id), or the instant `at`."""
        if rule is None:
            return True
        assert self.known is not None
        return self.known.passes(rule, profile_id, at, id)

    def holds(self, profile_id: int, event: str | None, at: datetime, id: int = LAST) -> Mapping[str, Any] | None:
        """The properties of the person's latest event of a name as of (at, id), or of the profile; None without one."""
        assert self.known is not None
        return self.known.latest(profile_id, event, at, id) if event else self.known.fields(profile_id)

    def pages(self, heard: Heard) -> int:
        """How many events of this kind the person's session holds so far, this one included."""
        assert self.known is not None
        return self.known.session(heard.profile_id, heard.name, heard.at, heard.id)

    def note_event(self, stay: Stay, heard: Heard) -> None:
        """The event becomes the stay's event context, which Liquid calls `Event`."""
        if self.graphs[stay.version_id].keeps_event:
            stay.event = _encode({"name": heard.name, "at": heard.at, "properties": msgspec.Raw(heard.raw)}).decode()

    def decide_at(self, stay: Stay, node: GraphNode, instant: datetime | None, at: datetime) -> None:
        """Set the kind's own clock for a stay that waits here; None takes it away."""
        stay.decides_at = instant
        self._reckon(stay, at)

    def event_context(self, stay: Stay) -> dict[str, Any]:
        """The properties of the stay's event context; empty without one."""
        return _decode(stay.event)["properties"] if stay.event else {}

    def count(self, stay: Stay, node: int, metric: str, at: datetime) -> None:
        """Add one to a tally."""
        self.tallies[stay.lane, stay.version_id, node, metric, self._day(at)] += 1

    # ---- moves

    @staticmethod
    def _context(heard: Heard) -> str:
        return _encode({"name": heard.name, "at": heard.at, "properties": heard.properties}).decode()

    def _follow(self, stay: Stay, graph: Graph, node: GraphNode, via: str, at: datetime, heard: Heard | None) -> None:
        (link,) = node.outlets[via]
        zone = self._zone_of(stay) if link.late else self.account.zone
        if link.late == "drop" and link.sleep and sleep.late(link.sleep, at, zone):
            stay.late = True
            wakes = at
        else:
            wakes = sleep.until(link.sleep, at, zone)
        if wakes <= at:
            self._arrive(stay, graph, link.target, at, heard)
            return
        stay.phase, stay.node, stay.arrived_at = "asleep", link.target, at
        stay.hops = 0
        stay.closes_at, stay.decides_at = None, wakes
        if wakes - at >= FADES:
            stay.event = None
        self._reckon(stay, at)

    def _zone_of(self, stay: Stay) -> ZoneInfo:
        """The person's own clock, the account's where it is unknown."""
        person = self.people.get(stay.profile_id)
        name = person.properties.get("Timezone") if person else None
        return zone_of(name, self.account.zone.key)

    def _settle(self, stay: Stay, node: GraphNode, at: datetime) -> None:
        """One of the segment nodes behind an intermediate one is met: that is where the person has been."""
        self._step(stay, at, "left", via="met")
        self.count(stay, stay.node, "left:met", at)
        stay.node = node.number
        stay.visit += 1
        self._step(stay, at, "arrived")
        self.count(stay, node.number, "arrived", at)

    def _arrive(self, stay: Stay, graph: Graph, number: int, at: datetime, heard: Heard | None) -> None:
        node = graph.nodes[number]
        stay.phase, stay.node, stay.arrived_at = "waiting", number, at
        stay.visit += 1
        stay.hops += 1
        stay.outcome, stay.closes_at, stay.decides_at, stay.due_at = None, None, None, stay.deadline
        stay.heard_at, stay.heard_id = (heard.at, heard.id) if heard is not None else (at, 0)
        self._touch(stay)
        self._step(stay, at, "arrived")
        self.count(stay, number, "arrived", at)
        if stay.hops > HOPS:
            self.flags[graph.journey_id] = (
                f"A chain of {HOPS} nodes without any wait was cut at node {number}; people leave there."
            )
            self.exit(stay, "force_exit", at)
            return
        node.kind.arrive(self, stay, node, at, heard)

    def _reckon(self, stay: Stay, at: datetime) -> None:
        """Set the earliest clock that will move somebody, looking on from `at`."""
        graph = self.graphs[stay.version_id]
        node = graph.nodes[stay.node]
        clocks = [stay.deadline, stay.decides_at]
        held = stay.decides_at is not None and any(part.kind.holds_window for part in node.parts)
        if stay.closes_at is not None and not held:
            clocks.append(self._tick(stay, at))
        midnight = calendar.next_midnight(at, self.account.zone)
        if self._tested(stay, node, midnight) or graph.midnight_goals:
            clocks.append(midnight)
        stay.due_at = min((clock for clock in clocks if clock is not None), default=None)
        self._touch(stay)

    @staticmethod
    def _tested(stay: Stay, node: GraphNode, midnight: datetime) -> bool:
        """Whether the person waits for the node's test at a midnight: the window must not have closed (domain 8.2)."""
        open_still = stay.closes_at is None or midnight < stay.closes_at
        return stay.phase == "waiting" and open_still and bool(node.tested_at_midnight)

    def _tick(self, stay: Stay, at: datetime) -> datetime:
        """The tick at which the window's end moves the person, not before `at`."""
        assert stay.closes_at is not None
        return calendar.tick(max(stay.closes_at, at), self.account.zone, self.account.tick_offset)

    def _touch(self, stay: Stay) -> None:
        if stay.id:
            self.moved[stay.id] = stay

    def _step(self, stay: Stay, at: datetime, what: str, *, via: str | None = None, reason: str | None = None) -> None:
        node = None if what == "entered" else stay.node
        row = (stay, stay.lane, stay.profile_id, stay.journey_id, stay.version_id, at)
        self.steps.append((*row, what, node, via, None, reason))

    def _day(self, at: datetime) -> Any:
        return calendar.local_date(at, self.account.zone)
