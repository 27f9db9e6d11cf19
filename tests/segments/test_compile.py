"""Rules as SQL: the exact text, who is found, by which plan."""

import json
import random
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from config.lib import lanes, sql
from profiles import eventtypes
from segments.compile import Names, count_people, names_of, people
from segments.errors import RuleError
from segments.models import List
from segments.rules import Rule
from tests.segments.cast import KOLKATA, NOON, Someone, matching, put_on_list, rule, store

NAMES = Names({"Charged": 7, "Product Viewed": 8}, {"staff": 3})
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HEAD = "SELECT p.lane, p.id FROM"
OF_ALL = f"{HEAD} unnest(%(lanes)s::smallint[]) AS held (lane) JOIN profiles_profile AS p ON p.lane = held.lane"
INDEX = "lane_type_id_at_profile_id_idx"
EVENTS = "LEFT JOIN (SELECT e.lane, e.profile_id FROM profiles_event AS e WHERE e.type_id = {}::integer"
JOINED = 'GROUP BY e.lane, e.profile_id{0}) AS "did_{1}" ON "did_{1}".profile_id = p.id'
LANES = "ANY(%(lanes)s::smallint[])"


def printed(rule: Rule, **options) -> tuple[str, dict]:
    """The statement on one line, and its values, instants as text."""
    query = people(rule, now=NOON, tz=KOLKATA, names=NAMES, **options)
    values = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in query.params.items()}
    return " ".join(query.statement.as_string(None).split()), values


def by_lane(text: str) -> str:
    """A statement over all lanes, as it is for one lane after the other."""
    one = text.replace(HEAD, f"{HEAD} (SELECT * FROM profiles_profile WHERE lane = held.lane) AS p")  # noqa: S608
    one = one.replace(LANES, "held.lane")
    return (
        "SELECT matching.lane, matching.id FROM unnest(%(lanes)s::smallint[]) AS held (lane)"  # noqa: S608
        f" CROSS JOIN LATERAL ( {one} ) AS matching"
    )


def some_of(text: str) -> str:
    """A part of a statement about some people, each lane's among its own."""
    return f"SELECT part.* FROM held CROSS JOIN LATERAL ( {text}) AS part"  # noqa: S608


def condition(item: dict) -> tuple[str, list]:
    """What a condition on a property prints, its values put in, and the values."""
    text, values = printed(rule(profile={"property": "plan", **item}))
    text = text.removeprefix(f"{OF_ALL} WHERE ")
    return text.replace('"p"."properties"', "bag").replace("%(rule_1)s::text", "key"), list(values.values())[1:]


def test_a_behaviour_is_one_grouped_join():
    bought = rule(
        did={
            "event": "Charged",
            "where": [{"property": "amount", "op": ">", "value": 50}],
            "count": {"op": ">=", "value": 3},
            "within": {"last": 90, "unit": "day"},
        }
    )
    amount = '("e"."properties" -> %(rule_4)s::text)'
    assert printed(bought) == (
        by_lane(
            f"{HEAD} {EVENTS.format('%(rule_1)s')}"
            f" AND e.at >= %(rule_2)s::timestamptz AND e.at <= %(rule_3)s::timestamptz AND e.lane = {LANES}"
            f" AND ((jsonb_typeof({amount}) = 'number' AND {amount} > %(rule_5)s::jsonb) IS TRUE)"
            f" {JOINED.format(' HAVING count(*) >= %(rule_6)s::bigint', 1)}"
            f' WHERE "did_1".profile_id IS NOT NULL'
        ),
        {
            "rule_1": 7,
            "rule_2": "2025-12-01T18:30:00+00:00",  # 00:00 in Kolkata
            "rule_3": "2026-03-02T12:00:00+00:00",
            "rule_4": "amount",
            "rule_5": "50",
            "rule_6": 3,
        },
    )


def test_what_is_asked_of_all_events_of_a_person_stands_behind_the_grouping():
    steady = rule(
        did={
            "event": "Charged",
            "count": {"op": "<", "value": 3, "include_zero": True},
            "hours": {"from": "21:00", "to": "06:00"},
            "weekdays": ["sun", "mon"],
        }
    )
    wall = "(e.at AT TIME ZONE %(rule_2)s::text)"
    assert printed(steady) == (
        by_lane(
        f"{HEAD} {EVENTS.format('%(rule_1)s')}"
        f" AND ({wall}::time >= %(rule_3)s::time OR {wall}::time < %(rule_4)s::time)"
        f" AND extract(isodow FROM {wall}) = ANY(%(rule_5)s::integer[])"
        f" AND e.at <= %(rule_6)s::timestamptz AND e.lane = {LANES}"
        f" {JOINED.format(' HAVING NOT (count(*) < %(rule_7)s::bigint)', 1)}"
        f' WHERE "did_1".profile_id IS NULL'),
        {
            "rule_1": 7, "rule_2": "Asia/Kolkata", "rule_3": "21:00", "rule_4": "06:00", "rule_5": [1, 7],
            "rule_6": NOON.isoformat(), "rule_7": 3,
        },
    )  # fmt: skip


