"""Processes to be killed in the middle of their work: they tell of every statement, and of having nothing to do.

The child calls `tell_statements()` and, where it runs dry, `tell_idle()`; the parent starts it as a `Victim` and reads
what it tells. So a test strikes after a chosen number of statements, wherever in a transaction that is, and waits for
what happens instead of for time to pass.
"""

import os
import selectors
import subprocess
import sys
import uuid
from collections.abc import Iterable, Sequence

from django.conf import settings

from config.lib import sql

STATEMENT, IDLE = b".", b"i"
PATIENCE = 300  # seconds without a word


def tell_statements() -> None:
    """In the child: say so before each statement."""
    from django.db import connection

    def tell(execute, statement, params, many, context):
        os.write(1, STATEMENT)
        return execute(statement, params, many, context)

    connection.execute_wrappers.append(tell)


def tell_idle() -> None:
    """In the child: nothing was found to do."""
    os.write(1, IDLE)


class Victim:
    """`python -m MODULE ARGUMENTS`, listened to."""

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        command = [sys.executable, "-m", module, *arguments]
        self.name = f"victim {uuid.uuid4()}"
        environment = {**os.environ, "PGAPPNAME": self.name}
        self.process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, env=environment)
        assert self.process.stdout is not None
        self.out = self.process.stdout

    def heard(self) -> bytes:
        """What it told since, waiting for a word; nothing once it has ended."""
        return os.read(self.out.fileno(), 4096)

    def after(self, statements: int) -> None:
        """Wait until it began that many statements, or ended."""
        while statements > 0 and (told := self.heard()):
            statements -= told.count(STATEMENT)

    def kill(self) -> None:
        """Kill it, and see the sessions end that it had in the database: a server notices only after a statement."""
        self.process.kill()
        self.end()
        ended = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = %(name)s"
        sql.rows(ended, {"name": self.name})

    def end(self) -> int:
        """Wait for its end; return its exit status."""
        while self.heard():
            pass
        self.out.close()
        return self.process.wait()


def listen(victims: Iterable[Victim]) -> dict[Victim, bytes]:
    """What any of them told, waiting for the first word. One that ended tells nothing: b""."""
    with selectors.DefaultSelector() as selector:
        for victim in victims:
            selector.register(victim.out, selectors.EVENT_READ, victim)
        found = {key.data: key.data.heard() for key, _ in selector.select(PATIENCE)}
    assert found, f"not a word in {PATIENCE} seconds"
    return found
