"""Named statements and the three ways to run them."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from django.db import connection
from psycopg import sql as pieces

from config.lib import sql


def test_statements_are_found_by_name(tmp_path: Path) -> None:
    file = tmp_path / "x.sql"
    file.write_text("-- What these are for.\n\n-- name: one\nSELECT 1;\n\n-- name: two\n-- why\nSELECT 2\n")
    assert sql.load(file) == {"one": "SELECT 1;", "two": "-- why\nSELECT 2"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("-- name: one\nSELECT 1\n-- name: one\nSELECT 2\n", "two statements named one"),
        ("-- name: one\n\n-- name: two\nSELECT 2\n", "no text for the statement one"),
        ("SELECT 0;\n-- name: one\nSELECT 1\n", "text before its first"),
    ],
)
def test_a_muddled_file_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "x.sql"
    file.write_text(text)
    with pytest.raises(ValueError, match=complaint):
        sql.load(file)


@pytest.mark.django_db
def test_rows_come_back_and_json_stays_text() -> None:
    statement = "SELECT %(n)s::int + 1, '{\"a\": [1]}'::jsonb, 'ten %%'"
    assert sql.rows(statement, {"n": 2}) == [(3, '{"a": [1]}', "ten %")]
    assert sql.rows(pieces.SQL("SELECT {}").format(pieces.Literal("it's"))) == [("it's",)]


@pytest.mark.django_db
def test_copy_and_run_say_how_many() -> None:
    sql.run("CREATE TEMPORARY TABLE crate (id int, name text, extra jsonb) ON COMMIT DROP")
    rows = [(1, "tab\there", '{"a": 1}'), (2, None, "{}")]
    assert sql.copy("crate", ["id", "name", "extra"], rows) == 2
    assert sql.copy("crate", ["id"], []) == 0
    assert sql.rows("SELECT id, name FROM crate ORDER BY id") == [(1, "tab\there"), (2, None)]
    assert sql.run("DELETE FROM crate WHERE id = ANY(%(ids)s)", {"ids": [1, 2, 3]}) == 2


@pytest.mark.django_db
def test_counting_sees_every_statement_copy_included() -> None:
    with sql.counting() as outer:
        sql.run("CREATE TEMPORARY TABLE crate (id int) ON COMMIT DROP")
        with sql.counting() as inner:
            sql.copy("crate", ["id"], [(1,)])
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
    assert (int(outer), int(inner)) == (3, 2)
    assert inner.statements == ["COPY crate", "SELECT 1"]


@pytest.mark.django_db
def test_copy_writes_every_value_as_it_is() -> None:
    sql.run(
        "CREATE TEMPORARY TABLE copied"
        " (at timestamptz, day date, flag bool, ratio float8, count bigint, body jsonb, text text)"
    )
    at = datetime(2026, 3, 2, 12, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    body = '{"said": "a \\"b\\" \\\\ c\\n\\td"}'
    text = "tab\there, line\nend\r, \\ and \\N — “ok”"
    columns = ["at", "day", "flag", "ratio", "count", "body", "text"]
    rows = [(at, at.date(), True, 0.1, 2**62, body, text), (None,) * 7]
    assert sql.copy("copied", columns, rows * 700) == 1400
    found = sql.rows("SELECT at, day, flag, ratio, count, body = %(body)s::jsonb, text FROM copied", {"body": body})
    assert found == [(at, at.date(), True, 0.1, 2**62, True, text), (None,) * 7] * 700
    with pytest.raises(TypeError, match="COPY cannot write"):
        sql.copy("copied", ["body"], [({"a": 1},)])
