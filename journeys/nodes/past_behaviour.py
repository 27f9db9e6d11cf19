"""Past behaviour: a query over history (domain 4.2, 8.2).

As the entry it is evaluated at each run. In the flow every waiter is tested at each midnight: a match leaves by Yes;
without one and with No drawn by No; else the person keeps waiting. The engine evaluates the rule for all waiters of a
midnight in one statement and hands the verdicts to the walk.
"""

from pydantic import Field

from config.lib.errors import Problem
from journeys.nodes.base import Config, Kind
from segments.rules import Rule


class PastBehaviourConfig(Config):
    """A rule, or the name of a saved segment."""

    rule: Rule | None = Field(None)
    segment: str | None = None


class PastBehaviour(Kind):
    name = "past_behaviour"
    label = "Past behaviour"
    role = "segment"
    Config = PastBehaviourConfig
    vias = ("yes", "no", "node_timeout")
    entry = ("past",)
    has_window = True
    tested_at_midnight = True

    def problems(self, config, number):
        if config.segment is not None:
            yield Problem(
                "K07", "error", number, "segment", "Saved segments are not available yet; give the rule itself."
            )
        elif config.rule is None:
            yield Problem("K07", "error", number, "rule", "Describe the past behaviour that this segment asks for.")

    def audience(self, config):
        return config.rule

    def arrive(self, walk, stay, node, at, heard):
        walk.wait(stay, node, at)

    def due(self, walk, stay, node, at):
        verdict = walk.verdict(stay, node, at)
        if verdict:
            return walk.take(stay, node, "yes", at)
        return "no" in node.outlets and walk.take(stay, node, "no", at)
