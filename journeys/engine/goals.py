"""Goals: when somebody has met one, at an event, at a midnight, or by a clock of the goal's own (domain 7).

Whoever is inside, and whoever is held out as a control group, is asked alike: a `Subject` says who it is, when it
came, and which goals' clocks run for it. An inaction or a date as a goal runs a clock; past behaviour is judged at
midnights, all else as the event comes.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from journeys.engine.record import Record
from journeys.engine.stay import Heard, Stay, Watch
from journeys.graph import Graph

if TYPE_CHECKING:
    Subject = Stay | Watch


class Goals(Record):
    """The part of a walk that knows goals. Reasons are exit reasons: goal_1, goal_2, goal_3."""

    def goal_met(self, graph: Graph, heard: Heard, since: tuple[datetime, int]) -> str | None:
        """The first goal that the event meets; None if it meets none or is not after `since`, the entry."""
        if (heard.at, heard.id) <= since:
            return None
        for number, goal in graph.event_goals:
            if (
                heard.key in goal.keys
                and goal.compiled.fires(heard, self)
                and self.passes(heard.profile_id, goal.filters, heard.at, heard.id)
            ):
                return f"goal_{number}"
        return None

    def goals_begin(self, graph: Graph, subject: Subject, at: datetime, id: int) -> None:
        """Start the goals' clocks that run from the entry on: dates that are known already."""
        running = subject.running()
        for number, goal in graph.clock_goals:
            if (clock := goal.kind.goal_begins(self, goal, subject.profile_id, at, id)) is not None:
                running[-number] = clock
        subject.run(running)

    def goals_hear(self, graph: Graph, subject: Subject, heard: Heard, since: tuple[datetime, int]) -> bool:
        """Let an event start, set or stop the goals' clocks; whether it changed any."""
        if (heard.at, heard.id) <= since or not self.in_time(heard):
            return False
        running = subject.running()
        before = dict(running)
        for number, goal in graph.clock_goals:
            if heard.key in goal.keys:
                clock = goal.kind.goal_hears(self, goal, running.get(-number), heard)
                if clock is None:
                    running.pop(-number, None)
                else:
                    running[-number] = clock
        subject.run(running)
        return running != before

    def goal_at_clock(self, graph: Graph, subject: Subject, at: datetime) -> str | None:
        """The first goal whose clock has come by `at` and whose filters hold. A clock that has come runs no more."""
        running = subject.running()
        met = None
        for number, goal in graph.clock_goals:
            clock = running.get(-number)
            if clock is not None and clock.due <= at:
                del running[-number]
                if met is None and self.passes(subject.profile_id, goal.filters, clock.due):
                    met = f"goal_{number}"
        subject.run(running)
        return met

    def goal_at_midnight(self, graph: Graph, subject: Subject, at: datetime) -> str | None:
        """The first past-behaviour goal that the person meets at this midnight."""
        for number in graph.midnight_goals:
            if self.verdicts.holds(graph.version_id, number, at, subject.profile_id):
                return f"goal_{-number}"
        return None
