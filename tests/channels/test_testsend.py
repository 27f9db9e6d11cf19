"""Test sends: real mails and calls to people marked as test, rendered for each, counted nowhere."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from channels import testsend, transports
from channels.base import UNTRIED, Outcome, Result
from channels.errors import ChannelError
from channels.models import Channel, Message, Provider
from channels.reach import ON_DEVICE
from channels.testsend import Draft, Told
from config.lib import sql
from config.lib.lanes import of
from profiles import events, eventtypes
from profiles.models import Profile
from tests.channels.conftest import CONTEXT, EMAIL, NOON, MailServer, WebServer, World

pytestmark = pytest.mark.django_db

TEXT = {"text": "Hi {{ Profile.name | default: 'you' }}"}
MINUTE = timedelta(minutes=1)


def draft(channel: str = "email", **changes: Any) -> Draft:
    content = changes.pop("content", EMAIL if channel == "email" else TEXT)
    return Draft(channel=channel, content=content, context=CONTEXT, **changes)


def send(it: Draft, *people: int) -> list[Told]:
    found = {person.pk: person for person in Profile.objects.filter(pk__in=people)}
    return testsend.send(it, [found[each] for each in people], now=NOON)


def did(person: int, name: str, *, at: Any = NOON, routed: bool = True, **properties: Any) -> None:
    """An event, in the history or still in the inbox."""
    type_id = eventtypes.ids([name], now=NOON)[name]
    events.record([events.NewEvent(person, type_id, at, at, "api", json.dumps(properties))])
    if routed:
        sql.run(
            """WITH gone AS (DELETE FROM profiles_inbox RETURNING *)
               INSERT INTO profiles_event (id, lane, profile_id, type_id, at, received_at, source, properties)
               SELECT id, lane, profile_id, type_id, at, received_at, source, properties FROM gone"""
        )


def suppress(value: str, reason: str, kind: str = "email") -> None:
    sql.run(
        "INSERT INTO profiles_suppression (kind, value, reason, at) VALUES (%(kind)s, %(value)s, %(reason)s, now())",
        {"kind": kind, "value": value, "reason": reason},
    )


@pytest.fixture
def untouched() -> Callable[[], None]:
    """Nothing was counted, recorded, or queued."""

    def check() -> None:
        assert Message.objects.count() == 0
        assert sql.rows("SELECT * FROM profiles_inbox") == []
        assert sql.rows("SELECT * FROM profiles_event") == []
        assert sql.rows("SELECT * FROM channels_sandboxed") == []
        assert sql.rows("SELECT * FROM journeys_tally") == []

    return check


def test_a_mail_comes_with_each_persons_values_and_says_that_it_is_a_test(
    mail_server: MailServer, world: World, untouched: Callable[[], None]
) -> None:
    mail_server.provider()
    ada, bob = world.person("ada"), world.person("bob", timezone="Europe/Paris")
    assert send(draft(), ada, bob) == [Told(ada, "sent"), Told(bob, "sent")]
    assert [(to, mail["Subject"], mail["From"]) for to, mail in mail_server.mails] == [
        ("ada@example.com", "[Test] Hello Ada", "Shop <shop@example.com>"),
        ("bob@example.com", "[Test] Hello Bob", "Shop <shop@example.com>"),
    ]
    untouched()


def test_templates_see_the_latest_event_of_the_given_name(mail_server: MailServer, world: World) -> None:
    mail_server.provider()
    ada, bob, cleo = world.person("ada"), world.person("bob"), world.person("cleo")
    did(ada, "Added To Cart", item="lamp", at=NOON - 9 * MINUTE)
    did(ada, "Added To Cart", item="lamp", at=NOON - 3 * MINUTE)
    did(ada, "Charged", item="sofa", at=NOON - MINUTE)
    did(bob, "Added To Cart", item="rug", at=NOON - MINUTE)
    did(ada, "Added To Cart", item="chair", at=NOON - 2 * MINUTE, routed=False)
    did(bob, "Added To Cart", item="old", at=NOON - 3 * MINUTE, routed=False)
    content = EMAIL | {"subject": "{{ Event.item | default: 'none' }}, {{ Journey.name }}, {{ Node.id }}"}
    send(draft(content=content, event="added to cart"), ada, bob, cleo)
    assert [mail["Subject"] for _to, mail in mail_server.mails] == [
        "[Test] chair, Win back, 3", "[Test] rug, Win back, 3", "[Test] none, Win back, 3",
    ]  # fmt: skip
    send(draft(content=content), ada)
    send(draft(content=content, event="never heard of"), ada)
    assert [mail["Subject"] for _to, mail in mail_server.mails[3:]] == ["[Test] none, Win back, 3"] * 2


def test_its_links_lead_on_and_tell_nothing(
    mail_server: MailServer, world: World, client: Client, untouched: Callable[[], None]
) -> None:
    mail_server.provider()
    send(draft(), world.person("ada"))
    [(_to, mail)] = mail_server.mails
    html = mail.get_body(("html",))
    assert html
    links = re.findall(r'(?:href|src)="http://127.0.0.1:8000(/t/\w/[^"]+)"', html.get_content())
    assert [client.get(link).status_code for link in links] == [302, 200]
    unsubscribe = re.findall(r"<http://127.0.0.1:8000(/t/u/[^>]+)>", mail["List-Unsubscribe"])[0]
    assert client.post(unsubscribe).status_code == 200
    assert sql.rows("SELECT * FROM profiles_suppression") == []
    untouched()


def test_a_texts_short_links_work_and_tell_nothing(
    world: World, client: Client, untouched: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = transports.Sandbox()
    batches: list[Any] = []
    monkeypatch.setattr(testsend, "way_out", lambda channel, provider: sandbox)
    monkeypatch.setattr(sandbox, "send", lambda batch, seconds: batches.append(batch) or [Result(Outcome.SENT)] * 2)
    ada, bob = world.person("ada", phone="+1"), world.person("bob", phone="+2")
    send(draft("sms", content={"text": "https://shop.example/{{ Profile.identity }}"}), ada, bob)
    [[first, second]] = batches
    assert first.key != second.key
    links = [it.content["text"].removeprefix("http://127.0.0.1:8000") for it in (first, second)]
    with time_machine.travel(NOON + MINUTE, tick=False):
        assert [client.get(link)["Location"] for link in links] == [
            "https://shop.example/ada", "https://shop.example/bob",
        ]  # fmt: skip
    untouched()


def test_each_has_a_number_that_no_message_has(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a click on it might be one on a message of a journey."""
    ada = world.person("ada", phone="+1")
    world.queue(world.campaign("sms", text="Hi"), ada)
    sandbox, batches = transports.Sandbox(), []
    monkeypatch.setattr(testsend, "way_out", lambda channel, provider: sandbox)
    monkeypatch.setattr(sandbox, "send", lambda batch, seconds: batches.extend(batch) or [Result(Outcome.SENT)])
    send(draft("sms"), ada)
    send(draft("sms"), ada)
    world.queue(world.campaign("sms", text="Hi"), ada)
    numbers = [int.from_bytes(bytes.fromhex(it.key), "big") >> 16 & 0xFFFF_FFFF_FFFF for it in batches]
    messages = [id for (id,) in sql.rows("SELECT id FROM channels_message")]
    assert len({*numbers, *messages}) == 4


