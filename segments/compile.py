"""A rule as one SELECT over stored history: who matches, as a set.

Every leaf that is not a condition on the profile becomes one grouped subquery, joined to the profiles by their id. The
id says the lane: asked for both, the planner takes them for independent, expects nobody, and looks people up one by
one. The tree of all, any and not is then plain logic over “was it joined?”. So the plan is a handful of hash joins
whatever the shape of the rule: a positive leaf at the top becomes an inner join, a `did_not` an anti-join, and nothing
is looked up per person. What a comparison means is told in `segments.rules`; `segments.match` must agree with it.

Everything that comes from a rule is a bound value; the closed lists of operators, fields and kinds below are all that
reaches the text of a statement. Every condition is two-valued (IS TRUE, IS NOT TRUE), so NOT never meets a null.

Where nothing is asked of the profile itself, all of that is done for one lane after the other: its part of the index on
(lane, type_id, at, profile_id) is read once, and what is grouped and joined fits the processor's cache, which makes it
two to four times as fast. Profiles lie by id and not by lane, so rules that look into them are done in one go.

Where some people were named, each lane is asked about its own: asked for as two conditions, lanes and people, every one
of them would be looked for in every lane.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import transaction
from psycopg import sql

from config.lib import sql as statements
from profiles import eventtypes
from segments import saved
from segments.compile_events import did, did_not
from segments.compile_interests import interest
from segments.compile_people import near, on_list, profile, reachable
from segments.errors import Finding, RuleError
from segments.models import List
from segments.parts import Condition
from segments.rules import Rule, event_names, is_personal, list_names
from segments.writer import IDS, Names, Writer


class Query(NamedTuple):
    """A SELECT of (lane, id) and its values.

    It also takes `lanes`, and `profiles` if it was restricted. It may stand in parentheses in a larger statement, whose
    params are joined with these.
    """

    statement: sql.Composed
    params: dict[str, Any]


_HELD = sql.SQL(
    "WITH held AS MATERIALIZED (SELECT (id %% 64)::smallint AS lane, array_agg(id) AS ids"
    " FROM unnest(%(profiles)s::bigint[]) AS given (id) GROUP BY 1)\n"
)
_EACH_LANE = sql.SQL(
    "SELECT matching.lane, matching.id\n  FROM unnest(%(lanes)s::smallint[]) AS held (lane)"
    "\n CROSS JOIN LATERAL (\n{}\n) AS matching"
)


def names_of(*rules: Rule) -> Names:
    """Look up what the rules name. Two statements, and those of `saved.expand`.

    Raises RuleError for a list or a segment that is gone.
    """
    rules = tuple(saved.expand(*rules))
    types = {name: found.id for name, found in eventtypes.find(set().union(*map(event_names, rules))).items()}
    wanted = set().union(*map(list_names, rules))
    lists = dict(List.objects.filter(name__in=wanted).values_list("name", "id")) if wanted else {}
    if gone := sorted(wanted - lists.keys()):
        raise RuleError([Finding("", f"There is no custom list named “{name}”.") for name in gone], code="list_gone")
    return Names(types, lists)


def people(
    rule: Rule,
    *,
    now: datetime,
    tz: ZoneInfo,
    names: Names | None = None,
    restricted: bool = False,
    closing: bool = False,
    received: bool = False,
    prefix: str = "rule",
) -> Query:
    """Who matches a rule at `now`, among the profiles of `lanes`; if `restricted`, among `profiles` (ids) only.

    closing: `now` is the midnight that closes a day, and what happens at that very instant belongs to the next one.
    received: only events that had reached us by `now` count.
    names: of `names_of`, which is asked if None. prefix: starts the names of the params, for statements with two rules.
    """
    (rule,) = saved.expand(rule)
    writer = Writer(
        now=now,
        tz=tz,
        names=names or names_of(rule),
        restricted=restricted,
        closing=closing,
        received=received,
        by_lane=not restricted and not is_personal(rule),
        prefix=prefix,
    )
    where = _rule(writer, rule)
    source = sql.Composed([_source(writer), *writer.joins])
    statement = sql.SQL("SELECT p.lane, p.id\n  FROM {}\n WHERE {}").format(source, where)
    if writer.by_lane:
        statement = _EACH_LANE.format(statement)
    elif restricted:
        statement = sql.Composed([_HELD, statement])
    return Query(statement, writer.params)


def reached(rule: Rule, channels: Sequence[str], *, now: datetime, tz: ZoneInfo) -> Query:
    """A SELECT of one row: how many of `lanes` match at `now`, then how many of these each channel reaches."""
    (rule,) = saved.expand(rule)
    writer = Writer(now=now, tz=tz, names=names_of(rule), restricted=False, closing=False, prefix="rule")
    where = _rule(writer, rule)
    filters = [sql.SQL(", count(*) FILTER (WHERE {})").format(reachable(writer, channel)) for channel in channels]
    source = sql.Composed([_source(writer), *writer.joins])
    statement = sql.SQL("SELECT count(*){}\n  FROM {}\n WHERE {}").format(sql.Composed(filters), source, where)
    return Query(statement, writer.params)


def _source(w: Writer) -> sql.Composable:
    """The profiles in question, to which the leaves are joined.

    Lanes are joined too where they are many: as a condition (= ANY) the planner would look each person up 64 times.
    """
    if w.by_lane:
        return sql.SQL("(SELECT * FROM profiles_profile WHERE lane = held.lane) AS p")
    if w.restricted:
        known = sql.SQL("SELECT * FROM profiles_profile WHERE lane = {} AND id = {} OFFSET 0")
        return sql.SQL("({}) AS p").format(w.part(known.format(w.lanes, IDS)))
    return sql.SQL("unnest(%(lanes)s::smallint[]) AS held (lane)\n  JOIN profiles_profile AS p ON p.lane = held.lane")


def count_people(rule: Rule, *, now: datetime, tz: ZoneInfo, lanes: list[int]) -> int:
    """How many people of some lanes match a rule at `now`."""
    query = people(rule, now=now, tz=tz)
    statement = sql.SQL("SELECT count(*) FROM ({}) AS matching").format(query.statement)
    with transaction.atomic():
        statements.join_by_set()
        return int(statements.rows(statement, query.params | {"lanes": lanes})[0][0])


def _rule(w: Writer, rule: Rule) -> sql.Composable:
    rule = rule.plain
    return KINDS[rule.kind](w, rule.body)


def _all(w: Writer, rules: tuple[Rule, ...]) -> sql.Composable:
    return sql.SQL("({})").format(sql.SQL(" AND ").join(_rule(w, rule) for rule in rules))


def _any(w: Writer, rules: tuple[Rule, ...]) -> sql.Composable:
    return sql.SQL("({})").format(sql.SQL(" OR ").join(_rule(w, rule) for rule in rules))


def _not(w: Writer, rule: Rule) -> sql.Composable:
    return sql.SQL("NOT {}").format(_rule(w, rule))


def _event(w: Writer, item: Condition) -> sql.Composable:
    message = f"“{item.property}” of an event can only be asked for in a conditional split."
    raise RuleError([Finding("", message)], code="no_event")


KINDS: dict[str, Callable[[Writer, Any], sql.Composable]] = {
    "all": _all,
    "any": _any,
    "not_": _not,
    "did": did,
    "did_not": did_not,
    "profile": profile,
    "reachable": reachable,
    "near": near,
    "interest": interest,
    "list": on_list,
    "event": _event,
}
