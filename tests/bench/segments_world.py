"""A million people and their ten million events, made once and found again by the next run, and the same for DuckDB."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

import duckdb
from django.db import connection, transaction

from config.lib import sql
from profiles import eventtypes, partitions

SQL = sql.load(Path(__file__).with_name("segments.sql"))

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SPAN = timedelta(days=730)
AT_ONCE = 1_000_000  # events a statement
# By how often they happen: of k + 1 event types, number k has a share of 1 / k.
TYPES = ["Product Viewed", "Category Viewed", "Added To Cart", "Searched", "Charged", "Wishlisted", "Reviewed"]
TYPES += [f"Seen {number}" for number in range(len(TYPES) + 1, 41)]

# What DuckDB gets: table → query, columns with their types.
COPIES = {
    "event": (
        "SELECT profile_id, type_id, at AT TIME ZONE 'UTC', properties FROM profiles_event",
        {"profile_id": "BIGINT", "type_id": "INTEGER", "happened": "TIMESTAMP", "properties": "JSON"},
    ),
    "profile": (
        "SELECT id, email, phone, properties FROM profiles_profile",
        {"id": "BIGINT", "email": "TEXT", "phone": "TEXT", "properties": "JSON"},
    ),
    "device": ("SELECT profile_id, channel FROM profiles_device", {"profile_id": "BIGINT", "channel": "TEXT"}),
    "suppression": ("SELECT kind, value FROM profiles_suppression", {"kind": "TEXT", "value": "TEXT"}),
}


def ensure(*, people: int, events: int) -> None:
    """Make the world in the database at hand, unless it has been made. Raises RuntimeError for one of another size."""
    made = f"{people} people, {events} events, made by version 1"
    ((found,),) = sql.rows(SQL["made"])
    if found == made:
        return
    if sql.rows("SELECT EXISTS (SELECT FROM profiles_profile)") != [(False,)]:
        raise RuntimeError(f"The database holds another world ({found or 'half made'}); remove its directory first.")
    began = time.monotonic()
    print(f"Making {people:,} people and {events:,} events …", flush=True)
    types = eventtypes.ids(TYPES, now=NOW)
    given = {"people": people, "now": NOW}
    with transaction.atomic():
        sql.run(SQL["draw"])
        for name in ("profiles", "devices", "suppressions"):
            sql.run(SQL[name], given)
        _make_events(given, events, [types[name] for name in TYPES])
        sql.run(f"COMMENT ON TABLE profiles_event IS '{made}'")
    for table in ("profiles_profile", "profiles_device", "profiles_suppression", "profiles_event"):
        sql.run(f"VACUUM (ANALYZE) {table}")
    print(f"Made in {time.monotonic() - began:.0f} s.", flush=True)


def _make_events(given: dict[str, Any], events: int, types: list[int]) -> None:
    """Into partitions made in the same transaction, which saves the log, and indexed when they are full."""
    partitions.cover("profiles_event", NOW - SPAN, NOW)
    indexes = sql.rows(SQL["indexes"])
    for name, _ in indexes:
        sql.run(f"DROP INDEX {name}")
    shares = [1 / number for number in range(1, len(types) + 1)]
    bounds = [0.0, *(bound / sum(shares) for bound in accumulate(shares[:-1]))]
    given |= {"all": events, "since": NOW - SPAN, "seconds": SPAN.total_seconds(), "types": types, "shares": bounds}
    for first in range(1, events + 1, AT_ONCE):
        sql.run(SQL["events"], given | {"first": first, "last": min(first + AT_ONCE - 1, events)})
    sql.run("SET LOCAL maintenance_work_mem = '512MB'")
    for _, definition in indexes:
        sql.run(definition)


@contextmanager
def reference(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with the same rows in its own format, as many threads as there are cores; made if the file is missing."""
    fresh = file.with_suffix(".new")
    if not file.exists():
        print("Copying them into DuckDB …", flush=True)
        fresh.unlink(missing_ok=True)
        with duckdb.connect(str(fresh), config={"memory_limit": "2GB"}) as duck:
            for table, (query, columns) in COPIES.items():
                _copy(duck, table, query, columns, file.with_suffix(".csv"))
        fresh.rename(file)
    with duckdb.connect(str(file), read_only=True, config={"memory_limit": "2GB"}) as duck:
        duck.execute("SET TimeZone = 'UTC'")
        yield duck


def _copy(duck: duckdb.DuckDBPyConnection, table: str, query: str, columns: dict[str, str], file: Path) -> None:
    """Let DuckDB have the rows of a query, by way of a CSV file."""
    with (
        connection.cursor() as cursor,
        cursor.cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as stream,
        file.open("wb") as out,
    ):
        out.writelines(stream)
    source = f"read_csv('{file}', header = FALSE, columns = {json.dumps(columns)})"
    duck.execute(f"CREATE TABLE {table} AS FROM {source}")
    file.unlink()