def test_copies_get_none(mail_server: MailServer, world: World) -> None:
    mail_server.provider()
    send(draft(content=EMAIL | {"cc": ["boss@example.com"], "bcc": ["log@example.com"]}), world.person("ada"))
    assert mail_server.received() == ["ada@example.com"]
    assert mail_server.mails[0][1]["Cc"] is None


def test_what_the_server_says_is_each_persons_own(mail_server: MailServer, world: World) -> None:
    mail_server.provider()
    mail_server.refuse = {"bob@example.com": "550 No such user", "cleo@example.com": "451 Try later"}
    ada, bob, cleo = world.person("ada"), world.person("bob"), world.person("cleo")
    assert send(draft(), cleo, ada, bob) == [
        Told(cleo, "failed", "It could not be sent: refused: 451 Try later."),
        Told(ada, "sent"),
        Told(bob, "failed", "It could not be sent: refused: 550 No such user."),
    ]
    assert mail_server.received() == ["ada@example.com"]


def test_whoever_said_no_or_has_no_address_gets_none(mail_server: MailServer, world: World) -> None:
    mail_server.provider()
    nobody = world.person("nobody", email=None)
    opted = world.person("opted", properties={"MSG-email": False})
    gone = world.person("gone")
    suppress("gone@example.com", "hard_bounce")
    left = world.person("left")
    suppress("left@example.com", "unsubscribed")
    member = world.person("member", properties={"Subscription groups": ["News"]})
    told = send(draft(groups=["News"]), nobody, opted, gone, left, member)
    assert [(it.outcome, it.reason) for it in told] == [
        ("unreachable", "The person has no e-mail address."),
        ("unreachable", "The person has opted out of this channel."),
        ("unreachable", "Mail to the address bounced for good, so it is switched off."),
        ("unreachable", "The address has been unsubscribed."),
        ("sent", ""),
    ]
    [told] = send(draft(groups=["Other"]), member)
    assert told.reason == "The person is not in the subscription group that it needs: Other."
    assert mail_server.received() == ["member@example.com"]
    assert [it.outcome for it in send(draft(critical=True), opted, left, gone)] == ["sent", "sent", "unreachable"]


