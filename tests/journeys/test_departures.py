"""People who are deleted or merged, on real tables: what ends, what moves, what is left, and that nothing is lost."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from django.db import connection

from channels import outbox
from channels.models import Message
from config.lib import lanes, sql
from journeys import selectors, services
from journeys.engine.account import Account
from journeys.engine.advance import advance
from journeys.engine.pump import pump
from journeys.engine.route import route
from journeys.models import Exempt
from profiles import departures, events, eventtypes, identities
from profiles.accept import accept
from profiles.events import NewEvent
from segments.models import List
from segments.services import set_members
from tests.journeys.documents import action, email, journey, link

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ACCOUNT = Account(ZoneInfo("UTC"))

DOCUMENT = journey(
    nodes=[email(1), action(2, "Charged"), {"id": 3, "kind": "force_exit"}],
    links=[link("entry", "yes", 1, after="PT1H"), link(1, "sent", 2), link(2, "yes", 3)],
)
PERSONAL = (
    "profiles_profile",
    "profiles_identity",
    "profiles_event",
    "profiles_inbox",
    "profiles_device",
    "journeys_watch",
    "journeys_exempt",
    "channels_ondevice",
    "segments_member",
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def version() -> int:
    made = services.create_journey(document=DOCUMENT, by=None, now=NOON)
    return services.publish(version_id=made.pk, by=None, now=NOON).pk


def upload(*records: dict[str, Any], now: datetime = NOON) -> None:
    assert accept(list(records), now=now).status == "success"


def someone(identity: str, **properties: Any) -> dict[str, Any]:
    return {"type": "profile", "identity": identity, "profileData": properties}


def does(identity: str, name: str) -> dict[str, Any]:
    return {"type": "event", "identity": identity, "evtName": name, "evtData": {"of": identity}}


def number(identity: str) -> int:
    return identities.resolve([identity], create=False, now=NOON)[identity]


def settle(now: datetime) -> None:
    """Everything that happens at an instant."""
    while pump(account=ACCOUNT, clock=lambda: now) or outbox.dispatch(now=now, batch=100):
        pass


def stays() -> list[tuple[Any, ...]]:
    """(profile, node, phase, exit reason, inside its own lane) of every stay, the earliest first."""
    return sql.rows(
        "SELECT profile_id, node, phase, exit_reason, lane = profile_id % 64 FROM journeys_enrollment ORDER BY id"
    )


def left_of(profile_id: int) -> dict[str, int]:
    """How many rows with a person in them are left of a profile, by table."""
    counts = {}
    for table in PERSONAL:
        column = "id" if table == "profiles_profile" else "profile_id"
        statement = f"SELECT count(*) FROM {table} WHERE {column} = %(id)s"  # noqa: S608
        ((counts[table],),) = sql.rows(statement, {"id": profile_id})
    return {table: count for table, count in counts.items() if count}


def test_nothing_of_a_deleted_person_is_left_but_numbers(version):
    token = {"type": "token", "identity": "ann", "tokenData": {"id": "t", "type": "fcm"}}
    upload(someone("ann", Email="ann@example.com"), token, does("ann", "Added To Cart"), does("bob", "Added To Cart"))
    set_members(name="vip", identities=["ann", "bob"], now=NOON)
    settle(NOON + HOUR)  # the message is sent, ann waits for a purchase
    ann, bob = number("ann"), number("bob")
    assert departures.delete(ann, now=NOON + 2 * HOUR)
    settle(NOON + 2 * HOUR)

    assert left_of(ann) == {}
    assert len(left_of(bob)) == 4
    assert stays()[0] == (ann, 2, "exited", "profile_deleted", True)
    assert sql.rows("SELECT address, event FROM channels_message WHERE profile_id = %(id)s", {"id": ann}) == [
        (None, None)
    ]
    assert sql.rows("SELECT count(*) FROM channels_sandboxed AS c JOIN channels_message AS m ON m.id = c.message_id "
                    "WHERE m.profile_id = %(id)s", {"id": ann}) == [(0,)]  # fmt: skip
    assert sql.rows("SELECT count(*) FROM journeys_enrollment WHERE event IS NOT NULL AND profile_id = %(id)s",
                    {"id": ann}) == [(0,)]  # fmt: skip
    assert List.objects.get(name="vip").members == 1
    assert selectors.conservation(version) == []


def test_a_message_that_is_queued_for_a_deleted_person_is_not_sent(version):
    upload(someone("ann", Email="ann@example.com"), does("ann", "Added To Cart"))
    pump(account=ACCOUNT, clock=lambda: NOON + HOUR)
    assert [message.status for message in Message.objects.all()] == ["queued"]
    departures.delete(number("ann"), now=NOON + HOUR)
    settle(NOON + HOUR)
    assert [message.status for message in Message.objects.all()] == ["cancelled"]
    assert selectors.conservation(version) == []


def test_an_event_before_the_deletion_moves_and_one_after_it_is_nobodys_however_late_the_engine_is(version):
    upload(someone("ann", Email="ann@example.com"), does("ann", "Added To Cart"))
    ann = number("ann")
    departures.delete(ann, now=NOON + 2 * HOUR)
    charged = eventtypes.ids(["Charged"], now=NOON)["Charged"]
    late = NewEvent(ann, charged, NOON + 3 * HOUR, NOON + 3 * HOUR, "api", {})
    events.record([late])  # an upload that had found ann before
    settle(NOON + 4 * HOUR)  # the engine was down all the time
    assert stays() == [(ann, 1, "exited", "profile_deleted", True)]
    assert sql.rows("SELECT at FROM journeys_step WHERE what = 'exited'") == [(NOON + 2 * HOUR,)]
    events.record([late])
    settle(NOON + 4 * HOUR)
    assert left_of(ann) == {}
    assert selectors.conservation(version) == []


def test_of_two_who_become_one_the_earlier_stay_goes_on_and_everything_has_the_survivors_number(version):
    token = {"type": "token", "identity": "annie", "tokenData": {"id": "t", "type": "fcm"}}
    upload(someone("annie", city="Bonn", plan="basic", Email="ann@example.com"), token, does("annie", "Added To Cart"))
    upload(someone("ann", plan="gold"), does("ann", "Added To Cart"), now=NOON + MINUTE)
    upload(does("annie", "Viewed"), does("cleo", "Viewed"))  # ids apart, so that the two are in different lanes
    set_members(name="vip", identities=["ann", "annie", "cleo"], now=NOON)
    set_members(name="new", identities=["annie"], now=NOON)
    settle(NOON + 2 * MINUTE)
    annie, ann = number("annie"), number("ann")
    assert lanes.of(annie) != lanes.of(ann)

    assert departures.merge(annie, into=ann, now=NOON + 3 * MINUTE)
    upload(does("annie", "Viewed"), now=NOON + 4 * MINUTE)  # ann's, by now
    settle(NOON + 4 * MINUTE)

    assert left_of(annie) == {}
    assert left_of(ann) == {
        "profiles_profile": 1,
        "profiles_identity": 3,
        "profiles_event": 5,  # two carts, two views, and the merge
        "profiles_device": 1,
        "segments_member": 2,
    }
    assert stays() == [(ann, 1, "asleep", None, True), (ann, 1, "exited", "profile_deleted", True)]
    ((email_, stored),) = sql.rows("SELECT email, properties FROM profiles_profile WHERE id = %(id)s", {"id": ann})
    assert (email_, msgspec.json.decode(stored)) == ("ann@example.com", {"city": "Bonn", "plan": "gold"})
    assert dict(List.objects.values_list("name", "members")) == {"vip": 2, "new": 1}

    settle(NOON + HOUR)
    upload(does("annie", "Charged"), now=NOON + 2 * HOUR)
    settle(NOON + 2 * HOUR)
    assert stays()[0] == (ann, 3, "exited", "force_exit", True)
    assert selectors.conservation(version) == []


def test_the_survivors_stay_goes_on_where_it_is_the_earlier_one(version):
    upload(does("ann", "Added To Cart"))
    upload(does("annie", "Added To Cart"), now=NOON + MINUTE)
    settle(NOON + 2 * MINUTE)
    ann = number("ann")
    departures.merge(number("annie"), into=ann, now=NOON + 3 * MINUTE)
    settle(NOON + 3 * MINUTE)
    assert stays() == [(ann, 1, "asleep", None, True), (ann, 1, "exited", "profile_deleted", True)]
    assert selectors.conservation(version) == []


def test_a_message_queued_for_a_merged_person_goes_to_the_survivor(version):
    upload(someone("annie"), does("annie", "Added To Cart"), someone("ann", Email="ann@example.com"))
    pump(account=ACCOUNT, clock=lambda: NOON + HOUR)
    ann = number("ann")
    departures.merge(number("annie"), into=ann, now=NOON + HOUR)
    pump(account=ACCOUNT, clock=lambda: NOON + HOUR)
    outbox.dispatch(now=NOON + HOUR, batch=10)
    assert list(Message.objects.values_list("profile_id", "status", "address")) == [(ann, "sent", "ann@example.com")]
    settle(NOON + HOUR)
    assert stays() == [(ann, 2, "waiting", None, True)]
    assert selectors.conservation(version) == []


def test_a_receipt_of_an_old_message_is_the_survivors(version):
    upload(someone("annie", Email="annie@example.com"), does("annie", "Added To Cart"), someone("ann"))
    settle(NOON + HOUR)
    annie, ann = number("annie"), number("ann")
    departures.merge(annie, into=ann, now=NOON + HOUR)
    settle(NOON + HOUR)
    clicked = eventtypes.ids([eventtypes.CLICKED], now=NOON)[eventtypes.CLICKED]
    events.record([NewEvent(annie, clicked, NOON + 2 * HOUR, NOON + 2 * HOUR, "system", {})])
    settle(NOON + 2 * HOUR)
    found = sql.rows("SELECT profile_id, lane FROM profiles_event WHERE type_id = %(type)s", {"type": clicked})
    assert found == [(ann, lanes.of(ann))]


def test_an_event_of_the_old_number_in_the_same_batch_moves_the_survivor(version):
    upload(does("annie", "Viewed"), someone("ann", Email="ann@example.com"), does("ann", "Added To Cart"))
    settle(NOON + HOUR)
    annie, ann = number("annie"), number("ann")
    departures.merge(annie, into=ann, now=NOON + HOUR + MINUTE)
    charged = eventtypes.ids(["Charged"], now=NOON)["Charged"]
    at = NOON + HOUR + 2 * MINUTE
    events.record([NewEvent(annie, charged, at, at, "api", {})])  # an upload that had found annie before
    assert route(account=ACCOUNT, now=at, size=100) == 2
    assert stays() == [(ann, 3, "exited", "force_exit", True)]
    assert selectors.conservation(version) == []


def waits_on_device(profile_id: int) -> None:
    """Something that was sent to the person's device and not shown yet, and a conversion that was counted."""
    params = {"lane": lanes.of(profile_id), "id": profile_id, "now": NOON}
    ((message,),) = sql.rows(
        """INSERT INTO channels_message (lane, queued_at, profile_id, campaign_id, enrollment_id, journey_id,
                                         version_id, node, visit, channel, status, finished_at)
           VALUES (%(lane)s, %(now)s, %(id)s, 1, 1, 1, 1, 1, 1, 'in_app', 'sent', %(now)s) RETURNING id""",
        params,
    )
    sql.run(
        """INSERT INTO channels_ondevice (lane, message_id, day, profile_id, enrollment_id, campaign_id, channel,
                                          priority, since, content)
           VALUES (%(lane)s, %(message)s, '2026-03-02', %(id)s, 1, 1, 'in_app', 0, %(now)s, '{}')""",
        params | {"message": message},
    )
    sql.run(
        """INSERT INTO journeys_conversion
           VALUES (%(lane)s, %(id)s, 1, 1, 1, %(now)s, %(now)s, NULL, false, true, NULL)""",
        params,
    )
    Exempt.objects.create(profile_id=profile_id, at=NOON)


