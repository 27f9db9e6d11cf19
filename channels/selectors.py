"""Reads of messages, for pages. Always a bounded page of rows, never a count of them all."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from channels.models import Campaign, Message, Sandboxed
from config.lib import lanes, sql

SQL = sql.load(Path(__file__).with_suffix(".sql"))


class Row(NamedTuple):
    """One message as a list shows it."""

    id: int
    lane: int
    queued_at: datetime
    profile_id: int
    campaign_id: int
    journey_id: int
    node: int
    channel: str
    status: str
    reason: str | None
    address: str | None
    finished_at: datetime | None
    attempts: int


class Sent(NamedTuple):
    """One message as its person's timeline shows it. due_at: when it is looked at next; None when it is finished."""

    id: int
    at: datetime
    channel: str
    status: str
    reason: str | None
    journey_id: int
    version_id: int
    node: int
    finished_at: datetime | None
    due_at: datetime | None


def latest(
    *,
    since: datetime,
    until: datetime,
    before: int | None = None,
    status: str | None = None,
    reason: str | None = None,
    channel: str | None = None,
    journey: int | None = None,
    node: int | None = None,
    limit: int = 50,
) -> list[Row]:
    """Messages queued since ≤ … < until, the newest first; those before a message's id, for the next page.

    reason: a part of it, in any case.
    """
    params = {
        "lanes": lanes.ALL,
        "since": since,
        "until": until,
        "before": before,
        "status": status,
        "reason": reason,
        "channel": channel,
        "journey": journey,
        "node": node,
        "limit": limit,
    }
    return [Row(*row) for row in sql.rows(SQL["latest"], params)]


def of_person(profile_id: int, *, before: datetime, limit: int = 50) -> list[Sent]:
    """A person's messages queued before an instant, the newest first."""
    params = {"lane": lanes.of(profile_id), "profile_id": profile_id, "before": before, "limit": limit}
    return [Sent(*row) for row in sql.rows(SQL["person"], params)]


def get_message(message_id: int) -> Message | None:
    """A message by its id, with its campaign and provider; None if there is none."""
    found = Message.objects.filter(lane__in=lanes.ALL, pk=message_id)
    return found.select_related("campaign__provider", "provider").first()


def recorded(message: Message) -> Sandboxed | None:
    """What the sandbox recorded of a message; None if it went elsewhere, or nowhere."""
    return Sandboxed.objects.filter(lane=message.lane, pk=message.pk).first()


def journeys() -> dict[int, str]:
    """The journeys that messages may come from: id → name as of their latest publishing."""
    contexts = Campaign.objects.order_by("pk").values_list("context__Journey__id", "context__Journey__name")
    return {id: name for id, name in contexts if id is not None}
