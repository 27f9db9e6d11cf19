"""Work that one process at a time may do, on any machine."""

from collections.abc import Iterator
from contextlib import contextmanager

from config.lib import sql


@contextmanager
def alone(name: str, *, wait: bool = False) -> Iterator[bool]:
    """Hold the lock of that name, which ends with its holder's connection at the latest. Yields whether it is ours;
    with `wait` it always is.
    """
    function = "pg_advisory_lock" if wait else "pg_try_advisory_lock"
    [(got,)] = sql.rows(f"SELECT {function}(hashtextextended(%(lock)s::text, 0))", {"lock": name})
    ours = wait or bool(got)
    try:
        yield ours
    finally:
        if ours:
            sql.rows("SELECT pg_advisory_unlock(hashtextextended(%(lock)s::text, 0))", {"lock": name})
