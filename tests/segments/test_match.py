"""Rules in memory, and loading what they need for a batch of people."""

from datetime import timedelta

import pytest

from config.lib import lanes, sql
from segments import history, match, rules
from segments.compile import names_of
from segments.match import Person
from segments.models import List
from segments.rules import Condition
from tests.segments.cast import KOLKATA, NOON, Someone, put_on_list, rule, store

HOUR = timedelta(hours=1)
ADA, BOB, CLEO = 101, 102, 103
TYPES = {"Charged": 7}


def test_no_conditions_are_no_work():
    assert match.compile_where((), KOLKATA) is None
    assert match.where_matches((), {}, KOLKATA)


def test_all_conditions_on_an_event_must_hold():
    where = [Condition(property="amount", op=">", value=20), Condition(property="sku", op="matches", value="^A-")]
    meets = match.compile_where(where, KOLKATA)
    assert meets({"amount": 21, "sku": "A-1"})
    assert not meets({"amount": 20, "sku": "A-1"})
    assert not meets({"amount": 21})
    assert not match.where_matches(where, {"amount": "21", "sku": "A-1"}, KOLKATA)  # text is no number


@pytest.mark.parametrize(
    ("value", "missing"),
    [(True, False), (1, True), (1.0, True), ("1", False), (None, False), ([1], False)],
)
def test_one_is_a_number_and_true_is_not(value, missing):
    assert match.compile_test(Condition(property="a", op="=", value=1), KOLKATA)(value) is missing


def test_a_compiled_rule_is_asked_about_many_people_at_many_instants():
    lately = match.compile_rule(
        rule(did={"event": "Charged", "within": {"last": 2, "unit": "hour"}}), tz=KOLKATA, types=TYPES
    )
    ada = Person(events=[(7, NOON, {}, 2), (8, NOON - HOUR, {}, 1)])
    assert [lately(ada, NOON + hours * HOUR) for hours in (-1, 0, 1, 2, 3)] == [False, True, True, True, False]
    assert not lately(Person(), NOON)


def test_a_person_on_a_list():
    staff = rule(all=[{"list": "staff"}, {"profile": {"property": "name", "op": "=", "value": "Ada"}}])
    assert match.matches(staff, Person({"Name": "Ada"}, (), frozenset({"staff"})), now=NOON, tz=KOLKATA, types={})
    assert not match.matches(staff, Person({"Name": "Ada"}), now=NOON, tz=KOLKATA, types={})


@pytest.mark.django_db
def test_a_batch_is_loaded_with_a_statement_a_kind_and_holds_no_more_than_is_needed():
    staff = List.objects.create(name="staff", created_at=NOON, updated_at=NOON)
    put_on_list(staff.pk, [BOB])
    types = store(
        [
            Someone(
                ADA,
                {"email": "ada@example.com"},
                {"plan": "gold"},
                [
                    ("Charged", NOON, {"amount": 2}),
                    ("Charged", NOON - HOUR, {"amount": 1}),
                    ("Charged", NOON - 2 * HOUR, {}),
                    ("Product Viewed", NOON, {}),
                ],
            ),
            Someone(BOB),
            *(Someone(number) for number in range(1000, 1200)),
        ],
        ["Charged", "Product Viewed"],
    )
    asked = rule(
        any=[
            {"did": {"event": "Charged", "within": {"last": 1, "unit": "hour"}}},
            {"did": {"event": "Never Seen", "within": {"last": 1, "unit": "hour"}}},
            {"profile": {"property": "plan", "op": "exists"}},
            {"list": "staff"},
        ]
    )
    needs, names = rules.needs(asked, now=NOON, zone=KOLKATA), names_of(asked)
    with sql.counting() as count:
        people = history.people([ADA, BOB, CLEO, *range(1000, 1200)], needs, names=names, lanes=lanes.ALL)
    assert int(count) == 3
    nothing = dict.fromkeys(["Name", "Email", "Phone", "Identity", "Object ID", "Timezone"])
    charged = types["Charged"]
    assert people[ADA] == (
        nothing | {"Email": "ada@example.com", "plan": "gold"},
        [(charged, NOON - HOUR, {"amount": 1}, 1), (charged, NOON, {"amount": 2}, 1)],
        frozenset(),
        {},
    )
    assert people[BOB] == (nothing, (), {"staff"}, {})
    assert people[CLEO] == ({}, (), frozenset(), {})  # nobody


@pytest.mark.django_db
def test_nothing_is_loaded_that_no_rule_asks_for():
    with sql.counting() as count:
        people = history.people([ADA], rules.needs(now=NOON, zone=KOLKATA), names=names_of(), lanes=lanes.ALL)
    assert people == {ADA: ({}, (), frozenset(), {})}
    assert [statement for statement in count.statements if "profiles_event " in statement] == []
