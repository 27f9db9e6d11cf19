"""Behaviour as SQL: who did what, as one grouped subquery a leaf, joined to the profiles."""

from psycopg import sql

from segments.compile_values import ORDERS, on_property
from segments.rules import Count, Did, DidNot
from segments.writer import LANES, PROFILES, Writer


def did(w: Writer, leaf: Did) -> sql.Composable:
    alias = _events(w, leaf, leaf.count)
    return sql.SQL("{}.profile_id IS NOT NULL").format(alias) if alias else sql.SQL("FALSE")


def did_not(w: Writer, leaf: DidNot) -> sql.Composable:
    alias = _events(w, leaf, None)
    return sql.SQL("{}.profile_id IS NULL").format(alias) if alias else sql.SQL("TRUE")


def _events(w: Writer, leaf: DidNot, count: Count | None) -> sql.Identifier | None:
    """Join those who did what the leaf says, and return the alias; None if nobody ever did."""
    type_id = w.names.types.get(leaf.event)
    if type_id is None:
        return None
    where = [sql.SQL("e.type_id = {}").format(w.bind(type_id, "integer"))]
    if leaf.within:
        where.append(sql.SQL("e.at >= {}").format(w.bind(leaf.within.since(w.now, w.tz), "timestamptz")))
    until = "e.at < {}" if w.closing else "e.at <= {}"
    where.append(sql.SQL(until).format(w.bind(w.now, "timestamptz")))
    where.append(sql.SQL("e.lane = {}").format(LANES))
    if w.restricted:
        where.append(sql.SQL("e.profile_id = {}").format(PROFILES))
    where += [
        sql.Composed([on_property(w, item, item.property, sql.Identifier("e", "properties"))]) for item in leaf.where
    ]
    alias = w.alias("did")
    w.joins.append(
        sql.SQL(
            "\n  LEFT JOIN (SELECT e.lane, e.profile_id FROM profiles_event AS e\n     WHERE {1}"
            "\n     GROUP BY e.lane, e.profile_id{2}) AS {0} ON {0}.lane = p.lane AND {0}.profile_id = p.id"
        ).format(alias, sql.SQL(" AND ").join(where), _having(w, count) if count else sql.SQL(""))
    )
    return alias


def _having(w: Writer, count: Count) -> sql.Composed:
    if count.op == "between":
        low, high = (w.bind(value, "bigint") for value in count.value)
        return sql.SQL(" HAVING count(*) BETWEEN {} AND {}").format(low, high)
    op = ORDERS.get(count.op, sql.SQL("="))
    return sql.SQL(" HAVING count(*) {} {}").format(op, w.bind(count.value, "bigint"))
