"""The rehearsal command: its exit status, its sentences, and that it leaves nothing behind."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from config.lib import sql

pytestmark = pytest.mark.django_db

SCENARIO = """
account: {timezone: Asia/Kolkata}
profiles: [{identity: ada}, {identity: bob}]
journeys:
  j:
    name: Greets
    entry: {criteria: live, segment: {kind: action, events: [{event: Start}]}, timeline: {start: now, end: null}}
    nodes: [{id: 1, kind: force_exit}]
    links: [{from: entry, via: "yes", to: 1}]
timeline:
  - {at: 2026-03-02T14:00, publish: j}
  - {at: 2026-03-02T14:30, event: {identity: ada, name: Start}}
until: 2026-03-02T15:00
"""


@pytest.fixture
def rehearse(tmp_path: Path) -> Any:
    """Play a scenario's text: (exit status, output, errors)."""

    def play(text: str, *options: str) -> tuple[int, str, str]:
        path = tmp_path / "scenario.yaml"
        path.write_text(text)
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command("rehearse", str(path), *options, stdout=out, stderr=err)
        except SystemExit as stopped:
            return int(stopped.code or 0), out.getvalue(), err.getvalue()
        return 0, out.getvalue(), err.getvalue()

    return play


def test_it_prints_every_person_and_the_tallies(rehearse: Any) -> None:
    status, out, err = rehearse(SCENARIO)
    assert (status, err) == (0, "")
    assert "2026-03-02T14:30:00 exited 1 force_exit" in out
    assert "qualified 1, entered 1" in out


def test_the_json_is_the_contracts_and_the_same_every_time(rehearse: Any) -> None:
    _, first, _ = rehearse(SCENARIO, "--json")
    _, second, _ = rehearse(SCENARIO, "--json")
    assert first == second
    result = json.loads(first)
    common = {"at": "2026-03-02T14:30:00+05:30", "journey": "j", "version": 1}
    assert result["people"]["bob"] == []
    assert result["people"]["ada"] == [
        {**common, "what": "qualified"},
        {**common, "what": "entered"},
        {**common, "what": "arrived", "node": 1},
        {**common, "what": "exited", "node": 1, "reason": "force_exit"},
    ]
    assert result["journeys"]["j"]["versions"]["1"]["nodes"]["1"] == {
        "arrived": 1,
        "inside": 0,
        "left": {},
        "exited": {"force_exit": 1},
        "sent": 0,
        "failed": 0,
        "unreachable": 0,
    }


