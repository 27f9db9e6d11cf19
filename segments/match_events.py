"""Behaviour in memory: which of somebody's events a leaf means, and what is asked about them.

`segments.compile_events` must agree with it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from segments import values
from segments.behaviour import WEEKDAYS, Did, DidNot, Events
from segments.interests import Interest
from segments.match_values import compile_where

Happened = tuple[int, datetime, Mapping[str, Any], int]  # event type, when, properties, id (receipt order)
Meant = Callable[[Sequence[Happened], datetime], list[Happened]]  # of a history, as of an instant
Asked = Callable[[Sequence[Happened], datetime], bool]


def compile_did(leaf: Did, tz: ZoneInfo, types: Mapping[str, int]) -> Asked:
    """A function of a history and an instant: whether it holds what the leaf asks for."""
    if leaf.picks:
        return _picked(leaf, tz, types)
    meant = compile_meant(leaf, tz, types)
    total = leaf.sum or leaf.average
    if total is None:
        if leaf.count is None:
            return lambda events, now: bool(meant(events, now))
        holds = leaf.count.holds
        return lambda events, now: holds(len(meant(events, now)))
    count, average = leaf.count, leaf.average is not None

    def test(events: Sequence[Happened], now: datetime) -> bool:
        found = meant(events, now)
        return (
            bool(found)
            and (count is None or count.holds(len(found)))
            and total.holds(add(found, total.property), len(found) if average else 1)
        )

    return test


def compile_did_not(leaf: DidNot, tz: ZoneInfo, types: Mapping[str, int]) -> Asked:
    """A function of a history and an instant: whether it holds no such event."""
    meant = compile_meant(leaf, tz, types)
    return lambda events, now: not meant(events, now)


def compile_interest(leaf: Interest, tz: ZoneInfo, types: Mapping[str, int]) -> Asked:
    """A function of a history and an instant: whether it shows the interest."""
    meant = compile_meant(leaf, tz, types)
    kind, wanted = compile_kind(leaf, tz)

    def test(events: Sequence[Happened], now: datetime) -> bool:
        times = Counter(map(kind, meant(events, now)))
        found = times[wanted]
        if leaf.at_least is not None:
            return found > 0 and found * 100 >= leaf.at_least * times.total()
        return found > 0 and found == max(number for it, number in times.items() if it is not None)

    return test


def compile_kind(leaf: Interest, tz: ZoneInfo) -> tuple[Callable[[Happened], Any], Any]:
    """What is compared of an event, None where there is nothing, and what it should be."""
    if leaf.property is not None:
        name = leaf.property
        return lambda event: _key(event[2].get(name)), _key(leaf.value)
    if leaf.hours is not None:
        hours = leaf.hours
        return lambda event: hours.hold(event[1].astimezone(tz)), True
    return lambda event: WEEKDAYS[event[1].astimezone(tz).weekday()], leaf.weekday


def _key(value: Any) -> Any:
    """What equal property values share; None for what is no text, number, true or false."""
    if isinstance(value, bool | str):
        return type(value), value
    return (float, value) if values.is_number(value) else None


def add(events: Iterable[Happened], name: str) -> Fraction:
    """The sum of a property; what is no number counts as 0."""
    found = (properties.get(name) for _, _, properties, _ in events)
    return sum((values.exact(value) for value in found if values.is_number(value)), start=Fraction(0))


def compile_meant(leaf: Events, tz: ZoneInfo, types: Mapping[str, int]) -> Meant:
    """Those of a history that a leaf is about."""
    what = compile_what(leaf, tz, types)
    if leaf.always:
        return what

    def meant(events: Sequence[Happened], now: datetime) -> list[Happened]:
        found = what(events, now)
        if not found:
            return found
        timely = leaf.timely(now, tz)
        return [event for event in found if timely(event[1])]

    return meant


def compile_what(leaf: Events, tz: ZoneInfo, types: Mapping[str, int]) -> Meant:
    """Those of one name that meet the conditions, up to now, whenever it was."""
    type_id = types.get(leaf.event)
    meets = compile_where(leaf.where, tz)
    if meets is None:
        return lambda events, now: [event for event in events if event[0] == type_id and event[1] <= now]
    return lambda events, now: [
        event for event in events if event[0] == type_id and event[1] <= now and meets(event[2])
    ]


def _picked(leaf: Did, tz: ZoneInfo, types: Mapping[str, int]) -> Asked:
    """Whether the first or the last such event was in time."""
    what = compile_what(leaf, tz, types)
    pick = min if leaf.picks == "first" else max

    def test(events: Sequence[Happened], now: datetime) -> bool:
        found = what(events, now)
        return bool(found) and leaf.timely(now, tz)(pick(event[1] for event in found))

    return test
