"""Event types: an event name becomes a small number on first sight; names compare ignoring case and spaces.

Every call asks the table for just the names it was given: one cheap statement a batch, and nothing to go stale when a
type is discarded in the back office or a rehearsal works in a schema of its own.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from django.db import transaction

from config.lib import sql

SQL = sql.load(Path(__file__).with_suffix(".sql"))

MOST_TYPES = 512  # of a project's own; system types do not count (domain 11.1)

SENT = "Notification Sent"
DELIVERED = "Notification Delivered"
VIEWED = "Notification Viewed"
CLICKED = "Notification Clicked"
FAILED = "Notification Failed"
REPLIED = "Notification Replied"
UNREACHABLE = "Notification Unreachable"
DISCARDED = "Notification Discarded"
UNSUBSCRIBED = "Channel Unsubscribed"
DELETED = "Profile Deleted"  # the last event of a profile; the engine removes it with everything else
MERGED = "Profile Merged"  # likewise, with {"into": the profile that survives}
CHANGED = "Profile Changed"  # {property: value, null without one}, of those that `profiles.changes` is asked to tell of
APP_LAUNCHED = "App Launched"
PAGE_VISITED = "Page Visited"

# What devices record; everything else in SYSTEM is recorded by Sojourn alone.
DEVICE = (APP_LAUNCHED, PAGE_VISITED, "App Installed", "App Uninstalled", "UTM Visited", "Session Concluded")
MESSAGES = (SENT, DELIVERED, VIEWED, CLICKED, FAILED, REPLIED, UNREACHABLE, DISCARDED)
SYSTEM = (*MESSAGES, UNSUBSCRIBED, DELETED, MERGED, CHANGED, *DEVICE)

_SPACES = re.compile(r"\s+")


class EventType(NamedTuple):
    """One registered name. `discarded`: uploads of it are refused."""

    id: int
    discarded: bool


def key(name: str) -> str:
    """What two spellings of one name share: lower case, no spaces."""
    return _SPACES.sub("", name).lower()


SYSTEM_KEYS = frozenset(map(key, SYSTEM))
DEVICE_KEYS = frozenset(map(key, DEVICE))


def find(names: Iterable[str]) -> dict[str, EventType]:
    """The registered ones among the names, by the names as given. Registers nothing."""
    keys = {name: key(name) for name in names}
    found = {
        found_key: EventType(type_id, discarded)
        for type_id, found_key, discarded in sql.rows(SQL["find"], {"keys": list(set(keys.values()))})
    }
    return {name: found[name_key] for name, name_key in keys.items() if name_key in found}


def register(names: Iterable[str], *, now: datetime) -> dict[str, EventType]:
    """Find the names and register those not seen before, as spelt here. Names beyond MOST_TYPES are missing from the
    answer.

    One statement when all are known. A new name locks the table against other registrations until the transaction ends,
    so the limit holds and the same name is registered once.
    """
    names = list(dict.fromkeys(names))
    types = find(names)
    missing = {key(name): name for name in reversed(names) if name not in types}  # the first spelling wins
    if missing:
        with transaction.atomic(savepoint=False):
            sql.run(SQL["lock"])
            sql.run(
                SQL["register"],
                {
                    "keys": list(missing),
                    "names": list(missing.values()),
                    "system": [missing_key in SYSTEM_KEYS for missing_key in missing],
                    "now": now,
                    "most": MOST_TYPES,
                },
            )
        types = find(names)
    return types


def ids(names: Iterable[str], *, now: datetime) -> dict[str, int]:
    """The ids of the names, registering new ones within the limit; names beyond it are missing."""
    return {name: found.id for name, found in register(names, now=now).items()}


def type_names(type_ids: Iterable[int]) -> dict[int, str]:
    """The names of event types as first spelt; unknown ids are missing."""
    return dict(sql.rows(SQL["names"], {"ids": list(type_ids)}))


def type_name(type_id: int) -> str:
    """The name of one event type. Raises KeyError if there is none."""
    return type_names([type_id])[type_id]
