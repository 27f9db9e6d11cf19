"""IntelliNODE: send people down one of several paths by chance, in shares that are chosen, or that follow what the
paths bring (domain 6).

Drawn afresh at each arrival, as a stable hash of the stay and the visit: the same arrival always takes the same path.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from config.lib import draw
from config.lib.errors import Problem
from journeys.nodes.action import EventAndWhere
from journeys.nodes.base import Config, Kind
from journeys.nodes.counted import Counted
from segments import match

if TYPE_CHECKING:
    from journeys.engine.stay import Heard, Stay
    from journeys.engine.walk import Walk
    from journeys.graph import GraphNode

FEWEST, MOST = 2, 7
MOST_GOALS = 3
GOALS_COUNT = timedelta(days=30)  # how long after the arrival a goal counts for the path


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
    hint = "Try up to seven paths against each other."
    role = "controller"
    Config = IntelliNodeConfig
    undrawn_code = "K17"
    changeable = "only the shares of manual paths"
    vias = tuple(f"path_{number}" for number in range(1, MOST + 1))

    def problems(self, config: IntelliNodeConfig, number: int | None) -> Iterator[Problem]:
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

    def counted_events(self, config: IntelliNodeConfig) -> frozenset[str]:
        return frozenset(goal.event for goal in config.goals)

    def counts(self, config: IntelliNodeConfig, zone: ZoneInfo) -> tuple[Counted, ...]:
        return tuple(
            Counted(place, goal.event, match.compile_where(goal.where, zone), GOALS_COUNT, inside=True)
            for place, goal in enumerate(config.goals, start=1)
        )

    def connectors(self, config: IntelliNodeConfig) -> tuple[str, ...]:
        return self.vias[: len(config.paths)]

    def required(self, config: IntelliNodeConfig) -> tuple[str, ...]:
        return self.connectors(config)

    def arrive(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime, heard: Heard | None) -> None:
        salt = f"node {stay.version_id} {node.number} {stay.entered_at.isoformat()} {stay.visit}"
        drawn = draw.percent(stay.profile_id, salt)
        shares = walk.shares.get((stay.version_id, node.number)) or [path.percent or 0 for path in node.config.paths]
        ends = accumulate(shares)
        via = next(via for via, end in zip(self.vias, ends, strict=False) if drawn < end)
        walk.note_path(stay, node, via, at)
        walk.take(stay, node, via, at, heard)
