"""What the pages of numbers say of journeys that people really went through, computed by hand (domain 2.6, 10.1)."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config.lib import sql
from journeys import folding
from journeys.document import parse
from journeys.models import Version
from journeys.reports import nodewise, summary
from journeys.stats import counters, journey, listed, nodes, paths
from journeys.stats.nodes import NodeStats
from journeys.stats.period import ALWAYS, Period
from tests.journeys.playing import played

pytestmark = pytest.mark.django_db

UTC_ZONE = ZoneInfo("UTC")
LATE = datetime(2026, 3, 9, tzinfo=UTC)
MARCH = {day: date(2026, 3, day) for day in range(1, 9)}

FLOW = """
profiles:
  - {identity: ann, email: ann@example.com}
  - {identity: bob}
  - {identity: cleo, email: cleo@example.com}
  - {identity: dan, email: dan@example.com}
  - {identity: eve, email: eve@example.com}
  - {identity: fay, email: fay@example.com}
  - {identity: gus, email: gus@example.com}
  - {identity: hal, email: hal@example.com}
journeys:
  cart:
    name: Cart
    entry:
      criteria: live
      segment: {kind: action, events: [{event: Cart}]}
      timeline: {start: now, end: null}
    dnd: {windows: [{days: [mon, tue, wed, thu, fri, sat, sun], from: "21:00", to: "09:00"}], then: hold}
    timeout: P30D
    goals: [{kind: action, name: Bought, events: [{event: Bought}]}]
    nodes:
      - {id: 1, kind: email, name: Offer, config: {content: {subject: Hi, text: There}}}
      - {id: 2, kind: action, config: {events: [{event: Charged}]}}
      - {id: 3, kind: action, config: {events: [{event: Called}]}}
      - {id: 4, kind: force_exit}
    links:
      - {from: entry, via: "yes", to: 1, sleep: {after: PT2H}}
      - {from: 1, via: sent, to: 2}
      - {from: 1, via: sent, to: 3}
      - {from: 2, via: "yes", to: 4}
      - {from: 3, via: "yes", to: 4}
timeline:
  - {at: 2026-03-02T09:00, publish: cart}
  - {at: 2026-03-02T10:00, event: {identity: ann, name: Cart}}
  - {at: 2026-03-02T10:00, event: {identity: bob, name: Cart}}
  - {at: 2026-03-02T10:30, event: {identity: eve, name: Cart}}
  - {at: 2026-03-02T10:40, event: {identity: gus, name: Cart}}
  - {at: 2026-03-02T10:45, event: {identity: hal, name: Cart}}
  - {at: 2026-03-02T11:00, event: {identity: eve, name: Bought}}      # asleep on the way to 1
  - {at: 2026-03-02T13:00, event: {identity: ann, name: Charged}}
  - {at: 2026-03-02T13:30, event: {identity: gus, name: Bought}}      # before 2 and 3
  - {at: 2026-03-02T19:00, event: {identity: fay, name: Cart}}
  - {at: 2026-03-02T19:30, event: {identity: cleo, name: Cart}}
  - {at: 2026-03-02T22:00, event: {identity: fay, name: Bought}}      # her message is held
  - {at: 2026-03-02T22:30, event: {identity: dan, name: Cart}}
