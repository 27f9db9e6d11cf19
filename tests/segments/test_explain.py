"""Rules in words, and why one person matches."""

from datetime import timedelta

import pytest

from segments import saved
from segments.errors import RuleError
from segments.explain import Clause, clauses
from segments.models import List
from segments.words import sentence
from tests.segments.cast import KOLKATA, NOON, Someone, matching, put_on_list, rule, store

DAY = timedelta(days=1)
ADA, BOB = 101, 102
OVER_100 = [{"property": "amount", "op": ">", "value": 100}]
MONTH = {"last": 30, "unit": "day"}


def did(**more) -> dict:
    return {"did": {"event": "Charged", **more}}


def profile(op, *value) -> dict:
    return {"profile": {"property": "plan", "op": op, **({"value": value[0]} if value else {})}}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (
            {"all": [did(count={"op": ">=", "value": 2}, within=MONTH, where=OVER_100), profile("=", "gold")]},
            "did Charged at least 2 times in the last 30 days with amount over 100, and plan is gold",
        ),
        ({"all": [{"any": [profile("exists"), {"list": "VIP"}]}, {"not": {"list": "my staff"}}]},
         "(plan is known, or is on the list VIP), and not (is on the list “my staff”)"),
        (did(count={"op": "<", "value": 2, "include_zero": True}), "did Charged fewer than 2 times or never"),
        (did(count={"op": "=", "value": 1}, within={"days_ago": 1}), "did Charged exactly 1 time exactly 1 day ago"),
        (did(count={"op": "between", "value": [1, 3]}, within={"last": 1, "unit": "week"}),
         "did Charged 1 to 3 times in the last week"),
        (did(sum={"property": "amount", "op": ">=", "value": 1500}, within={"after": "2026-01-31"}),
         "did Charged after 2026-01-31 and the sum of amount is at least 1,500"),
        (did(average={"property": "amount", "op": "between", "value": [1, 2.5]}),
         "did Charged and the average of amount is from 1 to 2.5"),
        (did(first_time=True, within={"between": ["2026-01-01", "2026-01-31"]}),
         "did Charged for the first time from 2026-01-01 to 2026-01-31"),
        (did(last_time=True, hours={"from": "21:00", "to": "06:00"}, weekdays=["sat", "sun"]),
         "did Charged for the last time between 21:00 and 06:00 on a Saturday or Sunday"),
        ({"did": {"any": [{"event": "A"}, {"event": "B", "within": {"on": "2026-03-01"}}]}},
         "did A, or did B on 2026-03-01"),
        ({"did_not": {"event": "Charged", "within": {"before": "2026-03-01"}}}, "did not do Charged before 2026-03-01"),
        ({"interest": {"event": "Viewed", "property": "kind", "value": "red shoes", "predominantly": True}},
         "did Viewed predominantly with kind equal to “red shoes”"),
        ({"interest": {"event": "Viewed", "weekday": "sun", "at_least": 40, "within": MONTH}},
         "did Viewed at least 40% of the time on Sundays in the last 30 days"),
        (profile("in", ["a", "b", 3]), "plan is one of a, b or 3"),
        (profile("<", {"today": -30}), "plan is before 30 days ago"),
        (profile("=", {"today": 0}), "plan is today"),
        (profile(">=", "2026-03-01"), "plan is on or after 2026-03-01"),
        (profile("between", [{"today": 0}, {"today": 7}]), "plan is from today to in 7 days"),
        ({"near": {"latitude": 18.52, "longitude": 73.86, "km": 10}}, "is within 10 km of 18.52, 73.86"),
        ({"not": {"reachable": "email"}}, "not (can be reached by e-mail)"),
        ({"segment": "Lapsed buyers"}, "is in the segment “Lapsed buyers”"),
        (did(where=[{"property": "a", "op": "exists"}, {"property": "b", "op": "in", "value": [1, True]}]),
         "did Charged with a known and b among 1 or true"),
    ],
)  # fmt: skip
def test_a_rule_in_words(document, words):
    assert sentence(rule(**{f"{kind}_" if kind == "not" else kind: body for kind, body in document.items()})) == words


