"""Why somebody is where they are in a journey, or is not in it: every reason, told of people whom the engine moved."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from journeys.rehearsal.play import Player
from journeys.why import Answer, Because, why
from profiles.selectors import find_profile
from tests.journeys.playing import played

pytestmark = pytest.mark.django_db

LIVE = "timeline: {start: now, end: null}"
OVER_20 = '{event: Charged, where: [{property: amount, op: ">", value: 20}]}'
ENTRY = f"{{criteria: live, segment: {{kind: action, events: [{OVER_20}]}}, {LIVE}}}"


def scenario(*, people: str, entry: str = ENTRY, timeline: str, until: str, more: str = "", top: str = "") -> str:
    """A journey whose people wait an hour for Bought after they entered."""
    return f"""
{top}
profiles: [{people}]
journeys:
  j:
    name: Win back
    entry: {entry}
    {more}
    timeout: P30D
    nodes:
      - {{id: 1, kind: action, name: "Bought again?", config: {{events: [{{event: Bought}}]}}, window: PT1H}}
      - {{id: 2, kind: force_exit}}
    links: [{{from: entry, via: "yes", to: 1}}, {{from: 1, via: "yes", to: 2}}, {{from: 1, via: node_timeout, to: 2}}]
timeline:
{timeline}
until: {until}
"""


@contextmanager
def asked(folder: Path, text: str) -> Iterator["Asking"]:
    with played(folder, text) as player:
        yield Asking(player)


class Asking:
    """Asks at the end of a scenario."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self._now = player.scenario.instant(player.scenario.until)

    def __call__(self, identity: str, journey: str = "j") -> Answer:
        profile = find_profile(identity=identity)
        assert profile is not None
        id = self._player.journeys[journey].journey_id
        return why(profile.pk, id, now=self._now, account=self._player.account)


def told(answer: Answer, version: int = 0) -> list[str]:
    """What is told of a version, after its publishing."""
    return [line.text for line in answer.versions[version].lines if line.kind != "state"]


def the(answer: Answer, text: str) -> Because:
    """The condition that begins so."""
    (found,) = [it for it in answer.because if it.text.startswith(text)]
    return found


def test_who_waits_is_told_where_since_when_and_for_which_clock(tmp_path: Path) -> None:
    text = scenario(
        people="{identity: ann}",
        timeline="""
  - {at: 2026-03-02T14:00, publish: j}
  - {at: 2026-03-02T14:30, event: {identity: ann, name: Charged, properties: {amount: 25}}}""",
        until="2026-03-02T15:10",
    )
    with asked(tmp_path, text) as why:
        ann = why("ann")
    assert ann.inside
    assert ann.because == []
    assert ann.summary == "At node 1 “Bought again?” since 2 Mar 14:30."
    assert told(ann) == ["Entered by Charged (amount 25)", "Arrived at node 1 “Bought again?”"]
    assert ann.versions[0].waits == [
        "Listens to Bought.",
        "Waits until 2 Mar 16:00, the first full hour after the window of 1 hour, which closes on 2 Mar 15:30.",
        "The journey timeout comes on 1 Apr 14:30.",
        "The clock looks at them next on 2 Mar 16:00.",
    ]


def test_every_event_of_who_did_not_enter_says_which_value_was_wrong(tmp_path: Path) -> None:
    text = scenario(
        people="{identity: bob}, {identity: cleo}",
        timeline="""
  - {at: 2026-03-02T14:00, publish: j}
  - {at: 2026-03-02T14:30, event: {identity: bob, name: Charged, properties: {amount: 12}}}
  - {at: 2026-03-02T15:00, event: {identity: bob, name: Charged}}""",
        until="2026-03-02T15:10",
    )
    with asked(tmp_path, text) as why:
        bob, cleo = why("bob"), why("cleo")
    assert not bob.inside
    newest, where, older, its = bob.because[-4:]
    assert (newest.text, newest.ok, newest.depth) == ("Charged on 2 Mar 15:00", False, 1)
    assert where == Because("its amount over 20", False, "nothing", 2)
    assert older.text == "Charged (amount 12) on 2 Mar 14:30"
    assert its == Because("its amount over 20", False, "12", 2)
    assert "its amount over 20 is asked for; seen: nothing" in bob.summary
    assert the(cleo, "They did “Charged”") == Because(
        "They did “Charged” in a way that qualifies, while entry was open", False, "never did"
    )
    assert the(cleo, "Version 1 is live").ok
    assert told(cleo) == []