until: 2026-03-02T23:00
"""


def stats(period: Period = ALWAYS) -> dict[int, NodeStats]:
    version = Version.objects.get()
    return {it.number: it for it in nodes.stats(version.pk, parse(version.document), period)[1]}


def whole(period: Period = ALWAYS) -> journey.JourneyStats:
    version = Version.objects.get()
    return journey.stats(version.pk, parse(version.document), period)


def test_who_entered_a_node_moved_on_waits_or_left_from_there(tmp_path: Path) -> None:
    with played(tmp_path, FLOW):
        for _ in range(2):  # as lanes have counted it, and folded
            found = stats()
            offer, fork = found[1], found[-100]
            assert (offer.entered, offer.forward) == (8, {"sent": 3})
            # Bob cannot be reached, Cleo's message is held, Dan is asleep on the link.
            assert (offer.waiting_before, offer.waiting_at) == (3, 0)
            assert (offer.goal_before, offer.goal_at) == ({"goal_1": 2}, {})  # Eve and Fay
            assert (fork.name, fork.entered, fork.forward) == ("Before 2 and 3", 3, {"met": 1})
            assert (fork.waiting_at, fork.goal_at) == (1, {"goal_1": 1})  # Hal; Gus
            assert (found[2].entered, found[2].forward, found[3].entered) == (1, {"yes": 1}, 0)
            assert (found[4].entered, found[4].exits) == (1, {"force_exit": 1})
            for node in found.values():
                waiting = node.waiting_before + node.waiting_at
                goals = sum(node.goal_before.values()) + sum(node.goal_at.values())
                assert node.entered == node.moved + waiting + goals + sum(node.exits.values())
            assert (whole().inside, whole().goal_met, whole().force_exits) == (4, 3, 1)
            assert folding.fold(now=LATE, zone=UTC_ZONE) >= 0


def test_what_was_counted_before_there_were_totals_is_made_up_for(tmp_path: Path) -> None:
    with played(tmp_path, FLOW):
        before, inside = stats(), whole()
        sql.run((Path("journeys/migrations/sql") / "numbers_of_before_reverse.sql").read_text())
        assert whole().inside == 8  # the exits of the journey are not there
        _make_up()
        after = stats()
        assert whole() == inside
        for number, node in after.items():
            was = before[number]
            assert (node.waiting_before, node.waiting_at, node.moved) == (was.waiting_before, was.waiting_at, was.moved)
            assert node.entered == was.entered


def _make_up() -> None:
    statements = (Path("journeys/migrations/sql") / "numbers_of_before.sql").read_text().split(";\n")
    for statement in statements:
        if statement.strip():
            sql.run(statement, {"zone": "UTC"})


AGAIN = """
profiles:
  - {identity: ann, email: ann@example.com}
  - {identity: bob, email: bob@example.com}
  - {identity: cleo, email: cleo@example.com}
journeys:
  cart:
    name: Cart
    entry:
      criteria: live
      segment: {kind: action, events: [{event: Cart}]}
      timeline: {start: now, end: null}
      re_entry: true
    timeout: P30D
    goals: [{kind: action, name: Bought, events: [{event: Bought}]}]
    nodes: [{id: 1, kind: email, config: {content: {subject: Hi, text: There}}}]
    links: [{from: entry, via: "yes", to: 1}]
timeline:
  - {at: 2026-03-02T09:00, publish: cart}
  - {at: 2026-03-02T10:00, event: {identity: ann, name: Cart}}
  - {at: 2026-03-02T11:00, event: {identity: ann, name: Bought}}
  - {at: 2026-03-03T10:00, event: {identity: ann, name: Cart}}
  - {at: 2026-03-03T10:00, event: {identity: bob, name: Cart}}
  - {at: 2026-03-03T11:00, event: {identity: ann, name: Bought}}
  - {at: 2026-03-04T10:00, event: {identity: ann, name: Cart}}
  - {at: 2026-03-04T10:00, event: {identity: cleo, name: Cart}}
  - {at: 2026-03-04T10:05, event: {identity: cleo, name: Bought}}
  - {at: 2026-03-04T10:10, event: {identity: cleo, name: Cart}}
  - {at: 2026-03-04T10:15, event: {identity: cleo, name: Bought}}
