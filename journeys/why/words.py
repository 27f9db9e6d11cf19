"""The shapes of an answer, and small wordings that its parts share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from journeys.graph import ENTRY, Graph
from segments.explain import Clause
from segments.words import spell

MOST_PROPERTIES = 4  # of an event that are shown
LONGEST = 60  # characters of a value that are shown


class Because(NamedTuple):
    """One condition: what was asked, whether it holds (None: nothing to hold, a heading or a note), what was seen.

    depth: 0 at the top; the parts of a condition follow it, one deeper.
    """

    text: str
    ok: bool | None
    seen: str = ""
    depth: int = 0

    def deeper(self, by: int = 1) -> Because:
        return self._replace(depth=self.depth + by)


class Line(NamedTuple):
    """One thing of an account. kind: state, entered, refused, held_out, arrived, left, message, exited."""

    at: datetime
    kind: str
    text: str
    because: list[Because]


class Words:
    """Wordings on the account's clock. Years are told where they are not the present one."""

    def __init__(self, zone: ZoneInfo, now: datetime) -> None:
        self.zone = zone
        self._year = now.astimezone(zone).year

    def at(self, instant: datetime) -> str:
        """2 Mar 14:30, with seconds where there are some."""
        local = instant.astimezone(self.zone)
        year = "" if local.year == self._year else f" {local.year}"
        seconds = f":{local:%S}" if local.second else ""
        return f"{local.day} {local:%b}{year} {local:%H:%M}{seconds}"

    @staticmethod
    def span(span: timedelta) -> str:
        """1 hour, 36 hours, 7 days, 90 minutes."""
        seconds = span.total_seconds()
        for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
            if seconds and seconds % size == 0:
                return number(int(seconds // size), unit)
        return f"{seconds:g} seconds"

    @staticmethod
    def node(graph: Graph, number: int, names: Mapping[int, str]) -> str:
        """node 2 “Bought again?”, node 3 (Force exit); of an intermediate node, those behind it."""
        node = graph.nodes.get(number)
        if number == ENTRY or node is None:
            return "the entry" if number == ENTRY else f"node {number}"
        if node.among:
            return " or ".join(Words.node(graph, part.number, names) for part in node.among)
        name = names.get(number)
        return f"node {number} “{name}”" if name else f"node {number} ({node.kind.label})"

    def event(self, name: str, properties: Mapping[str, Any]) -> str:
        """Charged (amount 25)."""
        shown = [f"{key} {_short(value)}" for key, value in [*properties.items()][:MOST_PROPERTIES]]
        more = ", …" if len(properties) > MOST_PROPERTIES else ""
        return f"{name} ({', '.join(shown)}{more})" if shown else name


def number(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def via(name: str) -> str:
    """A connector's name: Yes, Node timeout, Path 2."""
    return name.replace("_", " ").capitalize()


def of_clauses(clauses: Iterable[Clause], depth: int = 0) -> list[Because]:
    """The clauses of a rule as conditions, from a depth on."""
    return [Because(it.text, it.holds, it.seen, it.depth + depth) for it in clauses]


def _short(value: Any) -> str:
    text = spell(value) if not isinstance(value, dict) else "…"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
