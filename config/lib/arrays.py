"""Columns of values as text: PostgreSQL's own form of an array, as one parameter, and what a COPY needs.

psycopg makes the same text of a list, but asks each element for its type and its writer: 1.5 µs a number, 5 µs a
moment, against 0.2 µs here. In a statement that settles a thousand messages with ten arrays that is the difference of a
quarter of the whole dispatch.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from types import NoneType
from typing import Any

Scalar = int | float | str | datetime | None
_REPEATED = {str, datetime, NoneType}  # equal ones have the same text


def literal(values: Iterable[Scalar]) -> str:
    """The values as an array, for a parameter that the statement casts: `unnest(%(ids)s::bigint[])`."""
    return "{" + ",".join(texts(list(values), _element)) + "}"


def texts(column: Sequence[Any], text: Callable[[Any], str]) -> Iterable[str]:
    """The text of each value of a column, made once for all that are equal: states, connectors and moments repeat."""
    kinds = set(map(type, column))
    if kinds == {int}:
        return map(str, column)
    if kinds <= _REPEATED:
        return map({value: text(value) for value in set(column)}.__getitem__, column)
    return map(text, column)


def _element(value: Scalar) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, datetime):
        return f'"{value.isoformat()}"'
    return str(value)
