"""The demo's mailbox: what is kept of mails, and what its pages and its command do with them."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from config.demo import mailbox
from tests.config.demo.conftest import SHOP, keep

pytestmark = pytest.mark.usefixtures("home")

ANN, BOB = "ann@example.com", "bob@example.com"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The calls that reading mails makes, (method, address), all answered with a redirect to the shop."""
    made: list[tuple[str, str]] = []

    def answer(method: str) -> Callable[..., httpx.Response]:
        def answered(url: str, **_: Any) -> httpx.Response:
            made.append((method, url))
            status = 302 if "/t/c/" in url else 200
            return httpx.Response(status, headers={"Location": SHOP}, request=httpx.Request(method, url))

        return answered

    monkeypatch.setattr(httpx, "get", answer("GET"))
    monkeypatch.setattr(httpx, "post", answer("POST"))
    return made


@pytest.fixture
def staff(db: None) -> Client:
    """A browser of somebody who may use the back office."""
    client = Client()
    client.force_login(User.objects.create_user("eve", is_staff=True))
    return client


def test_a_mail_is_read_with_its_links_images_and_unsubscribe_address() -> None:
    mail = mailbox.read(keep(ANN, "Café au lait", 1_772_452_800_000_000_000))
    assert mail is not None
    assert (mail.to, mail.subject, mail.at.isoformat()) == (ANN, "Café au lait", "2026-03-02T12:00:00+00:00")
    assert [link.label for link in mail.links] == ["Back to my cart", "All of them"]
    assert mail.pixels == ["https://sojourn.example.com/t/o/1.gif"]
    assert mail.unsubscribe == "https://sojourn.example.com/t/u/abc"


def test_mails_of_one_instant_are_both_kept_and_the_newest_come_first() -> None:
    first, second, third = keep(ANN, "One", 5), keep(BOB, "Two", 5), keep(ANN, "Three", 70)
    assert mailbox.ids() == [third, second, first]
    assert [mail.subject for mail in mailbox.newest(to="ANN@")] == ["Three", "One"]


def test_only_the_newest_mails_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "MOST", 3)
    for at in range(1, 6):
        keep(ANN, "Hello", at)
    mailbox.trim()
    assert mailbox.ids() == ["5", "4", "3"]


@pytest.mark.parametrize("mail_id", ["404", "..", "../demo", "1.eml"])
def test_a_mail_that_is_not_there_is_none(mail_id: str) -> None:
    assert mailbox.read(mail_id) is None


def test_the_command_opens_and_clicks_the_newest_mail_to_an_address(
    calls: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    keep(ANN, "For Ann", 1)
    keep(BOB, "For Bob", 2)
    call_command("demo_click", "ann@")
    assert calls == [("GET", "https://sojourn.example.com/t/o/1.gif"), ("GET", "https://sojourn.example.com/t/c/1")]
    assert f"It leads to {SHOP}" in capsys.readouterr().out


def test_the_command_says_when_there_is_nothing_to_click(calls: list[tuple[str, str]]) -> None:
    with pytest.raises(CommandError, match="There is no mail to “cleo” with a link in it"):
        call_command("demo_click", "cleo")
    assert calls == []


def test_without_the_demo_there_is_no_mailbox(staff: Client) -> None:
    assert staff.get("/demo/mailbox/").status_code == 404


@pytest.mark.urls("tests.config.demo.routes")
def test_only_staff_read_the_mailbox(staff: Client) -> None:
    mail_id = keep(ANN, "Secret", 1)
    for path in ("/demo/mailbox/", f"/demo/mailbox/{mail_id}/"):
        assert Client().get(path).status_code == 302
        assert b"Secret" in staff.get(path).content


@pytest.mark.urls("tests.config.demo.routes")
def test_the_buttons_of_a_mail_click_and_unsubscribe(staff: Client, calls: list[tuple[str, str]]) -> None:
    place = f"/demo/mailbox/{keep(ANN, 'Hello', 1)}/"
    assert "It leads to" in staff.post(f"{place}do/", {"do": "1"}, follow=True).content.decode()
    assert "has unsubscribed" in staff.post(f"{place}do/", {"do": "unsubscribe"}, follow=True).content.decode()
    assert staff.post(f"{place}do/", {"do": "2"}).status_code == 404
    assert calls == [("GET", "https://sojourn.example.com/t/c/2"), ("POST", "https://sojourn.example.com/t/u/abc")]


@pytest.mark.urls("tests.config.demo.routes")
def test_a_link_that_leads_nowhere_is_said_on_the_page(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str, **_: Any) -> httpx.Response:
        raise httpx.ConnectError("nobody there")

    monkeypatch.setattr(httpx, "get", refuse)
    page = staff.post(f"/demo/mailbox/{keep(ANN, 'Hello', 1)}/do/", {"do": "0"}, follow=True)
    assert "That did not work: nobody there" in page.content.decode()


@pytest.mark.browser
@pytest.mark.urls("tests.config.demo.routes")
def test_a_mail_is_read_and_clicked_in_the_browser(page: Page, live_server: LiveServer) -> None:
    User.objects.create_superuser("eve", password="a long password")
    mail = f"""\
To: {ANN}
Subject: Your cart
Content-Type: text/html; charset="utf-8"

<h1>Still thinking?</h1><a href="{live_server.url}/demo/shop/hammock/">Back to my cart</a>"""
    mailbox.store(mail.encode(), 1)
    page.goto("/demo/mailbox/")
    page.get_by_label("Username").fill("eve")
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Your cart").click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Still thinking?")).to_be_visible()
    # Neither scripts nor our origin: a mail must not act for who reads it.
    expect(page.locator("iframe")).to_have_attribute("sandbox", "allow-popups allow-popups-to-escape-sandbox")
    page.get_by_role("button", name="Click “Back to my cart”").click()
    expect(page.get_by_text("Clicked “Back to my cart”.")).to_be_visible()
    with page.context.expect_page() as opened:
        frame.get_by_role("link", name="Back to my cart").click()
    expect(opened.value.get_by_role("heading", name="Hammock")).to_be_visible()
