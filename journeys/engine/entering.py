"""Entry: who comes in, who is watched until the clock decides, who is held out as a control group (domain 3.4, 3.7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from journeys import calendar, control
from journeys.engine.goals import Goals
from journeys.engine.record import LAST
from journeys.engine.stay import Clock, Heard, Past, Stay, Watch
from journeys.graph import ENTRY, Graph, GraphNode

WATCHED = timedelta(days=30)  # how long a control group is watched for goals without a journey timeout (domain 3.7)
MINUTE = timedelta(minutes=1)
TRIGGERS = 10  # times a minute that one person is passed on by journey triggers (domain 4.2)


class Entering(Goals):
    """The entry half of a walk."""

    def _follow(self, stay: Stay, graph: Graph, node: GraphNode, via: str, at: datetime, heard: Heard | None) -> None:
        """Where the walk goes on with somebody who has entered."""
        raise NotImplementedError

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
        watch = self.watches.get((profile_id, graph.version_id, "held_out"))
        if watch is not None and watch.due_at is not None and watch.due_at <= at:
            self.ripen(watch)  # the end of a control group's time comes before who enters, like the journey timeout
        past = self.past.get((profile_id, graph.journey_id), Past())
        if reason := self._barred(graph, profile_id, past, heard.at if heard else at):
            self._refuse(graph, lane, profile_id, at, reason)
            return
        day = self.day(at)
        self.tallies[lane, graph.version_id, ENTRY, "qualified", day] += 1
        entry = (heard.at, heard.id) if heard else (at, 0)
        if held := control.of(profile_id, graph, self.account, self.groups):
            self._hold_out(graph, lane, profile_id, at, entry, held)
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
        if not graph.re_entry and graph.version_id in past.entered:
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
        self.past[profile_id, graph.journey_id] = replace(past, entered={**past.entered, graph.version_id: at})
        if heard is not None and event is None:
            self.note_event(stay, heard)
        self._step(stay, at, "entered")
        self._count_entry(stay, at, past)
        if graph.clock_goals:
            self.goals_begin(graph, stay, entry[0], entry[1] or LAST)
        self._follow(stay, graph, graph.entry, via, at, heard)

    def _count_entry(self, stay: Stay, at: datetime, past: Past) -> None:
        """One more has entered. Somebody who did so before is also counted under the day of that: of all who entered
        within some days, those who had done so within these days already are nobody new (domain 10.1).
        """
        self.count(stay, ENTRY, "entered", at)
        if (before := past.entered.get(stay.version_id)) is not None:
            self.count(stay, ENTRY, f"again:{self.day(before)}", at)
        if (met := past.met.get(stay.version_id)) is not None:
            stay.met_on = self.day(met)

    def _take_room(self, graph: Graph, day: Any) -> bool:
        """Take a place under the entry caps; False if none is left."""
        limits = [key for key in ((graph.version_id, None), (graph.version_id, day)) if key in self._room]
        if any(self._room[key] <= 0 for key in limits):
            return False
        for key in limits:
            self._room[key] -= 1
        return True

    def watch(self, graph: Graph, heard: Heard, due_at: datetime) -> None:
        """The event has begun an entry that the clock decides; one that was begun before gives way."""
        context = self._context(heard) if graph.keeps_event else None
        self.await_clock(graph, heard.lane, heard.profile_id, (heard.at, heard.id), due_at, context)

    def await_clock(
        self,
        graph: Graph,
        lane: int,
        profile_id: int,
        since: tuple[datetime, int],
        due_at: datetime,
        event: str | None = None,
    ) -> None:
        """Somebody enters when a clock comes."""
        self._set_watch(
            Watch(lane, profile_id, graph.version_id, "qualifying", graph.journey_id, *since, due_at, event)
        )

    def watched(self, graph: Graph, profile_id: int) -> Watch | None:
        """The entry that has been begun for the person."""
        return self.watches.get((profile_id, graph.version_id, "qualifying"))

    def forget(self, watch: Watch) -> None:
        key = (watch.profile_id, watch.version_id, watch.role)
        self.watches.pop(key, None)
        self.watching[watch.profile_id].discard(key)
        self.watch_changes[key] = None

    def ripen(self, watch: Watch) -> None:
        """The watch's clock has come: who was qualifying is decided, whoever was held out is watched no longer."""
        at = watch.due_at
        assert at is not None
        graph = self.graphs.get(watch.version_id)
        if watch.role == "held_out":
            self._look_at_goals(watch, graph, at)
            return
        self.forget(watch)
        if graph is None or (graph.end_at is not None and at >= graph.end_at):
            return
        if graph.version_id in self.live:  # what ripens during a pause is lost
            via = graph.entry.kind.ripe(self, graph, watch)
            self.admit(graph, watch.lane, watch.profile_id, at, via=via, event=watch.event)

    def _watch_hears(self, heard: Heard) -> None:
        """A control group's members are watched for goals."""
        for watch in self._watches_of(heard.profile_id):
            graph = self.graphs.get(watch.version_id)
            if watch.role == "qualifying" or watch.due_at is None or graph is None:
                continue
            since = (watch.since_at, watch.since_id)
            if goal := self.goal_met(graph, heard, since):
                self._note_held_goal(watch, graph, goal, heard.clock)
            elif graph.clock_goals and self.goals_hear(graph, watch, heard, since):
                self._watch_on(watch, graph, heard.clock)

    def _watches_of(self, profile_id: int) -> list[Watch]:
        return [self.watches[key] for key in sorted(self.watching.get(profile_id, ()))]

    def _look_at_goals(self, watch: Watch, graph: Graph | None, at: datetime) -> None:
        """A clock of somebody who is held out has come: a goal's, a midnight, or the end of their time."""
        goal = None
        if graph is not None and graph.clock_goals:
            goal = self.goal_at_clock(graph, watch, at)
        if graph is not None and goal is None and graph.midnight_goals and calendar.is_midnight(at, self.account.zone):
            goal = self.goal_at_midnight(graph, watch, at)
        end = watch.running().get(ENTRY)
        if graph is not None and goal is not None:
            self._note_held_goal(watch, graph, goal, at)
        elif graph is None or end is None or end.due <= at:
            watch.due_at = None
            self._set_watch(watch)
        else:
            self._watch_on(watch, graph, at)

    def _watch_on(self, watch: Watch, graph: Graph, at: datetime) -> None:
        """Set when to look again at somebody who is held out. The end of the time is kept as the entry's clock."""
        clocks = [clock.due for clock in watch.running().values()]
        if graph.midnight_goals:
            clocks.append(calendar.next_midnight(at, self.account.zone))
        watch.due_at = min(clocks)
        self._set_watch(watch)

    def _note_held_goal(self, watch: Watch, graph: Graph, goal: str, at: datetime) -> None:
        held = control.of(watch.profile_id, graph, self.account, self.groups)
        for metric in (f"held_{goal}", *(f"held_{goal}:{group}" for group in held)):
            self.tallies[watch.lane, watch.version_id, ENTRY, metric, self.day(at)] += 1
        watch.due_at = watch.clocks = None
        self._set_watch(watch)

    def _hold_out(
        self, graph: Graph, lane: int, profile_id: int, at: datetime, since: tuple[datetime, int], held: list[str]
    ) -> None:
        self._note(graph, lane, profile_id, at, "held_out")
        for metric in ("held_out", *(f"held_out:{group}" for group in held)):  # once in all, and once in each group
            self.tallies[lane, graph.version_id, ENTRY, metric, self.day(at)] += 1
        until = at + (graph.timeout or WATCHED)
        watch = Watch(lane, profile_id, graph.version_id, "held_out", graph.journey_id, *since, until, None)
        if graph.clock_goals or graph.midnight_goals:
            watch.run({ENTRY: Clock(until, at)})
            self.goals_begin(graph, watch, since[0], since[1] or LAST)
            self._watch_on(watch, graph, at)
        self._set_watch(watch)

    def _set_watch(self, watch: Watch) -> None:
        key = (watch.profile_id, watch.version_id, watch.role)
        self.watches[key] = self.watch_changes[key] = watch
        self.watching[watch.profile_id].add(key)

    def _refuse(self, graph: Graph, lane: int, profile_id: int, at: datetime, reason: str) -> None:
        self._note(graph, lane, profile_id, at, "refused", reason)

    def _trigger(self, graphs: list[Graph], stay: Stay, at: datetime) -> None:
        """The outcome that was just taken is what other journeys' entries wait for (domain 4.2, Journey trigger)."""
        hops = self.hops.setdefault(stay.profile_id, [])
        for graph in graphs:
            if at < graph.start_at or (graph.end_at is not None and at >= graph.end_at):
                continue
            if sum(at - MINUTE < hop <= at for hop in hops) >= TRIGGERS:
                self._refuse(graph, stay.lane, stay.profile_id, at, "too_many_triggers")
                self.flags[graph.journey_id] = (
                    f"Somebody was passed on by journey triggers over {TRIGGERS} times a minute."
                )
                continue
            before = len(self.entered)
            self.admit(graph, stay.lane, stay.profile_id, at)
            if len(self.entered) > before:
                hops.append(at)
