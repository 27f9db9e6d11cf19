"""What waits on devices: who may ask, what they get, and what they may tell."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from channels import frequency, ondevice
from channels.frequency import Before, Frequency
from channels.models import OnDevice
from channels.outbox import dispatch
from channels.services import stop_campaigns
from config.lib import sql
from config.lib.lanes import of
from profiles.models import Credential
from profiles.services import issue_credential
from tests.channels.conftest import NOON, World

pytestmark = pytest.mark.django_db

EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Call = Callable[..., Any]


@pytest.fixture
def call() -> Call:
    """Call the API as an app's server does, at a given time."""

    def call(path: str, body: Any, *, scopes: tuple[str, ...] = ("device",), at: datetime = NOON) -> Any:
        credential, passcode = issue_credential(name="App", scopes=[Credential.Scope(it) for it in scopes])
        headers = {"X-Sojourn-Project": credential.project_id, "X-Sojourn-Passcode": passcode}
        content = body if isinstance(body, str) else json.dumps(body)
        with time_machine.travel(at, tick=False):
            return Client().post(f"/1/{path}", content, content_type="application/json", headers=headers)

    return call


def known(world: World, name: str) -> int:
    """A person whom the API finds by their identity."""
    person = world.person(name)
    sql.run(
        "INSERT INTO profiles_identity (value, kind, lane, profile_id) VALUES (%(name)s, 'identity', %(lane)s, %(id)s)",
        {"name": name, "lane": of(person), "id": person},
    )
    return person


def put(world: World, person: int, channel: str = "in_app", *, at: datetime = NOON, **content: Any) -> int:
    """Queue and put down one message; its enrollment."""
    policy = content.pop("policy", None)
    campaign = world.campaign(channel, policy=policy, **(content or {"html": "<p>Hi</p>"}))
    [enrollment] = world.queue(campaign, person, at=at)
    assert dispatch(now=at, batch=10) == 1
    return enrollment


def given(reply: Any) -> list[dict[str, Any]]:
    assert reply.status_code == 200, reply.content
    assert reply.json()["status"] == "success"
    return reply.json()["messages"]


def test_a_device_gets_what_waits_for_its_person_and_nobody_elses(call: Call, world: World) -> None:
    ada, bob = known(world, "ada"), known(world, "bob")
    put(world, ada, html="<p>Hi {{ Profile.name }}</p>", title="{{ Profile.name }} & co")
    put(world, bob)
    [message] = given(call("messages", {"identity": "ada"}))
    assert message["channel"] == "in_app"
    assert message["content"] == {
        "html": "<p>Hi Ada</p>", "title": "Ada & co", "body": "", "image": "", "link": "", "buttons": [], "values": {},
    }  # fmt: skip
    assert message["expires"] == (NOON + 30 * DAY).isoformat()
    assert world.messages() == [("ada", "sent", None), ("bob", "sent", None)]
    assert given(call("messages", {"identity": "nobody"})) == []


def test_the_highest_priority_comes_first_then_the_oldest(call: Call, world: World) -> None:
    ada = known(world, "ada")
    for title, priority in (("low", 1), ("high", 9), ("higher", 9)):
        put(world, ada, title=title, priority=priority)
    put(world, ada, "web_popup", title="popup", trigger={"when": "scroll", "percent": 50})
    messages = given(call("messages", {"identity": "ada", "channels": ["in_app"]}))
    assert [message["content"]["title"] for message in messages] == ["high", "higher", "low"]
    [popup] = given(call("messages", {"identity": "ada", "channels": ["web_popup"]}))
    assert popup["content"]["trigger"] == {"when": "scroll", "seconds": None, "percent": 50}


def test_a_message_comes_again_until_it_is_acked_and_the_ack_moves_its_person(call: Call, world: World) -> None:
    ada = known(world, "ada")
    enrollment = put(world, ada)
    [message] = given(call("messages", {"identity": "ada"}))
    assert given(call("messages", {"identity": "ada"})) == [message]
    ack = {"message": message["message"], "outcome": "clicked", "url": "https://shop.example/"}
    for _ in range(2):  # once more is harmless
        reply = call("messages/ack", {"acks": [ack]}).json()
        assert reply == {"status": "success", "processed": 1, "unprocessed": []}
    assert given(call("messages", {"identity": "ada"})) == []
    told = [(who, name, about["enrollment"], about.get("url")) for who, name, about in world.events()]
    assert told[0] == ("ada", "Notification Sent", enrollment, None)
    assert told[1:] == [("ada", "Notification Clicked", enrollment, "https://shop.example/")] * 2


