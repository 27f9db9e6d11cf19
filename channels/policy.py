"""Whether a message may go out now: what its journey and its node say, in the order of domain 5.2. Pure rules.

A campaign carries them as JSON, written when its version is published:

    {"dnd": {"windows": [{"days": ["mon"], "from": "21:00", "to": "09:00"}], "then": "hold"}}

A key that is left out sets no rule.
"""

import functools
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from channels import quiet
from channels.quiet import Quiet

QUIET_HOURS = "quiet hours"


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one campaign. quiet: None where the channel or the journey has no quiet hours."""

    quiet: Quiet | None = None


class Verdict(NamedTuple):
    """Why a message does not go out now. due_at: when it is looked at again; None when this was the end of it."""

    status: str
    reason: str
    due_at: datetime | None = None


def compile_policy(channel: str, given: dict[str, Any]) -> Policy:
    """The policy of a campaign on a channel, from its JSON."""
    dnd = given.get("dnd")
    return Policy(quiet=quiet_hours(dnd) if dnd and channel in quiet.CHANNELS else None)


def quiet_hours(dnd: dict[str, Any]) -> Quiet:
    """Quiet hours as the journey document has them."""
    windows = dnd["windows"]
    return quiet.quiet(
        ((it["days"], time.fromisoformat(it["from"]), time.fromisoformat(it["to"])) for it in windows), dnd["then"]
    )


def judge(policy: Policy, *, zone: ZoneInfo, now: datetime) -> Verdict | None:
    """None when the message goes out now. zone: the person's."""
    if policy.quiet is not None:
        released = quiet.release(policy.quiet, now, zone)
        if released is None:
            return Verdict("unreachable", QUIET_HOURS)
        if released > now:
            return Verdict("queued", QUIET_HOURS, released)
    return None


@functools.lru_cache(maxsize=1024)
def zone_of(name: str | None, account: str) -> ZoneInfo:
    """The clock of a person: that of their time zone, or the account's where it is unknown (domain 3.5)."""
    try:
        return ZoneInfo(name or account)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(account)
