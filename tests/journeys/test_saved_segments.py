"""Saved segments in journeys: in the filters of live triggers, and before publishing."""

from datetime import UTC, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from config.lib import lanes
from journeys import checks
from journeys.document import parse
from journeys.engine.knowledge import Knowledge
from journeys.nodes.past_behaviour import PastBehaviour, PastBehaviourConfig
from segments import saved
from tests.journeys.documents import journey, past
from tests.segments.cast import Someone, matching, rule, store

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KOLKATA = ZoneInfo("Asia/Kolkata")
ADA, BOB = 101, 102
GOLD = {"profile": {"property": "plan", "op": "=", "value": "gold"}}


def test_a_filter_asks_for_a_saved_segment():
    saved.create_segment(name="Gold", kind="past", rule=rule(**GOLD), now=NOON)
    store([Someone(ADA, {}, {"plan": "gold"}), Someone(BOB)], [])
    asked = rule(not_={"segment": "Gold"})
    interesting = SimpleNamespace(rules=[asked], reads={}, read_types={})
    knowledge = Knowledge(interesting, [ADA, BOB], earliest=NOON, lanes=lanes.ALL, zone=KOLKATA, changing={})
    assert [knowledge.passes(asked, who, NOON, 1) for who in (ADA, BOB)] == [False, True]


def test_a_journey_with_a_segment_that_is_gone_is_not_published():
    asking = journey()
    asking["entry"]["segment"] = asking["entry"]["segment"] | {"filters": {"any": [GOLD, {"segment": "Gold"}]}}
    (found,) = [problem for problem in checks.findings(parse(asking), now=NOON, tz=KOLKATA) if problem.code == "K07"]
    assert found.message == "There is no saved segment “Gold”; save it or choose another."
    saved.create_segment(name="Gold", kind="past", rule=rule(**GOLD), now=NOON)
    assert [it for it in checks.findings(parse(asking), now=NOON, tz=KOLKATA) if it.level == "error"] == []


def test_past_behaviour_asks_for_a_saved_segment():
    entry = past({"once": "now"}) | {"segment": {"kind": "past_behaviour", "segment": "Gold"}}
    asking = parse(journey(entry=entry))
    (found,) = [it for it in checks.findings(asking, now=NOON, tz=KOLKATA) if it.level == "error"]
    assert found.message == "There is no saved segment “Gold”; save it or choose another."
    saved.create_segment(name="Gold", kind="past", rule=rule(**GOLD), now=NOON)
    store([Someone(ADA, {}, {"plan": "gold"}), Someone(BOB)], [])
    assert [it for it in checks.findings(asking, now=NOON, tz=KOLKATA) if it.level == "error"] == []
    body = PastBehaviourConfig(segment="Gold")
    assert matching(PastBehaviour().audience(body)) == {ADA}
    both = PastBehaviourConfig(segment="Gold", rule=rule(not_=GOLD))
    assert [*PastBehaviour().problems(both, 1)] == []
    assert matching(PastBehaviour().audience(both)) == set()
