"""What a message's journey and node say about when it goes out, at the moment of dispatch (domain 5.2)."""

import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from django.conf import LazySettings
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from channels.base import Outcome, Result
from channels.errors import ChannelError
from channels.models import CampaignLimit
from channels.outbox import dispatch, limits, next_due, sending
from channels.policy import Cap, Policy, Sends, judge
from channels.services import save_limit, stop_campaigns
from config.lib import sql
from tests.channels.conftest import NOON, World
from tests.channels.test_outbox import Scripted, outside

pytestmark = pytest.mark.django_db

Json = dict[str, Any]
EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
NIGHT = datetime(2026, 3, 2, 23, tzinfo=UTC)  # a Monday
MORNING = datetime(2026, 3, 3, 9, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def quiet(then: str = "hold") -> Json:
    """Quiet from 21:00 to 09:00 every day."""
    return {"dnd": {"windows": [{"days": EVERY_DAY, "from": "21:00", "to": "09:00"}], "then": then}}


def test_what_is_held_stays_queued_with_the_reason_until_the_quiet_hours_end(world: World) -> None:
    world.queue(world.campaign(policy=quiet()), world.person("ada"), at=NIGHT)
    assert next_due() == NIGHT
    assert dispatch(now=NIGHT, batch=10) == 1
    assert world.messages() == [("ada", "queued", "quiet hours")]
    assert world.events() == []
    assert next_due() == MORNING
    assert dispatch(now=MORNING - SECOND, batch=10) == 0
    assert dispatch(now=MORNING, batch=10) == 1
    assert world.messages() == [("ada", "sent", "quiet hours")]  # why it had been held
    assert [about.get("reason") for _, _, about in world.events()] == [None]
    assert next_due() is None


def test_what_is_not_held_is_unreachable(world: World) -> None:
    world.queue(world.campaign(policy=quiet("drop")), world.person("ada"), at=NIGHT)
    dispatch(now=NIGHT, batch=10)
    assert world.messages() == [("ada", "unreachable", "quiet hours")]
    assert [(name, it["reason"]) for _who, name, it in world.events()] == [("Notification Unreachable", "quiet hours")]


def test_quiet_hours_are_read_on_the_persons_clock_else_the_accounts(world: World, settings: LazySettings) -> None:
    settings.ACCOUNT_TIMEZONE = "Asia/Kolkata"  # 04:30 there
    people = [world.person("a-home"), world.person("b-lima"), world.person("c-mars")]
    zones = {"b-lima": "America/Lima", "c-mars": "Mars/Olympus"}  # 18:00 in Lima
    for name, zone in zones.items():
        sql.run(
            "UPDATE profiles_profile SET timezone = %(zone)s WHERE identity = %(name)s", {"zone": zone, "name": name}
        )
    world.queue(world.campaign(policy=quiet()), *people, at=NIGHT)
    dispatch(now=NIGHT, batch=640)
    assert world.messages() == [
        ("a-home", "queued", "quiet hours"),
        ("b-lima", "sent", None),
        ("c-mars", "queued", "quiet hours"),
    ]


def test_who_cannot_be_reached_is_so_at_once_and_webhooks_never_sleep(world: World) -> None:
    world.queue(world.campaign(policy=quiet()), world.person("a-nowhere", email=None), at=NIGHT)
    world.queue(world.campaign("webhook", policy=quiet(), url="https://x.example/"), world.person("b-ada"), at=NIGHT)
    dispatch(now=NIGHT, batch=640)
    assert world.messages() == [("a-nowhere", "unreachable", "no email"), ("b-ada", "sent", None)]


def test_held_messages_take_no_statement_more(world: World) -> None:
    campaign = world.campaign(policy=quiet())
    world.queue(campaign, world.person("warm"))
    dispatch(now=NOON, batch=640)
    counts = []
    for people in (1, 50):
        world.queue(campaign, *(world.person(f"p{people}-{n}") for n in range(people)), at=NIGHT)
        with sql.counting() as count:
            assert dispatch(now=NIGHT, batch=6400) == people
        counts.append(int(count))
    assert counts[0] == counts[1] <= 14, count.statements


def limit(most: int | None = None, days: int | None = None, dwell: timedelta | None = None) -> None:
    save_limit(channel="email", most=most, days=days, dwell=dwell)


def statuses(world: World) -> list[tuple[str, str | None]]:
    return [(status, reason) for _who, status, reason in world.messages()]


CAPPED = ("failed", "frequency caps exceeded")
SENT = ("sent", None)


def test_a_cap_counts_what_was_sent_on_the_channel_by_whatever_journey_until_the_window_is_over(world: World) -> None:
    limit(most=1, days=7)
    ada = world.person("ada", phone="+491234567")
    world.queue(world.campaign("sms", text="Hi"), ada)
    for at in (NOON, NOON + 7 * DAY - SECOND, NOON + 7 * DAY):
        world.queue(world.campaign(), ada, at=at)
        dispatch(now=at, batch=640)
    assert statuses(world) == [SENT, SENT, CAPPED, SENT]
    assert [name for _who, name, _it in world.events()].count("Notification Failed") == 1


def test_what_was_not_sent_does_not_count(world: World) -> None:
    limit(most=1, days=7)
    ada = world.person("ada")
    world.queue(world.campaign(subject="{% abort %}"), ada)
    dispatch(now=NOON, batch=640)
    world.queue(world.campaign(), ada, at=NOON + SECOND)
    dispatch(now=NOON + SECOND, batch=640, transports=outside(Scripted(Result(Outcome.FAILED, "no"))))
    world.queue(world.campaign(), ada, at=NOON + MINUTE)
    dispatch(now=NOON + MINUTE, batch=640)
    assert [status for status, _reason in statuses(world)] == ["failed", "failed", "sent"]


def test_of_several_at_one_instant_each_is_decided_when_the_others_count(world: World) -> None:
    limit(most=2, days=1)
    ada = world.person("ada")
    for _ in range(4):
        world.queue(world.campaign(), ada)
    taken = []
    while count := dispatch(now=NOON, batch=640):
        taken.append(count)
    assert sorted(statuses(world)) == [CAPPED, CAPPED, SENT, SENT]
    assert taken == [4, 3, 2]


def test_what_another_dispatcher_has_in_hand_is_waited_for(world: World) -> None:
    limit(most=1, days=1)
    ada = world.person("ada")
    world.queue(world.campaign(), ada)

    class Slow(Scripted):
        def send(self, batch: Any, *, seconds: float) -> list[Result]:
            world.queue(world.campaign(), ada)
            dispatch(now=NOON, batch=640)
            assert ("queued", "another message is on its way") in statuses(world)
            return super().send(batch, seconds=seconds)

    dispatch(now=NOON, batch=640, transports=outside(Slow()))
    assert next_due() == NOON + 10 * SECOND
    dispatch(now=NOON + 10 * SECOND, batch=640)
    assert sorted(statuses(world)) == [CAPPED, SENT]


def test_a_dead_dispatchers_message_is_no_obstacle_to_itself(world: World) -> None:
    limit(most=1, days=1)

    class Killed(Scripted):
        def send(self, batch: Any, *, seconds: float) -> list[Result]:
            raise SystemExit

    world.queue(world.campaign(), world.person("ada"))
    with pytest.raises(SystemExit):
        dispatch(now=NOON, batch=10, transports=outside(Killed()))
    dispatch(now=NOON + sending.LEASE, batch=10)
    assert statuses(world) == [SENT]


def test_dwell_time_puts_a_gap_between_two_messages(world: World) -> None:
    limit(dwell=HOUR)
    ada = world.person("ada")
    world.queue(world.campaign(), ada)
    dispatch(now=NOON, batch=640)
    world.queue(world.campaign(), ada, at=NOON + MINUTE)
    dispatch(now=NOON + MINUTE, batch=640)
    assert statuses(world) == [SENT, ("queued", "dwell time")]
    assert next_due() == NOON + HOUR
    dispatch(now=NOON + HOUR, batch=640)
    assert statuses(world) == [SENT, ("sent", "dwell time")]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"ever": 2}, [SENT, SENT, ("failed", "node limit"), ("failed", "node limit")]),
        ({"every": 3600}, [SENT, ("failed", "node limit"), SENT, SENT]),
    ],
)
def test_a_node_sends_a_person_no_more_than_it_may(world: World, rule: Json, expected: list[Any]) -> None:
    campaign, ada = world.campaign(policy={"node": rule}), world.person("ada")
    for at in (NOON, NOON + HOUR - SECOND, NOON + HOUR, NOON + 400 * DAY):
        world.queue(campaign, ada, at=at)
        dispatch(now=at, batch=640)
    assert statuses(world) == expected


