"""What the columns of a file mean: which one says who, and which property each of the others changes, how.

A mapping turns the cells of a row into a record as POST /1/upload takes it. An empty cell says nothing, as a null does
there.
"""

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from config.lib.errors import SojournError
from profiles import fields, records
from profiles.codes import Code, Refused
from profiles.imports import local_instant

WHO = {"identity": "Identity, e-mail or phone", "objectId": "Object ID"}  # as records have them
TYPES = {
    "string": "Text",
    "number": "Number (1234.5)",
    "number_comma": "Number (1.234,5)",
    "boolean": "Yes or no",
    "date": "Date",
    "list": "List",
}
OPERATORS = {
    "$set": "Set",
    "$add": "Add to list",
    "$remove": "Remove from list",
    "$incr": "Increase by",
    "$decr": "Decrease by",
    "$delete": "Delete",
}
_NUMBERS = ("number", "number_comma")
_FITTING = {  # operators that need certain types
    "$add": ("string", "list"),
    "$remove": ("string", "list"),
    "$incr": _NUMBERS,
    "$decr": _NUMBERS,
}
YES, NO = frozenset({"true", "yes", "y", "1"}), frozenset({"false", "no", "n", "0"})


class MappingError(SojournError):
    """The mapping does not fit the file, or itself."""

    code = "mapping"


@dataclass(frozen=True, slots=True)
class Column:
    """One column that changes a property. format: of dates, as for strptime; empty: ISO 8601. separator: of lists."""

    column: str
    property: str
    type: str = "string"
    op: str = "$set"
    format: str = ""
    separator: str = ","