@pytest.fixture
def ada(db):
    staff = List.objects.create(name="staff", created_at=NOON, updated_at=NOON)
    put_on_list(staff.pk, [BOB])
    store(
        [
            Someone(
                ADA,
                {"email": "ada@example.com"},
                {"plan": "silver", "MSG-email": False, "Latitude": 18.52, "Longitude": 73.86},
                [("Charged", NOON - 40 * DAY, {"amount": 500}), ("Charged", NOON - DAY, {"amount": 20.5})],
            ),
            Someone(BOB),
        ],
        ["Charged"],
    )


@pytest.mark.parametrize(
    ("document", "holds", "seen"),
    [
        (did(within=MONTH), True, "once 2026-03-01 17:30"),
        (did(count={"op": ">", "value": 2}), False, "2 times, last 2026-03-01 17:30"),
        (did(sum={"property": "amount", "op": ">", "value": 600}), False, "2 times, last 2026-03-01 17:30, sum 520.5"),
        (did(average={"property": "amount", "op": ">", "value": 260}), True,
         "2 times, last 2026-03-01 17:30, average 260.25"),
        (did(first_time=True, within=MONTH), False, "first 2026-01-21 17:30"),
        ({"did_not": {"event": "Charged", "within": {"days_ago": 5}}}, True, "never"),
        ({"did_not": {"event": "Never Seen"}}, True, "never"),
        ({"interest": {"event": "Charged", "weekday": "sun", "at_least": 51}}, False, "1 of 2 times"),
        (profile("=", "gold"), False, "silver"),
        ({"profile": {"property": "E-Mail", "op": "exists"}}, False, "nothing"),
        ({"near": {"latitude": 18.62, "longitude": 73.86, "km": 10}}, False, "11.1 km away"),
        ({"near": {"latitude": 0, "longitude": 0, "km": 1, "properties": ["a", "b"]}}, False, "no place known"),
        ({"reachable": "email"}, False, "opted out"),
        ({"reachable": "sms"}, False, "no phone"),
        ({"reachable": "push"}, False, "no device"),
        ({"list": "staff"}, False, "not on it"),
    ],
)  # fmt: skip
def test_what_was_seen_of_ada(ada, document, holds, seen):
    asked = rule(**document)
    (clause,) = clauses(asked, ADA, now=NOON, tz=KOLKATA)
    assert clause == Clause("", 0, sentence(asked), holds, seen)
    assert (ADA in matching(asked)) is holds


def test_a_tree_clause_by_clause(ada):
    saved.create_segment(name="Lapsed", kind="past", rule=rule(did_not={"event": "Charged", "within": MONTH}), now=NOON)
    asked = rule(
        any=[
            {"not": {"segment": "Lapsed"}},
            {"did": {"all": [{"event": "Charged"}, {"event": "Viewed"}]}},
        ]
    )
    assert clauses(asked, ADA, now=NOON, tz=KOLKATA) == [
        ("", 0, "any of these", True, ""),
        ("any.0", 1, "not", True, ""),
        ("any.0.not", 2, "is in the segment Lapsed", False, ""),
        ("any.0.not.segment", 3, "did not do Charged in the last 30 days", False, "once 2026-03-01 17:30"),
        ("any.1", 1, "all of these", False, ""),
        ("any.1.did.all.0", 2, "did Charged", True, "2 times, last 2026-03-01 17:30"),
        ("any.1.did.all.1", 2, "did Viewed", False, "never"),
    ]


def test_somebody_without_anything(ada):
    assert [clause.seen for clause in clauses(rule(did={"event": "Charged"}), BOB, now=NOON, tz=KOLKATA)] == ["never"]
    with pytest.raises(RuleError, match="no saved segment named “Gone”"):
        clauses(rule(segment="Gone"), BOB, now=NOON, tz=KOLKATA)