def test_limits_and_quiet_hours_hold_nothing_back(mail_server: MailServer, world: World) -> None:
    mail_server.provider()
    sql.run("INSERT INTO channels_campaignlimit (channel, most, days) VALUES ('email', 1, 30)")
    ada = world.person("ada")
    assert [send(draft(), ada) for _ in range(3)] == [[Told(ada, "sent")]] * 3


def test_a_text_that_fails_for_one_goes_to_the_others(mail_server: MailServer, world: World) -> None:
    mail_server.provider()
    subject = "{% if Profile.plan == 'no' %}{% abort %}{% endif %}{{ Profile.n | divided_by: Profile.zero }}"
    good = world.person("good", properties={"n": 4, "zero": 2})
    aborted = world.person("aborted", properties={"plan": "no"})
    broken = world.person("broken", properties={"n": 4, "zero": 0})
    told = send(draft(content=EMAIL | {"subject": subject}), aborted, broken, good)
    assert told[0] == Told(aborted, "failed", "The text says so with {% abort %}.")
    assert told[1].outcome == "failed"
    assert "liquid replacement" in told[1].reason
    assert told[2] == Told(good, "sent")
    assert mail_server.received() == ["good@example.com"]


@pytest.mark.parametrize(
    ("channel", "content", "sentence"),
    [
        ("email", {"text": "x"}, "This cannot be sent as it is: The e-mail has no subject."),
        ("email", {"subject": "{{ x", "text": "x"}, "This cannot be sent as it is: Line 1 is not valid Liquid"),
        ("email", {"subjekt": "x"}, "subjekt: Extra inputs are not permitted."),
        ("email", "x", "Input should be a valid dictionary"),
        ("webhook", {"url": "https://a.example", "headers": {"Host": "b"}}, "The header Host is set by the connection"),
        ("sms", {"text": "https://a.example " * 6}, "There are 6 links"),
    ],
)
def test_what_could_not_be_published_is_not_sent(
    channel: str, content: Any, sentence: str, world: World, mail_server: MailServer
) -> None:
    mail_server.provider()
    with pytest.raises(ChannelError, match=re.escape(sentence)):
        send(draft(channel, content=content), world.person("ada"))
    assert mail_server.mails == []


def test_a_webhook_is_called_and_says_that_it_is_a_test(web_server: WebServer, world: World, settings: Any) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    Provider.objects.create(name="Hooks", channel="webhook", kind="http", config={})
    content = {"url": f"{web_server.url}/x", "headers": {"X-Key": "abc"}, "body": {"who": "{{ Profile.name }}"}}
    ada = world.person("ada", email=None)
    assert send(draft("webhook", content=content, provider="Hooks"), ada) == [Told(ada, "sent")]
    [(method, path, headers, body)] = web_server.requests
    assert (method, path, body) == ("POST", "/x", b'{"who":"Ada"}')
    assert (headers["X-Key"], headers["Sojourn-Test"]) == ("abc", "true")


def test_a_webhook_reaches_no_address_of_the_house(web_server: WebServer, world: World, settings: Any) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = False
    Provider.objects.create(name="Hooks", channel="webhook", kind="http", config={}, is_default=True)
    [told] = send(draft("webhook", content={"url": f"{web_server.url}/x"}), world.person("ada"))
    assert told.outcome == "failed"
    assert "private address 127.0.0.1" in told.reason
    assert web_server.requests == []


