"""Write what becomes of messages: leased to us, and settled with their outcome's event."""

import uuid
from datetime import datetime
from pathlib import Path

from channels import policy, receipts
from channels.outbox.rows import Ready, Settled, keys
from config.lib import sql
from config.lib.arrays import literal

SQL = sql.load(Path(__file__).with_suffix(".sql"))


def lease(ready: list[Ready], *, until: datetime) -> uuid.UUID:
    """Mark messages as being sent, by us, until the lease runs out."""
    ours = uuid.uuid4()
    held = [item.message for item in ready]
    drawn = literal(message.variant for message in held)
    sql.run(SQL["lease"], keys(held) | {"variants": drawn, "lease": ours, "until": until})
    return ours


def settle(settled: list[Settled], now: datetime) -> None:
    """Write outcomes and their events, in the caller's transaction, which holds the messages locked."""
    if not settled:
        return
    messages, statuses, reasons, addresses, attempts, due_ats, providers = zip(*settled, strict=True)
    sql.run(
        SQL["settle"],
        keys(messages)
        | {
            "statuses": literal(statuses),
            # What was sent keeps why it had been held.
            "reasons": literal(
                _storable(message.reason if status == "sent" and message.reason in policy.HELD else reason)
                for message, status, reason in zip(messages, statuses, reasons, strict=True)
            ),
            "addresses": literal(addresses),
            "attempts": literal(attempts),
            "due_ats": literal(due_ats),
            "variants": literal(message.variant for message in messages),
            "provider_ids": literal(providers),
            "sent_as": literal(message.sent_as for message in messages),
            "now": now,
        },
    )
    receipts.record_outcomes(
        (
            (item.message, item.status, _storable(item.reason))
            for item in settled
            if item.due_at is None and item.status != "cancelled"  # whose people are led out
        ),
        at=now,
    )


def _storable(reason: str | None) -> str | None:
    """A reason as the database can hold it: some are the words of other people's servers."""
    return reason and reason.encode(errors="replace").decode().replace("\0", "")
