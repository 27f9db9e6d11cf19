"""Changes of profile properties that somebody must hear of: each becomes a system event in the inbox.

Most changes concern nobody, so that only those of properties that were asked for are told. Who asks is a journey that
waits for a date in the profile (domain 4.2); it asks when it is published, before it looks at anybody.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from config.lib.wake import wake
from profiles import events, eventtypes, fields
from profiles.events import NewEvent
from profiles.models import ToldProperty

Properties = Mapping[str, Any]


def tell_of(names: Iterable[str]) -> None:
    """From now on, tell of changes of these properties."""
    ToldProperty.objects.bulk_create(
        [ToldProperty(name=name) for name in sorted({fields.canonical(name) for name in names})], ignore_conflicts=True
    )


def told() -> frozenset[str]:
    """The properties whose changes are told of."""
    return frozenset(ToldProperty.objects.values_list("name", flat=True))


def differing(before: Properties, after: Properties, names: frozenset[str]) -> dict[str, Any]:
    """Those of the properties that changed, with the new value; null for one that is gone."""
    return {name: after.get(name) for name in sorted(names) if before.get(name) != after.get(name)}


def tell(changes: Iterable[tuple[int, datetime, dict[str, Any]]]) -> None:
    """Record (profile, instant, changed properties) in the inbox, in the caller's transaction."""
    changes = list(changes)
    if not changes:
        return
    type_id = eventtypes.ids([eventtypes.CHANGED], now=changes[0][1])[eventtypes.CHANGED]
    events.record(NewEvent(profile, type_id, at, at, "system", changed) for profile, at, changed in changes)
    wake("journeys.pump")