def test_too_late_too_early_and_in_a_pause_are_told_apart(tmp_path: Path) -> None:
    text = scenario(
        people="{identity: ann}",
        timeline="""
  - {at: 2026-03-02T13:30, event: {identity: ann, name: Charged, properties: {amount: 21}}}
  - {at: 2026-03-02T14:00, publish: j}
  - {at: 2026-03-02T16:00, event: {identity: ann, name: Charged, properties: {amount: 22}, ts: "2026-03-02T14:30"}}
  - {at: 2026-03-02T17:00, pause: j}
  - {at: 2026-03-02T17:30, event: {identity: ann, name: Charged, properties: {amount: 23}}}""",
        until="2026-03-02T18:00",
    )
    with asked(tmp_path, text) as why:
        ann = why("ann")
    seen = {it.text.partition(" on ")[0]: it.seen for it in ann.because if it.depth == 1}
    assert seen == {
        "Charged (amount 23)": "it came during a pause since 2 Mar 17:00",
        "Charged (amount 22)": "it reached us over 60 minutes after it happened, and so moves nobody",
        "Charged (amount 21)": "it reached us before version 1 was published, on 2 Mar 14:00",
    }
    assert the(ann, "Version 1 is live") == Because("Version 1 is live", False, "paused since 2 Mar 17:00")
    assert ann.summary == "Not inside, because this does not hold: version 1 is live (paused since 2 Mar 17:00)."


def test_who_was_inside_and_may_not_come_again_is_told_when_and_why_they_left(tmp_path: Path) -> None:
    text = scenario(
        people="{identity: ann}",
        timeline="""
  - {at: 2026-03-02T14:00, publish: j}
  - {at: 2026-03-02T14:30, event: {identity: ann, name: Charged, properties: {amount: 25}}}
  - {at: 2026-03-02T14:40, event: {identity: ann, name: Charged, properties: {amount: 26}}}
  - {at: 2026-03-02T14:50, event: {identity: ann, name: Bought, properties: {sku: 7}}}
  - {at: 2026-03-02T15:00, event: {identity: ann, name: Charged, properties: {amount: 27}}}""",
        until="2026-03-02T15:10",
    )
    with asked(tmp_path, text) as why:
        ann = why("ann")
    assert told(ann) == [
        "Entered by Charged (amount 25)",
        "Arrived at node 1 “Bought again?”",
        "Did not enter by Charged (amount 26): they were inside already; qualifying while inside is ignored",
        "Left node 1 “Bought again?” via Yes by Bought (sku 7)",
        "Arrived at node 2 (Force exit)",
        "Exited at node 2 (Force exit): a force exit",
        "Did not enter by Charged (amount 27): they had entered this version before, and re-entry is off",
    ]
    once = the(ann, "They have never entered")
    assert (once.ok, once.seen) == (False, "entered on 2 Mar 14:30, left on 2 Mar 14:50: a force exit")
    assert [it.seen for it in ann.because if it.depth == 1] == [
        "they had entered this version before, and re-entry is off",
        "they were inside already; qualifying while inside is ignored",
        "they entered",
    ]


def test_filters_are_told_clause_by_clause_with_what_was_seen(tmp_path: Path) -> None:
    gold = '{profile: {property: plan, op: "=", value: gold}}'
    twice = '{did: {event: Charged, count: {op: ">=", value: 2}}}'
    entry = ENTRY.replace(f"[{OVER_20}]", f"[{OVER_20}], filters: {{all: [{gold}, {twice}]}}")
    text = scenario(
        people="{identity: bob, properties: {plan: silver}}",
        entry=entry,
        timeline="""
  - {at: 2026-03-02T14:00, publish: j}
  - {at: 2026-03-02T14:30, event: {identity: bob, name: Charged, properties: {amount: 25}}}
  - {at: 2026-03-02T15:00, event: {identity: bob, name: Charged, properties: {amount: 26}}}""",
        until="2026-03-02T15:10",
    )
    with asked(tmp_path, text) as why:
        bob = why("bob")
    # The older one: its filters were asked when there was but one purchase.
    title, its, whole, plan, often = bob.because[-5:]
    assert (title.seen, its.ok, whole.ok) == ("its filters do not hold, and No is not drawn", True, False)
    assert plan == Because("plan is gold", False, "silver", 3)
    assert (often.ok, often.seen) == (False, "once 2026-03-02 14:30")
    assert bob.because[-6].ok is True  # for the newer one, two
    assert bob.because[-6].seen.startswith("2 times")


