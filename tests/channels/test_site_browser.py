"""sojourn.js on the page of a site of another origin, in a real browser."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import LazySettings
from django.core.cache import cache
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from channels import tracking
from channels.push.web import public_key
from channels.services import save_provider
from config.lib import sql
from config.lib.lanes import of
from profiles import sites
from profiles.models import Credential
from profiles.services import issue_credential
from tests.channels.conftest import World
from tests.channels.test_ondevice import known, put

pytestmark = pytest.mark.browser

VISITOR = "6f0cf9a4-6f6b-4d1c-8a4e-0f7c9a0d3f11"


@pytest.fixture
def site(transactional_db: None, live_server: LiveServer, settings: LazySettings) -> Credential:
    """The credential of a site that is the same server by another name."""
    settings.ROOT_URLCONF = "tests.channels.site_routes"
    cache.clear()
    return issue_credential(name="Shop", scopes=["pages"], origins=[_elsewhere(live_server)])[0]


@pytest.fixture
def ada(site: Credential, world: World) -> int:
    """Ada, who is VISITOR in her browser."""
    person = known(world, "ada")
    sql.run(
        "INSERT INTO profiles_identity (value, kind, lane, profile_id) VALUES (%(it)s, 'object', %(lane)s, %(id)s)",
        {"it": VISITOR, "lane": of(person), "id": person},
    )
    return person


Visit = Callable[[], None]


@pytest.fixture
def visit(page: Page, live_server: LiveServer, site: Credential) -> Visit:
    """Open the site's page as VISITOR."""

    def visit() -> None:
        kept = f'{{"id": "{VISITOR}"}}'
        page.add_init_script(f"if (self === top && !localStorage.sojourn) localStorage.sojourn = '{kept}'")
        page.goto(f"{_elsewhere(live_server)}/site/?{urlencode({'at': live_server.url, 'key': site.public_key})}")

    return visit


def _elsewhere(live_server: LiveServer) -> str:
    return live_server.url.replace("//localhost:", "//127.0.0.1:")


def show(world: World, person: int, channel: str = "web_popup", **content: Any) -> None:
    put(world, person, channel, at=datetime.now(UTC), **content)


def told(world: World) -> list[str]:
    """What became of messages after they were sent."""
    return [name for _, name, _ in world.events() if name in ("Notification Viewed", "Notification Clicked")]


def test_what_an_author_wrote_cannot_reach_the_page(page: Page, visit: Visit, world: World, ada: int) -> None:
    reach = "try { parent.document.title = 'mine' } catch { document.body.append('refused') }"
    show(world, ada, html=f"<h2>Sale</h2><a href='javascript:parent.stolen = 1'>Run</a><script>{reach}</script>")
    with page.expect_response("**/messages/ack"):
        visit()
    frame = page.get_by_role("dialog").frame_locator("iframe")
    expect(frame.get_by_text("refused")).to_be_visible()
    with page.expect_response("**/messages/ack"):  # a click it is, but it leads nowhere
        frame.get_by_role("link", name="Run").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.title() == "Shop"
    assert page.evaluate("window.stolen") is None
    assert told(world) == ["Notification Viewed", "Notification Clicked"]


def test_closing_a_pop_up_is_no_click_and_the_next_comes_after_it(
    page: Page, visit: Visit, world: World, ada: int
) -> None:
    show(world, ada, title="Second", priority=1)
    show(world, ada, title="First", priority=9)
    with page.expect_response("**/messages/ack"):
        visit()
    first, second = (page.get_by_role("dialog", name=name) for name in ("First", "Second"))
    expect(first).to_be_visible()
    expect(second).to_have_count(0)
    with page.expect_response("**/messages/ack"):
        first.get_by_role("button", name="Close").click()
    expect(second).to_be_visible()
    page.keyboard.press("Escape")
    expect(second).to_have_count(0)
    assert told(world) == ["Notification Viewed", "Notification Viewed"]


