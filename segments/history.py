"""What rules need to know of a batch of people, loaded with one statement a kind (`rules.needs` says which)."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from config.lib import sql
from profiles.fields import SYSTEM_FIELDS
from segments.compile import Names
from segments.match import Happened, Person
from segments.reach import DEVICES, SWITCHED_OFF
from segments.rules import Needs

SQL = sql.load(Path(__file__).with_suffix(".sql"))


def load(
    profile_ids: Collection[int], type_ids: Collection[int], since: datetime | None, *, lanes: Collection[int]
) -> dict[int, list[Happened]]:
    """The history of some people in order of time, then receipt; since: the oldest instant, None for all. Those who did
    nothing are missing."""
    found: dict[int, list[Happened]] = defaultdict(list)
    if profile_ids and type_ids:
        params = {"lanes": list(lanes), "profiles": list(profile_ids), "types": list(type_ids), "since": since}
        for profile_id, type_id, at, properties, id in sql.rows(SQL["events"], params):
            found[profile_id].append((type_id, at, msgspec.json.decode(properties), id))
    return dict(found)


def fields(profile_ids: Collection[int], *, lanes: Collection[int]) -> dict[int, dict[str, Any]]:
    """The properties and system fields of some profiles by name; profiles that are gone are missing."""
    params = {"lanes": list(lanes), "profiles": list(profile_ids)}
    return {
        profile_id: msgspec.json.decode(properties) | dict(zip(SYSTEM_FIELDS, columns, strict=True))
        for profile_id, *columns, properties in sql.rows(SQL["fields"], params)
    }


def lists(
    profile_ids: Collection[int], list_ids: Collection[int], *, lanes: Collection[int]
) -> dict[int, frozenset[str]]:
    """The names of those of some lists that people are on; those on none are missing."""
    found: dict[int, set[str]] = defaultdict(set)
    if list_ids:
        params = {"lanes": list(lanes), "profiles": list(profile_ids), "lists": list(list_ids)}
        for profile_id, name in sql.rows(SQL["lists"], params):
            found[profile_id].add(name)
    return {profile_id: frozenset(names) for profile_id, names in found.items()}


def reach(profile_ids: Collection[int], *, lanes: Collection[int]) -> dict[int, dict[str, Any]]:
    """What `segments.reach` must know of some profiles besides their fields; profiles that are gone are missing."""
    params = {"lanes": list(lanes), "profiles": list(profile_ids)}
    return {
        profile_id: {SWITCHED_OFF: frozenset(off), DEVICES: frozenset(devices)}
        for profile_id, off, devices in sql.rows(SQL["reach"], params)
    }


def people(profile_ids: Collection[int], needs: Needs, *, names: Names, lanes: Collection[int]) -> Mapping[int, Person]:
    """Some people with all that a rule needs, in at most four statements whatever their number."""
    type_ids = [names.types[name] for name in needs.events if name in names.types]
    events = load(profile_ids, type_ids, needs.since, lanes=lanes)
    known = fields(profile_ids, lanes=lanes) if needs.profile else {}
    if needs.reach:
        more = reach(profile_ids, lanes=lanes)
        known = {profile_id: found | more.get(profile_id, {}) for profile_id, found in known.items()}
    member = lists(profile_ids, [names.lists[name] for name in needs.lists], lanes=lanes)
    return {
        profile_id: Person(known.get(profile_id, {}), events.get(profile_id, ()), member.get(profile_id, frozenset()))
        for profile_id in profile_ids
    }
