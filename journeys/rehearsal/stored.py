"""Rehearsing a draft on what is stored: its people and their events of some days, played on a virtual clock in a
scratch schema. The account's own tables are read and never written; messages go to the sandbox.

What people would do with messages that they never had is assumed: as many view and click as did on that channel of
late, and which ones is drawn. The result says so.

Too many people are sampled, by a hash of their number that stays the same, so the counts are those of the sample. Only
for a process of its own: `scratch` changes settings and the search path for whoever shares the process.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from psycopg import sql as pg

from channels import outbox
from channels.reach import ON_DEVICE
from config.lib import lanes, sql
from config.lib.errors import SojournError
from journeys import calendar, schedule, services
from journeys.document import parse
from journeys.engine import account as accounts
from journeys.engine.account import Account
from journeys.engine.advance import next_due
from journeys.errors import JourneyError
from journeys.folding import COUNTED
from journeys.models import Version
from journeys.nodes import KINDS
from journeys.rehearsal import scenario
from journeys.rehearsal.play import settle
from journeys.rehearsal.scratch import scratch
from journeys.stats import nodes
from profiles import eventtypes

SQL = sql.load(Path(__file__).with_suffix(".sql"))

MOST_PEOPLE, MOST_EVENTS = 20_000, 200_000
PARTS = 1 << 20  # the finest share of a sample
HISTORY = timedelta(days=90)  # before the period, for conditions that ask about the past
LONGEST = 31  # days of a period
STEPS = 1_000  # the clock's, at most about; events keep their own instants
MOST_PATHS, MOST_MOVES = 20, 60
FEWEST_SENT = 100  # messages on a channel within HISTORY and the period, to know how many are viewed
VIEWED_AFTER = timedelta(hours=1)  # a message is viewed so long after it was sent
CLICKED_AFTER = VIEWED_AFTER + timedelta(minutes=1)

# Configuration that a document may name, copied as it is.
CONFIGURATION = (
    "profiles_eventtype", "segments_list", "segments_segment", "channels_provider", "channels_groupmember",
    "channels_campaignlimit", "channels_template", "journeys_controlgroup", "journeys_exempt",
)  # fmt: skip


class Period(NamedTuple):
    """Days of the account's calendar as instants: until is not included."""

    begin: datetime
    until: datetime


class Rate(NamedTuple):
    """How a channel's messages fare: of so many that were sent, the shares that were viewed and clicked, 0 to 1."""

    channel: str
    sent: int
    viewed: float
    clicked: float


class RehearsalError(SojournError):
    """Why a draft cannot be rehearsed, as a sentence."""


def period(first: date, last: date, *, now: datetime, zone: ZoneInfo) -> Period:
    """The days as instants, up to `now`. Raises RehearsalError for days that are none, too many, or yet to come."""
    if last < first:
        raise RehearsalError(f"The period ends on {last}, before it begins; choose a later last day.", code="period")
    if (last - first).days >= LONGEST:
        raise RehearsalError(f"A rehearsal takes at most {LONGEST} days; choose fewer.", code="period")
    begin = calendar.instant(datetime.combine(first, time()), zone)
    if begin >= now:
        raise RehearsalError(f"Nothing has happened since {first} yet; choose days gone by.", code="period")
    return Period(begin, min(calendar.instant(datetime.combine(last + timedelta(days=1), time()), zone), now))


