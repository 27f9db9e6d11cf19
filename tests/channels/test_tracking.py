"""Links in messages: they record what people did, and nobody can make one up."""

import base64
import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from channels import receipts, tracking
from channels.outbox import dispatch
from config.lib import sql
from tests.channels.conftest import NOON, World

pytestmark = pytest.mark.django_db
GOAL = "https://shop.example/?a=1&b=2"


@pytest.fixture
def links(world: World) -> dict[str, str]:
    """The paths of Ada's links: open, click, unsubscribe."""
    world.queue(
        world.campaign(html=f'<body><a class="x" href="{GOAL.replace("&", "&amp;")}">Look</a></body>'),
        world.person("ada"),
    )
    dispatch(now=NOON, batch=10)
    sql.run("DELETE FROM profiles_inbox")
    mail = world.sandboxed()["ada@example.com"]
    found = re.search(r'href="http://127.0.0.1:8000(/t/c/[^"]+)"', mail["html"])
    pixel = re.search(r'src="http://127.0.0.1:8000(/t/o/[^"]+)"', mail["html"])
    assert found
    assert pixel
    return {
        "click": found[1],
        "open": pixel[1],
        "unsubscribe": mail["unsubscribe"].removeprefix("http://127.0.0.1:8000"),
    }


@pytest.fixture
def heard(world: World) -> Callable[[], list[tuple[str, str, str | None]]]:
    """(identity, event, url) of the inbox."""
    return lambda: [(who, name, properties.get("url")) for who, name, properties in world.events()]


Heard = Callable[[], list[tuple[str, str, str | None]]]


def test_an_open_is_an_event_with_the_messages_place(client: Client, links: dict[str, str], world: World) -> None:
    response = client.get(links["open"])
    assert (response.status_code, response["Content-Type"]) == (200, "image/gif")
    assert "no-store" in response["Cache-Control"]
    [(who, name, properties)] = world.events()
    assert (who, name) == ("ada", "Notification Viewed")
    assert {key: properties[key] for key in ("channel", "journey", "version", "node", "visit")} == {
        "channel": "email", "journey": 7, "version": 8, "node": 3, "visit": 1,
    }  # fmt: skip


def test_a_click_is_an_event_and_leads_on(client: Client, links: dict[str, str], heard: Heard) -> None:
    response = client.get(links["click"])
    assert (response.status_code, response["Location"]) == (302, GOAL)
    assert heard() == [("ada", "Notification Clicked", GOAL)]


def test_clicking_twice_is_two_events_and_harms_nobody(client: Client, links: dict[str, str], heard: Heard) -> None:
    client.get(links["click"])
    client.get(links["click"])
    assert len(heard()) == 2


def test_a_machine_that_only_looks_records_nothing(client: Client, links: dict[str, str], heard: Heard) -> None:
    assert client.head(links["click"]).status_code == 302
    assert client.head(links["open"]).status_code == 200
    assert client.get(links["unsubscribe"]).status_code == 200
    assert heard() == []


@pytest.mark.parametrize("kind", ["open", "click", "unsubscribe"])
def test_a_changed_link_does_nothing(client: Client, links: dict[str, str], heard: Heard, kind: str) -> None:
    token = links[kind].split("/")[3].removesuffix(".gif")
    for position in range(len(token)):
        changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
        response = (
            client.post(links[kind].replace(token, changed))
            if kind == "unsubscribe"
            else client.get(links[kind].replace(token, changed))
        )
        assert response.status_code == 404
    assert heard() == []
    assert sql.rows("SELECT * FROM profiles_suppression") == []


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "javascript:alert(1)", "//evil.example", "data:text/html,x", ""]
)
def test_nobody_redirects_to_a_page_of_their_own(
    client: Client, links: dict[str, str], heard: Heard, target: str
) -> None:
    start, _slash, _old = links["click"].rpartition("/")
    encoded = base64.urlsafe_b64encode(target.encode()).rstrip(b"=").decode()
    assert client.get(f"{start}/{encoded}").status_code == 404
    assert heard() == []


def test_a_token_of_one_purpose_serves_no_other(client: Client, links: dict[str, str], heard: Heard) -> None:
    token = links["open"].split("/")[3].removesuffix(".gif")
    assert client.post(f"/t/u/{token}").status_code == 404
    assert heard() == []


