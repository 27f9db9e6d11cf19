"""The home page's figures: what they count, what they cost, and the first steps."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config import home
from config.lib import sql
from journeys import editor, services
from tests.journeys import counting
from tests.staff import person, signed_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TODAY = NOON.date()


@pytest.fixture(autouse=True)
def fresh_figures() -> None:
    home.forget()


def publish(name: str = "Cart") -> Any:
    """A live journey."""
    document = editor.read(editor.EXAMPLE) | {"name": name}
    version = services.create_journey(document=document, by=None, now=NOON)
    return services.publish(version_id=version.pk, by=None, now=NOON)


def tally(version: Any, node: int, metric: str, value: int, day: Any = TODAY, lane: int = 0) -> None:
    """One counter."""
    counting.tally(version, node, metric, value, day, lane)


def test_it_counts_journeys_people_and_todays_messages(db: None) -> None:
    cart, welcome = publish("Cart"), publish("Welcome")
    services.pause(version_id=welcome.pk, by=None, now=NOON)
    services.create_journey(document={"name": "Idea"}, by=None, now=NOON)
    yesterday = TODAY - timedelta(days=1)
    tally(cart, 0, "entered", 100, yesterday)
    tally(cart, 0, "entered", 20, lane=5)
    tally(cart, 1, "exited:goal_1", 30)
    tally(cart, 1, "exited_before:timeout", 5)
    tally(cart, 1, "sent", 50, yesterday)
    tally(cart, 1, "sent", 7)
    tally(cart, 1, "failed", 2)
    tally(welcome, 0, "entered", 3)
    found = home.count(NOON)
    numbers = ("live", "paused", "drafts", "inside", "entered_today", "sent", "failed", "unreachable", "waiting")
    assert [found[name] for name in numbers] == [1, 1, 1, 88, 23, 7, 2, 0, 0]
    assert [(row["name"], row["state"], row["inside"]) for row in found["journeys"]] == [
        ("Welcome", "paused", 3),
        ("Cart", "live", 85),
    ]


def test_it_says_how_far_the_engine_is_behind(db: None) -> None:
    sql.run(
        """INSERT INTO profiles_inbox (lane, profile_id, type_id, at, received_at, source, properties)
           VALUES (7, 7, 1, %(at)s, %(at)s, 'api', '{}')""",
        {"at": NOON - timedelta(seconds=42)},
    )
    assert home.count(NOON)["inbox_lag"] == 42


def test_it_costs_five_statements_however_many_journeys_there_are(db: None) -> None:
    publish()
    with sql.counting() as one:
        home.count(NOON)
    for number in range(12):
        publish(f"Journey {number}")
    with sql.counting() as many:
        found = home.count(NOON)
    assert (int(one), int(many)) == (5, 5)
    assert (len(found["journeys"]), found["journeys_more"]) == (home.MOST_SHOWN, 13 - home.MOST_SHOWN)


def test_the_figures_are_worked_out_once_for_everybody_who_looks(db: None) -> None:
    home.current(NOON)
    with sql.counting() as again:
        home.current(NOON)
    assert int(again) == 0


def test_the_page_renews_itself_from_an_address_that_members_may_open(db: None) -> None:
    publish()
    client = signed_in("mia")
    page = client.get("/admin/").content.decode()
    assert 'data-url="/admin/figures/"' in page
    answer = client.get("/admin/figures/")
    assert answer.json()["live"] == 1
    assert "no-store" in answer["Cache-Control"]


def test_a_newcomer_is_told_the_first_steps_until_a_journey_is_published(db: None) -> None:
    client = signed_in("ada")
    page = client.get("/admin/").content.decode()
    assert "Five steps to your first journey" in page
    assert "/admin/journeys/journey/add/" in page
    services.create_journey(document={"name": "Idea"}, by=person("ada"), now=NOON)
    assert '<li class="done">' in client.get("/admin/").content.decode()
    publish()
    assert "Five steps" not in client.get("/admin/").content.decode()


def test_a_member_is_not_led_to_pages_that_are_closed_to_them(db: None) -> None:
    page = signed_in("mia").get("/admin/").content.decode()
    assert "Create an upload credential" in page
    assert "/admin/profiles/credential/add/" not in page
