"""What somebody did: how often, how much, and when to the microsecond, in both evaluators."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.lib import lanes
from segments import history, match, rules
from segments.behaviour import Within
from segments.compile import names_of
from segments.errors import RuleError
from tests.segments.cast import KOLKATA, NOON, Someone, matching, rule, store

BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY, TICK = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
NIGHT = {"from": "17:00", "to": "06:00"}  # NOON is 17:30 in Kolkata
ADA, BOB, CLEO = 101, 102, 103


def found(asked: rules.Rule, *, now=NOON, tz=KOLKATA) -> set[int]:
    """Who matches by SQL, once memory has agreed."""
    names = names_of(asked)
    needs = rules.needs(asked, now=now, zone=tz)
    people = history.people([ADA, BOB, CLEO], needs, names=names, lanes=lanes.ALL)
    test = match.compile_rule(asked, tz=tz, types=names.types)
    by_sql = matching(asked, now=now, tz=tz, names=names)
    assert {id for id, person in people.items() if test(person, now)} == by_sql
    return by_sql


def charged(**more) -> rules.Rule:
    return rule(did={"event": "Charged", **more})


def local(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.fixture
def buyers(db):
    """Ada paid 0.1, 0.2 and something without an amount; Bob 10 once; Cleo looked only."""
    store(
        [
            Someone(
                ADA,
                events=[
                    ("Charged", NOON - 3 * DAY, {"amount": 0.1}),
                    ("Charged", NOON - 2 * DAY, {"amount": 0.2}),
                    ("Charged", NOON - DAY, {"amount": "5"}),
                ],
            ),
            Someone(BOB, events=[("Charged", NOON - 40 * DAY, {"amount": 10})]),
            Someone(CLEO, events=[("Product Viewed", NOON, {})]),
        ],
        ["Charged", "Product Viewed"],
    )


@pytest.mark.parametrize(
    ("more", "who"),
    [
        ({"sum": {"property": "amount", "op": "=", "value": 0.3}}, {ADA}),  # exactly, and the text counts 0
        ({"sum": {"property": "amount", "op": "<", "value": 100}}, {ADA, BOB}),  # Cleo did nothing: left out
        ({"average": {"property": "amount", "op": "=", "value": 0.1}}, {ADA}),  # 0.3 / 3
        ({"average": {"property": "amount", "op": "between", "value": [0.1, 9.9]}}, {ADA}),
        ({"sum": {"property": "gone", "op": "=", "value": 0}}, {ADA, BOB}),
        ({"sum": {"property": "amount", "op": ">", "value": 0}, "count": {"op": ">", "value": 1}}, {ADA}),
        ({"count": {"op": "<", "value": 3}}, {BOB}),
        ({"count": {"op": "<", "value": 3, "include_zero": True}}, {BOB, CLEO}),
        ({"count": {"op": "=", "value": 0, "include_zero": True}}, {CLEO}),
        ({"count": {"op": ">=", "value": 3, "include_zero": True}}, {ADA}),
        ({"count": {"op": "between", "value": [0, 1], "include_zero": True}}, {BOB, CLEO}),
        ({"first_time": True, "within": {"last": 30, "unit": "day"}}, {ADA}),
        ({"last_time": True, "within": {"before": "2026-02-01"}}, {BOB}),
        ({"first_time": True, "where": [{"property": "amount", "op": "=", "value": 0.2}], "hours": NIGHT}, {ADA}),
        ({"first_time": True, "within": {"days_ago": 2}}, set()),
        ({"last_time": True, "within": {"days_ago": 2}}, set()),
        ({"last_time": True, "within": {"days_ago": 1}}, {ADA}),
    ],
)  # fmt: skip
def test_how_often_and_how_much(buyers, more, who):
    assert found(charged(**more)) == who


def test_an_event_that_nobody_ever_did(buyers):
    never = {"event": "Never Seen", "count": {"op": "<", "value": 2, "include_zero": True}}
    assert found(rule(did=never)) == {ADA, BOB, CLEO}
    assert found(rule(did={"event": "Never Seen", "sum": {"property": "a", "op": "=", "value": 0}})) == set()


@pytest.mark.parametrize(
    ("question", "who"),
    [
        ({"did": {"any": [{"event": "Charged"}, {"event": "Product Viewed"}]}}, {ADA, BOB, CLEO}),
        ({"did": {"all": [{"event": "Charged"}, {"event": "Product Viewed"}]}}, set()),
        ({"did_not": {"any": [{"event": "Charged"}, {"event": "Product Viewed"}]}}, {ADA, BOB, CLEO}),
        ({"did_not": {"all": [{"event": "Charged"}, {"event": "Never Seen"}]}}, {CLEO}),
    ],
)
def test_several_events(buyers, question, who):
    assert found(rule(**question)) == who
    assert rule(**question).model_dump(mode="json", exclude_defaults=True) == question


# When -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("within", "first", "last"),
    [
        ({"days_ago": 0}, "2026-03-30T00:00", "2026-03-31T00:00"),
        ({"days_ago": 1}, "2026-03-29T00:00", "2026-03-30T00:00"),  # a day of 23 hours
        ({"between": ["2026-03-28", "2026-03-29"]}, "2026-03-28T00:00", "2026-03-30T00:00"),
        ({"on": "2026-03-29"}, "2026-03-29T00:00", "2026-03-30T00:00"),
        ({"before": "2026-03-29"}, None, "2026-03-29T00:00"),
        ({"after": "2026-03-29"}, "2026-03-30T00:00", None),
        ({"last": 1, "unit": "day"}, "2026-03-29T00:00", None),
    ],
)
def test_where_a_range_begins_and_ends(within, first, last):
    edges = Within.model_validate(within).edges(local("2026-03-30T12:00"), BERLIN)
    assert edges.first == (first and local(first))
    assert edges.last == (last and local(last) - TICK)


def test_a_range_of_instants_includes_or_excludes_just_them():
    at = datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert Within(between=("2026-03-01T10:00Z", "2026-03-01T10:00Z")).edges(NOON, BERLIN) == (at, at)
    assert Within(before="2026-03-01T10:00Z").edges(NOON, BERLIN).last == at - TICK
    assert Within(after="2026-03-01T11:00").edges(NOON, BERLIN).first == at + TICK


@pytest.mark.parametrize(
    ("more", "edge", "inside"),
    [
        ({"within": {"days_ago": 1}}, "2026-03-01T00:00", True),
        ({"within": {"days_ago": 1}}, "2026-03-02T00:00", False),
        ({"within": {"between": ["2026-02-27", "2026-02-28"]}}, "2026-02-27T00:00", True),
        ({"within": {"between": ["2026-02-27", "2026-02-28"]}}, "2026-03-01T00:00", False),
        ({"within": {"after": "2026-02-28"}}, "2026-03-01T00:00", True),
        ({"within": {"before": "2026-02-28"}}, "2026-02-28T00:00", False),
        ({"within": {"on": "2026-02-28"}}, "2026-02-28T00:00", True),
        ({"within": {"last": 2, "unit": "hour"}}, "2026-03-02T15:30", True),  # now is 17:30
        ({"hours": {"from": "09:00", "to": "17:00"}}, "2026-03-01T09:00", True),
        ({"hours": {"from": "09:00", "to": "17:00"}}, "2026-03-01T17:00", False),
        ({"hours": {"from": "21:00", "to": "06:00"}}, "2026-03-01T21:00", True),
        ({"hours": {"from": "21:00", "to": "06:00"}}, "2026-03-01T06:00", False),
        ({"hours": {"from": "21:00", "to": "00:00"}}, "2026-03-01T00:00", False),
        ({"weekdays": ["sun"]}, "2026-03-01T00:00", True),
        ({"weekdays": ["sun"]}, "2026-03-02T00:00", False),
        ({"first_time": True, "weekdays": ["sun"]}, "2026-03-02T00:00", False),
    ],
)
@pytest.mark.django_db
def test_edges_to_the_microsecond(more, edge, inside):
    """What happens at an edge is on one side, and what happens just before it on the other."""
    at = local(edge, KOLKATA)
    store([Someone(ADA, events=[("Charged", at, {})]), Someone(BOB, events=[("Charged", at - TICK, {})])], ["Charged"])
    assert found(charged(**more)) == ({ADA} if inside else {BOB})


@pytest.mark.django_db
def test_a_night_in_which_clocks_change():
    """02:30 on 29 March 2026 is not there in Berlin; 02:30 on 25 October is there twice."""
    once = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 03:30
    twice = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]  # 02:30 both
    store(
        [Someone(ADA, events=[("Charged", once, {})]), Someone(BOB, events=[("Charged", at, {}) for at in twice])],
        ["Charged"],
    )
    now = datetime(2026, 12, 1, tzinfo=UTC)
    asked = charged(hours={"from": "02:00", "to": "03:00"}, count={"op": "=", "value": 2})
    assert found(asked, now=now, tz=BERLIN) == {BOB}
    assert found(charged(hours={"from": "03:00", "to": "04:00"}), now=now, tz=BERLIN) == {ADA}


def test_how_far_back_a_rule_looks():
    def since(**body):
        return rules.needs(rule(did={"event": "Charged", **body}), now=NOON, zone=KOLKATA).since

    week = {"last": 7, "unit": "day"}
    assert since(within=week) == since(within=week, last_time=True) == local("2026-02-23T00:00", KOLKATA)
    assert since(within=week, first_time=True) is None
    assert since(within={"before": "2026-01-01"}) is None
    assert since(within={"days_ago": 2}) == local("2026-02-28T00:00", KOLKATA)
    assert since() is None


@pytest.mark.parametrize(
    ("body", "place", "message"),
    [
        ({"within": {}}, "did.within", "A range is exactly one of last with unit, days_ago,"),
        ({"within": {"last": 3}}, "did.within", "A range takes unit together with last"),
        ({"within": {"on": "2026-03-01", "unit": "day"}}, "did.within", "A range takes unit together with last"),
        ({"within": {"on": "2026-03-01", "days_ago": 2}}, "did.within", "A range is exactly one of"),
        ({"within": {"on": "yesterday"}}, "did.within.on", "A range takes dates like 2026-12-01"),
        ({"within": {"between": ["2026-03-01"]}}, "did.within.between.1", "The key “1” is missing."),
        ({"hours": {"from": "9:00", "to": "10:00"}}, "did.hours.from", "String should match pattern"),
        ({"hours": {"from": "09:00", "to": "09:00"}}, "did.hours", "Hours are from one time to another one"),
        ({"weekdays": []}, "did.weekdays", "Name at least one weekday."),
        ({"weekdays": ["Monday"]}, "did.weekdays.0", "Input should be 'mon', 'tue'"),
        ({"sum": {"property": "a", "op": ">", "value": "1"}}, "did.sum.value", "A sum or an average takes a number"),
        ({"count": {"op": "<", "value": 0, "include_zero": True}}, "did.count.value", "With “<” a count is 1 or more."),
        ({"first_time": True}, "did", "Say when the first time was: within, hours or weekdays."),
        ({"first_time": True, "last_time": True}, "did", "Ask for the first time or the last time"),
        (
            {"last_time": True, "within": {"days_ago": 1}, "count": {"op": ">", "value": 1}},
            "did",
            "The last time is one event: leave out count, sum and average.",
        ),
    ],
)
def test_what_is_refused_of_an_event(body, place, message):
    with pytest.raises(RuleError) as refused:
        charged(**body)
    ((at, said),) = refused.value.findings
    assert (at, said[: len(message)]) == (place, message)


def test_what_is_refused_of_several_events_is_told_at_its_place():
    with pytest.raises(RuleError) as refused:
        rule(did={"any": [{"event": "a"}, {"event": "b", "count": {"op": "=", "value": 0}}]})
    assert [place for place, _ in refused.value.findings] == ["did.any.1.count.value"]
    with pytest.raises(RuleError) as refused:
        rule(did_not={"all": []})
    assert [place for place, _ in refused.value.findings] == ["did_not.all"]


# Days from today ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("op", "value", "who"),
    [
        ("=", {"today": 0}, {ADA}),
        ("=", {"today": -1}, {BOB}),
        ("!=", {"today": 0}, {BOB, CLEO}),
        ("<", {"today": 0}, {BOB}),
        ("between", [{"today": -1}, {"today": 0}], {ADA, BOB}),
        ("between", ["2026-03-02", {"today": 7}], {ADA}),
    ],
)
def test_a_date_of_the_profile_beside_today(op, value, who):
    """It is 2 March in Kolkata, to the last microsecond."""
    ada = Someone(ADA, {}, {"renewal": "2026-03-02"})
    store([ada, Someone(BOB, {}, {"renewal": "2026-03-01T18:29:59Z"}), Someone(CLEO)], [])
    asked = rule(profile={"property": "renewal", "op": op, "value": value})
    assert found(asked, now=local("2026-03-03T00:00", KOLKATA) - TICK) == who


def test_days_from_today_are_whole_and_for_profiles_only():
    for value in ({"today": 0.5}, {"today": "1"}, {"today": 40_000}):
        with pytest.raises(RuleError, match="takes a whole number of days"):
            rule(profile={"property": "a", "op": "=", "value": value})
    with pytest.raises(RuleError, match="compares with text, a number"):
        rule(did={"event": "a", "where": [{"property": "b", "op": "=", "value": {"today": 1}}]})
    with pytest.raises(RuleError, match="compares with text, a number"):
        rule(profile={"property": "a", "op": "contains", "value": {"today": 1}})
