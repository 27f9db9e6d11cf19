"""A place of its own for a rehearsal: a schema with empty copies of our tables, in front of the search path, dropped
afterwards.

The copies are unlogged and unpartitioned, ids start at 1, so the same scenario gives the same ids. A schema that a
killed rehearsal left behind is dropped by the next one: its advisory lock is free.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import OperationalError, connection, transaction
from psycopg import sql as pg

from config.lib import sql
from journeys.rehearsal.scenario import Account

SQL = sql.load(Path(__file__).with_suffix(".sql"))
PREFIX = "rehearsal_"
APPS = ("profiles", "segments", "channels", "journeys")


@contextmanager
def scratch(account: Account) -> Iterator[None]:
    """Everything inside happens in a schema of its own, with the time zone, tick and system group of a scenario."""
    drop_leftovers()
    schema = f"{PREFIX}{os.getpid()}_{uuid.uuid4().hex[:8]}"
    sql.rows(SQL["claim"], {"schema": schema})
    own = {
        "ACCOUNT_TIMEZONE": account.timezone,
        "TICK_OFFSET_MINUTES": account.tick_offset,
        "SYSTEM_CONTROL_PERCENT": account.control.system_percent,
        "WAKE_ENABLED": False,
    }
    settings_before = {name: getattr(settings, name) for name in own}
    ((path_before,),) = sql.rows("SHOW search_path")
    try:
        _set(own)
        _make(schema)
        sql.run(
            "SELECT set_config('search_path', %(path)s, false), set_config('synchronous_commit', 'off', false)",
            {"path": f"{schema}, {path_before}"},
        )
        yield
    finally:
        _set(settings_before)
        if _usable(schema):
            sql.run(
                "SELECT set_config('search_path', %(path)s, false), set_config('synchronous_commit', 'on', false)",
                {"path": path_before},
            )
            _drop(schema)


def _usable(schema: str) -> bool:
    """Whether the session can be worked with; if need be it is made anew, and waits for what was ours. An interrupt in
    the midst of a statement leaves one that cannot. In a transaction that failed there is nothing to do: it takes the
    schema with it.
    """
    if not connection.in_atomic_block and not connection.is_usable():
        connection.close()
        sql.rows(SQL["claim"], {"schema": schema})
    return connection.is_usable()


def _set(values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(settings, name, value)


def _make(schema: str) -> None:
    """Copy the tables of our apps, without rows, and give them sequences of their own."""
    sql.run(pg.SQL("CREATE SCHEMA {}").format(pg.Identifier(schema)))
    tables = [name for (name,) in sql.rows(SQL["tables"], {"apps": [f"{app}\\_%" for app in APPS]})]
    assert len(tables) >= sum(len(list(apps.get_app_config(app).get_models())) for app in APPS)
    for table in tables:
        statement = pg.SQL("CREATE UNLOGGED TABLE {}.{} (LIKE {} INCLUDING ALL)")
        sql.run(statement.format(pg.Identifier(schema), pg.Identifier(table), pg.Identifier(table)))
    for table, column, sequence in sql.rows(SQL["defaults"], {"tables": tables}):
        own = pg.Identifier(schema, sequence)
        sql.run(pg.SQL("CREATE SEQUENCE IF NOT EXISTS {}").format(own))
        statement = pg.SQL("ALTER TABLE {}.{} ALTER COLUMN {} SET DEFAULT nextval({})")
        sql.run(
            statement.format(
                pg.Identifier(schema), pg.Identifier(table), pg.Identifier(column), pg.Literal(f"{schema}.{sequence}")
            )
        )


def drop_leftovers() -> None:
    """Drop the schemas of rehearsals that were killed: nobody holds their locks any more."""
    for (schema,) in sql.rows(SQL["leftovers"], {"prefix": _like(PREFIX)}):
        _drop(schema)


def drop_of(process: int, *, patience: timedelta) -> None:
    """Drop the schema of a process that was killed, once the database has noticed. One that it does not notice in time
    is a leftover.
    """
    for (schema,) in sql.rows(SQL["schemas"], {"prefix": _like(f"{PREFIX}{process}_")}):
        try:
            with transaction.atomic():
                sql.run(f"SET LOCAL lock_timeout = {patience // timedelta(milliseconds=1)}")
                sql.rows(SQL["claim"], {"schema": schema})
        except OperationalError:
            continue
        _drop(schema)


def _drop(schema: str) -> None:
    """Drop a schema whose lock is ours, and let go of it."""
    sql.run(pg.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(pg.Identifier(schema)))
    sql.rows(SQL["release"], {"schema": schema})


def _like(prefix: str) -> str:
    return prefix.replace("_", r"\_") + "%"