until: 2026-03-05T00:00
"""

# first and last day: entered, different people, goals met, different people who met one
COUNTED: dict[tuple[int | None, int | None], tuple[int, int, int, int]] = {
    (None, None): (6, 3, 4, 2),
    (2, 2): (1, 1, 1, 1),
    (2, 3): (3, 2, 2, 1),
    (3, 3): (2, 2, 1, 1),
    (3, 4): (5, 3, 3, 2),
    (4, 4): (3, 2, 2, 1),
    (None, 3): (3, 2, 2, 1),
    (5, None): (0, 0, 0, 0),
}


def test_people_count_once_a_range_in_the_list_and_in_summaries_and_each_stay_in_stats(tmp_path: Path) -> None:
    with played(tmp_path, AGAIN):
        _check_people()
        folding.fold(now=LATE, zone=UTC_ZONE)
        _check_people()


def test_who_had_come_again_before_that_was_counted_is_made_up_for(tmp_path: Path) -> None:
    with played(tmp_path, AGAIN):
        sql.run((Path("journeys/migrations/sql") / "numbers_of_before_reverse.sql").read_text())
        sql.run("UPDATE journeys_enrollment SET met_on = NULL")
        _make_up()
        _check_people()
        assert sql.rows("SELECT met_on FROM journeys_enrollment WHERE phase <> 'exited' ORDER BY id") == [
            (None,),  # Bob
            (MARCH[3],),  # Ann, who is inside for the third time
        ]


def _check_people() -> None:
    version = Version.objects.select_related("journey", "created_by", "published_by").get()
    for (first, last), expected in COUNTED.items():
        period = Period(first and MARCH[first], last and MARCH[last])
        found = whole(period)
        assert (found.entered, found.people, found.goal_met, found.people_met) == expected, period
        shown = listed.of([version.pk], period)[version.pk]
        assert (shown.entered, shown.goals_met) == expected[1::2]
        rate = 100 * expected[2] / expected[0] if expected[0] else None
        assert shown.rate == rate
        [row] = summary.rows(version, parse(version.document), period, UTC_ZONE, None)
        told: dict[str, Any] = dict(zip(summary.COLUMNS, row, strict=True))
        assert (told["Entered"], told["Goal met"], told["Qualified"]) == (expected[1], expected[3], expected[0])
    assert counters.of_version(version.pk)[1]["arrived"] == 6


REACHED = """
profiles:
  - {identity: ann, properties: {plan: gold}}
  - {identity: bob}
  - {identity: cleo}
journeys:
  offer:
    name: Offer
    entry:
      criteria: live
      segment: {kind: action, events: [{event: Cart}]}
      timeline: {start: now, end: null}
      re_entry: true
    nodes:
      - id: 1
        kind: push
        name: Nudge
        config:
          content: {title: Hi, body: There}
          conversion: {event: Bought, window: PT2H}
          variants:
            type: split
            options:
              - {name: A, percent: 50, content: {title: Hi A, body: There}}
              - {name: B, percent: 50, content: {title: Hi B, body: There}}
    links: [{from: entry, via: "yes", to: 1}]
timeline:
  - {at: 2026-03-02T08:00, device: {identity: ann, channel: push, token: a}}
  - {at: 2026-03-02T08:00, device: {identity: bob, channel: push, token: b}}
  - {at: 2026-03-02T08:00, device: {identity: cleo, channel: push, token: c}}
  - {at: 2026-03-02T09:00, publish: offer}
  - {at: 2026-03-02T10:00, event: {identity: ann, name: Cart}}
  - {at: 2026-03-02T10:00, event: {identity: bob, name: Cart}}
  - {at: 2026-03-02T10:00, event: {identity: cleo, name: Cart}}
  - {at: 2026-03-02T10:30, receipt: {identity: ann, journey: offer, node: 1, outcome: viewed}}
  - {at: 2026-03-02T10:40, receipt: {identity: ann, journey: offer, node: 1, outcome: clicked}}
  - {at: 2026-03-02T10:50, event: {identity: ann, name: Bought}}
  - {at: 2026-03-02T12:30, receipt: {identity: bob, journey: offer, node: 1, outcome: clicked}}  # after two hours
  - {at: 2026-03-03T10:00, event: {identity: ann, name: Cart}}                                   # a second message