def test_without_a_provider_the_sandbox_takes_it_and_that_is_said(world: World, untouched: Callable[[], None]) -> None:
    ada = world.person("ada", phone="+1")
    assert send(draft("sms"), ada) == [Told(ada, "recorded")]
    untouched()


def test_a_provider_is_found_by_its_name_unless_it_is_archived(mail_server: MailServer, world: World) -> None:
    ada = world.person("ada")
    mail_server.provider()
    Provider.objects.create(name="Box", channel="email", kind="sandbox")
    assert send(draft(provider="Box"), ada) == [Told(ada, "recorded")]
    assert send(draft(provider="Mail"), ada) == [Told(ada, "sent")]
    Provider.objects.filter(name="Box").update(archived_at=NOON)
    for name in ("Box", "None", ""):
        with pytest.raises(ChannelError, match=f"There is no Email provider “{name}” in use"):
            send(draft(provider=name), ada)


def test_a_provider_that_is_down_is_said_to_be_so_and_not_tried_again(world: World) -> None:
    config = {"host": "127.0.0.1", "port": 9, "security": "none"}
    Provider.objects.create(name="Down", channel="email", kind="smtp", config=config, is_default=True)
    [told] = send(draft(), world.person("ada"))
    assert told.outcome == "failed"
    assert told.reason.startswith("It could not be sent: no connection to 127.0.0.1:9")


def test_a_push_goes_to_the_persons_devices_with_a_title_that_says_test(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = world.person("ada"), world.person("bob")
    sql.run(
        """INSERT INTO profiles_device (lane, profile_id, channel, platform, token, seen_at)
           VALUES (%(lane)s, %(id)s, 'push', 'fcm', 'abc', %(now)s)""",
        {"lane": of(ada), "id": ada, "now": NOON},
    )
    sandbox, batches = transports.Sandbox(), []
    monkeypatch.setattr(testsend, "way_out", lambda channel, provider: sandbox)
    monkeypatch.setattr(sandbox, "send", lambda batch, seconds: batches.append(batch) or [UNTRIED])
    told = send(draft("push", content={"title": "Hi {{ Profile.name }}", "body": "x"}), ada, bob)
    assert told == [
        Told(ada, "failed", "There was no time left for this one; send it again."),
        Told(bob, "unreachable", "The person has no device that could receive it."),
    ]
    [[outgoing]] = batches
    assert (outgoing.content["title"], [it.token for it in outgoing.devices]) == ("[Test] Hi Ada", ["abc"])


@pytest.mark.parametrize("channel", sorted(ON_DEVICE))
def test_what_shows_on_devices_has_no_tests(channel: str, world: World) -> None:
    with pytest.raises(ChannelError, match="shows when a person's device comes by, so no test can be sent"):
        send(draft(channel, content={"html": "x"}), world.person("ada"))


def test_every_other_channel_has(world: World) -> None:
    assert {it for it in Channel.values if testsend.obstacle(it)} == ON_DEVICE


def test_ten_people_take_no_more_statements_than_one(
    mail_server: MailServer, world: World, django_assert_num_queries: Any
) -> None:
    mail_server.provider()
    people = [world.person(f"p{n}") for n in range(10)]
    for person in people:
        did(person, "Charged", item="x")
    found = list(Profile.objects.filter(pk__in=people))
    for some in (found[:1], found):
        with django_assert_num_queries(5):  # the provider twice, the event's type, what is known of them, numbers
            testsend.send(draft(event="Charged"), some, now=NOON)


def test_a_mistake_of_ours_in_a_transport_is_said_and_not_raised(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(batch: Any, seconds: float) -> Any:
        raise ZeroDivisionError

    sandbox = transports.Sandbox()
    monkeypatch.setattr(testsend, "way_out", lambda channel, provider: sandbox)
    monkeypatch.setattr(sandbox, "send", broken)
    ada = world.person("ada", phone="+1")
    assert send(draft("sms"), ada) == [Told(ada, "failed", "It could not be sent: internal error while sending.")]
    assert "A transport failed" in caplog.text