def rehearse(
    document: dict[str, Any],
    days: Period,
    progress: Callable[[float], None],
    enough: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Play the document over the days; return what became of the people (docs/decisions/0035). progress: told how much
    is done, 0 to 1. enough: asked from time to time whether to be content with what is played. Raises RehearsalError.
    """
    account = accounts.current()
    with scratch(_own_account(account)):
        progress(0.01)
        share, people, events = _copy(days)
        progress(0.05)
        now_document = fitted(document, days, account.zone)
        version = _publish(now_document, days.begin)
        rates = _rates(days, account.zone)
        counts: dict[str, Any] = {"share": share, "people": people, "events": events, "played_until": None}
        for now in _play(account, days, rates):
            if now < days.until and enough():
                counts["played_until"] = now.isoformat()
                break
            progress(0.05 + 0.95 * ((now - days.begin) / (days.until - days.begin)))
        return _told(version, account.zone) | counts | {"assumed": _assumed(version, rates)}


def _own_account(account: Account) -> scenario.Account:
    # Not checked again: what the settings hold may be more than a scenario is let say.
    control = scenario.Control.model_construct(system_percent=account.system_percent, custom={}, never=[])
    return scenario.Account.model_construct(
        timezone=settings.ACCOUNT_TIMEZONE, tick_offset=account.tick_offset, campaign_limits={}, control=control
    )


# What is there to play with ---------------------------------------------------------------------------------------


def _copy(days: Period) -> tuple[float, int, int]:
    """Fill the scratch schema; return (the share of all people, people, events of the period)."""
    for table in CONFIGURATION:
        name = pg.Identifier(table)
        sql.run(pg.SQL("INSERT INTO {} SELECT * FROM public.{}").format(name, name))
        _count_on(table)
    keys = [eventtypes.key(name) for name in eventtypes.MESSAGES]
    left_out = [id for (id,) in sql.rows(SQL["left_out"], {"keys": keys})]
    since = days.begin - HISTORY
    ((people, events),) = sql.rows(SQL["size"], {"since": since, "until": days.until, "left_out": left_out})
    share = min(1.0, MOST_PEOPLE / max(people, 1), MOST_EVENTS / max(events, 1))
    parts = {"share": int(share * PARTS)}
    sql.run(SQL["people"], parts)
    for each in ("identities", "devices", "members", "suppressed"):
        sql.run(SQL[each])
    sql.run(SQL["history"], parts | {"since": since, "until": days.begin, "left_out": left_out})
    # A table of a query takes no bound values.
    bound = parts | {"since": days.begin, "until": days.until, "left_out": left_out}
    sql.run(_written(SQL["feed"], bound))
    sql.run(SQL["feed_index"])
    sql.run(SQL["analyze"])
    _count_on("profiles_profile")
    ((people, events),) = sql.rows(SQL["counted"])
    return share, people, events


def _written(statement: str, values: dict[str, Any]) -> pg.Composable:
    """A statement with its values as literals."""
    parts = re.sub(r"%\((\w+)\)s", r"{\1}", statement)
    return pg.SQL(parts).format(**{name: pg.Literal(value) for name, value in values.items()})


def _count_on(table: str) -> None:
    """Let new rows of a copied table get numbers that are not taken."""
    statement = pg.SQL(
        "SELECT setval(s, m) FROM (SELECT pg_get_serial_sequence(current_schema() || {text}, 'id') AS s, max(id) AS m"
        " FROM {table}) AS f WHERE s IS NOT NULL AND m IS NOT NULL"
    )
    sql.rows(statement.format(text=pg.Literal(f".{table}"), table=pg.Identifier(table)))


def fitted(document: dict[str, Any], days: Period, zone: ZoneInfo) -> dict[str, Any]:
    """The document with its entry inside the days: dates beyond them become “at once”, an end before them none."""
    entry = document.get("entry") or {}
    timeline = dict(entry.get("timeline") or {})

    def inside(text: Any) -> bool:
        try:
            at = calendar.instant(datetime.fromisoformat(text), zone)
        except (ValueError, TypeError):
            return False
        return days.begin < at < days.until

    for part in ("start", "once"):
        if part in timeline and not inside(timeline[part]):
            timeline[part] = "now"
    if timeline.get("end") and not inside(timeline["end"]):
        timeline["end"] = None
    if "dates" in timeline:
        timeline["dates"] = [day for day in timeline["dates"] if inside(f"{day}T12:00")]
        if not timeline["dates"]:
            timeline = {"once": "now"}
    return {**document, "entry": {**entry, "timeline": timeline or None}}


def _publish(document: dict[str, Any], now: datetime) -> Version:
    eventtypes.ids(eventtypes.SYSTEM, now=now)
    version = services.create_journey(document=document, by=None, now=now)
    try:
        return services.publish(version_id=version.pk, by=None, now=now, wait=True)
    except JourneyError as error:
        first = next((it.message for it in error.findings or () if it.level == "error"), error.message)
        raise RehearsalError(f"The draft cannot go live as it is, so it cannot be rehearsed: {first}") from error


# What is assumed --------------------------------------------------------------------------------------------------


def _rates(days: Period, zone: ZoneInfo) -> list[Rate]:
    """How messages fared until the end of the days. What shows on devices is left out: nobody's device asks for it."""
    first, last = ((at.astimezone(zone)).date() for at in (days.begin - HISTORY, days.until))
    found = sql.rows(SQL["rates"], {"lanes": COUNTED, "first": first, "last": last, "fewest": FEWEST_SENT})
    rates = [rate for rate in map(Rate._make, found) if rate.channel not in ON_DEVICE]
    return [rate._replace(viewed=max(rate.viewed, rate.clicked)) for rate in rates]  # who clicks has seen it


def _assumed(version: Version, rates: list[Rate]) -> list[str]:
    """Sentences about the channels on which the version sends."""
    known = {rate.channel: rate for rate in rates}
    told = []
    for channel in dict.fromkeys(node.kind for node in parse(version.document).nodes):
        kind, rate = KINDS[channel], known.get(channel)
        if kind.role != "engagement":
            continue
        if rate is None or not rate.viewed:
            told.append(f"{kind.label}: nobody views or clicks, since too little is known of how such messages fared.")
        else:
            told.append(
                f"{kind.label}: {rate.viewed:.1%} view a message after an hour and {rate.clicked:.1%} click, as of the"
                f" {rate.sent:,} that were sent in the {HISTORY.days} days before and these."
            )
    return told


# Playing ----------------------------------------------------------------------------------------------------------


def _play(account: Account, days: Period, rates: list[Rate]) -> Iterator[datetime]:
    """Move the clock to the end of the days; yields where it is.

    The clock goes in steps in which something happens. The engine moves people at the instants that were due, however
    late it looks (docs/decisions/0010), so the steps make a message late and nothing else.
    """
    step = max((days.until - days.begin) / STEPS, timedelta(minutes=1))
    now = days.begin
    respond = _responses(rates, now)
    settle(account=account, now=now)
    respond(now)
    while True:
        ((event,),) = sql.rows(SQL["next"])
        instants = (event, next_due(account=account, now=now), schedule.next_instant(now), outbox.next_due())
        upcoming = min((at for at in instants if at is not None), default=None)
        if upcoming is None or upcoming > days.until or now >= days.until:
            return
        now = min(max(upcoming, now) + step, days.until)
        sql.run(SQL["arrive"], {"now": now})
        settle(account=account, now=now)
        respond(now)
        yield now


def _responses(rates: list[Rate], begin: datetime) -> Callable[[datetime], None]:
    """What lets the people respond who were sent a message at an instant."""
    types = eventtypes.ids([eventtypes.SENT, eventtypes.VIEWED, eventtypes.CLICKED], now=begin)
    responses = [
        (types[name], rate.channel, after, share)
        for rate in rates
        for name, after, share in (
            (eventtypes.VIEWED, VIEWED_AFTER, rate.viewed),
            (eventtypes.CLICKED, CLICKED_AFTER, rate.clicked),
        )
    ]
    columns = dict(zip(("types", "channels", "afters", "rates"), map(list, zip(*responses, strict=True)), strict=False))

    def respond(now: datetime) -> None:
        if responses:
            sql.run(SQL["respond"], columns | {"now": now, "sent": types[eventtypes.SENT]})

    return respond


def _told(version: Version, zone: ZoneInfo) -> dict[str, Any]:
    """Numbers and paths; instants are written on the account's clock."""
    entry, found = nodes.stats(version.pk, parse(version.document))
    paths: dict[int, dict[str, Any]] = {}
    params = {"version": version.pk, "most": MOST_PATHS, "moves": MOST_MOVES, "lanes": lanes.ALL}
    for profile_id, name, at, what, node, via, outcome, reason in sql.rows(SQL["paths"], params):
        path = paths.setdefault(profile_id, {"profile": profile_id, "name": name or f"#{profile_id}", "moves": []})
        move = {"at": at.astimezone(zone).isoformat(), "what": what, "via": via, "outcome": outcome, "reason": reason}
        place = node if node is not None and node >= 0 else None  # an intermediate node, which no document names
        path["moves"].append({key: value for key, value in (move | {"node": place}).items() if value is not None})
    return {
        "entry": {"qualified": entry.qualified, "entered": entry.entered, "held_out": entry.held_out},
        "nodes": [node.as_dict() for node in found],
        "paths": list(paths.values()),
    }