def test_a_first_time_is_the_earliest_and_an_average_is_not_divided():
    lately = rule(did={"event": "Charged", "first_time": True, "within": {"on": "2026-03-01"}})
    assert printed(lately)[0] == by_lane(
        f"{HEAD} {EVENTS.format('%(rule_1)s')} AND e.at <= %(rule_2)s::timestamptz AND e.at <= %(rule_4)s::timestamptz"
        f" AND e.lane = {LANES} {JOINED.format(' HAVING min(e.at) >= %(rule_3)s::timestamptz', 1)}"
        f' WHERE "did_1".profile_id IS NOT NULL'
    )
    text, values = printed(rule(did={"event": "Charged", "average": {"property": "amount", "op": ">", "value": 0.1}}))
    amount = '"e"."properties" -> %(rule_3)s::text'
    assert (
        f"HAVING sum(CASE WHEN jsonb_typeof({amount}) = 'number' THEN ({amount})::numeric ELSE 0 END)"
        " > %(rule_4)s::numeric * count(*)"
    ) in text
    assert values["rule_4"] == Decimal("0.1")


def test_a_tree_is_logic_over_the_joins():
    lapsed = rule(
        all=[
            {"did": {"event": "Product Viewed"}},
            {"any": [{"did_not": {"event": "Charged"}}, {"not": {"list": "staff"}}]},
            {"profile": {"property": "E-Mail", "op": "exists"}},
            {"profile": {"property": "Email", "op": "contains", "value": "50%"}},
        ]
    )
    events = (
        "SELECT e.lane, e.profile_id FROM profiles_event AS e WHERE e.type_id = %(goal_{})s::integer"
        " AND e.at <= %(goal_{})s::timestamptz AND e.lane = held.lane AND e.profile_id = ANY(held.ids)"
        " GROUP BY e.lane, e.profile_id"
    )
    assert printed(lapsed, restricted=True, prefix="goal") == (
        "WITH held AS MATERIALIZED (SELECT (id %% 64)::smallint AS lane, array_agg(id) AS ids"  # noqa: S608
        f" FROM unnest(%(profiles)s::bigint[]) AS given (id) GROUP BY 1) {HEAD}"
        f" ({some_of('SELECT * FROM profiles_profile WHERE lane = held.lane AND id = ANY(held.ids) OFFSET 0')}) AS p"
        f" LEFT JOIN ({some_of(events.format(1, 2))}) AS \"did_1\" ON \"did_1\".profile_id = p.id"
        f" LEFT JOIN ({some_of(events.format(3, 4))}) AS \"did_2\" ON \"did_2\".profile_id = p.id"
        f' LEFT JOIN segments_member AS "list_3" ON "list_3".lane = {LANES} AND "list_3".list_id = %(goal_5)s::integer'
        ' AND "list_3".lane = p.lane AND "list_3".profile_id = p.id'
        ' WHERE ("did_1".profile_id IS NOT NULL'
        ' AND ("did_2".profile_id IS NULL OR NOT "list_3".profile_id IS NOT NULL)'
        " AND ((jsonb_typeof((\"p\".\"properties\" -> %(goal_6)s::text)) <> 'null') IS TRUE)"
        ' AND ((to_jsonb("p"."email") @> %(goal_7)s::jsonb'
        " OR jsonb_typeof(to_jsonb(\"p\".\"email\")) = 'string'"
        ' AND strpos("p"."email", %(goal_8)s::text) > 0) IS TRUE))',
        {
            "goal_1": 8, "goal_2": NOON.isoformat(), "goal_3": 7, "goal_4": NOON.isoformat(),
            "goal_5": 3, "goal_6": "E-Mail", "goal_7": '["50%"]', "goal_8": "50%",
        },
    )  # fmt: skip


