"""Custom list: the people on an uploaded list, as it is at the run (domain 4.2). Entry only."""

from config.lib.errors import Problem
from journeys.nodes.base import Config, Kind
from segments.rules import Rule


class CustomListConfig(Config):
    list: str = ""


class CustomList(Kind):
    name = "custom_list"
    label = "Custom list"
    role = "segment"
    Config = CustomListConfig
    vias = ("yes",)
    entry = ("past",)
    middle = False

    def problems(self, config, number):
        if not config.list:
            yield Problem("K07", "error", number, "list", "Choose the list whose members enter.")

    def audience(self, config):
        return Rule(list=config.list)
