"""Monthly partitions of the tables that only grow (settings.PARTITIONED_TABLES).

A row whose month has no partition goes to the table's default partition, so a gap never loses one. `ensure` makes the
months ahead and those that have gathered rows in the default partition, and moves these rows along. Both happen in one
transaction under a lock on the parent table, taken first and for no longer than it takes: whoever reads or writes a
partition locks the parent before, so nobody is caught between the two. If the lock cannot be had within LOCK_SECONDS (a
long report is running) the month is left for the next time.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import LiteralString

from django.conf import settings
from django.db import OperationalError, transaction
from psycopg import errors
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from config.lib import sql

AHEAD = 3  # months after the current one
BACK = 12  # months before the current one whose rows are taken out of the default partition; older ones stay there
LOCK_SECONDS = 5

logger = logging.getLogger(__name__)


def ensure(*, now: datetime) -> list[str]:
    """Make the partitions that are due, in every table there is; return the names of those made."""
    made = []
    this = month_of(now)
    for table, column in settings.PARTITIONED_TABLES.items():
        if not _exists(table):
            continue
        earliest = shift(this, -BACK)
        gathered = [month for month in _gathered(table, column) if earliest <= month < this]
        for month in [*gathered, *(shift(this, ahead) for ahead in range(AHEAD + 1))]:
            try:
                if make(table, month):
                    made.append(name_of(table, month))
            except OperationalError as error:
                if not isinstance(error.__cause__, errors.LockNotAvailable):
                    raise
                logger.warning("%s is in use; the partition %s waits.", table, name_of(table, month))
    return made


def cover(table: str, first: datetime, last: datetime) -> list[str]:
    """Make the partitions of all months from one instant to another, for an import; return the names of those made."""
    months = _months(month_of(first), month_of(last))
    return [name_of(table, month) for month in months if make(table, month)]


def make(table: str, month: datetime) -> bool:
    """Make one month's partition and move the rows into it that waited in the default partition. False if it is there.

    month: its first instant in UTC. Raises OperationalError (LockNotAvailable) if the table stays in use.
    """
    name = name_of(table, month)
    if _exists(name):
        return False
    column = settings.PARTITIONED_TABLES[table]
    words = {
        "table": Identifier(table),
        "rest": Identifier(f"{table}_default"),
        "partition": Identifier(name),
        "column": Identifier(column),
        "first": Literal(month.isoformat()),
        "end": Literal(shift(month, 1).isoformat()),
        "seconds": Literal(f"{LOCK_SECONDS}s"),
    }
    with transaction.atomic():
        sql.run(_say("SET LOCAL lock_timeout = {seconds}", words))
        sql.run(_say("LOCK TABLE ONLY {table} IN ACCESS EXCLUSIVE MODE", words))
        if _exists(name):  # somebody else made it while we waited
            return False
        sql.run(_say("CREATE TABLE {partition} (LIKE {table} INCLUDING ALL)", words))
        moved = sql.run(
            _say(
                "WITH moved AS (DELETE FROM {rest} WHERE {column} >= {first} AND {column} < {end} RETURNING *)"
                " INSERT INTO {partition} SELECT * FROM moved",
                words,
            )
        )
        sql.run(_say("ALTER TABLE {table} ATTACH PARTITION {partition} FOR VALUES FROM ({first}) TO ({end})", words))
    if moved:
        logger.info("Moved %d rows into the new partition %s.", moved, name)
    return True


def month_of(moment: datetime) -> datetime:
    """The first instant of a moment's month, in UTC."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def shift(month: datetime, months: int) -> datetime:
    """The first instant of the month so many months later."""
    count = month.year * 12 + month.month - 1 + months
    return month.replace(year=count // 12, month=count % 12 + 1)


def name_of(table: str, month: datetime) -> str:
    """What a month's partition is called, for example profiles_event_2026_03."""
    return f"{table}_{month:%Y_%m}"


def _months(first: datetime, last: datetime) -> Iterator[datetime]:
    while first <= last:
        yield first
        first = shift(first, 1)


def _gathered(table: str, column: str) -> Iterable[datetime]:
    """The months of the rows in a table's default partition, which is all but empty."""
    statement = _say(
        "SELECT DISTINCT date_trunc('month', {column}, 'UTC') FROM {rest} ORDER BY 1",
        {"column": Identifier(column), "rest": Identifier(f"{table}_default")},
    )
    return [month.astimezone(UTC) for (month,) in sql.rows(statement)]


def _exists(table: str) -> bool:
    return sql.rows("SELECT to_regclass(%(table)s) IS NOT NULL", {"table": table})[0][0]


def _say(statement: LiteralString, words: Mapping[str, Composable]) -> Composed:
    """A statement with names and bounds that cannot be bound as parameters, quoted."""
    return SQL(statement).format(**words)
