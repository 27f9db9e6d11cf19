"""The ways out of a campaign: its provider, or those of a provider group in order (domain 5.3, decision 41)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from channels.base import Transport
from channels.sandbox import Broken, Sandbox
from channels.transports import transport_of
from config.lib import sql

SQL = sql.load(Path(__file__).with_suffix(".sql"))

GROUP = "group"  # the kind of a provider that is a group


class Way(NamedTuple):
    """A provider and its connection. provider_id: None for one without a row: the sandbox of last resort, or a
    rehearsal's.
    """

    provider_id: int | None
    transport: Transport


def load(campaign_ids: Iterable[int]) -> dict[tuple[int, bool], tuple[Way, ...]]:
    """By campaign, and whether it is of the SMS that goes out instead: one statement, one transport a provider."""
    made: dict[int, Transport] = {}
    found: dict[tuple[int, bool], list[Way]] = defaultdict(list)
    for campaign_id, sms, name, provider_id, kind, config, sealed in sql.rows(SQL["ways"], {"ids": list(campaign_ids)}):
        if provider_id not in made:
            if kind == GROUP:
                made[provider_id] = Broken(f"the provider group “{name}” has no provider; add one")
            else:
                made[provider_id] = transport_of(kind, msgspec.json.decode(config) if config else None, sealed)
        found[campaign_id, sms].append(Way(provider_id, made[provider_id]))
    last_resort = (Way(None, Sandbox()),)
    return defaultdict(lambda: last_resort, {place: tuple(ways) for place, ways in found.items()})


def turn(ways: Sequence[Way], failed: int | None) -> int:
    """Whose turn it is, the first is 0. failed: the provider that failed the message last in this round; None when the
    round begins, and it begins anew where that one left the group or was made its last.
    """
    ids = [way.provider_id for way in ways]
    return (ids.index(failed) + 1) % len(ids) if failed is not None and failed in ids else 0