def test_a_cap_that_is_reached_is_told_with_how_many_entered(tmp_path: Path) -> None:
    text = scenario(
        people="{identity: ann}, {identity: bob}",
        entry=ENTRY[:-1] + ", cap: {total: 1, per_day: null}}",
        timeline="""
  - {at: 2026-03-02T14:00, publish: j}
  - {at: 2026-03-02T14:30, event: {identity: ann, name: Charged, properties: {amount: 25}}}
  - {at: 2026-03-02T14:31, event: {identity: bob, name: Charged, properties: {amount: 25}}}""",
        until="2026-03-02T15:10",
    )
    with asked(tmp_path, text) as why:
        bob = why("bob")
    assert the(bob, "There is room") == Because("There is room: at most 1 person in all", False, "1 entered")
    assert told(bob) == ["Did not enter by Charged (amount 25): the entry cap was reached"]


def test_who_is_held_out_is_told_by_which_control_group(tmp_path: Path) -> None:
    people = ", ".join(f"{{identity: p{number}}}" for number in range(8))
    events = "\n".join(
        f"  - {{at: 2026-03-02T14:30, event: {{identity: p{number}, name: Charged, properties: {{amount: 25}}}}}}"
        for number in range(8)
    )
    text = scenario(
        people=people,
        more="control: {system: false, custom: null, journey_percent: 50}",
        timeline=f"  - {{at: 2026-03-02T14:00, publish: j}}\n{events}",
        until="2026-03-02T15:10",
    )
    with asked(tmp_path, text) as why:
        answers = [why(f"p{number}") for number in range(8)]
    held = [it for it in answers if not it.inside]
    assert 0 < len(held) < 8
    for it in held:
        assert the(it, "They are in none of the control groups").seen == "in the journey control group"
        assert told(it) == ["Qualified by Charged (amount 25), and was held out as part of the journey control group"]


def test_a_wait_that_was_taken_back_or_goes_on_is_told(tmp_path: Path) -> None:
    pair = "event: {event: Added}, then_not: {event: Charged}, within: PT30M"
    entry = f"{{criteria: live, segment: {{kind: inaction, {pair}}}, {LIVE}}}"
    text = scenario(
        people="{identity: ann}, {identity: bob}",
        entry=entry,
        timeline="""
  - {at: 2026-03-02T14:00, publish: j}
  - {at: 2026-03-02T14:30, event: {identity: ann, name: Added}}
  - {at: 2026-03-02T14:40, event: {identity: ann, name: Charged, properties: {amount: 5}}}
  - {at: 2026-03-02T14:50, event: {identity: bob, name: Added}}""",
        until="2026-03-02T15:10",
    )
    with asked(tmp_path, text) as why:
        ann, bob = why("ann"), why("bob")
    seen = {it.text: it.seen for it in ann.because if it.depth == 1}
    assert seen["Added on 2 Mar 14:30"] == (
        "it began a wait until 2 Mar 15:00, which Charged (amount 5) of 2 Mar 14:40 took back"
    )
    assert seen["Charged (amount 5) on 2 Mar 14:40"] == (
        "it is “Added”, which begins the wait is asked for; seen: Charged"
    )
    assert bob.because[-1].seen == "it began a wait; they are decided about on 2 Mar 15:20"


def test_a_run_is_told_with_the_rule_clause_by_clause_as_it_was_then(tmp_path: Path) -> None:
    gold = '{profile: {property: plan, op: "=", value: gold}}'
    rule = f'{{all: [{{did: {{event: Charged, count: {{op: ">=", value: 2}}}}}}, {gold}]}}'
    daily = "timeline: {every: 1, unit: day, start: now, end: null}"
    entry = f"{{criteria: past, segment: {{kind: past_behaviour, rule: {rule}}}, {daily}}}"
    text = scenario(
        people="{identity: ann, properties: {plan: gold}}, {identity: bob, properties: {plan: gold}}",
        entry=entry,
        timeline="""
  - {at: 2026-03-02T13:00, event: {identity: ann, name: Charged}}
  - {at: 2026-03-02T13:30, event: {identity: ann, name: Charged}}
  - {at: 2026-03-02T13:40, event: {identity: bob, name: Charged}}
  - {at: 2026-03-02T14:00, publish: j}
  - {at: 2026-03-03T09:00, event: {identity: bob, name: Charged}}""",
        until="2026-03-03T10:00",
    )
    with asked(tmp_path, text) as why:
        ann, bob = why("ann"), why("bob")
    assert told(ann)[0] == "Entered in the run of 2 Mar 14:00"
    entered = next(it for it in ann.versions[0].lines if it.kind == "entered")
    assert [(it.text, it.ok) for it in entered.because][:1] == [("all of these", True)]
    runs = [it for it in bob.because if it.text.startswith("At a run they match")]
    assert [it.seen for it in runs] == [
        "run of 3 Mar 00:00: they did not match",
        "run of 2 Mar 14:00: they did not match",
    ]
    often = [it for it in bob.because if it.text.startswith("did Charged")]
    assert [(it.ok, it.seen) for it in often] == [(False, "once 2026-03-02 13:40")] * 2  # not that of the day after
    assert [it.ok for it in bob.because if it.text == "plan is gold"] == [True, True]


