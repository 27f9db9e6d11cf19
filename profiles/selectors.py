"""Reads of profiles, for pages and the API."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from config.lib import lanes, sql
from profiles import identities
from profiles.identities import Key
from profiles.models import Profile

SQL = sql.load(Path(__file__).with_suffix(".sql"))


class Happened(NamedTuple):
    """One event of a person, as a timeline shows it. routed: whether the engine has seen it."""

    id: int
    at: datetime
    name: str
    source: str
    properties: dict[str, Any]
    routed: bool


def find_profile(*, identity: str | None = None, object_id: str | None = None) -> Profile | None:
    """The profile that a value finds: an identity, e-mail address or phone number, else an object ID. None if there is
    none.
    """
    if identity and "\x00" not in identity:
        key = Key("identity", identity)
    elif object_id and "\x00" not in object_id:
        key = Key("object", object_id)
    else:
        return None
    profile_id = identities.find([key]).get(key)
    return None if profile_id is None else get_profile(profile_id)


def get_profile(profile_id: int) -> Profile | None:
    """A profile by its id; None if there is none."""
    return Profile.objects.filter(lane=lanes.of(profile_id), pk=profile_id).first()


def timeline(profile_id: int, *, before: datetime, limit: int = 50) -> list[Happened]:
    """A person's latest events that happened before an instant, the newest first, those not yet routed included."""
    found = sql.rows(
        SQL["timeline"], {"lane": lanes.of(profile_id), "profile_id": profile_id, "before": before, "limit": limit}
    )
    return [
        Happened(event_id, at, name, source, msgspec.json.decode(properties), routed)
        for event_id, at, name, source, properties, routed in found
    ]


class Occurrence(NamedTuple):
    """One event of a person, as it was received. properties: JSON text. routed: whether the engine has seen it."""

    id: int
    type_id: int
    at: datetime
    received_at: datetime
    properties: str
    routed: bool


def latest_of(profile_id: int, type_ids: Iterable[int], *, limit: int) -> list[Occurrence]:
    """A person's newest events of some types, the newest first, those not yet routed included."""
    params = {"lane": lanes.of(profile_id), "profile_id": profile_id, "types": list(type_ids), "limit": limit}
    return [Occurrence(*row) for row in sql.rows(SQL["latest_of"], params)]


def routed_events(profile_id: int, ids: Iterable[int], *, since: datetime, until: datetime) -> dict[int, Happened]:
    """Those of a person's routed events that have some ids and happened since ≤ … ≤ until, by id."""
    params = {
        "lane": lanes.of(profile_id),
        "profile_id": profile_id,
        "ids": list(ids),
        "since": since,
        "until": until,
    }
    return {
        event_id: Happened(event_id, at, name, source, msgspec.json.decode(properties), True)
        for event_id, at, name, source, properties in sql.rows(SQL["routed"], params)
    }


def names(profile_ids: Iterable[int]) -> dict[int, str]:
    """What to call people in lists: name, else identity, e-mail, object ID. Unknown ids are missing."""
    profile_ids = list(profile_ids)
    params = {"lanes": [lanes.of(each) for each in profile_ids], "ids": profile_ids}
    return dict(sql.rows(SQL["names"], params))


def property_names(*, each: int = 50) -> list[str]:
    """The names of properties that people have; of the latest `each` a lane, as there may be millions."""
    return [name for (name,) in sql.rows(SQL["property_names"], {"lanes": lanes.ALL, "each": each})]


def as_record(profile: Profile) -> dict[str, Any]:
    """A profile as the API shows it."""
    return {
        "identity": profile.identity,
        "objectId": profile.object_id,
        "name": profile.name,
        "email": profile.email,
        "phone": profile.phone,
        "timezone": profile.timezone,
        "profileData": profile.properties,
    }
