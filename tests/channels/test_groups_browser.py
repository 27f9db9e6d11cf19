"""A provider group in a real browser: made, ordered, chosen on the canvas, sent through, and a member archived."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from channels import services as channels
from channels.models import Campaign, Message, Provider, ProviderGroup
from channels.outbox import dispatch
from journeys import services
from journeys.models import Version
from tests.channels.conftest import World
from tests.journeys.canvas import open_panel, opened, panel
from tests.journeys.test_canvas_forms_browser import saved
from tests.staff import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TEXT = {"id": 1, "kind": "sms", "config": {"content": {"text": "Your basket waits."}}}


def members() -> list[str]:
    group = ProviderGroup.objects.get(kind="group")
    return list(group.members.values_list("provider__name", flat=True))


def test_a_group_is_made_ordered_chosen_and_sent_through_and_a_member_archived(page: Page, world: World) -> None:
    for name in ("Alpha", "Beta"):
        channels.save_provider(name=name, channel="sms", kind="sandbox", config={})
    adam = sign_in(page, "adam")

    # Made: each place appears once the one before it is taken.
    adam.goto("/admin/channels/providergroup/")
    adam.get_by_role("link", name="Add provider group").first.click()
    expect(adam.get_by_text("cannot take over from each other")).to_be_visible()
    adam.get_by_label("Name").fill("Texts")
    adam.get_by_label("Channel").select_option("sms")
    expect(adam.get_by_label("Provider 2", exact=True)).to_be_hidden()
    adam.get_by_label("Provider 1", exact=True).select_option("Alpha (SMS)")
    adam.get_by_label("Provider 2", exact=True).select_option("Beta (SMS)")
    expect(adam.get_by_label("Provider 3", exact=True)).to_be_visible()
    expect(adam.get_by_label("Provider 4", exact=True)).to_be_hidden()
    adam.get_by_role("button", name="Save", exact=True).click()
    expect(adam.get_by_text("Alpha, then Beta")).to_be_visible()

    # Put into another order; named twice is refused in words.
    adam.get_by_role("link", name="Texts").last.click()
    adam.get_by_label("Provider 1", exact=True).select_option("Beta (SMS)")
    adam.get_by_role("button", name="Save", exact=True).click()
    expect(adam.get_by_text("A provider can be in a group only once.")).to_be_visible()
    adam.get_by_label("Provider 2", exact=True).select_option("Alpha (SMS)")
    adam.get_by_role("button", name="Save", exact=True).click()
    expect(adam.get_by_text("Beta, then Alpha")).to_be_visible()
    assert members() == ["Beta", "Alpha"]

    # Chosen on the canvas, published and sent through.
    version = opened(adam, name="Basket", nodes=[TEXT])
    open_panel(adam, 1)
    panel(adam).get_by_label("Provider", exact=True).select_option("Texts")
    assert saved(adam, version)["nodes"][0]["config"]["provider"] == "Texts"
    now = timezone.now()
    services.publish(version_id=version.pk, by=None, now=now)
    world.queue(Campaign.objects.get(), world.person("ada", phone="+911"), at=now)
    dispatch(now=now, batch=10)
    assert list(Message.objects.values_list("status", "provider__name")) == [("sent", "Beta")]

    # One of two is archived: the group goes on. The last one: the journey is stopped, asked first.
    for name, said, left in [
        ("Beta", "goes on with the others", ["Alpha"]),
        ("Alpha", "empty: nothing can be sent through it", []),
    ]:
        adam.goto(f"/admin/channels/provider/{Provider.objects.get(name=name).pk}/change/")
        adam.get_by_role("button", name="Archive").click()
        expect(adam.get_by_role("row", name="Texts")).to_contain_text(said)
        expect(adam.get_by_role("link", name="Basket, version 1")).to_have_count(0 if left else 1)
        assert Version.objects.get().status == "live"
        adam.get_by_role("button", name="Yes, archive it").click()
        expect(adam.get_by_text(f"“{name}” is archived")).to_be_visible()
        assert members() == left
        assert Version.objects.get().status == ("live" if left else "stopped")
