"""Sets of values as one parameter: PostgreSQL's own text form of an array.

psycopg makes the same text of a list, but asks each element for its type and its writer: 1.5 µs a number, 5 µs a
moment, against 0.2 µs here. In a statement that settles a thousand messages with ten arrays that is the difference of a
quarter of the whole dispatch.
"""

from collections.abc import Iterable
from datetime import datetime

Scalar = int | float | str | datetime | None


def literal(values: Iterable[Scalar]) -> str:
    """The values as an array, for a parameter that the statement casts: `unnest(%(ids)s::bigint[])`."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Scalar) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, datetime):
        return f'"{value.isoformat()}"'
    return str(value)
