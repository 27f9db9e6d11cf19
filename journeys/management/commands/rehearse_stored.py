"""manage.py rehearse_stored ID: play a rehearsal that was asked for on the canvas, and tell of it line by line.

Started by journeys.rehearsal.background, which reads {"progress": 0…1}, and at the end {"result": …} or {"error": a
sentence}. When its standard input ends, whoever started it is gone, and it ends too.
"""

import json
import os
import signal
import threading
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from config.lib import sql
from journeys.engine import account
from journeys.models import Rehearsal
from journeys.rehearsal import background, stored

EVERY = 0.5  # seconds between two words
NICE = 10  # behind those who move real people
LONGEST_STATEMENT = "5min"
NOTICED = "1s"  # until the database ends the statement of a process that was killed


def _end_with_the_watcher() -> None:
    """Interrupt the rehearsal, which drops its schema then, when nobody holds the other end of our input any more."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGINT)


class Command(BaseCommand):
    help = "Play a rehearsal that was asked for on the canvas. Started by the worker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("rehearsal", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        os.nice(NICE)
        limits = {"statement_timeout": LONGEST_STATEMENT, "client_connection_check_interval": NOTICED}
        for name, value in limits.items():
            sql.rows("SELECT set_config(%(name)s, %(value)s, false)", {"name": name, "value": value})
        threading.Thread(target=_end_with_the_watcher, daemon=True).start()
        asked = Rehearsal.objects.get(pk=options["rehearsal"])
        days = stored.period(asked.first, asked.last, now=timezone.now(), zone=account.current().zone)
        began, said = time.monotonic(), 0.0

        def progress(done: float) -> None:
            nonlocal said
            if time.monotonic() - said >= EVERY:
                said = time.monotonic()
                self._tell(progress=round(done, 3))

        try:
            result = stored.rehearse(
                asked.document, days, progress, lambda: time.monotonic() - began >= background.ENOUGH.total_seconds()
            )
        except stored.RehearsalError as error:
            self._tell(error=error.message)
        else:
            self._tell(result=result)

    def _tell(self, **what: Any) -> None:
        """Fails when nobody listens any more, which ends the rehearsal."""
        self.stdout.write(json.dumps(what))
        self.stdout.flush()
