"""Automated IntelliNODEs: equal at first, then toward the path that converts best, without chance (domain 6)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from hypothesis import given, settings
from hypothesis import strategies as st

from config.lib import sql
from journeys import schedule, services, shares, versions, weighing
from journeys.engine.account import Account
from journeys.engine.pump import pump
from journeys.errors import JourneyError
from journeys.models import ShareChange, Shares, Transition
from journeys.weighing import Path
from tests.journeys import crowd
from tests.journeys.documents import journey, link
from tests.staff import signed_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_shares_are_equal_until_every_path_has_a_hundred_users():
    assert weighing.weigh([Path(5000, 900), Path(99, 0)], salt="x") == [50, 50]
    assert weighing.weigh([Path(99, 0)] * 3, salt="x") == [33.34, 33.33, 33.33]
    assert weighing.weigh([Path(5000, 900), Path(100, 0)], salt="x") == [95, 5]


def test_a_path_that_loses_for_certain_keeps_five_per_cent_and_the_rest_is_shared():
    clear = weighing.weigh([Path(1000, 100), Path(1000, 500), Path(1000, 100)], salt="x")
    assert clear == [5, 90, 5]
    tied = weighing.weigh([Path(1000, 500), Path(1000, 500), Path(1000, 100)], salt="x")
    assert tied[2] == 5
    assert tied[0] == pytest.approx(47.5, abs=2)


def test_the_same_numbers_at_the_same_instant_give_the_same_shares():
    paths = [Path(400, 40), Path(380, 45), Path(420, 38)]
    assert weighing.weigh(paths, salt="node 1 2 noon") == weighing.weigh(paths, salt="node 1 2 noon")
    assert weighing.weigh(paths, salt="node 1 2 noon") != weighing.weigh(paths, salt="node 1 2 later")


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.integers(100, 300).flatmap(lambda n: st.builds(Path, st.just(n), st.integers(0, n))), min_size=2, max_size=7
    )
)
def test_shares_always_add_up_and_nobody_falls_below_the_floor(paths):
    found = weighing.weigh(paths, salt="x")
    assert sum(round(share * 100) for share in found) == 10_000
    assert min(found) >= weighing.FLOOR


# In a live journey --------------------------------------------------------------------------------------------------

PATHS = [{"name": "A"}, {"name": "B"}]
NODE = {
    "id": 1,
    "kind": "intellinode",
    "config": {"mode": "automated", "paths": PATHS, "goals": [{"event": "Charged"}, {"event": "Reviewed"}]},
}
WAITS = [{"id": n, "kind": "action", "config": {"events": [{"event": "Never"}]}, "window": "P9D"} for n in (2, 3)]
DOCUMENT = journey(
    nodes=[NODE, *WAITS, {"id": 4, "kind": "force_exit"}],
    links=[
        link("entry", "yes", 1),
        link(1, "path_1", 2),
        link(1, "path_2", 3),
        link(2, "yes", 4),
        link(3, "yes", 4),
        link(2, "node_timeout", 4),
        link(3, "node_timeout", 4),
    ],
)
TALLY = "SELECT metric, sum(value)::int FROM journeys_tally WHERE node = 1 AND metric LIKE 'path%%' GROUP BY 1"


@pytest.fixture
def live(db):
    """The journey, live since noon."""
    version = services.create_journey(document=DOCUMENT, by=None, now=NOON)
    return services.publish(version_id=version.pk, by=None, now=NOON)


def move(at):
    pump(account=Account(ZoneInfo("UTC")), clock=lambda: at)


def of_path(version, via):
    return [
        id
        for (id,) in sql.rows(
            "SELECT profile_id FROM journeys_step WHERE version_id = %(v)s AND node = 1 AND via = %(via)s ORDER BY id",
            {"v": version.pk, "via": via},
        )
    ]


def percents(version):
    return Shares.objects.get(version=version).percents


def test_every_five_minutes_the_better_path_gets_more_and_the_change_is_logged(live):
    people = crowd.people(500)
    crowd.happen(people[:300], "Added To Cart", at=NOON + MINUTE)
    move(NOON + MINUTE)
    first, second = of_path(live, "path_1"), of_path(live, "path_2")
    assert min(len(first), len(second)) >= 100
    crowd.happen(second[:60], "Charged", at=NOON + 2 * MINUTE)
    crowd.happen(second[:30], "Reviewed", at=NOON + 2 * MINUTE)
    crowd.happen(first[:3], "Charged", at=NOON + 2 * MINUTE)
    move(NOON + 2 * MINUTE)

    assert schedule.next_instant(NOON + 2 * MINUTE) == NOON + 5 * MINUTE
    schedule.clock(NOON + 4 * MINUTE)
    assert percents(live) == [50, 50]
    schedule.clock(NOON + 5 * MINUTE)
    assert percents(live) == [5, 95]
    assert [(it.why, it.at, it.before, it.after) for it in shares.log(live.pk, 1)] == [
        ("weighed", NOON + 5 * MINUTE, [50, 50], [5, 95])
    ]
    assert schedule.next_instant(NOON + 5 * MINUTE) is None, "without news nothing is weighed"

    crowd.happen(people[300:], "Added To Cart", at=NOON + 6 * MINUTE)
    move(NOON + 6 * MINUTE)
    assert len(of_path(live, "path_1")) - len(first) < 30


def test_each_goal_counts_once_for_the_arrival_and_each_person_once(live):
    (ada,) = crowd.people(1)
    crowd.happen([ada], "Added To Cart", at=NOON)
    for minutes, name in enumerate(["Charged", "Charged", "Reviewed", "Charged"], start=1):
        crowd.happen([ada], name, at=NOON + minutes * MINUTE)
    move(NOON + 9 * MINUTE)
    (via,) = [via for via in ("path_1", "path_2") if of_path(live, via)]
    assert dict(sql.rows(TALLY)) == {f"{via}:goal_1": 1, f"{via}:goal_2": 1, f"{via}:converted": 1}


def test_a_goal_counts_only_within_the_enrollment(live):
    ada, bob = crowd.people(2)
    crowd.happen([ada], "Charged", at=NOON)  # before anybody enters
    crowd.happen([ada, bob], "Added To Cart", at=NOON + MINUTE)
    move(NOON + MINUTE)
    crowd.happen([ada, bob], "Never", at=NOON + 2 * MINUTE)
    crowd.happen([ada], "Charged", at=NOON + 3 * MINUTE)
    move(NOON + 3 * MINUTE)
    assert sql.rows(TALLY) == []


def test_a_declared_winner_gets_all_later_arrivals_and_nothing_is_weighed_any_more(live):
    judge = User.objects.create_superuser("judge")
    shares.declare_winner(version_id=live.pk, node=1, path=2, by=judge, now=NOON)
    crowd.happen(crowd.people(300), "Added To Cart", at=NOON + MINUTE)
    move(NOON + MINUTE)
    assert (len(of_path(live, "path_1")), len(of_path(live, "path_2"))) == (0, 300)
    schedule.clock(NOON + 10 * MINUTE)
    assert percents(live) == [0, 100]
    noted = Transition.objects.filter(version=live, action="winner").get()
    assert (noted.by, noted.changes) == (judge, {"nodes[1].winner": [None, 2]})
    assert ShareChange.objects.get().by == judge


@pytest.mark.parametrize(("node", "path", "why"), [(1, 3, "has no path 3"), (2, 1, "no automated IntelliNODE")])
def test_a_winner_is_one_of_the_paths_of_an_automated_node(live, node, path, why):
    with pytest.raises(JourneyError, match=why):
        shares.declare_winner(version_id=live.pk, node=node, path=path, by=None, now=NOON)
    assert percents(live) == [50, 50]


def test_who_may_not_edit_may_not_declare_a_winner(live):
    with pytest.raises(JourneyError, match="may not"):
        shares.declare_winner(version_id=live.pk, node=1, path=1, by=User.objects.create_user("member"), now=NOON)
    assert percents(live) == [50, 50]


def test_shares_that_are_set_by_hand_are_logged_too(db):
    manual = {"mode": "manual", "paths": [{"name": "A", "percent": 50}, {"name": "B", "percent": 50}]}
    document = DOCUMENT | {"nodes": [NODE | {"config": NODE["config"] | manual}, *DOCUMENT["nodes"][1:]]}
    version = services.create_journey(document=document, by=None, now=NOON)
    services.publish(version_id=version.pk, by=None, now=NOON)
    paths = [{"name": "A", "percent": 10}, {"name": "B", "percent": 90}]
    versions.edit(version_id=version.pk, node=1, config={"paths": paths}, by=None, now=NOON)
    assert [(it.why, it.before, it.after) for it in shares.log(version.pk, 1)] == [("set", [50, 50], [10, 90])]


def test_the_api_tells_of_the_shares_and_takes_a_winner_from_whoever_may_edit(live):
    url = f"/api/journeys/{live.journey_id}/versions/1/nodes/1/shares/"
    crowd.happen(crowd.people(4), "Added To Cart", at=NOON + MINUTE)
    move(NOON + MINUTE)
    told = signed_in("mia").get(url).json()
    assert (told["mode"], told["winner"], told["changes"]) == ("automated", None, [])
    assert [path["percent"] for path in told["paths"]] == [50, 50]
    assert sum(path["entered"] for path in told["paths"]) == 4

    assert signed_in("mia").post(url, {"path": 2}, content_type="application/json").status_code == 403
    assert percents(live) == [50, 50]
    told = signed_in("cora").post(url, {"path": 2}, content_type="application/json").json()
    assert (told["winner"], told["changes"][0]["by"]) == (2, "cora")
    assert percents(live) == [0, 100]
    assert signed_in("mia").get(url.replace("nodes/1", "nodes/2")).status_code == 404
