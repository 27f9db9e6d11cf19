"""A message on its way through a batch: claimed with its person, ready with its content, settled with its end."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from channels.base import Outgoing
from config.lib.arrays import literal


class Claimed(NamedTuple):
    """A message and its person, as `claim` returns them.

    reason: why it was not sent yet. provider_id: who failed it last, while the next of its group has its turn. sent_as:
    the channel that it goes on instead of its own. first: another profile with the address, the first that had it,
    which gets the same message in the same run. devices: of a push channel, as JSON text.
    queued_at: in PostgreSQL's words, as part of the key; day: that of queued_at as links have it; event, properties:
    JSON text.
    """

    lane: int
    id: int
    queued_at: str
    day: int
    profile_id: int
    campaign_id: int
    enrollment_id: int
    journey_id: int
    version_id: int
    node: int
    visit: int
    channel: str
    variant: str | None
    attempts: int
    reason: str | None
    provider_id: int | None
    sent_as: str | None
    event: str | None
    identity: str | None
    object_id: str | None
    name: str | None
    email: str | None
    phone: str | None
    timezone: str | None
    properties: str | None
    suppressed: str | None
    devices: str | None
    first: int | None


class Ready(NamedTuple):
    """A message about to be sent. turn: which of its campaign's ways out it takes, the first is 0."""

    message: Claimed
    outgoing: Outgoing
    turn: int = 0


class Settled(NamedTuple):
    """What became of one message. due_at: when it is tried again; None when it is finished. provider_id: who
    took it, or failed it; None before, and where the next attempt begins with the first of a group.
    """

    message: Claimed
    status: str
    reason: str | None
    address: str | None
    attempts: int
    due_at: datetime | None
    provider_id: int | None = None


def keys(messages: Sequence[Claimed]) -> dict[str, Any]:
    """The parameters by which statements find messages."""
    return {
        "lanes": literal(message.lane for message in messages),
        "ids": literal(message.id for message in messages),
        "times": literal(message.queued_at for message in messages),
        "people": literal(message.profile_id for message in messages),
        "enrollments": literal(message.enrollment_id for message in messages),
    }
