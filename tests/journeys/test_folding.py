"""Counters of days gone by are kept once instead of once a lane, and nobody sees a difference."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.lib import lanes, sql
from journeys import folding, schedule, selectors, services, tasks
from journeys.engine.account import Account
from journeys.engine.pump import pump
from tests.journeys import crowd
from tests.journeys.documents import action, email, journey, link, live

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ACCOUNT = Account(ZoneInfo("UTC"))
COLUMNS = ("lane", "version_id", "node", "metric", "day", "value")

pytestmark = pytest.mark.django_db


def kept():
    """The counters, as they are stored."""
    return sql.rows("SELECT lane, version_id, node, metric, day, value FROM journeys_tally ORDER BY 1, 2, 3, 4, 5")


def sums():
    """The counters, as every reader adds them up."""
    return sql.rows(
        "SELECT version_id, node, metric, day, sum(value) FROM journeys_tally WHERE lane = ANY(%(lanes)s::smallint[])"
        " GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
        {"lanes": lanes.ALL},
    )


def test_what_lanes_counted_before_yesterday_is_added_up_in_lane_0():
    old, yesterday, today = date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2)
    sql.copy(
        "journeys_tally",
        COLUMNS,
        [
            (0, 1, 0, "entered", old, 4),
            (5, 1, 0, "entered", old, 2),
            (63, 1, 0, "entered", old, 1),
            (63, 1, 2, "left:yes", old, 7),
            (5, 1, 0, "entered", yesterday, 3),
            (6, 1, 0, "entered", today, 1),
        ],
    )
    assert folding.fold(now=NOON, zone=ACCOUNT.zone) == 3
    assert kept() == [
        (0, 1, 0, "entered", old, 7),
        (0, 1, 2, "left:yes", old, 7),
        (5, 1, 0, "entered", yesterday, 3),
        (6, 1, 0, "entered", today, 1),
    ]
    assert folding.fold(now=NOON, zone=ACCOUNT.zone) == 0


def test_days_are_those_of_the_account():
    sql.copy("journeys_tally", COLUMNS, [(5, 1, 0, "entered", date(2026, 3, 1), 1)])
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert folding.fold(now=late, zone=ZoneInfo("UTC")) == 0
    assert folding.fold(now=late, zone=ZoneInfo("Asia/Kolkata")) == 1  # where it is the third


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
    before = sums()
    assert folding.fold(now=NOON, zone=ACCOUNT.zone) > 100
    assert sums() == before


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
    assert {row[0] for row in kept()} == {0}
    assert selectors.version_numbers(version) == numbers
    assert selectors.conservation(version) == []

    crowd.happen(late, "Added To Cart", at=NOON + timedelta(hours=3))  # accepted then, routed now
    pump(account=ACCOUNT, clock=lambda: NOON + timedelta(hours=4))
    assert folding.fold(now=later, zone=ACCOUNT.zone) > 0
    assert {row[0] for row in kept()} == {0}
    assert selectors.version_numbers(version).entered == 210
    assert selectors.conservation(version) == []


def test_the_task_folds():
    sql.copy("journeys_tally", COLUMNS, [(5, 1, 0, "entered", date(2026, 2, 28), 2)])  # long ago
    tasks.fold()
    assert kept() == [(0, 1, 0, "entered", date(2026, 2, 28), 2)]
