"""The canvas in a real browser: a first journey by mouse, and again by keyboard alone, published and travelled."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from journeys import services
from journeys.engine import account, pump
from journeys.models import Version
from profiles import accept
from tests.journeys.canvas import block, node, palette, still
from tests.journeys.documents import email, journey, link

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def saved() -> Version:
    return Version.objects.order_by("-pk")[0]


# What both of the first two make.
BASKET = {
    "timeout": "P7D",
    "entry": [{"event": "Added To Cart"}],
    "goals": [[{"event": "Charged"}]],
    "nodes": [("email", "Reminder", "Your basket waits", "<p>Still here.</p>")],
    "links": [{"from": "entry", "via": "yes", "to": 1, "sleep": {"after": "PT1H"}}],
}


def drawn() -> dict[str, Any]:
    """What was saved last, as far as it was chosen."""
    it = saved().document
    return {
        "timeout": it["timeout"],
        "entry": it["entry"]["segment"]["events"],
        "goals": [goal["events"] for goal in it["goals"]],
        "nodes": [
            (node["kind"], node["name"], *(node["config"]["content"][part] for part in ("subject", "html")))
            for node in it["nodes"]
        ],
        "links": it["links"],
    }


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until it has the focus."""
    expect(wanted).to_be_visible()
    for _ in range(200):
        if wanted.evaluate("it => it === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {wanted}.")


def name_the_event(page: Page, panel: str, name: str) -> None:
    """In a panel that has opened, by keyboard, and close it."""
    fields = page.get_by_role("complementary", name=panel)
    tab_to(page, fields.get_by_role("button", name="Event"))
    page.keyboard.press("Enter")
    tab_to(page, fields.get_by_role("combobox", name="Event"))
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(fields).to_have_count(0)


