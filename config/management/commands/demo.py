"""A running Sojourn with people in it: `make demo`."""

import sys
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.demo import run
from config.embedded import EmbeddedError
from config.lib.errors import SojournError


class Command(BaseCommand):
    help = "Fill the database with the demo's people and journeys, and run everything until Ctrl-C."

    def handle(self, *_: Any, **__: Any) -> None:
        try:
            call_command("migrate", interactive=False, verbosity=0)
            run.run(now=timezone.now(), out=sys.stdout)  # not self.stdout, which ends every piece with a new line
        except (SojournError, EmbeddedError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:  # while seeding; the next start goes on
            raise CommandError("Stopped before it was ready.", returncode=130) from None
