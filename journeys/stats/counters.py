"""The counters of versions, added up over lanes, for the whole time or some days."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from config.lib import sql
from journeys.folding import COUNTED
from journeys.graph import ENTRY
from journeys.stats.period import ALWAYS, Period

SQL = sql.load(Path(__file__).with_name("tallies.sql"))

Counters = dict[int, Counter[str]]  # by node; the entry's, and those of the journey, under 0
AGAIN = ("again", "met_again")  # who entered, or met a goal, before; then a colon and the day of that


def of_versions(
    version_ids: Iterable[int], period: Period = ALWAYS, *, nodes: list[int] | None = None
) -> dict[int, Counters]:
    """By version, in one statement. Of those who came again, those count under `again` (`met_again`) who had come
    within the period before.
    """
    versions = list(version_ids)
    params = {"versions": versions, "nodes": nodes}
    if period == ALWAYS:
        rows = sql.rows(SQL["total"], params)
    else:
        rows = sql.rows(SQL["counted"], params | {"lanes": COUNTED, **period.params})
    found: dict[int, Counters] = {version: defaultdict(Counter) for version in versions}
    for version, node, metric, value in rows:
        if node == ENTRY and (name := _again(metric, period.first)) != metric:
            if name:
                found[version][node][name] += value
        else:
            found[version][node][metric] += value
    return found


def of_version(version_id: int, period: Period = ALWAYS) -> Counters:
    """Those of one version."""
    return of_versions([version_id], period)[version_id]


def of_node(version_id: int, node: int, period: Period = ALWAYS) -> list[tuple[date, str, int]]:
    """What one node counted on each day, as (day, metric, value), by day."""
    params = {"lanes": COUNTED, "version": version_id, "node": node, **period.params}
    return sql.rows(SQL["of_node"], params)


def _again(metric: str, first: date | None) -> str:
    """The name to count a metric under: empty for somebody who came before the first day alone."""
    name, _, day = metric.partition(":")
    if name not in AGAIN or not day:
        return metric
    return name if first is None or day >= first.isoformat() else ""