def test_an_abandoned_cart_journey_is_drawn_with_the_mouse_and_travelled(cora: Page) -> None:
    cora.goto("/admin/journeys/journey/add/")
    cora.get_by_label("Its name").fill("Basket left behind")
    cora.get_by_role("button", name="Start").click()
    expect(cora.get_by_text("Begin with who enters")).to_be_visible()

    palette(cora, "Entry", "Action").drag_to(block(cora, "Entry"))
    panel = cora.get_by_role("complementary", name="Entry")
    panel.get_by_role("button", name="Event").click()
    panel.get_by_role("combobox", name="Event").fill("Added To Cart")
    panel.get_by_role("combobox", name="Event").press("Enter")
    palette(cora, "Goals", "Action").drag_to(block(cora, "Goals"))
    panel = cora.get_by_role("complementary", name="Goals")
    panel.get_by_role("button", name="Event").click()
    panel.get_by_role("combobox", name="Event").fill("Charged")
    panel.get_by_role("combobox", name="Event").press("Enter")

    board = cora.locator(".react-flow__pane")
    palette(cora, "Engagements", "Email").drag_to(board, target_position={"x": 430, "y": 150})
    panel = cora.get_by_role("complementary", name="Email")
    panel.get_by_label("Name", exact=True).fill("Reminder")
    panel.get_by_label("Subject").fill("Your basket waits")
    panel.get_by_label("HTML", exact=True).fill("<p>Still here.</p>")
    panel.get_by_role("button", name="Continue: Who").click()
    panel.get_by_role("button", name="Continue: When").click()
    expect(panel.get_by_label("Qualifying window", exact=True)).to_have_value("1")
    panel.get_by_role("button", name="Save & close").click()
    expect(panel).to_have_count(0)

    cora.get_by_role("button", name="Fit View").click()
    still(cora)
    yes = cora.locator(".react-flow__node-entry .react-flow__handle[data-handleid=yes]")
    yes.drag_to(node(cora, 1).locator(".react-flow__handle-left"))
    expect(cora.locator(".react-flow__edge")).to_have_count(1)
    cora.locator(".react-flow__edge-interaction").click(force=True)
    cora.get_by_role("button", name="Set a sleep on this link").click()
    cora.get_by_label("After a time").check()
    expect(cora.get_by_role("button", name="Sleep on this link: 1 hour")).to_be_visible()

    block(cora, "Setup").click()
    cora.get_by_label("People leave after").check()
    cora.get_by_label("Longest stay", exact=True).fill("7")
    expect(cora.get_by_role("button", name="All well")).to_be_visible()
    cora.get_by_role("button", name="Save", exact=True).click()
    expect(cora.get_by_text("Saved", exact=True)).to_be_visible()
    assert drawn() == BASKET

    cora.get_by_role("button", name="Publish").click()
    dialog = cora.get_by_role("dialog")
    expect(dialog.get_by_text("Whoever meets “Action”, from at once on, until you stop or pause it.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Publish")).to_be_disabled()
    dialog.get_by_label("I have checked the segments: Action (entry), Action (goal)").check()
    dialog.get_by_label("Description").fill("Brings people back to their basket.")
    dialog.get_by_role("button", name="Publish").click()
    expect(cora.locator(".cv-toolbar .sj-label")).to_have_text("live")
    assert saved().journey.description == "Brings people back to their basket."

    now = timezone.now()
    accept.accept(
        [{"type": "event", "identity": who, "evtName": "Added To Cart", "evtData": {}} for who in ("ann", "bob")],
        now=now,
    )
    pump.pump(account=account.current(), clock=lambda: now + timedelta(seconds=1))
    cora.get_by_role("link", name="Journey stats").click()
    entered = cora.locator(".sj-tile", has_text="Entered")
    expect(entered).to_contain_text("2")
    cora.get_by_role("link", name="Overview").click()

    cora.get_by_role("button", name="New version").click()
    cora.get_by_role("dialog").get_by_role("button", name="Make a new version").click()
    expect(cora.locator(".cv-toolbar .sj-label")).to_have_text("draft")
    node(cora, 1).locator(".cv-head").click()
    cora.get_by_role("complementary", name="Email").get_by_label("Subject").fill("Last call")
    cora.get_by_label("Compare with").select_option("with version 1")
    expect(node(cora, 1).locator(".cv-box.changed")).to_be_visible()
    compared = cora.get_by_role("region", name="Compared with version 1")
    compared.get_by_text("1 changed").click()
    expect(compared.locator("del")).to_have_text("Your basket waits")
    expect(compared.locator("ins")).to_have_text("Last call")
    cora.get_by_role("button", name="Remove this node").click()
    expect(compared).to_contain_text("1 removed")
    expect(cora.locator(".react-flow__node[data-id='gone-1']")).to_be_visible()


def test_the_same_journey_is_made_and_published_by_keyboard_alone(cora: Page) -> None:
    keys = cora.keyboard
    cora.goto("/admin/journeys/journey/add/")
    tab_to(cora, cora.get_by_label("Its name"))
    keys.type("Basket left behind")
    keys.press("Enter")
    expect(cora.get_by_text("Begin with who enters")).to_be_visible()

    tab_to(cora, palette(cora, "Entry", "Action"))
    keys.press("Enter")
    name_the_event(cora, "Entry", "Added To Cart")
    tab_to(cora, palette(cora, "Goals", "Action"))
    keys.press("Enter")
    name_the_event(cora, "Goals", "Charged")

    keys.press("/")
    keys.type("ema")
    tab_to(cora, palette(cora, "Engagements", "Email"))
    keys.press("Enter")  # goes behind the entry, and is linked from Yes
    panel = cora.get_by_role("complementary", name="Email")
    for label, text in (("Name", "Reminder"), ("Subject", "Your basket waits"), ("HTML", "<p>Still here.</p>")):
        tab_to(cora, panel.get_by_label(label, exact=True))
        keys.type(text)
        keys.press("Escape")  # what is proposed; the panel stays for it
        if not panel.count():
            keys.press("Enter")
    keys.press("Escape")
    expect(panel).to_have_count(0)

    keys.press("l")
    tab_to(cora, cora.get_by_role("button", name="set a sleep"))
    keys.press("Enter")
    choices = cora.locator(".cv-radios input")
    tab_to(cora, choices.first)
    keys.press("ArrowDown")
    expect(cora.get_by_label("After a time")).to_be_checked()
    keys.press("Escape")
    tab_to(cora, cora.get_by_role("button", name="Open the setup"))
    keys.press("Enter")
    tab_to(cora, cora.get_by_label("People leave after"))
    keys.press("Space")
    tab_to(cora, cora.get_by_label("Longest stay", exact=True))
    keys.press("Control+a")
    keys.type("7")
    keys.press("Control+s")
    expect(cora.get_by_text("Saved", exact=True)).to_be_visible()
    assert drawn() == BASKET

    keys.press("Escape")
    tab_to(cora, cora.get_by_role("button", name="Publish"))
    keys.press("Enter")
    dialog = cora.get_by_role("dialog")
    tab_to(cora, dialog.get_by_label("I have checked the segments: Action (entry), Action (goal)"))
    keys.press("Space")
    tab_to(cora, dialog.get_by_role("button", name="Publish"))
    keys.press("Enter")
    expect(cora.locator(".cv-toolbar .sj-label")).to_have_text("live")


