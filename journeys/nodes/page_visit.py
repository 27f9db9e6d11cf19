"""Page visit: someone sees a page whose URL fits one of a few rules (domain 4.2). Web only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from config.lib.errors import Problem
from journeys.nodes.base import Config, Told
from journeys.nodes.listening import Listening
from profiles import eventtypes
from segments import patterns
from segments.rules import Rule

if TYPE_CHECKING:
    from journeys.engine.record import Record
    from journeys.engine.stay import Heard
    from journeys.graph import GraphNode


_OPS = {
    "equals": "is", "contains": "contains", "not_contains": "does not contain", "matches": "matches",
    "not_matches": "does not match",
}  # fmt: skip


class UrlRule(Config):
    op: Literal["equals", "contains", "not_contains", "matches", "not_matches"] = "contains"
    value: str = ""

    def problem(self) -> str | None:
        """What is wrong with the rule, as a sentence; None if nothing is."""
        if not self.value:
            return "Say what the URL is compared with."
        if self.op in ("matches", "not_matches"):
            try:
                patterns.translate(self.value)
            except patterns.PatternError as error:
                return str(error)
        return None

    def asks(self, what: str, url: Any) -> Told:
        """The rule in words, and whether a URL, if it is one, fits."""
        holds = isinstance(url, str) and self.test()(url)
        return Told(f"its {what} {_OPS[self.op]} “{self.value}”", holds, str(url) if url is not None else "no URL")

    def test(self) -> Callable[[str], bool]:
        """A function that says whether a URL fits."""
        value = self.value
        match self.op:
            case "equals":
                return lambda url: url == value
            case "contains":
                return lambda url: value in url
            case "not_contains":
                return lambda url: value not in url
            case "matches":
                return patterns.searcher(value)
            case "not_matches":
                found = patterns.searcher(value)
                return lambda url: not found(url)


class PageVisitConfig(Config):
    """Any of several URL rules."""

    urls: list[UrlRule] = []
    filters: Rule | None = Field(None)


@dataclass(frozen=True, slots=True)
class Pages:
    tests: tuple[Callable[[str], bool], ...]

    def fires(self, heard: Heard, walk: Record) -> bool:
        url = heard.properties.get("url")
        return isinstance(url, str) and any(test(url) for test in self.tests)


class PageVisit(Listening[PageVisitConfig]):
    name = "page_visit"
    label = "Page visit"
    hint = "Somebody sees a page of your site."
    Config = PageVisitConfig

    def problems(self, config: PageVisitConfig, number: int | None) -> Iterator[Problem]:
        if not config.urls:
            yield Problem("K07", "error", number, "urls", "Say which pages this segment waits for.")
        for index, rule in enumerate(config.urls):
            if message := rule.problem():
                yield Problem("K07", "error", number, f"urls[{index}].value", message)

    def event_names(self, config: PageVisitConfig) -> frozenset[str]:
        return frozenset({eventtypes.PAGE_VISITED})

    def compile(self, config: PageVisitConfig, zone: ZoneInfo) -> Pages:
        return Pages(tuple(rule.test() for rule in config.urls))

    def tells(self, walk: Record, node: GraphNode, heard: Heard) -> Iterator[Told]:
        for rule in node.config.urls:
            yield rule.asks("URL", heard.properties.get("url"))
