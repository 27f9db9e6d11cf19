"""A message in detail: funnel, days, errors by reason, clicks by link, all counted where outcomes are (domain 10.1)."""

import html
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.lib import lanes, sql
from journeys import selectors, services
from journeys.document import parse
from journeys.engine import details
from journeys.engine import pump as engine
from journeys.engine.account import Account
from journeys.models import Version
from journeys.stats import counters, message
from journeys.stats.period import Period
from profiles import events, eventtypes
from tests.journeys.documents import action, email, journey, link
from tests.staff import signed_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


@pytest.fixture
def version(db: None) -> Version:
    """An e-mail, then a wait."""
    made = services.create_journey(
        document=journey(
            nodes=[email(1, name="Offer"), action(2, "Visited")], links=[link("entry", "yes", 1), link(1, "sent", 2)]
        ),
        by=None,
        now=NOON,
    )
    return services.publish(version_id=made.pk, by=None, now=NOON)


@pytest.fixture
def tally(version: Version) -> Callable[..., None]:
    """Count something at the e-mail."""

    def tally(metric: str, value: int, day: date = MONDAY, lane: int = 0) -> None:
        sql.run(
            """INSERT INTO journeys_tally (lane, version_id, node, metric, day, value)
               VALUES (%(lane)s, %(version)s, 1, %(metric)s, %(day)s, %(value)s)""",
            {"version": version.pk, "metric": metric, "value": value, "day": day, "lane": lane},
        )

    return tally


def detail(version: Version, period: Period | None = None) -> message.Message:
    return message.detail(version.pk, parse(version.document), 1, period or Period())


def test_the_funnel_tells_how_many_of_those_sent_went_how_far(version: Version, tally: Callable[..., None]) -> None:
    for metric, value in [("sent", 150), ("viewed", 60), ("clicked", 15), ("converted", 3)]:
        tally(metric, value)
    tally("sent", 50, TUESDAY, lane=9)
    found = detail(version)
    assert found.funnel == [("sent", 200, 100.0), ("viewed", 60, 30.0), ("clicked", 15, 7.5), ("converted", 3, 1.5)]
    assert [day[:5] for day in found.days] == [(TUESDAY, 50, 0, 0, 0), (MONDAY, 150, 60, 15, 3)]
    assert [round(day.height) for day in found.days] == [33, 100]
    assert detail(version, Period(TUESDAY, None)).funnel[0].times == 50
    assert detail(version, Period(None, date(2026, 1, 1))).funnel[0] == ("sent", 0, None)


def test_errors_are_split_by_reason_and_clicks_by_link(version: Version, tally: Callable[..., None]) -> None:
    tally("reason:failed:550: mailbox full", 6)
    tally("reason:unreachable:no email", 18)
    tally("link:https://shop.example/cart", 9)
    tally("link:https://shop.example/", 3, TUESDAY)
    tally(f"link:{details.OTHER}", 4)
    found = detail(version)
    assert found.reasons == [("unreachable", "no email", 18, 75.0), ("failed", "550: mailbox full", 6, 25.0)]
    assert [part[:3] for part in found.links] == [
        ("clicked", "https://shop.example/cart", 9),
        ("clicked", "https://shop.example/", 3),
        ("", "All others", 4),
    ]


def test_reasons_and_links_are_no_numbers_of_nodes(version: Version, tally: Callable[..., None]) -> None:
    tally("sent", 5)
    tally("link:https://shop.example/", 3)
    tally("reason:failed:full", 2)
    assert selectors.version_numbers(version.pk).nodes[1].other == {}
    assert dict(counters.of_version(version.pk)[1]) == {"sent": 5}


# Counting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "about", "metric"),
    [
        ("clicked", {"url": "https://a.example/x?token=1#top"}, "link:https://a.example/x"),
        ("clicked", {"url": "https://a.example/" + "y" * 300}, "link:https://a.example/" + "y" * 182),
        ("clicked", {}, None),
        ("failed", {"reason": "550  full\nno"}, "reason:failed:550 full no"),
        ("failed", {"reason": "x" * 100}, "reason:failed:" + "x" * 80),
        ("unreachable", {"reason": "no email"}, "reason:unreachable:no email"),
        ("sent", {"reason": "late"}, None),
    ],
)
def test_what_an_outcome_is_counted_under(outcome: str, about: dict[str, str], metric: str | None) -> None:
    assert details.metric(outcome, about) == metric