@pytest.mark.parametrize(
    ("item", "text", "values"),
    [
        ({"op": "=", "value": "gold"}, "(((bag -> key) = %(rule_2)s::jsonb) IS TRUE)", ['"gold"']),
        ({"op": "!=", "value": True}, "(((bag -> key) = %(rule_2)s::jsonb) IS NOT TRUE)", ["true"]),
        ({"op": "not_exists"}, "((jsonb_typeof((bag -> key)) <> 'null') IS NOT TRUE)", []),
        ({"op": "in", "value": ["a", 1]}, "((((bag -> key) = ANY(%(rule_2)s::jsonb[]))) IS TRUE)", [['"a"', "1"]]),
        ({"op": "not_contains", "value": 1}, "(((bag -> key) @> %(rule_2)s::jsonb) IS NOT TRUE)", ["[1]"]),
        (
            {"op": "matches", "value": r"^\d"},
            "((jsonb_typeof((bag -> key)) = 'string' AND (bag ->> key) ~ %(rule_2)s::text) IS TRUE)",
            ["^[0-9]"],
        ),
        (
            {"op": "between", "value": [1, 2.5]},
            "((jsonb_typeof((bag -> key)) = 'number' AND (bag -> key) BETWEEN %(rule_2)s::jsonb AND %(rule_3)s::jsonb)"
            " IS TRUE)",
            ["1", "2.5"],
        ),
    ],
)
def test_a_condition_on_a_property(item, text, values):
    assert condition(item) == (text, values)


def test_a_condition_on_a_date_is_cast_only_where_it_is_one():
    text, (_wall, last, _instant, instant_last) = condition({"op": ">", "value": "2026-03-01"})
    assert text == (
        "((CASE WHEN (bag ->> key) ~ %(rule_2)s::text THEN (bag ->> key)::timestamp > %(rule_3)s::timestamp"
        " WHEN (bag ->> key) ~ %(rule_4)s::text THEN (bag ->> key)::timestamptz > %(rule_5)s::timestamptz END) IS TRUE)"
    )
    assert (last, instant_last) == ("2026-03-01T23:59:59.999999", "2026-03-01T18:29:59.999999+00:00")


# Who is found ---------------------------------------------------------------------------------------------------------

ADA, BOB, CLEO = 101, 102, 103


@pytest.fixture
def cast(db):
    """Ada bought twice lately, Bob once a while ago, Cleo never; all have looked."""
    looked = ("Product Viewed", NOON - 3 * HOUR, {})
    store(
        [
            Someone(
                ADA,
                {"email": "ada@example.com", "name": "Ada"},
                {"plan": "gold", "tags": ["a", "b"]},
                [("Charged", NOON - DAY, {"amount": 20}), ("Charged", NOON, {"amount": 60.5}), looked],
            ),
            Someone(BOB, {}, {"plan": "silver"}, [("Charged", NOON - 40 * DAY, {"amount": 60}), looked]),
            Someone(CLEO, {}, {}, [looked]),
        ],
        ["Charged", "Product Viewed"],
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("question", "found"),
    [
        ({"did": {"event": "Charged"}}, {ADA, BOB}),
        ({"did": {"event": " charg ed"}}, {ADA, BOB}),
        ({"did": {"event": "Never Seen"}}, set()),
        ({"did_not": {"event": "Never Seen"}}, {ADA, BOB, CLEO}),
        ({"did_not": {"event": "Charged"}}, {CLEO}),
        ({"did_not": {"event": "Charged", "within": {"last": 30, "unit": "day"}}}, {BOB, CLEO}),
        ({"did": {"event": "Charged", "count": {"op": "<", "value": 2}}}, {BOB}),  # Cleo has none: left out
        ({"did": {"event": "Charged", "count": {"op": "between", "value": [1, 2]}}}, {ADA, BOB}),
        ({"did": {"event": "Charged", "where": [{"property": "amount", "op": ">", "value": 60}]}}, {ADA}),
        ({"did": {"event": "Charged", "within": {"last": 1, "unit": "hour"}}}, {ADA}),  # at `now` is not after it
        ({"not": {"did": {"event": "Charged"}}}, {CLEO}),
        ({"profile": {"property": "plan", "op": "!=", "value": "gold"}}, {BOB, CLEO}),
        ({"not": {"profile": {"property": "plan", "op": "=", "value": "gold"}}}, {BOB, CLEO}),
        ({"profile": {"property": "tags", "op": "contains", "value": "b"}}, {ADA}),
        ({"profile": {"property": "Email", "op": "exists"}}, {ADA}),
        ({"profile": {"property": "name", "op": "not_exists"}}, {BOB, CLEO}),
    ],
)
def test_who_is_found(cast, question, found):
    asked = rule(**question)
    assert matching(asked) == found
    assert matching(asked, of=[BOB, CLEO]) == found - {ADA}
    assert count_people(asked, now=NOON, tz=KOLKATA, lanes=lanes.ALL) == len(found)


