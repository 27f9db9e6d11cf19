"""The outbox on real PostgreSQL: claiming, refusing, settling, each to the second and for sets."""

import re
import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from channels.base import Outcome, Outgoing, Result
from channels.models import Channel, Provider
from channels.outbox import cancel, delivery, dispatch, sending, settling
from channels.sandbox import Sandbox
from channels.services import edit_campaign
from config.lib import sql
from config.lib.arrays import literal
from profiles import consent
from tests.channels.conftest import NOON, World

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


class Scripted:
    """A transport to the outside that answers as it is told, batch by batch, and remembers what it got."""

    records = False
    backoff = (timedelta(minutes=1), timedelta(minutes=5))

    def __init__(self, *results: Result) -> None:
        self.results = list(results)
        self.batches: list[list[Outgoing]] = []

    def send(self, batch: list[Outgoing], *, seconds: float) -> list[Result]:
        self.batches.append(list(batch))
        result = self.results.pop(0) if self.results else Result(Outcome.SENT)
        return [result] * len(batch)


SENT, RETRY = Result(Outcome.SENT), Result(Outcome.RETRY, "busy")


def outside(transport: Any) -> dict[str, Any]:
    return dict.fromkeys(Channel.values, transport)


def test_ada_gets_her_message_and_an_event_says_so(world: World) -> None:
    campaign = world.campaign()
    [enrollment] = world.queue(campaign, world.person("ada"))
    assert dispatch(now=NOON, batch=10) == 1
    assert world.messages() == [("ada", "sent", None)]
    [(identity, name, properties)] = world.events()
    assert (identity, name) == ("ada", "Notification Sent")
    assert properties.pop("message") > 0
    assert properties == {
        "channel": "email", "journey": 7, "version": 8, "node": 3, "visit": 1, "enrollment": enrollment,
        "campaign": campaign.pk,
    }  # fmt: skip
    [mail] = world.sandboxed().values()
    assert mail["subject"] == "Hello Ada"
    assert mail["text"] == "Hi Ada"
    assert mail["html"].startswith("<p>Hi Ada</p><a href=")


def test_a_message_goes_out_when_it_is_due_and_not_a_second_sooner(world: World) -> None:
    world.queue(world.campaign(), world.person("ada"), due=NOON + SECOND)
    assert dispatch(now=NOON, batch=10) == 0
    assert dispatch(now=NOON + SECOND, batch=10) == 1
    assert dispatch(now=NOON + SECOND, batch=10) == 0
    assert len(world.events()) == 1


@pytest.mark.parametrize("channel", ["email", "sms", "whatsapp", "webhook"])
def test_who_cannot_be_reached_is_unreachable_with_the_reason(world: World, channel: str) -> None:
    flag = f"MSG-{channel}"
    contents: dict[str, dict[str, Any]] = {"email": {}, "webhook": {"url": "https://x.example/"}}
    campaign = world.campaign(channel, **contents.get(channel, {"text": "Hi"}))
    in_ = {flag: True}
    people = [
        world.person("a-ada", phone="+491234567", properties=in_),
        world.person("b-nowhere", email=None, phone=None, properties=in_),
        world.person("c-cleo", phone="+491234568", properties={flag: False}),
        world.person("d-off", email="off@example.com", phone="+491234569", properties=in_),
        world.person("e-silent", phone="+491234560"),
    ]
    consent.suppress("email", ["Off@Example.com"], "unsubscribed", now=NOON)
    consent.suppress("phone", ["+49 123 4569"], "spam", now=NOON)
    world.queue(campaign, *people)
    dispatch(now=NOON, batch=10)
    kind = "email" if channel == "email" else "phone"
    expected = {
        "a-ada": None,
        "b-nowhere": f"no {kind}",
        "c-cleo": "not opted in" if channel == "whatsapp" else "opted out",
        "d-off": "unsubscribed" if kind == "email" else "reported as spam",
        "e-silent": "not opted in" if channel == "whatsapp" else None,
    }
    if channel == "webhook":
        expected = dict.fromkeys(expected)
    assert world.messages() == [(name, "unreachable" if why else "sent", why) for name, why in expected.items()]
    assert {who: properties.get("reason") for who, _event, properties in world.events()} == expected


