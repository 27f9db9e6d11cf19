"""Behaviour as SQL: who did what, as one grouped subquery a leaf, joined to the profiles."""

from decimal import Decimal
from typing import Any

from psycopg import sql

from segments.behaviour import WEEKDAYS, Count, Did, DidNot, Edges, Events, Hours, Total, Weekday
from segments.compile_values import ORDERS, on_property
from segments.writer import IDS, Writer

AT = sql.SQL("e.at")
_PICKED = {"first": sql.SQL("min(e.at)"), "last": sql.SQL("max(e.at)")}
PROPERTIES = sql.Identifier("e", "properties")


def did(w: Writer, leaf: Did) -> sql.Composable:
    """Whether somebody did it. A count that zero meets is asked the other way round: who is joined fails it."""
    zero = leaf.count is not None and leaf.count.holds(0)
    type_id = w.names.types.get(leaf.event)
    if type_id is None:
        return sql.SQL("TRUE" if zero else "FALSE")
    where = of_type(w, type_id)
    edges = leaf.edges(w.now, w.tz)
    having: list[sql.Composable] = []
    if leaf.picks:
        # Of the first time only what is later can be left out, of the last time only what is earlier.
        first = leaf.picks == "first"
        where += when(w, AT, Edges(None, edges.last) if first else Edges(edges.first, None))
        rest = Edges(edges.first, None) if first else Edges(None, edges.last)
        having += when(w, _PICKED[leaf.picks], rest, leaf.hours, leaf.weekdays)
    else:
        where += when(w, AT, edges, leaf.hours, leaf.weekdays)
    where += meant(w, leaf)
    if leaf.count:
        having.append(_counted(w, leaf.count, opposite=zero))
    if total := leaf.sum or leaf.average:
        having.append(_summed(w, total, average=leaf.average is not None))
    joined = sql.SQL("{}.profile_id IS NULL" if zero else "{}.profile_id IS NOT NULL")
    return joined.format(_join(w, where, having))


def did_not(w: Writer, leaf: DidNot) -> sql.Composable:
    """Whether somebody did not do it."""
    type_id = w.names.types.get(leaf.event)
    if type_id is None:
        return sql.SQL("TRUE")
    edges = leaf.edges(w.now, w.tz)
    where = of_type(w, type_id) + when(w, AT, edges, leaf.hours, leaf.weekdays) + meant(w, leaf)
    return sql.SQL("{}.profile_id IS NULL").format(_join(w, where, []))


def of_type(w: Writer, type_id: int) -> list[sql.Composable]:
    """Events of one type, which the index has in order of time, lane by lane."""
    return [sql.SQL("e.type_id = {}").format(w.bind(type_id, "integer"))]


def meant(w: Writer, leaf: Events) -> list[sql.Composable]:
    """Events up to now, of the people in question, that meet the conditions."""
    where: list[sql.Composable] = [
        sql.SQL("e.at < {}" if w.closing else "e.at <= {}").format(w.bind(w.now, "timestamptz")),
        sql.SQL("e.lane = {}").format(w.lanes),
    ]
    if w.received:
        where.append(sql.SQL("e.received_at <= {}").format(w.bind(w.now, "timestamptz")))
    if w.restricted:
        where.append(sql.SQL("e.profile_id = {}").format(IDS))
    return where + [on_property(w, item, item.property, PROPERTIES) for item in leaf.where]


def when(
    w: Writer,
    at: sql.Composable,
    edges: Edges,
    hours: Hours | None = None,
    weekdays: tuple[Weekday, ...] | None = None,
) -> list[sql.Composable]:
    """An instant in a range, at a time of day, on a weekday, by the account's clock."""
    tests: list[sql.Composable] = []
    for edge, op in ((edges.first, ">="), (edges.last, "<=")):
        if edge is not None:
            tests.append(sql.SQL("{} {} {}").format(at, ORDERS[op], w.bind(edge, "timestamptz")))
    if hours is None and weekdays is None:
        return tests
    wall = local(w, at)
    if hours is not None:
        tests.append(in_hours(w, wall, hours))
    if weekdays is not None:
        numbers = sorted({WEEKDAYS.index(day) + 1 for day in weekdays})
        tests.append(sql.SQL("extract(isodow FROM {}) = ANY({})").format(wall, w.bind(numbers, "integer[]")))
    return tests


def local(w: Writer, at: sql.Composable) -> sql.Composed:
    """What the account's clock shows at an instant."""
    return sql.SQL("({} AT TIME ZONE {})").format(at, w.bind(w.tz.key, "text"))


def in_hours(w: Writer, wall: sql.Composable, hours: Hours) -> sql.Composed:
    """Whether a local time is in some hours."""
    either = sql.SQL("AND" if hours.from_ < hours.to else "OR")
    return sql.SQL("({0}::time >= {1} {2} {0}::time < {3})").format(
        wall, w.bind(hours.from_, "time"), either, w.bind(hours.to, "time")
    )


def _join(w: Writer, where: list[sql.Composable], having: list[sql.Composable]) -> sql.Identifier:
    """Join those with such events, and return the alias."""
    alias = w.alias("did")
    groups = sql.SQL(" HAVING {}").format(sql.SQL(" AND ").join(having)) if having else sql.SQL("")
    doers = sql.SQL(
        "SELECT e.lane, e.profile_id FROM profiles_event AS e\n     WHERE {}\n     GROUP BY e.lane, e.profile_id{}"
    ).format(sql.SQL(" AND ").join(where), groups)
    w.joins.append(sql.SQL("\n  LEFT JOIN ({1}) AS {0} ON {2}").format(alias, w.part(doers), w.same(alias)))
    return alias


def _counted(w: Writer, count: Count, *, opposite: bool) -> sql.Composable:
    test = _compared(count.op, sql.SQL("count(*)"), [w.bind(value, "bigint") for value in _listed(count.value)])
    return sql.SQL("NOT ({})").format(test) if opposite else test


def _summed(w: Writer, total: Total, *, average: bool) -> sql.Composable:
    """The sum, what is no number being 0, compared with the value; for the average, with the value times the count."""
    key = w.bind(total.property, "text")
    number = sql.SQL("sum(CASE WHEN jsonb_typeof({0} -> {1}) = 'number' THEN ({0} -> {1})::numeric ELSE 0 END)").format(
        PROPERTIES, key
    )
    wanted = [w.bind(Decimal(repr(value)), "numeric") for value in _listed(total.value)]
    if average:
        wanted = [sql.SQL("{} * count(*)").format(value) for value in wanted]
    return _compared(total.op, number, wanted)


def _compared(op: str, number: sql.Composable, wanted: list[sql.Composed]) -> sql.Composable:
    if op == "between":
        return sql.SQL("{} BETWEEN {} AND {}").format(number, *wanted)
    return sql.SQL("{} {} {}").format(number, ORDERS.get(op, sql.SQL("=")), wanted[0])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
