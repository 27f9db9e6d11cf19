"""Rules in plain English: “did Charged at least 2 times in the last 30 days with amount over 100, and plan is gold”."""

import re
from typing import Any

from segments import values
from segments.behaviour import Count, Did, DidNot, Events, Hours, Total, Within
from segments.interests import Interest
from segments.parts import Condition
from segments.places import Near
from segments.rules import Rule

_DAYS = {
    "mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday",
    "sun": "Sunday",
}  # fmt: skip
CHANNELS = {
    "email": "e-mail", "sms": "SMS", "whatsapp": "WhatsApp", "rcs": "RCS", "push": "push", "web_push": "web push",
}  # fmt: skip

# What stands between a property and a value: of a profile (“plan is gold”), of an event (“with amount over 100”).
_IS = {
    "=": "is", "!=": "is not", ">": "is over", ">=": "is at least", "<": "is under", "<=": "is at most",
    "contains": "contains", "not_contains": "does not contain", "in": "is one of", "not_in": "is none of",
    "exists": "is known", "not_exists": "is unknown", "matches": "matches", "between": "is from",
}  # fmt: skip
_WITH = {
    "=": "equal to", "!=": "other than", ">": "over", ">=": "of at least", "<": "under", "<=": "of at most",
    "contains": "containing", "not_contains": "not containing", "in": "among", "not_in": "not among",
    "exists": "known", "not_exists": "unknown", "matches": "matching", "between": "from",
}  # fmt: skip
_DATED = {"=": "on", "!=": "not on", ">": "after", ">=": "on or after", "<": "before", "<=": "on or before"}
_NUMBERED = {"=": "exactly", ">": "more than", ">=": "at least", "<": "fewer than", "<=": "at most"}
_PLAIN = re.compile(r"[\w.+@-]+")


def sentence(rule: Rule) -> str:
    """A rule as an English sentence without its subject."""
    rule = rule.plain
    if rule.kind in ("all", "any"):
        link = ", and " if rule.kind == "all" else ", or "
        return link.join(_bracketed(part) for part in rule.parts)
    if rule.not_ is not None:
        return f"not ({sentence(rule.not_)})"
    return _LEAVES[rule.kind](rule.body)


def asked(item: Condition) -> str:
    """A condition on an event: “amount over 20”."""
    return _condition(item, event=True)


def spell(value: Any) -> str:
    """A value as it is read: plain words as they are, other text in quotes."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) else f"“{value}”"
    if isinstance(value, dict) and list(value) == ["today"]:
        days = value["today"]
        return "today" if days == 0 else f"{_number(-days, 'day')} ago" if days < 0 else f"in {_number(days, 'day')}"
    if isinstance(value, list):
        return _listed([spell(item) for item in value], "or") if value else "an empty list"
    return f"{value:,}" if values.is_number(value) else str(value)


def _bracketed(rule: Rule) -> str:
    plain = rule.plain
    return f"({sentence(plain)})" if plain.kind in ("all", "any") and len(plain.parts) > 1 else sentence(plain)


def _condition(item: Condition, *, event: bool) -> str:
    op, value = item.op, item.value
    words = (_WITH if event else _IS)[op]
    if op in ("exists", "not_exists"):
        return f"{item.property} {words}"
    if op == "between":
        return f"{item.property} {words} {spell(value[0])} to {spell(value[1])}"
    if op in _DATED and (isinstance(value, dict) or values.is_date(value)):
        words = _DATED[op] if event else f"is {_DATED[op]}"
        if isinstance(value, dict):
            words = words.removesuffix(" on")  # “is today”
    return f"{item.property} {words} {spell(value)}"


def _did(leaf: Did) -> str:
    parts = [f"did {leaf.event}"]
    if leaf.picks:
        parts.append(f"for the {leaf.picks} time")
    if leaf.count:
        parts.append(_count(leaf.count))
    parts += _when(leaf) + _where(leaf)
    for name, total in (("sum", leaf.sum), ("average", leaf.average)):
        if total:
            parts.append(f"and {_total(name, total)}")
    return " ".join(parts)


def _did_not(leaf: DidNot) -> str:
    return " ".join([f"did not do {leaf.event}", *_when(leaf), *_where(leaf)])


def _interest(leaf: Interest) -> str:
    if leaf.property is not None:
        part = f"with {leaf.property} equal to {spell(leaf.value)}"
    elif leaf.hours is not None:
        part = _hours(leaf.hours)
    else:
        part = f"on {_DAYS[leaf.weekday or '']}s"
    share = "predominantly" if leaf.predominantly else f"at least {leaf.at_least}% of the time"
    within = [_within(leaf.within)] if leaf.within else []
    return " ".join([f"did {leaf.event}", share, part, *within, *_where(leaf)])


def _near(asked: Near) -> str:
    return f"is within {asked.km:g} km of {asked.latitude:g}, {asked.longitude:g}"


def _count(count: Count) -> str:
    if count.op == "between":
        words = f"{count.value[0]:,} to {_number(count.value[1], 'time')}"
    else:
        words = f"{_NUMBERED[count.op]} {_number(count.value, 'time')}"
    return f"{words} or never" if count.holds(0) else words


def _total(name: str, total: Total) -> str:
    if total.op == "between":
        return f"the {name} of {total.property} is from {spell(total.value[0])} to {spell(total.value[1])}"
    return f"the {name} of {total.property} {_IS[total.op]} {spell(total.value)}"


def _where(leaf: Events) -> list[str]:
    return [f"with {_listed([_condition(item, event=True) for item in leaf.where], 'and')}"] if leaf.where else []


def _when(leaf: DidNot) -> list[str]:
    parts = [_within(leaf.within)] if leaf.within else []
    if leaf.hours:
        parts.append(_hours(leaf.hours))
    if leaf.weekdays:
        parts.append(f"on a {_listed([_DAYS[day] for day in leaf.weekdays], 'or')}")
    return parts


def _hours(hours: Hours) -> str:
    return f"between {hours.from_} and {hours.to}"


def _within(within: Within) -> str:
    if within.last is not None:
        unit = within.unit or ""
        return f"in the last {within.last:,} {unit}s" if within.last > 1 else f"in the last {unit}"
    if within.days_ago is not None:
        return "today" if within.days_ago == 0 else f"exactly {_number(within.days_ago, 'day')} ago"
    if within.between is not None:
        return f"from {within.between[0]} to {within.between[1]}"
    ((word, day),) = ((word, day) for word in ("before", "after", "on") if (day := getattr(within, word)) is not None)
    return f"{word} {day}"


def _number(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _listed(items: list[str], link: str) -> str:
    return f"{', '.join(items[:-1])} {link} {items[-1]}" if len(items) > 1 else items[0]


_LEAVES: dict[str, Any] = {
    "did": _did,
    "did_not": _did_not,
    "interest": _interest,
    "profile": lambda item: _condition(item, event=False),
    "event": lambda item: f"the event has {_condition(item, event=True)}",
    "near": _near,
    "reachable": lambda channel: f"can be reached by {CHANNELS[channel]}",
    "segment": lambda name: f"is in the segment {spell(name)}",
    "list": lambda name: f"is on the list {spell(name)}",
}
