"""Rules: who a segment selects, as a tree of questions about a person. No database here.

A rule is one of

    {all: [RULE, …]}   {any: [RULE, …]}   {not: RULE}
    {did: EVENT}       {did: {any: [EVENT, …]}}       {did: {all: [EVENT, …]}}
    {did_not: EVENT}   {did_not: {any: [EVENT, …]}}   {did_not: {all: [EVENT, …]}}
    {interest: {event, where, within: RANGE, IN, predominantly: true | at_least: percent}}
    {profile: {property, op, value}}
    {near: {latitude, longitude, km, properties: [Latitude, Longitude]}}    in degrees
    {reachable: email|sms|whatsapp|rcs|push|web_push}
    {segment: NAME}                                                         matches the saved segment
    {list: NAME}                                                            is on the custom list

    {event: {property, op, value}}                                          the event that led somebody here: only in
                                                                            the paths of a conditional split

    EVENT: event, where: [{property, op, value}, …], within: RANGE, hours: {from: "21:00", to: "06:00"},
           weekdays: [mon, …]; in did also count: {op, value, include_zero}, sum or average: {property, op, value},
           first_time: true or last_time: true
    RANGE: {last: n, unit: minute|hour|day|week|month}, {days_ago: n}, {between: [DATE, DATE]}, {before: DATE},
           {after: DATE} or {on: DATE}
    IN:    property with value, hours: {from, to} or weekday: mon

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

- In a condition on the profile, {today: n} may stand for a date: the day n days from today in the account's timezone,
  before it if negative. The value is then a day like any other.

**Behaviour.** Only events at or before the evaluation's `now` count, and those that are routed. `did` needs at least
one event that meets `where` at a time that is meant, or as many as `count` says. `did_not` needs that there is none. Of
several events under `did`, any or all must have happened; under `did_not`, any or all must not have happened.

- A *count* leaves out people with zero, even `count < 3`, unless `include_zero` is true.
- The *sum* adds the numbers that a property holds; the *average* divides by the number of events. What is missing or no
  number is 0 in both. Decimals are exact. Who has no event has neither. A count beside them must hold too.
- `first_time` picks the first ever of the events that meet `where`, `last_time` the last one up to now; then `within`,
  `hours` and `weekdays`, at least one of them, ask when that was.

**Interests** ask of all events of that name, in the range and with `where`, which share holds the value, falls into the
hours or onto the weekday: `at_least` is in percent of them, also of those without the property. `predominantly` is: no
other value is more frequent (a tie counts), where values are texts, numbers, true and false, equal as they stand, never
read as dates; no other weekday is; no more events are outside the hours than in them. Who has no such event has no
interest.

**Places.** `near` needs numbers, of degrees that exist, in both properties; the distance is that on a sphere with a
radius of 6371.0088 km. **Reachable** is who has an address that is not switched off and did not opt out (MSG-email and
so on is false); on WhatsApp who opted in and has not DND; on push and web_push who has a device and did not opt out.

**Saved segments** are evaluated as they are saved at that moment; `segments.saved` puts them in. A segment that is gone
is an error, and never a quiet match of nobody.

**Time** goes by the account's timezone. `{last: n, unit: day}` reaches from 00:00 of the day n days ago to now; weeks
are seven days, months go by the calendar (the 31st becomes the last day of a shorter month); minutes and hours roll.
`{days_ago: n}` is that calendar day. `between` includes both its ends, `before` and `after` leave out the day that they
name, `on` is all of it; where DATE is a time, it is that instant. `hours` leave out their end, and run past midnight if
it is the earlier one. On a night in which clocks change, every event has the local time that clocks showed.

To add a kind of leaf: a field of Rule, a line each in `compile.KINDS` and `match.KINDS`, what it needs in `needs`, its
words in `words`, what was seen in `explain`.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from segments.behaviour import (
    Count,
    Did,
    DidNot,
    Events,
    OneOrMoreDid,
    OneOrMoreDidNot,
    SeveralDid,
    SeveralDidNot,
    Within,
)
from segments.errors import Finding, RuleError
from segments.interests import Interest
from segments.parts import OPPOSITES, Condition, Name, Op, Part, ProfileCondition, need
from segments.places import Near
from segments.reach import Channel

__all__ = ["OPPOSITES", "Condition", "Count", "Did", "DidNot", "Op", "Rule", "Within", "parse"]

DEEPEST = 10  # rules inside one another
MOST_LEAVES = 50
_BEHAVIOUR = ("did", "did_not", "interest")  # kinds of leaf that ask about events
_PERSONAL = ("profile", "near", "reachable")  # and about the profile


class Rule(Part):
    """One question about a person: exactly one of the keys."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    all: tuple["Rule", ...] | None = None
    any: tuple["Rule", ...] | None = None
    not_: Annotated["Rule | None", Field(alias="not")] = None
    did: OneOrMoreDid | None = None
    did_not: OneOrMoreDidNot | None = None
    interest: Interest | None = None
    profile: ProfileCondition | None = None
    near: Near | None = None
    reachable: Channel | None = None
    segment: Name | None = None
    list: Name | None = None
    event: Condition | None = None

    @field_validator("all", "any")
    @classmethod
    def _has_parts(cls, rules: "tuple[Rule, ...] | None") -> "tuple[Rule, ...] | None":
        need(rules is None or len(rules) > 0, "There must be at least one rule here.")
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
    def plain(self) -> "Rule":
        """This rule, with several events under one did or did_not as a rule each."""
        if isinstance(self.did, SeveralDid):
            parts = tuple(Rule(did=event) for event in self.did.all or self.did.any or ())
            return Rule(all=parts) if self.did.all else Rule(any=parts)
        if isinstance(self.did_not, SeveralDidNot):
            parts = tuple(Rule(did_not=event) for event in self.did_not.all or self.did_not.any or ())
            return Rule(all=parts) if self.did_not.all else Rule(any=parts)
        return self

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
    profile: whether fields and properties are looked at. lists: names. reach: whether devices and addresses that are
    switched off are.
    """

    events: frozenset[str]
    since: datetime | None
    profile: bool
    lists: frozenset[str]
    reach: bool


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
    rule = rule.plain
    if not rule.parts:
        yield rule
    for part in rule.parts:
        yield from leaves(part)


def inside(rule: Rule) -> "Iterator[tuple[str, Rule]]":
    """The rules right inside one, events that stand together included, each with its place there: all.0, not,
    did.any.1.
    """
    kind, plain = rule.kind.rstrip("_"), rule.plain
    for number, part in enumerate(plain.parts):
        yield (
            f"{kind}.{plain.kind}.{number}" if plain is not rule else kind if kind == "not" else f"{kind}.{number}",
            part,
        )


def placed(rule: Rule, place: str = "") -> "Iterator[tuple[str, Rule]]":
    """The questions in a rule, as `leaves`, each with its dotted place."""
    if not rule.plain.parts:
        yield place, rule
    for inner, part in inside(rule):
        yield from placed(part, f"{place}.{inner}" if place else inner)


def event_names(rule: Rule) -> set[str]:
    """The events that a rule asks about, as spelt in it."""
    return {leaf.body.event for leaf in leaves(rule) if leaf.kind in _BEHAVIOUR}


def list_names(rule: Rule) -> set[str]:
    """The custom lists that a rule asks about."""
    return {leaf.body for leaf in leaves(rule) if leaf.kind == "list"}


def is_personal(rule: Rule) -> bool:
    """Whether something is asked of the profile itself."""
    return any(leaf.kind in _PERSONAL for leaf in leaves(rule))


def segment_names(rule: Rule) -> set[str]:
    """The saved segments that a rule itself asks for."""
    return {leaf.body for leaf in leaves(rule) if leaf.kind == "segment"}


def asks_event(rule: Rule) -> bool:
    """Whether a rule asks about the event that led somebody here."""
    return any(leaf.kind == "event" for leaf in leaves(rule))


def properties(rule: Rule) -> set[str]:
    """The profile properties that a rule asks about."""
    asked = {leaf.body.property for leaf in leaves(rule) if leaf.kind == "profile"}
    return asked.union(*(leaf.body.names for leaf in leaves(rule) if leaf.kind == "near"))


def needs(*rules: Rule, now: datetime, zone: ZoneInfo) -> Needs:
    """What must be known of a person to evaluate rules at `now`; for several instants, give the earliest. The rules are
    those of `saved.expand`."""
    asked = [leaf.body for rule in rules for leaf in leaves(rule) if leaf.kind in _BEHAVIOUR]
    starts = [_since(leaf, now, zone) for leaf in asked]
    known = [start for start in starts if start is not None]
    return Needs(
        events=frozenset().union(*map(event_names, rules)),
        since=min(known) if known and len(known) == len(starts) else None,
        profile=any(map(is_personal, rules)),
        lists=frozenset().union(*map(list_names, rules)),
        reach=any(leaf.kind == "reachable" for rule in rules for leaf in leaves(rule)),
    )


def _since(leaf: Events, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The oldest instant of an event that can matter; None: there is none, as for the first time ever."""
    if leaf.within is None or (isinstance(leaf, Did) and leaf.picks == "first"):
        return None
    return leaf.within.since(now, zone)
