"""A rule as one SELECT over stored history: who matches, as a set.

Every leaf that is not a condition on the profile becomes one grouped subquery, joined to the profiles by (lane, id);
the tree of all, any and not is then plain logic over “was it joined?”. So the plan is a handful of hash joins whatever
the shape of the rule: a positive leaf at the top becomes an inner join, a `did_not` an anti-join, and nothing is looked
up per person. What a comparison means is told in `segments.rules`; `segments.match` must agree with it.

Everything that comes from a rule is a bound value; the closed lists of operators, fields and kinds below are all that
reaches the text of a statement. Every condition is two-valued (IS TRUE, IS NOT TRUE), so NOT never meets a null.

Events are found by (type_id, at, lane, profile_id): lanes come after the time range there, so give all the lanes you
hold in one statement rather than one after the other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from psycopg import sql

from config.lib import sql as statements
from profiles import eventtypes, fields
from segments import patterns, values
from segments.errors import Finding, RuleError
from segments.models import List
from segments.rules import OPPOSITES, Condition, Count, Did, DidNot, Rule, event_names, list_names

_ORDERS = {op: sql.SQL(op) for op in values.ORDERS}
_LANES = sql.SQL("ANY(%(lanes)s::smallint[])")
_PROFILES = sql.SQL("ANY(%(profiles)s::bigint[])")


class Query(NamedTuple):
    """A SELECT of (lane, id) and its values.

    It also takes `lanes`, and `profiles` if it was restricted. It may stand in parentheses in a larger statement, whose
    params are joined with these.
    """

    statement: sql.Composed
    params: dict[str, Any]


class Names(NamedTuple):
    """What the names in rules stand for: event types and lists by the names as spelt in them."""

    types: Mapping[str, int]  # an event that is missing here has never happened
    lists: Mapping[str, int]


def names_of(*rules: Rule) -> Names:
    """Look up what the rules name. Two statements. Raises RuleError for a list that is gone."""
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
    prefix: str = "rule",
) -> Query:
    """Who matches a rule at `now`, among the profiles of `lanes`; if `restricted`, among `profiles` (ids) only.

    closing: `now` is the midnight that closes a day, and what happens at that very instant belongs to the next one.
    names: of `names_of`, which is asked if None. prefix: starts the names of the params, for statements with two rules.
    """
    writer = _Writer(
        now=now, tz=tz, names=names or names_of(rule), restricted=restricted, closing=closing, prefix=prefix
    )
    where = writer.rule(rule)
    statement = sql.SQL("SELECT p.lane, p.id\n  FROM profiles_profile AS p{}\n WHERE p.lane = {}{}\n   AND {}").format(
        sql.Composed(writer.joins),
        _LANES,
        sql.SQL(" AND p.id = {}").format(_PROFILES) if restricted else sql.SQL(""),
        where,
    )
    return Query(statement, writer.params)


def count_people(rule: Rule, *, now: datetime, tz: ZoneInfo, lanes: list[int]) -> int:
    """How many people of some lanes match a rule at `now`."""
    query = people(rule, now=now, tz=tz)
    statement = sql.SQL("SELECT count(*) FROM ({}) AS matching").format(query.statement)
    return int(statements.rows(statement, query.params | {"lanes": lanes})[0][0])


@dataclass
class _Writer:
    """Collects the joins and values of one query while the tree is walked."""

    now: datetime
    tz: ZoneInfo
    names: Names
    restricted: bool
    closing: bool
    prefix: str
    joins: list[sql.Composed] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)

    def bind(self, value: Any, type_name: str) -> sql.Composed:
        """A placeholder for a value."""
        name = f"{self.prefix}_{len(self.params) + 1}"
        self.params[name] = value
        return sql.SQL("{}::{}").format(sql.Placeholder(name), sql.SQL(type_name))

    def json(self, value: Any) -> sql.Composed:
        return self.bind(msgspec.json.encode(value).decode(), "jsonb")

    def rule(self, rule: Rule) -> sql.Composable:
        return KINDS[rule.kind](self, rule.body)

    # The tree ---------------------------------------------------------------------------------------------------------

    def all(self, rules: tuple[Rule, ...]) -> sql.Composable:
        return sql.SQL("({})").format(sql.SQL(" AND ").join(map(self.rule, rules)))

    def any(self, rules: tuple[Rule, ...]) -> sql.Composable:
        return sql.SQL("({})").format(sql.SQL(" OR ").join(map(self.rule, rules)))

    def not_(self, rule: Rule) -> sql.Composable:
        return sql.SQL("NOT {}").format(self.rule(rule))

    # The leaves -------------------------------------------------------------------------------------------------------

    def did(self, leaf: Did) -> sql.Composable:
        alias = self.events(leaf, leaf.count)
        return sql.SQL("{}.profile_id IS NOT NULL").format(alias) if alias else sql.SQL("FALSE")

    def did_not(self, leaf: DidNot) -> sql.Composable:
        alias = self.events(leaf, None)
        return sql.SQL("{}.profile_id IS NULL").format(alias) if alias else sql.SQL("TRUE")

    def profile(self, item: Condition) -> sql.Composable:
        if column := fields.column(item.property):
            text: sql.Composable = sql.Identifier("p", column)
            return self.condition(item, sql.SQL("to_jsonb({})").format(text), text)
        return self.property(item, fields.canonical(item.property), sql.Identifier("p", "properties"))

    def on_list(self, name: str) -> sql.Composable:
        alias = self.alias("list")
        self.joins.append(
            sql.SQL(
                "\n  LEFT JOIN segments_member AS {0} ON {0}.lane = {1} AND {0}.list_id = {2}"
                " AND {0}.lane = p.lane AND {0}.profile_id = p.id"
            ).format(alias, _LANES, self.bind(self.names.lists[name], "integer"))
        )
        return sql.SQL("{}.profile_id IS NOT NULL").format(alias)

    def events(self, leaf: DidNot, count: Count | None) -> sql.Identifier | None:
        """Join those who did what the leaf says, and return the alias; None if nobody ever did."""
        type_id = self.names.types.get(leaf.event)
        if type_id is None:
            return None
        where = [sql.SQL("e.type_id = {}").format(self.bind(type_id, "integer"))]
        if leaf.within:
            where.append(sql.SQL("e.at >= {}").format(self.bind(leaf.within.since(self.now, self.tz), "timestamptz")))
        until = "e.at < {}" if self.closing else "e.at <= {}"
        where.append(sql.SQL(until).format(self.bind(self.now, "timestamptz")))
        where.append(sql.SQL("e.lane = {}").format(_LANES))
        if self.restricted:
            where.append(sql.SQL("e.profile_id = {}").format(_PROFILES))
        where += [
            sql.Composed([self.property(item, item.property, sql.Identifier("e", "properties"))]) for item in leaf.where
        ]
        alias = self.alias("did")
        self.joins.append(
            sql.SQL(
                "\n  LEFT JOIN (SELECT e.lane, e.profile_id FROM profiles_event AS e\n     WHERE {1}"
                "\n     GROUP BY e.lane, e.profile_id{2}) AS {0} ON {0}.lane = p.lane AND {0}.profile_id = p.id"
            ).format(alias, sql.SQL(" AND ").join(where), self.having(count) if count else sql.SQL(""))
        )
        return alias

    def having(self, count: Count) -> sql.Composed:
        if count.op == "between":
            low, high = (self.bind(value, "bigint") for value in count.value)
            return sql.SQL(" HAVING count(*) BETWEEN {} AND {}").format(low, high)
        op = _ORDERS.get(count.op, sql.SQL("="))
        return sql.SQL(" HAVING count(*) {} {}").format(op, self.bind(count.value, "bigint"))

    def alias(self, kind: str) -> sql.Identifier:
        return sql.Identifier(f"{kind}_{len(self.joins) + 1}")

    # Conditions -------------------------------------------------------------------------------------------------------

    def property(self, item: Condition, name: str, properties: sql.Composable) -> sql.Composed:
        """A condition on one key of a jsonb column."""
        key = self.bind(name, "text")
        return self.condition(
            item, sql.SQL("({} -> {})").format(properties, key), sql.SQL("({} ->> {})").format(properties, key)
        )

    def condition(self, item: Condition, json: sql.Composable, text: sql.Composable) -> sql.Composed:
        """A condition on a value, given as jsonb and as text. A negative one is its positive, not true."""
        positive = OPPOSITES.get(item.op, item.op)
        truth = sql.SQL("IS TRUE" if positive == item.op else "IS NOT TRUE")
        return sql.SQL("({} {})").format(self.positive(positive, item.value, json, text), truth)

    def positive(self, op: str, value: Any, json: sql.Composable, text: sql.Composable) -> sql.Composable:
        if op == "exists":
            return sql.SQL("(jsonb_typeof({}) <> 'null')").format(json)
        if op == "=":
            return self.equals(value, json, text)
        if op == "in":
            return self.is_in(value, json, text)
        if op == "contains":
            return self.contains(value, json, text)
        if op == "matches":
            pattern = self.bind(patterns.translate(value), "text")
            return sql.SQL("(jsonb_typeof({}) = 'string' AND {} ~ {})").format(json, text, pattern)
        low, high = value if op == "between" else (value, value)
        if values.is_number(low):
            compared = (
                sql.SQL("{} BETWEEN {} AND {}").format(json, self.json(low), self.json(high))
                if op == "between"
                else sql.SQL("{} {} {}").format(json, _ORDERS[op], self.json(low))
            )
            return sql.SQL("(jsonb_typeof({}) = 'number' AND {})").format(json, compared)
        return self.dates(op, values.span(low, self.tz).to(values.span(high, self.tz)), text)

    def equals(self, value: Any, json: sql.Composable, text: sql.Composable) -> sql.Composable:
        if values.is_date(value):
            return self.dates("between", values.span(value, self.tz), text)
        return sql.SQL("({} = {})").format(json, self.json(value))

    def is_in(self, items: list[Any], json: sql.Composable, text: sql.Composable) -> sql.Composable:
        """Equal to one of the items: the exact ones in one comparison, each date in its own."""
        exact = [msgspec.json.encode(item).decode() for item in items if not values.is_date(item)]
        ways = [self.equals(item, json, text) for item in items if values.is_date(item)]
        if exact:
            ways.insert(0, sql.SQL("({} = ANY({}))").format(json, self.bind(exact, "jsonb[]")))
        return sql.SQL("({})").format(sql.SQL(" OR ").join(ways))

    def contains(self, value: Any, json: sql.Composable, text: sql.Composable) -> sql.Composable:
        element = sql.SQL("{} @> {}").format(json, self.json([value]))
        if not isinstance(value, str):
            return sql.SQL("({})").format(element)
        part = self.bind(value, "text")
        return sql.SQL("({} OR jsonb_typeof({}) = 'string' AND strpos({}, {}) > 0)").format(element, json, text, part)

    def dates(self, op: str, span: values.Span, text: sql.Composable) -> sql.Composable:
        """Compare a date, if the text is one. The CASE keeps other text from being cast."""

        def compared(kind: str, type_name: str) -> sql.Composed:
            date = sql.SQL("{}::{}").format(text, sql.SQL(type_name))
            if op == "between":
                first = self.bind(getattr(span, f"{kind}_first"), type_name)
                return sql.SQL("{} BETWEEN {} AND {}").format(
                    date, first, self.bind(getattr(span, f"{kind}_last"), type_name)
                )
            end = values.ORDERS[op][1]
            return sql.SQL("{} {} {}").format(date, _ORDERS[op], self.bind(getattr(span, f"{kind}_{end}"), type_name))

        return sql.SQL("(CASE WHEN {0} ~ {1} THEN {2} WHEN {0} ~ {3} THEN {4} END)").format(
            text,
            self.bind(values.WALL, "text"),
            compared("wall", "timestamp"),
            self.bind(values.INSTANT, "text"),
            compared("instant", "timestamptz"),
        )


KINDS: dict[str, Callable[[_Writer, Any], sql.Composable]] = {
    "all": _Writer.all,
    "any": _Writer.any,
    "not_": _Writer.not_,
    "did": _Writer.did,
    "did_not": _Writer.did_not,
    "profile": _Writer.profile,
    "list": _Writer.on_list,
}