def test_a_mismatch_is_a_diff_and_status_one(rehearse: Any) -> None:
    status, _, err = rehearse(SCENARIO + "expect: {ada: [entered, left 1 via sent], bob: []}\n")
    assert status == 1
    assert "ada: expected" in err
    assert "-left 1 via sent" in err
    assert "bob: expected" not in err


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("Asia/Kolkata", "Mars/Olympus"), "account.timezone: “Mars/Olympus” is no time zone"),
        (
            ("account: {", "account: {control: {system_percent: 1}, "),
            "account.control.system_percent: the system group holds 2 to 5 % of all people, not 1",
        ),
        (("account: {", "account: {control: {system_percent: 6}, "), "account.control.system_percent: "),
        (("account: {", "account: {control: {custom: {a: 3}}, "), "account.control: custom control groups"),
        (
            ("account: {", "account: {control: {system_percent: 5, custom: {a: 6}}, "),
            "account.control.custom.a: A control group holds 2 to 5 % of all people, not 6.",
        ),
        (
            ("account: {", "account: {control: {system_percent: 5, never: [cleo]}, "),
            "account.control.never.cleo: There is nobody with the identity “cleo”.",
        ),
        (("until:", "untill:"), "untill: unknown key"),
        (("kind: force_exit", "kind: teleport"), "unknown kind “teleport”"),
        (("name: Greets", "name: Greets, colour: red"), "line 6, column 25: mapping values are not allowed here"),
        (("    name: Greets", "    name: Greets\n    colour: red"), "journeys.j: colour: unknown key"),
        (("publish: j", "publish: k"), "timeline[0].publish: There is no journey “k”"),
        (
            ("2026-03-02T14:00, publish", "2026-02-30T14:00, publish"),
            "timeline[0].at: this is no time; write one like 2026-03-02T14:00",
        ),
        (("account: {", f"account: {'[' * 5000}"), "nested too deeply"),
        (("publish: j", "launch: j"), "timeline[0].launch: unknown key"),
        (("publish: j", "pause: j, previous: stop"), "timeline[0]: `previous` goes with `publish` and nothing else"),
        (("publish: j", "publish: j, pause: j"), "timeline[0]: an item has one action besides `at`"),
        (("14:30, event", "13:30, event"), "timeline[1].at: 2026-03-02T13:30 is before the item above it"),
        (("name: Start}}\nuntil", "name: Notification Sent}}\nuntil"), "is a system event"),
        (("14:30, event", "noon, event"), "timeline[1].at: this is no time; write one like 2026-03-02T14:00"),
        (("T15:00", "T25:00"), "until: this is no time"),
        (("2026-03-02T15:00", "2026-02-30"), "2026-02-30 is no date: day is out of range for month"),
        (
            ("to: 1}", "to: 1, sleep: {after: an hour}}"),
            "links[0].sleep.after: this is no duration; write one like PT15M",
        ),
        (("start: now", "start: soon"), "journeys.j: entry.timeline.start: this is no time"),
        (("end: null}", "ende: null}"), "journeys.j: entry.timeline.ende: unknown key"),
        (("journeys:\n  j:\n", "journeys:\n  - j:\n"), "journeys: this is to be a mapping"),
        (("name: Start}}\nuntil", "}}\nuntil"), "timeline[1].event.name: this is missing; add it"),
        (("event: {identity: ada, name: Start}", "delete: zoe"), "timeline[1].delete: There is no profile “zoe”"),
        (("publish: j", "publish: j, document: {}"), "timeline[0]: `document` goes with `draft` and nothing else"),
        (
            ("event: {identity: ada, name: Start}", "provider: {channel: fax, outcome: sent}"),
            "there is no channel “fax”",
        ),
        (("until:", "expect: &a [*a]\nuntil:"), "expect: this is to be a mapping"),
        (("until:", "segments: {Gold: {segment: Silver}}\nuntil:"), "segments.Gold: There is no saved segment"),
        (("until:", "segments: {Gold: {bought: 1}}\nuntil:"), "segments.Gold: bought: There is no key “bought”"),
    ],
)
def test_an_unreadable_scenario_ends_with_status_two_and_names_the_place(
    rehearse: Any, change: Any, sentence: str
) -> None:
    text = SCENARIO.replace(*change)
    assert text != SCENARIO
    status, out, err = rehearse(text)
    assert (status, out) == (2, "")
    assert sentence in err


def test_an_event_of_the_future_is_turned_away_and_the_scenario_goes_on(rehearse: Any) -> None:
    future = SCENARIO.replace("name: Start}}\nuntil", "name: Start, ts: 2026-03-02T14:35:01}}\nuntil")
    status, out, err = rehearse(future)
    assert status == 0
    assert "qualified 0, entered 0" in out
    assert "Turned away. At 2026-03-02T14:30: ts is more than 5 minutes in the future." in err


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param([('via: "yes"', "via: yes")], id="a bare yes"),
        pytest.param([("2026-03-02T14:30", '"2026-03-02T14:30:00"')], id="a quoted time"),
        pytest.param([("2026-03-02T14:30", "2026-03-02 14:30:00")], id="a time that YAML knows"),
        pytest.param([("2026-03-02T14:30", "2026-03-02T09:00:00Z")], id="a time with an offset"),
        pytest.param(
            [("until:", "lists:\nhistory:\ntimeline_csv:\nsegments:\nexpect: {ada: }\nuntil:")], id="empty sections"
        ),
        pytest.param(
            [("    name:", "    goals:\n    dnd:\n    control:\n    labels:\n    name:")], id="empty parts of a journey"
        ),
        pytest.param([("kind: force_exit}", "kind: force_exit, config: , window: }")], id="an empty configuration"),
        pytest.param([("kind: force_exit}", "kind: force_exit, name: Over? Yes}")], id="a question in braces"),
        pytest.param(
            [("    name:", "    dnd: {windows: [{days: [mon], from: 21:00, to: 09:00}], then: hold}\n    name:")],
            id="a clock time without quotes",
        ),
        pytest.param(
            [("until:", "expect: {ada: [2026-03-02T09:00Z entered]}\nuntil:")], id="an offset in what is expected"
        ),
    ],
)
def test_what_yaml_reads_in_a_way_of_its_own_means_what_was_written(rehearse: Any, changes: Any) -> None:
    text = SCENARIO
    for change in changes:
        assert change[0] in text
        text = text.replace(*change, 1)
    assert rehearse(text, "--json") == rehearse(SCENARIO, "--json")


