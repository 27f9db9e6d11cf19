"""A notification goes to each of the person's devices; it is sent when one of their services took it (domain 5.1)."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings

from channels import http
from channels.base import SENT, Device, Outcome, Outgoing, Result

TIMEOUT_SECONDS = 10.0
BACKOFF = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5))  # three retries, domain 5.8
RETRIES = {"apns": 1, "chrome": 6}  # of the platforms that have another number
GONE = "its token is no longer known"


class Delivery(NamedTuple):
    """One message for one device."""

    outgoing: Outgoing
    device: Device


def send(
    batch: Sequence[Outgoing], send_one: Callable[[Delivery], Result], *, seconds: float, timeout: float, name: str
) -> list[Result]:
    """One result a message, from those of its devices, which are sent to side by side."""
    deliveries = [Delivery(outgoing, device) for outgoing in batch for device in outgoing.devices]
    results = iter(http.side_by_side(deliveries, send_one, seconds=seconds, timeout=timeout, name=name))
    return [_together([(device, next(results)) for device in outgoing.devices]) for outgoing in batch]


def gone(device: Device) -> Result:
    """The service does not know the token any more: the device is switched off, and nothing is tried again there."""
    return Result(Outcome.FAILED, GONE, (device.id,))


def _together(results: list[tuple[Device, Result]]) -> Result:
    """What became of a message, from what became of it at each device. It is tried again as often as the most patient
    device asks for.
    """
    dead = tuple(gone for _, result in results for gone in result.dead)
    for outcome in (Outcome.SENT, Outcome.RETRY, Outcome.UNTRIED, Outcome.FAILED):
        if alike := [(device, result) for device, result in results if result.outcome is outcome]:
            again = [RETRIES.get(device.platform, len(BACKOFF)) for device, _ in alike]
            return Result(outcome, alike[0][1].reason, dead, max(again) if outcome is Outcome.RETRY else None)
    return Result(Outcome.FAILED, "there is no device to send to")


def seconds_left(content: dict[str, Any], now: float) -> int | None:
    """How long the notification is of use, from `now`, in seconds since 1970; None: as long as the service keeps it."""
    if content.get("ttl") is not None:
        return int(content["ttl"].total_seconds())
    expires: datetime | None = content.get("expires")
    if expires is None:
        return None
    local = expires if expires.tzinfo else expires.replace(tzinfo=ZoneInfo(settings.ACCOUNT_TIMEZONE))
    return max(0, int(local.timestamp() - now))


def sent_or(status: int) -> Result:
    """The result of a reply that says nothing of the token."""
    return SENT if 200 <= status < 300 else http.answered(status)
