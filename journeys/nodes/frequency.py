"""When and how often a node on a device may show its message (domain 5.5, Frequency).

    frequency: {windows: [{days: [mon, tue], from: "09:00", to: "18:00"}], times: once_per_day}

`windows` empty is always, days left out are all; a range whose end is not after its start runs into the next day.
`times` is null or every_time, once_per_session, once_per_day, once_ever, {n: 3, per: session|day|week|lifetime},
{every_nth: 3} or {exactly_nth: 3}.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Any, Literal

from pydantic import Field, field_validator

from channels.frequency import Per
from config.lib.errors import Problem
from journeys.nodes.base import Config

MOST = 250  # as for node limits
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Named = Literal["every_time", "once_per_session", "once_per_day", "once_ever"]

_ONCE: dict[str, Per] = {"once_per_session": "session", "once_per_day": "day", "once_ever": "lifetime"}


class Window(Config):
    """Days and a clock range."""

    days: list[Day] = list(DAYS)
    from_: str = Field("00:00", alias="from")
    to: str = "00:00"

    @field_validator("from_", "to")
    @classmethod
    def _is_clock(cls, value: str) -> str:
        try:
            time.fromisoformat(value)
        except ValueError as error:
            raise ValueError("a clock time is written HH:MM, for example 09:30") from error
        return value


class AtMost(Config):
    """At most n times in a session, a day, a week or ever."""

    n: int
    per: Per


class EveryNth(Config):
    """At each nth time that somebody comes to the node."""

    every_nth: int


class ExactlyNth(Config):
    """At the nth time that somebody comes to the node, and at no other."""

    exactly_nth: int


class Frequency(Config):
    windows: list[Window] = []
    times: Named | AtMost | EveryNth | ExactlyNth | None = None


def problems(frequency: Frequency, number: int | None) -> Iterator[Problem]:
    """What keeps a frequency from being kept."""
    for index, window in enumerate(frequency.windows):
        if not window.days:
            message = f"Choose the days on which the message may show from {window.from_} to {window.to}."
            yield Problem("K05", "error", number, f"frequency.windows[{index}].days", message)
    match frequency.times:
        case AtMost(n=n) | EveryNth(every_nth=n) | ExactlyNth(exactly_nth=n) if not 1 <= n <= MOST:
            message = f"The frequency counts {n} times; choose 1 to {MOST}."
            yield Problem("K29", "error", number, "frequency.times", message)


def policy(frequency: Frequency) -> dict[str, Any]:
    """The frequency as channels keep it: see channels.frequency."""
    kept: dict[str, Any] = {}
    if frequency.windows:
        kept["windows"] = [window.model_dump(mode="json", by_alias=True) for window in frequency.windows]
    match frequency.times:
        case AtMost(n=n, per=per):
            kept |= {"most": n, "per": per}
        case EveryNth(every_nth=n):
            kept |= {"nth": n, "again": True}
        case ExactlyNth(exactly_nth=n):
            kept |= {"nth": n, "again": False}
        case str() as named if named in _ONCE:
            kept |= {"most": 1, "per": _ONCE[named]}
    return kept
