"""Saved segments: rules with a name, which other rules ask for by {segment: NAME}.

A rule means the saved rules as they are when it is evaluated. Before it is, `expand` puts them in the place of their
names, so neither evaluator nor `rules.needs` meets a name. A segment never contains itself, however many others are in
between: saving refuses the ring and names it, under a lock that lets one change through at a time.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from segments.errors import Finding, RuleError, SegmentError
from segments.models import List, Segment
from segments.rules import Rule, leaves, list_names, parse, segment_names

MOST_LEAVES = 200  # questions of a rule with all saved segments in it: each is a join
DEEPEST = 10  # segments inside one another


def expand(*rules: Rule) -> list[Rule]:
    """The rules with saved segments in the place of their names, in the same order; a rule without names as it is. One
    statement for each level of segments, none if there are none. Raises RuleError for a segment that is gone.
    """
    found: dict[str, Rule] = {}
    wanted = set().union(*map(segment_names, rules))
    while wanted:
        found |= {name: parse(body) for name, body in _stored().filter(name__in=wanted)}
        _need_all(wanted, found)
        wanted = set().union(*(segment_names(found[name]) for name in wanted)) - found.keys()
    return [_whole(rule, found, ()) for rule in rules]


def create_segment(*, name: str, kind: str, rule: Rule, by: Any = None, now: datetime) -> Segment:
    """Save a rule under a new name. kind: past or live. by: a user. Raises SegmentError if the name is taken, and
    RuleError for a rule that cannot be used.
    """
    name = name.strip()
    if not 1 <= len(name) <= 100:
        raise SegmentError("A segment needs a name of 1 to 100 characters.", code="segment_name")
    with transaction.atomic():
        _lock()
        _check(name, rule)
        try:
            with transaction.atomic():
                return Segment.objects.create(
                    name=name,
                    kind=Segment.Kind(kind),
                    rule=_document(rule),
                    created_by=by,
                    created_at=now,
                    updated_at=now,
                )
        except IntegrityError:
            raise SegmentError(f"There is a segment named “{name}” already.", code="segment_name") from None


def change_segment(*, segment_id: int, rule: Rule, now: datetime) -> Segment:
    """Give a segment another rule, at once for all that use it. Raises RuleError for a rule that cannot be used."""
    with transaction.atomic():
        _lock()
        segment = Segment.objects.get(pk=segment_id)
        _check(segment.name, rule)
        segment.rule, segment.updated_at = _document(rule), now
        segment.save(update_fields=["rule", "updated_at"])
    return segment


def delete_segment(*, segment_id: int) -> None:
    """Delete a segment. Raises SegmentError if other segments use it; whether journeys do is for the caller to know."""
    with transaction.atomic():
        _lock()
        segment = Segment.objects.get(pk=segment_id)
        if users := users_of(segment.name):
            named = ", ".join(f"“{name}”" for name in users)
            raise SegmentError(f"“{segment.name}” is used by {named}; it cannot be deleted.", code="segment_used")
        segment.delete()


def users_of(name: str) -> list[str]:
    """The saved segments that ask for another one themselves, by name."""
    return sorted(user for user, body in _stored() if name in segment_names(parse(body)))


def users_of_list(name: str) -> list[str]:
    """The saved segments that ask for a custom list themselves, by name."""
    return sorted(user for user, body in _stored() if name in list_names(parse(body)))


def _check(name: str, rule: Rule) -> None:
    """Refuse a rule whose saving would leave a segment, this one or one that uses it, that cannot be evaluated."""
    found = {other: parse(body) for other, body in _stored()} | {name: rule}
    _need_all(segment_names(rule), found)
    lists = list_names(rule)
    if gone := sorted(lists - set(List.objects.filter(name__in=lists).values_list("name", flat=True))):
        findings = [Finding("", f"There is no custom list named “{name}”.") for name in gone]
        raise RuleError(findings, code="list_gone")
    for user in [name, *_all_users(name, found)]:
        _whole(found[user], found, (user,))


def _all_users(name: str, found: Mapping[str, Rule]) -> list[str]:
    """Those that use a segment, directly or through others."""
    users: list[str] = []
    wanted = [name]
    for one in wanted:
        new = [user for user, rule in found.items() if one in segment_names(rule) and user not in wanted]
        wanted += new
        users += new
    return users


def _whole(rule: Rule, found: Mapping[str, Rule], inside: tuple[str, ...]) -> Rule:
    """A rule with the saved ones in it. inside: the names on the way to it."""
    whole = _replaced(rule, found, inside)
    if len([*leaves(whole)]) > MOST_LEAVES:
        label = f"“{inside[0]}”" if inside else "The rule"
        message = f"{label} asks more than {MOST_LEAVES} questions with the saved segments in it."
        raise RuleError([Finding("", message)], code="segment_size")
    return whole


def _replaced(rule: Rule, found: Mapping[str, Rule], inside: tuple[str, ...]) -> Rule:
    if rule.segment is not None:
        way = (*inside, rule.segment)
        if rule.segment in inside:
            ring = " → ".join(f"“{name}”" for name in way[way.index(rule.segment) :])
            message = f"A segment cannot contain itself: {ring}."
            raise RuleError([Finding("", message)], code="segment_cycle")
        if len(way) > DEEPEST:
            message = f"At most {DEEPEST} saved segments may be inside one another."
            raise RuleError([Finding("", message)], code="segment_size")
        return _replaced(found[rule.segment], found, way)
    if not rule.parts or not segment_names(rule):
        return rule
    parts = tuple(_replaced(part, found, inside) for part in rule.parts)
    return rule.model_copy(update={rule.kind: parts[0] if rule.kind == "not_" else parts})


def _need_all(wanted: set[str], found: Mapping[str, Rule]) -> None:
    if gone := sorted(wanted - found.keys()):
        findings = [Finding("", f"There is no saved segment named “{name}”.") for name in gone]
        raise RuleError(findings, code="segment_gone")


def _stored() -> Any:
    return Segment.objects.values_list("name", "rule")


def _document(rule: Rule) -> dict[str, Any]:
    return rule.model_dump(mode="json")


def _lock() -> None:
    """One change of segments at a time: two at once could close a ring that neither of them sees."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE segments_segment IN SHARE ROW EXCLUSIVE MODE")
