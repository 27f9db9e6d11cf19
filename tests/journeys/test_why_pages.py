"""Why, over the API and on a person's page: what it shows, to whom, and of what is not there."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from channels import outbox
from channels.models import Message
from journeys import services
from journeys.engine import account, pump
from journeys.models import Version
from profiles import accept
from profiles.selectors import find_profile
from tests.journeys.documents import action, email, journey, link, live
from tests.staff import person, sign_in, signed_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def published(**changes: Any) -> Version:
    """A journey that is live since noon."""
    version = services.create_journey(document=journey(**changes), by=None, now=NOON)
    services.publish(version_id=version.pk, by=None, now=NOON)
    return version


def happens(identity: str, event: str, at: datetime, **properties: Any) -> None:
    """An event comes, and moves whom it moves."""
    accept.accept([{"type": "event", "identity": identity, "evtName": event, "evtData": properties}], now=at)
    pump.pump(account=account.current(), clock=lambda: at + timedelta(seconds=1))


@pytest.fixture
def carts(db: None) -> tuple[Version, Version]:
    """Ann waits in the first of two journeys, having been refused a second time, and never entered the other one."""
    waiting = published(
        name="Abandoned cart", nodes=[action(1, name="Bought?"), email(2, name="Offer")],
        links=[link("entry", "yes", 1), link(1, "yes", 2)],
    )  # fmt: skip
    where = [{"property": "amount", "op": ">", "value": 100}]
    dear = published(
        name="Dear baskets",
        entry=live(segment={"kind": "action", "events": [{"event": "Added To Cart", "where": where}]}),
    )
    happens("ann", "Added To Cart", NOON + HOUR, amount=12)
    happens("ann", "Added To Cart", NOON + 2 * HOUR, amount=15)
    return waiting, dear


def number(identity: str) -> int:
    profile = find_profile(identity=identity)
    assert profile is not None
    return profile.pk


def ask(who: str, journey_id: int, **asked: Any) -> Any:
    answer = signed_in(who).get(f"/api/journeys/{journey_id}/why/", asked)
    return answer.status_code, answer.json()


def test_the_api_answers_by_number_and_by_identity_alike(carts: tuple[Version, Version]) -> None:
    waiting, dear = (version.journey_id for version in carts)
    status, answer = ask("mia", waiting, identity="ann")
    assert (status, answer) == ask("mia", waiting, profile=number("ann"))
    assert (status, answer["inside"], answer["journey"]["name"]) == (200, True, "Abandoned cart")
    (version,) = answer["versions"]
    assert [line["kind"] for line in version["lines"]] == ["state", "entered", "arrived", "refused"]
    assert version["place"].startswith("At node 1 “Bought?” since 2 Mar")
    assert "Listens to Charged." in version["waits"]
    status, outside = ask("mia", dear, identity="ann")
    assert (status, outside["inside"]) == (200, False)
    assert outside["because"][-1] == {"text": "its amount over 100", "ok": False, "seen": "12", "depth": 2}


def test_only_who_may_see_journeys_and_people_is_answered(carts: tuple[Version, Version]) -> None:
    url = f"/api/journeys/{carts[0].journey_id}/why/?identity=ann"
    page = f"/admin/profiles/profile/{number('ann')}/engagement/"
    nobody = person("nora")  # staff without any role
    half = person("hal")
    from django.contrib.auth.models import Permission

    half.user_permissions.add(Permission.objects.get(codename="view_journey"))
    other = person("olga")
    other.user_permissions.add(Permission.objects.get(codename="view_profile"))
    for someone in (nobody, half, other):
        client = signed_in(someone.username)
        assert client.get(url).status_code == 403
        assert client.get(page).status_code == 403
    story = signed_in("olga").get(f"/admin/profiles/profile/{number('ann')}/change/").content.decode()
    assert "Engagement" not in story
    assert signed_in("mia").get(url).status_code == 200
    assert signed_in("mia").get(page).status_code == 200


def test_what_is_not_there_is_a_404_and_what_is_asked_badly_a_400(carts: tuple[Version, Version]) -> None:
    here, ann = carts[0].journey_id, number("ann")
    assert ask("mia", 999_999, identity="ann")[0] == 404
    assert ask("mia", here, identity="zoe") == (
        404,
        {"code": "not_found", "message": "Nobody has this identity, e-mail address or phone number."},
    )
    assert ask("mia", here, profile=ann + 64_000)[0] == 404
    assert ask("mia", here)[0] == 400
    assert ask("mia", here, profile=ann, identity="ann")[0] == 400
    assert ask("mia", here, profile="ann")[0] == 400
    mia = signed_in("mia")
    assert mia.get(f"/admin/profiles/profile/{ann + 64_000}/engagement/").status_code == 404
    for journey_id in ("999999", "x", "9" * 30):
        assert mia.get(f"/admin/profiles/profile/{ann}/engagement/?journey={journey_id}").status_code == 404


def test_a_message_that_was_not_sent_says_why_in_words(carts: tuple[Version, Version]) -> None:
    happens("ann", "Charged", NOON + 3 * HOUR)
    outbox.dispatch(now=NOON + 3 * HOUR + HOUR, batch=10)
    message = Message.objects.get(profile_id=number("ann"))
    assert (message.status, message.reason) == ("unreachable", "no email")
    page = signed_in("mia").get(f"/admin/channels/message/{message.pk}/change/").content.decode()
    assert "The person has no e-mail address." in page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 820)])
def test_any_journey_can_be_asked_about_on_the_persons_page(
    page: Page, live_server: LiveServer, carts: tuple[Version, Version], theme: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 1000})
    sign_in(page, "mia")
    page.evaluate(f"localStorage.setItem('adminTheme', JSON.stringify('{theme}'))")
    page.goto(f"/admin/profiles/profile/{number('ann')}/change/")
    page.get_by_role("link", name="Engagement").click()
    why = page.locator("#why")
    expect(page.locator(f"html.{theme}")).to_have_count(1)
    expect(why).to_contain_text("At node 1 “Bought?” since 2 Mar")
    expect(why).to_contain_text("they were inside already")
    expect(page.locator(".sj-presence .bar.inside")).to_have_count(1)
    page.get_by_label("Journey", exact=True).select_option(label=f"Dear baskets #{carts[1].journey_id}")
    expect(why).to_contain_text("Not inside, because")
    expect(why.locator(".fails .asked", has_text="its amount over 100")).to_have_count(2)
    expect(page).to_have_url(
        f"{live_server.url}/admin/profiles/profile/{number('ann')}/engagement/?journey={carts[1].journey_id}"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("link", name="Why?").click()
    expect(why).to_contain_text("At node 1 “Bought?” since 2 Mar")
