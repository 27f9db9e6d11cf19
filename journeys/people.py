"""A person in the back office: found by a value, and shown as one story of events, moves and messages.

It lives here because only journeys sees all three. Nothing counts people: there may be millions of them.
"""

import heapq
import itertools
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from channels import selectors as channels
from config.lib import lanes, sql
from journeys.models import Journey
from profiles import selectors as profiles
from profiles.models import Profile

SQL = sql.load(Path(__file__).with_suffix(".sql"))
PAGE = 50  # people of the list, moments of the timeline


class Someone(NamedTuple):
    """A row of the list."""

    id: int
    name: str | None
    identity: str | None
    email: str | None
    phone: str | None
    created_at: datetime
    updated_at: datetime


class Moment(NamedTuple):
    """One thing of the timeline. kind: event, step or message; journey: (id, name) or None; link: a message's id."""

    at: datetime
    kind: str
    title: str
    detail: str
    status: str
    journey: tuple[int, str] | None
    properties: dict[str, str] | None
    message: int | None


class Stay(NamedTuple):
    """One stay in a journey."""

    journey_id: int
    journey: str
    version: int
    phase: str
    node: int
    node_name: str
    entered_at: datetime
    due_at: datetime | None
    exit_reason: str | None
    exited_at: datetime | None


def newest(*, before: int | None = None, limit: int = PAGE) -> list[Someone]:
    """The people who came last, newest first; those before an id, for the next page."""
    return [Someone(*row) for row in sql.rows(SQL["newest"], {"lanes": lanes.ALL, "before": before, "limit": limit})]


def find(value: str) -> list[Someone]:
    """Whom a value leads to: an identity, e-mail address, phone number, object ID, or a profile's number after #."""
    value = value.strip()
    number = value.removeprefix("#")
    if value.startswith("#") and number.isascii() and number.isdigit() and int(number) < 2**63:
        found = [profiles.get_profile(int(number))]
    else:
        found = [profiles.find_profile(identity=value), profiles.find_profile(object_id=value)]
    people = {profile.pk: profile for profile in found if profile is not None}
    return [someone(it) for it in people.values()]


def someone(profile: Profile) -> Someone:
    """A profile as a row of the list."""
    it = profile
    return Someone(it.pk, it.name, it.identity, it.email, it.phone, it.created_at, it.updated_at)


def timeline(profile_id: int, *, before: datetime, limit: int = PAGE) -> list[Moment]:
    """A person's story before an instant, newest first: at most `limit` moments, and all of the last one's instant, so
    that the next page can begin before it.
    """
    streams = (  # within one instant an event moves a person, and a move queues a message: newest first is the reverse
        _messages(profile_id, before, limit + 1),
        _steps(profile_id, before, limit + 1),
        _events(profile_id, before, limit + 1),
    )
    merged = list(heapq.merge(*streams, key=lambda moment: moment.at, reverse=True))
    page = merged[:limit]
    if page:
        page += itertools.takewhile(lambda moment: moment.at == page[-1].at, merged[limit:])
    return page


def stays(profile_id: int, *, limit: int = PAGE) -> list[Stay]:
    """The journeys a person is or was in: those under way first, then the latest."""
    params = {"lane": lanes.of(profile_id), "profile": profile_id, "limit": limit}
    return [Stay(*row) for row in sql.rows(SQL["stays"], params)]


def devices(profile_id: int) -> list[tuple[str, str, str, datetime]]:
    """(channel, platform, end of the token, last seen) of a person's devices."""
    params = {"lane": lanes.of(profile_id), "profile": profile_id}
    return sql.rows(SQL["devices"], params)


def reasons_silent(profile: Profile) -> list[tuple[str, str, datetime]]:
    """(kind, reason, since) of the person's addresses that are switched off."""
    return sql.rows(SQL["suppressed"], {"email": (profile.email or "").lower(), "phone": profile.phone or ""})


def shown(properties: Mapping[str, Any]) -> dict[str, str]:
    """Properties as people read them: a list as its items, true and false as such."""
    return {name: _shown(value) for name, value in properties.items()}


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_shown(inner)}" for name, inner in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)


def _events(profile_id: int, before: datetime, limit: int) -> list[Moment]:
    return [
        Moment(
            it.at,
            "event",
            it.name,
            it.source if it.routed else f"{it.source}, not yet routed",
            "",
            None,
            shown(it.properties),
            None,
        )
        for it in profiles.timeline(profile_id, before=before, limit=limit)
    ]


def _steps(profile_id: int, before: datetime, limit: int) -> Iterator[Moment]:
    params = {"lane": lanes.of(profile_id), "profile": profile_id, "before": before, "limit": limit}
    for at, what, journey_id, journey, version, node, label, via, outcome, reason in sql.rows(SQL["steps"], params):
        where = f" {node} {label}" if node else ""
        how = f" by {via}" if via else ""
        why = ", ".join(filter(None, (outcome, reason)))
        yield Moment(
            at,
            "step",
            f"{what.replace('_', ' ').capitalize()}{where}{how}",
            why,
            "",
            (journey_id, f"{journey} v{version}"),
            None,
            None,
        )


def _messages(profile_id: int, before: datetime, limit: int) -> list[Moment]:
    found = channels.of_person(profile_id, before=before, limit=limit)
    names = _names(message.journey_id for message in found)
    return [
        Moment(
            it.at,
            "message",
            f"{it.channel.replace('_', ' ').capitalize()} from node {it.node}",
            it.reason or "",
            it.status,
            (it.journey_id, names.get(it.journey_id, "–")),
            None,
            it.id,
        )
        for it in found
    ]


def _names(journey_ids: Iterable[int]) -> dict[int, str]:
    return dict(Journey.objects.filter(pk__in=set(journey_ids)).values_list("pk", "name"))
