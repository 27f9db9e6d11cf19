"""The campaigns of a batch of messages: what is sent, by which rules and through what, compiled once a process."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from channels import compose, policy, variants, ways
from channels.base import Transport
from channels.compose import Composer
from channels.policy import Cap, Policy
from channels.variants import Compiled
from channels.ways import Way
from config.lib import sql

SQL = sql.load(Path(__file__).with_suffix(".sql"))


class Campaign(NamedTuple):
    """What a batch needs of a campaign. objects: Journey, Node and Campaign as templates see them; cap: the channel's
    limit, None where there is none or the node is excepted; stopped: nothing is sent any more; winner: of its A/B test,
    empty before it is known. ways: out, in the order in which they are tried. fallback: the SMS for those whom RCS does
    not reach; None without one, and sms_ways: its ways out.
    """

    message: Compiled
    objects: dict[str, Any]
    policy: Policy
    cap: Cap | None
    stopped: bool
    winner: str
    ways: tuple[Way, ...]
    fallback: Composer | None = None
    sms_ways: tuple[Way, ...] = ()

    def ways_of(self, sent_as: str | None) -> tuple[Way, ...]:
        """The ways out of a message. sent_as: the channel that it goes on instead of its own."""
        return self.sms_ways if sent_as else self.ways

    @property
    def limited(self) -> bool:
        """What people were sent before decides."""
        return self.cap is not None or self.policy.limits_node


_Version = tuple[int, int, str]  # campaign id, revision, xmin
_Compiled = tuple[Compiled, dict[str, Any], Policy, Composer | None]


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
    """The campaigns of a batch, compiled: two statements, and one more for those that this process has not
    compiled yet.
    """
    rows = sql.rows(SQL["campaigns"], {"ids": list(ids)})
    versions = {row[0]: row[:3] for row in rows}
    held = {campaign_id: found for campaign_id, version in versions.items() if (found := _compiled.get(version))}
    if missing := versions.keys() - held.keys():
        channels = {row[0]: row[3] for row in rows}
        for campaign_id, content, options, context, rules, instead in sql.rows(SQL["contents"], {"ids": list(missing)}):
            channel = channels[campaign_id]
            message = variants.compile_variants(
                channel, msgspec.json.decode(content), msgspec.json.decode(options) if options else None
            )
            compiled_policy = policy.compile_policy(channel, msgspec.json.decode(rules))
            fallback = compose.compile_content("sms", msgspec.json.decode(instead)) if instead else None
            held[campaign_id] = message, msgspec.json.decode(context), compiled_policy, fallback
            _compiled.put(versions[campaign_id], held[campaign_id])
    out = ways.load(held) if transports is None else None
    campaigns = {}
    for campaign_id, _revision, _xmin, channel, stopped, winner, *limit in rows:
        message, context, rules, fallback = held[campaign_id]
        if out is not None:
            own, instead = out[campaign_id, False], out[campaign_id, True]
        else:
            assert transports is not None
            own, instead = (Way(None, transports[channel]),), (Way(None, transports["sms"]),) if fallback else ()
        cap = Cap(*limit) if rules.capped and any(limit) else None
        campaigns[campaign_id] = Campaign(
            message, context, rules, cap, stopped, winner or "", own, fallback, instead if fallback else ()
        )
    return campaigns
