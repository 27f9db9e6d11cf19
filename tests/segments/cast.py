"""Builders for the tests of segments: people with a history, straight into the tables."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from config.lib import lanes, sql
from profiles import eventtypes
from segments.compile import Names, names_of, people
from segments.rules import Rule, parse

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
KOLKATA = ZoneInfo("Asia/Kolkata")

Happening = tuple[str, datetime, Mapping[str, Any]]  # event, when, properties


class Someone(NamedTuple):
    """A profile and what it did."""

    id: int
    columns: Mapping[str, str | None] = {}
    properties: Mapping[str, Any] = {}
    events: Iterable[Happening] = ()
    devices: Iterable[str] = ()  # channels


def rule(**key: Any) -> Rule:
    """`rule(did={…})`; `not` is a word of Python, so `rule(not_={…})`."""
    return parse({name.rstrip("_"): body for name, body in key.items()})


def store(population: Iterable[Someone], names: Iterable[str]) -> dict[str, int]:
    """Write people and their history; return the event types of `names`, which must be all that they did."""
    population = list(population)
    types = eventtypes.ids(names, now=LONG_AGO)
    columns = ("identity", "object_id", "name", "email", "phone", "timezone")
    sql.copy(
        "profiles_profile",
        ("lane", "id", *columns, "properties", "created_at", "updated_at"),
        (
            (lanes.of(one.id), one.id, *(one.columns.get(name) for name in columns), _json(one.properties), NOON, NOON)
            for one in population
        ),
    )
    sql.copy(
        "profiles_event",
        ("lane", "id", "profile_id", "type_id", "at", "received_at", "source", "properties"),
        (
            (lanes.of(one.id), 1, one.id, types[name], at, at, "api", _json(properties))
            for one in population
            for name, at, properties in one.events
        ),
    )
    sql.copy(
        "profiles_device",
        ("lane", "profile_id", "channel", "platform", "token", "seen_at"),
        (
            (lanes.of(one.id), one.id, channel, "fcm", f"{one.id}-{number}", NOON)
            for one in population
            for number, channel in enumerate(one.devices)
        ),
    )
    return types


def put_on_list(list_id: int, profile_ids: Iterable[int]) -> None:
    """Make people members of a list."""
    sql.copy("segments_member", ("lane", "list_id", "profile_id"), ((lanes.of(i), list_id, i) for i in profile_ids))


def matching(
    rule: Rule, *, now: datetime = NOON, tz: ZoneInfo = KOLKATA, names: Names | None = None, of: list[int] | None = None
) -> set[int]:
    """The ids of those who match by SQL; of: only among these."""
    query = people(rule, now=now, tz=tz, names=names or names_of(rule), restricted=of is not None)
    found = sql.rows(query.statement, query.params | {"lanes": lanes.ALL} | ({} if of is None else {"profiles": of}))
    assert all(lane == lanes.of(profile_id) for lane, profile_id in found)
    assert len(found) == len(set(found)), "somebody is there twice"
    return {profile_id for _lane, profile_id in found}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
