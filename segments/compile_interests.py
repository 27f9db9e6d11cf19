"""Interests as SQL: what most, or a good part, of somebody's events have in common."""

from psycopg import sql

from segments.behaviour import WEEKDAYS
from segments.compile_events import AT, PROPERTIES, in_hours, local, meant, of_type, when
from segments.interests import Interest
from segments.writer import Writer


def interest(w: Writer, leaf: Interest) -> sql.Composable:
    """Whether somebody's events show an interest."""
    type_id = w.names.types.get(leaf.event)
    if type_id is None:
        return sql.SQL("FALSE")
    where = of_type(w, type_id) + when(w, AT, leaf.edges(w.now, w.tz)) + meant(w, leaf)
    kind, wanted = _kind(w, leaf)
    if leaf.at_least is not None:
        shown = _shared(w, kind, wanted, where, leaf.at_least)
    else:
        shown = _mostly(kind, wanted, where)
    alias = w.alias("interest")
    w.joins.append(sql.SQL("\n  LEFT JOIN ({1}) AS {0} ON {0}.profile_id = p.id").format(alias, w.part(shown)))
    return sql.SQL("{}.profile_id IS NOT NULL").format(alias)


def _kind(w: Writer, leaf: Interest) -> tuple[sql.Composable, sql.Composable]:
    """What is compared of an event, null where there is nothing, and what it should be."""
    if leaf.property is not None:
        value = sql.SQL("({} -> {})").format(PROPERTIES, w.bind(leaf.property, "text"))
        single = sql.SQL("CASE WHEN jsonb_typeof({0}) IN ('string', 'number', 'boolean') THEN {0} END").format(value)
        return single, w.json(leaf.value)
    if leaf.hours is not None:
        return in_hours(w, local(w, AT), leaf.hours), sql.SQL("TRUE")
    day = WEEKDAYS.index(leaf.weekday or "") + 1
    return sql.SQL("extract(isodow FROM {})").format(local(w, AT)), w.bind(day, "integer")


def _shared(
    w: Writer, kind: sql.Composable, wanted: sql.Composable, where: list[sql.Composable], percent: int
) -> sql.Composed:
    """Those of whose events so many percent are as they should be."""
    return sql.SQL(
        "SELECT e.lane, e.profile_id FROM profiles_event AS e\n     WHERE {}\n     GROUP BY e.lane, e.profile_id"
        " HAVING count(*) FILTER (WHERE {} = {}) * 100 >= {} * count(*)"
    ).format(sql.SQL(" AND ").join(where), kind, wanted, w.bind(percent, "bigint"))


def _mostly(kind: sql.Composable, wanted: sql.Composable, where: list[sql.Composable]) -> sql.Composed:
    """Those of whose events no other kind is more frequent."""
    return sql.SQL(
        "SELECT v.lane, v.profile_id FROM (SELECT e.lane, e.profile_id, {} AS kind, count(*) AS times"
        " FROM profiles_event AS e\n     WHERE {} GROUP BY 1, 2, 3) AS v"
        "\n     WHERE v.kind IS NOT NULL GROUP BY v.lane, v.profile_id"
        " HAVING max(v.times) FILTER (WHERE v.kind = {}) = max(v.times)"
    ).format(kind, sql.SQL(" AND ").join(where), wanted)
