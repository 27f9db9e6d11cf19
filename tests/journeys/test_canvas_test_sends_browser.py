"""A test is sent from the panel of the canvas, as it is typed and not yet saved, and read at the mail server."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from channels.models import Message
from journeys.models import Transition, Version
from profiles import accept, identities, testers
from tests.channels.conftest import MailServer
from tests.journeys.canvas import node, open_panel, opened, panel
from tests.journeys.test_canvas_forms_browser import saved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def known(name: str, **data: Any) -> int:
    """Somebody who is marked as test."""
    now = timezone.now()
    given = {"Name": name.title(), "Email": f"{name}@example.com"} | data
    cart = {"type": "event", "identity": name, "evtName": "Added To Cart", "evtData": {"item": "Lamp"}}
    records = [{"type": "profile", "identity": name, "profileData": given}, cart]
    assert not accept.accept(records, now=now - timedelta(minutes=1)).unprocessed
    found = identities.resolve([name], create=False, now=now)[name]
    testers.mark(found, by=None, now=now)
    return found


def test_a_mail_is_tried_out_before_it_is_saved(cora: Page, mail_server: MailServer) -> None:
    mail_server.provider()
    mail_server.refuse = {"bob@example.com": "550 No such user"}
    known("bob")
    known("dan", **{"MSG-email": False})
    ann = known("ann")
    content = {"subject": "Old", "text": "Old", "from": "Shop <shop@example.com>"}
    version = opened(cora, nodes=[{"id": 1, "kind": "email", "config": {"content": content}}])
    open_panel(cora, 1)
    panel(cora).get_by_label("Subject").fill("Hi {{ Profile.name }}, your {{ Event.item }} waits")
    panel(cora).get_by_role("button", name="Send a test").click()
    dialog = cora.get_by_role("dialog", name="Send a test: Email")
    expect(dialog).to_contain_text("and of their latest “Added To Cart”")
    send = dialog.get_by_role("button", name="Send the test")
    expect(send).to_be_disabled()
    for name in ("Ann", "Bob", "Dan"):
        dialog.get_by_label(name).check()
    send.click()
    results = dialog.get_by_role("list", name="What became of it").get_by_role("listitem")
    expect(results).to_have_text(
        [
            "Ann sent",
            "Bob failed It could not be sent: refused: 550 No such user.",
            "Dan unreachable The person has opted out of this channel.",
        ]
    )
    mail_server.wait_for(1)
    [(to, mail)] = mail_server.mails
    assert (to, mail["Subject"]) == ("ann@example.com", "[Test] Hi Ann, your Lamp waits")
    assert Message.objects.count() == 0
    assert Transition.objects.get(action="test").changes[f"to #{ann}"] == [None, "sent"]
    assert Version.objects.get(pk=version.pk).document["nodes"][0]["config"]["content"]["subject"] == "Old"


def test_one_of_several_variants_is_tried_out(cora: Page, mail_server: MailServer) -> None:
    mail_server.provider()
    known("ann")
    options = [{"name": name, "percent": 50, "content": {"subject": name, "text": "x"}} for name in ("Plain", "Loud")]
    opened(cora, nodes=[{"id": 1, "kind": "email", "config": {"variants": {"type": "split", "options": options}}}])
    open_panel(cora, 1)
    panel(cora).get_by_role("button", name="Send a test").click()
    dialog = cora.get_by_role("dialog")
    dialog.get_by_label("Variant").select_option("Loud")
    dialog.get_by_label("Ann").check()
    dialog.get_by_role("button", name="Send the test").click()
    expect(dialog.get_by_role("listitem")).to_have_text(["Ann sent"])
    mail_server.wait_for(1)
    assert mail_server.mails[0][1]["Subject"] == "[Test] Loud"


def test_what_cannot_be_tried_out_is_said(cora: Page, mail_server: MailServer) -> None:
    mail_server.provider()
    opened(cora, nodes=[{"id": 1, "kind": "email"}, {"id": 2, "kind": "in_app", "position": [600, 0]}], links=[])
    open_panel(cora, 1)
    panel(cora).get_by_role("button", name="Send a test").click()
    dialog = cora.get_by_role("dialog")
    expect(dialog).to_contain_text("Nobody is marked as test yet.")
    dialog.get_by_role("button", name="Close").first.click()
    known("ann")
    panel(cora).get_by_role("button", name="Send a test").click()
    dialog.get_by_label("Ann").check()
    dialog.get_by_role("button", name="Send the test").click()
    expect(dialog).to_contain_text("This cannot be sent as it is: The e-mail has no subject.")
    dialog.get_by_role("button", name="Close").first.click()
    open_panel(cora, 2)
    expect(panel(cora)).to_contain_text("In-app shows when a person's device comes by, so no test can be sent")
    expect(panel(cora).get_by_role("button", name="Send a test")).to_have_count(0)
    assert mail_server.mails == []


def test_the_preview_of_a_text_says_what_it_is_paid_for_by(cora: Page) -> None:
    text = "Look: https://shop.example/" + "x" * 300
    opened(cora, nodes=[{"id": 1, "kind": "sms", "config": {"content": {"text": text}}}])
    open_panel(cora, 1)
    panel(cora).get_by_role("button", name="Preview").click()
    dialog = cora.get_by_role("dialog")
    expect(dialog).to_contain_text("GSM-7, 1 part;")
    expect(dialog).to_contain_text("/s/xxxxxxxxxxxxxxxx")
    expect(dialog).to_contain_text("Links are as long as the short ones will be.")
    dialog.get_by_role("button", name="Close").click()
    panel(cora).get_by_label("Text").fill("नमस्ते " * 12)
    panel(cora).get_by_role("button", name="Preview").click()
    expect(dialog).to_contain_text("UCS-2, 2 parts;")
    expect(dialog).not_to_contain_text("Links are")


def test_clicked_is_offered_as_long_as_links_are_shortened(cora: Page) -> None:
    version = opened(cora, nodes=[{"id": 1, "kind": "sms", "config": {"content": {"text": "https://shop.example"}}}])
    open_panel(cora, 1)
    clicked = node(cora, 1).locator(".react-flow__handle[data-handleid=clicked]")
    expect(clicked).to_be_visible()
    shorten = panel(cora).get_by_label("Shorten links")
    expect(shorten).to_be_checked()
    shorten.uncheck()
    expect(clicked).to_have_count(0)
    panel(cora).get_by_label("Template ID").fill("1107")
    kept = saved(cora, version)["nodes"][0]["config"]["content"]
    assert kept == {"text": "https://shop.example", "shorten_links": False, "template_id": "1107"}