def outcomes(version: Version, given: list[tuple[str, str]], at: datetime = NOON) -> None:
    """Let outcomes of one person's message be heard: (event name, extra property as JSON)."""
    [(profile,)] = sql.rows(
        """INSERT INTO profiles_profile (lane, id, identity, created_at, updated_at)
           SELECT 0, setval('profiles_profile_id_seq', (nextval('profiles_profile_id_seq') / 64 + 1) * 64), NULL,
                  %(now)s, %(now)s RETURNING id""",
        {"now": at},
    )
    about = f'"journey":{version.journey_id},"version":{version.pk},"node":1,"visit":1,"enrollment":1,"message":1'
    types = eventtypes.ids({name for name, _ in given}, now=at)
    events.record(
        events.NewEvent(profile, types[name], at, at, "system", "{" + about + extra + "}") for name, extra in given
    )
    engine.pump(account=Account(ZoneInfo("UTC")), clock=lambda: at + timedelta(seconds=1))


def test_what_became_of_messages_is_counted_as_it_is_heard(version: Version) -> None:
    outcomes(
        version,
        [
            ("Notification Clicked", ',"url":"https://shop.example/cart?id=1"'),
            ("Notification Clicked", ',"url":"https://shop.example/cart?id=2"'),
            ("Notification Clicked", ',"url":"https://shop.example/terms"'),
            ("Notification Failed", ',"reason":"hard bounce"'),
        ],
    )
    found = detail(version)
    assert [part[:3] for part in found.links] == [
        ("clicked", "https://shop.example/cart", 2),
        ("clicked", "https://shop.example/terms", 1),
    ]
    assert [part[:3] for part in found.reasons] == [("failed", "hard bounce", 1)]
    assert selectors.conservation(version.pk) == []


def test_a_lane_counts_at_most_fifty_links_of_a_day_and_the_rest_together(version: Version) -> None:
    links = [("Notification Clicked", f',"url":"https://shop.example/{number:03}"') for number in range(40)]
    outcomes(version, links)
    more = [("Notification Clicked", f',"url":"https://shop.example/{number:03}"') for number in range(30, 100)]
    outcomes(version, more)
    statement = """SELECT metric, sum(value)::int FROM journeys_tally
                    WHERE lane = ANY(%(lanes)s) AND metric LIKE 'link:%%' GROUP BY 1"""
    counted = dict(sql.rows(statement, {"lanes": lanes.ALL}))
    assert len(counted) == details.MOST + 1
    assert counted[f"link:{details.OTHER}"] == 50
    assert sum(counted.values()) == 110


def test_a_batch_asks_once_however_many_links_were_clicked(version: Version) -> None:
    clicks = [("Notification Clicked", f',"url":"https://shop.example/{number}"') for number in range(9)]
    outcomes(version, clicks[:1])
    with sql.counting() as few:
        outcomes(version, clicks[:1])
    with sql.counting() as many:
        outcomes(version, clicks)
    assert int(few) == int(many)
    assert sum("The reasons and links" in statement for statement in many.statements) == 1


# The page ---------------------------------------------------------------------------------------------------------


def test_the_page_shows_it_to_whoever_may_see_journeys(version: Version, tally: Callable[..., None]) -> None:
    tally("sent", 1200)
    tally("viewed", 300)
    tally("link:https://shop.example/<b>", 7)
    tally("reason:failed:full", 4)
    address = f"/admin/journeys/journey/{version.journey_id}/message/"
    mia = signed_in("mia")
    page = mia.get(f"{address}?version=1&node=1").content.decode()
    for shown in ("1,200", "25.0 %", "https://shop.example/&lt;b&gt;", "full", "2026-03-02"):
        assert shown in page, shown
    page = html.unescape(mia.get(f"{address}?version=1&node=1&first=2026-03-03").content.decode())
    assert "Nothing was sent in this period." in page
    assert "Write days like 2026-03-31" in mia.get(f"{address}?node=1&first=soon").content.decode()
    for wrong in ("?version=1&node=2", "?version=1", "?version=9&node=1", "?version=1&node=x"):
        assert mia.get(address + wrong).status_code == 404, wrong
    assert signed_in("nora").get(f"{address}?version=1&node=1").status_code == 403


def test_the_pages_of_numbers_take_the_same_statements_however_much_was_counted(
    version: Version, tally: Callable[..., None]
) -> None:
    mia = signed_in("mia")
    own = f"/admin/journeys/journey/{version.journey_id}"
    api = f"/api/journeys/{version.journey_id}/versions/1/stats"
    pages = [f"{own}/message/?version=1&node=1", *(f"{api}/{name}/" for name in ("nodes", "journey", "engagement"))]
    few = {}
    for page in pages:
        mia.get(page)
        with sql.counting() as count:
            assert mia.get(page).status_code == 200
        few[page] = int(count)
    for day in range(40):
        for metric in ("arrived", "sent", "viewed", "clicked", "left:sent", f"link:https://a.example/{day}"):
            for lane in (0, 7, 63):
                tally(metric, 3, MONDAY + timedelta(days=day), lane)
    for page in pages:
        with sql.counting() as count:
            mia.get(page)
        assert int(count) == few[page], page
        assert not any("journeys_step" in statement for statement in count.statements), page
