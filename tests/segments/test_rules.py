"""Rules as documents: what is read, what is refused and where, and how far back a range reaches."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import yaml

from segments import rules
from segments.errors import RuleError
from segments.rules import Within, parse
from tests.segments.cast import KOLKATA, NOON, rule

BERLIN = ZoneInfo("Europe/Berlin")

LAPSED = {
    "all": [
        {
            "did": {
                "event": "Charged",
                "where": [{"property": "amount", "op": ">", "value": 50}],
                "count": {"op": ">=", "value": 2},
                "within": {"last": 90, "unit": "day"},
            }
        },
        {"did_not": {"event": "Product Viewed", "where": [], "within": {"last": 30, "unit": "day"}}},
        {"not": {"any": [{"profile": {"property": "plan", "op": "in", "value": ["gold", 1]}}, {"list": "staff"}]}},
    ]
}


def refusal(document) -> list[tuple[str, str]]:
    with pytest.raises(RuleError) as refused:
        parse(document)
    return refused.value.findings


def test_a_rule_comes_out_as_it_went_in():
    document = parse(LAPSED).model_dump(mode="json")
    document["all"][0]["did"]["where"] = LAPSED["all"][0]["did"]["where"]
    assert document == LAPSED
    assert parse(document) == parse(LAPSED)


def test_what_a_rule_names():
    lapsed = parse(LAPSED)
    assert rules.event_names(lapsed) == {"Charged", "Product Viewed"}
    assert rules.properties(lapsed) == {"plan"}
    assert rules.list_names(lapsed) == {"staff"}


def test_a_rule_needs_the_longest_of_its_ranges():
    needs = rules.needs(parse(LAPSED), now=NOON, zone=KOLKATA)
    assert needs == ({"Charged", "Product Viewed"}, datetime(2025, 12, 1, 18, 30, tzinfo=UTC), True, {"staff"}, False)
    recent = rule(did_not={"event": "Refunded", "within": {"last": 120, "unit": "day"}})
    assert rules.needs(parse(LAPSED), recent, rule(list="vip"), now=NOON, zone=KOLKATA) == (
        {"Charged", "Product Viewed", "Refunded"},
        datetime(2025, 11, 1, 18, 30, tzinfo=UTC),
        True,
        {"staff", "vip"},
        False,
    )
    forever = rule(any=[LAPSED, {"did": {"event": "Charged"}}])
    assert rules.needs(forever, now=NOON, zone=KOLKATA).since is None


def test_dates_of_yaml_are_the_same_as_text():
    body = yaml.safe_load("{profile: {property: birthday, op: between, value: [2026-03-01, 2026-03-02T10:00:00]}}")
    assert parse(body).profile.value == ["2026-03-01", "2026-03-02T10:00:00"]
    assert rule(profile={"property": "birthday", "op": ">", "value": date(2026, 3, 1)}).profile.value == "2026-03-01"


@pytest.mark.parametrize(
    ("document", "place", "message"),
    [
        (
            {},
            "",
            "A rule has exactly one of the keys"
            " all, any, not, did, did_not, interest, profile, near, reachable, segment, list, event.",
        ),
        (None, "", "This must be a mapping of keys to values."),
        (
            {"all": [{"list": "a"}, {"list": "a", "did_not": {"event": "b"}}]},
            "all.1",
            "A rule has exactly one of the keys",
        ),
        ({"not": {"maybe": 1}}, "not.maybe", "There is no key “maybe” here."),
        ({"not": None}, "", "A rule has exactly one of the keys"),
        ({"did": {"where": []}}, "did.event", "The key “event” is missing."),
        (
            {"did_not": {"event": "a", "count": {"op": "=", "value": 1}}},
            "did_not.count",
            "There is no key “count” here.",
        ),
        ({"did": {"event": "a", "count": {"op": "<", "value": 1}}}, "did.count.value", "With “<” a count is 2 or more"),
        ({"did": {"event": "a", "count": {"op": "=", "value": 0}}}, "did.count.value", "With “=” a count is 1 or more"),
        (
            {"did": {"event": "a", "count": {"op": "between", "value": 1}}},
            "did.count.value",
            "A count takes a whole number",
        ),
        (
            {"did": {"event": "a", "count": {"op": ">", "value": 1.5}}},
            "did.count.value",
            "A count takes a whole number",
        ),
        (
            {"did": {"event": "a", "within": {"last": 0, "unit": "day"}}},
            "did.within.last",
            "Input should be greater than",
        ),
        ({"did": {"event": "a", "within": {"last": 1, "unit": "year"}}}, "did.within.unit", "Input should be 'minute'"),
        ({"profile": {"property": "a", "op": "like", "value": 1}}, "profile.op", "Input should be '='"),
        ({"profile": {"property": "a", "op": "=", "value": None}}, "profile.value", "“=” compares with text, a number"),
        (
            {"profile": {"property": "a", "op": "=", "value": ["b"]}},
            "profile.value",
            "“=” compares with text, a number",
        ),
        (
            {"profile": {"property": "a", "op": "=", "value": float("nan")}},
            "profile.value",
            "A number in a rule is at most",
        ),
        ({"profile": {"property": "a", "op": "=", "value": 10**16}}, "profile.value", "A number in a rule is at most"),
        ({"profile": {"property": "a", "op": "exists", "value": 1}}, "profile.value", "“exists” takes no value."),
        ({"profile": {"property": "a", "op": "in", "value": "b"}}, "profile.value", "“in” takes a list of 1 to 1000."),
        ({"profile": {"property": "a", "op": "in", "value": []}}, "profile.value", "“in” takes a list of 1 to 1000."),
        (
            {"profile": {"property": "a", "op": "between", "value": [1]}},
            "profile.value",
            "“between” takes a list of two",
        ),
        (
            {"profile": {"property": "a", "op": "between", "value": [1, "2026-01-01"]}},
            "profile.value",
            "“between” takes two",
        ),
        (
            {"profile": {"property": "a", "op": ">", "value": "b"}},
            "profile.value",
            "“>” compares with a number or a date",
        ),
        (
            {"profile": {"property": "a", "op": ">", "value": "2026-02-30"}},
            "profile.value",
            "“>” compares with a number or",
        ),
        (
            {"profile": {"property": "a", "op": ">", "value": True}},
            "profile.value",
            "“>” compares with a number or a date",
        ),
        (
            {"profile": {"property": "a", "op": "contains", "value": ""}},
            "profile.value",
            "“contains” takes text that is not",
        ),
        (
            {"profile": {"property": "a", "op": "matches", "value": "("}},
            "profile.value",
            "The pattern “(” leaves a group open",
        ),
        ({"profile": {"property": "", "op": "exists"}}, "profile.property", "String should have at least 1 character."),
        (
            {"profile": {"property": "a", "op": "=", "value": "b" * 513}},
            "profile.value",
            "Text in a rule has at most 512",
        ),
        ({"all": []}, "all", "There must be at least one rule here."),
        ({"any": [{"list": "a"}] * 51}, "", "A rule asks at most 50 questions."),
    ],
)
def test_what_is_no_rule_is_refused_at_its_place(document, place, message):
    (finding,) = refusal(document)
    assert finding.place == place
    assert finding.message.startswith(message)


def test_rules_nest_ten_deep_and_no_deeper():
    document = {"list": "a"}
    for _ in range(9):
        document = {"not": document}
    assert parse(document).depth == 10
    assert refusal({"not": document}) == [("", "At most 10 rules may be inside one another.")]
    for _ in range(500):
        document = {"all": [document]}
    assert refusal(document)


def test_all_findings_are_told_at_once():
    assert [place for place, _ in refusal({"any": [{"did": {}}, {"profile": {"property": "a"}}]})] == [
        "any.0.did.event",
        "any.1.profile.op",
    ]


@pytest.mark.parametrize(
    ("last", "unit", "now", "since"),
    [
        (90, "minute", "2026-03-02T12:00+00:00", "2026-03-02T10:30+00:00"),
        (36, "hour", "2026-03-02T12:00+00:00", "2026-03-01T00:00+00:00"),
        (1, "day", "2026-03-02T12:00+00:00", "2026-03-01T00:00+01:00"),
        (1, "day", "2026-03-02T00:00+01:00", "2026-03-01T00:00+01:00"),
        (1, "day", "2026-03-01T23:30+00:00", "2026-03-01T00:00+01:00"),  # already the 2nd in Berlin
        (2, "week", "2026-03-02T12:00+00:00", "2026-02-16T00:00+01:00"),
        (1, "month", "2026-03-31T12:00+00:00", "2026-02-28T00:00+01:00"),
        (14, "month", "2026-03-02T12:00+00:00", "2025-01-02T00:00+01:00"),
        (1, "day", "2026-03-30T12:00+00:00", "2026-03-29T00:00+01:00"),  # the clocks went forward on the 29th
        (24, "hour", "2026-03-29T12:00+00:00", "2026-03-28T12:00+00:00"),
    ],
)
def test_how_far_a_range_reaches(last, unit, now, since):
    within = Within(last=last, unit=unit)
    assert within.since(datetime.fromisoformat(now), BERLIN) == datetime.fromisoformat(since)


def test_a_day_whose_midnight_does_not_exist_begins_with_its_first_instant():
    now = datetime(2024, 9, 9, 12, tzinfo=UTC)
    assert Within(last=1, unit="day").since(now, ZoneInfo("America/Santiago")) == datetime(2024, 9, 8, 4, tzinfo=UTC)


def test_the_edge_of_a_range_is_in_it():
    edge = Within(last=1, unit="hour").since(NOON, BERLIN)
    assert edge == NOON - timedelta(hours=1)
