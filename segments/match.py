"""A rule in memory, for one person at a time: live filters, goals, waiting nodes.

A rule or a `where` is compiled once into closures over plain values, and then tried on any number of people or events:
a million events cost a million dictionary look-ups and comparisons. What a comparison means is told in
`segments.rules`; `segments.compile` must agree with it.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from profiles import fields
from segments import reach
from segments.interests import Interest
from segments.match_events import Happened, compile_did, compile_did_not, compile_interest
from segments.match_values import compile_test, compile_where, where_matches
from segments.parts import Condition, ProfileCondition
from segments.places import Near
from segments.rules import Did, DidNot, Rule

__all__ = ["Happened", "Person", "compile_rule", "compile_test", "compile_where", "matches", "where_matches"]


class Person(NamedTuple):
    """What a rule may ask about somebody.

    fields: the profile's properties and system fields by name, and what `segments.reach` needs (`history.people` makes
    it). events: the history in any
    order, at least what `rules.needs` says. lists: names of the custom lists that the person is on. event: the
    properties of the event that led the person here.
    """

    fields: Mapping[str, Any] = {}
    events: Sequence[Happened] = ()
    lists: frozenset[str] = frozenset()
    event: Mapping[str, Any] = {}


Compiled = Callable[[Person, datetime], bool]  # the instant is `now`


def matches(rule: Rule, person: Person, *, now: datetime, tz: ZoneInfo, types: Mapping[str, int]) -> bool:
    """Whether a person matches a rule at `now`. types: event types by the names as spelt in the rule."""
    return compile_rule(rule, tz=tz, types=types)(person, now)


def compile_rule(rule: Rule, *, tz: ZoneInfo, types: Mapping[str, int]) -> Compiled:
    """A function of a person and an instant. The rule is one of `saved.expand`, if it may name saved segments."""
    rule = rule.plain
    return KINDS[rule.kind](rule.body, tz, types)


# The tree and its leaves ----------------------------------------------------------------------------------------------


def _all(rules: tuple[Rule, ...], tz: ZoneInfo, types: Mapping[str, int]) -> Compiled:
    parts = [compile_rule(rule, tz=tz, types=types) for rule in rules]
    return lambda person, now: all(part(person, now) for part in parts)


def _any(rules: tuple[Rule, ...], tz: ZoneInfo, types: Mapping[str, int]) -> Compiled:
    parts = [compile_rule(rule, tz=tz, types=types) for rule in rules]
    return lambda person, now: any(part(person, now) for part in parts)


def _not(rule: Rule, tz: ZoneInfo, types: Mapping[str, int]) -> Compiled:
    part = compile_rule(rule, tz=tz, types=types)
    return lambda person, now: not part(person, now)


def _did(leaf: Did, tz: ZoneInfo, types: Mapping[str, int]) -> Compiled:
    asked = compile_did(leaf, tz, types)
    return lambda person, now: asked(person.events, now)


def _did_not(leaf: DidNot, tz: ZoneInfo, types: Mapping[str, int]) -> Compiled:
    asked = compile_did_not(leaf, tz, types)
    return lambda person, now: asked(person.events, now)


def _profile(item: ProfileCondition, tz: ZoneInfo, types: Mapping[str, int]) -> Compiled:
    name = fields.canonical(item.property)
    if not item.moves:
        test = compile_test(item, tz)
        return lambda person, now: test(person.fields.get(name))
    on_day = functools.lru_cache(maxsize=4)(lambda today: compile_test(item.on(today), tz))
    return lambda person, now: on_day(now.astimezone(tz).date())(person.fields.get(name))


def _reachable(channel: str, tz: ZoneInfo, types: Mapping[str, int]) -> Compiled:
    return lambda person, now: reach.reachable(channel, person.fields)


def _near(asked: Near, tz: ZoneInfo, types: Mapping[str, int]) -> Compiled:
    latitude, longitude = map(fields.canonical, asked.names)
    return lambda person, now: asked.holds(person.fields.get(latitude), person.fields.get(longitude))


def _interest(leaf: Interest, tz: ZoneInfo, types: Mapping[str, int]) -> Compiled:
    asked = compile_interest(leaf, tz, types)
    return lambda person, now: asked(person.events, now)


def _segment(name: str, tz: ZoneInfo, types: Mapping[str, int]) -> Compiled:
    raise ValueError(f"The saved segment “{name}” must be put into the rule by saved.expand before it is evaluated.")


def _list(name: str, tz: ZoneInfo, types: Mapping[str, int]) -> Compiled:
    return lambda person, now: name in person.lists


def _event(item: Condition, tz: ZoneInfo, types: Mapping[str, int]) -> Compiled:
    test = compile_test(item, tz)
    return lambda person, now: test(person.event.get(item.property))


KINDS: dict[str, Callable[[Any, ZoneInfo, Mapping[str, int]], Compiled]] = {
    "all": _all,
    "any": _any,
    "not_": _not,
    "did": _did,
    "did_not": _did_not,
    "profile": _profile,
    "reachable": _reachable,
    "near": _near,
    "interest": _interest,
    "segment": _segment,
    "list": _list,
    "event": _event,
}