def test_the_future_does_not_count(cast):
    bought_twice = rule(did={"event": "Charged", "count": {"op": "=", "value": 2}})
    assert matching(bought_twice, now=NOON) == {ADA}
    assert matching(bought_twice, now=NOON - timedelta(microseconds=1)) == set()


def test_only_the_lanes_that_are_asked_for(cast):
    query = people(rule(did={"event": "Charged"}), now=NOON, tz=KOLKATA)
    assert sql.rows(query.statement, query.params | {"lanes": [lanes.of(BOB)]}) == [(lanes.of(BOB), BOB)]


def test_events_of_a_profile_that_is_gone_find_nobody(cast):
    sql.run("DELETE FROM profiles_profile WHERE id = %(id)s::bigint", {"id": ADA})
    assert matching(rule(did={"event": "Charged"})) == {BOB}


def test_the_members_of_a_list(cast):
    staff, other = (List.objects.create(name=name, created_at=NOON, updated_at=NOON) for name in ["staff", "other"])
    put_on_list(staff.pk, [ADA])
    put_on_list(other.pk, [BOB, CLEO])
    assert matching(rule(list="staff")) == {ADA}
    assert matching(rule(not_={"list": "staff"})) == {BOB, CLEO}


@pytest.mark.django_db
def test_a_list_that_is_gone_is_an_error_and_not_a_quiet_nobody():
    with pytest.raises(RuleError, match="There is no custom list named “staff”") as gone:
        names_of(rule(list="staff"))
    assert gone.value.code == "list_gone"


@pytest.mark.django_db
def test_two_rules_in_one_statement(cast):
    one = people(rule(did={"event": "Charged"}), now=NOON, tz=KOLKATA, prefix="one")
    two = people(rule(profile={"property": "plan", "op": "=", "value": "gold"}), now=NOON, tz=KOLKATA, prefix="two")
    both = sql.rows(
        one.statement + sql.sql.SQL(" EXCEPT ") + two.statement, one.params | two.params | {"lanes": lanes.ALL}
    )
    assert both == [(lanes.of(BOB), BOB)]


# By which plan --------------------------------------------------------------------------------------------------------


@pytest.fixture
def crowd(db):
    """5,000 people with 8 events each over a year, analysed. One event in eight is Charged.

    Truncating first gives the tables new files: what tests before left dead in them would shift the planner's costs.
    """
    sql.run("TRUNCATE profiles_profile, profiles_event")
    chance = random.Random(1)
    events = [
        ("Charged" if number % 8 == 0 else "Product Viewed", NOON - chance.random() * 365 * DAY, {"amount": number})
        for number in range(40_000)
    ]
    store([Someone(1000 + i, events=events[i::5000]) for i in range(5000)], ["Charged", "Product Viewed"])
    for table in ("profiles_profile", "profiles_event"):
        sql.run(f"ANALYZE {table}")
    return eventtypes.find(["Charged"])["Charged"].id


def plan(asked: Rule, **params) -> str:
    query = people(asked, now=NOON, tz=KOLKATA, restricted="profiles" in params)
    explained = sql.sql.SQL("EXPLAIN (FORMAT json) ") + query.statement
    ((found,),) = sql.rows(explained, query.params | {"lanes": lanes.ALL} | params)
    return found if isinstance(found, str) else json.dumps(found)


def test_behaviour_is_found_by_type_and_time_and_nothing_is_looked_up_per_person(crowd):
    month, day = {"last": 30, "unit": "day"}, {"last": 1, "unit": "day"}
    asked = rule(
        any=[
            {"all": [{"did": {"event": "Charged", "within": month}}, {"did_not": {"event": "Charged", "within": day}}]},
            {"not": {"did": {"event": "Charged", "count": {"op": ">", "value": 1}, "within": month}}},
        ]
    )  # fmt: skip
    found = plan(asked)
    assert found.count(INDEX) >= 3
    assert "SubPlan" not in found
    assert found.count("Nested Loop") == 1  # over the lanes


