"""The canvas as a tester's hand finds it: its palette, blocks, nodes and panel."""

from typing import Any

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from journeys import services
from journeys.models import Version
from tests.journeys.documents import journey


def opened(page: Page, **changes: Any) -> Version:
    """A journey on the canvas, with other parts than the plain one where `changes` says so."""
    version = services.create_journey(document=journey(**changes), by=None, now=timezone.now())
    page.goto(f"/admin/journeys/journey/{version.journey_id}/canvas/")
    expect(page.locator(".react-flow__node-step").first).to_be_visible()
    return version


def panel(page: Page) -> Locator:
    return page.locator(".cv-panel")


def palette(page: Page, group: str, kind: str) -> Locator:
    """An item of the palette."""
    return page.locator("details", has=page.locator("summary", has_text=group)).get_by_role(
        "button", name=kind, exact=True
    )


def block(page: Page, name: str) -> Locator:
    """One of the blocks Setup, Goals and Entry."""
    return page.locator(".cv-block", has=page.locator(".cv-blockname", has_text=name))


def node(page: Page, number: int) -> Locator:
    return page.locator(f".react-flow__node[data-id='{number}']")


def still(page: Page) -> None:
    """Wait until the board moves no more. A movement begins some frames after what it follows."""
    page.evaluate(STILL)


STILL = """() => new Promise((done) => {
  let before, same = 0;
  const look = () => {
    const now = document.querySelector(".react-flow__viewport").style.transform;
    same = now === before ? same + 1 : 0;
    before = now;
    same < 10 ? requestAnimationFrame(look) : done();
  };
  look();
})"""


def open_panel(page: Page, number: int) -> None:
    """Open a node's panel. Another one that is open might cover the node, so it is closed first."""
    panel = page.locator(".cv-panel")
    if panel.count():
        panel.get_by_role("button", name="Close the panel").click()
        expect(panel).to_have_count(0)
    still(page)
    node(page, number).locator(".cv-head").click()
    expect(panel).to_contain_text(f"node {number}")
