"""A message is shown as one person would get it, with their values, to those who may see them; nothing is sent."""

import json
from typing import Any

import pytest
from django.utils import timezone

from channels.models import Message
from profiles import accept
from tests.staff import person, signed_in

pytestmark = pytest.mark.django_db

MAIL = {
    "subject": 'Hi {{ Profile.name | default: "friend" }}',
    "html": '<p>{{ Event.item | default: "?" }}</p><a href="https://shop.example/">Go</a>',
}


def shown(name: str = "cora", **given: Any) -> Any:
    body = json.dumps({"kind": "email", "content": MAIL} | given)
    return signed_in(name).post("/api/journeys/preview/", body, content_type="application/json")


@pytest.fixture
def ann() -> None:
    now = timezone.now()
    records = [
        {"type": "profile", "identity": "ann", "profileData": {"Name": "Ann <b>"}},
        {"type": "event", "identity": "ann", "evtName": "Added To Cart", "evtData": {"item": "a & b"}},
    ]
    assert not accept.accept(records, now=now).unprocessed


def test_it_holds_the_persons_values_and_those_of_their_latest_event(ann: None) -> None:
    told = shown(profile="ann", event_name="added to cart").json()
    assert told["person"] == "Ann <b>"
    assert told["message"]["subject"] == "Hi Ann <b>"
    assert "<p>a &amp; b</p>" in told["message"]["html"]
    assert 'href="https://shop.example/"' in told["message"]["html"]  # no click on a preview counts
    assert Message.objects.count() == 0


def test_without_a_person_defaults_show() -> None:
    assert shown().json()["message"]["subject"] == "Hi friend"


def test_what_is_wrong_with_the_text_is_said_in_a_sentence() -> None:
    told = shown(content={"subject": "{{ Profile.name | nothing }}", "text": "x"}).json()
    assert told["error"].startswith("This cannot be sent as it is: ")
    assert "nothing" in told["error"]
    assert "no message" in shown(content={"subject": "{% abort %}", "text": "x"}).json()["error"]


def test_every_kind_of_message_can_be_shown() -> None:
    assert shown(kind="sms", content={"text": "Hi {{ Profile.name | default: 'you' }}"}).json()["message"] == {
        "text": "Hi you"
    }
    webhook = shown(
        kind="webhook", content={"url": "https://x.example/", "body": {"a": "{{ Event.b }}"}}, event={"b": 1}
    )
    assert webhook.json()["message"]["body"] == {"a": "1"}
    assert shown(kind="split").status_code == 400


def test_a_named_person_is_for_those_who_may_see_people(ann: None) -> None:
    assert shown("mia", profile="ann").status_code == 200
    mia = person("mia")
    mia.groups.clear()
    assert shown("mia").status_code == 403
    from django.contrib.auth.models import Permission

    mia.user_permissions.add(Permission.objects.get(codename="view_journey"))
    assert shown("mia").status_code == 200
    assert shown("mia", profile="ann").status_code == 403


def test_nobody_of_that_name_is_said_so() -> None:
    answer = shown(profile="zoe")
    assert (answer.status_code, answer.json()["message"]) == (404, "There is nobody with the identity “zoe”.")


def test_of_a_text_it_is_told_what_it_is_paid_for_by() -> None:
    told = shown(
        kind="sms", content={"text": "Hi {{ Profile.name | default: 'you' }}: https://shop.example/" + "x" * 200}
    )
    assert told.json()["message"]["text"] == "Hi you: http://127.0.0.1:8000/s/xxxxxxxxxxxxxxxx"
    assert told.json()["parts"] == {"encoding": "GSM-7", "characters": 48, "parts": 1, "room": 112, "other": ""}
    assert shown(kind="sms", content={"text": "नमस्ते"}).json()["parts"]["encoding"] == "UCS-2"
    assert "parts" not in shown().json()
