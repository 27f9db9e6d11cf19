"""Questions about the profile itself as SQL: its properties, its lists, whether it can be reached, where it is."""

from psycopg import sql

from profiles import fields
from segments import reach
from segments.compile_values import condition, on_property
from segments.parts import ProfileCondition
from segments.places import EARTH_KM, Near
from segments.writer import IDS, LANES, Writer

_PROPERTIES = sql.Identifier("p", "properties")


def profile(w: Writer, asked: ProfileCondition) -> sql.Composable:
    """Whether a property is as asked."""
    item = asked.on(w.now.astimezone(w.tz).date())
    if column := fields.column(item.property):
        text: sql.Composable = sql.Identifier("p", column)
        return condition(w, item, sql.SQL("to_jsonb({})").format(text), text)
    return on_property(w, item, fields.canonical(item.property), _PROPERTIES)


def on_list(w: Writer, name: str) -> sql.Composable:
    """Whether somebody is on a custom list."""
    alias = w.alias("list")
    w.joins.append(
        sql.SQL(
            "\n  LEFT JOIN segments_member AS {0} ON {0}.lane = {1} AND {0}.list_id = {2}"
            " AND {0}.lane = p.lane AND {0}.profile_id = p.id"
        ).format(alias, LANES if w.restricted else w.lanes, w.bind(w.names.lists[name], "integer"))
    )
    return sql.SQL("{}.profile_id IS NOT NULL").format(alias)


def reachable(w: Writer, channel: str) -> sql.Composable:
    """Whether somebody can be reached on a channel, as in `segments.reach`."""
    consent = sql.SQL("{} -> {}").format(_PROPERTIES, w.bind(f"MSG-{channel}", "text"))
    if channel in reach.OPT_IN:
        disturbed = sql.SQL("{} -> {}").format(_PROPERTIES, w.bind(reach.DO_NOT_DISTURB, "text"))
        allowed = sql.SQL("({} = 'true') IS TRUE AND ({} = 'true') IS NOT TRUE").format(consent, disturbed)
    else:
        allowed = sql.SQL("({} = 'false') IS NOT TRUE").format(consent)
    address = reach.ADDRESSES.get(channel)
    return sql.SQL("({} AND {})").format(allowed, _on_device(w, channel) if address is None else _at(w, address))


def _at(w: Writer, address: str) -> sql.Composable:
    """Whether there is an address that is not switched off."""
    column = fields.SYSTEM_FIELDS[address]
    alias = w.alias("off")
    w.joins.append(
        sql.SQL("\n  LEFT JOIN profiles_suppression AS {0} ON {0}.kind = {1} AND {0}.value = {2}").format(
            alias, w.bind(column, "text"), sql.Identifier("p", column)
        )
    )
    return sql.SQL("({} <> '') IS TRUE AND {}.value IS NULL").format(sql.Identifier("p", column), alias)


def _on_device(w: Writer, channel: str) -> sql.Composable:
    """Whether there is a device for a channel."""
    among = sql.SQL(" AND d.profile_id = {}").format(IDS) if w.restricted else sql.SQL("")
    alias = w.alias("device")
    owners = sql.SQL(
        "SELECT d.lane, d.profile_id FROM profiles_device AS d"
        " WHERE d.lane = {}{} AND d.channel = {} GROUP BY d.lane, d.profile_id"
    ).format(w.lanes, among, w.bind(channel, "text"))
    w.joins.append(sql.SQL("\n  LEFT JOIN ({1}) AS {0} ON {0}.profile_id = p.id").format(alias, w.part(owners)))
    return sql.SQL("{}.profile_id IS NOT NULL").format(alias)


def near(w: Writer, asked: Near) -> sql.Composable:
    """Whether two properties are degrees near enough. The CASE keeps what is none from being computed with."""
    latitude, longitude = (
        sql.SQL("({} -> {})").format(_PROPERTIES, w.bind(fields.canonical(name), "text")) for name in asked.names
    )
    north, east = (w.bind(degrees, "float8") for degrees in (asked.latitude, asked.longitude))
    return sql.SQL(
        "(CASE WHEN jsonb_typeof({lat}) = 'number' AND jsonb_typeof({lon}) = 'number'"
        " AND {lat} BETWEEN '-90' AND '90' AND {lon} BETWEEN '-180' AND '180'"
        " THEN 2 * {earth} * asin(least(1, sqrt(sin(radians({lat}::float8 - {north}) / 2) ^ 2"
        " + cos(radians({north})) * cos(radians({lat}::float8)) * sin(radians({lon}::float8 - {east}) / 2) ^ 2)))"
        " <= {km} END IS TRUE)"
    ).format(
        lat=latitude,
        lon=longitude,
        north=north,
        east=east,
        earth=w.bind(EARTH_KM, "float8"),
        km=w.bind(asked.km, "float8"),
    )
