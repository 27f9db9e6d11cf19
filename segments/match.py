"""A rule in memory, for one person at a time: live filters, goals, waiting nodes.

A rule or a `where` is compiled once into closures over plain values, and then tried on any number of people or events:
a million events cost a million dictionary look-ups and comparisons. What a comparison means is told in
`segments.rules`; `segments.compile` must agree with it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from profiles import fields
from segments import patterns, values
from segments.rules import OPPOSITES, Condition, Did, DidNot, Rule

Happened = tuple[int, datetime, Mapping[str, Any], int]  # event type, when, properties, id (receipt order)


class Person(NamedTuple):
    """What a rule may ask about somebody.

    fields: the profile's properties and system fields by name (`history.fields` makes it). events: the history in any
    order, at least what `rules.needs` says. lists: names of the custom lists that the person is on.
    """

    fields: Mapping[str, Any] = {}
    events: Sequence[Happened] = ()
    lists: frozenset[str] = frozenset()


Test = Callable[[Any], bool]  # of one value; None: missing
Where = Callable[[Mapping[str, Any]], bool]
Compiled = Callable[[Person, datetime], bool]  # the instant is `now`


def matches(rule: Rule, person: Person, *, now: datetime, tz: ZoneInfo, types: Mapping[str, int]) -> bool:
    """Whether a person matches a rule at `now`. types: event types by the names as spelt in the rule."""
    return compile_rule(rule, tz=tz, types=types)(person, now)


def where_matches(where: Iterable[Condition], properties: Mapping[str, Any], tz: ZoneInfo) -> bool:
    """Whether the properties of one event meet all conditions."""
    meets = compile_where(where, tz)
    return meets is None or meets(properties)


def compile_rule(rule: Rule, *, tz: ZoneInfo, types: Mapping[str, int]) -> Compiled:
    """A function of a person and an instant."""
    return KINDS[rule.kind](rule.body, tz, types)


def compile_where(where: Iterable[Condition], tz: ZoneInfo) -> Where | None:
    """A function of an event's properties; None if there is no condition."""
    tests = [(item.property, compile_test(item, tz)) for item in where]
    if not tests:
        return None
    if len(tests) == 1:
        name, test = tests[0]
        return lambda properties: test(properties.get(name))
    return lambda properties: all(test(properties.get(name)) for name, test in tests)


def compile_test(item: Condition, tz: ZoneInfo) -> Test:
    """A function of a property's value."""
    positive = _positive(OPPOSITES.get(item.op, item.op), item.value, tz)
    if item.op in OPPOSITES:
        return lambda value: not positive(value)
    return positive


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
    count = _counter(leaf, tz, types)
    holds = leaf.count.holds if leaf.count else bool
    return lambda person, now: holds(count(person, now))


def _did_not(leaf: DidNot, tz: ZoneInfo, types: Mapping[str, int]) -> Compiled:
    count = _counter(leaf, tz, types)
    return lambda person, now: not count(person, now)


def _counter(leaf: DidNot, tz: ZoneInfo, types: Mapping[str, int]) -> Callable[[Person, datetime], int]:
    """How many events of a person meet a leaf."""
    type_id = types.get(leaf.event)
    within = leaf.within
    meets = compile_where(leaf.where, tz)

    def count(person: Person, now: datetime) -> int:
        since = within.since(now, tz) if within else None
        return sum(
            happened == type_id
            and at <= now
            and (since is None or at >= since)
            and (meets is None or meets(properties))
            for happened, at, properties, _ in person.events
        )

    return count


def _profile(item: Condition, tz: ZoneInfo, types: Mapping[str, int]) -> Compiled:
    name = fields.canonical(item.property)
    test = compile_test(item, tz)
    return lambda person, now: test(person.fields.get(name))


def _list(name: str, tz: ZoneInfo, types: Mapping[str, int]) -> Compiled:
    return lambda person, now: name in person.lists


KINDS: dict[str, Callable[[Any, ZoneInfo, Mapping[str, int]], Compiled]] = {
    "all": _all,
    "any": _any,
    "not_": _not,
    "did": _did,
    "did_not": _did_not,
    "profile": _profile,
    "list": _list,
}


# Conditions -----------------------------------------------------------------------------------------------------------


def _positive(op: str, wanted: Any, tz: ZoneInfo) -> Test:
    if op == "exists":
        return lambda value: value is not None
    if op == "=":
        return _equals(wanted, tz)
    if op == "in":
        return _is_in(wanted, tz)
    if op == "contains":
        return _contains(wanted)
    if op == "matches":
        found = patterns.searcher(wanted)
        return lambda value: isinstance(value, str) and found(value)
    low, high = wanted if op == "between" else (wanted, wanted)
    if values.is_number(low):
        if op == "between":
            return lambda value: values.is_number(value) and low <= value <= high
        compare = values.ORDERS[op][0]
        return lambda value: values.is_number(value) and compare(value, low)
    return _dates(op, values.span(low, tz).to(values.span(high, tz)))


def _equals(wanted: Any, tz: ZoneInfo) -> Test:
    if values.is_date(wanted):
        return _dates("between", values.span(wanted, tz))
    if isinstance(wanted, str):
        return lambda value: value == wanted
    return lambda value: values.same(wanted, value)


def _is_in(wanted: list[Any], tz: ZoneInfo) -> Test:
    texts = frozenset(item for item in wanted if isinstance(item, str) and not values.is_date(item))
    others = [_equals(item, tz) for item in wanted if not isinstance(item, str) or values.is_date(item)]
    return lambda value: (isinstance(value, str) and value in texts) or any(equals(value) for equals in others)


def _contains(wanted: Any) -> Test:
    if isinstance(wanted, str):
        return lambda value: isinstance(value, str | list) and wanted in value
    return lambda value: isinstance(value, list) and any(values.same(wanted, item) for item in value)


def _dates(op: str, span: values.Span) -> Test:
    def test(value: Any) -> bool:
        date = values.read_date(value) if isinstance(value, str) else None
        if date is None:
            return False
        first, last = (
            (span.wall_first, span.wall_last) if date.tzinfo is None else (span.instant_first, span.instant_last)
        )
        if op == "between":
            return first <= date <= last
        compare, end = values.ORDERS[op]
        return compare(date, first if end == "first" else last)

    return test