def test_a_behaviour_that_is_needed_becomes_an_inner_join_and_one_that_is_barred_an_anti_join(crowd):
    month = {"last": 30, "unit": "day"}
    assert '"Join Type": "Inner"' in plan(rule(did={"event": "Charged", "within": month}))
    assert '"Join Type": "Left"' not in plan(rule(did={"event": "Charged", "within": month}))
    assert any(kind in plan(rule(did_not={"event": "Charged", "within": month})) for kind in ('"Anti"', '"Right Anti"'))


def test_a_few_waiters_are_tested_by_their_own_history(crowd):
    sql.run(
        """INSERT INTO profiles_event (lane, id, profile_id, type_id, at, received_at, source, properties)
           SELECT lane, nextval('profiles_event_id_seq'), id, %(type)s, %(now)s - n * interval '1 minute', %(now)s,
                  'api', '{}'
             FROM profiles_profile CROSS JOIN generate_series(1, 40) AS n""",
        {"type": eventtypes.find(["Product Viewed"])["Product Viewed"].id, "now": NOON},
    )
    sql.run("ANALYZE profiles_event")
    sql.join_by_key()
    with sql.sets_by_hash():
        found = plan(rule(did={"event": "Product Viewed"}), profiles=[1000, 1001, 1002])
    assert "lane_profile_id_at_idx" in found
    assert "profiles_profile_pkey" in found
    assert "Seq Scan" not in found


def test_many_waiters_are_not_compared_each_with_each(crowd):
    sql.join_by_key()
    with sql.sets_by_hash():
        found = plan(rule(did={"event": "Charged"}), profiles=list(range(1000, 6000)))
    assert "Hash Cond" in found
    assert "Join Filter" not in found


@pytest.mark.parametrize(
    "more",
    [
        {"within": {"days_ago": 3}},
        {"within": {"between": ["2026-02-20", "2026-02-25"]}, "weekdays": ["sat", "sun"]},
        {"within": {"last": 30, "unit": "day"}, "sum": {"property": "amount", "op": ">", "value": 10}},
        {"within": {"last": 30, "unit": "day"}, "count": {"op": "<", "value": 3, "include_zero": True}},
        {"within": {"on": "2026-02-20"}, "hours": {"from": "20:00", "to": "02:00"}},
        {"within": {"before": "2025-04-01"}, "first_time": True},
        {"within": {"after": "2026-02-20"}, "last_time": True},
    ],
)
def test_every_way_to_ask_when_reads_its_range_of_one_type_of_event(crowd, more):
    found = plan(rule(did={"event": "Charged", **more}))
    assert INDEX in found
    assert "SubPlan" not in found


@pytest.mark.parametrize(
    "asked",
    [
        {"property": "amount", "value": 8, "predominantly": True},
        {"hours": {"from": "20:00", "to": "02:00"}, "at_least": 20},
        {"weekday": "sun", "predominantly": True},
    ],
)
def test_an_interest_reads_its_range_of_one_type_of_event(crowd, asked):
    found = plan(rule(interest={"event": "Charged", "within": {"last": 30, "unit": "day"}, **asked}))
    assert INDEX in found
    assert "SubPlan" not in found


def test_an_interest_counts_each_value_and_looks_for_the_highest():
    text, values = printed(rule(interest={"event": "Charged", "weekday": "tue", "predominantly": True}))
    day = "extract(isodow FROM (e.at AT TIME ZONE %(rule_3)s::text))"
    assert text == by_lane(
        f"{HEAD} LEFT JOIN (SELECT v.lane, v.profile_id FROM (SELECT e.lane, e.profile_id, {day} AS kind,"  # noqa: S608
        " count(*) AS times FROM profiles_event AS e WHERE e.type_id = %(rule_1)s::integer"
        f" AND e.at <= %(rule_2)s::timestamptz AND e.lane = {LANES} GROUP BY 1, 2, 3) AS v WHERE v.kind IS NOT NULL"
        " GROUP BY v.lane, v.profile_id"
        " HAVING max(v.times) FILTER (WHERE v.kind = %(rule_4)s::integer) = max(v.times))"
        ' AS "interest_1" ON "interest_1".profile_id = p.id'
        f' WHERE "interest_1".profile_id IS NOT NULL'
    )
    assert (values["rule_3"], values["rule_4"]) == ("Asia/Kolkata", 2)


def test_addresses_and_devices_of_a_few_are_found_by_their_keys(crowd):
    sql.run("SET LOCAL enable_seqscan = off")  # the tables of the test are too small to be worth an index
    found = plan(rule(any=[{"reachable": "email"}, {"reachable": "push"}]), profiles=[1000, 1001])
    assert "profiles_suppression_pkey" in found
    assert '"Node Type": "Seq Scan"' not in found
