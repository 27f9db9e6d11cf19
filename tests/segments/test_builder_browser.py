"""The builder in a real browser: what only a browser can show."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Dialog, Locator, Page, Request, Route, expect
from pytest_django.live_server_helper import LiveServer

from profiles import partitions
from segments import saved
from segments.models import Segment
from segments.rules import parse
from tests.segments.cast import Someone, store
from tests.staff import sign_in

pytestmark = pytest.mark.browser

ADD = "/admin/segments/segment/add/"
AXE = Path(settings.BASE_DIR, "node_modules", "axe-core", "axe.min.js")


@pytest.fixture
def cora(page: Page, live_server: LiveServer, transactional_db: None) -> Iterator[Page]:
    """Cora, who creates journeys, signed in; Ada, Bob, Cleo and Dai have a history."""
    populate(timezone.now())
    sign_in(page, "cora")
    yield page
    page.goto("about:blank")  # what is under way ends before the tables are emptied


def populate(now: datetime) -> None:
    """Ada: gold, bought twice. Bob: silver, bought once, can be reached. Cleo: gold, only looked. Dai: nothing."""
    lately = now - timedelta(hours=2)
    partitions.cover("profiles_event", lately, now)
    bought = ("Charged", lately, {"amount": 20, "items": ["shoes"]})
    again = ("Charged", lately, {"amount": 90, "items": ["hat"]})
    looked = ("Page Visited", lately, {"url": "/shoes"})
    store(
        [
            Someone(1, {"identity": "ada", "name": "Ada Byron"}, {"plan": "gold"}, [bought, again]),
            Someone(2, {"identity": "bob", "email": "bob@example.com"}, {"plan": "silver"}, [bought]),
            Someone(3, {"identity": "cleo", "name": "Cleo Laine"}, {"plan": "gold"}, [looked]),
            Someone(4, {"identity": "dai"}, {"plan": "free"}),
        ],
        ["Charged", "Page Visited"],
    )


def condition(page: Page, number: int) -> Locator:
    return page.get_by_role("group", name=f"Condition {number}", exact=True)


def counts(page: Page, people: int) -> None:
    expect(page.locator(".rb-figure")).to_have_attribute("data-count", str(people))


def choose(field: Locator, text: str) -> None:
    """Type into a field that proposes names, and take what it proposes."""
    field.fill(text)
    field.page.get_by_role("option", name=text).first.click()


def make(rule: dict[str, Any]) -> Segment:
    return saved.create_segment(name="Kept", kind="past", rule=parse(rule), now=timezone.now())


def order(page: Page) -> list[str]:
    """What the conditions ask about, from the top."""
    return [field.input_value() for field in page.locator(".rb-clause [role=combobox]").all()]


def serious(page: Page) -> list[str]:
    """What axe finds on the island that keeps people from using it."""
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run('[data-island]').then((told) => told.violations)")
    return [
        f"{it['id']}: {it['help']} {node['html'][:160]} {node.get('failureSummary', '')}"
        for it in found
        if it["impact"] in ("serious", "critical")
        for node in it["nodes"]
    ]


def test_a_segment_of_three_levels_is_built_counted_saved_and_reopened(cora: Page) -> None:
    cora.goto(ADD)
    expect(cora.get_by_text("Whom do you want to find?")).to_be_visible()
    cora.get_by_label("Name of the segment").fill("Gold or new")

    cora.get_by_role("button", name="Condition", exact=True).click()
    cora.get_by_role("menuitem", name="Profile").click()
    choose(cora.get_by_label("Condition 1: property"), "plan")
    condition(cora, 1).get_by_label("Condition 1: operator").select_option("not_in")
    cora.get_by_label("Condition 1: value: add a value").fill("free,")
    counts(cora, 3)
    expect(cora.get_by_text("Everyone who plan is none of free.")).to_be_visible()

    cora.get_by_role("button", name="Group", exact=True).click()
    choose(cora.get_by_label("Condition 2: event"), "Charged")
    counts(cora, 2)
    condition(cora, 2).get_by_label("how often").select_option(">=")
    counts(cora, 1)
    expect(cora.get_by_role("link", name="Ada Byron")).to_be_visible()

    inner = cora.get_by_role("group", name="Group 2", exact=True)
    inner.get_by_role("button", name="Group", exact=True).click()
    inner.get_by_label("joined").last.select_option("none")
    choose(cora.get_by_label("Condition 3: event"), "Page Visited")
    counts(cora, 2)  # Ada bought twice; Bob looked at nothing
    innermost = cora.get_by_role("group", name="Group 2.2", exact=True)
    innermost.get_by_role("button", name="Condition", exact=True).click()
    cora.get_by_role("menuitem", name="Can be reached").click()
    counts(cora, 1)  # Bob has an e-mail address

    cora.get_by_role("button", name="Save", exact=True).click()
    expect(cora).to_have_url(re.compile("/change/$"))
    segment = Segment.objects.get()
    assert segment.name == "Gold or new"
    assert segment.rule["all"][1]["any"][1]["not"]["any"][1] == {"reachable": "email"}
    cora.reload()
    counts(cora, 1)
    expect(cora.get_by_label("Condition 3: event")).to_have_value("Page Visited")
    expect(cora.get_by_label("joined")).to_have_count(3)
    assert [it.input_value() for it in cora.get_by_label("joined").all()] == ["all", "any", "none"]

    condition(cora, 4).get_by_role("button", name="Remove Condition 4").click()
    counts(cora, 2)
    cora.get_by_role("button", name="Save", exact=True).click()
    expect(cora.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    segment.refresh_from_db()
    assert len(segment.rule["all"][1]["any"][1]["not"]["any"]) == 1
    assert segment.version == 2


def test_a_segment_is_built_and_saved_with_the_keyboard_alone(cora: Page) -> None:
    cora.goto(ADD)
    press, keys = cora.keyboard.press, cora.keyboard.type
    cora.get_by_label("Name of the segment").focus()
    keys("Gold")
    tab_to(cora, "Condition")
    press("Enter")
    press("ArrowDown")
    press("ArrowDown")  # Did, Did not do, Profile
    expect(cora.get_by_role("menuitem", name="Profile")).to_be_focused()
    press("Enter")
    expect(cora.get_by_label("Condition 1: property")).to_be_focused()
    keys("pla")
    expect(cora.get_by_role("option", name="plan")).to_have_attribute("aria-selected", "true")
    press("Enter")
    tab_to(cora, "Condition 1: value")
    keys("gold")
    counts(cora, 2)

    press("Control+z")
    expect(cora.get_by_label("Condition 1: value")).to_have_value("")
    press("Control+Shift+z")
    expect(cora.get_by_label("Condition 1: value")).to_have_value("gold")

    tab_to(cora, "Group")
    press("Enter")
    expect(cora.get_by_label("Condition 2: event")).to_be_focused()
    keys("charg")
    expect(cora.get_by_role("option", name="Charged")).to_be_visible()
    press("Enter")
    counts(cora, 1)
    tab_to(cora, "More for group 2", back=True)
    press("Enter")
    expect(cora.get_by_role("menuitem", name="Move up")).to_be_focused()
    press("Enter")
    expect(cora.get_by_label("Condition 1: event")).to_have_value("Charged")
    counts(cora, 1)
    press("Control+s")
    expect(cora).to_have_url(re.compile("/change/$"))
    assert [*Segment.objects.get().rule["all"][0]] == ["any"]


def tab_to(page: Page, name: str, *, back: bool = False) -> None:
    """Press Tab until what has the name has the focus."""
    for _ in range(60):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        focused = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText"
        if name in page.evaluate(focused).split("\n"):
            return
    raise AssertionError(f"Tab never came to “{name}”.")


def test_a_condition_is_dragged_to_another_place(cora: Page) -> None:
    parts = [{"profile": {"property": name, "op": "exists"}} for name in ("Email", "Phone", "plan")]
    cora.goto(f"/admin/segments/segment/{make({'all': parts}).pk}/change/")
    expect(cora.locator(".rb-clause")).to_have_count(3)
    assert order(cora) == ["Email", "Phone", "plan"]
    handle = cora.get_by_role("button", name="Move Condition 1", exact=True).bounding_box()
    target = condition(cora, 3).bounding_box()
    assert handle
    assert target
    cora.mouse.move(handle["x"] + 5, handle["y"] + 5)
    cora.mouse.down()
    cora.mouse.move(target["x"] + 40, target["y"] + target["height"] / 2, steps=8)
    cora.mouse.up()
    expect(condition(cora, 1).get_by_role("combobox").first).to_have_value("Phone")
    assert order(cora) == ["Phone", "plan", "Email"]
    cora.get_by_role("button", name="Undo").click()
    expect(condition(cora, 1).get_by_role("combobox").first).to_have_value("Email")


def test_what_is_wrong_is_said_at_the_condition(cora: Page) -> None:
    parts = [{"profile": {"property": "plan", "op": "exists"}}, {"did": {"event": "Never Heard Of"}}]
    cora.goto(f"/admin/segments/segment/{make({'all': parts}).pk}/change/")
    expect(condition(cora, 2)).to_contain_text("No event named “Never Heard Of” was ever received.")
    counts(cora, 0)
    condition(cora, 1).get_by_label("Condition 1: operator").select_option("matches")
    cora.get_by_label("Condition 1: value").fill("(gold")
    expect(condition(cora, 1).locator(".rb-problem.error")).to_be_visible()
    expect(cora.get_by_text("Something in the rule is wrong")).to_be_visible()
    expect(cora.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    cora.get_by_label("Condition 1: value").fill("^gold$")
    expect(condition(cora, 1).locator(".rb-problem.error")).to_have_count(0)
    counts(cora, 0)


def test_a_count_that_was_overtaken_is_given_up(cora: Page) -> None:
    cora.goto(
        f"/admin/segments/segment/{make({'profile': {'property': 'plan', 'op': '=', 'value': 'gold'}}).pk}/change/"
    )
    counts(cora, 2)
    held: list[Route] = []
    failed: list[str] = []

    def gave_up(request: Request) -> None:
        failed.append(request.url)

    cora.on("requestfailed", gave_up)
    cora.route("**/api/segments/count/", lambda route: route.continue_() if held else held.append(route))
    with cora.expect_request("**/api/segments/count/"):
        cora.get_by_label("Condition 1: value").fill("free")
    expect(cora.get_by_text("counting …")).to_be_visible()
    cora.get_by_label("Condition 1: operator").select_option("not_in")
    counts(cora, 3)
    assert [url for url in failed if url.endswith("/count/")]
    assert len(held) == 1
    cora.unroute_all(behavior="ignoreErrors")


def test_leaving_with_unsaved_changes_asks_first(cora: Page) -> None:
    segment = make({"reachable": "email"})
    cora.goto(f"/admin/segments/segment/{segment.pk}/change/")
    cora.get_by_label("Condition 1: channel").select_option("sms")
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    cora.on("dialog", leave)
    cora.goto(ADD)
    assert asked == ["beforeunload"]
    cora.goto(f"/admin/segments/segment/{segment.pk}/change/")
    expect(cora.get_by_label("Condition 1: channel")).to_have_value("email")
    cora.goto(ADD)
    assert asked == ["beforeunload"]


def test_a_segment_is_copied_and_deleted_after_a_question(cora: Page) -> None:
    segment = make({"reachable": "email"})
    cora.goto(f"/admin/segments/segment/{segment.pk}/change/")
    expect(cora.get_by_role("button", name="Save as …")).to_be_visible()
    expect(cora.get_by_role("button", name="Delete", exact=True)).to_have_count(0)  # she may not

    sign_in(cora, "adam")
    cora.goto(f"/admin/segments/segment/{segment.pk}/change/")
    cora.get_by_role("button", name="Save as …").click()
    cora.get_by_role("dialog").get_by_label("Name").fill("Twin")
    cora.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(cora.get_by_label("Name of the segment")).to_have_value("Twin")
    assert Segment.objects.get(name="Twin").rule == segment.rule

    cora.get_by_role("button", name="Delete", exact=True).click()
    cora.keyboard.press("Escape")
    expect(cora.get_by_role("dialog")).to_have_count(0)
    assert Segment.objects.count() == 2
    cora.get_by_role("button", name="Delete", exact=True).click()
    cora.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(cora).to_have_url(re.compile("/segments/segment/$"))
    assert [*Segment.objects.values_list("name", flat=True)] == ["Kept"]


def test_an_example_is_a_start_and_the_page_can_be_used_by_all(cora: Page) -> None:
    cora.goto(ADD)
    expect(cora.get_by_text("Big spenders")).to_be_visible()
    assert serious(cora) == []
    cora.get_by_text("Looked, did not buy").click()
    counts(cora, 1)
    assert serious(cora) == []
    cora.evaluate("document.documentElement.classList.add('dark')")
    assert serious(cora) == []
