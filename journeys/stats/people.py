"""Who is inside a version now, a page at a time."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from config.lib import lanes, sql

SQL = sql.load(Path(__file__).with_suffix(".sql"))
PAGE = 50


class Inside(NamedTuple):
    """One stay. phase: asleep (on the way to the node), sending, waiting; due_at: when the clock comes, if it does."""

    enrollment: int
    profile: int
    identity: str | None
    name: str | None
    email: str | None
    node: int
    phase: str
    entered_at: datetime
    arrived_at: datetime
    due_at: datetime | None


def inside(version_id: int, *, node: int | None = None, after: int | None = None) -> list[Inside]:
    """Up to PAGE + 1 people inside, longest first, behind the enrollment `after`; one more: there are more."""
    params = {"lanes": lanes.ALL, "version": version_id, "node": node, "after": after or 0, "most": PAGE + 1}
    return [Inside(*row) for row in sql.rows(SQL["inside"], params)]
