"""How many people match a rule, how many of them each channel reaches, and who some of them are.

The numbers are exact: one pass over what is stored. Whoever edits a rule asks again and again, so a count has a name,
and asking under the same name cancels what still runs. Names are of one user: nobody cancels another's count.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, get_args
from zoneinfo import ZoneInfo

from django.db import OperationalError, transaction
from psycopg import sql as pg
from psycopg.errors import QueryCanceled

from config.lib import lanes, sql
from segments import compile
from segments.errors import SegmentError
from segments.reach import Channel
from segments.rules import Rule

SQL = sql.load(Path(__file__).with_suffix(".sql"))
CHANNELS: tuple[str, ...] = get_args(Channel)
PATIENCE = 30.0  # seconds that somebody waits for an answer

_SAMPLE = pg.SQL("""
SELECT person.id, person.identity, person.name, person.email
  FROM (SELECT lane, id FROM ({}) AS matching ORDER BY id DESC LIMIT %(size)s::bigint) AS newest
  JOIN profiles_profile AS person ON person.lane = newest.lane AND person.id = newest.id
 ORDER BY person.id DESC
""")


@dataclass(frozen=True, slots=True)
class Counted:
    """reachable: people by channel, who may be the same ones. ms: how long it took."""

    count: int
    reachable: dict[str, int]
    ms: int


class Someone(NamedTuple):
    """A person as a sample shows them."""

    id: int
    identity: str | None
    name: str | None
    email: str | None


def count(rule: Rule, *, now: datetime, tz: ZoneInfo, name: str = "", seconds: float = PATIENCE) -> Counted:
    """Count people, exactly. name: of `name_of`, whose running count this one replaces; empty: none.

    Raises RuleError for a rule that names what is gone; SegmentError when it took too long (too_slow) or was cancelled
    (cancelled).
    """
    if name:
        cancel(name)
    began = time.monotonic()
    with limited(seconds, name):
        sql.join_by_set()
        query = compile.reached(rule, CHANNELS, now=now, tz=tz)
        ((people, *reached),) = sql.rows(query.statement, query.params | {"lanes": lanes.ALL})
    ms = round(1000 * (time.monotonic() - began))
    return Counted(people, dict(zip(CHANNELS, reached, strict=True)), ms)


def sample(rule: Rule, *, now: datetime, tz: ZoneInfo, size: int = 20, seconds: float = PATIENCE) -> list[Someone]:
    """Some of those who match, the newest profiles first. Raises as `count`."""
    with limited(seconds):
        query = compile.people(rule, now=now, tz=tz)
        rows = sql.rows(_SAMPLE.format(query.statement), query.params | {"lanes": lanes.ALL, "size": size})
    return [Someone(*row) for row in rows]


def name_of(user_id: int, token: str) -> str:
    """The name under which a user's count runs. token: the user's own, of any length."""
    return "sojourn count " + hashlib.sha256(f"{user_id} {token}".encode()).hexdigest()[:40]


def cancel(name: str) -> None:
    """Cancel the count that runs under a name, if there is one."""
    sql.rows(SQL["cancel"], {"name": name})


@contextmanager
def limited(seconds: float, name: str = "") -> Iterator[None]:
    """A transaction whose statements are given up after a time, or when cancelled by name, as a SegmentError.

    An accepted race: a cancelling that was under way when the count ended could meet the session's next statement. It
    would have to begin within the microseconds between reading the session's state and signalling it.
    """
    began = time.monotonic()
    try:
        with transaction.atomic():
            sql.rows(SQL["limit"], {"timeout": str(max(1, round(1000 * seconds))), "name": name or "sojourn"})
            yield
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        if time.monotonic() - began < seconds:
            raise SegmentError("Another count took the place of this one.", code="cancelled") from None
        message = (
            f"This takes longer than {seconds:.0f} seconds and was given up."
            " Ask for a shorter time or for fewer different events."
        )
        raise SegmentError(message, code="too_slow") from None
