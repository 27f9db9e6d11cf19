"""When and how often a message may show on a device (domain 5.5, Frequency). Outside it the message is discarded.

Pure rules. A campaign carries its own as JSON in its policy, under `frequency`; a key that is left out sets none:

    {"windows": [{"days": ["mon"], "from": "09:00", "to": "18:00"}],
     "most": 3, "per": "day",        session, day, week or lifetime
     "nth": 3, "again": true}        the third, sixth, … time that the person comes to the node; false: the third only

Windows, days and weeks are on the person's clock, the account's where that is unknown; a week begins on Monday. What
counts is what was handed to the device before, at this node, in all the person's stays.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from channels import quiet
from channels.quiet import Quiet

OUTSIDE = "outside its hours"
OFTEN = "shown often enough"
NOT_NTH = "not its turn"
IDLE = timedelta(minutes=20)  # ends a session (domain 1)

Per = Literal["session", "day", "week", "lifetime"]


@dataclass(frozen=True, slots=True)
class Frequency:
    """hours: in which it may show, None for always; most: times in a `per`; nth: the time at which it shows."""

    hours: Quiet | None = None
    most: int | None = None
    per: Per = "lifetime"
    nth: int | None = None
    again: bool = False

    @property
    def counts(self) -> bool:
        """What the person came to before decides."""
        return self.most is not None or self.nth is not None


class Before(NamedTuple):
    """What a person came to at a node before. shown: when messages were handed over; times: all, the discarded too."""

    shown: Sequence[datetime] = ()
    times: int = 0


def compile_frequency(given: dict[str, Any]) -> Frequency:
    """The frequency of a campaign, from its JSON."""
    windows = given.get("windows")
    return Frequency(
        hours=hours(windows) if windows else None,
        most=given.get("most"),
        per=given.get("per", "lifetime"),
        nth=given.get("nth"),
        again=given.get("again", False),
    )


def hours(windows: Iterable[dict[str, Any]]) -> Quiet:
    """Windows as the journey document has them; quiet hours are the same thing, seen from the other side."""
    return quiet.quiet((it["days"], time.fromisoformat(it["from"]), time.fromisoformat(it["to"])) for it in windows)


def obstacle(
    frequency: Frequency, before: Before, *, session: datetime | None, zone: ZoneInfo, now: datetime
) -> str | None:
    """Why a message may not show; None if it may. session: when the person's present session began, if there is one."""
    if frequency.hours is not None and frequency.hours.inside(now.astimezone(zone)) is None:
        return OUTSIDE
    if frequency.nth is not None:
        turn = before.times + 1
        if turn % frequency.nth if frequency.again else turn != frequency.nth:
            return NOT_NTH
    if frequency.most is not None:
        since = _begin(frequency.per, session=session, zone=zone, now=now)
        if sum(since is None or at >= since for at in before.shown) >= frequency.most:
            return OFTEN
    return None


def _begin(per: Per, *, session: datetime | None, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Since when messages count; None: ever."""
    if per == "lifetime":
        return None
    if per == "session":
        return session or now
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return today if per == "day" else today - timedelta(days=today.weekday())


def session_began(activity: Iterable[datetime], *, now: datetime) -> datetime | None:
    """When the session began that is under way, by what was done on a device. None: there is none."""
    began, later = None, now
    for at in sorted(activity, reverse=True):
        if later - at >= IDLE:
            break
        began = later = at
    return began
