"""Past behaviour: a query over history (domain 4.2, 8.2).

As the entry it is evaluated at each run. In the flow every waiter is tested at each midnight: a match leaves by Yes;
without one and with No drawn by No; else the person keeps waiting. As a goal it is asked of everyone inside at each
midnight. The engine evaluates the rule for all whom a midnight tests in one statement and hands the verdicts to the
walk.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import Field

from config.lib.errors import Problem
from journeys.nodes.base import Config, Kind
from segments.rules import Rule

if TYPE_CHECKING:
    from journeys.engine.stay import Heard, Stay
    from journeys.engine.walk import Walk
    from journeys.graph import GraphNode


class PastBehaviourConfig(Config):
    """A rule, or the name of a saved segment."""

    rule: Rule | None = Field(None)
    segment: str | None = None


class PastBehaviour(Kind[PastBehaviourConfig]):
    name = "past_behaviour"
    label = "Past behaviour"
    role = "segment"
    Config = PastBehaviourConfig
    vias = ("yes", "no", "node_timeout")
    entry = ("past",)
    goal = True
    has_window = True
    beside = True
    tested_at_midnight = True

    def problems(self, config: PastBehaviourConfig, number: int | None) -> Iterator[Problem]:
        if config.segment and config.rule:
            message = "This asks for a saved segment and for a rule of its own; choose one."
            yield Problem("K07", "error", number, "segment", message)
        elif not config.segment and not config.rule:
            yield Problem("K07", "error", number, "rule", "Describe the past behaviour that this segment asks for.")

    def audience(self, config: PastBehaviourConfig) -> Rule | None:
        return Rule(segment=config.segment) if config.segment else config.rule

    def arrive(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime, heard: Heard | None) -> None:
        walk.wait(stay, node, at)

    def due(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime) -> bool:
        verdict = walk.verdict(stay, node, at)
        if verdict:
            return walk.take(stay, node, "yes", at)
        return "no" in node.outlets and walk.take(stay, node, "no", at)
