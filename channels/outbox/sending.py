"""Hand messages to providers, and judge what their results mean.

To a recording transport inside the transaction that claims; to all others under a lease, see channels.outbox.
"""

import logging
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
from django.db import transaction

from channels import ondevice, policy
from channels.base import UNTRIED, Outcome, Result, Transport
from channels.campaigns import Campaign
from channels.outbox import settling
from channels.outbox.rows import Claimed, Ready, Settled, keys
from channels.reach import ON_DEVICE
from channels.ways import Way
from config.lib import sql
from profiles import devices

logger = logging.getLogger(__name__)

SANDBOX_COLUMNS = ("lane", "message_id", "at", "address", "content")

LEASE = timedelta(seconds=150)
# How long a batch may begin messages. What is begun then takes 120 s at most, if each of SMTP's eight waits lasts its
# 15 s.
SENDING_SECONDS = 30.0


def record(ready: list[Ready], campaigns: dict[int, Campaign], now: datetime) -> tuple[list[Settled], list[Ready]]:
    """Hand messages to recording transports, inside the transaction, and keep what was accepted; return what is settled
    by that, and what has its turn outside.
    """
    settled: list[Settled] = []
    outside: list[Ready] = []
    while ready:
        outside += [item for item in ready if not _way(item, campaigns).transport.records]
        turns = [item for item in ready if _way(item, campaigns).transport.records]
        ready = []
        for transport, items in _by_transport(turns, campaigns):
            results = transport.send([item.outgoing for item in items], seconds=SENDING_SECONDS)
            judged, onward = _judge(items, results, campaigns, now)
            _keep(items, judged, now)
            settled += judged
            ready += onward
    return settled, outside


def send(
    ready: list[Ready],
    campaigns: dict[int, Campaign],
    *,
    lease: uuid.UUID,
    now: datetime,
    clock: Callable[[], datetime],
) -> None:
    """Send leased messages, provider by provider, and settle each provider's when its batch is over. What one of a
    group fails, the next one is given under the same lease, as long as messages may be begun; then in a later batch.
    """
    end = time.monotonic() + SENDING_SECONDS
    while ready:
        batches = _by_transport(ready, campaigns)
        ready = []
        for place, (transport, items) in enumerate(batches):
            # All share the time, so that the last one too begins nothing that could outlive the lease.
            results = _ask(transport, items, (end - time.monotonic()) / (len(batches) - place))
            over = clock()
            with transaction.atomic():
                sql.join_by_key()
                # Whoever took over after our lease ran out settles those himself.
                held = sql.rows(settling.SQL["hold"], keys([item.message for item in items]) | {"lease": lease})
                ours = set(held)
                judged, onward = _judge(items, results, campaigns, over)
                judged = [item for item in judged if (item.message.lane, item.message.id) in ours]
                dead = [(item.message.lane, id) for item, it in zip(items, results, strict=True) for id in it.dead]
                devices.switch_off(dead)
                if transport.records:
                    _keep(items, judged, over)
                settling.settle(judged, over)
            ready += [item for item in onward if (item.message.lane, item.message.id) in ours]


def _ask(transport: Transport, items: list[Ready], seconds: float) -> list[Result]:
    if seconds <= 0:
        return [UNTRIED] * len(items)
    try:
        return transport.send([item.outgoing for item in items], seconds=seconds)
    except Exception:
        # A mistake of ours in a transport. What it had sent already is not known, and fewer would be worse than twice.
        logger.exception("A transport failed with %s messages of %s.", len(items), transport)
        return [Result(Outcome.RETRY, "internal error while sending")] * len(items)


def _keep(items: list[Ready], settled: list[Settled], now: datetime) -> None:
    """Keep the content of what a recording transport accepted, in the transaction that settles it."""
    sent = {(item.message.lane, item.message.id) for item in settled if item.status == "sent"}
    accepted = [(item.message, item.outgoing) for item in items if (item.message.lane, item.message.id) in sent]
    if shown := [it for it in accepted if it[0].channel in ON_DEVICE]:
        ondevice.put_down(shown, now=now)
    sql.copy(
        "channels_sandboxed",
        SANDBOX_COLUMNS,
        (
            (message.lane, message.id, now, outgoing.address, msgspec.json.encode(outgoing.content).decode())
            for message, outgoing in accepted
            if message.channel not in ON_DEVICE
        ),
    )


def _way(item: Ready, campaigns: dict[int, Campaign]) -> Way:
    return campaigns[item.message.campaign_id].ways_of(item.message.sent_as)[item.turn]


def _by_transport(ready: list[Ready], campaigns: dict[int, Campaign]) -> list[tuple[Transport, list[Ready]]]:
    groups: dict[int, tuple[Transport, list[Ready]]] = {}
    for item in ready:
        transport = _way(item, campaigns).transport
        groups.setdefault(id(transport), (transport, []))[1].append(item)
    return list(groups.values())


def _judge(
    items: list[Ready], results: list[Result], campaigns: dict[int, Campaign], now: datetime
) -> tuple[list[Settled], list[Ready]]:
    """What the provider's results mean for the messages: those that end or wait, and those that the next of the group
    is given at once. A round through the group is one attempt; the last one's waits and retries count.
    """
    settled: list[Settled] = []
    onward: list[Ready] = []
    for item, (outcome, reason, _dead, retries) in zip(items, results, strict=True):
        message, attempts = item.message, item.message.attempts
        campaign = campaigns[message.campaign_id]
        provider, transport = _way(item, campaigns)
        waits = transport.backoff
        if outcome is Outcome.SENT:
            told = _told(message)
            settled.append(Settled(message, "sent", told, item.outgoing.address, attempts + 1, None, provider))
        elif outcome is Outcome.UNTRIED:
            why = message.reason if message.provider_id is not None or message.sent_as else None
            settled.append(Settled(message, "queued", why, None, attempts, now, message.provider_id))
        elif outcome is Outcome.RETRY and item.turn + 1 < len(campaign.ways_of(message.sent_as)):
            failed = message if message.sent_as else message._replace(reason=reason)
            onward.append(Ready(failed._replace(provider_id=provider), item.outgoing, item.turn + 1))
        elif outcome is Outcome.RETRY and waits and attempts < (len(waits) if retries is None else retries):
            again = now + waits[min(attempts, len(waits) - 1)]
            settled.append(Settled(message, "queued", reason, None, attempts + 1, again))
        elif campaign.fallback is not None and message.sent_as is None:
            # In the next batch, with attempts of its own.
            instead = message._replace(sent_as="sms")
            settled.append(Settled(instead, "queued", f"{policy.AS_SMS}: {reason}", None, 0, now))
        else:
            settled.append(Settled(message, "failed", reason, None, attempts + 1, None, provider))
    return settled, onward


def _told(message: Claimed) -> str | None:
    """What a message that was sent still tells: that it went as an SMS, and why where that is known."""
    if message.sent_as is None:
        return None
    return message.reason if (message.reason or "").startswith(policy.AS_SMS) else policy.AS_SMS
