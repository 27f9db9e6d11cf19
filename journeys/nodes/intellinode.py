"""IntelliNODE: send people down one of several paths by chance, in chosen shares (domain 6).

Drawn afresh at each arrival, as a stable hash of the stay and the visit: the same arrival always takes the same path.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from config.lib import draw
from config.lib.errors import Problem
from journeys.nodes.action import EventAndWhere
from journeys.nodes.base import Config, Kind

if TYPE_CHECKING:
    from journeys.engine.stay import Heard, Stay
    from journeys.engine.walk import Walk
    from journeys.graph import GraphNode

FEWEST, MOST = 2, 7
MOST_GOALS = 3


class PathShare(Config):
    name: str = ""
    percent: int | None = None


class IntelliNodeConfig(Config):
    """`percent` counts in manual mode. `goals` are what paths are compared by; they never exit anybody."""

    mode: Literal["manual", "automated"] = "manual"
    paths: list[PathShare] = []
    goals: list[EventAndWhere] = []


class IntelliNode(Kind[IntelliNodeConfig]):
    name = "intellinode"
    label = "IntelliNODE"
    role = "controller"
    Config = IntelliNodeConfig
    undrawn_code = "K17"
    changeable = "only the shares of manual paths"
    vias = tuple(f"path_{number}" for number in range(1, MOST + 1))

    def problems(self, config: IntelliNodeConfig, number: int | None) -> Iterator[Problem]:
        if config.mode == "automated":
            yield Problem("K05", "error", number, "mode", "Automated shares are not available yet; choose manual.")
        if not FEWEST <= len(config.paths) <= MOST:
            message = f"Choose {FEWEST} to {MOST} paths; there are {len(config.paths)}."
            yield Problem("K17", "error", number, "paths", message)
        total = sum(path.percent or 0 for path in config.paths)
        if config.mode == "manual" and total != 100:
            yield Problem("K17", "error", number, "paths", f"The shares add up to {total} %; make them 100 %.")
        for index, path in enumerate(config.paths):
            if path.percent is not None and not 0 <= path.percent <= 100:
                message = f"A share is 0 to 100 %, not {path.percent}."
                yield Problem("K17", "error", number, f"paths[{index}].percent", message)
        if not 1 <= len(config.goals) <= MOST_GOALS:
            message = f"Choose 1 to {MOST_GOALS} goals by which the paths are compared; there are {len(config.goals)}."
            yield Problem("K17", "error", number, "goals", message)
        for index, goal in enumerate(config.goals):
            if not goal.event.strip():
                yield Problem("K17", "error", number, f"goals[{index}].event", "Name the event.")

    def fixed(self, config: IntelliNodeConfig) -> dict[str, Any]:
        shares = {"paths": {"__all__": {"percent"}}} if config.mode == "manual" else None
        return config.model_dump(mode="json", by_alias=True, exclude=shares)

    def connectors(self, config: IntelliNodeConfig) -> tuple[str, ...]:
        return self.vias[: len(config.paths)]

    def required(self, config: IntelliNodeConfig) -> tuple[str, ...]:
        return self.connectors(config)

    def arrive(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime, heard: Heard | None) -> None:
        salt = f"node {stay.version_id} {node.number} {stay.entered_at.isoformat()} {stay.visit}"
        drawn = draw.percent(stay.profile_id, salt)
        for via, path in zip(self.vias, node.config.paths, strict=False):
            drawn -= path.percent or 0
            if drawn < 0:
                walk.take(stay, node, via, at, heard)
                return
