"""The campaigns of a batch of messages: what is sent, by which rules and through what, compiled once a process."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from channels import policy, variants
from channels.base import Transport
from channels.policy import Cap, Policy
from channels.transports import transport_of
from channels.variants import Compiled
from config.lib import sql

SQL = sql.load(Path(__file__).with_suffix(".sql"))


class Campaign(NamedTuple):
    """What a batch needs of a campaign. objects: Journey, Node and Campaign as templates see them; cap: the channel's
    limit, None where there is none or the node is excepted; stopped: nothing is sent any more; winner: of its A/B test,
    empty before it is known.
    """

    message: Compiled
    objects: dict[str, Any]
    policy: Policy
    cap: Cap | None
    stopped: bool
    winner: str
    transport: Transport

    @property
    def limited(self) -> bool:
        """What people were sent before decides."""
        return self.cap is not None or self.policy.limits_node


_Version = tuple[int, int, str]  # campaign id, revision, xmin
_Compiled = tuple[Compiled, dict[str, Any], Policy]


class _Cache:
    """Compiled campaigns of this process, the latest used kept."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held: dict[_Version, _Compiled] = {}

    def get(self, version: _Version) -> _Compiled | None:
        found = self._held.pop(version, None)
        if found:
            self._held[version] = found  # moved to the end
        return found

    def put(self, version: _Version, compiled: _Compiled) -> None:
        self._held[version] = compiled
        while len(self._held) > self._size:
            del self._held[next(iter(self._held))]


_compiled = _Cache(500)


def load(ids: Iterable[int], transports: Mapping[str, Transport] | None) -> dict[int, Campaign]:
    """The campaigns of a batch, compiled: one statement, and one more for those that this process has not compiled
    yet.
    """
    rows = sql.rows(SQL["campaigns"], {"ids": list(ids)})
    versions = {row[0]: row[:3] for row in rows}
    held = {campaign_id: found for campaign_id, version in versions.items() if (found := _compiled.get(version))}
    if missing := versions.keys() - held.keys():
        channels = {row[0]: row[3] for row in rows}
        for campaign_id, content, options, context, rules in sql.rows(SQL["contents"], {"ids": list(missing)}):
            channel = channels[campaign_id]
            message = variants.compile_variants(
                channel, msgspec.json.decode(content), msgspec.json.decode(options) if options else None
            )
            compiled_policy = policy.compile_policy(channel, msgspec.json.decode(rules))
            held[campaign_id] = message, msgspec.json.decode(context), compiled_policy
            _compiled.put(versions[campaign_id], held[campaign_id])
    made: dict[object, Transport] = {}  # one transport a provider and batch
    campaigns = {}
    for campaign_id, _revision, _xmin, channel, stopped, winner, provider_id, kind, config, secrets, *limit in rows:
        if transports is not None:
            transport = transports[channel]
        else:
            if provider_id not in made:
                made[provider_id] = transport_of(kind, msgspec.json.decode(config) if config else None, secrets)
            transport = made[provider_id]
        message, context, rules = held[campaign_id]
        cap = Cap(*limit) if rules.capped and any(limit) else None
        campaigns[campaign_id] = Campaign(message, context, rules, cap, stopped, winner or "", transport)
    return campaigns