def test_a_shared_address_gets_one_message_a_run(world: World) -> None:
    ada, bob = world.person("ada", email="home@example.com"), world.person("bob", email="home@example.com")
    campaign = world.campaign()
    world.queue(campaign, ada, bob)
    world.queue(campaign, bob, at=NOON + SECOND)  # another run
    dispatch(now=NOON + SECOND, batch=640)
    assert world.messages() == [("ada", "sent", None), ("bob", "failed", "duplicate profile"), ("bob", "sent", None)]


def test_a_shared_address_is_its_first_owners_in_whatever_batch(world: World) -> None:
    ada, bob = world.person("ada", email="home@example.com"), world.person("bob", email="home@example.com")
    sql.run(
        "INSERT INTO profiles_identity (value, kind, lane, profile_id)"
        " VALUES ('home@example.com', 'email', %(lane)s, %(bob)s)",
        {"bob": bob, "lane": bob % 64},
    )
    world.queue(world.campaign(), ada, bob)
    dispatch(now=NOON, batch=640, lanes=[ada % 64])
    dispatch(now=NOON, batch=640, lanes=[bob % 64])
    assert world.messages() == [("ada", "failed", "duplicate profile"), ("bob", "sent", None)]


def test_an_address_whose_first_owner_cannot_be_reached_is_the_next_ones(world: World) -> None:
    ada, bob = world.person("ada", email="home@example.com"), world.person("bob", email="home@example.com")
    sql.run(
        "INSERT INTO profiles_identity (value, kind, lane, profile_id)"
        " VALUES ('home@example.com', 'email', %(lane)s, %(bob)s)",
        {"bob": bob, "lane": bob % 64},
    )
    sql.run("UPDATE profiles_profile SET properties = '{\"MSG-email\": false}' WHERE id = %(bob)s", {"bob": bob})
    campaign = world.campaign()
    world.queue(campaign, ada, bob)
    world.queue(campaign, ada, bob, at=NOON + SECOND)
    dispatch(now=NOON, batch=640)
    dispatch(now=NOON + SECOND, batch=640, lanes=[bob % 64])
    dispatch(now=NOON + SECOND, batch=640, lanes=[ada % 64])
    assert world.messages() == [("ada", "sent", None)] * 2 + [("bob", "unreachable", "opted out")] * 2


def test_people_who_come_one_by_one_share_an_address(world: World) -> None:
    ada, bob = world.person("ada", email="home@example.com"), world.person("bob", email="home@example.com")
    world.queue(world.campaign(policy={"runs": False}), ada, bob)
    dispatch(now=NOON, batch=640)
    assert world.messages() == [("ada", "sent", None), ("bob", "sent", None)]


def test_a_poison_template_fails_its_own_messages_and_no_others(world: World) -> None:
    ada, bob = world.person("ada"), world.person("bob", properties={"n": 0})
    world.queue(world.campaign(), ada)
    world.queue(world.campaign(subject="{% if %}"), ada)
    world.queue(world.campaign(subject="{% if Profile.n == 0 %}{% abort %}{% endif %}{{ Profile.name }}"), ada, bob)
    world.queue(world.campaign(html="{{ 1 | divided_by: 0 }}"), ada)
    world.queue(world.campaign(subject=3), ada)
    assert dispatch(now=NOON, batch=640) == 6
    reasons = [(who, status, reason) for who, status, reason in world.messages()]
    assert reasons[0] == ("ada", "sent", None)
    assert reasons[1] == ("ada", "failed", "liquid replacement: missing expression")
    assert reasons[2] == ("ada", "sent", None)
    assert reasons[3] == ("ada", "failed", "liquid replacement: divided_by: can't divide by 0")
    assert str(reasons[4][2]).startswith("content: ")
    assert reasons[5] == ("bob", "failed", "liquid abort")


