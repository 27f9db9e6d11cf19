"""What lanes counted is kept once and added up over all days, and nobody sees a difference."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from config.lib import sql
from config.lib.alone import alone
from journeys import folding, schedule, selectors, services, tasks
from journeys.engine.account import Account
from journeys.engine.pump import pump
from journeys.stats import counters
from tests.journeys import crowd
from tests.journeys.documents import action, email, journey, link, live

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ACCOUNT = Account(ZoneInfo("UTC"))
COLUMNS = ("lane", "version_id", "node", "metric", "day", "value")

pytestmark = pytest.mark.django_db


OF_DETAILS = "reason:failed:full"


def kept():
    """The counters, as they are stored."""
    return sql.rows("SELECT lane, version_id, node, metric, day, value FROM journeys_tally ORDER BY 1, 2, 3, 4, 5")


def totals():
    """What is added up over all days."""
    return sql.rows("SELECT version_id, node, metric, value FROM journeys_total ORDER BY 1, 2, 3")


def sums():
    """The counters of days, as every reader adds them up."""
    return sql.rows(
        "SELECT version_id, node, metric, day, sum(value) FROM journeys_tally WHERE lane = ANY(%(lanes)s::smallint[])"
        " GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
        {"lanes": folding.COUNTED},
    )


def test_what_lanes_counted_is_added_up_in_one_further_lane_and_in_the_totals():
    old, today = date(2026, 2, 28), date(2026, 3, 2)
    counted = [
        (0, 1, 0, "entered", old, 4),
        (5, 1, 0, "entered", old, 2),
        (63, 1, 0, "entered", today, 1),
        (63, 1, 2, "left:yes", old, 7),
        (63, 1, 0, "again:2026-02-27", old, 1),
        (63, 1, 0, "again:2026-02-28", today, 1),
        (63, 1, 2, "variant:again:sent", today, 1),
        (63, 1, 2, OF_DETAILS, old, 9),
    ]
    sql.copy("journeys_tally", COLUMNS, counted)
    assert folding.fold(now=NOON, zone=ACCOUNT.zone) == 8
    assert kept() == [
        (64, 1, 0, "again:2026-02-27", old, 1),
        (64, 1, 0, "again:2026-02-28", today, 1),
        (64, 1, 0, "entered", old, 6),
        (64, 1, 0, "entered", today, 1),
        (64, 1, 2, "left:yes", old, 7),
        (64, 1, 2, OF_DETAILS, old, 9),
        (64, 1, 2, "variant:again:sent", today, 1),
    ]
    assert totals() == [
        (1, 0, "again", 2), (1, 0, "entered", 7), (1, 2, "left:yes", 7), (1, 2, "variant:again:sent", 1),
    ]  # fmt: skip
    assert folding.fold(now=NOON, zone=ACCOUNT.zone) == 0
    sql.copy("journeys_tally", COLUMNS, [(7, 1, 0, "entered", old, 3)])  # a worker that is behind
    assert folding.fold(now=NOON, zone=ACCOUNT.zone) == 1
    assert (64, 1, 0, "entered", old, 9) in kept()
    assert (1, 0, "entered", 10) in totals()


def test_reasons_and_links_of_today_stay_apart_and_today_is_the_account_s():
    sql.copy("journeys_tally", COLUMNS, [(5, 1, 1, OF_DETAILS, date(2026, 3, 2), 1)])
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert folding.fold(now=late, zone=ZoneInfo("UTC")) == 0
    assert folding.fold(now=late, zone=ZoneInfo("Asia/Kolkata")) == 1  # where it is the third


def test_who_folds_beside_another_leaves_it_to_them():
    sql.copy("journeys_tally", COLUMNS, [(5, 1, 0, "entered", date(2026, 3, 1), 1)])
    with ThreadPoolExecutor(1) as pool:
        held, done = threading.Event(), threading.Event()

        def hold():
            with alone("journeys.fold"):
                held.set()
                done.wait(10)
            connection.close()

        holding = pool.submit(hold)
        held.wait(10)
        assert folding.fold(now=NOON, zone=ACCOUNT.zone) == 0
        done.set()
        holding.result()
    assert folding.fold(now=NOON, zone=ACCOUNT.zone) == 1


@pytest.mark.parametrize("seed", range(5))
def test_no_sum_changes_whatever_was_counted(seed):
    chance = random.Random(seed)
    rows = {
        (
            chance.randrange(64),
            chance.randrange(3),
            chance.randrange(4),
            metric,
            NOON.date() - chance.randrange(9) * DAY,
        ): 1
        for metric in chance.choices(["entered", "arrived", "left:yes", "exited:goal_1"], k=400)
    }
    sql.copy("journeys_tally", COLUMNS, [(*key, chance.randrange(1, 100)) for key in rows])
    before, always = sums(), [counters.of_version(version) for version in range(3)]
    assert folding.fold(now=NOON, zone=ACCOUNT.zone) > 100
    assert sums() == before
    assert [counters.of_version(version) for version in range(3)] == always
    sql.copy("journeys_tally", COLUMNS, [(9, 1, 0, "entered", NOON.date(), 5)])
    assert counters.of_version(1)[0]["entered"] == always[1][0]["entered"] + 5


def test_a_journey_is_counted_and_conserved_as_before_also_by_a_worker_that_is_behind():
    document = journey(
        entry=live(),
        nodes=[action(1, "Charged", window="P1D"), email(2)],
        links=[link("entry", "yes", 1), link(1, "yes", 2)],
    )
    draft = services.create_journey(document=document, by=None, now=NOON)
    version = services.publish(version_id=draft.pk, by=None, now=NOON).pk
    schedule.clock(NOON)
    everyone = crowd.people(210)
    people, late = everyone[:200], everyone[200:]
    crowd.happen(people, "Added To Cart", at=NOON)
    crowd.happen(people[:50], "Charged", at=NOON + timedelta(hours=1))
    pump(account=ACCOUNT, clock=lambda: NOON + timedelta(hours=2))
    before, numbers = sums(), selectors.version_numbers(version)
    assert (numbers.entered, selectors.conservation(version)) == (200, [])
    later = NOON + 3 * DAY
    assert folding.fold(now=later, zone=ACCOUNT.zone) > 100
    assert sums() == before
    assert {row[0] for row in kept()} == {64}
    assert selectors.version_numbers(version) == numbers
    assert selectors.conservation(version) == []

    crowd.happen(late, "Added To Cart", at=NOON + timedelta(hours=3))  # accepted then, routed now
    pump(account=ACCOUNT, clock=lambda: NOON + timedelta(hours=4))
    assert folding.fold(now=later, zone=ACCOUNT.zone) > 0
    assert {row[0] for row in kept()} == {64}
    assert selectors.version_numbers(version).entered == 210
    assert selectors.conservation(version) == []


def test_the_task_folds():
    sql.copy("journeys_tally", COLUMNS, [(5, 1, 0, "entered", date(2026, 2, 28), 2)])  # long ago
    tasks.fold()
    assert kept() == [(64, 1, 0, "entered", date(2026, 2, 28), 2)]
