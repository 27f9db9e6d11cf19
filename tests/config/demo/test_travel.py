"""The demo's journeys as their visitors travel them: real mails over SMTP into the mailbox, real clicks."""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from channels import outbox
from channels.models import Sandboxed
from config.demo import mailbox, people
from config.demo.mailbox import Mail
from config.demo.people import PRODUCTS, Person
from journeys import schedule, selectors, services
from journeys.engine.account import Account
from journeys.engine.pump import pump
from journeys.models import Enrollment, Version
from profiles.accept import accept
from profiles.models import Profile
from tests.config.demo.conftest import NOON, NUMBER, SHOP

MINUTE = timedelta(minutes=1)
SHOES = PRODUCTS["trail-shoes"]
ACCOUNT = Account(zone=ZoneInfo("UTC"), tick_offset=0)


@pytest.fixture
def until(demo: int) -> Callable[[datetime], list[Mail]]:
    """Let the clock come to an instant: people move, mails go out and come in. Gives the mailbox, newest first."""

    def until(now: datetime) -> list[Mail]:
        while pump(account=ACCOUNT, clock=lambda: now) + outbox.dispatch(now=now, batch=100):
            pass
        return mailbox.newest()

    return until


def happen(name: str, who: Person, at: datetime) -> None:
    """Upload an event of the shop, after the person's profile."""
    told = people.bought(SHOES, SHOP)
    event = {"type": "event", "identity": who.identity, "evtName": name, "evtData": told, "ts": int(at.timestamp())}
    assert accept([who.profile(), event], now=at).refusals == []


def press(link: str, at: datetime) -> int:
    """What a mail program does with an address of ours; returns the status of the answer."""
    with time_machine.travel(at, tick=False):
        return Client().get(urlsplit(link).path).status_code


def exits() -> list[tuple[str, str | None]]:
    """Every stay with how it ended."""
    return list(Enrollment.objects.order_by("id").values_list("journey__name", "exit_reason"))


def test_a_forgotten_cart_is_mailed_after_a_minute_and_bought_after_the_click(
    until: Callable[[datetime], list[Mail]],
) -> None:
    ada = people.person(7)
    happen("Added to Cart", ada, NOON + MINUTE)
    assert until(NOON + 2 * MINUTE - timedelta(seconds=1)) == []
    (first,) = until(NOON + 2 * MINUTE)
    assert first.to == ada.email
    assert first.subject == f"{ada.name.split()[0]}, you left something behind"
    assert "Trail shoes" in first.html
    assert [link.label for link in first.links] == ["Back to my cart"]

    assert press(first.links[0].url, NOON + 3 * MINUTE) == 302
    until(NOON + 3 * MINUTE)
    assert Profile.objects.get(identity=ada.identity).properties["interested in"] == ["Shoes"]

    second, _first = until(NOON + 5 * MINUTE)
    assert second.subject == "10 % off your Trail shoes"

    happen("Charged", ada, NOON + 6 * MINUTE)
    until(NOON + 6 * MINUTE)
    assert exits() == [("Abandoned cart", "goal_1")]


def test_a_cheap_cart_is_left_alone(until: Callable[[datetime], list[Mail]]) -> None:
    ada = people.person(7)
    told = people.bought(PRODUCTS["water-bottle"], SHOP)
    accept(
        [{"type": "event", "identity": ada.identity, "evtName": "Added to Cart", "evtData": told}], now=NOON + MINUTE
    )
    assert until(NOON + 5 * MINUTE) == []
    assert exits() == []


def test_who_signs_up_is_welcomed_at_once_and_the_crm_hears_of_readers(
    until: Callable[[datetime], list[Mail]],
) -> None:
    newcomer = people.person(1_000_001)
    happen("Signed Up", newcomer, NOON + MINUTE)
    (welcome,) = until(NOON + MINUTE)
    assert welcome.subject == f"Welcome, {newcomer.name.split()[0]}!"

    assert press(welcome.pixels[0], NOON + 2 * MINUTE) == 200
    until(NOON + 2 * MINUTE)
    assert Profile.objects.get(identity=newcomer.identity).properties["stage"] == "engaged"
    assert Sandboxed.objects.get().content["body"]["email"] == newcomer.email

    picks, _welcome = until(NOON + 3 * MINUTE)
    assert picks.subject == f"Three picks for {newcomer.city}"
    assert press(picks.links[1].url, NOON + 4 * MINUTE) == 302
    until(NOON + 4 * MINUTE)
    assert exits() == [("Welcome", "force_exit")]


def test_the_draft_finds_lapsed_buyers_once_it_is_published(until: Callable[[datetime], list[Mail]]) -> None:
    until(NOON)  # the past is routed
    draft = Version.objects.get(status="draft")
    services.publish(version_id=draft.pk, by=None, now=NOON + MINUTE)
    schedule.clock(NOON + MINUTE)
    mails = until(NOON + MINUTE)
    assert 5 < len(mails) < NUMBER / 2
    assert len({mail.to for mail in mails}) == len(mails)


def test_nobody_is_lost_on_the_way(until: Callable[[datetime], list[Mail]]) -> None:
    for number in range(1, 21):
        happen("Added to Cart", people.person(number), NOON + MINUTE)
        happen("Signed Up", people.person(1_000_000 + number), NOON + MINUTE)
    mails = until(NOON + 2 * MINUTE)
    assert len(mails) == 40
    for version in Version.objects.exclude(status="draft"):
        assert selectors.conservation(version.pk) == []