def test_a_row_that_nobody_thought_of_holds_up_nothing(world: World) -> None:
    campaign = world.campaign()
    world.queue(campaign, world.person("ada"), world.person("bob"), 999_999)
    sql.run("""UPDATE channels_message SET event = '[1]' WHERE profile_id = %(id)s""", {"id": world.people["bob"]})
    dispatch(now=NOON, batch=640)
    assert world.messages() == [
        ("ada", "sent", None),
        ("bob", "failed", "internal error while rendering"),
        (None, "failed", "the profile is gone"),
    ]


def test_the_event_and_the_journey_are_at_hand(world: World) -> None:
    campaign = world.campaign(
        subject="{{ Event.product }} {{ Journey.name }} {{ Node.id }} {{ Campaign.campaignId }} {{ today }}"
    )
    world.queue(campaign, world.person("ada"), event={"product": "Shoe"})
    dispatch(now=NOON, batch=10)
    assert world.sandboxed()["ada@example.com"]["subject"] == f"Shoe Win back 3 {campaign.pk} 2026-03-02"


def test_an_edit_takes_effect_for_what_is_sent_after_it(world: World) -> None:
    campaign = world.campaign(subject="Old")
    world.queue(campaign, world.person("ada"))
    dispatch(now=NOON, batch=10)
    edit_campaign(campaign_id=campaign.pk, given=campaign.content | {"subject": "New"})
    world.queue(campaign, world.person("bob"))
    dispatch(now=NOON, batch=10)
    assert {address: mail["subject"] for address, mail in world.sandboxed().items()} == {
        "ada@example.com": "Old",
        "bob@example.com": "New",
    }


def test_what_may_pass_is_tried_again_later_and_then_given_up(world: World) -> None:
    world.queue(world.campaign(), world.person("ada"))
    transport = Scripted(RETRY, RETRY, RETRY)
    assert dispatch(now=NOON, batch=10, transports=outside(transport)) == 1
    assert world.messages() == [("ada", "queued", "busy")]
    assert world.events() == []
    assert dispatch(now=NOON + timedelta(seconds=59), batch=10, transports=outside(transport)) == 0
    assert dispatch(now=NOON + timedelta(minutes=1), batch=10, transports=outside(transport)) == 1
    assert dispatch(now=NOON + timedelta(minutes=6), batch=10, transports=outside(transport)) == 1
    assert world.messages() == [("ada", "failed", "busy")]
    assert [(name, properties["reason"]) for _who, name, properties in world.events()] == [
        ("Notification Failed", "busy")
    ]
    assert dispatch(now=NOON + timedelta(days=9), batch=10, transports=outside(transport)) == 0
    assert len({batch[0].key for batch in transport.batches}) == 1  # the same message, known by the same key


@pytest.mark.parametrize(("retries", "minutes"), [(1, [0, 1]), (4, [0, 1, 6, 11, 16])])
def test_a_result_may_say_how_often_it_is_tried_again(world: World, retries: int, minutes: list[int]) -> None:
    world.queue(world.campaign(), world.person("ada"))
    transport = Scripted(*[RETRY._replace(retries=retries)] * (retries + 1))
    for minute in minutes:
        assert world.messages() == [("ada", "queued", "busy" if minute else None)]
        assert dispatch(now=NOON + timedelta(minutes=minute), batch=10, transports=outside(transport)) == 1
    assert world.messages() == [("ada", "failed", "busy")]


def test_what_was_not_tried_goes_back_without_losing_an_attempt(world: World) -> None:
    world.queue(world.campaign(), world.person("ada"))
    transport = Scripted(Result(Outcome.UNTRIED), RETRY, RETRY, SENT)
    for minute in (0, 0, 1, 6):
        assert dispatch(now=NOON + timedelta(minutes=minute), batch=10, transports=outside(transport)) == 1
    assert world.messages() == [("ada", "sent", None)]


