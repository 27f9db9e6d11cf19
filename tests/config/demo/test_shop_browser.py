"""The demo's shop in a real browser: a page that embeds sojourn.js, and what its visitor is shown."""

from datetime import UTC, datetime
from queue import Queue
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from channels import api, outbox
from config.demo import seed
from journeys.engine.account import Account
from journeys.engine.pump import pump
from journeys.models import Enrollment
from profiles.models import Profile

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("home")]

ACCOUNT = Account(ZoneInfo("UTC"))
WAIT = 30  # seconds at most


@pytest.fixture
def shop(transactional_db: None, live_server: LiveServer, settings: LazySettings) -> str:
    """The address of the shop, in a demo of two people, who get no mail."""
    settings.ROOT_URLCONF = "tests.config.demo.routes"
    cache.clear()
    address = f"{live_server.url}/demo/shop"
    seed.seed(now=datetime.now(UTC), sink_port=2525, shop=address, number=2)
    settle()
    return address


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Queue[str]:
    """What became of messages, as it is kept. The browser reports no answer to a page that is left meanwhile."""
    told: Queue[str] = Queue()
    acknowledge = api.acknowledge

    def heard(asked: dict[str, Any]) -> dict[str, Any]:
        answer = acknowledge(asked)
        for ack in asked["acks"]:
            told.put(ack["outcome"])
        return answer

    monkeypatch.setattr(api, "acknowledge", heard)
    return told


def settle() -> None:
    """The workers do what there is to do."""
    while pump(account=ACCOUNT, clock=lambda: datetime.now(UTC)) or outbox.dispatch(now=datetime.now(UTC), batch=100):
        pass


def places() -> list[tuple[str, int]]:
    return list(Enrollment.objects.order_by("id").values_list("phase", "node"))


def test_who_looks_at_the_shoes_sees_the_pop_up_and_moves_on_by_a_click(
    page: Page, shop: str, told: Queue[str]
) -> None:
    with page.expect_response("**/events"):
        page.goto(f"{shop}/trail-shoes/")
    settle()
    assert places() == [("waiting", 1)]
    assert told.get(timeout=WAIT) == "viewed"
    popup = page.get_by_role("dialog", name="10 % off trail shoes")
    expect(popup).to_be_visible()
    frame = page.frame_locator("iframe[title='10 % off trail shoes']")
    expect(frame.get_by_text("with the code TRAIL10")).to_be_visible()
    with page.expect_response("**/events"):  # of the next page
        frame.get_by_role("link", name="Show me more").click()
    expect(page).to_have_url(f"{shop}/")
    expect(popup).to_have_count(0)
    assert told.get(timeout=WAIT) == "clicked"
    settle()
    assert places() == [("waiting", 3)]
    assert told.get(timeout=WAIT) == "viewed"
    visitor = Profile.objects.get(identity=None)
    assert visitor.properties == {"interested in": ["Shoes"]}
    assert visitor.object_id == page.evaluate("sojourn.id")

    banner = page.locator("[data-sojourn-place=banner]").frame_locator("iframe")
    expect(banner.get_by_text("TRAIL10")).to_be_visible()
    settle()
    assert places() == [("exited", 3)]
