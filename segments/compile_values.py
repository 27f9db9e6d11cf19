"""Conditions as SQL: a property, given as jsonb and as text, compared with a value of a rule.

What a comparison means is told in `segments.rules`. Every condition is two-valued (IS TRUE, IS NOT TRUE), so NOT never
meets a null.
"""

from typing import Any

import msgspec
from psycopg import sql

from segments import patterns, values
from segments.rules import OPPOSITES, Condition
from segments.writer import Writer

ORDERS = {op: sql.SQL(op) for op in values.ORDERS}


def on_property(w: Writer, item: Condition, name: str, properties: sql.Composable) -> sql.Composed:
    """A condition on one key of a jsonb column."""
    key = w.bind(name, "text")
    return condition(
        w, item, sql.SQL("({} -> {})").format(properties, key), sql.SQL("({} ->> {})").format(properties, key)
    )


def condition(w: Writer, item: Condition, json: sql.Composable, text: sql.Composable) -> sql.Composed:
    """A condition on a value, given as jsonb and as text. A negative one is its positive, not true."""
    positive = OPPOSITES.get(item.op, item.op)
    truth = sql.SQL("IS TRUE" if positive == item.op else "IS NOT TRUE")
    return sql.SQL("({} {})").format(_positive(w, positive, item.value, json, text), truth)


def _positive(w: Writer, op: str, value: Any, json: sql.Composable, text: sql.Composable) -> sql.Composable:
    if op == "exists":
        return sql.SQL("(jsonb_typeof({}) <> 'null')").format(json)
    if op == "=":
        return _equals(w, value, json, text)
    if op == "in":
        return _is_in(w, value, json, text)
    if op == "contains":
        return _contains(w, value, json, text)
    if op == "matches":
        pattern = w.bind(patterns.translate(value), "text")
        return sql.SQL("(jsonb_typeof({}) = 'string' AND {} ~ {})").format(json, text, pattern)
    low, high = value if op == "between" else (value, value)
    if values.is_number(low):
        compared = (
            sql.SQL("{} BETWEEN {} AND {}").format(json, w.json(low), w.json(high))
            if op == "between"
            else sql.SQL("{} {} {}").format(json, ORDERS[op], w.json(low))
        )
        return sql.SQL("(jsonb_typeof({}) = 'number' AND {})").format(json, compared)
    return _dates(w, op, values.span(low, w.tz).to(values.span(high, w.tz)), text)


def _equals(w: Writer, value: Any, json: sql.Composable, text: sql.Composable) -> sql.Composable:
    if values.is_date(value):
        return _dates(w, "between", values.span(value, w.tz), text)
    return sql.SQL("({} = {})").format(json, w.json(value))


def _is_in(w: Writer, items: list[Any], json: sql.Composable, text: sql.Composable) -> sql.Composable:
    """Equal to one of the items: the exact ones in one comparison, each date in its own."""
    exact = [msgspec.json.encode(item).decode() for item in items if not values.is_date(item)]
    ways = [_equals(w, item, json, text) for item in items if values.is_date(item)]
    if exact:
        ways.insert(0, sql.SQL("({} = ANY({}))").format(json, w.bind(exact, "jsonb[]")))
    return sql.SQL("({})").format(sql.SQL(" OR ").join(ways))


def _contains(w: Writer, value: Any, json: sql.Composable, text: sql.Composable) -> sql.Composable:
    element = sql.SQL("{} @> {}").format(json, w.json([value]))
    if not isinstance(value, str):
        return sql.SQL("({})").format(element)
    part = w.bind(value, "text")
    return sql.SQL("({} OR jsonb_typeof({}) = 'string' AND strpos({}, {}) > 0)").format(element, json, text, part)


def _dates(w: Writer, op: str, span: values.Span, text: sql.Composable) -> sql.Composable:
    """Compare a date, if the text is one. The CASE keeps other text from being cast."""

    def compared(kind: str, type_name: str) -> sql.Composed:
        date = sql.SQL("{}::{}").format(text, sql.SQL(type_name))
        if op == "between":
            first = w.bind(getattr(span, f"{kind}_first"), type_name)
            return sql.SQL("{} BETWEEN {} AND {}").format(date, first, w.bind(getattr(span, f"{kind}_last"), type_name))
        end = values.ORDERS[op][1]
        return sql.SQL("{} {} {}").format(date, ORDERS[op], w.bind(getattr(span, f"{kind}_{end}"), type_name))

    return sql.SQL("(CASE WHEN {0} ~ {1} THEN {2} WHEN {0} ~ {3} THEN {4} END)").format(
        text,
        w.bind(values.WALL, "text"),
        compared("wall", "timestamp"),
        w.bind(values.INSTANT, "text"),
        compared("instant", "timestamptz"),
    )
