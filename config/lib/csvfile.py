"""Reading CSV files as people and their systems write them: bytes in, cells out, nothing else.

Taken as they come are a byte order mark, line ends of any system, commas, semicolons and tabs, Excel's `sep=;` line,
quoted cells with line breaks in them. A file that cannot be trusted as a whole (another format or encoding, a header
without the columns, a quote that is never closed) raises CsvError with a sentence that names the line. A single row
that is broken comes out without cells, and the others go on.

A file is read in blocks and never held: memory does not grow with it, whatever is in it.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from config.lib.errors import SojournError

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
BOM = b"\xef\xbb\xbf"
BLOCK = 2**20  # bytes read at once
HEAD = 2**16  # bytes that tell what a file is
MOST_NAMED = 8  # columns in a sentence
STRAY = 8  # control characters that a small file may hold and still be text
SHOWN = 100  # characters of a broken row or header that are shown

_FORMATS = [
    (b"\x1f\x8b", "gzip-compressed", "Unpack it and upload the CSV file in it."),
    (b"%PDF", "a PDF document", "Export the list as CSV."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)", "Save it as “CSV UTF-8” in Excel."),
]
_UTF16 = "Save it as UTF-8; in Excel that is “CSV UTF-8”."
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SEP = re.compile(r"sep=(.)\s*", re.IGNORECASE)


class CsvError(SojournError):
    """The file as a whole cannot be read. `code` begins with csv_."""

    code = "csv"


class Cells:
    """A file whose header has been read; `cells()` gives its rows, once. wanted: columns that the header must have,
    else CsvError is raised; none: any header will do.

    offset: bytes read so far. header: its names, without empty ones at the end. A subclass says what it raises, how
    long a line may be in bytes, and what else can be done about a header.
    """

    longest_line = 2**16
    hint = ""

    def __init__(self, file: BinaryIO, wanted: Sequence[str] = ()) -> None:
        self.offset = 0
        self._file = file
        self._lines = self._read_lines()
        self._before = 0  # lines up to the header's, which is included
        self.delimiter, self.header = self._read_header(wanted)

    def cells(self) -> Iterator[tuple[int, list[str]]]:
        """(line, cells) of the rows; no cells stand for a row that is broken. Raises CsvError when the rest of the
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
                    raise self.problem(f"Line {line} opens a quote that is never closed.", "csv") from None
                yield line, []
            else:
                if cells:
                    yield line, cells

    def problem(self, message: str, code: str) -> SojournError:
        """What is raised about a file. code: csv, empty, encoding, format or header."""
        return CsvError(message, code=f"csv_{code}")

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
            raise self.problem("The file is empty.", "empty")
        headers = {mark: _split(text, mark) for mark in ([given] if given else DELIMITERS)}
        names = {name.casefold() for name in wanted}
        fitting = [mark for mark, header in headers.items() if names <= {name.casefold() for name in header}]
        mark = max(fitting or headers, key=lambda mark: len(headers[mark]))
        if not fitting:
            raise self._no_header(text, headers[mark], wanted)
        return mark, headers[mark]

    def _no_header(self, text: str, header: list[str], wanted: Sequence[str]) -> SojournError:
        found = f"Line {self._before} is “{text.strip()[:SHOWN]}”"
        if len(wanted) == 1:
            return self.problem(f"{found}; the header has no column “{wanted[0]}”. It has {listed(header)}.", "header")
        return self.problem(f"{found}; the header must be {','.join(wanted)}{self.hint}.", "header")

    def _too_long(self, line: int) -> SojournError:
        return self.problem(
            f"Line {line} is longer than {self.longest_line // 1024} kB; is this the right file?", "csv"
        )

    def _read_lines(self) -> Iterator[str]:
        """The lines as text, each with a line break. Decoded by the block, so that a line costs next to nothing."""
        rest = b""
        number = 0  # lines handed out
        while True:
            block = self._file.read(BLOCK)
            if not self.offset:
                if problem := foreign(block[:HEAD]):
                    raise self.problem(problem, "format")
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
                raise self.problem(_not_utf8(error, number), "encoding") from None
            rest = data[cut:] + half
            lines = text.split("\n")
            if not lines[-1]:
                lines.pop()
            if len(text) > self.longest_line:
                for place, line in enumerate(lines, number + 1):
                    if len(line) > self.longest_line:
                        raise self._too_long(place)
            number += len(lines)
            yield from [f"{line}\n" for line in lines]
            if len(rest) > self.longest_line:
                raise self._too_long(number + 1)
            if not block:
                return


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
    if _CONTROL.search(first) or len(_CONTROL.findall(head)) > max(STRAY, 0.02 * len(head)):
        return "The file is binary, not CSV. Export the list as CSV."
    start = head.removeprefix(BOM).lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "The file is a web page (HTML), not CSV. Perhaps a login page was saved instead of the export."
    if start.startswith(b"<"):
        return "The file is XML, not CSV. Export the list as CSV."
    if start.startswith((b"{", b"[")):
        return "The file is JSON, not CSV. Export the list as CSV."
    return ""


def _split(text: str, mark: str) -> list[str]:
    """The names of a header line."""
    try:
        header = [name.strip() for name in next(csv.reader([text], delimiter=mark, strict=True))]
    except csv.Error:
        header = [text.strip()]
    while header and not header[-1]:
        header.pop()
    return header


def listed(names: list[str]) -> str:
    """Names of columns in a sentence."""
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return ", ".join(f"“{name[:40]}”" for name in names[:MOST_NAMED]) + more


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
