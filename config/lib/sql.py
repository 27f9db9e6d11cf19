"""Named SQL statements, run on Django's default connection with server-side binding.

A statement file holds statements under `-- name: word` lines. Values are bound as `%(name)s` and never glued into the
text; a literal percent sign is written `%%`. `jsonb` comes back as str: decode it with msgspec.json where it is needed.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from django.db import OperationalError, connection
from psycopg import errors, sql
from psycopg.types.datetime import TimestamptzLoader

from config.lib.arrays import texts

ROWS_A_BLOCK = 500  # how much of a COPY is in memory as text at a time

_NAME = re.compile(r"^-- name: (\w+)[ \t]*$", re.MULTILINE)

Statement = str | sql.Composable
T = TypeVar("T")

_JOIN_BY_KEY = """
SELECT set_config('enable_hashjoin', 'off', TRUE), set_config('enable_mergejoin', 'off', TRUE),
       set_config('enable_seqscan', 'off', TRUE)
"""
_JOIN_BY_SET = """
SELECT set_config('enable_nestloop', 'off', TRUE), set_config('enable_hashjoin', 'on', TRUE),
       set_config('enable_mergejoin', 'on', TRUE), set_config('enable_seqscan', 'on', TRUE)
"""
_PLAIN = (int, float, str, date, Decimal, UUID)  # written by str(); datetime is a date, bool an int


@dataclass(slots=True)
class Count:
    """What `counting()` saw: the statements in order, COPY included."""

    statements: list[str] = field(default_factory=list)

    def __int__(self) -> int:
        return len(self.statements)


_counts: list[Count] = []  # those inside a `counting()` block, which is for tests: one thread


def load(path: str | Path) -> dict[str, str]:
    """The statements of one file by name. Raises ValueError on a name given twice, an empty statement, or text before
    the first name that is not a comment."""
    parts = _NAME.split(Path(path).read_text(encoding="utf-8"))
    if stray := [line for line in parts[0].splitlines() if line.strip() and not line.startswith("--")]:
        raise ValueError(f"{path} has text before its first “-- name:” line: {stray[0]}")
    statements: dict[str, str] = {}
    for name, statement in zip(parts[1::2], parts[2::2], strict=True):
        if name in statements:
            raise ValueError(f"{path} has two statements named {name}.")
        if not statement.strip():
            raise ValueError(f"{path} has no text for the statement {name}.")
        statements[name] = statement.strip()
    return statements


def rows(statement: Statement, params: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """Run a statement that returns rows, and return them all.

    Moments are read by psycopg itself, in 0.4 µs each: Django's reader, in Python, takes 6 to do the same and to move
    them to the connection's time zone, which is UTC here.
    """
    with connection.cursor() as cursor:
        cursor.cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
        cursor.execute(statement, params)
        return cursor.fetchall()


def run(statement: Statement, params: Mapping[str, Any] | None = None) -> int:
    """Run a statement for its effect; return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.rowcount


def join_by_key() -> None:
    """For the rest of the transaction, find rows by index only.

    For batches that know whom they want: the planner weighs thousands of look-ups against reading a whole table in
    order, takes them for equal, and reads a million rows for four thousand people.
    """
    rows(_JOIN_BY_KEY)


@contextmanager
def sets_by_hash() -> Iterator[None]:
    """After `join_by_key`, for statements that join what they found themselves, such as who of a batch meets a rule:
    people are found by index still, and the parts are joined by hashing instead of each with each.
    """
    rows("SELECT set_config('enable_hashjoin', 'on', TRUE)")
    yield
    rows("SELECT set_config('enable_hashjoin', 'off', TRUE)")


def despite_deadlocks(work: Callable[[], T], *, tries: int = 5) -> T:
    """Do work that is one transaction, and again if PostgreSQL ended it because two waited for each other: nothing of
    it was committed.
    """
    for left in reversed(range(tries)):
        try:
            return work()
        except OperationalError as error:
            if not left or not isinstance(error.__cause__, errors.DeadlockDetected):
                raise
    raise AssertionError("unreachable")


def join_by_set() -> None:
    """For the rest of the transaction, join whole sets and look nobody up.

    For statements over everyone: how many meet a condition on a property is a guess, often one in a thousand, and what
    is looked up for each of a few people takes minutes for a hundred thousand.
    """
    rows(_JOIN_BY_SET)


def copy(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """COPY rows into a table, in the order of `columns`; return how many. JSON columns take text that is JSON."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(*table.split(".")), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    for count in _counts:
        count.statements.append(f"COPY {table}")
    with connection.cursor() as cursor:
        with cursor.cursor.copy(statement) as stream:
            source = iter(rows)
            while block := list(islice(source, ROWS_A_BLOCK)):
                stream.write(copy_text(block))
        return cursor.rowcount


def copy_text(rows: Iterable[Sequence[Any]]) -> bytes:
    """Rows in the text format of COPY, column by column, in a fraction of the time of psycopg, which asks every value
    for its type's dumper.
    """
    columns = [texts(column, _field) for column in zip(*rows, strict=True)]
    return "".join(f"{line}\n" for line in map("\t".join, zip(*columns, strict=True))).encode()


def _field(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, _PLAIN):
        return _escaped(str(value))
    raise TypeError(f"COPY cannot write {value!r}; give it as text.")


def _escaped(text: str) -> str:
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if "\n" in text:
        text = text.replace("\n", "\\n")
    if "\t" in text:
        text = text.replace("\t", "\\t")
    if "\r" in text:
        text = text.replace("\r", "\\r")
    return text


@contextmanager
def counting() -> Iterator[Count]:
    """Count the statements that run inside, from here or from the ORM. For tests that hold a batch to its number."""
    count = Count()

    def note(execute: Any, statement: Any, params: Any, many: bool, context: Any) -> Any:
        count.statements.append(statement if isinstance(statement, str) else statement.as_string(None))
        return execute(statement, params, many, context)

    connection.ensure_connection()  # what Django asks of a new connection is not the batch's
    _counts.append(count)
    try:
        with connection.execute_wrapper(note):
            yield count
    finally:
        _counts.remove(count)
