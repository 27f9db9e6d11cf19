"""What a message's journey and node say about when it goes out, at the moment of dispatch (domain 5.2)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings

from channels.outbox import dispatch, next_due
from config.lib import sql
from tests.channels.conftest import NOON, World

pytestmark = pytest.mark.django_db

Json = dict[str, Any]
EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
NIGHT = datetime(2026, 3, 2, 23, tzinfo=UTC)  # a Monday
MORNING = datetime(2026, 3, 3, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def quiet(then: str = "hold") -> Json:
    """Quiet from 21:00 to 09:00 every day."""
    return {"dnd": {"windows": [{"days": EVERY_DAY, "from": "21:00", "to": "09:00"}], "then": then}}


def test_what_is_held_stays_queued_with_the_reason_until_the_quiet_hours_end(world: World) -> None:
    world.queue(world.campaign(policy=quiet()), world.person("ada"), at=NIGHT)
    assert next_due() == NIGHT
    assert dispatch(now=NIGHT, batch=10) == 1
    assert world.messages() == [("ada", "queued", "quiet hours")]
    assert world.events() == []
    assert next_due() == MORNING
    assert dispatch(now=MORNING - SECOND, batch=10) == 0
    assert dispatch(now=MORNING, batch=10) == 1
    assert world.messages() == [("ada", "sent", None)]
    assert next_due() is None


def test_what_is_not_held_is_unreachable(world: World) -> None:
    world.queue(world.campaign(policy=quiet("drop")), world.person("ada"), at=NIGHT)
    dispatch(now=NIGHT, batch=10)
    assert world.messages() == [("ada", "unreachable", "quiet hours")]
    assert [(name, it["reason"]) for _who, name, it in world.events()] == [("Notification Unreachable", "quiet hours")]


def test_quiet_hours_are_read_on_the_persons_clock_else_the_accounts(world: World, settings: LazySettings) -> None:
    settings.ACCOUNT_TIMEZONE = "Asia/Kolkata"  # 04:30 there
    people = [world.person("a-home"), world.person("b-lima"), world.person("c-mars")]
    zones = {"b-lima": "America/Lima", "c-mars": "Mars/Olympus"}  # 18:00 in Lima
    for name, zone in zones.items():
        sql.run(
            "UPDATE profiles_profile SET timezone = %(zone)s WHERE identity = %(name)s", {"zone": zone, "name": name}
        )
    world.queue(world.campaign(policy=quiet()), *people, at=NIGHT)
    dispatch(now=NIGHT, batch=640)
    assert world.messages() == [
        ("a-home", "queued", "quiet hours"),
        ("b-lima", "sent", None),
        ("c-mars", "queued", "quiet hours"),
    ]


def test_who_cannot_be_reached_is_so_at_once_and_webhooks_never_sleep(world: World) -> None:
    world.queue(world.campaign(policy=quiet()), world.person("a-nowhere", email=None), at=NIGHT)
    world.queue(world.campaign("webhook", policy=quiet(), url="https://x.example/"), world.person("b-ada"), at=NIGHT)
    dispatch(now=NIGHT, batch=640)
    assert world.messages() == [("a-nowhere", "unreachable", "no email"), ("b-ada", "sent", None)]


def test_held_messages_take_no_statement_more(world: World) -> None:
    campaign = world.campaign(policy=quiet())
    world.queue(campaign, world.person("warm"))
    dispatch(now=NOON, batch=640)
    counts = []
    for people in (1, 50):
        world.queue(campaign, *(world.person(f"p{people}-{n}") for n in range(people)), at=NIGHT)
        with sql.counting() as count:
            assert dispatch(now=NIGHT, batch=6400) == people
        counts.append(int(count))
    assert counts[0] == counts[1] <= 14, count.statements
