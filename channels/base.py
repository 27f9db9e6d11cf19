"""What every way out has in common: messages go in as a batch, one result a message comes out."""

from collections.abc import Sequence
from datetime import timedelta
from enum import Enum
from typing import Any, NamedTuple, Protocol


class Outcome(Enum):
    """What became of one message at the provider."""

    SENT = "sent"  # accepted by the provider
    FAILED = "failed"  # refused for good; trying again cannot help
    RETRY = "retry"  # went wrong, and trying again can help; counts as an attempt
    UNTRIED = "untried"  # the batch's time was over before its turn; goes back to the queue as it was


class Result(NamedTuple):
    """reason: a sentence fragment for whoever looks at the message; None when sent. dead: devices of the message that
    can be reached no more. retries: how often it may be tried again in all; None: as often as the transport has waits.
    """

    outcome: Outcome
    reason: str | None = None
    dead: tuple[int, ...] = ()
    retries: int | None = None


SENT = Result(Outcome.SENT)
UNTRIED = Result(Outcome.UNTRIED)


class Device(NamedTuple):
    """An app's token or a browser's subscription. keys: a browser's, {"p256dh", "auth"}; None for apps."""

    id: int
    platform: str
    token: str
    keys: dict[str, str] | None


class Outgoing(NamedTuple):
    """One message, rendered.

    key: the opaque message ID that providers give back in callbacks.
    address: where it goes; None for webhooks and on-device channels, which have their place in the content.
    content: as the channel's composer made it.
    devices: where a notification goes; none on other channels.
    """

    key: str
    address: str | None
    content: dict[str, Any]
    devices: tuple[Device, ...] = ()


class Transport(Protocol):
    """A provider's connection, made for the batches of one dispatch."""

    @property
    def records(self) -> bool:
        """Sends nothing outside: messages are finished in the transaction that claims them, and their content kept."""
        ...

    @property
    def backoff(self) -> tuple[timedelta, ...]:
        """The wait before each further attempt, the last one before all that follow; as many retries as there are
        waits where a result does not say another number.
        """
        ...

    def send(self, batch: Sequence[Outgoing], *, seconds: float) -> list[Result]:
        """Hand the batch over; the results are in the order of the batch. Begins no message once `seconds` have passed.

        Never raises for what a provider does: that is a result.
        """
        ...
