"""Past behaviour: a query over history (domain 4.2, 8.2).

As the entry it is evaluated at each run; No is there for the members of a base segment who fail the rest. In the flow
every waiter is tested at each midnight: a match leaves by Yes; without one and with No drawn by No; else the person
keeps waiting. As a goal it is asked of everyone inside at each midnight. The engine evaluates the rule for all whom a
midnight tests in one statement and hands the verdicts to the walk.
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
    """A rule, the name of a saved segment, or both: the segment is the base, and all of it is asked for."""

    rule: Rule | None = Field(None)
    segment: str | None = None

    def blocks(self) -> tuple[Rule | None, Rule | None]:
        """The base, a saved segment or list, and all else that is asked; None for what is not there."""
        if self.segment:
            return Rule(segment=self.segment), self.rule
        parts = (self.rule and self.rule.all) or ()
        base = next((part for part in parts if part.segment or part.list), None)
        rest = tuple(part for part in parts if part is not base)
        return (base, Rule(all=rest)) if base and rest else (None, self.rule)


class PastBehaviour(Kind[PastBehaviourConfig]):
    name = "past_behaviour"
    label = "Past behaviour"
    hint = "A question about the past: who did what, and who they are."
    role = "segment"
    Config = PastBehaviourConfig
    vias = ("yes", "no", "node_timeout")
    entry = ("past",)
    goal = True
    has_window = True
    beside = True
    tested_at_midnight = True

    def problems(self, config: PastBehaviourConfig, number: int | None) -> Iterator[Problem]:
        if not config.segment and not config.rule:
            yield Problem("K07", "error", number, "rule", "Describe the past behaviour that this segment asks for.")

    def audience(self, config: PastBehaviourConfig) -> Rule | None:
        base, rest = config.blocks()
        return Rule(all=(base, rest)) if base and rest else base or rest

    def entrants(self, config: PastBehaviourConfig) -> dict[str, Rule]:
        base, rest = config.blocks()
        yes = self.audience(config)
        if yes is None:
            return {}  # not set up yet
        return (
            {"yes": yes, "no": Rule(all=(base, Rule.model_validate({"not": rest})))} if base and rest else {"yes": yes}
        )

    def arrive(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime, heard: Heard | None) -> None:
        walk.wait(stay, node, at)

    def due(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime) -> bool:
        verdict = walk.verdict(stay, node, at)
        if verdict:
            return walk.take(stay, node, "yes", at)
        return "no" in node.outlets and walk.take(stay, node, "no", at)
