"""The pages of saved templates: what is shown to whom, and what is asked first."""

from datetime import UTC, datetime
from typing import Any

import pytest

from channels import saved
from channels.models import Template
from journeys import services
from tests.journeys.documents import journey
from tests.staff import signed_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HELLO = {"subject": "Hello", "text": "Welcome"}
LIST = "/admin/channels/template/"

pytestmark = pytest.mark.django_db


def save(name: str = "Hello", channel: str = "email", content: dict[str, Any] | None = None) -> Template:
    return saved.create_template(name=name, channel=channel, given=content or HELLO, by=None, now=NOON)


def draft(template: str = "Hello") -> None:
    nodes = [{"id": 1, "kind": "email", "config": {"template": template}}]
    services.create_journey(document=journey(name="Welcome", nodes=nodes), by=None, now=NOON)


def page(template: Template, act: str = "change", who: str = "cora", **given: str) -> str:
    client = signed_in(who)
    address = f"{LIST}{template.pk}/{act}/"
    answer = client.get(address) if act == "change" else client.post(address, given, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_says_what_uses_each_and_how_it_stands() -> None:
    save()
    save("Order", "whatsapp", {"text": "Hi"})
    draft()
    shown = signed_in("mia").get(LIST).content.decode()
    assert "Welcome, version 1" in shown
    assert "waiting for approval" in shown.lower()


def test_a_member_sees_a_template_and_who_uses_it_and_can_do_nothing_with_it() -> None:
    template = save()
    draft()
    shown = page(template, who="mia")
    assert "Welcome, version 1" in shown
    assert "Name of the copy" not in shown
    assert f"{LIST}{template.pk}/archive/" not in shown


def test_archiving_shows_what_uses_it_first_and_then_does_it() -> None:
    template = save()
    draft()
    assert "Welcome, version 1" in page(template, "archive")
    assert Template.objects.get().archived_at is None
    assert "is archived: nodes cannot choose it" in page(template, "archive", confirmed="1")
    assert Template.objects.get().archived_at is not None
    assert "is in use again" in page(template, "archive")
    assert Template.objects.get().archived_at is None


def test_what_nothing_uses_is_archived_at_once() -> None:
    page(save(), "archive")
    assert Template.objects.get().archived_at is not None


def test_a_copy_leads_to_its_own_page_and_a_taken_name_is_refused_in_words() -> None:
    template = save()
    assert "There is a template “Hello” for Email already" in page(template, "duplicate", name="Hello")
    assert "This is a copy of “Hello”." in page(template, "duplicate", name="Hello 2")
    assert list(Template.objects.order_by("name").values_list("name", flat=True)) == ["Hello", "Hello 2"]


def test_what_cannot_be_approved_says_why() -> None:
    template = save("Order", "whatsapp", {"text": "Hi"})
    assert "has no ID and language" in page(template, "approval", approval="approved")
    assert Template.objects.get().approval == "pending"