def test_nodes_are_duplicated_opened_connected_and_undone_by_their_keys(cora: Page) -> None:
    cora.goto("/admin/journeys/journey/add/")
    cora.get_by_label("Its name").focus()
    cora.keyboard.type("By keyboard")
    cora.keyboard.press("Enter")
    expect(cora.get_by_text("Begin with who enters")).to_be_visible()

    palette(cora, "Entry", "Action").press("Enter")
    cora.keyboard.press("Escape")

    cora.keyboard.press("/")
    cora.keyboard.type("ema")
    palette(cora, "Engagements", "Email").press("Enter")  # goes behind the entry, and is linked from Yes
    panel = cora.get_by_role("complementary", name="Email")
    panel.get_by_label("Subject").press_sequentially("Hello")
    panel.get_by_label("Plain text").or_(panel.get_by_label("Text", exact=True)).press_sequentially("Words")
    panel.get_by_role("button", name="Close the panel").press("Enter")
    expect(cora.locator(".react-flow__edge")).to_have_count(1)

    node(cora, 1).focus()
    cora.keyboard.press("Control+d")
    expect(node(cora, 2)).to_be_visible()
    node(cora, 1).focus()
    cora.keyboard.press("Enter")
    expect(cora.get_by_role("complementary", name="Email")).to_be_focused()
    cora.keyboard.press("Escape")
    expect(node(cora, 1)).to_be_focused()
    cora.keyboard.press("c")
    dialog = cora.get_by_role("dialog")
    dialog.get_by_label("On", exact=True).select_option("node_timeout")
    dialog.get_by_label("go to").select_option("2")
    dialog.get_by_role("button", name="Connect").press("Enter")
    expect(cora.locator(".react-flow__edge")).to_have_count(2)

    cora.keyboard.press("Control+z")
    expect(cora.locator(".react-flow__edge")).to_have_count(1)
    cora.keyboard.press("Control+Shift+z")
    expect(cora.locator(".react-flow__edge")).to_have_count(2)
    cora.keyboard.press("l")
    expect(cora.get_by_role("row", name="Node timeout")).to_be_visible()
    cora.keyboard.press("Control+s")
    expect(cora.get_by_text("Saved", exact=True)).to_be_visible()
    assert [(it["from"], it["via"], it["to"]) for it in saved().document["links"]] == [
        ("entry", "yes", 1),
        (1, "node_timeout", 2),
    ]


def test_work_that_was_not_saved_is_offered_again(cora: Page) -> None:
    version = services.create_journey(document=journey(), by=None, now=timezone.now())
    cora.goto(f"/admin/journeys/journey/{version.journey_id}/canvas/")
    node(cora, 1).locator(".cv-head").click()
    cora.get_by_role("complementary", name="Email").get_by_label("Name", exact=True).fill("Half done")
    with cora.expect_response("**/check/"):
        pass
    cora.on("dialog", lambda dialog: dialog.accept())
    cora.reload()
    cora.get_by_role("button", name="Restore it").click()
    expect(node(cora, 1)).to_contain_text("Half done")
    assert saved().document["nodes"][0].get("name", "") == ""


