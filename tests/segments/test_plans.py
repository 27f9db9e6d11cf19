"""By which index names, samples and lists are found. What a rule's behaviour reads is in test_compile."""

import random
from datetime import timedelta
from typing import Any

import pytest

from config.lib import lanes, sql
from profiles import eventtypes
from segments import names
from segments.compile import people
from segments.models import List
from tests.segments.cast import KOLKATA, NOON, Someone, put_on_list, rule, store

pytestmark = pytest.mark.django_db

PEOPLE = 6_000


@pytest.fixture
def crowd() -> int:
    """6,000 people with 8 events each over a year, one of them Charged; the type of that. Analysed."""
    sql.run("TRUNCATE profiles_profile, profiles_event, segments_member")
    chance = random.Random(1)
    events = [
        (
            "Charged" if number < PEOPLE else "Product Viewed",
            NOON - chance.random() * timedelta(365),
            {"amount": number},
        )
        for number in range(8 * PEOPLE)
    ]
    store(
        [Someone(1000 + i, {}, {"plan": "gold"}, events[i::PEOPLE]) for i in range(PEOPLE)],
        ["Charged", "Product Viewed"],
    )
    for table in ("profiles_profile", "profiles_event"):
        sql.run(f"ANALYZE {table}")
    return eventtypes.find(["Charged"])["Charged"].id


def plan(statement: Any, params: dict[str, Any]) -> str:
    explain = "EXPLAIN " if isinstance(statement, str) else sql.sql.SQL("EXPLAIN ")
    return "\n".join(line for (line,) in sql.rows(explain + statement, params))


def test_properties_of_events_come_from_the_newest_by_index(crowd: int) -> None:
    found = plan(names.SQL["newest_events"], {"lanes": lanes.ALL, "type_id": crowd, "size": 40})
    assert "Index Scan Backward" in found
    assert "type_id_at" in found
    assert "Seq Scan" not in found
    known = names.find("event_property", event="Charged")
    assert [(it.name, it.type) for it in known] == [("amount", "number")]
    assert 1_000 < (known[0].seen or 0) < PEOPLE


def test_properties_of_profiles_come_from_the_newest_of_each_lane_and_a_sample(crowd: int) -> None:
    found = plan(names.SQL["newest_profiles"], {"lanes": lanes.ALL, "size": 20})
    assert "profiles_profile_pkey" in found
    assert "Seq Scan" not in found
    assert "Sample Scan" in plan(names.SQL["some_profiles"], {"percent": 1.0, "size": 10})
    (known,) = names.find("profile_property", text="plan")
    assert (known.values, known.seen is not None and known.seen < PEOPLE) == (["gold"], True)


def test_members_of_a_list_are_read_by_lane_and_list_and_a_few_by_their_key(crowd: int) -> None:
    wanted, other = (List.objects.create(name=name, created_at=NOON, updated_at=NOON) for name in ("staff", "all"))
    put_on_list(wanted.pk, range(1000, 1050))
    put_on_list(other.pk, range(1000, 1000 + PEOPLE))
    sql.run("ANALYZE segments_member")
    asked = people(rule(list="staff"), now=NOON, tz=KOLKATA)
    assert "segments_member_pkey" in plan(asked.statement, asked.params | {"lanes": lanes.ALL})
    few = people(rule(not_={"list": "all"}), now=NOON, tz=KOLKATA, restricted=True)
    found = plan(few.statement, few.params | {"lanes": lanes.ALL, "profiles": [1000, 1001]})
    assert "segments_member_pkey" in found
    assert "Seq Scan" not in found


def test_a_property_that_varies_offers_no_values() -> None:
    orders = [
        ("Charged", NOON, {"order": f"o-{number}", "shop": "Pune" if number % 3 else "Goa"}) for number in range(60)
    ]
    store([Someone(1, {}, {}, orders)], ["Charged"])
    found = {it.name: it for it in names.find("event_property", event="Charged")}
    assert found["order"].values == []
    assert found["shop"].values == ["Pune", "Goa"]


def test_a_property_is_what_most_of_its_values_are() -> None:
    values: list[dict[str, Any]] = [
        {"n": 1, "d": "2026-03-01", "t": ["a"], "b": True, "s": "x", "mixed": 1},
        {"n": 2.5, "d": "2026-03-01T10:00:00Z", "t": ["a", "b"], "b": False, "s": "1", "mixed": "a", "none": None},
        {"mixed": "b"},
    ]  # fmt: skip
    store([Someone(1, {}, {}, [("Charged", NOON, value) for value in values])], ["Charged"])
    found = {it.name: (it.type, it.seen) for it in names.find("event_property", event="Charged")}
    assert found == {
        "n": ("number", 2), "d": ("date", 2), "t": ("list", 2), "b": ("boolean", 2), "s": ("string", 2),
        "mixed": ("string", 3),
    }  # fmt: skip