def test_who_is_not_on_the_list_of_a_run_is_told_so(tmp_path: Path) -> None:
    text = scenario(
        people="{identity: ann}, {identity: bob}",
        entry="{criteria: past, segment: {kind: custom_list, list: vip}, timeline: {once: now}}",
        timeline="  - {at: 2026-03-02T14:00, publish: j}",
        until="2026-03-02T14:30",
        top="lists: {vip: [ann]}",
    )
    with asked(tmp_path, text) as why:
        ann, bob = why("ann"), why("bob")
    assert ann.inside
    assert bob.because[-1] == Because("is on the list vip", False, "not on it", 1)
    assert the(bob, "At a run they match").seen == "run of 2 Mar 14:00: they did not match"


MAILS = """
account: {campaign_limits: {email: {max: 1, days: 7}}}
profiles: [{identity: ann, email: ann@example.com}, {identity: bob}]
journeys:
  j:
    name: Mails
    entry:
      criteria: live
      segment: {kind: action, events: [{event: Charged}]}
      timeline: {start: now, end: null}
      re_entry: true
    nodes:
      - {id: 1, kind: email, name: Offer, config: {content: {subject: Hi, text: Hi}}}
      - {id: 2, kind: split, config: {paths: [{name: Gold, rule: {profile: {property: plan, op: "=", value: gold}}}]}}
      - {id: 3, kind: force_exit}
      - {id: 4, kind: force_exit}
    links:
      - {from: entry, via: "yes", to: 1}
      - {from: 1, via: sent, to: 2}
      - {from: 1, via: failed, to: 3}
      - {from: 1, via: unreachable, to: 3}
      - {from: 2, via: path_1, to: 3}
      - {from: 2, via: others, to: 4}
timeline:
  - {at: 2026-03-02T14:00, publish: j}
  - {at: 2026-03-02T14:30, event: {identity: ann, name: Charged}}
  - {at: 2026-03-02T14:30, event: {identity: bob, name: Charged}}
  - {at: 2026-03-02T15:00, event: {identity: ann, name: Charged}}
until: 2026-03-02T15:10
"""


def test_messages_that_were_not_sent_say_why_and_splits_say_what_they_saw(tmp_path: Path) -> None:
    with asked(tmp_path, MAILS) as why:
        ann, bob = why("ann"), why("bob")
    messages = [it for it in ann.versions[0].lines if it.kind == "message"]
    assert [it.text for it in messages] == [
        "Message of node 1 “Offer”: sent",
        "Message of node 1 “Offer”: failed, frequency caps exceeded",
    ]
    assert messages[1].because[0].text.startswith("The person had as many messages on this channel")
    (split,) = [it for it in ann.versions[0].lines if it.text.startswith("Left node 2")]
    assert split.text == "Left node 2 (Conditional split) via Others"
    assert split.because == [Because("plan is gold", False, "nothing", 0)]
    (unreachable,) = [it for it in bob.versions[0].lines if it.kind == "message"]
    assert unreachable.text == "Message of node 1 “Offer”: unreachable, no email"
    assert unreachable.because == [Because("The person has no e-mail address.", None)]


