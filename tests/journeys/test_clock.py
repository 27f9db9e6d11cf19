"""The clock comes twice, jumps, or changes its zone: nobody moves twice, no run is made twice, none is left out."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.lib import sql
from journeys import schedule, services
from journeys.engine.account import Account
from journeys.engine.advance import advance, next_due
from journeys.engine.route import route
from journeys.models import Run
from tests.journeys import crowd
from tests.journeys.documents import Json, action, journey, link, live, past

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ACCOUNT = Account(ZoneInfo("UTC"))
DAILY = {"every": 1, "unit": "day", "start": "now", "end": None}
WAITS: Json = {"id": 1, "kind": "past_behaviour", "config": {"rule": {"did": {"event": "Charged"}}}}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_utc(settings):
    settings.ACCOUNT_TIMEZONE = "UTC"


def publish(document: Json) -> int:
    version = services.create_journey(document=document, by=None, now=NOON)
    return services.publish(version_id=version.pk, by=None, now=NOON).pk


def happen(people: list[int], name: str, at: datetime) -> None:
    crowd.happen(people, name, at=at)
    route(account=ACCOUNT, now=at, size=1000)


def moves() -> list[tuple[datetime, str, int | None, str | None]]:
    return sql.rows("SELECT at, what, node, coalesce(via, reason) FROM journeys_step ORDER BY id")


@pytest.fixture
def waiting() -> list[int]:
    """Ann and Bob wait at a past-behaviour node; Ann has bought."""
    publish(journey(nodes=[WAITS, {"id": 2, "kind": "force_exit"}], links=[link("entry", "yes", 1), link(1, "yes", 2)]))
    people = crowd.people(2)
    happen(people, "Added To Cart", NOON)
    happen(people[:1], "Charged", NOON + HOUR)
    return people


def test_a_midnight_that_comes_twice_moves_people_once(waiting):
    before = len(moves())
    assert advance(account=ACCOUNT, now=MIDNIGHT, size=100) == 2
    assert advance(account=ACCOUNT, now=MIDNIGHT, size=100) == 0
    assert moves()[before:] == [
        (MIDNIGHT, "left", 1, "yes"),
        (MIDNIGHT, "arrived", 2, None),
        (MIDNIGHT, "exited", 2, "force_exit"),
    ]


def test_a_clock_that_jumps_ahead_lets_every_midnight_come_in_its_turn(waiting):
    happen(waiting[1:], "Charged", MIDNIGHT + HOUR)
    before = len(moves())
    while advance(account=ACCOUNT, now=MIDNIGHT + 5 * DAY, size=100):
        pass
    assert [(at, what) for at, what, *_ in moves()[before:] if what == "exited"] == [
        (MIDNIGHT, "exited"),
        (MIDNIGHT + DAY, "exited"),
    ]


def test_a_clock_that_is_put_back_does_nothing_again(waiting):
    advance(account=ACCOUNT, now=MIDNIGHT + HOUR, size=100)
    known = moves()
    for back in (HOUR, 3 * HOUR, DAY):
        assert advance(account=ACCOUNT, now=MIDNIGHT + HOUR - back, size=100) == 0
    happen(waiting[1:], "Added To Cart", NOON - HOUR)
    assert moves() == known


def test_runs_of_a_clock_that_jumps_to_and_fro_are_made_once():
    people = crowd.people(1)
    happen(people, "Charged", NOON - HOUR)
    version = publish(journey(entry=past(DAILY, re_entry=True), nodes=[{"id": 1, "kind": "force_exit"}]))
    for now in (NOON, MIDNIGHT, NOON, MIDNIGHT, MIDNIGHT + 2 * DAY, MIDNIGHT, MIDNIGHT + 2 * DAY, MIDNIGHT + 3 * DAY):
        schedule.clock(now)
        schedule.clock(now)
    runs = list(Run.objects.filter(version_id=version).order_by("at").values_list("at", "skipped"))
    # The jump over a day: what was missed by six hours or more is skipped.
    made = [NOON, MIDNIGHT, MIDNIGHT + 2 * DAY, MIDNIGHT + 3 * DAY]
    assert runs == sorted([*((at, False) for at in made), (MIDNIGHT + DAY, True)])
    assert [at for at, what, *_ in moves() if what == "entered"] == made


def test_a_new_account_zone_moves_the_midnights_and_ticks_that_come(waiting):
    """Domain 8.4: what was to be at 00:00 by the old zone is looked at anew, and is at 00:00 by the new one."""
    kolkata = Account(ZoneInfo("Asia/Kolkata"), 15)
    assert next_due(account=kolkata, now=NOON) == MIDNIGHT
    assert advance(account=kolkata, now=MIDNIGHT, size=100) == 2  # 05:30 there: nothing but a look ahead
    there = datetime(2026, 3, 3, 18, 30, tzinfo=UTC)
    assert next_due(account=kolkata, now=MIDNIGHT) == there
    assert advance(account=kolkata, now=there, size=100) == 2
    assert [(at, what) for at, what, *_ in moves() if what == "exited"] == [(there, "exited")]


def test_a_sleep_that_is_planned_keeps_its_instant_in_a_new_zone():
    nodes = [action(1, window="PT1H"), {"id": 2, "kind": "force_exit"}]
    asleep = link("entry", "yes", 1) | {"sleep": {"days": 0, "clock": "20:00"}}
    publish(journey(entry=live(), nodes=nodes, links=[asleep, link(1, "node_timeout", 2)]))
    happen(crowd.people(1), "Added To Cart", NOON)
    kolkata = Account(ZoneInfo("Asia/Kolkata"), 15)
    while (due := next_due(account=kolkata, now=NOON)) is not None:
        advance(account=kolkata, now=due, size=100)
    eight = datetime(2026, 3, 2, 20, tzinfo=UTC)
    tick = datetime(2026, 3, 2, 21, 45, tzinfo=UTC)  # 03:15 there, the first tick a quarter past after 21:00
    assert [(at, what) for at, what, *_ in moves() if what in ("arrived", "left")] == [
        (eight, "arrived"),
        (tick, "left"),
        (tick, "arrived"),
    ]
