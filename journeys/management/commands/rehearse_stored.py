"""manage.py rehearse_stored ID: play a rehearsal that was asked for on the canvas, and tell of it line by line.

Started by journeys.rehearsal.background, which reads {"progress": 0…1}, and at the end {"result": …} or {"error": a
sentence}.
"""

import json
import os
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from config.lib import sql
from journeys.engine import account
from journeys.models import Rehearsal
from journeys.rehearsal import stored

EVERY = 0.5  # seconds between two words
NICE = 10  # behind those who move real people
LONGEST_STATEMENT = "5min"


class Command(BaseCommand):
    help = "Play a rehearsal that was asked for on the canvas. Started by the worker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("rehearsal", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        os.nice(NICE)
        sql.rows("SELECT set_config('statement_timeout', %(most)s, false)", {"most": LONGEST_STATEMENT})
        asked = Rehearsal.objects.get(pk=options["rehearsal"])
        days = stored.period(asked.first, asked.last, now=timezone.now(), zone=account.current().zone)
        said = time.monotonic()

        def progress(done: float) -> None:
            nonlocal said
            if time.monotonic() - said >= EVERY:
                said = time.monotonic()
                self._tell(progress=round(done, 3))

        try:
            result = stored.rehearse(asked.document, days, progress)
        except stored.RehearsalError as error:
            self._tell(error=error.message)
        else:
            self._tell(result=result)

    def _tell(self, **what: Any) -> None:
        """Fails when nobody listens any more, which ends the rehearsal."""
        self.stdout.write(json.dumps(what))
        self.stdout.flush()