until: 2026-03-04T00:00
"""


def test_a_node_wise_report_counts_people_within_the_conversion_s_time_and_by_system(tmp_path: Path) -> None:
    with played(tmp_path, REACHED):
        sql.run("UPDATE profiles_device SET platform = CASE token WHEN 'a' THEN 'apns' ELSE 'fcm' END")
        version = Version.objects.select_related("journey", "created_by", "published_by").get()
        document = parse(version.document)
        for period, ann, everyone in ((ALWAYS, 2, 4), (Period(MARCH[3], None), 1, 1)):
            gathered = nodewise.gather([(version.pk, document)], period, UTC_ZONE)
            rows = nodewise.rows(version, document, period, UTC_ZONE, gathered)
            node, *others = (dict(zip(nodewise.COLUMNS, row, strict=True)) for row in rows)
            variants = [row for row in others if row["Variant"] in ("A", "B")]
            systems = {row["OS"]: row for row in others if row["Variant"] == "A|B"}
            assert node["Sent"] == everyone
            assert sum(row["Unique sent"] for row in variants) >= node["Unique sent"] - 1
            assert systems["iOS"]["Sent"] == ann
            assert (node["Template"], node["Variant"]) == ("ad hoc", "A|B")
            uniques = [node[f"Unique {what}"] for what in ("sent", "viewed", "clicked")]
            if period == ALWAYS:
                assert (uniques, node["Unique converted"], node["OS"]) == ([3, 1, 1], 1, "Android|iOS")
                android = systems["Android"]
                assert [android[name] for name in ("Sent", "Clicked", "Unique sent", "Unique clicked")] == [2, 1, 2, 0]
                assert [systems["iOS"][f"Unique {what}"] for what in ("sent", "viewed", "converted")] == [1, 1, 1]
                assert (android["Moved forward"], android["Unsubscribed"], android["Revenue"]) == ("", "", "")
            else:
                assert (uniques, node["OS"]) == ([1, 0, 0], "iOS")


PATHS = """
profiles: [{identity: ann, properties: {plan: gold}}, {identity: bob}, {identity: cleo}]
journeys:
  fork:
    name: Fork
    entry:
      criteria: live
      segment: {kind: action, events: [{event: Cart}]}
      timeline: {start: now, end: null}
    nodes:
      - id: 1
        kind: split
        config: {paths: [{name: Gold, rule: {profile: {property: plan, op: "=", value: gold}}}]}
      - {id: 2, kind: force_exit}
      - {id: 3, kind: force_exit}
    links:
      - {from: entry, via: "yes", to: 1}
      - {from: 1, via: path_1, to: 2}
      - {from: 1, via: others, to: 3}
timeline:
  - {at: 2026-03-02T09:00, publish: fork}
  - {at: 2026-03-02T10:00, event: {identity: ann, name: Cart}}
  - {at: 2026-03-04T10:00, event: {identity: bob, name: Cart}}
  - {at: 2026-03-04T11:00, event: {identity: cleo, name: Cart}}
until: 2026-03-05T00:00
"""


def test_the_paths_of_a_split_are_told_by_day_week_and_month(tmp_path: Path) -> None:
    with played(tmp_path, PATHS):
        version = Version.objects.get()
        node = paths.of(parse(version.document), 1)
        assert node is not None
        found = paths.over_time(version.pk, node, "day")
        assert found.days == [MARCH[2], MARCH[3], MARCH[4]]
        assert [(path.name, path.entered) for path in found.paths] == [("Gold", [1, 0, 0]), ("Others", [0, 0, 2])]
        weeks = paths.over_time(version.pk, node, "week")
        assert (weeks.days, [path.entered for path in weeks.paths]) == ([MARCH[2]], [[1], [2]])
        later = paths.over_time(version.pk, node, "month", Period(MARCH[3], None))
        assert [path.entered for path in later.paths] == [[0], [2]]
        assert paths.of(parse(version.document), 2) is None
