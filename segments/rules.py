"""Rules: who a segment selects, as a tree of questions about a person. No database here.

A rule is one of

    {all: [RULE, …]}   {any: [RULE, …]}   {not: RULE}
    {did: {event, where, count: {op, value}, within: {last: n, unit}}}      did_not: the same without count
    {profile: {property, op, value}}
    {list: NAME}                                                            is on the custom list

`where` is a list of conditions `{property, op, value}` on one event, all of which must hold. The names of a profile's
system properties compare ignoring case, all other property names are exact. There are two evaluators,
`segments.compile` (SQL over stored history) and `segments.match` (one person in memory), and one meaning:

**Conditions.** A condition compares a property, any JSON value, with the value in the rule, which decides how:

- A *number* compares with numbers alone: the text "20" is not 20. *true* and *false* equal themselves alone.
- A *date* is text in ISO 8601 form, from 1900 to 2999: a day (2026-12-01), a local time (2026-12-01T10:00), or a time
  with an offset (2026-12-01T10:00Z). It compares with properties that are dates, in the account's timezone. A day in a
  rule is the whole day: `=` is any time on it, `>` after its end, `<=` up to its end, `between` includes both days.
- Other *text* is equal if it is alike to the letter; letter case counts, in `contains` and `matches` too. Event names
  alone compare ignoring case and spaces.
- `> >= < <= between` take numbers or dates. `in` is: equal to one of a list. `contains` is: the text holds this text
  (never read as a date), or the list has this element. `matches` is: the text holds a match of the regular
  expression (`segments.patterns`).
- A property that is missing or null satisfies `not_exists` and the negative `!=`, `not_contains`, `not_in`, nothing
  else. A property of another type than the rule's value does the same, but exists. Each negative is the exact opposite
  of its positive.

**Behaviour.** Only events at or before the evaluation's `now` count, and those that are routed. `did` needs at least
one event that meets `where`, or as many as `count` says; a count leaves out people with zero, even `count < 3`.
`did_not` needs that there is none. `{last: n, unit: day}` reaches from 00:00, in the account's timezone, of the day n
days ago to now; weeks are seven days, months go by the calendar (the 31st becomes the last day of a shorter month);
minutes and hours roll.

To add a kind of leaf: a field of Rule, a line each in `compile.KINDS` and `match.KINDS`, what it needs in `needs`.
"""

import calendar
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_serializer, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from segments import patterns, times, values
from segments.errors import Finding, RuleError

DEEPEST = 10  # rules inside one another
MOST_LEAVES = 50
MOST_VALUES = 1000  # in one `in`
LONGEST_TEXT = 512  # characters of a value, as in properties
LARGEST_NUMBER = 10**15  # up to here whole numbers and decimals are told apart alike in Python and PostgreSQL

Op = Literal[
    "=", "!=", ">", ">=", "<", "<=",
    "contains", "not_contains", "in", "not_in", "exists", "not_exists", "matches", "between",
]  # fmt: skip
OPPOSITES = {"!=": "=", "not_contains": "contains", "not_in": "in", "not_exists": "exists"}

Name = Annotated[str, Field(min_length=1, max_length=120)]


