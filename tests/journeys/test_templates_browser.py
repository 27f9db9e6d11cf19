"""Saved templates in a real browser: written in the back office, chosen and saved on the canvas, applied to what is
live.
"""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from channels import saved
from channels.models import Campaign, Template
from journeys import services
from journeys.models import Version
from tests.journeys.canvas import open_panel, opened, panel
from tests.journeys.documents import email, journey
from tests.journeys.test_canvas_forms_browser import saved as kept

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HELLO = {"subject": "Hello {{ Profile.Name | default: 'you' }}", "text": "Welcome"}
ORDER = {"text": "Hi {{1}}, {{2}} is on its way.", "registration": {"id": "order", "language": "en"}}


def template(name: str = "Hello", channel: str = "email", content: dict[str, Any] | None = None) -> Template:
    made = saved.create_template(name=name, channel=channel, given=content or HELLO, by=None, now=timezone.now())
    if channel == "whatsapp":
        saved.judge_template(template_id=made.pk, approval="approved", by=None, now=timezone.now())
    return made


def test_a_template_is_written_with_a_preview_beside_it_and_refused_in_words(cora: Page) -> None:
    cora.goto("/admin/channels/template/")
    cora.get_by_role("link", name="Add template").first.click()
    cora.get_by_label("Channel").select_option("email")
    cora.get_by_label("Name of the template").fill("Hello")
    cora.get_by_label("Subject").fill("Hello {{ Profile.Name | default: 'you' }}")
    expect(cora.locator(".cv-preview")).to_contain_text("Hello you")
    cora.get_by_role("button", name="Save").click()
    expect(cora.get_by_role("alert")).to_have_text("The e-mail is empty; write its HTML, its text or both.")
    expect(cora.locator(".cv-field.wrong", has_text="HTML")).to_be_visible()
    cora.get_by_label("Text", exact=True).fill("Welcome")
    cora.get_by_role("button", name="Save").click()
    expect(cora.get_by_text("Nothing uses it yet.")).to_be_visible()
    made = Template.objects.get()
    assert (made.name, made.content["text"], made.created_by and made.created_by.username) == (
        "Hello",
        "Welcome",
        "cora",
    )
    cora.goto("/admin/channels/template/?channel__exact=sms")
    expect(cora.get_by_role("link", name="Hello")).to_have_count(0)
    cora.goto("/admin/channels/template/?channel__exact=email&q=hell")
    expect(cora.get_by_role("link", name="Hello")).to_be_visible()


def test_a_template_of_whatsapp_is_registered_and_approved(cora: Page) -> None:
    cora.goto("/admin/channels/template/add/")
    cora.get_by_label("Channel").select_option("whatsapp")
    cora.get_by_label("Name of the template").fill("Order")
    cora.get_by_label("Text", exact=True).fill("Hi {{1}}, {{2}} is on its way.")
    cora.get_by_role("button", name="Registration").click()
    cora.get_by_label("ID", exact=True).fill("order_sent")
    cora.get_by_label("Language").fill("en")
    expect(cora.locator(".cv-preview")).to_contain_text("Hi [1], [2] is on its way.")
    expect(cora.get_by_label("Variables")).to_have_count(0)
    cora.get_by_role("button", name="Save").click()
    expect(cora.get_by_text("Waiting for approval")).to_be_visible()
    cora.get_by_role("button", name="WhatsApp approved it").click()
    expect(cora.get_by_text("Approved", exact=True)).to_be_visible()
    assert Template.objects.get().approval == "approved"


def test_a_node_takes_a_template_by_the_keyboard_and_makes_it_its_own(cora: Page) -> None:
    template()
    version = opened(cora)
    open_panel(cora, 1)
    choice = panel(cora).get_by_label("Template", exact=True)
    expect(choice).to_be_enabled()
    choice.focus()
    cora.keyboard.type("Hel")
    expect(panel(cora).locator(".cv-glimpse")).to_contain_text("Hello {{ Profile.Name")
    expect(panel(cora).get_by_label("Subject")).to_have_count(0)
    panel(cora).get_by_role("button", name="Preview").click()
    expect(cora.locator("dialog")).to_contain_text("Hello you")
    cora.locator("dialog").get_by_role("button", name="Close").click()
    assert kept(cora, version)["nodes"][0]["config"]["template"] == "Hello"
    panel(cora).get_by_role("button", name="Make it my own (copy)").click()
    expect(panel(cora).get_by_label("Subject")).to_have_value(HELLO["subject"])
    panel(cora).get_by_label("Subject").fill("Mine")
    config = kept(cora, version)["nodes"][0]["config"]
    assert ("template" in config, config["content"]["subject"], config["content"]["text"]) == (False, "Mine", "Welcome")


