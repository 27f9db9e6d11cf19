"""Hand messages to providers, and judge what their results mean.

To a recording transport inside the transaction that claims; to all others under a lease, see channels.outbox.
"""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
from django.db import transaction

from channels import ondevice
from channels.base import Outcome, Result, Transport
from channels.campaigns import Campaign
from channels.outbox import settling
from channels.outbox.rows import Ready, Settled, keys
from channels.reach import ON_DEVICE
from config.lib import sql
from profiles import devices

logger = logging.getLogger(__name__)

SANDBOX_COLUMNS = ("lane", "message_id", "at", "address", "content")

LEASE = timedelta(seconds=150)
# How long a batch may begin messages. What is begun then takes 120 s at most, if each of SMTP's eight waits lasts its
# 15 s.
SENDING_SECONDS = 30.0


def record(ready: list[Ready], campaigns: dict[int, Campaign], now: datetime) -> list[Settled]:
    """Hand messages to recording transports, inside the transaction, and keep what was accepted."""
    settled: list[Settled] = []
    for transport, items in _by_transport(ready, campaigns):
        settled += _judge(
            items, transport.send([item.outgoing for item in items], seconds=SENDING_SECONDS), transport, now
        )
    sent = {(item.message.lane, item.message.id) for item in settled if item.status == "sent"}
    accepted = [item for item in ready if (item.message.lane, item.message.id) in sent]
    encode = msgspec.json.encode
    if shown := [item for item in accepted if item.message.channel in ON_DEVICE]:
        ondevice.put_down(shown, now=now)
    sql.copy(
        "channels_sandboxed",
        SANDBOX_COLUMNS,
        (
            (message.lane, message.id, now, outgoing.address, encode(outgoing.content).decode())
            for message, outgoing in accepted
            if message.channel not in ON_DEVICE
        ),
    )
    return settled


def send(
    ready: list[Ready],
    campaigns: dict[int, Campaign],
    *,
    lease: uuid.UUID,
    now: datetime,
    clock: Callable[[], datetime],
) -> None:
    """Send leased messages, provider by provider, and settle each provider's when its batch is over."""
    for transport, items in _by_transport(ready, campaigns):
        try:
            results = transport.send([item.outgoing for item in items], seconds=SENDING_SECONDS)
        except Exception:
            # A mistake of ours in a transport. What it had sent already is not known, and fewer would be worse than
            # twice.
            logger.exception("A transport failed with %s messages of %s.", len(items), transport)
            results = [Result(Outcome.RETRY, "internal error while sending")] * len(items)
        over = clock()
        with transaction.atomic():
            sql.join_by_key()
            # Whoever took over after our lease ran out settles those himself.
            ours = set(sql.rows(settling.SQL["hold"], keys([item.message for item in items]) | {"lease": lease}))
            judged = _judge(items, results, transport, over)
            dead = [(item.message.lane, id) for item, result in zip(items, results, strict=True) for id in result.dead]
            devices.switch_off(dead)
            settling.settle([item for item in judged if (item.message.lane, item.message.id) in ours], over)


def _by_transport(ready: list[Ready], campaigns: dict[int, Campaign]) -> list[tuple[Transport, list[Ready]]]:
    groups: dict[int, tuple[Transport, list[Ready]]] = {}
    for item in ready:
        transport = campaigns[item.message.campaign_id].transport
        groups.setdefault(id(transport), (transport, []))[1].append(item)
    return list(groups.values())


def _judge(items: list[Ready], results: list[Result], transport: Transport, now: datetime) -> list[Settled]:
    """What the provider's results mean for the messages."""
    settled = []
    waits = transport.backoff
    for (message, outgoing), (outcome, reason, _dead, retries) in zip(items, results, strict=True):
        attempts = message.attempts
        if outcome is Outcome.SENT:
            settled.append(Settled(message, "sent", None, outgoing.address, attempts + 1, None))
        elif outcome is Outcome.UNTRIED:
            settled.append(Settled(message, "queued", None, None, attempts, now))
        elif outcome is Outcome.RETRY and waits and attempts < (len(waits) if retries is None else retries):
            again = now + waits[min(attempts, len(waits) - 1)]
            settled.append(Settled(message, "queued", reason, None, attempts + 1, again))
        else:
            settled.append(Settled(message, "failed", reason, None, attempts + 1, None))
    return settled