class Part(BaseModel):
    """A piece of a rule. Unknown keys are errors; what is not given is not written out either."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    @model_serializer(mode="wrap")
    def _without_empty(self, handler: Any) -> dict[str, Any]:
        return {key: value for key, value in handler(self).items() if value is not None}


class Condition(Part):
    """One comparison of a property with a value. value: absent with exists and not_exists, a list with in, not_in and
    between, else text, a number, true or false."""

    property: Name
    op: Op
    value: Annotated[Any, Field(default=None, validate_default=True)]

    @field_validator("value", mode="before")
    @classmethod
    def _fits_op(cls, value: Any, info: Any) -> Any:
        op = info.data.get("op")
        if op is None:  # which is an error of its own
            return value
        value = _plain(value)
        if op in ("exists", "not_exists"):
            _need(value is None, f"“{op}” takes no value.")
        elif op in ("in", "not_in"):
            _need(
                isinstance(value, list) and 1 <= len(value) <= MOST_VALUES,
                f"“{op}” takes a list of 1 to {MOST_VALUES}.",
            )
            for item in value:
                _need_scalar(item, op)
        elif op == "between":
            _need(isinstance(value, list) and len(value) == 2, "“between” takes a list of two, the lower one first.")
            for item in value:
                _need_ordered(item, op)
            _need(values.is_number(value[0]) == values.is_number(value[1]), "“between” takes two numbers or two dates.")
        elif op in values.ORDERS:
            _need_ordered(value, op)
        elif op == "matches":
            _need(isinstance(value, str), "“matches” takes a pattern as text.")
            try:
                patterns.translate(value)
            except patterns.PatternError as error:
                raise PydanticCustomError("value", "{why}", {"why": str(error)}) from None
        else:
            _need_scalar(value, op)
            _need(value != "" or op in ("=", "!="), f"“{op}” takes text that is not empty.")
        return value


class Count(Part):
    """How often, at least once in any case. value: a whole number; with between, two."""

    op: Literal["=", ">", ">=", "<", "<=", "between"]
    value: Annotated[Any, Field(json_schema_extra={"type": ["integer", "array"], "items": {"type": "integer"}})]

    @field_validator("value", mode="before")
    @classmethod
    def _fits_op(cls, value: Any, info: Any) -> Any:
        op = info.data.get("op")
        if op is None:
            return value
        numbers = list(value) if op == "between" and isinstance(value, list | tuple) else [value]
        _need(
            len(numbers) == (2 if op == "between" else 1) and all(type(number) is int for number in numbers),
            "A count takes a whole number; with “between”, a list of two.",
        )
        lowest = {"<": 2, ">": 0}.get(op, 1)
        _need(
            all(lowest <= number <= 10**9 for number in numbers),
            f"With “{op}” a count is {lowest} or more: people with zero are found by did_not.",
        )
        return numbers if op == "between" else value

    def holds(self, number: int) -> bool:
        """Whether somebody with this number of events is meant."""
        if number == 0:
            return False
        if self.op == "between":
            return bool(self.value[0] <= number <= self.value[1])
        if self.op == "=":
            return bool(number == self.value)
        return values.ORDERS[self.op][0](number, self.value)


class Within(Part):
    """The last n units up to now."""

    last: Annotated[int, Field(ge=1, le=10_000, strict=True)]
    unit: Literal["minute", "hour", "day", "week", "month"]

    def since(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The first instant that counts."""
        if self.unit == "minute":
            return now - timedelta(minutes=self.last)
        if self.unit == "hour":
            return now - timedelta(hours=self.last)
        today = now.astimezone(zone).date()
        if self.unit == "month":
            return times.day_start(_months_before(today, self.last), zone)
        return times.day_start(today - timedelta(days=self.last * (7 if self.unit == "week" else 1)), zone)


class DidNot(Part):
    """An event that must not have happened."""

    event: Name
    where: tuple[Condition, ...] = ()
    within: Within | None = None


class Did(DidNot):
    """An event that must have happened."""

    count: Count | None = None


