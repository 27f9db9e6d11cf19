"""Variants of a message: split delivery, by property, and A/B until a winner is known (domain 5.3)."""

import re

import pytest

from channels.models import Campaign, Experiment
from config.lib import sql
from journeys.models import Transition
from tests.journeys.playing import played, tallies

pytestmark = pytest.mark.django_db

PEOPLE = 40


def scenario(variants, *items, channel="email", re_entry="true"):
    """People p1 … p40 of whom each may start; one message with variants."""
    profiles = "\n".join(
        f"  - {{identity: p{n}, email: p{n}@example.com, phone: '+919800000{n:03}', properties: {{plan: {plan(n)}}}}}"
        for n in range(1, PEOPLE + 1)
    )
    return f"""
profiles:
{profiles}
journeys:
  j:
    name: Variants
    entry:
      criteria: live
      segment: {{kind: action, events: [{{event: Start}}]}}
      timeline: {{start: now, end: null}}
      re_entry: {re_entry}
    nodes:
      - id: 1
        kind: {channel}
        config:
          content: {{subject: Own, text: own}}
          variants: {variants}
    links: [{{from: entry, via: "yes", to: 1}}]
timeline:
  - {{at: 2026-03-02T10:00, publish: j}}
{chr(10).join(items)}
until: 2026-03-04T00:00
"""


def plan(n):
    return {0: "gold", 1: "Silver", 2: "[gold, old]"}.get(n % 4, "none")


def start(first, last=None, at="02T10:00"):
    return "\n".join(
        f"  - {{at: 2026-03-{at}, event: {{identity: p{n}, name: Start}}}}" for n in range(first, (last or first) + 1)
    )


def receipt(n, outcome, at):
    return f"  - {{at: 2026-03-{at}, receipt: {{identity: p{n}, journey: j, node: 1, outcome: {outcome}}}}}"


def variants_of(type, *options, **more):
    listed = ", ".join(f"{{name: {name}, content: {{subject: {name}, text: x}}, {rest}}}" for name, rest in options)
    return f"{{type: {type}, options: [{listed}], {', '.join(f'{key}: {value}' for key, value in more.items())}}}"


def got():
    """What everybody was sent, in order: [(who, variant, subject)]."""
    return sql.rows(
        """SELECT p.identity, m.variant, s.content ->> 'subject'
             FROM channels_message AS m
             JOIN channels_sandboxed AS s ON s.lane = m.lane AND s.message_id = m.id
             JOIN profiles_profile AS p ON p.lane = m.lane AND p.id = m.profile_id
            ORDER BY m.queued_at, m.id"""
    )


def test_split_delivery_gives_each_person_the_same_variant_every_time(tmp_path):
    split = variants_of("split", ("A", "percent: 30"), ("B", "percent: 70"))
    with played(tmp_path, scenario(split, start(1, PEOPLE), start(1, PEOPLE, at="02T11:00"))):
        sent = got()
        assert len(sent) == 2 * PEOPLE
        assert sorted(sent[:PEOPLE]) == sorted(sent[PEOPLE:])
        assert all(variant == subject for _, variant, subject in sent)
        drawn = [variant for _, variant, _ in sent[:PEOPLE]]
        assert 4 <= drawn.count("A") <= 20
        counted = tallies(1)
        assert counted["variant:A:sent"] + counted["variant:B:sent"] == 2 * PEOPLE


def test_a_property_chooses_the_variant_and_everybody_else_gets_the_nodes_own(tmp_path):
    by_plan = variants_of("property", ("Gold", "values: [gold]"), ("Silver", "values: [SILVER]"), property="plan")
    with played(tmp_path, scenario(by_plan, start(1, 8))):
        found = {who: (variant, subject) for who, variant, subject in got()}
        assert found["p4"] == found["p6"] == ("Gold", "Gold"), "a list holds the value too"
        assert found["p5"] == ("Silver", "Silver"), "whatever its case"
        assert found["p3"] == (None, "Own")


AB = [("A", ""), ("B", "")]


def test_an_ab_test_alternates_then_its_winner_is_the_only_one(tmp_path):
    test = variants_of("ab", *AB, test="{sends: 6, winner_by: clicks, wait: PT2H}")
    with played(tmp_path, scenario(test, start(1, 6))):
        second = next(who for who, variant, _ in got() if variant == "B")
    items = [
        start(1, 6),
        receipt(second[1:], "clicked", "02T10:30"),
        start(7, 10, at="02T11:59"),  # the winner is not known yet
        start(11, 30, at="02T12:01"),
    ]
    with played(tmp_path, scenario(test, *items)):
        drawn = [variant for _, variant, _ in got()]
        assert [drawn[:6].count("A"), drawn[:6].count("B")] == [3, 3]
        assert [drawn[6:10].count("A"), drawn[6:10].count("B")] == [2, 2]
        assert drawn[10:] == ["B"] * 20
        noted = Transition.objects.get(action="winner")
        assert noted.changes == {"nodes[1].config.variants.winner": [{"A": 0, "B": 1}, "B"]}
        assert f"{noted.at:%Y-%m-%dT%H:%M}" == "2026-03-02T12:00"


def test_views_may_decide_each_message_counts_once_and_of_equals_the_first_wins(tmp_path):
    test = variants_of("ab", *AB, test="{sends: 4, winner_by: views, wait: PT1H}")
    with played(tmp_path, scenario(test, start(1, 4))):
        by_variant = {}
        for who, variant, _ in got():
            by_variant.setdefault(variant, []).append(who[1:])
    one_each = [receipt(by_variant[name][0], "viewed", "02T10:30") for name in ("B", "A")]
    again = [receipt(by_variant["B"][0], "viewed", f"02T10:4{n}") for n in range(5)]
    late = [receipt(n, "viewed", "02T11:00") for n in by_variant["B"]]
    with played(tmp_path, scenario(test, start(1, 4), *one_each, *again, *late)):
        assert Experiment.objects.get().winner == "A"


def test_an_edit_of_what_competes_begins_the_test_anew_and_one_of_its_words_does_not(tmp_path):
    test = variants_of("ab", *AB, test="{sends: 2, wait: PT1H}")
    edited = re.sub("subject: A", "subject: New", test)
    edit = f"  - {{at: 2026-03-02T13:00, edit: {{journey: j, node: 1, config: {{variants: {edited}}}}}}}"
    with played(tmp_path, scenario(test, start(1, 2), edit, start(3, 4, at="02T13:10"))):
        assert Experiment.objects.get().winner == "A"
        assert [subject for _, _, subject in got()][2:] == ["New", "New"]
    renamed = edit.replace("name: B", "name: C")
    with played(tmp_path, scenario(test, start(1, 2), renamed, start(3, 4, at="02T13:10"))):
        assert sorted(variant for _, variant, _ in got()[2:]) == ["A", "C"]
        assert Campaign.objects.get().revision == 2


def test_a_message_that_is_tried_again_keeps_its_variant_and_is_no_other_one_of_the_test(tmp_path):
    test = variants_of("ab", *AB, test="{sends: 100}")
    with played(
        tmp_path, scenario(test, "  - {at: 2026-03-02T10:00, provider: {channel: email, outcome: failed}}", start(1, 4))
    ):
        assert Experiment.objects.get().given == 4
        counted = tallies(1)
        assert (counted["variant:A:failed"], counted["variant:B:failed"]) == (2, 2)
