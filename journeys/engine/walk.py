"""How people move: the rules of the journey, applied in memory to the people of one batch.

A Walk is given the graphs, the stays and whatever else the batch loaded; it changes the stays and collects what that
causes (ledger steps, messages, tallies) for one flush. It reads no database and no clock: `hear` takes one event,
`fire` takes the instant up to which a stay's clocks have come. For one person the caller keeps the order of domain 8.3:
events by time, then receipt; clocks strictly between.

What must never happen, and why it does not: a person in two places (a stay has one `node`, and `admit` looks at the
person's other stays); one event deciding twice (a stay listens only to what is later than the event that brought it, an
exit bars the same event from re-admitting); an endless loop (`HOPS`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from journeys import calendar, sleep
from journeys.engine import details
from journeys.engine.entering import Entering
from journeys.engine.stay import Clock, Heard, Past, Queued, Stay, Watch
from journeys.graph import ENTRY, Graph, GraphNode

WINDOW = timedelta(days=1)  # the qualifying window where none is set (domain 4.1)
FADES = timedelta(days=1)  # after a sleep of this length the event context is gone (domain 12)
HOPS = 50  # nodes passed without any wait before a loop is cut (domain 8.3)


class Walk(Entering):
    """One batch: what it is given and causes is Record's, who enters is Entering's, how people move is here."""

    # ---- events

    def hear(self, heard: Heard, entries: Iterable[Graph] = ()) -> None:
        """One event of one person: goals first, then the journey timeout of that instant, then whoever waits for it,
        then entry.
        """
        used: set[int] = set()  # journeys in which this event has decided something
        self._hearing_at = heard.clock
        counted = heard.type_id in self._counted
        if counted:
            self._note_done(heard)
        if heard.outcome is not None:
            self._note_outcome(heard)
        self.catch_up(heard.profile_id, heard.clock)
        self._cause = heard.id
        for stay in list(self.active.get(heard.profile_id, ())):
            if counted:
                self._note_done(heard, stay)
            if self._decide(stay, heard):
                used.add(stay.journey_id)
        if self.watches:
            self._watch_hears(heard)
        for graph in entries:
            if graph.journey_id not in used:
                graph.entry.kind.qualify(self, graph, heard)
        self._cause = None

    def depart(self, heard: Heard, into: int | None) -> None:
        """Somebody is deleted, or becomes part of another person: then, of two stays in one journey, the one with the
        earlier entry goes on (domain 7). Clocks that came before come first.
        """
        for profile_id in (heard.profile_id, into):
            if profile_id is not None:
                self.catch_up(profile_id, heard.clock)
        others = {stay.journey_id: stay for stay in self.active.get(into, ())} if into is not None else {}
        for stay in list(self.active.get(heard.profile_id, ())):
            other = others.get(stay.journey_id)
            if into is None or (other is not None and other.entered_at <= stay.entered_at):
                self.exit(stay, "profile_deleted", heard.clock)
            elif other is not None:
                self.exit(other, "profile_deleted", heard.clock)

    def _decide(self, stay: Stay, heard: Heard) -> bool:
        graph = self.graphs.get(stay.version_id)
        if graph is None:
            return False
        since = (stay.entry_at, stay.entry_id)
        if goal := self.goal_met(graph, heard, since):
            self.exit(stay, goal, heard.clock)
            return True
        if reason := self._ended_by_clock(graph, stay, heard.clock):
            self._cause = None
            self.exit(stay, reason, heard.clock)
            self._cause = heard.id
            return False  # the clock did, and then the event finds them outside
        if graph.clock_goals and self.goals_hear(graph, stay, heard, since):
            self._reckon(stay, heard.clock)
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
            sending = stay.phase == "sending"
            if here and node.kind.role == "engagement" and node.kind.hear(self, stay, node, heard):
                if sending and heard.outcome != "unreachable":
                    self.count(stay, node.number, "decided", heard.clock)
                self._touch(stay)
                return True
        return heard.key in node.keys and node.kind.hear(self, stay, node, heard)

    def _ended_by_clock(self, graph: Graph, stay: Stay, at: datetime) -> str | None:
        """Why the stay ends at the very instant of an event, before the event moves anybody: by a goal's clock or
        midnight, or by the journey timeout (domain 8.3). What came earlier has been caught up with.
        """
        if stay.due_at is None or stay.due_at > at:
            return None
        if goal := self._goal_by_clock(graph, stay, at):
            return goal
        return "journey_timeout" if stay.deadline is not None and stay.deadline <= at else None

    def _note_outcome(self, heard: Heard) -> None:
        """A message's outcome goes into the ledger and the tallies wherever its person is by now."""
        about = heard.properties
        if "version" not in about or heard.outcome is None:
            return  # a message that no journey sent
        journey, version, node = about["journey"], about["version"], about["node"]
        step = (about.get("enrollment"), heard.lane, heard.profile_id, journey, version, heard.clock)
        self.steps.append((*step, "message", node, None, heard.outcome, about.get("reason"), None))
        self.tallies[heard.lane, version, node, heard.outcome, self.day(heard.clock)] += 1
        if "variant" in about:
            metric = f"variant:{about['variant']}:{heard.outcome}"
            self.tallies[heard.lane, version, node, metric, self.day(heard.clock)] += 1
        if detail := details.metric(heard.outcome, about):
            self.details[(heard.lane, version, node, self.day(heard.clock)), detail] += 1

    # ---- the clock

    def catch_up(self, profile_id: int, until: datetime) -> None:
        """Let all clocks of a person come that come before an instant: of stays and of watches, in order of time."""
        while (watch := self._next_watch(profile_id, until)) is not None:
            self.come(watch)
        for stay in list(self.active.get(profile_id, ())):
            self.fire(stay, until, inclusive=False)

    def come(self, watch: Watch) -> None:
        """A watch's clock comes, after those that the person's stays have until that instant."""
        assert watch.due_at is not None
        for stay in list(self.active.get(watch.profile_id, ())):
            self.fire(stay, watch.due_at)
        self.ripen(watch)

    def _next_watch(self, profile_id: int, until: datetime) -> Watch | None:
        """The watch of the person whose clock is the next to come before an instant."""
        due = [it for it in self._watches_of(profile_id) if it.due_at is not None and it.due_at < until]
        return min(due, key=lambda it: it.due_at or until, default=None)

    def fire(self, stay: Stay, until: datetime, *, inclusive: bool = True, ticks: bool = True) -> None:
        """Let the stay's clocks come, one after the other, up to `until`; without `ticks` not the one of that instant.

        At one instant: goals, the journey timeout, what segment nodes decide, the tick (domain 8.2, 8.3).
        """
        graph = self.graphs.get(stay.version_id)
        while (
            graph is not None
            and stay.due_at is not None
            and (stay.due_at <= until if inclusive else stay.due_at < until)
        ):
            at = stay.due_at
            if goal := self._goal_by_clock(graph, stay, at):
                self.exit(stay, goal, at)
                return
            node = graph.nodes[stay.node]
            if stay.deadline is not None and stay.deadline <= at:
                self.exit(stay, "journey_timeout", at)
            elif stay.decides_at is not None and stay.decides_at <= at:
                if stay.phase == "asleep":
                    stay.decides_at = None
                    self._arrive(stay, graph, stay.node, at, None)
                elif not self._clock_decides(stay, node, at):
                    self._reckon(stay, at)
            elif stay.phase != "asleep" and stay.closes_at is not None and at >= self._tick(stay, at):
                if (at == until and not ticks) or self._holds.get(graph.journey_id) == at:
                    return
                self.take(stay, node, "node_timeout", at)
            elif calendar.is_midnight(at, self.account.zone) and self._tested(stay, node, at):
                if not node.kind.due(self, stay, node, at):
                    self._reckon(stay, at)
            else:  # only the goals were to be asked
                self._reckon(stay, at)

    def _goal_by_clock(self, graph: Graph, stay: Stay, at: datetime) -> str | None:
        """The goal that is met at an instant by a clock of its own, or as the midnight judges it."""
        goal = self.goal_at_clock(graph, stay, at) if graph.clock_goals else None
        if goal is None and graph.midnight_goals and calendar.is_midnight(at, self.account.zone):
            goal = self.goal_at_midnight(graph, stay, at)
        return goal

    def _clock_decides(self, stay: Stay, node: GraphNode, at: datetime) -> bool:
        """Let those decide whose clocks have come, the earliest first, until one moves the person. What comes once the
        window has closed decides nothing (domain 8.1).
        """
        running = stay.running()
        for part in sorted((it for it in node.parts if it.number in running), key=lambda it: running[it.number].due):
            due = running[part.number].due
            if due <= at:
                in_time = part.kind.holds_window or self._open(stay, node, due)
                self._set_clock(stay, part, None)
                if in_time and part.kind.decide(self, stay, part, at):
                    return True
        return False

    # ---- what node kinds do

    def wait(
        self,
        stay: Stay,
        node: GraphNode,
        at: datetime,
        heard: Heard | None = None,
        *,
        since: datetime | None = None,
    ) -> None:
        """Stay until an event, a clock or a goal moves the person on. The window counts from `since`, or else `at`."""
        stay.phase = "waiting"
        stay.closes_at = self._closes(node, since or at)
        if heard is not None:
            stay.heard_at, stay.heard_id = heard.at, heard.id
        self._reckon(stay, at)

    @staticmethod
    def _closes(node: GraphNode, since: datetime) -> datetime | None:
        """When the qualifying window ends; None where that does nothing."""
        return since + (node.window or WINDOW) if "node_timeout" in node.outlets else None

    def send(self, stay: Stay, node: GraphNode, at: datetime) -> None:
        """Queue this visit's message and wait for what becomes of it; on a device no longer than the window (5.6)."""
        assert node.campaign_id is not None  # publishing makes one for every engagement node
        stay.phase = "sending"
        stay.outcome = None
        stay.closes_at = self._closes(node, at) if node.kind.shows else None
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
            if node.kind.shows and via == "node_timeout":
                self.unshown.append(stay)
                if stay.phase == "sending":
                    self.unsent.append(stay)
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

    def exit(self, stay: Stay, reason: str, at: datetime) -> None:
        """End the stay."""
        self._step(stay, at, "exited", reason=reason)
        where = "exited_before" if stay.phase == "asleep" else "exited"
        self.count(stay, stay.node, f"{where}:{reason}", at)
        if stay.unsent():
            self.count(stay, stay.node, f"exited_unsent:{reason}", at)
        self.count(stay, ENTRY, f"exited:{reason}", at)
        if stay.phase == "sending" and stay.outcome is None:
            self.unsent.append(stay)
        shows = self.graphs[stay.version_id].nodes[stay.node].kind.shows
        if shows and stay.phase == "waiting" and reason != "completed":  # the last message is still to be shown
            self.unshown.append(stay)
        if reason.startswith("goal_") and self.graphs[stay.version_id].windows:
            self._note_goal(stay, reason, at)
        stay.phase, stay.exit_reason, stay.exited_at = "exited", reason, at
        stay.due_at = stay.clocks = None
        self.active[stay.profile_id].remove(stay)
        past = self.past.get((stay.profile_id, stay.journey_id), Past())
        entered = {stay.version_id: stay.entered_at, **past.entered}
        met = past.met
        if reason.startswith("goal_"):
            met = {**met, stay.version_id: at}
            if stay.met_on is not None:
                self.count(stay, ENTRY, f"met_again:{stay.met_on}", at)
        self.past[stay.profile_id, stay.journey_id] = Past(entered, met, at)
        self._touch(stay)

    def listening(self, stay: Stay, heard: Heard) -> bool:
        """Whether the event is one of those that count here: after the arrival, inside the window, not too late (domain
        4.1, 4.2, 8.1).
        """
        return (
            (heard.at, heard.id) > (stay.heard_at, stay.heard_id)
            and self._open(stay, self.graphs[stay.version_id].nodes[stay.node], heard.at)
            and self.in_time(heard)
        )

    def _open(self, stay: Stay, node: GraphNode, at: datetime) -> bool:
        """Whether what comes at an instant is inside the qualifying window, at least one that is held open."""
        return stay.closes_at is None or at < stay.closes_at or self._held_open(stay, node)

    @staticmethod
    def _held_open(stay: Stay, node: GraphNode) -> bool:
        """Whether a clock runs that the window waits for."""
        running = stay.running() if stay.clocks else {}
        return any(part.kind.holds_window and part.number in running for part in node.parts)

    def decide_at(self, stay: Stay, node: GraphNode, clock: Clock | None, at: datetime) -> None:
        """Set the kind's own clock for a stay that waits here; None takes it away."""
        self._set_clock(stay, node, clock)
        self._reckon(stay, at)

    @staticmethod
    def _set_clock(stay: Stay, node: GraphNode, clock: Clock | None) -> None:
        running = stay.running()
        if clock is None:
            running.pop(node.number, None)
        else:
            running[node.number] = clock
        stay.run(running)
        stay.decides_at = min((it.due for number, it in running.items() if number > 0), default=None)

    # ---- moves

    def _follow(self, stay: Stay, graph: Graph, node: GraphNode, via: str, at: datetime, heard: Heard | None) -> None:
        (link,) = node.outlets[via]
        if ahead := graph.foreseen.get((node.number, via)):
            stay.foresee({it.number: it.kind.foresee(self, stay, it, at) for it in ahead})
        elif not node.kind.foreseeable:
            stay.foreseen = None
        waits_for_best = link.sleep is not None and link.sleep.best_time is not None
        zone = self._zone_of(stay) if link.late or waits_for_best else self.account.zone
        if link.late == "drop" and link.sleep and sleep.late(link.sleep, at, zone):
            stay.late = True
            wakes = at
        elif link.sleep and waits_for_best:
            wakes = sleep.best(link.sleep, self.best_times.slot(stay.profile_id, at), at, zone)
        else:
            wakes = sleep.until(link.sleep, at, zone)
        if wakes <= at:
            self._arrive(stay, graph, link.target, at, heard)
            return
        stay.phase, stay.node, stay.arrived_at = "asleep", link.target, at
        self.count(stay, link.target, "slept", at)
        stay.rest()
        stay.closes_at, stay.decides_at = None, wakes
        if wakes - at >= FADES:
            stay.event = None
        self._reckon(stay, at)

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
        if stay.phase == "asleep":
            self.count(stay, number, "woke", at)
        stay.phase, stay.node, stay.arrived_at = "waiting", number, at
        stay.visit += 1
        if stay.chained_at != at:
            stay.chain, stay.chained_at = [], at
        again = number in stay.chain
        stay.chain.append(number)
        stay.rest()
        stay.outcome, stay.closes_at, stay.decides_at, stay.due_at = None, None, None, stay.deadline
        stay.heard_at, stay.heard_id = (heard.at, heard.id) if heard is not None else (at, 0)
        self._touch(stay)
        self._step(stay, at, "arrived")
        self.count(stay, number, "arrived", at)
        if again and len(stay.chain) > HOPS:
            self.flags[graph.journey_id] = (
                f"A loop that passed {HOPS} nodes without any wait was cut at node {number}; people leave there."
            )
            self.exit(stay, "force_exit", at)
            return
        node.kind.arrive(self, stay, node, at, heard)

    def _reckon(self, stay: Stay, at: datetime) -> None:
        """Set the earliest clock that will move somebody, looking on from `at`."""
        graph = self.graphs[stay.version_id]
        node = graph.nodes[stay.node]
        clocks = [stay.deadline, stay.decides_at]
        if stay.closes_at is not None and not self._held_open(stay, node):
            clocks.append(self._tick(stay, at))
        if stay.clocks:
            clocks += [clock.due for number, clock in stay.running().items() if number < 0]
        if node.tested_at_midnight or graph.midnight_goals:
            midnight = self._midnight_ahead(stay, at)
            if self._tested(stay, node, midnight) or graph.midnight_goals:
                clocks.append(midnight)
        stay.due_at = min((clock for clock in clocks if clock is not None), default=None)
        self._touch(stay)

    def _midnight_ahead(self, stay: Stay, at: datetime) -> datetime:
        """The next midnight; the one of this instant too, if an event of it is being heard: the clock comes after."""
        zone = self.account.zone
        ahead = at == self._hearing_at and stay.arrived_at < at and calendar.is_midnight(at, zone)
        return at if ahead else calendar.next_midnight(at, zone)

    @staticmethod
    def _tested(stay: Stay, node: GraphNode, midnight: datetime) -> bool:
        """Whether the person waits for the node's test at a midnight: the window must not have closed (domain 8.2)."""
        open_still = stay.closes_at is None or midnight < stay.closes_at
        return stay.phase == "waiting" and open_still and bool(node.tested_at_midnight)

    def _tick(self, stay: Stay, at: datetime) -> datetime:
        """The tick at which the window's end moves the person, not before `at`."""
        assert stay.closes_at is not None
        return calendar.tick(max(stay.closes_at, at), self.account.zone, self.account.tick_offset)
