"""What waits on people's devices: put down by the outbox, fetched by an app or a page, gone once it was seen.

A message of these channels is sent when it is put down here, in the transaction that claims it, so exactly once. It is
given out at every visit until the device tells that it was seen, so that a device that lost it gets it again. One that
a device would show outside its hours is discarded then (domain 5.5): it is no outcome, and the person stays where they
are.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec
from django.conf import settings
from django.db import transaction

from channels import frequency, receipts, tracking
from channels.base import Outgoing
from channels.frequency import Before, Frequency
from channels.policy import zone_of
from channels.reach import ON_DEVICE
from config.lib import lanes, sql
from config.lib.arrays import literal

SQL = sql.load(Path(__file__).with_suffix(".sql"))

INBOX = "app_inbox"
LASTS = timedelta(days=30)  # how long a message waits for a device, but in the app inbox
LONGEST_SESSION = timedelta(days=1)  # how far back a session's beginning is looked for

_COLUMNS = (
    "lane", "message_id", "day", "profile_id", "enrollment_id", "campaign_id", "channel", "priority", "since",
    "expires_at", "content",
)  # fmt: skip
_decode = msgspec.json.decode
_encode = msgspec.json.encode


class Message(Protocol):
    """What is known of a message that is put down."""

    @property
    def lane(self) -> int: ...
    @property
    def id(self) -> int: ...
    @property
    def day(self) -> int: ...
    @property
    def profile_id(self) -> int: ...
    @property
    def enrollment_id(self) -> int: ...
    @property
    def campaign_id(self) -> int: ...
    @property
    def journey_id(self) -> int: ...
    @property
    def node(self) -> int: ...
    @property
    def channel(self) -> str: ...


class Waiting(NamedTuple):
    """A message as a device gets it. key: by which the device tells what became of it; content: rendered."""

    key: str
    channel: str
    priority: int
    since: datetime
    expires_at: datetime | None
    viewed: bool
    content: dict[str, Any]


# Putting down and taking back ------------------------------------------------------------------------------------


def put_down(items: Iterable[tuple[Message, Outgoing]], *, now: datetime) -> int:
    """COPY messages for the devices of their people, in the caller's transaction; return how many."""
    return sql.copy("channels_ondevice", _COLUMNS, (_row(message, outgoing, now) for message, outgoing in items))


def _row(message: Message, outgoing: Outgoing, now: datetime) -> tuple[Any, ...]:
    content = outgoing.content
    lasts = content["ttl"] if message.channel == INBOX else LASTS
    return (
        message.lane,
        message.id,
        tracking.DAY_ZERO + timedelta(days=message.day),
        message.profile_id,
        message.enrollment_id,
        message.campaign_id,
        message.channel,
        content.get("priority", 0),
        now,
        None if lasts is None else now + lasts,
        _encode(content).decode(),
    )


def withdraw(*, lanes: Sequence[int], enrollment_ids: Sequence[int]) -> int:
    """Take back what still waits for people who left; return how many messages. The app inbox keeps what it has."""
    return sql.run(SQL["withdraw"], {"lanes": list(lanes), "enrollment_ids": list(enrollment_ids)})


def forget_expired(*, now: datetime, batch: int = 10_000) -> int:
    """Clear away what is of no use any more, some at a time; return how many messages."""
    total = forgotten = sql.run(SQL["forget"], {"now": now, "batch": batch})
    while forgotten == batch:
        forgotten = sql.run(SQL["forget"], {"now": now, "batch": batch})
        total += forgotten
    return total


# Fetching --------------------------------------------------------------------------------------------------------


def fetch(
    *, profile_id: int, timezone: str | None, now: datetime, channels: Iterable[str] = ON_DEVICE
) -> list[Waiting]:
    """What the person's device or page should show now, the first first. timezone: the person's, None if unknown.

    What may not show now is discarded.
    """
    lane, zone = lanes.of(profile_id), zone_of(timezone, settings.ACCOUNT_TIMEZONE)
    linker = tracking.Linker()
    waiting: list[Waiting] = []
    given: list[int] = []
    outside: dict[int, date] = {}
    with transaction.atomic():
        params = {"lane": lane, "profile_id": profile_id, "channels": sorted(set(channels) & ON_DEVICE), "now": now}
        for id, day, channel, priority, since, expires_at, viewed_at, content, policy, stopped in sql.rows(
            SQL["waiting"], params
        ):
            if stopped:
                continue
            hours = frequency.compile_frequency(_decode(policy).get("frequency") or {}).hours
            if hours is not None and hours.inside(now.astimezone(zone)) is None:
                outside[id] = day
                continue
            given.append(id)
            key = linker.device(tracking.reference(lane, id, (day - tracking.DAY_ZERO).days))
            waiting.append(Waiting(key, channel, priority, since, expires_at, viewed_at is not None, _decode(content)))
        if given:
            sql.run(SQL["fetched"], {"lane": lane, "ids": given, "now": now})
        if outside:
            _discard(lane, outside, now)
    return waiting


def _discard(lane: int, outside: Mapping[int, date], now: datetime) -> None:
    rows = sql.rows(
        SQL["discard"],
        {
            "lane": lane,
            "ids": list(outside),
            "oldest": datetime.combine(min(outside.values()), time(), UTC),
            "reason": frequency.OUTSIDE,
            "now": now,
        },
    )
    receipts.record_outcomes(((receipts.Found(*row), "discarded", frequency.OUTSIDE) for row in rows), at=now)


# How often -------------------------------------------------------------------------------------------------------


class Displays:
    """What decides how often messages may show, of one batch: at most two statements."""

    def __init__(self, messages: Sequence[Message], frequencies: Mapping[int, Frequency], *, now: datetime) -> None:
        """frequencies: by campaign, those that count."""
        counted = [message for message in messages if message.campaign_id in frequencies]
        self._before: dict[tuple[int, int, int], Before] = {}
        self._sessions: dict[int, datetime | None] = {}
        if not counted:
            return
        keys = {
            "lanes": literal(message.lane for message in counted),
            "people": literal(message.profile_id for message in counted),
        }
        places = {
            "journeys": literal(message.journey_id for message in counted),
            "nodes": literal(message.node for message in counted),
        }
        for profile_id, journey_id, node, shown, times in sql.rows(SQL["before"], keys | places):
            self._before[profile_id, journey_id, node] = Before(shown or (), times)
        if any(frequencies[message.campaign_id].per == "session" for message in counted):
            for profile_id, activity in sql.rows(SQL["activity"], keys | {"since": now - LONGEST_SESSION}):
                self._sessions[profile_id] = frequency.session_began((at for at in activity if at <= now), now=now)

    def before(self, message: Message) -> Before:
        """What the person came to at the node before."""
        return self._before.get((message.profile_id, message.journey_id, message.node), Before())

    def session(self, message: Message) -> datetime | None:
        """When the person's present session began; None if there is none."""
        return self._sessions.get(message.profile_id)