def test_a_transport_with_a_mistake_in_it_loses_nothing(world: World) -> None:
    class Wrong(Scripted):
        def send(self, batch: list[Outgoing], *, seconds: float) -> list[Result]:
            raise KeyError("oops")

    world.queue(world.campaign(), world.person("ada"))
    dispatch(now=NOON, batch=10, transports=outside(Wrong()))
    assert world.messages() == [("ada", "queued", "internal error while sending")]


def test_a_reason_in_strange_words_is_kept_as_far_as_possible(world: World) -> None:
    world.queue(world.campaign(), world.person("ada"))
    dispatch(now=NOON, batch=10, transports=outside(Scripted(Result(Outcome.FAILED, "no\0 “\ud800”"))))
    assert world.messages() == [("ada", "failed", "no “?”")]


def test_a_dead_dispatchers_messages_are_taken_over_when_its_lease_ends(world: World) -> None:
    class Killed(Scripted):
        def send(self, batch: list[Outgoing], *, seconds: float) -> list[Result]:
            raise SystemExit

    world.queue(world.campaign(), world.person("ada"))
    with pytest.raises(SystemExit):
        dispatch(now=NOON, batch=10, transports=outside(Killed()))
    assert world.messages() == [("ada", "sending", None)]
    transport = Scripted()
    assert dispatch(now=NOON + sending.LEASE - SECOND, batch=10, transports=outside(transport)) == 0
    assert dispatch(now=NOON + sending.LEASE, batch=10, transports=outside(transport)) == 1
    assert world.messages() == [("ada", "sent", None)]
    assert len(world.events()) == 1


def test_who_lost_his_lease_settles_nothing(world: World) -> None:
    """The slow dispatcher comes back after another one has taken over and sent: one outcome, one event."""
    quick = Scripted()

    class Slow(Scripted):
        def send(self, batch: list[Outgoing], *, seconds: float) -> list[Result]:
            dispatch(now=NOON + sending.LEASE, batch=10, transports=outside(quick))
            return [Result(Outcome.FAILED, "too late")] * len(batch)

    world.queue(world.campaign(), world.person("ada"))
    dispatch(now=NOON, batch=10, transports=outside(Slow()))
    assert world.messages() == [("ada", "sent", None)]
    assert [name for _who, name, _properties in world.events()] == ["Notification Sent"]


def test_sandbox_and_outside_mix_in_one_batch(world: World) -> None:
    provider = Provider.objects.create(name="Out", channel="webhook", kind="http", config={}, is_default=True)
    ada = world.person("ada")
    world.queue(world.campaign(), ada)
    world.queue(world.campaign("webhook", url="http://127.0.0.1:9/x"), ada)
    dispatch(now=NOON, batch=640)
    assert provider.pk
    assert world.messages() == [
        ("ada", "sent", None),
        ("ada", "failed", "127.0.0.1 leads to the private address 127.0.0.1, which webhooks may not reach"),
    ]


def test_a_rehearsal_says_how_sends_end(world: World) -> None:
    world.queue(world.campaign(), world.person("ada"))
    dispatch(now=NOON, batch=10, transports=outside(Sandbox(Outcome.FAILED, "provider down")))
    assert world.messages() == [("ada", "failed", "provider down")]
    assert world.sandboxed() == {}


def test_who_left_gets_nothing_that_is_still_queued(world: World) -> None:
    campaign = world.campaign()
    ada, bob = world.person("ada"), world.person("bob")
    enrollments = world.queue(campaign, ada, bob)
    assert cancel(lanes=[ada % 64], enrollment_ids=enrollments, reason="exited", now=NOON) == 1
    assert cancel(lanes=[ada % 64], enrollment_ids=enrollments, reason="again", now=NOON) == 0
    dispatch(now=NOON, batch=10)
    assert world.messages() == [("ada", "cancelled", "exited"), ("bob", "sent", None)]


