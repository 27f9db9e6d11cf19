"""Counters as the engine would leave them, without anybody who moved."""

from datetime import date

from config.lib import sql
from journeys.models import Version

_ADD = """
INSERT INTO journeys_tally AS t (lane, version_id, node, metric, day, value)
VALUES (%(lane)s, %(version)s, %(node)s, %(metric)s, %(day)s, %(value)s)
ON CONFLICT (lane, version_id, node, metric, day) DO UPDATE SET value = t.value + excluded.value
"""


def tally(version: Version, node: int, metric: str, value: int, day: date, lane: int = 0) -> None:
    """Count something at a node, 0 for the entry. Who exits at a node has exited the journey."""
    row = {"version": version.pk, "node": node, "metric": metric, "value": value, "day": day, "lane": lane}
    sql.run(_ADD, row)
    name, _, reason = metric.partition(":")
    if node and name in ("exited", "exited_before"):
        sql.run(_ADD, row | {"node": 0, "metric": f"exited:{reason}"})
