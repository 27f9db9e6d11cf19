"""Events in sets: recorded into the inbox, claimed from it into the history."""

from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from config.lib import lanes, sql

SQL = sql.load(Path(__file__).with_suffix(".sql"))

INBOX_COLUMNS = ("lane", "profile_id", "type_id", "at", "received_at", "source", "properties")


class NewEvent(NamedTuple):
    """One event that is to be routed.

    at: when it happened; received_at: when it was accepted, which is when it moves people; both aware.
    source: api, device, import or system. properties: a dict, or JSON text of one; dates as ISO 8601 text.
    """

    profile_id: int
    type_id: int
    at: datetime
    received_at: datetime
    source: str
    properties: dict[str, Any] | str


def record(rows: Iterable[NewEvent]) -> int:
    """COPY events into the inbox in the caller's transaction, ids in the order given; return how many.

    The caller wakes the engine: `wake("journeys.pump")`.
    """
    return sql.copy("profiles_inbox", INBOX_COLUMNS, map(_inbox_row, rows))


def claim(held: Collection[int], *, each: int, wanted: Collection[int]) -> list[tuple[Any, ...]]:
    """Move up to `each` rows of every lane held from the inbox to the history, oldest first; return them.

    Rows are (lane, id, profile_id, type_id, at, received_at, properties as JSON text), in no order; properties are None
    for event types that are not `wanted`, and the type is 0 for events of people who are gone. The caller holds the
    lanes' locks and stays in its transaction.
    """
    return sql.rows(SQL["claim"], {"lanes": list(held), "each": each, "wanted": list(wanted)})


def _inbox_row(event: NewEvent) -> tuple[Any, ...]:
    profile_id, type_id, at, received_at, source, properties = event
    if not isinstance(properties, str):
        properties = msgspec.json.encode(properties).decode()
    return profile_id % lanes.LANES, profile_id, type_id, at, received_at, source, properties