def test_the_app_inbox_keeps_what_was_read_until_its_time_is_over(call: Call, world: World) -> None:
    ada = known(world, "ada")
    put(world, ada, "app_inbox", title="Two days")
    put(world, ada, "app_inbox", title="For ever", ttl=None)
    messages = given(call("messages", {"identity": "ada"}))
    assert [(it["content"]["title"], it["expires"]) for it in messages] == [
        ("Two days", (NOON + 2 * DAY).isoformat()), ("For ever", None),
    ]  # fmt: skip
    call("messages/ack", {"acks": [{"message": messages[0]["message"], "outcome": "viewed"}]})
    assert [it["viewed"] for it in given(call("messages", {"identity": "ada"}))] == [True, False]
    later = given(call("messages", {"identity": "ada"}, at=NOON + 2 * DAY))
    assert [it["content"]["title"] for it in later] == ["For ever"]
    assert ondevice.forget_expired(now=NOON + 2 * DAY) == 1
    assert OnDevice.objects.count() == 1


@pytest.mark.parametrize(
    "ack",
    [
        {"outcome": "viewed"},
        {"message": "AAAA", "outcome": "viewed"},
        {"message": 7, "outcome": "viewed"},
        {"message": "é", "outcome": "viewed"},
        "viewed",
        None,
    ],
)
def test_what_was_never_given_out_cannot_be_acked(call: Call, world: World, ack: Any) -> None:
    put(world, known(world, "ada"))
    reply = call("messages/ack", {"acks": [ack]}).json()
    assert (reply["status"], reply["processed"], len(reply["unprocessed"])) == ("fail", 0, 1)
    assert [name for _who, name, _about in world.events()] == ["Notification Sent"]


def test_a_key_of_another_use_is_no_ack_and_good_acks_beside_it_are_kept(call: Call, world: World) -> None:
    from channels import tracking

    ada = known(world, "ada")
    put(world, ada)
    [message] = given(call("messages", {"identity": "ada"}))
    ref = tracking.read(message["message"], tracking.DEVICE)
    assert ref is not None
    assert ref.day is not None
    unsubscribe = tracking.Linker().unsubscribe(
        tracking.reference(ref.lane, ref.id, (ref.day - tracking.DAY_ZERO).days)
    )
    bad = {"message": unsubscribe.rsplit("/", 1)[1], "outcome": "viewed"}
    wrong = {"message": message["message"], "outcome": "unsubscribed"}
    good = {"message": message["message"], "outcome": "viewed"}
    reply = call("messages/ack", {"acks": [bad, wrong, good]}).json()
    assert (reply["status"], reply["processed"]) == ("partial", 1)
    assert [it["record"] for it in reply["unprocessed"]] == [bad, wrong]


@pytest.mark.parametrize("path", ["messages", "messages/ack"])
@pytest.mark.parametrize("scopes", [("upload",), ("read",), ("delete",)])
def test_a_credential_for_something_else_may_not_ask(
    call: Call, world: World, path: str, scopes: tuple[str, ...]
) -> None:
    reply = call(path, {"identity": "ada"}, scopes=scopes)
    assert (reply.status_code, reply.json()["status"]) == (403, "fail")
    assert "device" in reply.json()["error"]
    assert Client().post(f"/1/{path}", "{}", content_type="application/json").status_code == 401


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("messages", {}),
        ("messages", []),
        ("messages", "no json"),
        ("messages", {"identity": 7}),
        ("messages", {"identity": "ada", "channels": "in_app"}),
        ("messages", {"identity": "ada", "channels": ["email"]}),
        ("messages", {"identity": "ada", "channels": [[]]}),
        ("messages/ack", {}),
        ("messages/ack", {"acks": []}),
        ("messages/ack", {"acks": [{}] * 101}),
    ],
)
def test_a_call_that_cannot_be_read_is_answered_in_a_sentence(call: Call, path: str, body: Any) -> None:
    reply = call(path, body)
    assert (reply.status_code, reply.json()["status"]) == (400, "fail")
    assert reply.json()["error"].endswith(".")


def test_identities_that_cannot_be_are_nobodys(call: Call) -> None:
    assert given(call("messages", {"identity": "a\x00b"})) == []


