"""The canvas for everybody: axe finds nothing serious on its pages, light and dark, wide and narrow; and the first load
is small.
"""

import gzip
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from journeys import services
from tests.journeys.canvas import open_panel
from tests.journeys.documents import action, email, journey, link
from tests.staff import sign_in

AXE = Path(settings.BASE_DIR, "node_modules", "axe-core", "axe.min.js")
BUNDLE = Path(settings.BASE_DIR, "static", "islands")
FIRST_LOAD = 400_000  # bytes of compressed script
browser_test = pytest.mark.browser


def serious(page: Page, theme: str) -> list[str]:
    """What axe finds on the island that keeps people from using it."""
    page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", theme == "dark")
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run('[data-island]').then((told) => told.violations)")
    return [
        f"{it['id']}: {it['help']} {node['html'][:160]} {node.get('failureSummary', '')}"
        for it in found
        if it["impact"] in ("serious", "critical")
        for node in it["nodes"]
    ]


@browser_test
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 820)])
def test_axe_finds_nothing_serious_on_the_canvas_and_its_pages(
    page: Page, live_server: LiveServer, theme: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, "cora")
    document = journey(
        nodes=[email(1), action(2), {"id": 3, "kind": "force_exit"}],
        links=[link("entry", "yes", 1, after="PT1H"), link(1, "node_timeout", 2), link(2, "yes", 3)],
        goals=[{"kind": "action", "events": [{"event": "Charged"}]}],
    )
    version = services.create_journey(document=document, by=None, now=timezone.now())
    found: dict[str, list[str]] = {}

    page.goto("/admin/journeys/journey/add/")
    expect(page.get_by_text("What is the journey to do?")).to_be_visible()
    found["start"] = serious(page, theme)

    page.goto(f"/admin/journeys/journey/{version.journey_id}/canvas/")
    expect(page.locator(".react-flow__node[data-id='1']")).to_be_visible()
    found["canvas"] = serious(page, theme)
    for name, box in (("setup", "Setup"), ("goals", "Goals"), ("entry", "Entry")):
        page.locator(".cv-block", has=page.locator(".cv-blockname", has_text=box)).dispatch_event("click")
        expect(page.get_by_role("complementary", name=box)).to_be_visible()
        expect(page.get_by_text("Loading the form")).to_have_count(0)
        found[name] = serious(page, theme)
    for number in (1, 2):
        open_panel(page, number)
        expect(page.locator(".cv-panel .cv-form")).to_be_visible()
        found[f"node {number}"] = serious(page, theme)
    page.get_by_role("button", name="Rehearse").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found["rehearse"] = serious(page, theme)
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_role("button", name="List view").click()
    expect(page.get_by_role("row").first).to_be_visible()
    found["list"] = serious(page, theme)

    services.publish(version_id=version.pk, by=None, now=timezone.now())
    for tab in ("nodes", "journey", "engagement"):
        page.goto(f"/admin/journeys/journey/{version.journey_id}/numbers/{tab}/")
        expect(page.locator("[data-island] h2, [data-island] .sj-tiles, [data-island] table").first).to_be_visible()
        found[f"numbers: {tab}"] = serious(page, theme)
    assert {name: it for name, it in found.items() if it} == {}


def test_the_first_load_of_the_canvas_is_at_most_400_kb_of_compressed_script() -> None:
    manifest = json.loads((BUNDLE / "manifest.json").read_text())
    wanted, files = ["config/islands/main.tsx", "journeys/canvas/Page.tsx"], set()
    while wanted:
        chunk = manifest[wanted.pop()]
        if chunk["file"] not in files:
            files.add(chunk["file"])
            wanted += chunk.get("imports", [])
    sizes = {name: len(gzip.compress((BUNDLE / name).read_bytes())) for name in files if name.endswith(".js")}
    assert len(sizes) > 1
    assert sum(sizes.values()) <= FIRST_LOAD, sizes
