"""Conditions in memory: compiled once into closures over plain values, and then tried on any number of events.

What a comparison means is told in `segments.rules`; `segments.compile_values` must agree with it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from segments import patterns, values
from segments.rules import OPPOSITES, Condition

Test = Callable[[Any], bool]  # of one value; None: missing
Where = Callable[[Mapping[str, Any]], bool]


def where_matches(where: Iterable[Condition], properties: Mapping[str, Any], tz: ZoneInfo) -> bool:
    """Whether the properties of one event meet all conditions."""
    meets = compile_where(where, tz)
    return meets is None or meets(properties)


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
