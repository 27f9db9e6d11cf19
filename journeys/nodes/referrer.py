"""Referrer entry: the first page of a session has a referrer, or UTM words, that fit (domain 4.2). Web only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import Field

from config.lib.errors import Problem
from journeys.nodes.base import Config, Told
from journeys.nodes.listening import Listening
from journeys.nodes.page_visit import UrlRule
from profiles import eventtypes
from segments import words
from segments.rules import Rule

if TYPE_CHECKING:
    from journeys.engine.record import Record
    from journeys.engine.stay import Heard
    from journeys.graph import GraphNode

BACK = timedelta(hours=1)  # more than the idle time that ends a session


class Utm(Config):
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None

    def wanted(self) -> dict[str, str]:
        """What the page event's properties must be."""
        words = {"utm_source": self.source, "utm_medium": self.medium, "utm_campaign": self.campaign}
        return {name: word for name, word in words.items() if word}


class ReferrerConfig(Config):
    """Any of the URL rules on the referrer, if there are some, and all of the UTM words that are given."""

    urls: list[UrlRule] = []
    utm: Utm | None = None
    filters: Rule | None = Field(None)


@dataclass(frozen=True, slots=True)
class Arrival:
    tests: tuple[Callable[[str], bool], ...]
    utm: dict[str, str]

    def fires(self, heard: Heard, walk: Record) -> bool:
        page = heard.properties
        referrer = page.get("referrer")
        if self.tests and not (isinstance(referrer, str) and any(test(referrer) for test in self.tests)):
            return False
        return all(page.get(name) == word for name, word in self.utm.items()) and walk.pages(heard) == 1


class Referrer(Listening[ReferrerConfig]):
    name = "referrer"
    label = "Referrer entry"
    hint = "A visit that comes from a place: a referrer or a UTM tag."
    Config = ReferrerConfig
    asks = True

    def problems(self, config: ReferrerConfig, number: int | None) -> Iterator[Problem]:
        if not config.urls and not (config.utm and config.utm.wanted()):
            yield Problem(
                "K07", "error", number, "urls", "Give a rule for the referrer, or a UTM source, medium or campaign."
            )
        for index, rule in enumerate(config.urls):
            if message := rule.problem():
                yield Problem("K07", "error", number, f"urls[{index}].value", message)

    def event_names(self, config: ReferrerConfig) -> frozenset[str]:
        return frozenset({eventtypes.PAGE_VISITED})

    def reads(self, config: ReferrerConfig) -> dict[str, timedelta | None]:
        return {eventtypes.PAGE_VISITED: BACK}

    def compile(self, config: ReferrerConfig, zone: ZoneInfo) -> Arrival:
        return Arrival(tuple(rule.test() for rule in config.urls), config.utm.wanted() if config.utm else {})

    def tells(self, walk: Record, node: GraphNode, heard: Heard) -> Iterator[Told]:
        page = heard.properties
        for rule in node.config.urls:
            yield rule.asks("referrer", page.get("referrer"))
        for name, word in node.compiled.utm.items():
            yield Told(f"its {name} is {words.spell(word)}", page.get(name) == word, words.spell(page.get(name)))
        pages = walk.pages(heard)
        yield Told("it is the first page of the session", pages == 1, f"page {pages}")
