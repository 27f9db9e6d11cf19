"""What somebody is like: interests, places, who can be reached; in both evaluators."""

from types import SimpleNamespace

import pytest

from channels.reach import KINDS
from channels.reach import reach as sends
from config.lib import lanes, sql
from segments import history, match, reach, rules
from segments.compile import names_of
from segments.errors import RuleError
from segments.places import distance
from tests.segments.cast import KOLKATA, NOON, Someone, matching, rule, store

ADA, BOB, CLEO = 101, 102, 103


def found(asked: rules.Rule) -> set[int]:
    """Who matches by SQL, once memory has agreed."""
    names = names_of(asked)
    needs = rules.needs(asked, now=NOON, zone=KOLKATA)
    people = history.people([ADA, BOB, CLEO], needs, names=names, lanes=lanes.ALL)
    test = match.compile_rule(asked, tz=KOLKATA, types=names.types)
    by_sql = matching(asked, names=names)
    assert {id for id, person in people.items() if test(person, NOON)} == by_sql
    return by_sql


# Interests ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def viewers(db):
    """On a Monday Ada saw shoes twice, hats twice and something unnamed; on a Sunday night Bob saw a hat."""
    sunday = NOON.replace(day=1, hour=17)  # 22:30 in Kolkata
    kinds = ["shoes", "hats", "shoes", "hats", None]
    store(
        [
            Someone(ADA, events=[("Product Viewed", NOON, {"kind": kind}) for kind in kinds]),
            Someone(BOB, events=[("Product Viewed", sunday, {"kind": "hats"})]),
            Someone(CLEO, events=[("Charged", NOON, {})]),
        ],
        ["Product Viewed", "Charged"],
    )


@pytest.mark.parametrize(
    ("asked", "who"),
    [
        ({"property": "kind", "value": "shoes", "predominantly": True}, {ADA}),  # a tie counts
        ({"property": "kind", "value": "hats", "predominantly": True}, {ADA, BOB}),
        ({"property": "kind", "value": "Hats", "predominantly": True}, set()),
        ({"property": "kind", "value": "shoes", "at_least": 40}, {ADA}),  # 2 of 5: the unnamed one is one of them
        ({"property": "kind", "value": "shoes", "at_least": 41}, set()),
        ({"hours": {"from": "21:00", "to": "06:00"}, "predominantly": True}, {BOB}),
        ({"hours": {"from": "17:00", "to": "18:00"}, "at_least": 100}, {ADA}),
        ({"weekday": "sun", "predominantly": True}, {BOB}),
        ({"weekday": "mon", "at_least": 1}, {ADA}),
        ({"weekday": "mon", "at_least": 1, "within": {"days_ago": 1}}, set()),
        ({"weekday": "mon", "at_least": 100, "where": [{"property": "kind", "op": "exists"}]}, {ADA}),
    ],
)
def test_an_interest(viewers, asked, who):
    assert found(rule(interest={"event": "Product Viewed", **asked})) == who


def test_nobody_is_interested_in_what_nobody_did(viewers):
    assert found(rule(interest={"event": "Never Seen", "weekday": "mon", "at_least": 1})) == set()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"predominantly": True}, "An interest is in exactly one of property with value, hours, weekday."),
        ({"property": "kind", "predominantly": True}, "An interest in a property takes property and value."),
        ({"weekday": "mon"}, "Say how strong an interest is"),
        ({"weekday": "mon", "predominantly": True, "at_least": 5}, "Say how strong an interest is"),
        ({"weekday": "mon", "at_least": 101}, "Input should be less than or equal to 100"),
    ],
)
def test_what_is_no_interest(asked, message):
    with pytest.raises(RuleError, match=message):
        rule(interest={"event": "Product Viewed", **asked})


# Places ---------------------------------------------------------------------------------------------------------------

PUNE, MUMBAI = (18.5204, 73.8567), (19.0760, 72.8777)


def test_a_distance():
    assert distance(*PUNE, *MUMBAI) == pytest.approx(120.2, abs=0.5)  # km, as on any map
    assert distance(0, 179.9, 0, -179.9) == pytest.approx(22.24, abs=0.01)  # across the date line
    assert distance(90, 0, -90, 0) == pytest.approx(20_015, abs=1)