def hours(begin: str, end: str) -> dict[str, Any]:
    return {"frequency": {"windows": [{"days": EVERY_DAY, "from": begin, "to": end}]}}


def test_what_would_show_outside_its_hours_is_discarded_and_told(call: Call, world: World) -> None:
    ada = known(world, "ada")
    put(world, ada, policy=hours("09:00", "13:00"))
    [message] = given(call("messages", {"identity": "ada"}, at=NOON + HOUR - timedelta(seconds=1)))
    assert given(call("messages", {"identity": "ada"}, at=NOON + HOUR)) == []
    assert world.messages() == [("ada", "discarded", "outside its hours")]
    assert [name for _who, name, _about in world.events()] == ["Notification Sent", "Notification Discarded"]
    call("messages/ack", {"acks": [{"message": message["message"], "outcome": "viewed"}]}, at=NOON + 2 * HOUR)
    assert len(world.events()) == 2  # nobody saw it, whatever the device says now


def test_what_was_stopped_or_taken_back_is_not_shown(call: Call, world: World) -> None:
    ada = known(world, "ada")
    campaign = world.campaign("in_app", title="Stopped")
    world.queue(campaign, ada)
    dispatch(now=NOON, batch=10)
    enrollment = put(world, ada, title="Left")
    put(world, ada, "app_inbox", title="Kept")
    stop_campaigns(campaign_ids=[campaign.pk])
    assert ondevice.withdraw(lanes=[of(ada)], enrollment_ids=[enrollment]) == 1
    assert [it["content"]["title"] for it in given(call("messages", {"identity": "ada"}))] == ["Kept"]


def test_putting_down_takes_as_many_statements_for_one_as_for_fifty(world: World) -> None:
    policy = {"frequency": {"most": 1, "per": "session"}}
    campaign = world.campaign("in_app", policy=policy, title="Hi")
    counts = []
    for number in (1, 50):
        people = [world.person(f"p{number}-{n}") for n in range(number)]
        world.queue(campaign, *people)
        assert dispatch(now=NOON, batch=6400) == number  # what is compiled once is compiled now
        world.queue(campaign, *people, at=NOON + HOUR)
        with sql.counting() as count:
            assert dispatch(now=NOON + HOUR, batch=6400) == number
        counts.append(len(count.statements))
    assert counts[0] == counts[1]


def test_a_push_is_acked_by_the_key_that_it_brought(call: Call, world: World) -> None:
    ada = known(world, "ada")
    sql.run(
        "INSERT INTO profiles_device (lane, profile_id, channel, platform, token, seen_at)"
        " VALUES (%(lane)s, %(id)s, 'push', 'fcm', 'a', %(now)s)",
        {"lane": of(ada), "id": ada, "now": NOON},
    )
    put(world, ada, "push", title="Hi")
    [(content,)] = sql.rows("SELECT content FROM channels_sandboxed")
    call("messages/ack", {"acks": [{"message": json.loads(content)["message"], "outcome": "clicked"}]})
    assert [name for _who, name, _about in world.events()] == ["Notification Sent", "Notification Clicked"]


# How often ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("activity", "began"),
    [
        ([], None),
        ([20], None),  # idle for 20 minutes: the session is over
        ([19], 19),
        ([0, 19, 38], 38),
        ([0, 19, 39], 19),
        ([0, 19, 39, 58], 19),
    ],
)
def test_a_session_ends_after_twenty_idle_minutes(activity: list[int], began: int | None) -> None:
    def ago(minutes: int) -> datetime:
        return NOON - timedelta(minutes=minutes)

    found = frequency.session_began(map(ago, activity), now=NOON)
    assert found == (None if began is None else ago(began))


@pytest.mark.parametrize(
    ("zone", "shown", "reason"),
    [
        ("UTC", "2026-03-02T00:00+00:00", "shown often enough"),
        ("UTC", "2026-03-01T23:59+00:00", None),
        ("Asia/Tokyo", "2026-03-01T15:00+00:00", "shown often enough"),  # 00:00 there
        ("Asia/Tokyo", "2026-03-01T14:59+00:00", None),
    ],
)
def test_a_day_is_one_of_the_persons_calendar(zone: str, shown: str, reason: str | None) -> None:
    from zoneinfo import ZoneInfo

    once = Frequency(most=1, per="day")
    before = Before([datetime.fromisoformat(shown)], 1)
    assert frequency.obstacle(once, before, session=None, zone=ZoneInfo(zone), now=NOON) == reason
