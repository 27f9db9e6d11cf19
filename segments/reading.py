"""Reading the file of a custom list (domain 11.2): bytes in, rows out, nothing else.

`config.lib.csvfile` takes what point-of-sale systems write; here the columns, in any order, become identities, and
columns that nobody asked for are left out. A file that cannot be trusted as a whole raises ListError with a sentence
that names the line. A single row that cannot be read comes out as a row with a reason, and the others go on.
"""

from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from config.lib import csvfile
from config.lib.csvfile import SHOWN, listed
from profiles import identities
from segments.errors import ListError

TYPE, IDENTITY = "Type", "Identity"  # the header as it is documented
LETTERS = {"i": "identity", "g": "object"}  # what stands in the column Type
TYPES = {"identity": "Identity", "email": "E-mail address", "phone": "Phone number", "object": "Object ID"}

_LONGEST_NULL = max(map(len, identities.NULL_LIKE))


class Columns(NamedTuple):
    """Where a file has its identities. column: a name in the header, with `type` one of TYPES for all of its values.
    Both empty: the documented columns Type and Identity.
    """

    column: str = ""
    type: str = ""


DOCUMENTED = Columns()


# One row, as a plain tuple because there are millions: line, where it begins; type and identity, as given, for people
# to read; kind and value, what to look it up by; other kind and other value, what by if that finds nobody; reason, why
# it cannot be read. A row without a reason has kind and value; one with a reason has neither.
Row = tuple[int, str, str, str | None, str | None, str | None, str | None, str | None]


class Cells(csvfile.Cells):
    """A file whose header has been read. Raises ListError."""

    hint = ", or choose the column that holds the identities"

    def problem(self, message: str, code: str) -> ListError:
        return ListError(message, code=f"list_{code}")


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
        return f"Columns left out: {listed(left)}." if left else ""

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
            elif not _plain(identity) and (reason := identities.problem(identity)):
                yield _bad(line, given, identity, reason if identity else "The identity is empty.")
            elif found := LOOK_UPS[kind](identity):
                yield line, given, identity, *found, None
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


def row(line: int, identity: str) -> Row:
    """A row of type i with this identity."""
    if reason := identities.problem(identity):
        return _bad(line, "i", identity, reason)
    return line, "i", identity, *_as_identity(identity), None


def _plain(identity: str) -> bool:
    """Whether an identity is good at a glance: it is too long for what stands for none, and not too long."""
    return _LONGEST_NULL < len(identity) <= identities.LONGEST and identity.isprintable()


LookUp = tuple[str, str, str | None, str | None]  # kind, value, other kind, other value


def _as_identity(identity: str) -> LookUp:
    return "identity", identity, *(identities.other_spelling(identity) or (None, None))


def _as_email(identity: str) -> LookUp | None:
    """By the address, or where the project's own identities are addresses; None if it is none."""
    address = identities.email_address(identity)
    return ("email", address, "identity", identity) if address else None


def _as_phone(identity: str) -> LookUp | None:
    number = identities.phone_number(identity)
    return ("phone", number, "identity", identity) if number else None


def _as_object(identity: str) -> LookUp:
    return "object", identity, None, None


LOOK_UPS: dict[str, Callable[[str], LookUp | None]] = {
    "identity": _as_identity,
    "email": _as_email,
    "phone": _as_phone,
    "object": _as_object,
}


def _bad(line: int, given: str, identity: str, reason: str) -> Row:
    """A row that cannot be read, shortened and without U+0000, which PostgreSQL does not store."""
    given, identity = (text[:SHOWN].replace("\0", "") for text in (given, identity))
    return line, given, identity, None, None, None, None, reason.replace("\0", "")
