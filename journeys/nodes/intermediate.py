"""Intermediate node: the waiting point on a connector that leads to several segment nodes (domain 4.1).

It is drawn by itself, never configured. Whichever of the segment nodes behind it is met first is followed, the others
are forgotten; at most one Node timeout may leave the set, and it governs all.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from journeys.nodes.base import Config, Kind

if TYPE_CHECKING:
    from journeys.engine.stay import Heard, Stay
    from journeys.engine.walk import Walk
    from journeys.graph import GraphNode


class Intermediate(Kind[Config]):
    name = "intermediate"
    label = "Intermediate"
    role = "segment"
    Config = Config

    def arrive(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime, heard: Heard | None) -> None:
        walk.wait(stay, node, at)
        any(part.kind.begin(walk, stay, part, at) for part in node.among)

    def hear(self, walk: Walk, stay: Stay, node: GraphNode, heard: Heard) -> bool:
        return any(part.kind.hear(walk, stay, part, heard) for part in node.among if heard.key in part.keys)

    def due(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime) -> bool:
        return any(part.kind.due(walk, stay, part, at) for part in node.among if part.kind.tested_at_midnight)