def test_a_node_may_be_excepted_from_the_campaign_limits(world: World) -> None:
    limit(most=1, days=1)
    ada = world.person("ada")
    rules: list[Json] = [{}, {"global": False}, {}]
    for policy in rules:
        world.queue(world.campaign(policy=policy), ada)
        while dispatch(now=NOON, batch=640):
            pass
    assert statuses(world) == [SENT, SENT, CAPPED]


def test_limits_take_two_statements_more_for_one_or_fifty(world: World) -> None:
    plain, limited = world.campaign(), world.campaign(policy={"node": {"ever": 3}} | quiet())
    world.queue(plain, world.person("a-warm"))
    world.queue(limited, world.person("b-warm"))
    dispatch(now=NOON, batch=640)
    counts = []
    for campaign, people in ((plain, 1), (limited, 1), (limited, 50)):
        if campaign is limited:
            limit(most=3, days=7, dwell=HOUR)
        world.queue(campaign, *(world.person(f"p{len(counts)}-{n}") for n in range(people)))
        with sql.counting() as count:
            assert dispatch(now=NOON, batch=6400) == people
        counts.append(int(count))
    assert counts[1] == counts[2] == counts[0] + 2, count.statements


def test_a_throttled_node_sends_so_many_in_five_minutes_and_gives_the_rest_their_places(world: World) -> None:
    campaign = world.campaign(policy={"throttle": 2})
    world.queue(campaign, *(world.person(f"p{n}") for n in range(5)))
    world.queue(world.campaign(), world.people["p0"])  # of another node
    sent = []
    for minutes in (0, 4, 5, 9, 10):
        while dispatch(now=NOON + minutes * MINUTE, batch=640):
            pass
        sent.append([status for status, _reason in statuses(world)].count("sent"))
    assert sent == [3, 3, 5, 5, 6]
    late = [world.person(f"q{n}") for n in range(3)]  # the last five minutes have room for one more
    world.queue(campaign, *late, at=NOON + 11 * MINUTE)
    dispatch(now=NOON + 11 * MINUTE, batch=640)
    assert statuses(world)[-3:].count(SENT) == 1
    assert next_due() == NOON + 15 * MINUTE