@pytest.mark.django_db
def test_who_is_near_a_place():
    store(
        [
            Someone(ADA, {}, {"Latitude": MUMBAI[0], "Longitude": MUMBAI[1], "home": [1]}),
            Someone(BOB, {}, {"Latitude": "19.0760", "Longitude": MUMBAI[1]}),  # text is no degree
            Someone(CLEO, {}, {"Latitude": 1e300, "Longitude": 500, "lat": 18.52, "lon": 73.86}),
        ],
        [],
    )
    around = {"latitude": PUNE[0], "longitude": PUNE[1]}
    exactly = distance(*PUNE, *MUMBAI)
    assert found(rule(near={**around, "km": exactly + 1e-6})) == {ADA}
    assert found(rule(near={**around, "km": exactly - 1e-6})) == set()
    assert found(rule(near={**around, "km": 1, "properties": ["lat", "lon"]})) == {CLEO}
    assert found(rule(not_={"near": {**around, "km": 200}})) == {BOB, CLEO}
    with pytest.raises(RuleError, match="latitude: Input should be less than or equal to 90"):
        rule(near={**around, "latitude": 91, "km": 1})


# Reachable ------------------------------------------------------------------------------------------------------------

NUMBER = "+4930123456"


@pytest.mark.django_db
@pytest.mark.parametrize("channel", ["email", "sms", "whatsapp", "rcs"])
@pytest.mark.parametrize("address", [True, False])
@pytest.mark.parametrize("consent", [True, False, None])
@pytest.mark.parametrize("off", [True, False])
@pytest.mark.parametrize("dnd", [True, None])
def test_reachable_is_who_would_be_sent_to(channel, address, consent, off, dnd):
    columns = {"email": "ada@example.com", "phone": NUMBER} if address else {}
    flags = {f"MSG-{channel}": consent, "DND": dnd}
    properties = {name: flag for name, flag in flags.items() if flag is not None}
    store([Someone(ADA, columns, properties)], [])
    kind = KINDS[channel]
    value = {"email": "ada@example.com", "phone": NUMBER}[kind]
    other = {"email": "phone", "phone": "email"}[kind]
    sql.copy(
        "profiles_suppression",
        ("kind", "value", "reason", "at"),
        [(kind if off else other, value, "unsubscribed", NOON)],
    )
    person = SimpleNamespace(
        email=columns.get("email"), phone=columns.get("phone"), suppressed="unsubscribed" if off else None
    )
    reached, _why = sends(channel, person, properties)
    assert found(rule(reachable=channel)) == ({ADA} if reached else set())


@pytest.mark.django_db
def test_push_goes_to_devices():
    bob = Someone(BOB, {}, {"MSG-push": False}, devices=["push"])
    store([Someone(ADA, devices=["push", "push"]), bob, Someone(CLEO)], [])
    assert found(rule(reachable="push")) == {ADA}
    assert found(rule(reachable="web_push")) == set()
    phone = '[{"id": 1}]'
    for devices, properties, why in ((phone, {}, None), (phone, bob.properties, "opted out"), (None, {}, "no device")):
        person = SimpleNamespace(email=None, phone=None, suppressed=None, devices=devices)
        assert sends("push", person, dict(properties)) == (None, why)
    assert found(rule(all=[{"not": {"reachable": "push"}}, {"not": {"reachable": "email"}}])) == {BOB, CLEO}


@pytest.mark.django_db
def test_what_reaching_needs_is_loaded_with_one_statement_and_only_when_asked():
    store([Someone(number, {"email": "a@example.com"}) for number in range(1000, 1100)], [])
    asked, names = rule(reachable="email"), names_of()
    needs = rules.needs(asked, now=NOON, zone=KOLKATA)
    with sql.counting() as count:
        people = history.people([*range(1000, 1100), CLEO], needs, names=names, lanes=lanes.ALL)
    assert int(count) == 2
    assert people[1000].fields[reach.DEVICES] == people[1000].fields[reach.SWITCHED_OFF] == frozenset()
    assert people[CLEO].fields == {}  # nobody
    assert not rules.needs(rule(profile={"property": "a", "op": "exists"}), now=NOON, zone=KOLKATA).reach
