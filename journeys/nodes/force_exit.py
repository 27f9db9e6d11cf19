"""Force exit: the stay ends on arrival (domain 6)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from journeys.nodes.base import Config, Kind

if TYPE_CHECKING:
    from journeys.engine.stay import Heard, Stay
    from journeys.engine.walk import Walk
    from journeys.graph import GraphNode


class ForceExitConfig(Config):
    """Nothing to configure."""


class ForceExit(Kind[ForceExitConfig]):
    name = "force_exit"
    label = "Force exit"
    hint = "Ends the stay."
    role = "controller"
    Config = ForceExitConfig

    def arrive(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime, heard: Heard | None) -> None:
        walk.exit(stay, "force_exit", at)