def test_a_throttle_counts_each_message_once_however_often_it_is_tried(world: World) -> None:
    world.queue(world.campaign(policy={"throttle": 1}), world.person("ada"), world.person("bob"))
    transport = Scripted(Result(Outcome.RETRY, "busy"))
    for minutes in (0, 1, 5):
        while dispatch(now=NOON + minutes * MINUTE, batch=640, transports=outside(transport)):
            pass
    assert statuses(world) == [SENT, ("sent", "throttled")]


def test_two_dispatchers_at_once_send_no_more_than_the_cap(committed: None, world: World) -> None:
    limit(most=1, days=1)
    people = [world.person(f"p{n}") for n in range(100)]
    for _ in range(3):
        world.queue(world.campaign(), *people)

    def work() -> None:
        while dispatch(now=NOON, batch=64):
            pass
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses(world)) == [CAPPED] * 200 + [SENT] * 100


def test_what_was_sent_is_found_by_person(world: World) -> None:
    sql.join_by_key()
    params = {"lanes": "{1}", "people": "{65}", "since": NOON, "earliest": NOON, "journeys": "{7}", "nodes": "{3}"}
    plan = "\n".join(line for (line,) in sql.rows("EXPLAIN " + limits.SQL["sends"], params))
    assert "channels_message_default_lane_profile_id_queued_at_idx" in plan, plan


@pytest.mark.parametrize(
    "wrong",
    [{"most": 1}, {"days": 1}, {"most": 0, "days": 1}, {"dwell": 14 * MINUTE}, {"dwell": 8 * DAY}],
)
def test_a_limit_out_of_range_is_refused(wrong: Json) -> None:
    with pytest.raises(ChannelError):
        limit(**wrong)
    assert not CampaignLimit.objects.exists()


class Planned(NamedTuple):
    profile_id: int = 1
    channel: str = "email"
    journey_id: int = 7
    node: int = 3


@given(
    minutes=st.lists(st.integers(0, 3 * 24 * 60), max_size=30).map(sorted),
    most=st.integers(1, 3),
    dwell=st.one_of(st.none(), st.integers(15, 600).map(lambda n: n * MINUTE)),
)
def test_no_window_holds_more_than_the_cap_and_no_gap_is_shorter_than_the_dwell_time(
    minutes: list[int], most: int, dwell: timedelta | None
) -> None:
    cap, sends, sent = Cap(most, 1, dwell), Sends(), list[datetime]()
    due = [NOON + minute * MINUTE for minute in minutes]
    while due:
        at = due.pop(0)
        verdict = judge(Planned(), Policy(), cap, sends, zone=ZoneInfo("UTC"), now=at)
        if verdict is None:
            sends.note_sent(Planned(), at)
            sent.append(at)
        elif verdict.due_at:
            assert verdict.due_at > at
            due = sorted([*due, verdict.due_at])
        else:
            assert sum(at - DAY < other for other in sent) == most
    assert all(sum(at - DAY < other <= at for other in sent) <= most for at in sent)
    assert all(later - sooner >= (dwell or timedelta()) for sooner, later in pairwise(sent))


def test_what_was_stopped_is_not_sent_and_tells_nobody(world: World) -> None:
    campaign, ada = world.campaign(), world.person("ada")
    world.queue(campaign, ada, world.person("bob", email=None))
    world.queue(world.campaign(), ada)
    stop_campaigns(campaign_ids=[campaign.pk])
    dispatch(now=NOON, batch=640)
    assert world.messages() == [("ada", "cancelled", "stopped"), ("ada", "sent", None), ("bob", "cancelled", "stopped")]
    assert [(who, name) for who, name, _it in world.events()] == [("ada", "Notification Sent")]
