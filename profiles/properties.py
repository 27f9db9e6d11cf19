"""Changing a dict of properties by one operation (domain 6): uploads and the profile update node share this.

Values are JSON: text, numbers, booleans, lists of texts. Dates are ISO 8601 text in UTC that ends in Z.
"""

import math
from decimal import Decimal
from enum import StrEnum
from typing import Any

MOST_ITEMS = 100  # of a list; the oldest drop out
LARGEST_WHOLE = 2**63  # beyond it numbers are stored as decimals


class Op(StrEnum):
    SET = "set"
    INCREMENT = "increment"
    DECREMENT = "decrement"
    ADD = "add"
    REMOVE = "remove"
    DELETE = "delete"


class Outcome(StrEnum):
    """What an operation did. Only CHANGED means that the dict is another one now."""

    CHANGED = "changed"
    SAME = "same"
    NOT_A_NUMBER = "not_a_number"  # the current or the given value; the property is as it was


def apply(properties: dict[str, Any], name: str, op: Op | str, value: Any = None, single: bool = False) -> Outcome:
    """Change one property in place.

    set: the value replaces what is there; a text that says true or false in any case becomes a boolean.
    increment, decrement: by a number or a text that is one; a missing property counts as 0.
    add, remove: a list of values, or a text that is split at commas unless `single`. Lists hold texts, each once.
    delete: takes no value.
    Raises ValueError for another `op`.
    """
    op = Op(op)
    if op in (Op.INCREMENT, Op.DECREMENT):
        return _count(properties, name, op, value)
    before = properties.get(name)
    match op:
        case Op.SET:
            after = _typed(value)
        case Op.ADD:
            after = _added(before, _items(value, single))
        case Op.REMOVE:
            after = None if before is None else _removed(before, _items(value, single))
        case _:
            after = None
    if type(after) is type(before) and after == before:
        return Outcome.SAME
    if after is None:
        del properties[name]
    else:
        properties[name] = after
    return Outcome.CHANGED


def number(value: Any) -> Decimal | None:
    """A number, or a text that is one; None for anything else, booleans and infinities included."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        result = Decimal(str(value).strip())
    except ArithmeticError:
        return None
    return result if result.is_finite() else None


def _count(properties: dict[str, Any], name: str, op: Op, value: Any) -> Outcome:
    current = properties.get(name, 0)
    amount = number(value)
    before = None if isinstance(current, str) else number(current)
    if amount is None or before is None:
        return Outcome.NOT_A_NUMBER
    # Decimals, so that 0.1 and 0.2 are 0.3; whole results are stored as whole numbers.
    after = before + amount if op is Op.INCREMENT else before - amount
    whole = after == after.to_integral_value() and abs(after) < LARGEST_WHOLE
    result = int(after) if whole else float(after)
    if math.isinf(result):
        return Outcome.NOT_A_NUMBER
    properties[name] = result
    return Outcome.CHANGED


def _typed(value: Any) -> Any:
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    return value


def _items(value: Any, single: bool) -> list[str]:
    """The values of an operation on a list."""
    if isinstance(value, list):
        return [_text(item) for item in value]
    text = _text(value)
    return [text] if single else [part.strip() for part in text.split(",") if part.strip()]


def _added(before: Any, items: list[str]) -> list[str] | None:
    present = [] if before is None else _as_list(before)
    return list(dict.fromkeys([*present, *items]))[-MOST_ITEMS:] or None


def _removed(before: Any, items: list[str]) -> Any:
    present = _as_list(before)
    left = [item for item in present if item not in items]
    return before if len(left) == len(present) else left or None


def _as_list(value: Any) -> list[str]:
    return [_text(item) for item in value] if isinstance(value, list) else [_text(value)]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
