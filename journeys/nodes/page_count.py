"""Page count: someone sees the nth page of a session (domain 4.2). Web only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import Field

from config.lib.errors import Problem
from journeys.nodes.base import Config, Told
from journeys.nodes.listening import Listening
from profiles import eventtypes
from segments.rules import Rule

if TYPE_CHECKING:
    from journeys.engine.record import Record
    from journeys.engine.stay import Heard
    from journeys.graph import GraphNode

MOST = 100  # pages
BACK = timedelta(days=1)  # as far as a session is looked back upon


class PageCountConfig(Config):
    count: int | None = None
    filters: Rule | None = Field(None)


@dataclass(frozen=True, slots=True)
class NthPage:
    count: int

    def fires(self, heard: Heard, walk: Record) -> bool:
        return walk.pages(heard) == self.count


class PageCount(Listening[PageCountConfig]):
    name = "page_count"
    label = "Page count"
    hint = "Somebody sees a number of pages in one session."
    Config = PageCountConfig
    asks = True

    def problems(self, config: PageCountConfig, number: int | None) -> Iterator[Problem]:
        if config.count is None:
            yield Problem("K05", "error", number, "count", "Say how many pages.")
        elif not 1 <= config.count <= MOST:
            yield Problem("K29", "error", number, "count", f"Choose 1 to {MOST} pages.")

    def event_names(self, config: PageCountConfig) -> frozenset[str]:
        return frozenset({eventtypes.PAGE_VISITED})

    def reads(self, config: PageCountConfig) -> dict[str, timedelta | None]:
        return {eventtypes.PAGE_VISITED: BACK}

    def compile(self, config: PageCountConfig, zone: ZoneInfo) -> NthPage:
        return NthPage(config.count or 0)

    def tells(self, walk: Record, node: GraphNode, heard: Heard) -> Iterator[Told]:
        pages = walk.pages(heard)
        yield Told(f"it is page {node.config.count} of the session", pages == node.config.count, f"page {pages}")
