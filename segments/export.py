"""The people of a rule as CSV, streamed: rows come through a server-side cursor and go out as they come, so memory
stays flat however many they are."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection
from psycopg import sql as pg

from config.lib import lanes, spreadsheet
from profiles import fields
from segments import compile, counting
from segments.rules import Rule

COLUMNS = ("Identity", "Name", "Email", "Phone")
MOST_PROPERTIES = 50
BATCH = 2_000  # rows a fetch
PATIENCE = 600.0  # seconds until a batch is there

_PEOPLE = pg.SQL("""
SELECT person.identity, person.name, person.email, person.phone, person.properties, person.object_id, person.timezone
  FROM ({}) AS matching
  JOIN profiles_profile AS person ON person.lane = matching.lane AND person.id = matching.id
""")


class Columns(NamedTuple):
    """What a row has after the address columns: names of properties, each at most once."""

    properties: tuple[str, ...]


def columns(names: Sequence[str]) -> Columns:
    """Those properties that are not among COLUMNS anyway, in the order given."""
    wanted = dict.fromkeys(fields.canonical(name.strip()) for name in names if name.strip())
    return Columns(tuple(name for name in wanted if name not in COLUMNS))


def rows(rule: Rule, chosen: Columns, *, now: datetime, tz: ZoneInfo) -> Iterator[bytes]:
    """The header, then a line a person, in no order. The query begins with the first line that is asked for.

    Raises RuleError and SegmentError as `counting.count`.
    """
    query = compile.people(rule, now=now, tz=tz)
    yield spreadsheet.row([*COLUMNS, *chosen.properties])
    with counting.limited(PATIENCE), connection.chunked_cursor() as cursor:
        cursor.execute(_PEOPLE.format(query.statement), query.params | {"lanes": lanes.ALL})
        while found := cursor.fetchmany(BATCH):
            for person in found:
                yield spreadsheet.row(_cells(person, chosen))


def _cells(person: tuple[Any, ...], chosen: Columns) -> list[str]:
    *address, properties, object_id, zone = person
    cells = [text or "" for text in address]
    if chosen.properties:
        known = {"Object ID": object_id, "Timezone": zone}
        known |= properties if isinstance(properties, dict) else msgspec.json.decode(properties)
        cells += [_text(known.get(name)) for name in chosen.properties]
    return cells


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
