"""The same rows by bare SQL: what the database alone takes for what a run wrote, in transactions of the same size."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from config import embedded
from config.lib import sql

SQL = sql.load(Path(__file__).with_suffix(".sql"))
COPY = "COPY profiles_inbox (lane, profile_id, type_id, at, received_at, source, properties) FROM STDIN"


@contextmanager
def alone() -> Iterator[None]:
    """Keep the workers' hands off: all lanes are locked, by a session, so they find nothing to route or move."""
    with psycopg.connect(embedded.database_url(), autocommit=True) as connection:
        connection.execute(SQL["lock_lanes"])
        yield


def copy_inbox(rows: list[tuple[Any, ...]], *, batch: int, connections: int) -> float:
    """Seconds for a script to write the rows into the inbox by COPY, `batch` a commit. rows: in the order of COPY."""
    batches = [rows[at : at + batch] for at in range(0, len(rows), batch)]

    def work(connection: psycopg.Connection) -> None:
        cursor = connection.cursor()
        while batches:
            try:
                some = batches.pop()
            except IndexError:  # another thread took the last one
                return
            with cursor.copy(COPY) as stream:
                for row in some:
                    stream.write_row(row)

    opened = [psycopg.connect(embedded.database_url(), autocommit=True) for _ in range(connections)]
    threads = [threading.Thread(target=work, args=(each,)) for each in opened]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - began
    for each in opened:
        each.close()
    return seconds


def journey(version: int, *, rounds: int, first_event: int, size: int = 0) -> float:
    """Seconds to write again what a version's run wrote, on one connection. rounds: events a person; first_event: the
    id that the history had reached before the run; size: people a transaction, as the engine's where not given.
    """
    size = size or settings.ENGINE_BATCH
    with psycopg.connect(embedded.database_url(), autocommit=True) as connection:
        connection.execute("SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off")
        for name in ("stays", "events", "steps", "messages", "tallies"):
            connection.execute(f"DROP TABLE IF EXISTS bench_{name}")
        _script(connection, "remember", {"version": version, "first": first_event})
        ((people,),) = connection.execute("SELECT count(*) FROM bench_stays").fetchall()
        began = time.monotonic()
        call = min(size, 100)
        for at in range(0, people, call):
            with connection.transaction():
                connection.execute(SQL["accept"], {"round": 1, "first": at, "last": at + call - 1})
        for round in range(1, rounds + 1):
            for at in range(0, people, size):
                given = {"round": round, "first": at, "last": at + size - 1, "version": version}
                if round > 1:
                    _in_one(connection, ["accept"], given)
                _in_one(connection, ["route", "enter" if round == 1 else "move", "log", "count"], given)
                if round == 1:
                    with connection.transaction():
                        connection.execute(SQL["queue"], given)
                    _in_one(connection, ["record", "settle"], given)
        return time.monotonic() - began


def due(version: int, journey_id: int, number: int) -> float:
    """Seconds to move that many sleepers of a version to its node 1, on one connection."""
    with psycopg.connect(embedded.database_url(), autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS bench_due")
        connection.execute(SQL["remember_due"].replace("%(version)s", str(version)).replace("%(number)s", str(number)))
        connection.execute("CREATE INDEX ON bench_due (n)")
        began = time.monotonic()
        size = settings.ENGINE_BATCH
        for at in range(0, number, size):
            given = {"first": at, "last": at + size - 1, "version": version, "journey": journey_id}
            _in_one(connection, ["wake", "log_due", "count_due"], given)
        return time.monotonic() - began


def _in_one(connection: psycopg.Connection, names: list[str], given: dict[str, int]) -> None:
    with connection.transaction():
        for name in names:
            connection.execute(SQL[name], given)


def _script(connection: psycopg.Connection, name: str, given: dict[str, int]) -> None:
    text = SQL[name]
    for key, value in given.items():
        text = text.replace(f"%({key})s", str(int(value)))
    for statement in text.split(";"):
        if statement.strip():
            connection.execute(statement)
