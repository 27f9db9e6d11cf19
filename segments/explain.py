"""Why somebody matches a rule or does not: every clause of it in English, whether it holds, and what was seen.

The answers are those of `segments.match`, clause by clause, on what `history.people` loads. The sentence of a whole
rule is `words.sentence`.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from config.lib import lanes
from profiles import fields
from segments import history, match, reach, saved
from segments.behaviour import Did, DidNot
from segments.compile import names_of
from segments.interests import Interest
from segments.match import Person
from segments.match_events import add, compile_kind, compile_meant, compile_what
from segments.rules import Rule, inside, needs
from segments.words import sentence, spell


class Clause(NamedTuple):
    """One part of a rule, asked about one person. place: dotted path inside the rule. depth: 0 for the whole rule.
    seen: what decided it; empty for all, any and not, whose parts follow.
    """

    place: str
    depth: int
    text: str
    holds: bool
    seen: str


def clauses(
    rule: Rule,
    profile_id: int,
    *,
    now: datetime,
    tz: ZoneInfo,
    until: tuple[datetime, int] | None = None,
    event: Mapping[str, Any] | None = None,
) -> list[Clause]:
    """Every clause of a rule for one profile, the whole first, the parts of each right behind it.

    until: the (time, id) of the last event that counts; None: of all up to now. event: the properties of the one that
    led the person here. The profile itself is always as it is now.
    Raises RuleError for a list or a segment that is gone.
    """
    (whole,) = saved.expand(rule)
    names = names_of(whole)
    known = needs(whole, now=now, zone=tz)
    person = history.people([profile_id], known, names=names, lanes=[lanes.of(profile_id)])[profile_id]
    if until is not None:
        person = person._replace(events=[it for it in person.events if (it[1], it[3]) <= until])
    if event is not None:
        person = person._replace(event=event)
    return [*_Explainer(person, now, tz, names.types).walk(rule, "", 0)]


class _Explainer(NamedTuple):
    person: Person
    now: datetime
    tz: ZoneInfo
    types: Mapping[str, int]

    def walk(self, rule: Rule, place: str, depth: int) -> Iterator[Clause]:
        (whole,) = saved.expand(rule)
        holds = match.compile_rule(whole, tz=self.tz, types=self.types)(self.person, self.now)
        text = {"all": "all of these", "any": "any of these", "not_": "not"}.get(rule.plain.kind) or sentence(rule)
        yield Clause(place, depth, text, holds, self.seen(rule.plain))
        if rule.segment is not None:
            yield from self.walk(whole, _inside(place, "segment"), depth + 1)
        for inner, part in inside(rule):
            yield from self.walk(part, _inside(place, inner), depth + 1)

    def seen(self, rule: Rule) -> str:
        """What decides a leaf."""
        body = rule.body
        if isinstance(body, DidNot):
            return self._events(body)
        if isinstance(body, Interest):
            meant = compile_meant(body, self.tz, self.types)(self.person.events, self.now)
            kind, wanted = compile_kind(body, self.tz)
            return f"{sum(kind(event) == wanted for event in meant)} of {len(meant)} times"
        if rule.profile is not None:
            return spell(self.person.fields.get(fields.canonical(rule.profile.property)))
        if rule.event is not None:
            return spell(self.person.event.get(rule.event.property))
        if rule.near is not None:
            there = (self.person.fields.get(fields.canonical(name)) for name in rule.near.names)
            km = rule.near.away(*there)
            return "no place known" if km is None else f"{km:,.1f} km away"
        if rule.reachable is not None:
            return reach.obstacle(rule.reachable, self.person.fields) or "nothing in the way"
        if rule.list is not None:
            return "on it" if rule.list in self.person.lists else "not on it"
        return ""

    def _events(self, leaf: DidNot) -> str:
        """How often and when; with a total, how much."""
        picks = leaf.picks if isinstance(leaf, Did) else None
        find = compile_what if picks else compile_meant
        found = find(leaf, self.tz, self.types)(self.person.events, self.now)
        if not found:
            return "never"
        if picks:
            return f"{picks} {self._local((min if picks == 'first' else max)(at for _, at, *_ in found))}"
        often = "once" if len(found) == 1 else f"{len(found):,} times, last"
        text = f"{often} {self._local(max(at for _, at, *_ in found))}"
        if isinstance(leaf, Did) and (total := leaf.sum or leaf.average):
            name, parts = ("average", len(found)) if leaf.average else ("sum", 1)
            text += f", {name} {float(add(found, total.property) / parts):,.10g}"
        return text

    def _local(self, at: datetime) -> str:
        return f"{at.astimezone(self.tz):%Y-%m-%d %H:%M}"


def _inside(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key
