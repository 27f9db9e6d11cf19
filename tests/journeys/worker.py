"""A worker in a process of its own, to be killed: `python -m tests.journeys.worker DATABASE AHEAD`.

It does what the tasks journeys.pump and channels.dispatch do, in a loop, on a clock that is AHEAD seconds fast, until
it is killed or whoever started it is gone.
"""

import os
import sys
from datetime import timedelta

import django
from django.conf import settings

from tests import killing

BATCH = 700  # people a transaction: small, so that there are many moments to be killed at


def start(database: str, *, ahead: timedelta = timedelta()) -> killing.Victim:
    """A worker on the database."""
    return killing.Victim("tests.journeys.worker", [database, str(ahead.total_seconds())])


def main(database: str, ahead: str) -> None:
    """Work."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    settings.DATABASES["default"]["NAME"] = database
    settings.WAKE_ENABLED = False
    django.setup()
    from django.db import transaction
    from django.utils import timezone

    from channels import outbox
    from config.lib import lanes
    from journeys.engine import account, pump

    killing.tell_statements()

    def clock():
        return timezone.now() + timedelta(seconds=float(ahead))

    parent = os.getppid()
    while os.getppid() == parent:
        moved = pump.pump(account=account.current(), clock=clock, size=BATCH)
        sent = outbox.dispatch(now=clock(), batch=BATCH, clock=clock)
        if not moved and not sent:
            killing.tell_idle()
            with transaction.atomic():
                lanes.lock_wait(lanes.ALL)  # until the other worker's batch is done


if __name__ == "__main__":
    main(*sys.argv[1:])
