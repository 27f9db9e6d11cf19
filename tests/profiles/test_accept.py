"""POST /1/upload behind the view: every code, every limit at its edge, good records kept beside bad ones."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.lib import sql
from profiles import accept, eventtypes, records
from profiles.models import EventType
from tests.profiles.conftest import NOON, codes, event, profile, token

EPOCH = int(NOON.timestamp())
GOOD = event("bob", "Browsed")


def test_an_event_of_somebody_new_makes_the_person_and_reaches_the_inbox(upload, inbox, people):
    report = upload(event("ann", "Charged", evtData={"amount": 12.5, "at": "$D_0", "left out": None}, ts=EPOCH - 60))
    assert (report.status, report.processed, report.unprocessed) == ("success", 1, [])
    assert inbox() == [("ann", "Charged", {"amount": 12.5, "at": "1970-01-01T00:00:00Z"})]
    assert people() == {"ann": {}}
    assert sql.rows("SELECT at, received_at, source FROM profiles_inbox") == [
        (NOON - timedelta(minutes=1), NOON, "api")
    ]


def test_events_keep_the_order_of_the_call(upload, inbox):
    upload(*[event(name, evtData={"n": n}) for n, name in enumerate(["ann", "bob", "ann", "cleo", "bob"])])
    assert [(who, properties["n"]) for who, _name, properties in inbox()] == [
        ("ann", 0),
        ("bob", 1),
        ("ann", 2),
        ("cleo", 3),
        ("bob", 4),
    ]


def test_names_of_events_compare_ignoring_case_and_spaces(upload, inbox):
    upload(event(name="Product Viewed"), event(name="productviewed"), event(name=" PRODUCT  VIEWED"))
    assert [name for _who, name, _properties in inbox()] == ["Product Viewed"] * 3
    assert EventType.objects.filter(system=False).count() == 1


BAD_RECORDS = [
    (509, event(name=None)),
    (509, event(name="")),
    (509, event(name="  ")),
    (509, event(name=7)),
    (512, "a text"),
    (512, None),
    (512, []),
    (512, event(name="a%b")),
    (512, event(name="x" * 121)),
    (512, event(evtData=[1])),
    (512, event(evtData={"a.b": 1})),
    (512, event(evtData={"": 1})),
    (512, event(evtData={"x" * 121: 1})),
    (512, event(evtData={"a": "x" * 513})),
    (512, event(evtData={"a": {"b": 1}})),
    (512, event(evtData={"a": [[1]]})),
    (512, event(evtData={"a": [{"b": {}}]})),
    (512, event(evtData={"a": [{"b.c": 1}]})),
    (512, event(evtData={"a": "$D_tomorrow"})),
    (512, event(evtData={"a": "$D_99999999999999"})),
    (512, event(evtData={"a": "\x00"})),
    (512, event(evtData={"a": 2**70})),
    (512, event(eventId="")),
    (512, event(eventId="x" * 513)),
    (512, event(eventId=["x"])),
    (512, {"type": "profile", "identity": "ann"}),
    (512, {"type": "profile", "identity": "ann", "profileData": "x"}),
    (512, profile(**{"a#b": 1})),
    (512, profile(a={"$rename": 1})),
    (512, profile(a={"$incr": 1, "$decr": 1})),
    (512, profile(a={"$incr": "1"})),
    (512, profile(a={"$incr": True})),
    (512, profile(a=[1])),
    (512, profile(a=["x" * 513])),
    (512, profile(a="x\x00")),
    (512, profile(Email={"$incr": 1})),
    (512, profile(Identity={"$delete": 1})),
    (512, profile(Timezone="Mars/Olympus")),
    (512, profile(DOB="yesterday")),
    (512, profile(Name="x" * 513)),
    (512, profile(**{"MSG-email": "perhaps"})),
    (513, event(name="Notification Sent")),
    (513, event(name="notificationsent")),
    (513, event(name="App Launched")),
    (514, profile(Gender="blue")),
    (515, profile(Email="ann.example.com")),
    (515, profile(Email="ann@example")),
    (515, profile(Email=5)),
    (516, profile(Phone="call me")),
    (516, profile(Phone="12345")),
    (516, profile(Phone="+1234567890123456")),
    (517, profile(Employed="sometimes")),
    (518, profile(Education="kindergarten")),
    (519, profile(Married="it is complicated")),
    (520, profile(Age=0)),
    (520, profile(Age=151)),
    (520, profile(Age="old")),
    (522, event(evtData={f"p{n}": n for n in range(257)})),
    (522, event(evtData={"a": list(range(101))})),
    (522, profile(**{f"p{n}": n for n in range(257)})),
    (522, profile(a=[str(n) for n in range(101)])),
    (523, {"type": "event", "evtName": "Charged"}),
    (523, event(None)),
    (523, event("")),
    (523, event("NULL")),
    (523, event("N/A")),
    (523, event("-1")),
    (523, event(0)),
    (523, event("x" * 1025)),
    (523, event(["ann"])),
    (523, event(True)),
    (523, profile("nan", plan="gold")),
    (523, token("undefined", id="abc", type="fcm")),
    (524, {}),
    (524, {"type": "page", "identity": "ann"}),
    (524, {"type": ["event"], "identity": "ann"}),
    (525, event(ts="yesterday")),
    (525, event(ts=str(EPOCH))),
    (525, event(ts=-1)),
    (525, event(ts=True)),
    (525, event(ts=EPOCH * 1000)),
    (525, event(ts=EPOCH + 301)),
    (526, {"type": "event", "evtName": "Charged", "objectId": "null"}),
    (526, {"type": "event", "evtName": "Charged", "objectId": {}}),
    (526, profile(**{"Object ID": "x"})),
    (530, {"type": "token", "identity": "ann"}),
    (531, token(type="fcm")),
    (532, token(id=7, type="fcm")),
    (532, token(id="x" * 4097, type="fcm")),
    (533, token(id="abc")),
    (534, token(id="abc", type="pigeon")),
    (535, token(id="abc", type="chrome")),
    (535, token(id="abc", type="chrome", keys={"p256dh": "x"})),
]


@pytest.mark.parametrize(("code", "record"), BAD_RECORDS)
def test_a_bad_record_is_refused_with_its_code_and_the_good_one_beside_it_is_kept(upload, inbox, people, code, record):
    report = upload(GOOD, record)
    assert (report.status, report.processed) == ("partial", 1)
    (refusal,) = report.unprocessed
    assert (refusal["status"], refusal["code"], refusal["record"]) == ("fail", code, record)
    assert refusal["error"].endswith(".")
    assert inbox() == [("bob", "Browsed", {})]
    assert people() == {"bob": {}}


GOOD_RECORDS = [
    event("x" * 1024),
    event(7),
    event("00"),
    event(name="x" * 120),
    event(evtData={f"p{n}": n for n in range(256)}),
    event(evtData={"x" * 120: "y" * 512}),
    event(evtData={"items": [{"sku": "a", "price": 2.5}, {"sku": "b", "gift": None}]}),
    event(evtData={"a": list(range(100))}),
    event(evtData={"a": "\\u0000"}),
    event(evtData=None),
    event(ts=0),
    event(ts=EPOCH + 300),
    event(ts=EPOCH + 0.5),
    {"type": "event", "evtName": "Charged", "objectId": "device-1"},
    {"type": "event", "evtName": "Charged", "FBID": "1000"},
    {"type": "event", "evtName": "Charged", "GPID": "1000"},
    profile(**{f"p{n}": n for n in range(256)}, Name="Ann", Email="ann@example.com"),
    profile(a=[str(n) for n in range(100)]),
    profile(a=["x"] * 101),
    profile(),
    token(id="abc", type="fcm"),
    token(id="abc", type="Chrome", keys={"p256dh": "x", "auth": "y"}),
]


@pytest.mark.parametrize("record", GOOD_RECORDS)
def test_what_is_just_within_the_limits_is_accepted(upload, record):
    report = upload(record)
    assert (report.status, report.unprocessed) == ("success", [])


def test_only_bad_records_make_a_failed_call(upload):
    report = upload(event(None), event(name=""))
    assert (report.status, report.processed, codes(report)) == ("fail", 0, [523, 509])


def test_an_empty_call_succeeds(upload):
    assert upload().status == "success"


def test_refused_records_are_listed_in_the_order_of_the_call(upload, db):
    upload(event(name="Gone"))
    EventType.objects.filter(name="Gone").update(discarded=True)
    assert codes(upload(event(name="Gone"), event(None), event(name="gone"), {})) == [528, 523, 528, 524]


def test_a_discarded_event_makes_no_person(upload, people):
    EventType.objects.create(name="Gone", key="gone", discarded=True, first_seen_at=NOON)
    assert codes(upload(event("zoe", "Gone"))) == [528]
    assert people() == {}


def test_there_are_512_event_names_and_not_one_more(upload, db):
    EventType.objects.bulk_create(
        EventType(name=f"e{n}", key=f"e{n}", first_seen_at=NOON) for n in range(eventtypes.MOST_TYPES - 1)
    )
    report = upload(event("ann", "One more"), event("bob", "Too many"), event("cleo", "one  MORE"))
    assert (report.processed, codes(report)) == (2, [522])
    assert report.unprocessed[0]["record"]["identity"] == "bob"
    assert EventType.objects.filter(system=False).count() == 512


def test_a_device_may_record_that_the_app_was_launched_but_not_that_a_message_was_sent(upload, inbox):
    report = upload(event(name="App Launched"), event(name="Notification Sent"), source="device")
    assert codes(report) == [513]
    assert inbox() == [("ann", "App Launched", {})]


def test_the_same_event_id_is_one_event_for_24_hours(upload, inbox):
    first = event(eventId="order-1", evtData={"n": 1})
    assert upload(first, event(eventId="order-1")).processed == 2
    assert upload(first, now=NOON + timedelta(hours=24) - timedelta(seconds=1)).status == "success"
    assert len(inbox()) == 1
    upload(first, now=NOON + timedelta(hours=24))
    assert [properties for _who, _name, properties in inbox()] == [{"n": 1}, {"n": 1}]


def test_an_event_id_belongs_to_its_person(upload, inbox):
    upload(*[event(f"id-{n}", eventId="1") for n in range(200)])
    assert len(inbox()) == 200


def test_a_dry_run_says_the_same_and_changes_nothing(upload, people, inbox):
    batch = [event("ann", "Never seen"), profile("bob", Email="bob@example.com"), token(id="abc", type="fcm"), {}]
    report = upload(*batch, dry_run=True)
    assert (report.processed, codes(report)) == (3, [524])
    assert (people(), inbox()) == ({}, [])
    for table in ("profiles_identity", "profiles_device", "profiles_eventkey"):
        assert sql.rows(f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608
    assert not EventType.objects.filter(name="Never seen").exists()


def test_calls_that_are_accepted_together_get_reports_of_their_own(db, inbox):
    reports = accept.accept_all([[event("ann"), {}], [{}], [event("bob")]], now=NOON)
    assert [(report.status, report.processed) for report in reports] == [("partial", 1), ("fail", 0), ("success", 1)]
    assert [who for who, _name, _properties in inbox()] == ["ann", "bob"]


def _statements(make, size):
    with sql.counting() as count:
        accept.accept([make(n) for n in range(size)], now=NOON)
    return [statement for statement in count.statements if "SAVEPOINT" not in statement]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("make", "most"),
    [
        (lambda n: event(f"id-{n}", evtData={"n": n}), 4),
        (lambda n: event(f"id-{n}", eventId=str(n)), 5),
        (lambda n: profile(f"id-{n}", Email=f"a{n}@example.com", visits={"$incr": 1}), 6),
        (lambda n: token(f"id-{n}", id=str(n), type="fcm"), 4),
    ],
    ids=["events", "events with ids", "profiles", "tokens"],
)
def test_a_thousand_records_take_as_many_statements_as_one(make, most):
    eventtypes.ids(["Charged"], now=NOON)
    one = _statements(make, 1)
    thousand = _statements(lambda n: make(n + 1), 1000)
    assert len(thousand) == len(one) <= most


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
names = st.sampled_from(
    ["type", "identity", "objectId", "FBID", "evtName", "evtData", "profileData", "tokenData", "ts", "eventId"]
)
anything = st.one_of(
    json_values,
    st.dictionaries(names, json_values, max_size=6),
    st.fixed_dictionaries(
        {"type": st.just("event"), "identity": st.text(min_size=1), "evtName": st.text(min_size=1, max_size=5)},
        optional={"evtData": json_values, "ts": json_values, "eventId": json_values},
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("profile"),
            "identity": st.sampled_from(["ann", "bob"]),
            "profileData": st.dictionaries(
                st.sampled_from(["Email", "phone", "AGE", "MSG-x", "a", "b", "Identity", "Timezone", "dob"])
                | st.text(max_size=4),
                json_values | st.fixed_dictionaries({}, optional=dict.fromkeys(records.OPERATORS, json_values)),
                max_size=5,
            ),
        }
    ),
    st.fixed_dictionaries(
        {"type": st.just("token"), "identity": st.text(min_size=1)},
        optional={
            "tokenData": st.fixed_dictionaries(
                {},
                optional={
                    "id": json_values,
                    "type": st.sampled_from(["fcm", "chrome", "x"]) | json_values,
                    "keys": json_values,
                },
            )
        },
    ),
)


@pytest.mark.django_db
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch=st.lists(anything, max_size=5))
def test_any_json_is_either_processed_or_reported(batch):
    report = accept.accept([*batch, GOOD], now=NOON)
    assert report.processed + len(report.unprocessed) == len(batch) + 1
    assert GOOD not in [refusal["record"] for refusal in report.unprocessed]