def test_a_message_is_saved_as_a_template_and_a_taken_name_is_refused_in_words(cora: Page) -> None:
    template()
    version = opened(cora)
    open_panel(cora, 1)
    panel(cora).get_by_role("button", name="Save as template").click()
    dialog = cora.locator("dialog")
    dialog.get_by_label("Name of the template").fill("Hello")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("There is a template “Hello” for Email already")
    dialog.get_by_label("Name of the template").fill("Basket")
    dialog.get_by_label("Name of the template").press("Enter")
    expect(panel(cora).get_by_label("Template", exact=True).locator("option:checked")).to_have_text("Basket")
    assert kept(cora, version)["nodes"][0]["config"]["template"] == "Basket"
    assert Template.objects.get(name="Basket").content["text"] == "Your basket waits."


def test_a_node_for_whatsapp_fills_in_the_templates_variables(cora: Page) -> None:
    template("Order", "whatsapp", ORDER)
    version = opened(cora, nodes=[{"id": 1, "kind": "whatsapp", "config": {}}])
    open_panel(cora, 1)
    expect(panel(cora).get_by_label("Text", exact=True)).to_be_visible()
    expect(panel(cora).get_by_label("Variable 1")).to_have_count(0)
    panel(cora).get_by_label("Template", exact=True).select_option("Order")
    expect(panel(cora).get_by_label("Text", exact=True)).to_have_count(0)
    expect(panel(cora)).to_contain_text("The template has 2 placeholders, and the node gives 0 variables")
    panel(cora).get_by_label("Variable 2").fill("X1, X2")
    expect(panel(cora)).to_contain_text("Variable 1 is empty, which WhatsApp refuses")
    panel(cora).get_by_label("Variable 1").fill("Ann")
    panel(cora).get_by_role("button", name="Preview").click()
    expect(cora.locator("dialog")).to_contain_text("Hi Ann, X1, X2 is on its way.")
    cora.locator("dialog").get_by_role("button", name="Close").click()
    config = kept(cora, version)["nodes"][0]["config"]
    assert config == {"template": "Order", "content": {"variables": ["Ann", "X1, X2"]}}


def test_where_there_is_no_template_the_panel_says_so(cora: Page) -> None:
    opened(cora)
    open_panel(cora, 1)
    expect(panel(cora)).to_contain_text("There is no saved template for this channel yet.")


def test_a_changed_template_is_applied_to_what_is_live(cora: Page) -> None:
    made = template()
    now = timezone.now()
    nodes = [email(1, config={"template": "Hello"})]
    version = services.create_journey(document=journey(name="Welcome", nodes=nodes), by=None, now=now)
    services.publish(version_id=version.pk, by=None, now=now)
    cora.goto(f"/admin/channels/template/{made.pk}/change/")
    expect(cora.get_by_text("sends it as it is now")).to_be_visible()
    cora.get_by_label("Subject").fill("Newer")
    cora.get_by_role("button", name="Save").click()
    expect(cora.get_by_text("sends an earlier wording")).to_be_visible()
    assert Campaign.objects.get().content["subject"] == HELLO["subject"]
    expect(cora.get_by_label("Apply to Welcome, version 1")).to_be_checked()
    cora.get_by_role("button", name="Apply to the chosen ones").click()
    expect(cora.get_by_text("1 version(s) send it as it is now")).to_be_visible()
    assert Campaign.objects.get().content["subject"] == "Newer"
    cora.get_by_role("button", name="Archive").click()
    expect(cora.get_by_text("These use it.")).to_be_visible()
    expect(cora.get_by_role("link", name="Welcome, version 1")).to_be_visible()
    assert Version.objects.get().status == "live"
