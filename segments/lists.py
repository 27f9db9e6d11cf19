"""The file of a custom list, and how it becomes members (domain 11.2).

A file is read line by line, its identities are looked up in sets of CHUNK, and all rows are staged in a temporary
table; then the members change in one statement or two. All of it is one transaction: a file that fails, at whatever
line, leaves the members as they were. No profile is ever made. Memory does not grow with the file.
"""

import csv
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.db import connection

from config.lib import lanes, sql
from profiles import identities
from segments.errors import ListError

SQL = sql.load(Path(__file__).with_suffix(".sql"))

HEADER = ["Type", "Identity"]
KINDS = {"i": "identity", "g": "object"}  # as profiles.identities has them
CHUNK = 10_000  # rows looked up and staged at once: statements stay few, and memory a few MB
LONGEST_LINE = 8192  # bytes; an identity has at most 1024 characters


class Row(NamedTuple):
    """One row of a file. type: i or g, or whatever stands there if it cannot be read; then `reason` says why."""

    line: int
    type: str
    identity: str
    reason: str | None = None


class Outcome(NamedTuple):
    """What a file did. members: on the list now. unknown: rows that lead to nobody, duplicates left out."""

    members: int
    unknown: int


def read(file: BinaryIO) -> Iterator[Row]:
    """The rows of a CSV file with the header Type,Identity in UTF-8. Raises ListError, naming the line, when the file
    as a whole cannot be trusted: header, encoding, quoting.
    """
    reader = csv.reader(_lines(file), strict=True)
    try:
        header = next(reader, [])
        if [name.strip().lower() for name in header] != [name.lower() for name in HEADER]:
            raise ListError(
                f"Line 1 is “{','.join(header)[:100]}”; the header must be {','.join(HEADER)}.", code="list_header"
            )
        for cells in reader:
            if cells:
                yield _row(reader.line_num, cells)
    except csv.Error as error:
        raise ListError(f"Line {reader.line_num} is not CSV: {error}.", code="list_csv") from None


def load(*, list_id: int, rows: Iterable[Row], mode: str, unknown: BinaryIO | None = None) -> Outcome:
    """Change the members of a list by rows, in the caller's transaction. mode: replace, append or remove.

    unknown: where the rows that lead to nobody are written, as CSV: Line,Type,Identity,Reason.
    """
    params = {"list_id": list_id, "lanes": lanes.ALL}
    sql.run(SQL["stage"])
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK)):
        _stage(chunk)
    if mode == "remove":
        sql.run(SQL["remove"], params)
    else:
        sql.run(SQL["add"], params)
        if mode == "replace":
            sql.run(SQL["keep"], params)
    outcome = Outcome(members=count(list_id), unknown=_write_unknown(unknown))
    sql.run(SQL["unstage"])
    return outcome


def count(list_id: int) -> int:
    """How many people are on a list."""
    return int(sql.rows(SQL["count"], {"list_id": list_id, "lanes": lanes.ALL})[0][0])


def forget(list_id: int) -> int:
    """Take everybody off a list; return how many there were."""
    return sql.run(SQL["forget"], {"list_id": list_id, "lanes": lanes.ALL})


def _lines(file: BinaryIO) -> Iterator[str]:
    """The lines as text. Line by line, so that an error knows where it is."""
    number = 0
    while raw := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(raw) > LONGEST_LINE:
            raise ListError(f"Line {number} is longer than {LONGEST_LINE} bytes.", code="list_csv")
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise ListError(
                f"Line {number} is not UTF-8; save the file in that encoding.", code="list_encoding"
            ) from None
        yield text


def _row(line: int, cells: list[str]) -> Row:
    if len(cells) != len(HEADER):
        text = ",".join(cells).replace("\x00", "")
        return Row(line, "", text, f"The row has {len(cells)} columns; it needs {len(HEADER)}.")
    kind, identity = (cell.strip() for cell in cells)
    if kind not in KINDS:
        return Row(line, kind.replace("\x00", ""), identity.replace("\x00", ""), "The type must be i or g.")
    return Row(line, kind, identity.replace("\x00", ""), identities.problem(identity))


def _stage(chunk: list[Row]) -> None:
    keys = {row: identities.Key(KINDS[row.type], row.identity) for row in chunk if row.reason is None}
    found = identities.find(keys.values())
    sql.copy(
        "segments_row",
        ("line", "type", "identity", "profile_id", "reason"),
        (
            (row.line, row.type, row.identity, found.get(keys[row]) if row in keys else None, row.reason)
            for row in chunk
        ),
    )


def _write_unknown(file: BinaryIO | None) -> int:
    """Write the staged rows that lead to nobody; return how many."""
    with connection.cursor() as cursor:
        with cursor.cursor.copy(SQL["unknown"]) as stream:
            for part in stream:
                if file is not None:
                    file.write(part)
        return int(cursor.rowcount)