class Rule(Part):
    """One question about a person: exactly one of the keys."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    all: tuple["Rule", ...] | None = None
    any: tuple["Rule", ...] | None = None
    not_: Annotated["Rule | None", Field(alias="not")] = None
    did: Did | None = None
    did_not: DidNot | None = None
    profile: Condition | None = None
    list: Name | None = None

    @field_validator("all", "any")
    @classmethod
    def _has_parts(cls, rules: "tuple[Rule, ...] | None") -> "tuple[Rule, ...] | None":
        _need(rules is None or len(rules) > 0, "There must be at least one rule here.")
        return rules

    @model_validator(mode="after")
    def _is_one(self) -> "Rule":
        keys = ", ".join(("not" if key == "not_" else key) for key in type(self).model_fields)
        if len(self.model_fields_set) != 1 or self.body is None:
            raise PydanticCustomError("rule", "A rule has exactly one of the keys {keys}.", {"keys": keys})
        if self.depth > DEEPEST:
            raise PydanticCustomError("rule", "At most {most} rules may be inside one another.", {"most": DEEPEST})
        if len([*leaves(self)]) > MOST_LEAVES:
            raise PydanticCustomError("rule", "A rule asks at most {most} questions.", {"most": MOST_LEAVES})
        return self

    @property
    def kind(self) -> str:
        """The key that is there; `not_` for not."""
        return next(iter(self.model_fields_set))

    @property
    def body(self) -> Any:
        """What stands under the key."""
        return getattr(self, self.kind)

    @property
    def parts(self) -> "tuple[Rule, ...]":
        """The rules right inside this one."""
        return self.all or self.any or ((self.not_,) if self.not_ else ())

    @property
    def depth(self) -> int:
        """1 for a leaf."""
        return 1 + max((part.depth for part in self.parts), default=0)


class Needs(NamedTuple):
    """What must be known of a person to evaluate some rules.

    events: names. since: the oldest instant of an event that can matter; None: the whole history.
    profile: whether fields and properties are looked at. lists: names.
    """

    events: frozenset[str]
    since: datetime | None
    profile: bool
    lists: frozenset[str]


def parse(document: Any) -> Rule:
    """The rule in a document, JSON or YAML as Python values. Raises RuleError with every finding and its place."""
    try:
        return Rule.model_validate(document)
    except ValidationError as error:
        raise RuleError([Finding(place(detail["loc"]), sentence(detail)) for detail in error.errors()]) from None


def place(loc: tuple[int | str, ...]) -> str:
    """Where pydantic found something, as a dotted path."""
    return ".".join(map(str, loc))


def sentence(detail: ErrorDetails) -> str:
    """What pydantic found, as a sentence that names the key."""
    key = str(detail["loc"][-1]) if detail["loc"] else ""
    if detail["type"] == "extra_forbidden":
        return f"There is no key “{key}” here."
    if detail["type"] == "missing":
        return f"The key “{key}” is missing."
    if detail["type"] == "model_type":
        return "This must be a mapping of keys to values."
    message = detail["msg"]
    return message if message.endswith(".") else f"{message}."


def leaves(rule: Rule) -> Iterator[Rule]:
    """The questions in a rule, from left to right."""
    if not rule.parts:
        yield rule
    for part in rule.parts:
        yield from leaves(part)


def event_names(rule: Rule) -> set[str]:
    """The events that a rule asks about, as spelt in it."""
    return {leaf.body.event for leaf in leaves(rule) if leaf.kind in ("did", "did_not")}


def list_names(rule: Rule) -> set[str]:
    """The custom lists that a rule asks about."""
    return {leaf.body for leaf in leaves(rule) if leaf.kind == "list"}


def properties(rule: Rule) -> set[str]:
    """The profile properties that a rule asks about."""
    return {leaf.body.property for leaf in leaves(rule) if leaf.kind == "profile"}


def needs(*rules: Rule, now: datetime, zone: ZoneInfo) -> Needs:
    """What must be known of a person to evaluate rules at `now`; for several instants, give the earliest."""
    ranges = [leaf.body.within for rule in rules for leaf in leaves(rule) if leaf.kind in ("did", "did_not")]
    bounded = bool(ranges) and all(ranges)
    return Needs(
        events=frozenset().union(*map(event_names, rules)),
        since=min(within.since(now, zone) for within in ranges) if bounded else None,
        profile=any(map(properties, rules)),
        lists=frozenset().union(*map(list_names, rules)),
    )


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _plain(value: Any) -> Any:
    """A value as JSON has it: YAML makes date objects of what looks like one."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _need(right: bool, message: str) -> None:
    if not right:
        raise PydanticCustomError("value", "{why}", {"why": message})


def _need_scalar(value: Any, op: str) -> None:
    if isinstance(value, str):
        _need(
            len(value) <= LONGEST_TEXT and "\x00" not in value, f"Text in a rule has at most {LONGEST_TEXT} characters."
        )
    elif values.is_number(value):
        _need(abs(value) <= LARGEST_NUMBER, f"A number in a rule is at most {LARGEST_NUMBER:,}.")  # NaN fails too
    else:
        _need(
            isinstance(value, bool),
            f"“{op}” compares with text, a number, true or false; for no value there is exists.",
        )


def _need_ordered(value: Any, op: str) -> None:
    _need(
        values.is_number(value) or values.is_date(value),
        f"“{op}” compares with a number or a date (2026-12-01, 2026-12-01T10:00).",
    )
    _need_scalar(value, op)
