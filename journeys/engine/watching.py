"""Those who are watched beside the people inside, and how many a capped version still admits, in sets."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import Any

from config.lib import sql
from config.lib.arrays import literal
from journeys import calendar
from journeys.engine.account import Account
from journeys.engine.interest import Interest
from journeys.engine.stay import Watch
from journeys.engine.walk import Walk
from journeys.folding import COUNTED

SQL = sql.load(Path(__file__).with_suffix(".sql"))

_COLUMNS = (
    "lane", "profile_id", "version_id", "role", "journey_id", "since_at", "since_id", "due_at", "event", "clocks",
)  # fmt: skip


def of_people(interesting: Interest, profiles: Sequence[int], *, lanes: Sequence[int]) -> list[Watch]:
    """Who of some people is watched in a moving version; no statement where none watches anybody."""
    if not interesting.watching:
        return []
    params = {"lanes": lanes, "profiles": literal(profiles), "versions": interesting.watching}
    return [Watch(*row) for row in sql.rows(SQL["of_people"], params)]


def due(interesting: Interest, *, lanes: Sequence[int], now: datetime, each: int) -> list[Watch]:
    """The watches whose clock has come."""
    if not interesting.watching:
        return []
    params = {"lanes": lanes, "versions": interesting.watching, "now": now, "each": each}
    return [Watch(*row) for row in sql.rows(SQL["due"], params)]


def next_due(interesting: Interest, *, lanes: Sequence[int]) -> datetime | None:
    """The earliest clock of anyone watched; None without one."""
    if not interesting.watching:
        return None
    ((earliest,),) = sql.rows(SQL["next"], {"lanes": list(lanes), "versions": interesting.watching})
    return earliest


def room(interesting: Interest, *, account: Account, now: datetime) -> dict[tuple[int, Any], int]:
    """How many each capped version still admits: (version, None) in all, (version, today's date) today."""
    capped = {
        version: it.cap
        for version, it in sorted(interesting.graphs.items())
        if it.cap.total is not None or it.cap.per_day is not None
    }
    if not capped:
        return {}
    today = calendar.local_date(now, account.zone)
    params = {"versions": list(capped), "day": today, "lanes": COUNTED}
    sql.rows(SQL["lock_room"], {"versions": list(capped)})
    entered = {version: (int(total), int(day)) for version, total, day in sql.rows(SQL["room"], params)}
    left: dict[tuple[int, Any], int] = {}
    for version, cap in capped.items():
        total, day = entered.get(version, (0, 0))
        if cap.total is not None:
            left[version, None] = cap.total - total
        if cap.per_day is not None:
            left[version, today] = cap.per_day - day
    return left


def flush(walk: Walk, *, lanes: Sequence[int]) -> None:
    """Write the watches that the walk began, changed or ended."""
    kept = [watch for _, watch in sorted(walk.watch_changes.items()) if watch is not None]
    gone = sorted(key for key, watch in walk.watch_changes.items() if watch is None)
    if kept:
        sql.run(SQL["save"], {"lanes": lanes, **{name: literal(map(attrgetter(name), kept)) for name in _COLUMNS}})
    if gone:
        profiles, versions, roles = (list(column) for column in zip(*gone, strict=True))
        sql.run(SQL["drop"], {"lanes": lanes, "profiles": profiles, "versions": versions, "roles": roles})
