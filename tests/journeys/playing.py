"""Playing a scenario out of a test that looks at more than what happened to whom."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config.lib import sql
from journeys import selectors
from journeys.models import Version
from journeys.rehearsal import report, scenario
from journeys.rehearsal.play import Player
from journeys.rehearsal.scratch import scratch


@contextmanager
def played(folder: Path, text: str) -> Iterator[Player]:
    """Inside, the tables are those of the scenario when it is over; it went as it expects, and nobody was lost."""
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    read = scenario.read(path)
    with scratch(read.account):
        player = Player(read, scenario.rows(read, folder))
        player.play()
        assert report.mismatches(read, report.report(player)["people"]) == []
        for pk in Version.objects.values_list("pk", flat=True):
            assert selectors.conservation(pk) == []
        yield player


def tallies(node: int, version: int = 1) -> dict[str, Any]:
    """The counters of a node, but for what moves people."""
    rows = sql.rows(
        "SELECT metric, sum(value)::bigint FROM journeys_tally"
        " WHERE version_id = %(version)s AND node = %(node)s GROUP BY 1",
        {"version": version, "node": node},
    )
    moves = (
        "arrived", "left", "exited", "exited_before", "exited_unsent", "slept", "woke", "decided", "sent", "viewed",
        "clicked", "delivered",
    )  # fmt: skip
    return {metric: value for metric, value in rows if metric.partition(":")[0] not in moves}
