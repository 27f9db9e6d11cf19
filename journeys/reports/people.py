"""How many different people messages reached, and on which systems, for node-wise reports: what no counter can tell.

Read from the outbox and from history as sets, some lanes at a time: a person has one lane, so their sums add up.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from config.lib import lanes, sql
from journeys import calendar
from journeys.document import Document
from journeys.nodes.counted import DAY
from journeys.nodes.engagement import messages
from journeys.stats.period import Period
from profiles import eventtypes

SQL = sql.load(Path(__file__).with_suffix(".sql"))

LANES_A_STEP = 16
TOLD = {
    "viewed": eventtypes.VIEWED,
    "clicked": eventtypes.CLICKED,
    "delivered": eventtypes.DELIVERED,
    "replied": eventtypes.REPLIED,
}

Place = tuple[int, int, str | None, str | None]  # (version, node, variant or None, system or None)


class Reached(NamedTuple):
    """People, each once, then messages, then the providers of a group that took them."""

    unique_sent: int = 0
    unique_viewed: int = 0
    unique_clicked: int = 0
    unique_converted: int = 0
    sent: int = 0
    viewed: int = 0
    clicked: int = 0
    delivered: int = 0
    replied: int = 0
    providers: frozenset[str] = frozenset()


def reached(documents: Iterable[tuple[int, Document]], period: Period, zone: ZoneInfo) -> dict[Place, Reached]:
    """By message node of the versions given, by its variants, and by systems, of what was sent within the period. Views
    and the like count as long as conversions of the node do, a day where it has none.
    """
    asked = [
        (version, number, config.conversion.window if config.conversion else DAY)
        for version, document in documents
        for number, config in messages(document)
    ]
    if not asked:
        return {}
    versions, nodes, windows = (list(column) for column in zip(*asked, strict=True))
    found = eventtypes.find(TOLD.values())
    params = {"versions": versions, "nodes": nodes, "windows": windows, **_instants(period, zone)}
    params |= {outcome: found[name].id if name in found else -1 for outcome, name in TOLD.items()}
    sums: dict[Place, Reached] = {}
    for first in range(0, lanes.LANES, LANES_A_STEP):
        some = lanes.ALL[first : first + LANES_A_STEP]
        for version, node, variant, system, *counts, names in sql.rows(SQL["reached"], params | {"lanes": some}):
            place = version, node, variant, system
            before = sums.get(place, Reached())
            added: list[Any] = [*map(sum, zip(before[:-1], counts, strict=True)), before.providers.union(names)]
            sums[place] = Reached(*added)
    return sums


def _instants(period: Period, zone: ZoneInfo) -> dict[str, datetime]:
    """Where the period begins and ends."""
    first, last = period
    return {
        "begin": calendar.instant(datetime.combine(first, time()), zone) if first else datetime(2000, 1, 1, tzinfo=UTC),
        "end": calendar.instant(datetime.combine(last + timedelta(days=1), time()), zone)
        if last
        else datetime(3000, 1, 1, tzinfo=UTC),
    }
