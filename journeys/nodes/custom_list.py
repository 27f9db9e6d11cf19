"""Custom list: the people on an uploaded list, as it is at the run (domain 4.2). Entry only."""

from __future__ import annotations

from collections.abc import Iterator

from config.lib.errors import Problem
from journeys.nodes.base import Config, Kind
from segments.rules import Rule


class CustomListConfig(Config):
    list: str = ""


class CustomList(Kind[CustomListConfig]):
    name = "custom_list"
    label = "Custom list"
    hint = "Everyone on an uploaded list."
    role = "segment"
    Config = CustomListConfig
    vias = ("yes",)
    entry = ("past",)
    middle = False

    def problems(self, config: CustomListConfig, number: int | None) -> Iterator[Problem]:
        if not config.list:
            yield Problem("K07", "error", number, "list", "Choose the list whose members enter.")

    def entrants(self, config: CustomListConfig) -> dict[str, Rule]:
        return {"yes": Rule(list=config.list)} if config.list else {}
