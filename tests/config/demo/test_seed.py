"""What the demo starts with: complete, valid, and made once."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User

from channels.models import Provider
from config.demo import keys, people, seed
from config.lib import sql
from journeys import checks, document
from journeys.models import Journey, Version
from profiles.models import Credential, Profile
from segments.models import List
from tests.config.demo.conftest import NOON, NUMBER, SHOP

HOUR = timedelta(hours=1)


def counts() -> dict[str, Any]:
    """How many there are of what seeding makes."""
    models = (User, Credential, Provider, Profile, List, Journey, Version)
    ((events,),) = sql.rows("SELECT count(*) FROM profiles_inbox")
    return {model.__name__: model.objects.count() for model in models} | {"events": events}


def test_three_journeys_are_live_and_one_waits_to_be_published(demo: int) -> None:
    found = Version.objects.order_by("journey__name").values_list("journey__name", "status")
    assert list(found) == [
        ("Abandoned cart", "live"), ("Trail shoes on the site", "live"), ("Welcome", "live"),
        ("Win back lapsed buyers", "draft"),
    ]  # fmt: skip


@pytest.mark.parametrize("stem", seed.JOURNEYS)
def test_no_journey_of_the_demo_has_a_finding(db: None, stem: str) -> None:
    journey = document.parse(seed.read_document(stem))
    assert checks.findings(journey, now=NOON, tz=ZoneInfo("UTC")) == []


def test_the_people_have_a_past_that_is_over(demo: int) -> None:
    assert Profile.objects.count() == NUMBER
    ((events, oldest, newest),) = sql.rows("SELECT count(*), min(at), max(at) FROM profiles_inbox")
    assert events > NUMBER
    assert NOON - timedelta(days=seed.PAST_DAYS + 1) < oldest < newest < NOON


def test_the_password_is_kept_and_lets_the_administrator_in(demo: int) -> None:
    assert authenticate(username="admin", password=keys.load().password) is not None


def test_starting_again_makes_nothing_new(demo: int) -> None:
    before, known = counts(), keys.load()
    seed.seed(now=NOON + HOUR, sink_port=demo, shop=SHOP, number=NUMBER)
    assert counts() == before
    assert keys.load() == known


def test_starting_again_completes_what_was_cut_short_and_leaves_what_was_changed(demo: int) -> None:
    lost = Profile.objects.get(identity=people.person(1).identity)
    sql.run("DELETE FROM profiles_identity WHERE profile_id = %(id)s", {"id": lost.pk})
    Journey.objects.filter(name="Welcome").update(name="My own")
    User.objects.get(username="admin").set_password("changed")
    seed.seed(now=NOON + HOUR, sink_port=demo + 1, shop=SHOP, number=NUMBER)
    assert Profile.objects.filter(identity=people.person(1).identity).count() == 2
    assert set(Journey.objects.values_list("name", flat=True)) == {
        "Abandoned cart",
        "My own",
        "Trail shoes on the site",
        "Welcome",
        "Win back lapsed buyers",
    }
    assert Provider.objects.get(name=seed.MAILBOX).config["port"] == demo + 1
