"""The document as text: it comes back as it went in, and every problem is found at its line."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from config.lib.errors import Problem
from journeys import editor
from journeys.document import DocumentError, parse
from tests.journeys import documents

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def check(text: str) -> list[editor.Finding]:
    return editor.check(text, now=NOON, tz=ZoneInfo("UTC"))


def test_the_example_can_be_published_as_it_is(db: None) -> None:
    assert check(editor.EXAMPLE) == []


def test_a_document_comes_back_as_it_went_in() -> None:
    document = editor.read(editor.EXAMPLE)
    text = editor.write(document)
    assert parse(editor.read(text)) == parse(document)
    assert editor.write(editor.read(text)) == text


def test_keys_keep_the_order_of_the_contract_whatever_the_database_does_to_them() -> None:
    document = dict(sorted(documents.journey().items(), reverse=True))
    lines = editor.write(document).splitlines()
    assert [line.split(":")[0] for line in lines if line[0].isalpha()] == ["name", "entry", "timeout", "nodes", "links"]
    assert lines[-1] == "links: [{from: entry, via: 'yes', to: 1}]"


def test_long_texts_are_blocks_and_json_can_be_read_too(db: None) -> None:
    mail = {"subject": "Hello", "html": "<p>One</p>\n<p>Two</p>\n"}
    document = documents.journey(nodes=[documents.email(1, config={"content": mail})])
    assert "      html: |\n        <p>One</p>\n        <p>Two</p>\n" in editor.write(document)
    assert editor.read('{"name": "Short"}') == {"name": "Short"}


def test_a_finding_is_at_the_line_of_its_field(db: None) -> None:
    text = editor.EXAMPLE.replace(
        "        subject: 'You left something behind, {{ Profile.name | default: \"friend\" }}'\n", ""
    )
    text = text.replace("      content:\n", "      content:\n        subject: ''\n")
    [finding] = [finding for finding in check(text) if finding.level == "error"]
    assert (finding.code, finding.node, finding.field) == ("K12", 1, "config.content.subject")
    assert text.splitlines()[finding.line - 1].strip() == "subject: ''"
    assert finding.place == f"node 1, config.content.subject, line {finding.line}"


def test_a_field_that_is_missing_is_at_the_line_of_its_node(db: None) -> None:
    text = "name: A\nnodes:\n- {id: 3, kind: force_exit}\n- {id: 7, kind: force_exit}\n"
    problem = Problem("K05", "error", 7, "config.nothing", "Missing.")
    assert [finding.line for finding in editor.locate(text, [problem])] == [4]


def test_a_link_is_found_although_its_problem_names_the_node_it_starts_from(db: None) -> None:
    text = "nodes:\n- {id: 1, kind: email}\nlinks:\n- {from: entry, via: 'yes', to: 1}\n- {from: 1, via: sent, to: 9}\n"
    problem = Problem("K05", "error", 1, "links[1]", "Leads nowhere.")
    assert [finding.line for finding in editor.locate(text, [problem])] == [5]


def test_errors_come_before_warnings() -> None:
    found = editor.locate("a: 1", [Problem("W", "warning", None, "", "w"), Problem("E", "error", None, "", "e")])
    assert [finding.code for finding in found] == ["E", "W"]


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("name: [", "line 1, column 8", 1),
        ("name: A\nnames: B\n", "names: unknown key", 2),
        ("name: A\nnodes:\n- {id: 1, kind: nonsense}\n", "unknown kind “nonsense”", 3),
        ("name: A\nnodes:\n- id: 1\n  kind: email\n  config: {contents: 3}\n", "unknown key", 5),
        ("a: &x [1]\nb: *x\n", "Anchors and aliases", 1),
        ("when: 2026-13-45", "2026-13-45 is no date", 1),
        ('name: "\\0"', "U+0000", 1),
        ('name: "\\ud800"', "half a character", 1),
        ("[" * 3000 + "]" * 3000, "nested too deeply", None),
        ("x" * (editor.LONGEST + 1), "at most 1,000,000", None),
        ("", "the document", None),
        ("- 1", "the document", 1),
    ],
)
def test_what_cannot_be_read_is_said_at_its_place(text: str, said: str, line: int | None) -> None:
    with pytest.raises(DocumentError):
        editor.read(text)
    [finding, *_] = check(text)
    assert said in finding.message
    assert finding.level == "error"
    assert finding.line in (line, 1)
