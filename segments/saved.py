"""Saved segments: rules with a name, which other rules ask for by {segment: NAME}.

A rule means the saved rules as they are when it is evaluated. Before it is, `expand` puts them in the place of their
names, so neither evaluator nor `rules.needs` meets a name. A segment never contains itself, however many others are in
between: saving refuses the ring and names it, under a lock that lets one change through at a time.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from config.lib.errors import Problem
from config.lib.wake import wake
from profiles import eventtypes
from segments import usage
from segments.errors import Finding, RuleError, SegmentError, in_rule
from segments.models import List, Segment
from segments.rules import Rule, event_names, leaves, list_names, parse, placed, segment_names

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


def create_segment(
    *, name: str, kind: str, rule: Rule, description: str = "", by: Any = None, now: datetime
) -> Segment:
    """Save a rule under a new name. kind: past or live. by: a user. Raises SegmentError if the name is taken or the
    kind asks for another rule, and RuleError for a rule that cannot be used.
    """
    with transaction.atomic():
        _lock()
        segment = Segment(description=description, created_by=by, created_at=now)
        _fill(segment, name=name, kind=kind, rule=rule, now=now)
        segment.save()
        wake("segments.counts")
    return segment


def change_segment(
    *,
    segment_id: int,
    rule: Rule | None = None,
    name: str | None = None,
    kind: str | None = None,
    description: str | None = None,
    version: int | None = None,
    now: datetime,
) -> Segment:
    """Give a segment another rule, name, kind or description; None leaves it as it is. All that use it follow at once:
    rules mean the new rule, and saved segments and drafts of journeys ask for the new name.

    version: the one that the change was made on; None: whichever it is. Raises SegmentError if it is another one by
    now, the name is taken, or a journey under way holds the old one; RuleError for a rule that cannot be used.
    """
    with transaction.atomic():
        _lock()
        segment = _get(segment_id)
        if version is not None and version != segment.version:
            message = f"Somebody changed “{segment.name}” meanwhile; load it again to see how it is now."
            raise SegmentError(message, code="segment_changed")
        old, before = segment.name, parse(segment.rule)
        _fill(segment, name=name or old, kind=kind or segment.kind, rule=rule or before, now=now)
        segment.description = segment.description if description is None else description
        segment.version += 1
        segment.save()
        if segment.name != old:
            _rename(old, segment.name)
        wake("segments.counts")
    return segment


def delete_segment(*, segment_id: int) -> None:
    """Delete a segment. Raises SegmentError if another one, or a journey under way, uses it (domain 4.3)."""
    with transaction.atomic():
        _lock()
        segment = _get(segment_id)
        if users := usage.holders("segment", segment.name):
            message = f"“{segment.name}” is used by {usage.named(users)}; it cannot be deleted."
            raise SegmentError(message, code="segment_used")
        segment.delete()


def problems(
    *, rule: Rule, name: str = "", kind: str = Segment.Kind.PAST, segment_id: int | None = None
) -> list[Problem]:
    """What would keep a rule from being saved, and what is odd about it. name: empty if it has none yet. segment_id:
    of the segment that is being changed; None: it would be a new one.
    """
    found: list[Problem] = []
    name = name.strip()
    try:
        if name:
            _check_name(name, segment_id)
    except SegmentError as error:
        found.append(Problem(error.code, "error", None, "name", error.message))
    try:
        _check_kind(kind, rule)
    except SegmentError as error:
        found.append(Problem(error.code, "error", None, "kind", error.message))
    try:
        _check(Segment.objects.filter(pk=segment_id or 0).values_list("name", flat=True).first() or name, rule)
    except RuleError as error:
        found += [Problem(error.code, "error", None, in_rule(place), message) for place, message in error.findings]
    return [*found, *_odd(rule)]


def _odd(rule: Rule) -> Iterator[Problem]:
    """What can be saved, and finds nobody, or everybody, as things stand."""
    types = eventtypes.find(event_names(rule))
    for place, leaf in placed(rule):
        event = getattr(leaf.body, "event", None)
        if event is None:
            continue
        if event not in types:
            message = f"No event named “{event}” was ever received."
            yield Problem("event_unknown", "warning", None, in_rule(place), message)
        elif types[event].discarded:
            yield Problem(
                "event_discarded", "warning", None, place, f"The event “{event}” was discarded; none arrives."
            )


def _get(segment_id: int) -> Segment:
    try:
        return Segment.objects.get(pk=segment_id)
    except Segment.DoesNotExist:
        raise SegmentError("There is no such segment; somebody may have deleted it.", code="not_found") from None


def _fill(segment: Segment, *, name: str, kind: str, rule: Rule, now: datetime) -> None:
    """Set what can be changed, once it is found to be right."""
    name = name.strip()
    _check_name(name, segment.pk)
    _check_kind(kind, rule)
    _check(segment.name or name, rule)
    segment.name, segment.kind, segment.rule, segment.updated_at = name, Segment.Kind(kind), _document(rule), now


def _check_name(name: str, segment_id: int | None) -> None:
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise SegmentError("A segment needs a name of 1 to 100 characters.", code="segment_name")
    if Segment.objects.filter(name=name).exclude(pk=segment_id or 0).exists():
        raise SegmentError(f"There is a segment named “{name}” already.", code="segment_name")


def _check_kind(kind: str, rule: Rule) -> None:
    """A live segment is one that people come into by doing something: it asks for that first of all."""
    if kind not in Segment.Kind.values:
        raise SegmentError(f"“{kind[:40]}” is no kind of segment; it is past or live.", code="segment_kind")
    if kind == Segment.Kind.LIVE and not any(part.did is not None for part in rule.all or (rule,)):
        message = "People come into a live segment by doing something: ask for an event that they did, beside the rest."
        raise SegmentError(message, code="segment_kind")


def _rename(old: str, new: str) -> None:
    """Carry a new name to all that ask for the old one. Raises SegmentError if something under way does: what is
    published stays as it was published.
    """
    for segment in Segment.objects.all():
        if old in segment_names(parse(segment.rule)):
            segment.rule = _renamed(segment.rule, old, new)
            segment.version += 1
            segment.save(update_fields=["rule", "version"])
    usage.rename("segment", old, new)
    if users := usage.users("segment", [old]).get(old):
        message = f"“{old}” is used by {usage.named(users)}; it keeps its name until they are stopped."
        raise SegmentError(message, code="segment_used")


def _renamed(body: Any, old: str, new: str) -> Any:
    if isinstance(body, dict):
        return {
            key: new if key == "segment" and value == old else _renamed(value, old, new) for key, value in body.items()
        }
    return [_renamed(item, old, new) for item in body] if isinstance(body, list) else body


def _check(name: str, rule: Rule) -> None:
    """Refuse a rule whose saving would leave a segment, this one or one that uses it, that cannot be evaluated."""
    found = {other: parse(body) for other, body in _stored()} | {name: rule}
    lists = set(List.objects.filter(name__in=list_names(rule)).values_list("name", flat=True))
    for kind, called, there in (("segment", "saved segment", found.keys()), ("list", "custom list", lists)):
        gone = [(place, leaf.body) for place, leaf in placed(rule) if leaf.kind == kind and leaf.body not in there]
        if gone:
            findings = [Finding(place, f"There is no {called} named “{missing}”.") for place, missing in gone]
            raise RuleError(findings, code=f"{kind}_gone")
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
