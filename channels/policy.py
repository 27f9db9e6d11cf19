"""Whether a message may go out now: what its journey, its node and the project say, in the order of domain 5.2.

Pure rules: what people were sent before is brought to them as `Sends`. A campaign carries its own rules as JSON,
written when its version is published; a key that is left out sets none:

    {"dnd": {"windows": [{"days": ["mon"], "from": "21:00", "to": "09:00"}], "then": "hold"},
     "global": false,            the project's campaign limits do not apply
     "node": {"ever": 3},        or {"every": seconds}
     "throttle": 500,            messages of the node in five minutes
     "fixed": ["mon", …],        it goes out at a clock time, on these days
     "frequency": {…},           on a device: see channels.frequency
     "groups": ["offers"],       of e-mail, all of which people must be in
     "critical": true,           goes to those too who opted out
     "runs": false}              nobody comes by a run, in which an address gets one message

Limits count what was sent, in windows that roll: what was sent exactly a window ago no longer counts (domain 15.10).
"""

import functools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from channels import quiet
from channels.frequency import Frequency, compile_frequency
from channels.quiet import Quiet
from config.lib import times

LATE = "local time has passed"
QUIET_HOURS = "quiet hours"
NODE_LIMIT = "node limit"
CAP = "frequency caps exceeded"
DWELL = "dwell time"
THROTTLED = "throttled"
HELD = (QUIET_HOURS, DWELL, THROTTLED)  # until later; once it is sent, a message still tells that it was
AS_SMS = "as SMS"  # why RCS did not reach the person follows
UNDER_WAY = "another message is on its way"
FIVE_MINUTES = timedelta(minutes=5)
LOOK_AGAIN = timedelta(seconds=10)  # when another dispatcher has one of the person's messages in hand


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one campaign. quiet: None where the channel or the journey has no quiet hours; capped: the
    project's campaign limits apply; ever, every: how often the node may send to a person; throttle: how many messages
    it may send in five minutes; frequency: when and how often it may show on a device; groups: the
    subscription groups that people must be in; critical: goes to those too who opted out; fixed: the weekdays, 0 for
    Monday, on which it goes out at a clock time; none: at any time; runs: people come by runs, in which an address gets
    one message.
    """

    quiet: Quiet | None = None
    capped: bool = True
    ever: int | None = None
    every: timedelta | None = None
    throttle: int | None = None
    frequency: Frequency | None = None
    groups: frozenset[str] = frozenset()
    critical: bool = False
    fixed: frozenset[int] = frozenset()
    runs: bool = True

    @property
    def limits_node(self) -> bool:
        return self.ever is not None or self.every is not None


class Cap(NamedTuple):
    """The project's campaign limit of a channel: at most `most` messages in `days` days, `dwell` apart. None: no such
    limit; `most` and `days` go together.
    """

    most: int | None
    days: int | None
    dwell: timedelta | None

    @property
    def window(self) -> timedelta:
        """How far back it looks."""
        return max(timedelta(days=self.days or 0), self.dwell or timedelta())


class Message(Protocol):
    """What a limit asks of a message."""

    @property
    def profile_id(self) -> int: ...
    @property
    def channel(self) -> str: ...
    @property
    def journey_id(self) -> int: ...
    @property
    def node(self) -> int: ...


class Verdict(NamedTuple):
    """Why a message does not go out now. due_at: when it is looked at again; None when this was the end of it."""

    status: str
    reason: str
    due_at: datetime | None = None


_Place = tuple[int, str] | tuple[int, int, int]  # a person on a channel; a person at a node


@dataclass(slots=True)
class Sends:
    """What the people of a batch were sent, and what is on its way to them: before the batch, and in it.

    sent: instants; under_way: when to look again, since it is not known yet whether the message counts.
    """

    sent: dict[_Place, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    under_way: dict[_Place, datetime] = field(default_factory=dict)

    def note_sent(self, message: Message, at: datetime) -> None:
        for place in _places(message):
            self.sent[place].append(at)

    def note_under_way(self, message: Message, look_again: datetime) -> None:
        for place in _places(message):
            self.under_way[place] = max(look_again, self.under_way.get(place, look_again))


@dataclass(slots=True)
class Slots:
    """The five minutes of a throttled node that are being filled, and how many of their messages are given away."""

    begins: datetime
    used: int

    def take(self, most: int, now: datetime) -> datetime:
        """When the next message may go: `now`, or when the five minutes begin that have room for it."""
        if now >= self.begins + FIVE_MINUTES:
            self.begins, self.used = now, 0
        if self.used >= most:
            self.begins, self.used = self.begins + FIVE_MINUTES, 0
        self.used += 1
        return max(self.begins, now)


def _places(message: Message) -> tuple[_Place, _Place]:
    return (message.profile_id, message.channel), (message.profile_id, message.journey_id, message.node)


def compile_policy(channel: str, given: dict[str, Any]) -> Policy:
    """The policy of a campaign on a channel, from its JSON."""
    dnd, node = given.get("dnd"), given.get("node", {})
    return Policy(
        quiet=quiet_hours(dnd) if dnd and channel in quiet.CHANNELS else None,
        capped=given.get("global", True),
        ever=node.get("ever"),
        every=timedelta(seconds=node["every"]) if "every" in node else None,
        throttle=given.get("throttle"),
        fixed=frozenset(map(quiet.DAYS.index, given.get("fixed", ()))),
        frequency=compile_frequency(given["frequency"]) if given.get("frequency") else None,
        groups=frozenset(given.get("groups", ())),
        critical=given.get("critical", False),
        runs=given.get("runs", True),
    )


def quiet_hours(dnd: dict[str, Any]) -> Quiet:
    """Quiet hours as the journey document has them."""
    windows = dnd["windows"]
    return quiet.quiet(
        ((it["days"], time.fromisoformat(it["from"]), time.fromisoformat(it["to"])) for it in windows), dnd["then"]
    )


def judge(
    message: Message, policy: Policy, cap: Cap | None, sends: Sends | None, *, zone: ZoneInfo, now: datetime
) -> Verdict | None:
    """None when the message goes out now. cap: the one that applies; sends: None where no limit does; zone: the
    person's.
    """
    if policy.quiet is not None:
        released = quiet.release(policy.quiet, now, zone)
        if released is None:
            return Verdict("unreachable", QUIET_HOURS)
        if released > now:
            return Verdict("queued", QUIET_HOURS, released)
    if sends is None:
        return None
    on_channel, at_node = _places(message)
    asked = ([on_channel] if cap else []) + ([at_node] if policy.limits_node else [])
    if under_way := [sends.under_way[place] for place in asked if place in sends.under_way]:
        return Verdict("queued", UNDER_WAY, max(under_way))
    if policy.limits_node and _spent(policy, sends.sent.get(at_node, ()), now):
        return Verdict("failed", NODE_LIMIT)
    verdict = _capped(cap, sends.sent.get(on_channel, ()), now) if cap else None
    if verdict and verdict.reason == DWELL and policy.fixed:
        return verdict._replace(due_at=_next_run(policy.fixed, now, zone))
    return verdict


def _next_run(days: frozenset[int], now: datetime, zone: ZoneInfo) -> datetime:
    """The same clock time on the next of some weekdays: when a message of a fixed time is tried again (domain 5.5)."""
    local = now.astimezone(zone)
    later = (local.date() + timedelta(days=ahead) for ahead in range(1, 8))
    day = next(day for day in later if day.weekday() in days)
    return times.instant(datetime.combine(day, local.time()), zone)


def _spent(policy: Policy, sent: Iterable[datetime], now: datetime) -> bool:
    """Whether the node has sent to the person as often as it may."""
    if policy.ever is not None and len(list(sent)) >= policy.ever:
        return True
    return policy.every is not None and any(now - at < policy.every for at in sent)


def _capped(cap: Cap, sent: Iterable[datetime], now: datetime) -> Verdict | None:
    """What the project's limit says, from what was sent on the channel."""
    if cap.most is not None and cap.days is not None:
        window = timedelta(days=cap.days)
        if sum(now - at < window for at in sent) >= cap.most:
            return Verdict("failed", CAP)
    if cap.dwell is not None and (ends := max(sent, default=now - cap.dwell) + cap.dwell) > now:
        return Verdict("queued", DWELL, ends)
    return None


@functools.lru_cache(maxsize=1024)
def zone_of(name: str | None, account: str) -> ZoneInfo:
    """The clock of a person: that of their time zone, or the account's where it is unknown (domain 3.5)."""
    try:
        return ZoneInfo(name or account)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(account)
