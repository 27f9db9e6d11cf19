"""Journey trigger: someone takes an outcome at a node of another journey (domain 4.2). Entry only."""

from __future__ import annotations

from collections.abc import Iterator

from config.lib.errors import Problem
from journeys.nodes.base import Config, Kind


class JourneyTriggerConfig(Config):
    """`journey`: its ID (in a scenario, its key); `node`: its number, in any version; `via`: the connector taken."""

    journey: int | str | None = None
    node: int | None = None
    via: str = ""


class JourneyTrigger(Kind[JourneyTriggerConfig]):
    name = "journey_trigger"
    label = "Journey trigger"
    hint = "Somebody takes an outcome in another journey."
    role = "segment"
    Config = JourneyTriggerConfig
    vias = ("yes",)
    entry = ("live", "past")
    middle = False

    def problems(self, config: JourneyTriggerConfig, number: int | None) -> Iterator[Problem]:
        if not isinstance(config.journey, int):
            yield Problem("K05", "error", number, "journey", "Choose the journey, by its ID.")
        if config.node is None:
            yield Problem("K05", "error", number, "node", "Choose the node of that journey, by its number.")
        if not config.via:
            yield Problem("K05", "error", number, "via", "Choose the outcome at that node.")

    def triggered_by(self, config: JourneyTriggerConfig) -> tuple[int, int, str] | None:
        if not isinstance(config.journey, int) or config.node is None:
            return None
        return config.journey, config.node, config.via
