"""The canvas's panel in a real browser: every node kind's form opens, shows what counts, takes what is typed and saves
it; a message is previewed for a person; a draft is rehearsed.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from journeys import services
from journeys.models import ControlGroup, Rehearsal, Version
from journeys.palette import palette
from profiles import accept
from tests.journeys.canvas import node, open_panel, opened, panel
from tests.journeys.documents import action, email, journey, link, live

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

KINDS = {kind["name"]: kind for kind in palette()}
MIDDLE = [name for name, kind in KINDS.items() if kind["middle"]]
ENTRY = [name for name, kind in KINDS.items() if kind["entry"]]


def saved(page: Page, version: Version) -> Any:
    """Save, and read what is kept."""
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    return Version.objects.get(pk=version.pk).document


def test_the_form_of_every_kind_opens_takes_what_is_typed_and_saves_it(cora: Page) -> None:
    nodes = [
        {"id": at, "kind": name, "position": [400 * (at % 5), 260 * (at // 5)]} for at, name in enumerate(MIDDLE, 1)
    ]
    version = opened(cora, nodes=nodes, links=[])
    for at, name in enumerate(MIDDLE, 1):
        open_panel(cora, at)
        if KINDS[name]["schema"].get("properties"):
            expect(panel(cora).locator(".cv-form")).to_be_visible()
        expect(panel(cora)).not_to_contain_text("Unsupported field")
        expect(panel(cora)).not_to_contain_text("Unknown field")
        panel(cora).get_by_label("Name", exact=True).first.fill(f"Step {at}")
        field = panel(cora).locator(".cv-form input[type=text]:visible, .cv-form textarea:visible").first
        if KINDS[name]["role"] == "engagement":
            field.fill("Words")
    kept = saved(cora, version)["nodes"]
    assert [it["name"] for it in kept] == [f"Step {at}" for at in range(1, len(MIDDLE) + 1)]
    written = [it["kind"] for it in kept if "Words" in str(it.get("config"))]
    assert written == [name for name in MIDDLE if KINDS[name]["role"] == "engagement"]


def test_the_form_of_every_entry_opens(cora: Page) -> None:
    opened(cora, entry={"criteria": "live"})
    cora.locator(".cv-block", has=cora.locator(".cv-blockname", has_text="Entry")).click()
    for name in [name for name in ENTRY if "live" in KINDS[name]["entry"]]:
        cora.get_by_label("Who enters").select_option(name)
        expect(panel(cora).locator(".cv-form")).to_be_visible()
        expect(panel(cora)).not_to_contain_text("Unsupported field")


def test_what_the_document_does_not_say_shows_as_its_default(cora: Page) -> None:
    version = opened(cora, nodes=[{"id": 1, "kind": "page_visit", "config": {"urls": [{}]}}, email(2)], links=[])
    open_panel(cora, 1)
    choice = panel(cora).get_by_label("How", exact=True)
    expect(choice.locator("option:checked")).to_have_text("Contains")
    choice.select_option("Not contains")
    open_panel(cora, 2)
    panel(cora).get_by_role("button", name="When").click()
    expect(panel(cora).get_by_label("User timezone")).to_be_checked()
    panel(cora).get_by_label("User timezone").uncheck()
    first, second = saved(cora, version)["nodes"]
    assert first["config"]["urls"] == [{"op": "not_contains"}]
    assert second["config"]["user_timezone"] is False


def test_values_lists_and_names_with_values_are_typed_in(cora: Page) -> None:
    nodes = [
        {"id": 1, "kind": "webhook", "config": {}},
        {"id": 2, "kind": "profile_update", "config": {"updates": [{"property": "n", "op": "increment"}]}},
        email(3),
    ]
    version = opened(cora, nodes=nodes, links=[])
    open_panel(cora, 1)
    panel(cora).get_by_label("Headers: name of another one").fill("X-Key")
    panel(cora).get_by_label("Headers: name of another one").press("Enter")
    panel(cora).get_by_label("Headers: X-Key").fill("abc")
    panel(cora).get_by_label("Body").fill('{"a": 1}')
    open_panel(cora, 2)
    panel(cora).get_by_label("Value: type").select_option("Number")
    panel(cora).get_by_label("Value", exact=True).fill("3")
    open_panel(cora, 3)
    panel(cora).get_by_label("CC: add a value", exact=True).fill("boss@example.com,")
    webhook, update, mail = saved(cora, version)["nodes"]
    assert webhook["config"]["content"] == {"headers": {"X-Key": "abc"}, "body": {"a": 1}}
    assert update["config"]["updates"][0]["value"] == 3
    assert mail["config"]["content"]["cc"] == ["boss@example.com"]


def test_a_message_that_overrides_an_opt_out_asks_first(cora: Page) -> None:
    version = opened(cora, nodes=[email(1)])
    open_panel(cora, 1)
    panel(cora).get_by_role("button", name="Who", exact=True).click()
    critical = panel(cora).get_by_label("Critical")
    critical.click()
    asked = cora.get_by_role("dialog", name="Critical: are you sure?")
    expect(asked).to_contain_text("people who opted out of e-mail too")
    asked.get_by_role("button", name="Leave it off").click()
    expect(asked).not_to_be_visible()
    expect(critical).not_to_be_checked()
    critical.click()
    asked.get_by_role("button", name="Switch it on").click()
    expect(critical).to_be_checked()
    assert saved(cora, version)["nodes"][0]["config"]["critical"] is True
    critical.click()  # switching it off needs no question
    expect(asked).not_to_be_visible()
    expect(critical).not_to_be_checked()
    expect(cora.get_by_text("Saved", exact=True)).not_to_be_visible()
    assert saved(cora, version)["nodes"][0]["config"]["critical"] is False


def test_a_journey_trigger_is_chosen_among_real_journeys(cora: Page) -> None:
    other = services.create_journey(document=journey(name="Welcome"), by=None, now=timezone.now())
    ControlGroup.objects.create(name="Panel", percent=5, created_at=timezone.now())
    version = opened(cora, entry=live(segment={"kind": "journey_trigger"}))
    cora.locator(".cv-block", has=cora.locator(".cv-blockname", has_text="Entry")).click()
    panel(cora).get_by_label("Journey", exact=True).select_option(f"Welcome · {other.journey_id}")
    panel(cora).get_by_label("Node", exact=True).select_option("1 · Email")
    panel(cora).get_by_label("Via", exact=True).select_option("Sent")
    cora.get_by_role("button", name="Abandoned cart").click()
    cora.get_by_label("Custom control group").select_option("Panel")
    document = saved(cora, version)
    segment = document["entry"]["segment"]
    assert (segment["journey"], segment["node"], segment["via"]) == (other.journey_id, 1, "sent")
    assert document["control"]["custom"] == "Panel"


def test_a_message_is_previewed_for_a_person_and_names_are_proposed(cora: Page) -> None:
    records = [
        {"type": "profile", "identity": "ann", "profileData": {"Name": "Ann", "plan": "gold"}},
        {"type": "event", "identity": "ann", "evtName": "Added To Cart", "evtData": {"item": "Lamp"}},
    ]
    assert not accept.accept(records, now=timezone.now() - timedelta(minutes=1)).unprocessed
    content = {"subject": "Hi {{ Profile.name }}", "html": "<p>{{ Event.item }}</p>"}
    version = opened(cora, nodes=[{"id": 1, "kind": "email", "config": {"content": content}}])
    open_panel(cora, 1)
    panel(cora).get_by_role("button", name="Preview").click()
    dialog = cora.get_by_role("dialog")
    expect(dialog).to_contain_text("nothing is known")
    dialog.get_by_label("As this person would get it").fill("ann")
    expect(dialog).to_contain_text("Hi Ann")
    expect(cora.frame_locator("iframe[title='Message, desktop']").get_by_text("Lamp")).to_be_visible()
    dialog.get_by_role("tab", name="Mobile").click()
    expect(cora.frame_locator("iframe[title='Message, mobile']").get_by_text("Lamp")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    preheader = panel(cora).get_by_label("Preheader")
    preheader.press_sequentially("@")
    cora.get_by_role("menuitem", name="Profile: plan").click()
    expect(preheader).to_have_value('{{ Profile.plan | default: "" }}')
    assert saved(cora, version)["nodes"][0]["config"]["content"]["preheader"] == '{{ Profile.plan | default: "" }}'


@pytest.mark.parametrize("told", [(), ("Email: 40.0% view a message.",)], ids=["of before", "of today"])
def test_a_draft_is_rehearsed_and_its_numbers_stand_on_the_nodes(cora: Page, told: tuple[str, ...]) -> None:
    """Those that were kept before it was told what they assume lack it, and until when they were played."""
    opened(cora, nodes=[email(1), action(2)], links=[link("entry", "yes", 1), link(1, "node_timeout", 2)])
    cora.get_by_role("button", name="Rehearse").click()
    dialog = cora.get_by_role("dialog")
    expect(dialog).to_contain_text("Nothing is sent")
    dialog.get_by_label("The last 30 days").check()
    dialog.get_by_role("button", name="Rehearse").click()
    expect(cora.get_by_text("Waiting for its turn")).to_be_visible()
    made = Rehearsal.objects.get()
    assert (made.last - made.first).days == 29
    made.state, made.progress = "playing", 0.5
    made.save()
    expect(cora.get_by_text("Rehearsing …")).to_be_visible()
    made.state, made.result = "done", RESULT | ({"played_until": None, "assumed": told} if told else {})
    made.save()
    expect(cora.get_by_text("1,234 of 2,000 people entered; nothing was sent.")).to_be_visible()
    expect(cora.get_by_text("a sample of about 1 in 4")).to_be_visible()
    expect(cora.get_by_text("Assumed:")).to_have_text([f"Assumed: {sentence}" for sentence in told])
    expect(node(cora, 1)).to_contain_text("1,234 entered")
    cora.get_by_role("button", name="Paths of 1 people").click()
    cora.get_by_role("dialog").get_by_text("Ann").click()
    expect(cora.get_by_role("dialog")).to_contain_text("came to 1 · Email")
    cora.get_by_role("dialog").get_by_role("button", name="Close").click()
    cora.get_by_role("button", name="Leave").click()
    expect(node(cora, 1)).not_to_contain_text("entered")
    expect(cora.get_by_text("nothing was sent")).to_have_count(0)


RESULT = {
    "share": 0.25,
    "people": 2000,
    "events": 9000,
    "entry": {"qualified": 1300, "entered": 1234, "held_out": 66},
    "nodes": [
        {"number": 1, "entered": 1234, "forward": {"node_timeout": 7}, "waiting_at": 1227, "waiting_before": 0},
        {"number": 2, "entered": 7, "forward": {}, "waiting_at": 7, "waiting_before": 0},
    ],
    "paths": [
        {
            "profile": 7,
            "name": "Ann",
            "moves": [
                {"at": "2026-03-02T09:00:00+00:00", "what": "entered"},
                {"at": "2026-03-02T09:00:00+00:00", "what": "arrived", "node": 1},
            ],
        }
    ],
}
