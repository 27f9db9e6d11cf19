"""Two years of real purchases, rehearsed, end with the counts that an independent query over the same file gives."""

import shutil
from pathlib import Path

import duckdb
import pytest

from journeys import selectors
from journeys.models import Version
from journeys.rehearsal import report, scenario
from journeys.rehearsal.play import Player
from journeys.rehearsal.scratch import scratch

SCENARIO = Path(__file__).parents[1] / "scenarios" / "cdnow_second_purchase.yaml"

# Purchases of a day count in file order: the first enters, whatever comes after it is the second.
EXPECTED = """
WITH numbered AS (
    SELECT row_number() OVER () AS line, * FROM read_csv($path, types = {'customer_id': 'VARCHAR'})
), ordered AS (
    SELECT *, row_number() OVER (PARTITION BY customer_id ORDER BY date, line) AS n FROM numbered
), people AS (
    SELECT a.date AS first, b.date AS second
      FROM ordered AS a LEFT JOIN ordered AS b ON b.customer_id = a.customer_id AND b.n = 2
     WHERE a.n = 1
)
SELECT count(*),
       count(*) FILTER (WHERE second <= first + 90),
       count(*) FILTER (WHERE second IS NULL OR second > first + 90),
       count(*) FILTER (WHERE second IS NULL OR second > first + 30)
  FROM people
"""


@pytest.mark.django_db(transaction=True)
def test_real_purchases_end_with_the_counts_of_an_independent_query(shared_data: Path, tmp_path: Path) -> None:
    shutil.copy(SCENARIO, tmp_path)
    (tmp_path / "cdnow.csv").symlink_to(shared_data / "cdnow.csv")
    expected = duckdb.execute(EXPECTED, {"path": str(shared_data / "cdnow.csv")}).fetchone()
    assert expected is not None
    entered, bought_again, timed_out, mailed = expected

    read = scenario.read(tmp_path / SCENARIO.name)
    with scratch(read.account):
        player = Player(read, scenario.rows(read, tmp_path))
        player.play()
        result = report.report(player)
        lost = selectors.conservation(Version.objects.get().pk)

    version = result["journeys"]["second"]["versions"]["1"]
    assert (version["qualified"], version["entered"]) == (entered, entered)
    assert version["exited"] == {"goal_1": bought_again, "journey_timeout": timed_out}
    assert version["nodes"]["1"]["sent"] == mailed
    assert lost == []