@dataclass(frozen=True, slots=True)
class Plan:
    """A mapping. who: the column that says who; kind: one of WHO. Columns that are not named are left out."""

    who: str
    kind: str
    columns: tuple[Column, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Plan":
        return cls(stored["who"], stored["kind"], tuple(Column(**column) for column in stored["columns"]))


Cells = Sequence[str]


def check(plan: Plan, header: Sequence[str]) -> None:
    """Raises MappingError, with a sentence, if the plan does not fit a file with this header."""
    names = [plan.who, *(column.column for column in plan.columns)]
    for name in names:
        if header.count(name) != 1:
            how = "more than once" if name in header else "not at all"
            raise MappingError(f"The file has the column “{name}” {how}.")
    if plan.kind not in WHO:
        raise MappingError(f"“{plan.who}” holds identities or object IDs, not “{plan.kind}”.")
    seen: set[str] = set()
    for column in plan.columns:
        _check_column(column)
        name = fields.canonical(column.property)
        if name in seen:
            raise MappingError(f"Two columns change “{name}”; a record can say only one thing of it.")
        seen.add(name)


def reader(plan: Plan, header: Sequence[str], zone: tzinfo) -> Callable[[Cells], dict[str, Any]]:
    """The function that makes a record of a row's cells. zone: of dates without an offset. It raises Refused.

    Raises MappingError as `check` does.
    """
    check(plan, header)
    who = header.index(plan.who)
    columns = [(header.index(it.column), it.property, _value_of(it, zone), _wrapped(it.op)) for it in plan.columns]
    kind, width = plan.kind, len(header)

    def read(cells: Cells) -> dict[str, Any]:
        if len(cells) != width and any(map(str.strip, cells[width:] or ("-",))):
            raise Refused(Code.BAD_STRUCTURE, f"The row has {len(cells):,} cells; the header has {width:,}.")
        properties = {}
        for place, name, value_of, wrapped in columns:
            if text := cells[place].strip():
                value = value_of(text)
                properties[name] = wrapped(value) if wrapped else value
        return {"type": "profile", kind: cells[who].strip(), "profileData": properties}

    return read


def guess(header: Sequence[str], rows: Sequence[Cells]) -> Plan:
    """The mapping that a file most likely means, from its header and first rows. The person can change all of it."""
    names = [name for name in header if name and header.count(name) == 1]
    who, kind = _guess_who(names)
    columns = []
    for name in names:
        values = [cells[place].strip() for cells in rows if (place := header.index(name)) < len(cells)]
        system = fields.is_system(name)
        title = fields.canonical(name)
        if name == who or title == "Object ID":
            continue
        bare = "string" if system and title != "DOB" else _guess_type([value for value in values if value])
        property_name = title if system else re.sub(r"\s+", " ", name).strip()
        columns.append(Column(name, _allowed(property_name), bare, separator="|" if bare == "list" else ","))
    return Plan(who, kind, tuple(columns))


def _check_column(column: Column) -> None:
    where = f"Column “{column.column}”"
    if column.type not in TYPES:
        raise MappingError(f"{where}: there is no type “{column.type}”; the types are {', '.join(TYPES)}.")
    if column.op not in OPERATORS:
        raise MappingError(f"{where}: there is no operator “{column.op}”; there are {', '.join(OPERATORS)}.")
    fitting = _FITTING.get(column.op)
    if fitting and column.type not in fitting:
        raise MappingError(f"{where}: {column.op} works on {' or '.join(fitting)}, not on {column.type}.")
    if column.type == "list" and not column.separator:
        raise MappingError(f"{where}: say what separates the items of the list.")
    if column.type == "date" and column.format:
        _check_format(where, column.format)
    # The property is judged by the very code that will judge each row; a value that fits any of them is not needed.
    if problem := records.property_problem(column.property):
        raise MappingError(f"{where}: {problem}")
    if fields.canonical(column.property) in ("Identity", "Object ID"):
        raise MappingError(f"{where}: who it is comes from one column alone, and is not changed by another.")
    if fields.is_system(column.property) and column.op not in ("$set", "$delete"):
        raise MappingError(f"{where}: {column.property} is a system property; {column.op} does not fit it.")


def _check_format(where: str, form: str) -> None:
    sample = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
    try:
        again = datetime.strptime(sample.strftime(form), form)  # noqa: DTZ007
    except ValueError:
        raise MappingError(f"{where}: “{form}” is no date format; write one like %d.%m.%Y.") from None
    if (again.year, again.month, again.day) != (2026, 3, 2):
        raise MappingError(f"{where}: “{form}” does not tell year, month and day; write one like %d.%m.%Y.")


def _wrapped(op: str) -> Callable[[Any], Any] | None:
    """How a value stands in a record; None: as it is."""
    if op == "$set":
        return None
    return lambda value: {op: value}


def _value_of(column: Column, zone: tzinfo) -> Callable[[str], Any]:
    """The function that reads a cell that is not empty. It raises Refused."""
    name, form, separator = column.column, column.format, column.separator

    def refuse(text: str, what: str) -> Refused:
        return Refused(Code.BAD_STRUCTURE, f"{name} is “{text[:40]}”, which is no {what}.")

    def number(text: str) -> float | int:
        try:
            value: float | int = int(text) if text.lstrip("+-").isdecimal() else float(text)
        except ValueError:
            raise refuse(text, "number") from None
        if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
            raise refuse(text, "number")
        return value

    def number_comma(text: str) -> float | int:
        return number(text.replace(".", "").replace(",", "."))

    def boolean(text: str) -> bool:
        lowered = text.lower()
        if lowered not in YES and lowered not in NO:
            raise refuse(text, "yes or no")
        return lowered in YES

    @functools.lru_cache(maxsize=10_000)  # dates crowd on few days
    def date(text: str) -> str:
        try:
            moment = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007
            instant = moment if moment.tzinfo else local_instant(moment, zone)
            return f"$D_{int(instant.timestamp())}"
        except (ValueError, OverflowError):
            raise refuse(text, f"date written as {form}" if form else "date such as 2026-03-02") from None

    def items(text: str) -> list[str]:
        return [item for part in text.split(separator) if (item := part.strip())]

    if column.op == "$delete":
        return lambda text: 1
    readers: dict[str, Callable[[str], Any]] = {
        "number": number,
        "number_comma": number_comma,
        "boolean": boolean,
        "date": date,
        "list": items,
    }
    return readers.get(column.type, str)


def _guess_who(names: Sequence[str]) -> tuple[str, str]:
    for pattern, kind in (
        (r"identity", "identity"),
        (r"object[-_ ]?id", "objectId"),
        (r"(customer|member|user|loyalty|kunden?)[-_ ]?(id|no|nr|number|nummer)?|id", "identity"),
        (r"e[-_ ]?mail", "identity"),
        (r"phone|mobile", "identity"),
    ):
        for name in names:
            if re.fullmatch(pattern, name.strip(), re.IGNORECASE):
                return name, kind
    return (names[0] if names else ""), "identity"


def _guess_type(values: Sequence[str]) -> str:
    """What all of some values can be read as."""
    if not values:
        return "string"
    tests: Iterable[tuple[str, Callable[[str], object]]] = (
        ("boolean", lambda text: text.lower() in {"true", "false", "yes", "no"}),
        # What begins with a zero or a plus is a code or a phone number, and would lose it.
        ("number", lambda text: re.fullmatch(r"-?(0|[1-9]\d{0,14})(\.\d+)?", text)),
        ("number_comma", lambda text: re.fullmatch(r"-?(0|[1-9]\d{0,2}(\.\d{3})*|[1-9]\d*),\d+", text)),
        ("date", lambda text: re.match(r"\d{4}-\d\d-\d\d", text) and _is_iso(text)),
        ("list", lambda text: "|" in text),
    )
    return next((kind for kind, fits in tests if all(map(fits, values))), "string")


def _is_iso(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _allowed(name: str) -> str:
    """A column's name as a property can be called."""
    return "".join(" " if char in records.FORBIDDEN_PROFILE else char for char in name).strip()[: records.LONGEST_NAME]
