"""Reading the file of a custom list (domain 11.2): bytes in, rows out, nothing else.

`config.lib.csvfile` takes what point-of-sale systems write; here the columns, in any order, become identities, and
columns that nobody asked for are left out. A file that cannot be trusted as a whole raises ListError with a sentence
that names the line. A single row that cannot be read comes out as a row with a reason, and the others go on.
"""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from config.lib import csvfile
from config.lib.csvfile import SHOWN, listed
from profiles import identities
from profiles.identities import Key
from segments.errors import ListError

TYPE, IDENTITY = "Type", "Identity"  # the header as it is documented
LETTERS = {"i": "identity", "g": "object"}  # what stands in the column Type
TYPES = {"identity": "Identity", "email": "E-mail address", "phone": "Phone number", "object": "Object ID"}


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
        problem, keys_of = identities.problem, _keys
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
            elif reason := problem(identity):
                yield _bad(line, given, identity, reason if identity else "The identity is empty.")
            elif keys := keys_of(kind, identity):
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
