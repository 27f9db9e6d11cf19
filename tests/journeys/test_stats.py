"""The numbers of pages: out of the tallies, by days of the account's calendar."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.lib import lanes, sql
from journeys import services
from journeys.document import Document, parse
from journeys.engine.account import Account
from journeys.models import Version
from journeys.rehearsal import play
from journeys.stats import engagement, journey, nodes, people
from journeys.stats.period import Period, begin, following
from profiles import identities
from profiles.accept import accept
from tests.journeys import counting
from tests.journeys.documents import action, email, link
from tests.journeys.documents import journey as document
from tests.staff import signed_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MONDAY, TUESDAY, APRIL = date(2026, 3, 2), date(2026, 3, 3), date(2026, 4, 7)


@pytest.fixture
def version(db: None) -> Version:
    """An e-mail, then a wait; two goals."""
    made = services.create_journey(
        document=document(
            goals=[
                {"kind": "action", "name": "Bought", "events": [{"event": "Charged"}]},
                {"kind": "action", "name": "Called", "events": [{"event": "Called"}]},
            ],
            nodes=[email(1, name="Offer"), action(2, "Visited")],
            links=[link("entry", "yes", 1), link(1, "sent", 2)],
        ),
        by=None,
        now=NOON,
    )
    return services.publish(version_id=made.pk, by=None, now=NOON)


@pytest.fixture
def tally(version: Version) -> Callable[..., None]:
    """Count something: node, metric, value, day, lane."""

    def tally(node: int, metric: str, value: int, day: date = MONDAY, lane: int = 0) -> None:
        counting.tally(version, node, metric, value, day, lane)

    return tally


def read(version: Version) -> Document:
    return parse(version.document)


def test_a_node_tells_who_came_who_went_and_how(version: Version, tally: Callable[..., None]) -> None:
    tally(1, "arrived", 60)
    tally(1, "arrived", 40, lane=7)
    tally(1, "left:sent", 70)
    tally(1, "exited:goal_1", 5)
    tally(1, "exited_before:goal_1", 3)
    tally(1, "exited:journey_timeout", 2)
    tally(1, "sent", 75)
    tally(1, "converted", 9)
    tally(1, "revenue_cents", 12_345)
    tally(1, "variant:b:sent", 30)
    entry, (offer, wait) = nodes.stats(version.pk, read(version))
    assert (offer.entered, offer.moved, offer.forward) == (100, 70, {"sent": 70})
    assert (offer.goal_at, offer.goal_before, offer.exits) == ({"goal_1": 5}, {"goal_1": 3}, {"journey_timeout": 2})
    assert (offer.outcomes, offer.converted, offer.variants) == ({"sent": 75}, 9, {"b": {"sent": 30}})
    assert (wait.entered, wait.label) == (0, "Action")
    assert entry.entered == 0


def test_who_is_held_or_cannot_be_reached_waits_before_the_node(db: None) -> None:
    nightly = {"windows": [{"days": ["mon"], "from": "21:00", "to": "09:00"}], "then": "hold"}
    asks = document(nodes=[email(1), email(2)], links=[link("entry", "yes", 1), link(1, "failed", 2)], dnd=nightly)
    made = services.create_journey(document=asks, by=None, now=NOON)
    version = services.publish(version_id=made.pk, by=None, now=NOON)
    for name, at in (("sent", NOON), ("nowhere", NOON), ("held", NOON + 10 * HOUR)):
        address = {"Email": f"{name}@example.com"} if name != "nowhere" else {}
        accept([{"type": "profile", "identity": name, "profileData": address}], now=at)
        accept([{"type": "event", "identity": name, "evtName": "Added To Cart", "ts": int(at.timestamp())}], now=at)
        play.settle(account=Account(ZoneInfo("UTC")), now=at)
    _, (first, _) = nodes.stats(version.pk, read(version))
    assert (first.entered, first.waiting_before, first.waiting_at) == (3, 2, 1)


def test_only_the_days_that_were_asked_for_count(version: Version, tally: Callable[..., None]) -> None:
    for day, entered in ((MONDAY, 5), (TUESDAY, 7), (APRIL, 11)):
        tally(0, "entered", entered, day)
    counts = [
        journey.stats(version.pk, read(version), Period(first, last)).entered
        for first, last in ((None, None), (TUESDAY, None), (None, TUESDAY), (TUESDAY, TUESDAY))
    ]
    assert counts == [23, 18, 12, 7]


def test_the_trend_has_every_day_week_or_month_between(version: Version, tally: Callable[..., None]) -> None:
    tally(0, "entered", 5, MONDAY)
    tally(1, "exited:goal_2", 2, TUESDAY)
    tally(2, "exited_before:journey_timeout", 1, TUESDAY)
    tally(1, "exited:completed", 4, APRIL)
    months = journey.trend(version.pk, "month", Period())
    assert months == [(date(2026, 3, 1), 5, 0, 2, 1), (date(2026, 4, 1), 0, 4, 0, 0)]
    weeks = journey.trend(version.pk, "week", Period())
    assert [point.day.isoformat() for point in weeks] == [
        "2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23", "2026-03-30", "2026-04-06",
    ]  # fmt: skip
    assert len(journey.trend(version.pk, "day", Period())) == 37


def test_each_goal_is_held_against_the_control_group(version: Version, tally: Callable[..., None]) -> None:
    tally(0, "qualified", 1100)
    tally(0, "entered", 1000)
    tally(0, "held_out", 100)
    tally(0, "held_out:system", 100)
    tally(1, "exited:goal_1", 120)
    tally(2, "exited_before:goal_1", 30)
    tally(0, "held_goal_1", 10)
    found = journey.stats(version.pk, read(version))
    bought, called, either = found.conversions
    assert (bought.name, bought.target, bought.control) == ("Bought", 150, 10)
    assert (bought.target_rate, bought.control_rate, bought.boost) == (15.0, 10.0, pytest.approx(50.0))
    assert bought.low is not None
    assert bought.high is not None
    assert bought.low < 0 < bought.high  # 10 of 100 is too few to be sure
    assert (called.target, called.boost) == (0, None)
    assert (either.name, either.target) == ("Any goal", 150)
    assert found.rate == pytest.approx(100 * 150 / 1100)
    assert found.groups == {"system": 100}


@given(st.integers(1, 10**6), st.data())
def test_a_boost_lies_within_its_interval(visitors: int, data: st.DataObject) -> None:
    target = data.draw(st.integers(1, visitors))
    held_out = data.draw(st.integers(1, visitors))
    control = data.draw(st.integers(1, held_out))
    boost, low, high = journey.boost(target, visitors, control, held_out)
    assert boost is not None
    assert low is not None
    assert high is not None
    assert low - 1e-6 <= boost <= high + 1e-6
    assert low >= -100


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from(["day", "week", "month"]))
def test_days_weeks_and_months_follow_each_other_without_gaps(day: date, unit: Any) -> None:
    first = begin(day, unit)
    after = following(first, unit)
    assert first <= day < after
    assert begin(after, unit) == after


def test_messages_have_rates_by_their_channel(version: Version, tally: Callable[..., None]) -> None:
    for outcome, value in (("sent", 200), ("viewed", 50), ("clicked", 10)):
        tally(1, outcome, value)
    tally(1, "influenced", 4)
    [row] = engagement.rows(version.pk, read(version))
    assert (row.name, row.channel, row.open_rate, row.ctr) == ("Offer", "email", 25.0, 20.0)
    assert row.influenced == 4
    assert row.campaign is not None


@pytest.mark.parametrize(
    ("kind", "counts", "ctr", "opened"),
    [
        ("email", {"sent": 200, "viewed": 50, "clicked": 10}, 20.0, 25.0),
        ("web_push", {"sent": 200, "viewed": 50, "clicked": 10}, 20.0, 25.0),
        ("web_popup", {"sent": 200, "viewed": 50, "clicked": 10}, 20.0, 25.0),
        ("in_app", {"sent": 200, "viewed": 50, "clicked": 10}, 20.0, 25.0),
        ("app_inbox", {"sent": 200, "viewed": 50, "clicked": 10}, 20.0, 25.0),
        ("email", {"sent": 200, "clicked": 10}, None, 0.0),
        ("push", {"sent": 200, "viewed": 100, "clicked": 10}, 10.0, 50.0),
        ("push", {"sent": 200, "clicked": 10}, 5.0, 0.0),  # no impressions are reported
        ("sms", {"sent": 200, "delivered": 100, "clicked": 10}, 10.0, 0.0),
        ("sms", {"sent": 200, "clicked": 10}, 5.0, 0.0),
        ("webhook", {}, None, None),
    ],
)
def test_rates_divide_by_what_the_channel_counts(
    kind: str, counts: dict[str, int], ctr: float | None, opened: float | None
) -> None:
    node = {"id": 1, "kind": kind, "config": {}}
    [found] = nodes.of_tallies({1: Counter(counts)}, parse(document(nodes=[node]))).values()
    row = engagement.row(found, None)
    assert (row.ctr, row.open_rate, row.engaged) == (ctr, opened, counts.get("clicked", 0))


def test_impressions_are_of_push_and_streams_of_webhooks_and_goals_those_that_counted_for_the_message() -> None:
    flow = [{"id": number, "kind": kind, "config": {}} for number, kind in ((1, "push"), (2, "webhook"), (3, "email"))]
    counts = Counter({"sent": 9, "viewed": 4, "goal_2": 3, "exited:goal_1": 7})
    found = nodes.of_tallies(dict.fromkeys((1, 2, 3), counts), parse(document(nodes=flow)))
    push, webhook, mail = (engagement.row(found[number], None) for number in (1, 2, 3))
    assert [row.impressions for row in (push, webhook, mail)] == [4, 0, 0]
    assert [row.streamed for row in (push, webhook, mail)] == [0, 9, 0]
    assert mail.goals == {"goal_2": 3}


def test_the_paths_of_a_node_are_served_and_other_nodes_have_none(version: Version) -> None:
    base = f"/api/journeys/{version.journey_id}/versions/1/stats/nodes/"
    assert signed_in("mia").get(f"{base}2/paths/").status_code == 404
    assert signed_in("ned").get(f"{base}2/paths/").status_code == 403


def test_the_api_gives_the_numbers_and_refuses_days_in_the_wrong_order(
    version: Version, tally: Callable[..., None]
) -> None:
    tally(0, "entered", 5)
    base = f"/api/journeys/{version.journey_id}/versions/1/stats/"
    client = signed_in("mia")
    assert client.get(base + "nodes/").json()["entry"]["entered"] == 5
    told = client.get(base + "journey/?unit=month").json()
    assert (told["entered"], told["trend"][0]["day"]) == (5, "2026-03-01")
    assert client.get(base + "engagement/").json()["rows"][0]["name"] == "Offer"
    wrong = client.get(base + "journey/?first=2026-03-03&last=2026-03-02")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid")
    assert "choose a later day" in wrong.json()["message"]


def test_the_people_inside_are_listed_a_page_at_a_time(version: Version) -> None:
    known = identities.resolve([f"p{n}" for n in range(people.PAGE + 2)], create=True, now=NOON)
    columns = (
        "lane", "profile_id", "journey_id", "version_id", "phase", "node", "visit", "entered_at", "arrived_at",
        "heard_at", "heard_id", "entry_at", "entry_id",
    )  # fmt: skip
    rows = [
        (lanes.of(it), it, version.journey_id, version.pk, "waiting", 2, 1, NOON, NOON, NOON, 0, NOON, 0)
        for it in known.values()
    ]
    sql.copy("journeys_enrollment", columns, rows)
    url = f"/admin/journeys/journey/{version.journey_id}/people/?node=2"
    first = signed_in("mia").get(url)
    assert len(first.context["people"]) == people.PAGE
    rest = signed_in("mia").get(f"{url}&after={first.context['after']}")
    assert (len(rest.context["people"]), rest.context["after"]) == (2, None)
    assert signed_in("mia").get(url.replace("node=2", "node=1")).context["people"] == []


@pytest.mark.parametrize("tab", ["nodes", "engagement", "journey"])
def test_every_page_of_numbers_is_there_for_whoever_may_see_journeys(version: Version, tab: str) -> None:
    url = f"/admin/journeys/journey/{version.journey_id}/numbers/{tab}/"
    assert signed_in("mia").get(url).context["props"]["tab"] == tab
    assert signed_in("mia").get(url + "?version=7").status_code == 404
    nobody = signed_in("ned")
    assert nobody.get(url).status_code == 403
