"""Recording events: rows for the inbox, in sets."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from config.lib import lanes, sql

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


def _inbox_row(event: NewEvent) -> tuple[Any, ...]:
    profile_id, type_id, at, received_at, source, properties = event
    if not isinstance(properties, str):
        properties = msgspec.json.encode(properties).decode()
    return profile_id % lanes.LANES, profile_id, type_id, at, received_at, source, properties
