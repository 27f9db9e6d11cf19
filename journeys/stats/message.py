"""One message in detail: funnel, trend, errors by reason, clicks by link (domain 10.1)."""

from collections import Counter
from datetime import date
from typing import NamedTuple

from journeys.document import Document
from journeys.engine.details import OTHER
from journeys.stats import counters, nodes
from journeys.stats.nodes import NodeStats
from journeys.stats.period import ALWAYS, Period

SERIES = ("sent", "viewed", "clicked", "converted")
MOST_DAYS = 60  # of the trend, the latest
MOST_SHOWN = 50  # reasons, and links


class Stage(NamedTuple):
    """One step of the funnel. share: per cent of those sent; None if nobody was."""

    name: str
    times: int
    share: float | None


class Part(NamedTuple):
    """One reason or link. share: per cent of all; outcome: failed, unreachable or clicked."""

    outcome: str
    name: str
    times: int
    share: float


class Day(NamedTuple):
    """What happened on a day. height: of its sent, per cent of the busiest day's."""

    day: date
    sent: int
    viewed: int
    clicked: int
    converted: int
    height: float


class Message(NamedTuple):
    """A message node within the period. Reasons and links: the most frequent first."""

    node: NodeStats
    funnel: list[Stage]
    days: list[Day]
    reasons: list[Part]
    links: list[Part]


def detail(version_id: int, document: Document, number: int, period: Period = ALWAYS) -> Message:
    """Everything about one engagement node of a version, in one statement."""
    by_day: dict[date, Counter[str]] = {}
    total: Counter[str] = Counter()
    for day, metric, value in counters.of_node(version_id, number, period):
        by_day.setdefault(day, Counter())[metric] += value
        total[metric] += value
    sent = total["sent"]
    return Message(
        nodes.of_tallies({number: total}, document)[number],
        [Stage(name, total[name], 100 * total[name] / sent if sent else None) for name in SERIES],
        _days(by_day),
        _parts(total, "reason:"),
        _parts(total, "link:"),
    )


def _days(by_day: dict[date, Counter[str]]) -> list[Day]:
    """The latest days on which something happened, the newest first."""
    shown = [day for day in sorted(by_day, reverse=True) if any(by_day[day][name] for name in SERIES)][:MOST_DAYS]
    most = max((by_day[day]["sent"] for day in shown), default=0) or 1
    return [Day(day, *_counts(by_day[day]), 100 * by_day[day]["sent"] / most) for day in shown]


def _counts(of_day: Counter[str]) -> tuple[int, int, int, int]:
    """In the order of SERIES."""
    return of_day["sent"], of_day["viewed"], of_day["clicked"], of_day["converted"]


def _parts(total: Counter[str], prefix: str) -> list[Part]:
    """The counters of a kind; those beyond MOST_SHOWN are added up as others."""
    found: Counter[tuple[str, str]] = Counter()
    for metric, value in total.items():
        if metric.startswith(prefix):
            name = metric.removeprefix(prefix)
            outcome, _, reason = name.partition(":") if prefix == "reason:" else ("clicked", "", name)
            found[outcome, reason] += value
    whole = found.total() or 1
    shown = [it for it in found.most_common() if it[0][1] != OTHER][:MOST_SHOWN]
    rest = found.total() - sum(value for _, value in shown)
    parts = [Part(outcome, name, value, 100 * value / whole) for (outcome, name), value in shown]
    return [*parts, Part("", "All others", rest, 100 * rest / whole)] if rest else parts