IN_FILES = """
profiles: [{identity: ada}]
journeys: {j: journey.yaml}
timeline:
  - {at: 2026-03-02T14:00, publish: j}
  - {at: 2026-03-02T14:30, event: {identity: ada, name: Start}}
timeline_csv:
  {path: events.csv, at: date, identity: who, email: "{who}@example.com", event: Start, properties: {amount: number}}
until: 2026-03-02T15:00
"""
JOURNEY = """
name: Large orders
entry:
  criteria: live
  segment: {kind: action, events: [{event: Start, where: [{property: amount, op: ">", value: 20}]}]}
  timeline: {start: now, end: null}
nodes: [{id: 1, kind: email, config: {content: {subject: Thanks, text: Thank you}}}]
links: [{from: entry, via: "yes", to: 1}]
"""


def test_a_journey_and_many_events_may_lie_in_files_of_their_own(rehearse: Any, tmp_path: Path) -> None:
    (tmp_path / "journey.yaml").write_text(JOURNEY)
    (tmp_path / "events.csv").write_text(
        "date,who,amount\n2026-03-02T14:40,bob,25\n2026-03-02T14:20,cleo,20.5\n2026-03-02T14:50,dan,20\n2026-03-02T14:55,ada,\n"
    )
    status, out, err = rehearse(IN_FILES, "--json")
    assert (status, err) == (0, "")
    people = json.loads(out)["people"]
    assert {name: [it["at"] for it in records if it["what"] == "entered"] for name, records in people.items()} == {
        "ada": [],  # without an amount, in the timeline and in the file
        "cleo": ["2026-03-02T14:20:00+00:00"],
        "bob": ["2026-03-02T14:40:00+00:00"],
    }
    assert [it["outcome"] for it in people["bob"] if it["what"] == "message"] == ["sent"]


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("date,amount\n", "timeline_csv: events.csv has no column who"),
        ("date,who,amount\n2026-03-02T14:40,bob,much\n", "timeline_csv: line 2 cannot be read"),
        ("date,who,amount\nnoon,bob,1\n", "timeline_csv: line 2 cannot be read"),
        (None, "timeline_csv.path"),
    ],
)
def test_a_file_of_events_that_cannot_be_read_is_named(
    rehearse: Any, tmp_path: Path, file: str | None, sentence: str
) -> None:
    (tmp_path / "journey.yaml").write_text(JOURNEY)
    if file is not None:
        (tmp_path / "events.csv").write_text(file)
    status, out, err = rehearse(IN_FILES)
    assert (status, out) == (2, "")
    assert sentence in err


def test_a_file_of_a_journey_that_cannot_be_read_is_named(rehearse: Any, tmp_path: Path) -> None:
    assert "journeys.j: " in rehearse(IN_FILES)[2]
    (tmp_path / "journey.yaml").write_text("name: [")
    status, _, err = rehearse(IN_FILES)
    assert status == 2
    assert "journeys.j: journey.yaml: line 1" in err


def test_an_identity_is_as_it_is_written(rehearse: Any) -> None:
    text = SCENARIO.replace("ada", "0012") + "expect: {0012: [entered]}\n"
    status, out, err = rehearse(text, "--json")
    assert (status, err) == (0, "")
    assert list(json.loads(out)["people"]) == ["0012", "bob"]


def test_it_leaves_nothing_behind(rehearse: Any) -> None:
    def state() -> list[Any]:
        asked = ("SELECT count(*) FROM pg_namespace", "SHOW search_path", "SELECT count(*) FROM journeys_journey")
        return [sql.rows(statement) for statement in asked]

    before = state()
    rehearse(SCENARIO)
    rehearse(SCENARIO.replace("publish: j", "publish: k"))  # fails half-way
    assert state() == before