def test_two_versions_are_told_apart_with_their_changes_of_state(tmp_path: Path) -> None:
    entry = f"{{criteria: live, segment: {{kind: action, events: [{{event: Charged}}]}}, {LIVE}}}"
    nodes = "[{id: 1, kind: action, config: {events: [{event: Never}]}}, {id: 2, kind: force_exit}]"
    links = '[{from: entry, via: "yes", to: 1}, {from: 1, via: "yes", to: 2}]'
    goals = "[{kind: action, name: Won, events: [{event: Bought}]}]"
    document = f"{{name: Win back, entry: {entry}, timeout: P1D, goals: {goals}, nodes: {nodes}, links: {links}}}"
    text = scenario(
        people="{identity: ann}",
        timeline=f"""
  - {{at: 2026-03-02T14:00, publish: j}}
  - {{at: 2026-03-02T14:30, event: {{identity: ann, name: Charged, properties: {{amount: 25}}}}}}
  - {{at: 2026-03-02T14:40, draft: j, document: {document}}}
  - {{at: 2026-03-02T14:50, publish: j, previous: restrict}}
  - {{at: 2026-03-02T16:30, event: {{identity: ann, name: Charged, properties: {{amount: 25}}}}}}
  - {{at: 2026-03-02T17:00, event: {{identity: ann, name: Bought, properties: {{sku: 7}}}}}}""",
        until="2026-03-02T17:10",
    )
    with asked(tmp_path, text) as why:
        ann = why("ann")
    first, second = ann.versions
    assert (first.version, second.version) == (1, 2)
    assert [line.text for line in first.lines if line.kind == "state"][:2] == [
        "Published by the system",
        "Restricted: a newer version took over by the system",
    ]
    assert told(ann, 0)[2].startswith("Left node 1 “Bought again?” via Node timeout: its window of 1 hour had closed")
    assert told(ann, 1)[-1] == "Exited at node 1 (Action): goal 1 “Won” was met by Bought (sku 7)"


PUT_OFF = """
account: {campaign_limits: {sms: {max: 10, days: 7, dwell: PT1H}}}
profiles:
  - {identity: ann, email: ann@example.com, phone: "+4912345678", properties: {visits: many}}
  - {identity: bob}
  - {identity: cat, email: cat@example.com}
journeys:
  j:
    name: Mails
    entry: {criteria: live, segment: {kind: action, events: [{event: Charged}]}, timeline: {start: now, end: null}}
    dnd: {windows: [{days: [mon, tue, wed, thu, fri, sat, sun], from: "21:00", to: "09:00"}], then: hold}
    nodes:
      - {id: 1, kind: email, name: Offer, config: {content: {subject: Hi, text: Hi}}}
      - {id: 2, kind: profile_update, config: {updates: [{property: visits, op: increment, value: 1}]}}
      - {id: 3, kind: sms, config: {content: {text: Hi}}}
      - {id: 4, kind: sms, name: Again, config: {content: {text: Hi}}}
      - {id: 5, kind: inaction, config: {event: {event: A}, then_not: {event: B}, within: PT10M}}
      - {id: 6, kind: force_exit}
    links:
      - {from: entry, via: "yes", to: 1}
      - {from: 1, via: sent, to: 2}
      - {from: 2, via: updated, to: 3}
      - {from: 3, via: sent, to: 4}
      - {from: 4, via: sent, to: 5}
      - {from: 5, via: "yes", to: 6}
    timeout: P3D
timeline:
  - {at: 2026-03-02T14:00, publish: j}
  - {at: 2026-03-02T14:30, event: {identity: ann, name: Charged}}
  - {at: 2026-03-02T14:30, event: {identity: bob, name: Charged}}
  - {at: 2026-03-02T15:40, event: {identity: ann, name: A, properties: {n: 1}}}
  - {at: 2026-03-02T22:00, event: {identity: cat, name: Charged}}
until: 2026-03-02T22:10
"""


def test_what_was_put_off_left_as_it_was_or_timed_is_told_with_what_was_seen(tmp_path: Path) -> None:
    with asked(tmp_path, PUT_OFF) as why:
        ann, bob, cat = why("ann"), why("bob"), why("cat")
    lines = {it.text: it.because for it in ann.versions[0].lines}
    assert lines["Message of node 4 “Again”: sent"] == [
        Because("It had waited since 2 Mar 14:30. The last message on this channel was too short a while before.", None)
    ]
    (updated,) = [because for text, because in lines.items() if text.startswith("Left node 2")]
    assert updated == [Because("visits could not be updated, and stayed as it was", False, "many")]
    assert lines["Left node 5 (Inaction) via Yes"] == [
        Because("A (n 1) of 2 Mar 15:40 set the clock, which came undisturbed", True)
    ]
    assert bob.versions[0].waits[0] == "The message was unreachable, and that way out is not drawn, so they stay."
    assert cat.versions[0].waits[0] == (
        "Waits for what becomes of the message, which is queued until 3 Mar 09:00. These are quiet hours, and the"
        " journey sends after them."
    )
