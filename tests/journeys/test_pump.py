"""A worker under an inflow that never pauses: it stops now and then, and has itself called again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.lib import sql
from journeys.engine import pump
from journeys.engine.account import Account
from tests.journeys import crowd

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ACCOUNT = Account(ZoneInfo("UTC"))

pytestmark = pytest.mark.django_db


@pytest.fixture
def woken(monkeypatch) -> list[str]:
    """The tasks that were woken."""
    names: list[str] = []
    monkeypatch.setattr(pump, "wake", names.append)
    return names


@pytest.fixture
def inflow(monkeypatch) -> Iterator[datetime]:
    """A clock on which a second passes with each look, and another event comes in with each batch that is routed."""
    (person,) = crowd.people(1)
    route = pump.route

    def route_and_receive(**given) -> int:
        done = route(**given)
        crowd.happen([person], "Product Viewed", at=NOON)
        return done

    monkeypatch.setattr(pump, "route", route_and_receive)
    crowd.happen([person], "Product Viewed", at=NOON)
    return (NOON + number * SECOND for number in range(1000))


def test_events_that_never_end_are_left_to_another_call_after_the_budget(inflow, woken):
    routed = pump.pump(account=ACCOUNT, clock=lambda: next(inflow), budget=10 * SECOND)
    assert routed == 5  # each turn looks at the clock when it begins and when it ends
    assert woken == ["journeys.pump"]
    assert sql.rows("SELECT count(*) FROM profiles_inbox") == [(1,)]


def test_the_budget_is_a_setting(inflow, woken, settings):
    settings.PUMP_SECONDS = 4
    assert pump.pump(account=ACCOUNT, clock=lambda: next(inflow)) == 2
    assert woken == ["journeys.pump"]


def test_a_call_that_gets_done_wakes_nobody(woken):
    crowd.happen(crowd.people(3), "Product Viewed", at=NOON)
    assert pump.pump(account=ACCOUNT, clock=lambda: NOON, size=64) == 3
    assert woken == []
