"""However far behind the engine is, everyone moves the same: random traffic, dealt with at once, late or in pieces."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from config.lib import lanes, sql
from journeys import selectors, services
from journeys.engine.account import Account
from journeys.engine.advance import advance, next_due
from journeys.engine.route import route
from profiles import events, eventtypes, identities
from profiles.events import NewEvent
from profiles.identities import Key
from tests.journeys.documents import Json, action, journey, link

START = datetime(2026, 3, 2, 14, tzinfo=UTC)
ACCOUNT = Account(ZoneInfo("Asia/Kolkata"), 0)
MINUTE = timedelta(minutes=1)
END = START + timedelta(days=4)
NAMES = ("Start", "Charged", "Viewed", "Goal")

DOCUMENT = journey(
    entry={
        "criteria": "live",
        "segment": {"kind": "action", "events": [{"event": "Start"}]},
        "timeline": {"start": "now", "end": None},
        "re_entry": True,
    },
    timeout="PT9H",
    goals=[{"kind": "action", "events": [{"event": "Goal"}]}],
    nodes=[
        action(1, "Charged", window="PT1H"),
        action(2, "Viewed", window="PT2H"),
        {"id": 3, "kind": "profile_update", "config": {"updates": [{"property": "n", "op": "increment", "value": 1}]}},
        {"id": 4, "kind": "force_exit"},
    ],
    links=[
        link("entry", "yes", 1, after="PT20M"),
        link(1, "yes", 2),
        link(1, "node_timeout", 3, after="PT45M"),
        link(2, "yes", 1, after="PT10M"),
        link(2, "node_timeout", 4),
        link(3, "updated", 2),
    ],
)

# Everything that a midnight decides, and clocks of every kind beside it.
OVERNIGHT = journey(
    entry={
        "criteria": "live",
        "segment": {"kind": "inaction", "event": {"event": "Start"}, "then_not": {"event": "Start"}, "within": "PT45M"},
        "timeline": {"start": "now", "end": None},
        "re_entry": True,
    },
    timeout="P2DT3H",
    goals=[
        {"kind": "past_behaviour", "rule": {"did": {"event": "Goal", "count": {"op": ">=", "value": 2}}}},
        {"kind": "inaction", "event": {"event": "Goal"}, "then_not": {"event": "Charged"}, "within": "PT11H"},
    ],
    nodes=[
        {
            "id": 1,
            "kind": "past_behaviour",
            "window": "PT30H",
            "config": {"rule": {"did": {"event": "Charged", "within": {"last": 1, "unit": "day"}}}},
        },
        {
            "id": 2,
            "kind": "inaction",
            "config": {"event": {"event": "Viewed"}, "then_not": {"event": "Charged"}, "within": "PT7H"},
        },
        {"id": 3, "kind": "past_behaviour", "config": {"rule": {"did_not": {"event": "Viewed"}}}},
        action(4, "Viewed", window="PT5H"),
        {"id": 5, "kind": "force_exit"},
    ],
    links=[
        link("entry", "yes", 1),
        link("entry", "yes", 2),
        link(1, "yes", 3),
        link(1, "node_timeout", 4, after="PT13H"),
        link(2, "yes", 4),
        link(2, "no", 3),
        link(3, "yes", 5),
        link(3, "no", 4),
        link(4, "yes", 3),
        link(4, "node_timeout", 5),
    ],
)

Traffic = list[tuple[int, int, str]]  # (minutes after the start, person, event)


def traffic(hours: int) -> st.SearchStrategy[Traffic]:
    """Traffic of three people, in order of time."""
    one = st.tuples(st.integers(1, hours * 60), st.integers(0, 2), st.sampled_from(NAMES))
    return st.lists(one, min_size=1, max_size=25).map(lambda drawn: sorted(drawn, key=lambda one: one[0]))


def ledger() -> list[tuple[Any, ...]]:
    """Every move of everyone, each person's in order."""
    return sql.rows(
        """SELECT profile_id, at, what, node, via, reason FROM journeys_step
            WHERE lane = ANY(%(lanes)s) ORDER BY profile_id, at, id""",
        {"lanes": lanes.ALL},
    )


def happen(people: list[int], types: dict[str, int], one: tuple[int, int, str]) -> None:
    """An event reaches the inbox at its minute."""
    at = START + one[0] * MINUTE
    events.record([NewEvent(people[one[1]], types[one[2]], at, at, "api", {})])


def clock_until(end: datetime) -> None:
    """Let every clock come at its own instant."""
    while (due := next_due(account=ACCOUNT, now=end)) is not None and due <= end:
        advance(account=ACCOUNT, now=due, size=100)


def at_once(people: list[int], types: dict[str, int], drawn: Traffic) -> None:
    """Each event is routed in the minute in which it comes, each clock comes on time."""
    for one in drawn:
        at = START + one[0] * MINUTE
        clock_until(at - timedelta(seconds=1))
        happen(people, types, one)
        route(account=ACCOUNT, now=at, size=100)
    clock_until(END)


def late(size: int) -> Any:
    """Everything waits in the inbox until the end; then batches of about `size`, of clocks and of events in turn."""

    def run(people: list[int], types: dict[str, int], drawn: Traffic) -> None:
        for one in drawn:
            happen(people, types, one)
        while advance(account=ACCOUNT, now=END, size=size) + route(account=ACCOUNT, now=END, size=size):
            pass

    return run


def played(run: Any, drawn: Traffic, document: Json = DOCUMENT) -> list[tuple[Any, ...]]:
    """The ledger after one way of dealing with the traffic, with persons numbered; takes everything back."""
    with transaction.atomic():
        version = services.create_journey(document=document, by=None, now=START)
        services.publish(version_id=version.pk, by=None, now=START)
        types = eventtypes.ids(NAMES, now=START)
        keys = [Key("identity", f"person {number}") for number in range(3)]
        people = list(map(identities.find_or_create(keys, now=START).__getitem__, keys))
        run(people, types, drawn)
        assert selectors.conservation(version.pk) == []
        moves = [(people.index(person), *rest) for person, *rest in ledger()]
        transaction.set_rollback(True)
    return moves


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=traffic(14))
def test_a_late_engine_moves_people_as_one_in_time_does(drawn: Traffic) -> None:
    in_time = played(at_once, drawn)
    assert played(late(100), drawn) == in_time
    assert played(late(1), drawn) == in_time


@pytest.mark.django_db
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],
)
@given(drawn=traffic(60))
def test_a_late_engine_judges_midnights_as_one_in_time_does(drawn: Traffic) -> None:
    in_time = played(at_once, drawn, OVERNIGHT)
    assert played(late(100), drawn, OVERNIGHT) == in_time
    assert played(late(1), drawn, OVERNIGHT) == in_time
