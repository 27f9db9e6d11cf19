"""Conditional split: send people down the first path whose rule they match, else down Others (domain 6).

Decided on arrival, on the latest data; behind past behaviour with the values of its evaluation, also if people sleep on
the way or pass other splits. A condition `{event: {property, op, value}}` asks about the event that led the
person here; where it may stand, and what may follow a split, is in journeys.checks.splits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field

from config.lib.errors import Problem
from journeys import calendar
from journeys.nodes.base import Config, Kind
from segments.rules import Rule, asks_event

if TYPE_CHECKING:
    from journeys.engine.stay import Heard, Stay
    from journeys.engine.walk import Walk
    from journeys.graph import GraphNode

SPLIT = "split"
MOST_PATHS = 6
OTHERS = "others"


class SplitPath(Config):
    name: str = ""
    rule: Rule | None = Field(None)


class SplitConfig(Config):
    """Ordered paths; Others is always there and comes last."""

    paths: list[SplitPath] = []


class Split(Kind[SplitConfig]):
    name = SPLIT
    label = "Conditional split"
    hint = "Up to six paths by who people are; the first that fits."
    role = "controller"
    Config = SplitConfig
    vias = (*(f"path_{number}" for number in range(1, MOST_PATHS + 1)), OTHERS)
    foreseeable = True

    def problems(self, config: SplitConfig, number: int | None) -> Iterator[Problem]:
        if not config.paths:
            yield Problem("K18", "error", number, "paths", "Add a path with its condition.")
        if len(config.paths) > MOST_PATHS:
            message = f"A split has at most {MOST_PATHS} paths besides Others; this one has {len(config.paths)}."
            yield Problem("K18", "error", number, "paths", message)
        for index, path in enumerate(config.paths):
            if path.rule is None:
                message = f"Path {index + 1} has no condition; add one or remove the path."
                yield Problem("K18", "error", number, f"paths[{index}].rule", message)

    def connectors(self, config: SplitConfig) -> tuple[str, ...]:
        return (*self.vias[: min(len(config.paths), MOST_PATHS)], OTHERS)

    def required(self, config: SplitConfig) -> tuple[str, ...]:
        return self.connectors(config)

    def rules(self, config: SplitConfig) -> tuple[Rule, ...]:
        return tuple(path.rule for path in config.paths if path.rule)

    def uses_event(self, config: SplitConfig) -> bool:
        return any(path.rule is not None and asks_event(path.rule) for path in config.paths)

    def arrive(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime, heard: Heard | None) -> None:
        via = stay.foresaw(node.number) or self._path(walk, stay, node, at, event=walk.event_context(stay))
        walk.take(stay, node, via, at, heard)

    def foresee(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime) -> str:
        # What happens at the very midnight belongs to the day after, as for past behaviour (domain 8.2).
        return self._path(walk, stay, node, at, 0 if calendar.is_midnight(at, walk.account.zone) else None)

    def _path(
        self,
        walk: Walk,
        stay: Stay,
        node: GraphNode,
        at: datetime,
        id: int | None = None,
        event: Mapping[str, Any] | None = None,
    ) -> str:
        """The first path whose rule holds on data up to (at, id)."""
        fits = (walk.passes(stay.profile_id, path.rule, at, id, event) for path in node.config.paths)
        return next((via for via, holds in zip(self.vias, fits, strict=False) if holds), OTHERS)
