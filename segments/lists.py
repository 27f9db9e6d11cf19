"""Rows of a file become the members of a list: staged as they are, matched with people and applied in sets.

No profile is ever made (domain 11.2). The rows wait in a table of their own. `Stage.find` matches all of them in one
statement, whatever their number; `apply` changes the members inside the caller's transaction, so a list is never seen
half changed.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from django.db import connection
from psycopg import sql as composed

from config.lib import lanes, sql
from segments.models import List
from segments.reading import Row

SQL = sql.load(Path(__file__).with_suffix(".sql"))

CHUNK = 20_000  # rows staged at once: a few MB of memory, and a second or less between two looks at the clock


class Outcome(NamedTuple):
    """What rows did to a list. members: on it now. unknown: rows that lead to nobody or cannot be read, duplicates left
    out.
    """

    members: int
    unknown: int


class Change(NamedTuple):
    """How many came onto a list, and how many went."""

    added: int
    removed: int


class Stage:
    """Where the rows of one file wait. key: names its tables. lasting: they outlive the transaction and a killed
    worker, and are not written to the write-ahead log; else they are this transaction's own.
    """

    def __init__(self, key: str, *, lasting: bool) -> None:
        self._names = {
            "kind": composed.SQL("UNLOGGED" if lasting else "TEMP"),
            "rows": composed.Identifier(f"stage_{key}"),
            "found": composed.Identifier(f"stage_{key}_found"),
            "people": composed.Identifier(f"stage_{key}_people"),
        }
        self._kinds: set[str | None] = set()  # what the rows ask for; None is among them
        self._other_kinds: set[str | None] = set()

    def create(self) -> None:
        """Make the tables, in place of what an earlier attempt has left."""
        self.drop()
        sql.run(self._statement("create"))

    def drop(self) -> None:
        sql.run(self._statement("drop"))

    def fill(self, rows: Sequence[Row]) -> int:
        """Add rows with one COPY, which are in memory as text; return how many."""
        self._kinds.update(row[3] for row in rows)
        self._other_kinds.update(row[5] for row in rows)
        with connection.cursor() as cursor:
            with cursor.cursor.copy(self._statement("fill")) as stream:
                stream.write("".join(map(_copied, rows)))
            return int(cursor.rowcount)

    def find(self) -> int:
        """Match the rows with people; return how many different ones there are. Afterwards nothing can be added."""
        sql.run(self._statement("analyse"))
        kinds = {"kinds": _array(self._kinds), "other_kinds": _array(self._other_kinds)}
        sql.run(composed.SQL(SQL["find"]).format(**self._names, **kinds))
        people = sql.run(self._statement("people"))
        sql.run(self._statement("analyse_people"))
        return people

    def apply(self, *, list_id: int, mode: str) -> Change:
        """Change the members of a list by the people found. mode: create, replace, append or remove."""
        params = {"list_id": list_id, "lanes": lanes.ALL}
        if mode == "remove":
            return Change(0, sql.run(self._statement("remove"), params))
        removed = sql.run(self._statement("keep"), params) if mode == "replace" else 0
        return Change(sql.run(self._statement("add"), params), removed)

    def first_bad(self) -> tuple[int, str]:
        """(line, reason) of the first row that cannot be read. There must be one."""
        [(line, reason)] = sql.rows(self._statement("first_bad"))
        return line, reason

    def write_unknown(self, file: BinaryIO | None) -> int:
        """Write the rows that lead to nobody or cannot be read, each once, as CSV: Line,Type,Identity,Reason. Return
        how many. file: None to count them only.
        """
        with connection.cursor() as cursor:
            with cursor.cursor.copy(self._statement("unknown")) as stream:
                for part in stream:
                    if file is not None:
                        file.write(part)
            return int(cursor.rowcount)

    def _statement(self, name: str) -> composed.Composed:
        return composed.SQL(SQL[name]).format(**self._names)


def change(*, list_id: int, rows: Iterable[Row], mode: str) -> Outcome:
    """Change the members of a list by a few rows, in the caller's transaction. mode: as for `Stage.apply`."""
    stage = Stage("rows", lasting=False)
    stage.create()
    stage.fill(list(rows))
    stage.find()
    stage.apply(list_id=list_id, mode=mode)
    outcome = Outcome(count(list_id), stage.write_unknown(None))
    stage.drop()
    return outcome


def count(list_id: int) -> int:
    """How many people are on a list."""
    return int(sql.rows(SQL["members"], {"list_id": list_id, "lanes": lanes.ALL})[0][0])


def loaded(outcome: Outcome, *, now: datetime) -> dict[str, Any]:
    """The fields of a list whose members have changed."""
    return {
        "state": List.State.READY,
        "members": outcome.members,
        "unknown": outcome.unknown,
        "error": "",
        "loaded_at": now,
        "updated_at": now,
    }


def forget(list_id: int) -> int:
    """Take everybody off a list; return how many there were."""
    return sql.run(SQL["forget"], {"list_id": list_id, "lanes": lanes.ALL})


def _array(kinds: Iterable[str | None]) -> composed.Literal:
    """Kinds as an array, without None."""
    return composed.Literal(sorted(filter(None, kinds)))


def _copied(row: Row) -> str:
    """A row in the text format of COPY. Most rows hold nothing to escape."""
    line, given, identity, kind, value, other_kind, other_value, reason = row
    if reason is None and identity.isprintable() and "\\" not in identity:
        other = f"{other_kind}\t{other_value}" if other_kind else "\\N\t\\N"
        return f"{line}\t{given}\t{identity}\t{kind}\t{value}\t{other}\t\\N\n"
    return sql.copy_text([row]).decode()
