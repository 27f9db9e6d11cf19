"""Tests sent from the canvas: what was typed goes out unsaved, each person's result is told, and the act is noted."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.utils import timezone

from channels import testsend
from channels.models import Message
from config.lib import sql
from journeys import services, testsends
from journeys.models import Transition, Version
from profiles import accept, identities, testers
from tests.channels.conftest import MailServer
from tests.journeys.documents import journey
from tests.staff import person, signed_in

pytestmark = pytest.mark.django_db

MAIL = {"subject": "Hi {{ Profile.name }}", "text": "You left the {{ Event.item | default: 'basket' }}."}


def known(name: str, **data: Any) -> int:
    """Somebody who is marked as test."""
    now = timezone.now()
    given = {"Name": name.title(), "Email": f"{name}@example.com"} | data
    records = [{"type": "profile", "identity": name, "profileData": given}]
    assert not accept.accept(records, now=now).unprocessed
    found = identities.resolve([name], create=False, now=now)[name]
    testers.mark(found, by=None, now=now)
    return found


@pytest.fixture
def version() -> Version:
    return services.create_journey(document=journey(), by=None, now=timezone.now())


@pytest.fixture
def send(version: Version) -> Callable[..., Any]:
    """Send a test to people, as Cora unless somebody else is named."""

    def send(*people: int, who: str = "cora", **given: Any) -> Any:
        body = {"node": 1, "kind": "email", "content": MAIL, "people": list(people)} | given
        address = f"/api/journeys/{version.journey_id}/versions/{version.number}/tests/"
        return signed_in(who).post(address, json.dumps(body), content_type="application/json")

    return send


Send = Callable[..., Any]


def test_it_goes_out_as_it_is_typed_and_each_result_is_told(send: Send, mail_server: MailServer) -> None:
    mail_server.provider()
    mail_server.refuse = {"bob@example.com": "550 No such user"}
    ann, bob, cleo = known("ann"), known("bob"), known("cleo", **{"MSG-email": False})
    record = {"type": "event", "identity": "ann", "evtName": "Added To Cart", "evtData": {"item": "lamp"}}
    assert not accept.accept([record], now=timezone.now()).unprocessed
    before = sql.rows("SELECT count(*) FROM profiles_inbox")
    answer = send(ann, bob, cleo, event_name="Added To Cart")
    assert answer.status_code == 200, answer.json()
    assert answer.json()["results"] == [
        {"id": ann, "name": "Ann", "outcome": "sent", "reason": ""},
        {"id": bob, "name": "Bob", "outcome": "failed", "reason": "It could not be sent: refused: 550 No such user."},
        {
            "id": cleo,
            "name": "Cleo",
            "outcome": "unreachable",
            "reason": "The person has opted out of this channel.",
        },
    ]
    [(to, mail)] = mail_server.mails
    assert (to, mail["Subject"], mail.get_content().strip()) == (
        "ann@example.com",
        "[Test] Hi Ann",
        "You left the lamp.",
    )
    assert Message.objects.count() == 0
    assert sql.rows("SELECT * FROM journeys_tally") == []
    assert sql.rows("SELECT count(*) FROM profiles_inbox") == before


def test_it_is_noted_who_sent_what_to_whom_and_what_became_of_it(
    send: Send, version: Version, mail_server: MailServer
) -> None:
    mail_server.provider()
    mail_server.refuse = {"bob@example.com": "550 bob@example.com is unknown"}
    ann, bob = known("ann"), known("bob")
    send(ann, bob, variant="B")
    act = Transition.objects.get(action="test")
    assert (act.who, act.version_id, act.number, act.source, act.target) == ("cora", version.pk, 1, "draft", "draft")
    assert act.changes == {
        "nodes[1]": [None, "Email, B"],
        "content": [None, "Hi {{ Profile.name }}"],
        f"to #{ann}": [None, "sent"],
        f"to #{bob}": [None, "failed"],  # the trail outlives people, so their addresses are not in it
    }
    page = signed_in("cora").get(f"/admin/journeys/transition/?journey={version.journey_id}").content.decode()
    assert f"to #{ann}: – → sent" in page


def test_one_that_is_cut_short_is_noted_all_the_same(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    ann = known("ann")
    monkeypatch.setattr(testsend, "send", killed)
    with pytest.raises(KeyboardInterrupt):
        send(ann)
    assert Transition.objects.get(action="test").changes[f"to #{ann}"] == [None, "begun"]


def test_only_those_who_are_marked_get_one(send: Send, mail_server: MailServer) -> None:
    mail_server.provider()
    ann, bob = known("ann"), known("bob")
    testers.unmark(bob)
    for people in ([bob], [ann, bob], [10**9]):
        answer = send(*people)
        assert (answer.status_code, answer.json()["code"]) == (400, "testers")
    assert send().status_code == 400
    assert mail_server.mails == []
    assert not Transition.objects.filter(action="test").exists()


def test_at_most_ten_at_a_time(send: Send, mail_server: MailServer) -> None:
    mail_server.provider()
    people = [known(f"p{n}") for n in range(11)]
    answer = send(*people)
    assert (answer.status_code, answer.json()["message"]) == (400, "A test goes to 10 people at most; choose fewer.")
    assert mail_server.mails == []
    assert len(send(*people[:10]).json()["results"]) == 10


def test_whoever_may_write_on_the_channel_may_test_it_and_nobody_else(send: Send, mail_server: MailServer) -> None:
    mail_server.provider()
    ann = known("ann")
    assert send(ann, who="apo").status_code == 200
    answer = send(ann, who="mia")
    assert answer.status_code == 403
    assert answer.json()["message"] == "You may not write messages on Email; ask an administrator for the right."
    mia = person("mia")
    mia.user_permissions.add(Permission.objects.get(codename="write_sms"))
    assert send(ann, who="mia").status_code == 403
    mia.user_permissions.add(Permission.objects.get(codename="write_email"))
    assert send(ann, who="mia").status_code == 200
    assert len(mail_server.mails) == 2


def test_whoever_may_not_see_people_sends_none(send: Send, mail_server: MailServer) -> None:
    mail_server.provider()
    mia = person("mia")
    mia.groups.clear()
    for name in ("view_journey", "write_email"):
        mia.user_permissions.add(Permission.objects.get(codename=name))
    assert send(known("ann"), who="mia").status_code == 403
    assert mail_server.mails == []


def test_twenty_in_ten_minutes_are_the_most_of_one_person(send: Send, mail_server: MailServer) -> None:
    mail_server.provider()
    ann = known("ann")
    begun = timezone.now()
    with time_machine.travel(begun, tick=False) as clock:
        assert [send(ann).status_code for _ in range(testsends.MOST)] == [200] * 20
        answer = send(ann)
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many")
        assert len(mail_server.mails) == 20
        assert send(ann, who="apo").status_code == 200
        clock.move_to(begun + timedelta(minutes=10, seconds=-1))
        assert send(ann).status_code == 429
        clock.move_to(begun + timedelta(minutes=10))
        assert send(ann).status_code == 200


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"content": {"text": "x"}}, "This cannot be sent as it is: The e-mail has no subject."),
        ({"provider": "None"}, "There is no Email provider “None” in use; choose another, or the default."),
        (
            {"kind": "in_app", "content": {"html": "x"}},
            "In-app shows when a person's device comes by, so no test can be sent; the preview shows it as it will be.",
        ),
    ],
)
def test_what_cannot_be_tested_is_said_and_nothing_is_noted(
    given: dict[str, Any], message: str, send: Send, mail_server: MailServer
) -> None:
    mail_server.provider()
    answer = send(known("ann"), **given)
    assert (answer.status_code, answer.json()["message"]) == (409, message)
    assert not Transition.objects.filter(action="test").exists()


def test_a_journey_that_is_not_there_has_no_tests(send: Send, version: Version) -> None:
    body = json.dumps({"node": 1, "kind": "email", "content": MAIL, "people": [known("ann")]})
    address = f"/api/journeys/{version.journey_id}/versions/9/tests/"
    assert signed_in("cora").post(address, body, content_type="application/json").status_code == 404


def test_people_to_choose_from_are_those_who_are_marked(version: Version) -> None:
    address = f"/api/journeys/{version.journey_id}/versions/{version.number}/tests/"
    ann, bob = known("ann", Phone="+919800000001"), known("bob")
    testers.unmark(bob)
    assert signed_in("mia").get(address).json() == {
        "people": [{"id": ann, "name": "Ann", "email": "ann@example.com", "phone": "+919800000001"}],
        "most": 10,
    }