def test_restored_work_does_not_overwrite_what_somebody_saved_since(cora: Page) -> None:
    version = services.create_journey(document=journey(), by=None, now=timezone.now())
    cora.goto(f"/admin/journeys/journey/{version.journey_id}/canvas/")
    node(cora, 1).locator(".cv-head").click()
    cora.get_by_role("complementary", name="Email").get_by_label("Name", exact=True).fill("Half done")
    with cora.expect_response("**/check/"):
        pass
    cora.on("dialog", lambda dialog: dialog.accept())
    cora.goto("/admin/journeys/journey/add/")
    services.save_draft(version_id=version.pk, document=journey(name="Adam's"), by=None, now=timezone.now())
    cora.get_by_role("button", name="Go on with it").click()
    cora.get_by_role("button", name="Restore it").click()
    expect(node(cora, 1)).to_contain_text("Half done")
    cora.get_by_role("button", name="Save", exact=True).click()
    expect(cora.get_by_role("dialog")).to_contain_text("nothing was overwritten")
    assert saved().document["name"] == "Adam's"


def test_two_editors_do_not_overwrite_each_other(cora: Page) -> None:
    version = services.create_journey(document=journey(), by=None, now=timezone.now())
    cora.goto(f"/admin/journeys/journey/{version.journey_id}/canvas/")
    cora.get_by_role("button", name="Abandoned cart").click()
    services.save_draft(version_id=version.pk, document=journey(name="Adam's"), by=None, now=timezone.now())
    cora.get_by_label("Name", exact=True).fill("Cora's")
    cora.get_by_role("button", name="Save", exact=True).click()
    expect(cora.get_by_role("dialog")).to_contain_text("nothing was overwritten")
    assert saved().document["name"] == "Adam's"


def test_findings_lead_to_their_nodes_and_keep_from_publishing(cora: Page) -> None:
    document = journey(nodes=[email(1), email(2, name="Lost")], links=[link("entry", "yes", 1)])
    version = services.create_journey(document=document, by=None, now=timezone.now())
    cora.goto(f"/admin/journeys/journey/{version.journey_id}/canvas/")
    cora.get_by_role("button", name="Publish").click()
    dialog = cora.get_by_role("dialog")
    expect(dialog.get_by_text("Not ready to publish")).to_be_visible()
    dialog.get_by_role("button", name="Lost").click()
    expect(cora.get_by_role("complementary", name="Email")).to_contain_text("node 2")
    expect(node(cora, 2).locator(".cv-box.wrong")).to_be_visible()
    assert saved().status == "draft"


def test_a_published_version_takes_new_words_and_nothing_else(cora: Page) -> None:
    version = services.create_journey(document=journey(), by=None, now=timezone.now())
    services.publish(version_id=version.pk, by=None, now=timezone.now())
    cora.goto(f"/admin/journeys/journey/{version.journey_id}/canvas/")
    expect(cora.get_by_role("navigation", name="What can be added")).to_have_count(0)
    node(cora, 1).locator(".cv-head").click()
    panel = cora.get_by_role("complementary", name="Email")
    expect(panel.get_by_label("Name", exact=True)).to_be_disabled()
    panel.get_by_label("Subject").fill("New words")
    cora.get_by_role("button", name="Save", exact=True).click()
    expect(cora.get_by_text("Saved", exact=True)).to_be_visible()
    assert saved().document["nodes"][0]["config"]["content"]["subject"] == "New words"
    block(cora, "Setup").click()
    expect(cora.get_by_label("At a specific time")).to_be_disabled()
    cora.get_by_label("Name", exact=True).fill("Basket, spring")
    cora.get_by_role("button", name="Save & close").click()
    expect(cora.get_by_role("complementary", name="Setup")).to_have_count(0)
    assert (saved().journey.name, saved().status) == ("Basket, spring", "live")
