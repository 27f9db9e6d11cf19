"""A third evaluator of rules, for tests: as plain as can be, written from the prose of `segments.rules` alone.

It reads rules as plain dictionaries, interprets regular expressions with Python's `re`, and turns every date into an
interval of instants. (So tests keep local times out of the nights in which clocks change.)
"""

import re
from datetime import UTC, datetime, timedelta

_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)


def holds(rule, fields, events, lists, now, zone):
    """events: (name, when, properties)."""
    ((kind, body),) = rule.items()
    if kind == "all":
        return all(holds(part, fields, events, lists, now, zone) for part in body)
    if kind == "any":
        return any(holds(part, fields, events, lists, now, zone) for part in body)
    if kind == "not":
        return not holds(body, fields, events, lists, now, zone)
    if kind == "list":
        return body in lists
    if kind == "profile":
        return condition(body, fields.get(body["property"]), zone)
    found = 0
    for name, at, properties in events:
        if name.replace(" ", "").lower() != body["event"].replace(" ", "").lower():
            continue
        if at > now or (body.get("within") and at < since(body["within"], now, zone)):
            continue
        if all(condition(item, properties.get(item["property"]), zone) for item in body.get("where", ())):
            found += 1
    if kind == "did_not":
        return found == 0
    if found == 0:
        return False
    count = body.get("count") or {"op": ">=", "value": 1}
    low, high = count["value"] if count["op"] == "between" else (count["value"], count["value"])
    return {
        "=": found == low,
        ">": found > low,
        ">=": found >= low,
        "<": found < low,
        "<=": found <= low,
        "between": low <= found <= high,
    }[count["op"]]


def since(within, now, zone):
    last, unit = within["last"], within["unit"]
    if unit in ("hour", "minute"):
        return now - timedelta(**{unit + "s": last})
    day = now.astimezone(zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    if unit == "month":
        for _ in range(last):
            first = day.replace(day=1) - timedelta(days=1)
            day = first.replace(day=min(now.astimezone(zone).day, first.day))
    else:
        day -= timedelta(days=last * {"day": 1, "week": 7}[unit])
    return day.replace(tzinfo=zone)


def condition(item, value, zone):
    op, wanted = item["op"], item.get("value")
    if op == "!=":
        return not condition({"op": "=", "value": wanted}, value, zone)
    if op.startswith("not_"):
        return not condition({"op": op[4:], "value": wanted}, value, zone)
    if op == "exists":
        return value is not None
    if op == "in":
        return any(condition({"op": "=", "value": one}, value, zone) for one in wanted)
    if op == "contains":
        if isinstance(value, list):
            return any(type_of(one) == type_of(wanted) and one == wanted for one in value)
        return isinstance(value, str) and isinstance(wanted, str) and wanted in value
    if op == "matches":
        return isinstance(value, str) and re.search(wanted.replace("$", r"\Z"), value, re.S | re.A) is not None
    if op == "between":
        return condition({"op": ">=", "value": wanted[0]}, value, zone) and condition(
            {"op": "<=", "value": wanted[1]}, value, zone
        )
    if interval(wanted, zone):
        (first, last), mine = interval(wanted, zone), interval(value, zone)
        if mine is None:
            return False
        moment = mine[0]
    else:
        if type_of(value) != type_of(wanted):
            return False
        first = last = wanted
        moment = value
    return {
        "=": lambda: first <= moment <= last,
        ">": lambda: moment > last,
        ">=": lambda: moment >= first,
        "<": lambda: moment < first,
        "<=": lambda: moment <= last,
    }[op]()


def type_of(value):
    if isinstance(value, bool) or value is None:
        return type(value)
    return "number" if isinstance(value, int | float) else type(value)


def interval(value, zone):
    """First and last instant of a date, or None."""
    if not isinstance(value, str) or not _DATE.fullmatch(value) or not "1900" <= value[:4] <= "2999":
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    end = moment.astimezone(UTC)
    if len(value) == 10:
        end = (moment + timedelta(days=1)).astimezone(UTC) - timedelta(microseconds=1)
    return moment.astimezone(UTC), end
