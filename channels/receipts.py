"""What became of messages, told to the rest of the product as system events in the inbox: there they move people.

Outcomes of sending come from the outbox; receipts come afterwards, from tracking links, providers' callbacks and
rehearsals.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import msgspec

from channels.reach import KINDS, ON_DEVICE, SUPPRESSED
from channels.tracking import Ref
from config.lib import sql
from config.lib.wake import wake
from profiles import consent, eventtypes
from profiles.events import NewEvent, record

SQL = sql.load(Path(__file__).with_suffix(".sql"))

Receipt = Literal["delivered", "viewed", "clicked", "failed", "hard_bounce", "replied", "unsubscribed", "spam"]

EVENTS = {
    "sent": eventtypes.SENT,
    "failed": eventtypes.FAILED,
    "unreachable": eventtypes.UNREACHABLE,
    "discarded": eventtypes.DISCARDED,
    "delivered": eventtypes.DELIVERED,
    "viewed": eventtypes.VIEWED,
    "clicked": eventtypes.CLICKED,
    "replied": eventtypes.REPLIED,
    "unsubscribed": eventtypes.UNSUBSCRIBED,
    "hard_bounce": eventtypes.FAILED,
    "spam": eventtypes.UNSUBSCRIBED,
}
# What switches the address off, and as what.
OFF: dict[str, consent.Reason] = {"unsubscribed": "unsubscribed", "hard_bounce": "hard_bounce", "spam": "spam"}


class Message(Protocol):
    """What an event tells of a message."""

    @property
    def id(self) -> int: ...
    @property
    def profile_id(self) -> int: ...
    @property
    def campaign_id(self) -> int: ...
    @property
    def enrollment_id(self) -> int: ...
    @property
    def journey_id(self) -> int: ...
    @property
    def version_id(self) -> int: ...
    @property
    def node(self) -> int: ...
    @property
    def visit(self) -> int: ...
    @property
    def channel(self) -> str: ...
    @property
    def variant(self) -> str | None: ...


class Found(NamedTuple):
    """A message that a receipt is about."""

    lane: int
    id: int
    profile_id: int
    campaign_id: int
    enrollment_id: int
    journey_id: int
    version_id: int
    node: int
    visit: int
    channel: str
    address: str | None
    variant: str | None = None


def record_outcomes(outcomes: Iterable[tuple[Message, str, str | None]], *, at: datetime) -> None:
    """Record (message, outcome, reason) as events, in the caller's transaction; wakes the engine when it commits."""
    outcomes = list(outcomes)
    if not outcomes:
        return
    types = eventtypes.ids({EVENTS[outcome] for _message, outcome, _reason in outcomes}, now=at)
    by_outcome = {outcome: types[EVENTS[outcome]] for _message, outcome, _reason in outcomes}
    labels = _labels(message for message, _outcome, _reason in outcomes)
    record(
        NewEvent(message.profile_id, by_outcome[outcome], at, at, "system", properties(message, labels, reason=reason))
        for message, outcome, reason in outcomes
    )
    wake("journeys.pump")


def record_receipt(
    refs: Iterable[Ref], outcome: Receipt, *, at: datetime, url: str | None = None, reason: str | None = None
) -> int:
    """Record that something happened to messages after they were sent; return how many of them exist.

    url: where a click led. `unsubscribed`, `hard_bounce` and `spam` also switch the address off, for every profile that
    has it. Repeating a receipt records another event and is harmless: who has moved on is not moved again. Runs in the
    caller's transaction.
    """
    messages = _find(list(refs))
    if not messages:
        return 0
    if off := OFF.get(outcome):
        reason = reason or SUPPRESSED[off]
        for kind in set(KINDS.values()):
            addresses = [m.address for m in messages if m.address and KINDS.get(m.channel) == kind]
            consent.suppress(kind, addresses, off, now=at)
    if outcome in ("viewed", "clicked"):
        _seen([message for message in messages if message.channel in ON_DEVICE], at)
    type_id = eventtypes.ids([EVENTS[outcome]], now=at)[EVENTS[outcome]]
    labels = _labels(messages)
    record(
        NewEvent(message.profile_id, type_id, at, at, "system", properties(message, labels, url=url, reason=reason))
        for message in messages
    )
    wake("journeys.pump")
    return len(messages)


def _seen(messages: list[Found], at: datetime) -> None:
    """What was seen waits on no device any more; the app inbox keeps it, as read."""
    if messages:
        keys = {"lanes": [message.lane for message in messages], "ids": [message.id for message in messages]}
        sql.run(SQL["seen"], keys)
        sql.run(SQL["read"], keys | {"now": at})


def _find(refs: list[Ref]) -> list[Found]:
    if not refs:
        return []
    days = [ref.day for ref in refs if ref.day is not None]
    known = len(days) == len(refs)
    params = {
        "lanes": [ref.lane for ref in refs],
        "ids": [ref.id for ref in refs],
        "oldest": datetime.combine(min(days), time(), UTC) if known else datetime.min.replace(tzinfo=UTC),
        "newest": datetime.combine(max(days), time(), UTC) + timedelta(days=1)
        if known
        else datetime.max.replace(tzinfo=UTC),
    }
    return [Found(*row) for row in sql.rows(SQL["messages"], params)]


def _labels(messages: Iterable[Message]) -> dict[int, str]:
    """The labels of messages' journeys as JSON text, by campaign; those without any are missing."""
    return dict(sql.rows(SQL["labels"], {"ids": list({message.campaign_id for message in messages})}))


def properties(
    message: Message, labels: Mapping[int, str], *, url: str | None = None, reason: str | None = None
) -> str:
    """The properties of a message's events, as JSON text. labels: by campaign, as JSON text."""
    # Written out, since this runs once a message: all but url and reason are whole numbers, or words of ours.
    text = (
        f'{{"channel":"{message.channel}","journey":{message.journey_id},"version":{message.version_id},'
        f'"node":{message.node},"visit":{message.visit},"enrollment":{message.enrollment_id},"message":{message.id},'
        f'"campaign":{message.campaign_id}'
    )
    if message.variant is not None:
        text += f',"variant":{msgspec.json.encode(message.variant).decode()}'
    if message.campaign_id in labels:
        text += f',"labels":{labels[message.campaign_id]}'
    if reason is not None:
        text += f',"reason":{msgspec.json.encode(reason).decode()}'
    if url is not None:
        text += f',"url":{msgspec.json.encode(url).decode()}'
    return text + "}"
