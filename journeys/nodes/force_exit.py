"""Force exit: the stay ends on arrival (domain 6)."""

from journeys.nodes.base import Config, Kind


class ForceExitConfig(Config):
    """Nothing to configure."""


class ForceExit(Kind):
    name = "force_exit"
    label = "Force exit"
    role = "controller"
    Config = ForceExitConfig

    def arrive(self, walk, stay, node, at, heard):
        walk.exit(stay, "force_exit", at)
