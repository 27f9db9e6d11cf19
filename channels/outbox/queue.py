"""Messages go into the outbox, and are taken back while nobody sends them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from channels import ondevice, policy
from config.lib import sql
from config.lib.lanes import ALL

SQL = sql.load(Path(__file__).with_suffix(".sql"))

QUEUE_COLUMNS = (
    "lane",
    "queued_at",
    "profile_id",
    "campaign_id",
    "enrollment_id",
    "journey_id",
    "version_id",
    "node",
    "visit",
    "channel",
    "due_at",
    "event",
)


def queue(rows: Iterable[Sequence[Any]]) -> int:
    """COPY messages into the outbox in the caller's transaction; return how many. Each row holds QUEUE_COLUMNS.

    due_at: not to be sent before; event: JSON text {"name", "at", "properties"}, or None. The caller wakes
    `channels.dispatch`.
    """
    return sql.copy("channels_message", QUEUE_COLUMNS, rows)


def queue_late(rows: Iterable[Sequence[Any]]) -> int:
    """Like `queue`, for messages whose time has passed on the person's clock: they end as unreachable (domain 15.8)."""
    return sql.copy("channels_message", (*QUEUE_COLUMNS, "reason"), ((*row, policy.LATE) for row in rows))


def cancel(*, lanes: Sequence[int], enrollment_ids: Sequence[int], reason: str, now: datetime) -> int:
    """Cancel what is still queued for people who left; return how many messages. What is being sent goes out."""
    params = {"lanes": list(lanes), "enrollment_ids": list(enrollment_ids), "reason": reason, "now": now}
    return sql.run(SQL["cancel"], params)


def withdraw(*, lanes: Sequence[int], enrollment_ids: Sequence[int]) -> int:
    """Take back what waits on the devices of people who left; return how many messages."""
    return ondevice.withdraw(lanes=lanes, enrollment_ids=enrollment_ids)


def next_due(lanes: Sequence[int] = ALL) -> datetime | None:
    """When the next message that is queued comes due; None when none is queued."""
    ((at,),) = sql.rows(SQL["next"], {"lanes": list(lanes)})
    return at