@pytest.mark.parametrize(
    "path", ["/t/o/x.gif", "/t/o/ü.gif", "/t/c/x/y", "/t/c/%00/%00", "/t/u/" + "A" * 5000, "/t/u/AAAA"]
)
def test_nonsense_is_a_page_that_says_so(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_unsubscribing_asks_first_and_then_does_it(
    client: Client, links: dict[str, str], heard: Heard, world: World
) -> None:
    page = client.get(links["unsubscribe"])
    assert "Unsubscribe?" in page.content.decode()
    assert heard() == []
    assert "You are unsubscribed" in client.post(links["unsubscribe"]).content.decode()
    assert heard() == [("ada", "Channel Unsubscribed", None)]
    assert sql.rows("SELECT kind, value, reason FROM profiles_suppression") == [
        ("email", "ada@example.com", "unsubscribed")
    ]
    # Whoever else has the address gets nothing either.
    world.queue(world.campaign(), world.person("bob", email="ada@example.com"))
    dispatch(now=NOON, batch=10)
    assert ("bob", "unreachable", "unsubscribed") in world.messages()


def test_one_click_in_a_mail_program_unsubscribes(links: dict[str, str], heard: Heard) -> None:
    """RFC 8058: a POST without cookies or a token of Django's."""
    client = Client(enforce_csrf_checks=True)
    response = client.post(
        links["unsubscribe"], "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 200
    assert heard() == [("ada", "Channel Unsubscribed", None)]


def test_links_outlive_a_change_of_the_key(
    client: Client, links: dict[str, str], heard: Heard, settings: Settings
) -> None:
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "another"
    assert client.get(links["open"]).status_code == 404
    settings.SECRET_KEY_FALLBACKS = [old]
    assert client.get(links["open"]).status_code == 200
    assert len(heard()) == 1


def test_a_message_that_is_long_gone_leads_on_all_the_same(client: Client, links: dict[str, str], heard: Heard) -> None:
    sql.run("DELETE FROM channels_message")
    assert client.get(links["click"]).status_code == 302
    assert heard() == []


def track(page: str) -> str:
    return tracking.Linker().track(page, tracking.reference(1, 2, (NOON.date() - tracking.DAY_ZERO).days))


def test_links_of_pages_lead_through_us() -> None:
    page = """<a href="https://a.example/x?y=1&amp;z=2#f">1</a> <A data-x='1' HREF = 'http://b.example'>2</A>
<a title="href" href="https://c.example/ü">3</a>"""
    tracked = track(page)
    found = re.findall(r"/t/c/([^/]+)/([^\"']+)", tracked)
    targets = [tracking.target(encoded) for _token, encoded in found]
    assert targets == [b"https://a.example/x?y=1&z=2#f", b"http://b.example", "https://c.example/ü".encode()]
    for (token, _encoded), target in zip(found, targets, strict=True):
        assert target
        assert tracking.read(token, tracking.CLICK, target) == tracking.Ref(1, 2, NOON.date())
    assert unescape(re.sub(r"http://127[^\"']+", "X", tracked)).count("X") == 4  # and the pixel


@pytest.mark.parametrize(
    "page",
    [
        '<a href="mailto:a@b.example">x</a>',
        '<a href="#top">x</a>',
        '<a href="/relative">x</a>',
        '<a data-href="https://a.example">x</a>',
        '<link href="https://a.example/style.css">',
        '<img src="https://a.example/i.png">',
        '<a href="http://127.0.0.1:8000/t/u/token">x</a>',
        "https://a.example",
    ],
)
def test_everything_else_stays_as_it_is(page: str) -> None:
    assert track(page).startswith(page)


def test_a_page_full_of_half_links_costs_no_more_than_its_length() -> None:
    track("<a " * 60_000)
    track('<a href="https://x' * 10_000)


def test_the_pixel_is_in_the_page() -> None:
    assert re.fullmatch(
        r'<html><body>x<img src="[^"]+\.gif" width="1" height="1" alt=""></body></html>',
        track("<html><body>x</body></html>"),
    )


def test_references_hold_the_largest_numbers() -> None:
    url = tracking.Linker().unsubscribe(tracking.reference(63, 2**48 - 1, 2**16 - 1))
    ref = tracking.read(url.rpartition("/")[2], tracking.UNSUBSCRIBE)
    assert ref == tracking.Ref(63, 2**48 - 1, date(2020, 1, 1) + timedelta(days=2**16 - 1))


def test_receipts_come_from_elsewhere_too(world: World) -> None:
    world.queue(world.campaign(), world.person("ada"), world.person("bob"))
    dispatch(now=NOON, batch=640)
    sql.run("DELETE FROM profiles_inbox")
    refs = [tracking.Ref(lane, id) for lane, id in sql.rows("SELECT lane, id FROM channels_message ORDER BY id")]
    assert receipts.record_receipt([*refs, tracking.Ref(5, 999)], "delivered", at=NOON) == 2
    assert receipts.record_receipt([], "delivered", at=NOON) == 0
    assert receipts.record_receipt(refs[:1], "hard_bounce", at=NOON) == 1
    assert [(who, name, properties.get("reason")) for who, name, properties in world.events()] == [
        ("ada", "Notification Delivered", None),
        ("bob", "Notification Delivered", None),
        ("ada", "Notification Failed", "hard bounce"),
    ]
