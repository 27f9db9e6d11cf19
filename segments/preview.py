"""What the beginning of a list's file shows, before anything of it is uploaded."""

import io
import re
from typing import NamedTuple

from config.lib.csvfile import HEAD
from profiles import identities
from segments.errors import ListError
from segments.reading import DOCUMENTED, IDENTITY, TYPE, Cells, Columns, Reading

MOST_ROWS = 10
MOST_COLUMNS = 50  # shown; all of them can be chosen
_NAMES = [  # of columns, and the type that they let expect
    ("email", re.compile(r"e[-_ ]?mail|^mail$", re.IGNORECASE)),
    ("phone", re.compile(r"phone|mobile|msisdn|^tel|handy|telefon", re.IGNORECASE)),
    ("object", re.compile(r"object[-_ ]?id|device[-_ ]?id", re.IGNORECASE)),
    ("identity", re.compile(r"identity|customer|member|loyalty|user|^id$|kunde", re.IGNORECASE)),
]


class Preview(NamedTuple):
    """header: all names. rows: cells of the first rows. columns: those chosen, else those to expect, else None. remark:
    what will be left out. problem: why the file cannot be taken so; empty if it can, as far as one sees.
    """

    header: list[str]
    rows: list[list[str]]
    columns: Columns | None
    remark: str
    problem: str


def preview(head: bytes, columns: Columns = DOCUMENTED, *, whole: bool) -> Preview:
    """Look at the first bytes of a file, at most HEAD. columns: those chosen; DOCUMENTED: none yet. whole: there is no
    more of the file.
    """
    head = head[:HEAD]
    if not whole:  # up to the last whole line, lest half a character looks like a wrong encoding
        head = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1] or head
    try:
        look = Cells(io.BytesIO(head))
    except ListError as error:
        return Preview([], [], None, "", error.message)
    rows, problem = _first_rows(look, whole=whole)
    chosen = columns if columns.column else _guess(look.header, rows)
    remark = ""
    if chosen is None:
        problem = problem or "Choose the column that holds the identities."
    else:
        try:
            remark = Reading(io.BytesIO(head), chosen).remark
        except ListError as error:
            problem = error.message
    if not problem and chosen and identities.email_address(chosen.column):
        problem = f"Line 1 is “{chosen.column}”, a row already; the file needs a header that names its columns."
    return Preview(look.header, rows, chosen, remark, problem)


def _first_rows(look: Cells, *, whole: bool) -> tuple[list[list[str]], str]:
    """The first rows, and what is wrong with the file behind them."""
    rows: list[list[str]] = []
    try:
        for _line, cells in look.cells():
            if len(rows) < MOST_ROWS and any(map(str.strip, cells)):
                rows.append([cell[:200] for cell in cells[:MOST_COLUMNS]])
    except ListError as error:
        return rows, "" if error.code == "list_csv" and not whole else error.message  # the cut may leave a quote open
    return rows, "" if rows or not whole else "The file has a header and no rows."


def _guess(header: list[str], rows: list[list[str]]) -> Columns | None:
    """The columns that a file most likely means; None if that is open."""
    if {TYPE.casefold(), IDENTITY.casefold()} <= {name.casefold() for name in header}:
        return DOCUMENTED
    for kind, pattern in _NAMES:
        for name in header:
            if pattern.search(name):
                return Columns(name, kind)
    for place, name in enumerate(header):
        values = [cells[place] for cells in rows if place < len(cells)]
        if values and all(map(identities.email_address, values)):
            return Columns(name, "email")
    return Columns(header[0], "identity") if len(header) == 1 else None
