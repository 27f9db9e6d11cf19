"""Where the rows of a file wait until all of them are read: a table of their own, one a file.

It outlives a killed worker, and is not written to the write-ahead log: after a crash of the database it is empty, so
whoever goes on counts first.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from django.db import connection
from psycopg import sql as composed

from config.lib import sql
from profiles.identities import Key
from profiles.properties import Op
from profiles.records import Change, Update

SQL = sql.load(Path(__file__).with_suffix(".sql"))

COLUMNS = ("line", "kind", "value", "changes")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[tuple[str, Op, Any]]).decode


class Stage:
    """The table of one file. key: a word that names it."""

    def __init__(self, key: str) -> None:
        self._table = f"stage_profiles_{key}"
        self._names = {"rows": composed.Identifier(self._table)}

    def create(self) -> None:
        """Make the table, in place of what an earlier attempt has left."""
        self.drop()
        sql.run(self._statement("create"))

    def drop(self) -> None:
        sql.run(self._statement("drop"))

    def fill(self, rows: Iterable[tuple[int, Update]]) -> int:
        """Add (line, update), in the order of lines, with one COPY; return how many."""
        return sql.copy(
            self._table,
            COLUMNS,
            ((line, update.key.kind, update.key.value, _encode(update.changes).decode()) for line, update in rows),
        )

    def count(self) -> int:
        """How many rows there are; 0 if there is no table."""
        if self._table not in connection.introspection.table_names():
            return 0
        return int(sql.rows(self._statement("count"))[0][0])

    def index(self) -> None:
        """Once all rows are there."""
        sql.run(self._statement("index"))

    def after(self, line: int, *, most: int) -> list[tuple[int, Update]]:
        """The rows behind a line, in order, at most so many."""
        found = sql.rows(self._statement("after"), {"line": line, "most": most})
        return [
            (at, Update(Key(kind, value), [Change(*it) for it in _decode(text)])) for at, kind, value, text in found
        ]

    def _statement(self, name: str) -> composed.Composed:
        return composed.SQL(SQL[name]).format(**self._names)


def batches(stage: Stage, *, after: int, size: int) -> Iterator[list[tuple[int, Update]]]:
    """All rows behind a line, `size` at a time. Each batch is read when it is asked for."""
    while batch := stage.after(after, most=size):
        yield batch
        after = batch[-1][0]