def test_a_batch_takes_the_longest_due_of_each_lane(world: World) -> None:
    campaign, ada = world.campaign(), world.person("ada")
    for minute in (2, 0, 1):
        world.queue(campaign, ada, at=NOON + timedelta(minutes=minute), due=NOON + timedelta(minutes=minute))
    assert dispatch(now=NOON + timedelta(hours=1), batch=64) == 1
    [(first,)] = sql.rows("SELECT due_at FROM channels_message WHERE status = 'queued' ORDER BY due_at LIMIT 1")
    assert first == NOON + timedelta(minutes=1)


@pytest.mark.parametrize("transport", [Sandbox(), Scripted()])
def test_one_message_or_fifty_take_the_same_statements(world: World, transport: Any) -> None:
    campaign = world.campaign()
    world.queue(campaign, world.person("warm"))
    dispatch(now=NOON, batch=640, transports=outside(transport))  # compiles the campaign and registers the event types
    counts = []
    for people in (1, 50):
        world.queue(campaign, *(world.person(f"p{people}-{n}") for n in range(people)))
        with sql.counting() as count:
            assert dispatch(now=NOON, batch=6400, transports=outside(transport)) == people
        counts.append(int(count))
    assert counts[0] == counts[1] <= 15, count.statements


def test_two_dispatchers_at_once_share_the_work(committed: None, world: World) -> None:
    campaign = world.campaign()
    world.queue(campaign, *(world.person(f"p{n}") for n in range(400)))
    transport = Scripted()
    totals: list[int] = []

    def work() -> None:
        done = 0
        while taken := dispatch(now=NOON, batch=64, transports=outside(transport)):
            done += taken
        totals.append(done)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keys = [outgoing.key for batch in transport.batches for outgoing in batch]
    assert len(keys) == len(set(keys)) == sum(totals) == 400
    assert len(world.events()) == 400
    assert {status for _who, status, _reason in world.messages()} == {"sent"}


def test_a_sandbox_batch_that_cannot_commit_leaves_nothing_behind(
    committed: None, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.queue(world.campaign(), world.person("ada"))

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the database went away")

    with monkeypatch.context() as patch:
        patch.setattr(settling.receipts, "record_outcomes", broken)
        with pytest.raises(RuntimeError):
            dispatch(now=NOON, batch=10)
    assert world.messages() == [("ada", "queued", None)]
    assert world.sandboxed() == {}
    assert dispatch(now=NOON, batch=10) == 1
    assert len(world.events()) == 1


def test_the_claim_reads_by_index_whatever_the_statistics_say(world: World) -> None:
    sql.join_by_key()
    plan = "\n".join(
        line
        for (line,) in sql.rows(
            "EXPLAIN " + delivery.SQL["claim"], {"lanes": list(range(64)), "share": 16, "now": NOON}
        )
    )
    assert "channels_message_default_lane_due_at_idx" in plan
    assert "profiles_profile_pkey" in plan
    assert "Seq Scan" not in plan


@pytest.mark.parametrize("statement", ["lease", "hold", "settle"])
def test_every_message_is_found_by_its_key(world: World, statement: str) -> None:
    world.queue(world.campaign(), *(world.person(f"p{n}") for n in range(300)))
    sql.join_by_key()
    keys = sql.rows("SELECT lane, id, queued_at, profile_id, enrollment_id FROM channels_message")
    columns = dict(
        zip(["lanes", "ids", "times", "people", "enrollments"], map(literal, zip(*keys, strict=True)), strict=True)
    )
    params = columns | {
        "statuses": literal(["sent"] * 300), "reasons": literal([None] * 300), "addresses": literal([None] * 300),
        "attempts": literal([1] * 300), "due_ats": literal([None] * 300), "now": NOON, "lease": uuid4(), "until": NOON,
        "variants": literal([None] * 300), "provider_ids": literal([None] * 300), "sent_as": literal([None] * 300),
    }  # fmt: skip
    needed = {name: value for name, value in params.items() if f"%({name})s" in settling.SQL[statement]}
    plan = "\n".join(line for (line,) in sql.rows("EXPLAIN " + settling.SQL[statement], needed))
    assert re.search(r"Index Cond: .*\b(id|profile_id|enrollment_id) = v\.", plan), plan
    assert "Join Filter" not in plan