def test_a_pop_up_waits_until_the_page_is_scrolled_so_far(page: Page, visit: Visit, world: World, ada: int) -> None:
    show(world, ada, title="Half-way", trigger={"when": "scroll", "percent": 50})
    with page.expect_response("**/messages"):
        visit()
    page.evaluate("scrollTo(0, 100)")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight / 2)")
    expect(page.get_by_role("dialog", name="Half-way")).to_be_visible()


def test_exit_intent_shows_as_the_pointer_leaves_for_the_tabs(page: Page, visit: Visit, world: World, ada: int) -> None:
    show(world, ada, "exit_intent", title="Before you go")
    with page.expect_response("**/messages"):
        visit()
    leave = "y => document.documentElement.dispatchEvent(new MouseEvent('mouseleave', {clientY: y}))"
    page.evaluate(leave, 400)  # into the side bar
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.evaluate(leave, -1)
    expect(page.get_by_role("dialog", name="Before you go")).to_be_visible()


def test_a_page_may_show_messages_by_itself(page: Page, visit: Visit, world: World, ada: int) -> None:
    show(world, ada, title="Sale", values={"code": "X1"})
    page.add_init_script(
        "addEventListener('sojourn', e => { e.preventDefault(); document.querySelector('h1').textContent ="
        " e.detail.content.values.code; sojourn.clicked(e.detail, 'https://shop.example/') })"
    )
    visit()
    expect(page.get_by_role("heading", name="X1")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_whoever_signs_in_is_shown_what_waits_for_them(
    page: Page, visit: Visit, world: World, site: Credential
) -> None:
    show(world, known(world, "ada"), title="For Ada")
    show(world, known(world, "bob"), title="For Bob")
    visit()
    for name in ("Ada", "Bob"):  # Bob at Ada's browser
        signature = sites.signature(sites.signing_secret(site.public_key or ""), name.lower())
        page.evaluate("([who, proof]) => sojourn.identify(who, proof)", [name.lower(), signature])
        page.evaluate("sojourn.page()")
        popup = page.get_by_role("dialog", name=f"For {name}")
        expect(popup).to_be_visible()
        popup.get_by_role("button", name="Close").click()


def test_a_browser_is_subscribed_and_its_worker_tells_of_a_notification(
    page: Page, visit: Visit, world: World, ada: int, live_server: LiveServer
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    save_provider(
        name="Browsers", channel="web_push", kind="vapid", config={"subject": "mailto:it@shop.example"},
        is_default=True, password=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    )  # fmt: skip
    # No push service is asked in a test: the browser's answer is played, all before and after it is real.
    page.add_init_script(
        """PushManager.prototype.subscribe = async ({applicationServerKey}) => ({
             toJSON: () => ({endpoint: "https://fcm.googleapis.com/fcm/send/1",
                             keys: {p256dh: applicationServerKey, auth: "auth"}}) })"""
    )
    page.context.grant_permissions(["notifications"], origin=_elsewhere(live_server))
    visit()
    page.evaluate("sojourn.subscribe()")
    assert sql.rows("SELECT profile_id, keys->>'p256dh' FROM profiles_device", {}) == [(ada, public_key(key))]

    show(world, ada, title="Pushed")  # any message will do: its key is what the notification carries
    [(lane, message, day)] = sql.rows("SELECT lane, message_id, day FROM channels_ondevice", {})
    pushed = tracking.Linker().device(tracking.reference(lane, message, (day - tracking.DAY_ZERO).days))
    session = page.context.new_cdp_session(page)
    registrations: list[dict[str, Any]] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda it: registrations.extend(it["registrations"]))
    session.send("ServiceWorker.enable")
    while not registrations:  # they are told some moments later
        page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    with page.context.expect_event("response", lambda it: it.url.endswith("/messages/ack")):
        session.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": _elsewhere(live_server),
                "registrationId": registrations[0]["registrationId"],
                "data": f'{{"title": "Sale", "body": "Today", "message": "{pushed}"}}',
            },
        )
    assert told(world) == ["Notification Viewed"]
