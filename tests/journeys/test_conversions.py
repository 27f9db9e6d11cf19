"""What people do after a message counts for it: once, within its window, for each message (domain 5.7)."""

import pytest

from config.lib import sql
from tests.journeys.playing import played, tallies

pytestmark = pytest.mark.django_db

SCENARIO = """
account: {timezone: Asia/Kolkata}
profiles:
  - {identity: ann, email: ann@example.com}
  - {identity: bob, email: bob@example.com}
  - {identity: cleo, email: cleo@example.com}
journeys:
  j:
    name: Offer
    entry:
      criteria: live
      segment: {kind: action, events: [{event: Start}]}
      timeline: {start: now, end: null}
      re_entry: true
    nodes:
      - id: 1
        kind: email
        config:
          content: {from: s@example.com, subject: Hi, html: "<p>Hi</p>"}
          conversion: {event: Charged, where: [{property: amount, op: ">", value: 10}], window: PT2H, revenue: amount}
      - id: 2
        kind: email
        config:
          content: {from: s@example.com, subject: Hi, html: "<p>Hi</p>"}
          conversion: {event: Charged, window: P1D}
    links:
      - {from: entry, via: "yes", to: 1}
      - {from: 1, via: sent, to: 2, sleep: {after: PT1H}}
timeline:
  - {at: 2026-03-02T10:00, publish: j}
  - {at: 2026-03-02T10:00, event: {identity: ann, name: Charged, properties: {amount: 99}}}   # before the message
  - {at: 2026-03-02T10:00, event: {identity: ann, name: Start}}
  - {at: 2026-03-02T10:00, event: {identity: bob, name: Start}}
  - {at: 2026-03-02T10:00, event: {identity: cleo, name: Start}}
  - {at: 2026-03-02T10:05, receipt: {identity: ann, journey: j, node: 1, outcome: viewed}}
LATER
until: 2026-03-06T00:00
expect:
  ann: [entered, "2026-03-02T10:00 message 1 sent", "2026-03-02T11:00 message 2 sent"]
"""


def charged(at, identity, amount=20.5, **more):
    item = {"identity": identity, "name": "Charged", "properties": {"amount": amount}} | more
    return f"  - {{at: 2026-03-{at}, event: {item}}}".replace("'", "")


def scenario(*items):
    return SCENARIO.replace("LATER", "\n".join(items))


def test_a_conversion_counts_for_each_message_in_whose_window_it_lies(tmp_path):
    with played(tmp_path, scenario(charged("02T11:30", "ann"))):
        assert tallies(1) == {"converted": 1, "revenue_cents": 2050}
        assert tallies(2) == {"converted": 1, "influenced": 1}, "the second message was not opened"


def test_the_window_ends_to_the_instant_and_the_journey_need_not_last_as_long(tmp_path):
    with played(tmp_path, scenario(charged("02T11:59:59", "ann"), charged("02T12:00", "bob"))):
        assert tallies(1)["converted"] == 1
        assert tallies(2)["converted"] == 2
    with played(tmp_path, scenario(charged("03T10:59:59", "ann"), charged("03T11:00", "bob"))):
        assert tallies(1) == {}
        assert tallies(2)["converted"] == 1


def test_a_person_counts_once_for_a_node_however_often_they_come(tmp_path):
    again = "  - {at: 2026-03-03T09:00, event: {identity: bob, name: Start}}"
    items = [charged("02T10:30", "bob"), charged("02T10:40", "bob"), again, charged("03T09:30", "bob")]
    with played(tmp_path, scenario(*items)):
        assert tallies(1) == {"converted": 1, "influenced": 1, "revenue_cents": 2050}
        assert sql.rows("SELECT count(*) FROM journeys_conversion WHERE node = 1") == [(1,)]


def test_an_event_that_fails_the_filter_and_one_before_the_message_count_for_nothing(tmp_path):
    with played(tmp_path, scenario(charged("02T10:30", "cleo", amount=10))):
        assert tallies(1) == {}
        assert tallies(2) == {}, "the second message had not been sent yet"


def test_what_came_late_counts_by_when_it_happened(tmp_path):
    late = charged("02T15:00", "ann", ts="2026-03-02T11:10")
    with played(tmp_path, scenario(late)):
        assert tallies(1)["converted"] == 1


def test_a_stopped_journey_goes_on_counting_for_what_it_sent(tmp_path):
    stop = "  - {at: 2026-03-02T11:20, stop: j}"
    with played(tmp_path, scenario(stop, charged("02T11:30", "ann"))):
        assert tallies(1)["converted"] == 1
        assert tallies(2)["converted"] == 1


def test_a_goal_of_the_journey_counts_for_the_messages_of_the_day_before(tmp_path):
    with_goal = SCENARIO.replace(
        "    nodes:", "    timeout: P5D\n    goals: [{kind: action, events: [{event: Joined}]}]\n    nodes:"
    )
    joined = "  - {at: 2026-03-03T10:30, event: {identity: ann, name: Joined}}"
    with played(tmp_path, with_goal.replace("LATER", joined)):
        assert tallies(1) == {}, "over two hours ago"
        assert tallies(2) == {"goal_1": 1}