def test_what_waits_on_devices_is_the_survivors_and_goes_with_the_deleted(version):
    upload(does("annie", "Viewed"), does("ann", "Viewed"))
    settle(NOON)
    annie, ann = number("annie"), number("ann")
    waits_on_device(annie)
    departures.merge(annie, into=ann, now=NOON)
    route(account=ACCOUNT, now=NOON, size=100)
    assert left_of(annie) == {}
    assert {"channels_ondevice", "journeys_exempt"} < left_of(ann).keys()
    mine = (ann, lanes.of(ann))
    for table in ("channels_message", "channels_ondevice", "journeys_conversion"):
        assert sql.rows(f"SELECT profile_id, lane FROM {table}") == [mine]  # noqa: S608
    departures.delete(ann, now=NOON + MINUTE)
    route(account=ACCOUNT, now=NOON + MINUTE, size=100)
    assert left_of(ann) == {}


@pytest.mark.parametrize("many", [1, 200])
def test_a_batch_of_departures_costs_the_same_for_one_and_for_many(version, many):
    upload(*(does(f"p{n}", "Added To Cart") for n in range(2 * many)))
    settle(NOON)
    ids = [number(f"p{n}") for n in range(2 * many)]
    pairs = zip(ids[:many], ids[many:], strict=True)
    departures.announce((departures.Departure(one, into) for one, into in pairs), now=NOON + MINUTE)
    with sql.counting() as count:
        assert route(account=ACCOUNT, now=NOON + MINUTE, size=64 * many) == many
    assert int(count) < 50
    assert set(sql.rows("SELECT done FROM profiles_gone")) == {(True,)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("committed")
def test_a_merge_waits_for_the_lane_of_the_survivor():
    upload(does("ann", "Viewed"), does("annie", "Viewed"))
    annie, ann = number("annie"), number("ann")
    settle(NOON)
    departures.merge(annie, into=ann, now=NOON + MINUTE)
    # A worker that was told of one lane alone: it takes the other as well, waiting if somebody holds it.
    assert route(account=ACCOUNT, now=NOON + MINUTE, size=10, lanes=[lanes.of(annie)]) == 1
    assert left_of(annie) == {}
    assert advance(account=ACCOUNT, now=NOON + MINUTE, size=10) == 0
    assert connection.in_atomic_block is False
