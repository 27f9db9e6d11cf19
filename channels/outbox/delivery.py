"""One batch from claim to outcome, in the two transactions that channels.outbox tells of."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction

from channels.base import Transport
from channels.campaigns import load as campaigns_of
from channels.outbox import limits, sending, settling
from channels.outbox.prepare import prepare
from channels.outbox.rows import Claimed
from config.lib import sql
from config.lib.lanes import ALL

SQL = sql.load(Path(__file__).with_suffix(".sql"))


def dispatch(
    *,
    now: datetime,
    batch: int,
    lanes: Sequence[int] = ALL,
    transports: Mapping[str, Transport] | None = None,
    clock: Callable[[], datetime] | None = None,
) -> int:
    """Send up to about `batch` messages that are due; return how many were taken, 0 when nothing was due.

    transports: by channel, instead of those that the campaigns' providers say. clock: tells when sending was over, for
    the outcomes' time; without it they happen at `now`, as in a rehearsal.
    """
    with transaction.atomic():
        claimed = _claim(now, batch, lanes)
        if not claimed:
            return 0
        campaigns = campaigns_of({message.campaign_id for message in claimed}, transports)
        sends = limits.sends(claimed, campaigns, now)
        slots = limits.slots(campaigns, now)
        trials = limits.trials(campaigns, now)
        displays = limits.displays(claimed, campaigns, now)
        refused, ready = prepare(claimed, campaigns, sends, slots, trials, displays, now)
        limits.keep_slots(slots)
        limits.keep_trials(trials)
        recorded, outside = sending.record(ready, campaigns, now)
        settling.settle(refused + recorded, now)
        lease = settling.lease(outside, until=now + sending.LEASE) if outside else None

    if lease:
        sending.send(outside, campaigns, lease=lease, now=now, clock=clock or (lambda: now))
    return len(claimed)


def _claim(now: datetime, batch: int, lanes: Sequence[int]) -> list[Claimed]:
    sql.join_by_key()
    share = -(-batch // len(lanes))
    return [Claimed._make(row) for row in sql.rows(SQL["claim"], {"lanes": list(lanes), "share": share, "now": now})]
