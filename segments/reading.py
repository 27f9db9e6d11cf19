"""Reading the file of a custom list (domain 11.2): bytes in, rows out, nothing else.

Point-of-sale systems write CSV in many ways. Taken as they come are a byte order mark, line ends of any system, commas,
semicolons and tabs, Excel's `sep=;` line, quoted cells with line breaks in them, columns in any order and columns that
nobody asked for. A file that cannot be trusted as a whole (another format or encoding, a header without the columns, a
quote that is never closed) raises ListError with a sentence that names the line. A single row that cannot be read comes
out as a row with a reason, and the others go on.

A file is read in blocks and never held: memory does not grow with it, whatever is in it.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

from profiles import identities
from profiles.identities import Key
from segments.errors import ListError

TYPE, IDENTITY = "Type", "Identity"  # the header as it is documented
LETTERS = {"i": "identity", "g": "object"}  # what stands in the column Type
TYPES = {"identity": "Identity", "email": "E-mail address", "phone": "Phone number", "object": "Object ID"}
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
BOM = b"\xef\xbb\xbf"
BLOCK = 2**20  # bytes read at once
LONGEST_LINE = 2**16  # bytes; an identity has at most 1,024 characters, the rest is room for other columns
HEAD = 2**16  # bytes that tell what a file is
MOST_NAMED = 8  # columns in a sentence
SHOWN = 100  # characters of a broken row or header that are shown

_FORMATS = [
    (b"\x1f\x8b", "gzip-compressed", "Unpack it and upload the CSV file in it."),
    (b"%PDF", "a PDF document", "Export the list as CSV."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)", "Save it as “CSV UTF-8” in Excel."),
]
_UTF16 = "Save it as UTF-8; in Excel that is “CSV UTF-8”."
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SEP = re.compile(r"sep=(.)\s*", re.IGNORECASE)


class Columns(NamedTuple):
    """Where a file has its identities. column: a name in the header, with `type` one of TYPES for all of its values.
    Both empty: the documented columns Type and Identity.
    """

    column: str = ""
    type: str = ""


DOCUMENTED = Columns()


class Row(NamedTuple):
    """One row. line: where it begins. type, identity: as given, for people to read. keys: what to look it up by, best
    first. reason: why it cannot be read; then there are no keys.
    """

    line: int
    type: str
    identity: str
    keys: tuple[Key, ...] = ()
    reason: str | None = None


class Cells:
    """A file whose header has been read; `cells()` gives its rows, once. wanted: columns that the header must have,
    else ListError is raised; none: any header will do.

    offset: bytes read so far. header: its names, without empty ones at the end.
    """

    def __init__(self, file: BinaryIO, wanted: Sequence[str] = ()) -> None:
        self.offset = 0
        self._file = file
        self._lines = self._read_lines()
        self._before = 0  # lines up to the header's, which is included
        self.delimiter, self.header = self._read_header(wanted)

    def cells(self) -> Iterator[tuple[int, list[str]]]:
        """(line, cells) of the rows; no cells stand for a row that is broken. Raises ListError when the rest of the
        file cannot be trusted.
        """
        reader = csv.reader(self._lines, delimiter=self.delimiter, strict=True)
        while True:
            line = self._before + reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if "expected after" not in str(error):  # the quote swallowed what follows
                    raise ListError(f"Line {line} opens a quote that is never closed.", code="list_csv") from None
                yield line, []
            else:
                if cells:
                    yield line, cells

    def _read_header(self, wanted: Sequence[str]) -> tuple[str, list[str]]:
        """The delimiter and the names in the header."""
        given = ""
        for text in self._lines:
            self._before += 1
            if not given and (match := _SEP.fullmatch(text)):
                given = match[1]
            elif text.strip():
                break
        else:
            raise ListError("The file is empty.", code="list_empty")
        headers = {mark: _split(text, mark) for mark in ([given] if given else DELIMITERS)}
        names = {name.casefold() for name in wanted}
        fitting = [mark for mark, header in headers.items() if names <= {name.casefold() for name in header}]
        mark = max(fitting or headers, key=lambda mark: len(headers[mark]))
        if not fitting:
            raise _no_header(self._before, text, headers[mark], wanted)
        return mark, headers[mark]

    def _read_lines(self) -> Iterator[str]:
        """The lines as text, each with a line break. Decoded by the block, so that a line costs next to nothing."""
        rest = b""
        number = 0  # lines handed out
        while True:
            block = self._file.read(BLOCK)
            if not self.offset:
                if problem := foreign(block[:HEAD]):
                    raise ListError(problem, code="list_format")
                start = block
                while block.startswith(BOM):
                    block = block[len(BOM) :]
                self.offset = len(start) - len(block)
            self.offset += len(block)
            data = rest + block
            half = b"\r" if block and data.endswith(b"\r") else b""  # of a line break, perhaps
            data = data.removesuffix(half).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            cut = data.rfind(b"\n") + 1 if block else len(data)
            try:
                text = data[:cut].decode()
            except UnicodeDecodeError as error:
                raise ListError(_not_utf8(error, number), code="list_encoding") from None
            rest = data[cut:] + half
            lines = text.split("\n")
            if not lines[-1]:
                lines.pop()
            if len(text) > LONGEST_LINE:
                for place, line in enumerate(lines, number + 1):
                    if len(line) > LONGEST_LINE:
                        raise _too_long(place)
            number += len(lines)
            yield from [f"{line}\n" for line in lines]
            if len(rest) > LONGEST_LINE:
                raise _too_long(number + 1)
            if not block:
                return


class Reading(Cells):
    """A file whose header has the columns; iterate for its rows, once. Raises ListError as `Cells` does."""

    def __init__(self, file: BinaryIO, columns: Columns = DOCUMENTED) -> None:
        check(columns)
        wanted = [columns.column] if columns.column else [TYPE, IDENTITY]
        super().__init__(file, wanted)
        names = [name.casefold() for name in self.header]
        for name in wanted:
            if names.count(name.casefold()) > 1:
                raise ListError(f"The header has the column “{name}” more than once.", code="list_header")
        self._fixed = columns.type
        self._type_at = -1 if self._fixed else names.index(TYPE.casefold())
        self._identity_at = names.index(wanted[-1].casefold())

    @property
    def remark(self) -> str:
        """A sentence about the columns that are left out; empty if none is."""
        used = {self._type_at, self._identity_at}
        left = [name for place, name in enumerate(self.header) if place not in used and name]
        return f"Columns left out: {_listed(left)}." if left else ""

    def __iter__(self) -> Iterator[Row]:
        width, identity_at, type_at, fixed = len(self.header), self._identity_at, self._type_at, self._fixed
        for line, cells in self.cells():
            if len(cells) != width:
                if not any(map(str.strip, cells[width:] or cells)) and cells:
                    cells = [*cells, *[""] * width]  # some systems end rows with delimiters, or write nothing else
                else:
                    yield self._ragged(line, cells)
                    continue
            identity = cells[identity_at].strip()
            given = fixed or cells[type_at].strip()
            kind = fixed or LETTERS.get(given)
            if not identity and not any(map(str.strip, cells)):
                continue
            if kind is None:
                yield _bad(line, given, identity, "The type must be i (identity) or g (object ID).")
            elif reason := identities.problem(identity):
                yield _bad(line, given, identity, reason if identity else "The identity is empty.")
            elif keys := _keys(kind, identity):
                yield Row(line, given, identity, keys)
            else:
                yield _bad(line, given, identity, f"“{identity[:SHOWN]}” is no {TYPES[kind].lower()}.")

    def _ragged(self, line: int, cells: list[str]) -> Row:
        if not cells:
            return _bad(line, "", "", "Text follows the closing quote of a cell; double the quotes that belong to it.")
        count = f"{len(cells):,} cell{'' if len(cells) == 1 else 's'}"
        shown = self.delimiter.join(cells)
        return _bad(line, "", shown, f"The row has {count}; the header has {len(self.header):,}.")


def check(columns: Columns) -> None:
    """Raises ListError if a column comes without a type, or a type without a column."""
    if bool(columns.column) != bool(columns.type):
        raise ListError("Choose both the column and the type of its values, or neither.", code="list_columns")
    if columns.type and columns.type not in TYPES:
        raise ListError(f"There is no type “{columns.type}”; the types are {', '.join(TYPES)}.", code="list_columns")


def foreign(head: bytes) -> str:
    """A sentence about a file that is something else than CSV in UTF-8, by its first bytes; empty if it may be CSV."""
    if head.startswith(b"PK\x03\x04"):
        if b"[Content_Types].xml" in head or b"xl/" in head:
            return "The file is an Excel workbook (.xlsx), not CSV. Save it as “CSV UTF-8” in Excel."
        return "The file is a ZIP archive, not CSV. Unpack it and upload the CSV file in it."
    for magic, what, right in _FORMATS:
        if head.startswith(magic):
            return f"The file is {what}, not CSV. {right}"
    if head.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return f"The file is UTF-32, not UTF-8. {_UTF16}"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return f"The file is UTF-16, not UTF-8. {_UTF16}"
    half = len(head) // 2
    if half and max(head[0::2].count(0), head[1::2].count(0)) > 0.4 * half:
        return f"The file is UTF-16, not UTF-8. {_UTF16}"
    first = head.split(b"\n", 1)[0]
    if _CONTROL.search(first) or len(_CONTROL.findall(head)) > 0.02 * len(head):
        return "The file is binary, not CSV. Export the list as CSV."
    start = head.removeprefix(BOM).lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "The file is a web page (HTML), not CSV. Perhaps a login page was saved instead of the export."
    if start.startswith(b"<"):
        return "The file is XML, not CSV. Export the list as CSV."
    if start.startswith((b"{", b"[")):
        return "The file is JSON, not CSV. Export the list as CSV."
    return ""


def _keys(kind: str, identity: str) -> tuple[Key, ...]:
    """What an identity is looked up by, best first; none if it is not what its column holds."""
    if kind == "email":
        address = identities.email_address(identity)
        return (Key("email", address), Key("identity", identity)) if address else ()
    if kind == "phone":
        number = identities.phone_number(identity)
        return (Key("phone", number), Key("identity", identity)) if number else ()
    return tuple(identities.spellings(Key(kind, identity)))


def _bad(line: int, given: str, identity: str, reason: str) -> Row:
    """A row that cannot be read, shortened and without U+0000, which PostgreSQL does not store."""
    given, identity = (text[:SHOWN].replace("\0", "") for text in (given, identity))
    return Row(line, given, identity, reason=reason.replace("\0", ""))


def _split(text: str, mark: str) -> list[str]:
    """The names of a header line."""
    try:
        header = [name.strip() for name in next(csv.reader([text], delimiter=mark, strict=True))]
    except csv.Error:
        header = [text.strip()]
    while header and not header[-1]:
        header.pop()
    return header


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return ", ".join(f"“{name[:40]}”" for name in names[:MOST_NAMED]) + more


def _no_header(line: int, text: str, header: list[str], wanted: Sequence[str]) -> ListError:
    found = f"Line {line} is “{text.strip()[:SHOWN]}”"
    if len(wanted) == 1:
        return ListError(
            f"{found}; the header has no column “{wanted[0]}”. It has {_listed(header)}.", code="list_header"
        )
    return ListError(
        f"{found}; the header must be {','.join(wanted)}, or choose the column that holds the identities.",
        code="list_header",
    )


def _not_utf8(error: UnicodeDecodeError, before: int) -> str:
    """A sentence about bytes that are no UTF-8. before: lines in front of those that could not be decoded."""
    line = before + error.object.count(b"\n", 0, error.start) + 1
    if error.reason == "unexpected end of data" and error.end == len(error.object):
        return f"Line {line} ends in the middle of a character; the file is not complete."
    wrong = error.object[error.start : error.start + 1]
    try:
        meant = f", which Windows-1252 (Latin-1) reads as “{wrong.decode('cp1252')}”"
    except UnicodeDecodeError:
        meant = ""
    return f"Line {line} is not UTF-8: it has the byte 0x{wrong[0]:02X}{meant}. Save the file as UTF-8."


def _too_long(line: int) -> ListError:
    return ListError(f"Line {line} is longer than {LONGEST_LINE // 1024} kB; is this the right file?", code="list_csv")
