"""Two evaluators, one meaning: rules as SQL and rules in memory find the same people, and so does a naive reading."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.lib import sql
from segments import explain, history, match, rules, saved, words
from segments.compile import names_of
from segments.models import List
from tests.segments import naive
from tests.segments.cast import NOON, Someone, matching, put_on_list, store

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo("America/New_York")  # changes its clocks; the random dates stay clear of those nights
NAMES = ["Charged", "Product Viewed"]
PROPERTIES = ["amount", "plan", "tags", "Gender"]

GOOD_DATES = ["2026-02-28", "2026-03-01", "2026-03-01T10:00", "2026-03-01T15:00Z", "2026-03-01 10:00:00.5"]
GOOD_DATES += ["2026-03-01T23:59+05:30", "2028-02-29", "2026-03-02T00:00-05:00"]
NO_DATES = ["2026-02-30", "2026-02-29", "1899-12-31", "3000-01-01", "2026-03-01T24:00", "2026-03-01T10:00+25:00"]
valid_dates = st.sampled_from(GOOD_DATES)
dates = st.sampled_from([*GOOD_DATES, *NO_DATES])
texts = st.sampled_from(["", "gold", "Gold", "old", "o%_\\d\"'l", "20", "true", "null", "ö", "a\nb", "日本"])
numbers = st.one_of(st.integers(-3, 3), st.sampled_from([0.5, 1.0, -2.5, 20, 10**15, 0.1 + 0.2, 0.3]))
scalars = st.one_of(texts, dates, numbers, st.booleans())
values = st.one_of(scalars, st.none(), st.lists(st.one_of(texts, dates, numbers, st.booleans()), max_size=3))
bags = st.dictionaries(st.sampled_from(PROPERTIES), values, max_size=3)
ordered = st.one_of(numbers, valid_dates)


@st.composite
def conditions(draw, names=PROPERTIES):
    op = draw(st.sampled_from([*rules.Op.__args__]))
    item = {"property": draw(st.sampled_from(names)), "op": op}
    if op in ("in", "not_in"):
        item["value"] = draw(st.lists(scalars, min_size=1, max_size=3))
    elif op == "between":
        item["value"] = draw(st.one_of(st.tuples(numbers, numbers), st.tuples(valid_dates, valid_dates)).map(list))
    elif op in (">", ">=", "<", "<="):
        item["value"] = draw(ordered)
    elif op == "matches":
        item["value"] = draw(
            st.sampled_from(["^g", "o.*d$", "[Gg]old", "^$", "a.b", r"\d{2}", "(?:g|G)o|ö", r"[^a-z]\W"])
        )
    elif op not in ("exists", "not_exists"):
        item["value"] = draw(scalars.filter(lambda value: value != "" or op in ("=", "!=")))
    return item


some_dates = [
    "2026-03-01",
    "2026-02-28",
    "2026-03-02",
    "2026-03-01T00:00-05:00",
    "2026-02-27T00:00",
    "2026-03-02T07:00",
]
range_dates = st.sampled_from(some_dates)
withins = st.one_of(
    st.fixed_dictionaries(
        {"last": st.integers(1, 3), "unit": st.sampled_from(["minute", "hour", "day", "week", "month"])}
    ),
    st.fixed_dictionaries({"days_ago": st.integers(0, 4)}),
    st.fixed_dictionaries({"between": st.tuples(range_dates, range_dates).map(list)}),
    st.sampled_from(["before", "after", "on"]).flatmap(lambda key: st.fixed_dictionaries({key: range_dates})),
)
zero = {"include_zero": st.just(True)}
counts = st.one_of(
    st.fixed_dictionaries({"op": st.sampled_from(["=", ">", ">=", "<="]), "value": st.integers(1, 3)}, optional=zero),
    st.fixed_dictionaries({"op": st.just("<"), "value": st.integers(2, 3)}, optional=zero),
    st.fixed_dictionaries(
        {"op": st.sampled_from(["=", ">=", "<="]), "value": st.just(0), "include_zero": st.just(True)}
    ),
    st.fixed_dictionaries(
        {"op": st.just("between"), "value": st.tuples(st.integers(1, 2), st.integers(1, 3)).map(list)}, optional=zero
    ),
)
ordering = st.sampled_from(["=", ">", ">=", "<", "<="])
totals = st.one_of(
    st.fixed_dictionaries({"property": st.sampled_from(PROPERTIES), "op": ordering, "value": numbers}),
    st.fixed_dictionaries(
        {"property": st.just("amount"), "op": st.just("between"), "value": st.tuples(numbers, numbers).map(list)}
    ),
)
clocks = st.sampled_from(["00:00", "00:01", "07:00", "12:00", "23:59"])
whens = {
    "within": withins,
    "hours": st.tuples(clocks, clocks)
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda p: {"from": p[0], "to": p[1]}),
    "weekdays": st.lists(st.sampled_from(["sun", "mon", "sat", "fri"]), min_size=1, max_size=3),
}
named = {"event": st.sampled_from([*NAMES, "charged", "PRODUCTVIEWED", "Never Seen"])}
narrowed = {"where": st.lists(conditions(), max_size=2)}
happened = st.one_of(
    st.fixed_dictionaries(named, optional=narrowed | whens | {"count": counts}),
    *(
        st.fixed_dictionaries(named | {total: totals}, optional=narrowed | whens)
        for total in ("sum", "average")
    ),
    *(
        st.fixed_dictionaries(
            named | {flag: st.just(True), key: whens[key]},
            optional=narrowed | {other: when for other, when in whens.items() if other != key},
        )
        for flag in ("first_time", "last_time")
        for key in whens
    ),
)  # fmt: skip
not_happened = st.fixed_dictionaries(named, optional=narrowed | whens)


def several(event):
    """All or any of some events."""
    return st.sampled_from(["all", "any"]).flatmap(
        lambda key: st.fixed_dictionaries({key: st.lists(event, min_size=1, max_size=2)})
    )


@st.composite
def profile_conditions(draw):
    if draw(st.booleans()):
        return draw(conditions([*PROPERTIES, "email", "GENDER"]))
    days = st.one_of(st.integers(-3, 1).map(lambda n: {"today": n}), valid_dates)
    op = draw(st.sampled_from(["=", "!=", ">", ">=", "<", "<=", "between"]))
    value = draw(st.tuples(days, days).map(list) if op == "between" else days)
    return {"property": draw(st.sampled_from(PROPERTIES)), "op": op, "value": value}


interests = st.builds(
    lambda base, part, how: base | part | how,
    st.fixed_dictionaries(named, optional=narrowed | {"within": withins}),
    st.one_of(
        st.fixed_dictionaries({"property": st.sampled_from(PROPERTIES), "value": scalars}),
        st.fixed_dictionaries({"hours": whens["hours"]}),
        st.fixed_dictionaries({"weekday": st.sampled_from(["sun", "mon", "sat", "fri"])}),
    ),
    st.one_of(st.just({"predominantly": True}), st.sampled_from([1, 33, 50, 51, 100]).map(lambda p: {"at_least": p})),
)
degrees = st.sampled_from([0, 18.52, 18.6, -33.9, 73.85, 90, 179.9, -179.9])
places = st.fixed_dictionaries(
    {
        "latitude": degrees.filter(lambda it: abs(it) <= 90),
        "longitude": degrees,
        "km": st.sampled_from([1, 9.5, 2000, 20_040]),
    },
    optional={"properties": st.sampled_from([["amount", "amount"], ["Latitude", "amount"]])},
)
CHANNELS = ["email", "sms", "whatsapp", "rcs", "push", "web_push"]
leaves = st.one_of(
    st.fixed_dictionaries({"interest": interests}),
    st.fixed_dictionaries({"near": places}),
    st.fixed_dictionaries({"reachable": st.sampled_from(CHANNELS)}),
    st.fixed_dictionaries({"did": happened}),
    st.fixed_dictionaries({"did": several(happened)}),
    st.fixed_dictionaries({"did_not": not_happened}),
    st.fixed_dictionaries({"did_not": several(not_happened)}),
    st.fixed_dictionaries({"profile": profile_conditions()}),
    st.just({"list": "march"}),
    st.just({"segment": "outer"}),
)
trees = st.recursive(
    leaves,
    lambda part: st.one_of(
        st.fixed_dictionaries({"all": st.lists(part, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(part, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": part}),
    ),
    max_leaves=5,
)
# Around now and around the edges of the ranges: midnights of New York, a month back, a microsecond to either side.
midnight = datetime(2026, 3, 1, 5, tzinfo=UTC)
moments = st.builds(
    lambda base, nudge: base + timedelta(microseconds=nudge),
    st.sampled_from(
        [NOON, NOON - timedelta(hours=1), NOON - timedelta(minutes=2), NOON - timedelta(days=3), midnight]
        + [midnight - timedelta(days=days) for days in (0, 1, 2, 3, 6, 27)] + [NOON + timedelta(hours=1)]
    ),
    st.integers(-1, 1),
)  # fmt: skip
happenings = st.tuples(st.sampled_from(NAMES), moments, bags)
personal = st.fixed_dictionaries(
    {},
    optional={
        "Latitude": st.one_of(degrees, numbers, st.just("18.52")),
        "Longitude": st.one_of(degrees, numbers),
        "MSG-email": st.booleans(),
        "MSG-whatsapp": st.booleans(),
        "MSG-push": st.booleans(),
        "DND": st.booleans(),
    },
)
someones = st.tuples(
    st.builds(lambda bag, more: bag | more, bags, personal),
    st.sampled_from([None, "gold", "20", "2026-03-01"]),
    st.lists(happenings, max_size=5),
    st.booleans(),
    st.lists(st.sampled_from(["push", "web_push"]), max_size=2),
    st.sampled_from([None, "+4930123456", "+4930999999"]),
)


OFF = ["20", "+4930999999"]  # addresses that are switched off


def consent_off(kind, address):
    sql.copy("profiles_suppression", ("kind", "value", "reason", "at"), [(kind, address, "spam", NOON)])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tree=trees,
    inner=leaves.filter(lambda leaf: "segment" not in leaf),
    population=st.lists(someones, min_size=1, max_size=6),
)
def test_sql_memory_and_a_naive_reading_find_the_same_people(tree, inner, population):
    with transaction.atomic():
        march = List.objects.create(name="march", created_at=NOON, updated_at=NOON)
        everyone = [
            Someone(1000 + number, {"email": email, "phone": phone}, properties, events, devices)
            for number, (properties, email, events, _member, devices, phone) in enumerate(population)
        ]
        members = {one.id for one, (_, _, _, member, *_) in zip(everyone, population, strict=True) if member}
        store(everyone, NAMES)
        put_on_list(march.id, members)
        for kind, address in zip(("email", "phone"), OFF, strict=True):
            consent_off(kind, address)

        segments = {"inner": inner, "outer": {"not": {"segment": "inner"}}}
        for name, body in segments.items():
            saved.create_segment(name=name, kind="past", rule=rules.parse(body), now=NOON)

        asked = rules.parse(tree)
        (rule,) = saved.expand(asked)
        names = names_of(rule)
        ids = [one.id for one in everyone]
        lanes = sorted({i % 64 for i in ids})
        known = history.people(ids, rules.needs(rule, now=NOON, zone=ZONE), names=names, lanes=lanes)
        by_sql = matching(asked, tz=ZONE, names=names)
        among = matching(rule, tz=ZONE, names=names, of=ids[::2])
        test = match.compile_rule(rule, tz=ZONE, types=names.types)
        in_memory = {i for i, person in known.items() if test(person, NOON)}
        naively = {
            one.id
            for one in everyone
            if naive.holds(
                tree,
                {**one.properties, **one.columns, "GENDER": one.properties.get("Gender")}
                | {"devices": one.devices, "off": OFF, "saved": segments},
                one.events,
                {"march"} if one.id in members else set(),
                NOON,
                ZONE,
            )
        }
        told = explain.clauses(asked, ids[0], now=NOON, tz=ZONE)
        transaction.set_rollback(True)
    assert words.sentence(asked)
    assert told[0].holds == (ids[0] in by_sql)
    assert by_sql == in_memory == naively
    assert among == by_sql & set(ids[::2])


@settings(max_examples=400, deadline=None)
@given(item=conditions(), value=values)
def test_a_condition_in_memory_is_its_naive_reading(item, value):
    rule = rules.parse({"profile": item})
    assert match.compile_test(rule.profile, ZONE)(value) == naive.condition(item, value, ZONE)
