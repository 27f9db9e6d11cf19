"""A third evaluator of rules, for tests: as plain as can be, written from the prose of `segments.rules` alone.

It reads rules as plain dictionaries, interprets regular expressions with Python's `re`, and turns every date into an
interval of instants. (So tests keep local times out of the nights in which clocks change.)
"""

import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

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
    if kind == "segment":
        return holds(fields["saved"][body], fields, events, lists, now, zone)
    if kind == "list":
        return body in lists
    if kind == "profile":
        wanted = on_day(body.get("value"), now.astimezone(zone))
        return condition({**body, "value": wanted}, fields.get(body["property"]), zone)
    if "all" in body or "any" in body:
        every = all if "all" in body else any
        return every(
            holds({kind: event}, fields, events, lists, now, zone) for event in body.get("all") or body.get("any")
        )
    if kind == "near":
        degrees = [fields.get(name) for name in body.get("properties", ["Latitude", "Longitude"])]
        return all(type_of(one) == "number" for one in degrees) and near(body, *degrees)
    if kind == "reachable":
        return reachable(body, fields)
    found = []
    for name, at, properties in events:
        if name.replace(" ", "").lower() != body["event"].replace(" ", "").lower() or at > now:
            continue
        if all(condition(item, properties.get(item["property"]), zone) for item in body.get("where", ())):
            found.append((at, properties))
    if kind == "interest":
        return interested(body, [event for event in found if timely(body, event[0], now, zone, only="within")], zone)
    found.sort(key=lambda event: event[0])
    if body.get("first_time"):
        found = found[:1]
    if body.get("last_time"):
        found = found[-1:]
    found = [event for event in found if timely(body, event[0], now, zone)]
    if kind == "did_not":
        return found == []
    if body.get("count") and not counted(body["count"], len(found)):
        return False
    if found == []:
        return "include_zero" in body.get("count", {})
    for total in ("sum", "average"):
        if total in body:
            numbers = [properties.get(body[total]["property"]) for _, properties in found]
            numbers = [Decimal(repr(one)) if type_of(one) == "number" else Decimal(0) for one in numbers]
            value = sum(numbers) / (len(numbers) if total == "average" else 1)
            if not compared(body[total], value):
                return False
    return True


def counted(count, found):
    if found == 0 and not count.get("include_zero"):
        return False
    return compared(count, found)


def compared(test, number):
    low, high = test["value"] if test["op"] == "between" else (test["value"], test["value"])
    low, high = Decimal(repr(low)), Decimal(repr(high))
    return {
        "=": number == low,
        ">": number > low,
        ">=": number >= low,
        "<": number < low,
        "<=": number <= low,
        "between": low <= number <= high,
    }[test["op"]]


def on_day(value, local):
    """What {today: n} means."""
    if isinstance(value, list):
        return [on_day(one, local) for one in value]
    if isinstance(value, dict):
        return f"{local + timedelta(days=value['today']):%Y-%m-%d}"
    return value


def near(body, latitude, longitude):
    """By the angle between two arrows from the middle of the earth."""
    if abs(latitude) > 90 or abs(longitude) > 180:
        return False
    there, here = (
        (math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north))
        for north, east in [
            (math.radians(latitude), math.radians(longitude)),
            (math.radians(body["latitude"]), math.radians(body["longitude"])),
        ]
    )
    crossed = math.hypot(*(there[i - 2] * here[i - 1] - there[i - 1] * here[i - 2] for i in range(3)))
    return 6371.0088 * math.atan2(crossed, sum(a * b for a, b in zip(there, here, strict=True))) <= body["km"]


def reachable(channel, fields):
    """fields: devices and off, the addresses that are switched off, too."""
    flag = fields.get("MSG-" + channel)
    if flag is False or (channel == "whatsapp" and (flag is not True or fields.get("DND") is True)):
        return False
    if channel in ("push", "web_push"):
        return channel in fields["devices"]
    address = fields.get("email" if channel == "email" else "phone")
    return address is not None and address not in fields["off"]


def interested(body, found, zone):
    kinds = []
    for at, properties in found:
        local = at.astimezone(zone)
        if "property" in body:
            value = properties.get(body["property"])
            kinds.append((type_of(value), value) if isinstance(value, bool | str | int | float) else None)
        elif "weekday" in body:
            kinds.append(f"{local:%a}".lower())
        else:
            kinds.append(timely({"hours": body["hours"]}, at, at, zone))
    wanted = (type_of(body["value"]), body["value"]) if "property" in body else body.get("weekday", True)
    share = kinds.count(wanted)
    if "at_least" in body:
        return share > 0 and share / len(kinds) >= body["at_least"] / 100
    return share > 0 and all(kinds.count(kind) <= share for kind in kinds if kind is not None)


def timely(body, at, now, zone, only=None):
    local = at.astimezone(zone)
    body = {only: body.get(only)} if only else body
    if "weekdays" in body and f"{local:%a}".lower() not in body["weekdays"]:
        return False
    if "hours" in body:
        start, end = (int(text[:2]) * 60 + int(text[3:]) for text in (body["hours"]["from"], body["hours"]["to"]))
        minute = local.hour * 60 + local.minute
        if (minute - start) % 1440 >= (end - start) % 1440:
            return False
    within = body.get("within") or {}
    days = lambda text: interval(text, zone)  # noqa: E731
    if "last" in within:
        return at >= since(within, now, zone)
    if "days_ago" in within:
        return (now.astimezone(zone).date() - local.date()).days == within["days_ago"]
    if "on" in within:
        return days(within["on"])[0] <= at <= days(within["on"])[1]
    if "before" in within:
        return at < days(within["before"])[0]
    if "after" in within:
        return at > days(within["after"])[1]
    if "between" in within:
        return days(within["between"][0])[0] <= at <= days(within["between"][1])[1]
    return True


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
