"""A worker in a process of its own, to be killed: `python -m tests.journeys.worker DATABASE AHEAD`.

It does what the tasks journeys.pump and channels.dispatch do, in a loop, on a clock that is AHEAD seconds fast, until
it is killed or whoever started it is gone.
"""

import os
import subprocess
import sys
import time
from datetime import timedelta

import django
from django.conf import settings

BATCH = 700  # people a transaction: small, so that there are many moments to be killed at


def start(database: str, *, ahead: timedelta = timedelta()) -> subprocess.Popen[bytes]:
    """A worker on the database."""
    command = [sys.executable, "-m", "tests.journeys.worker", database, str(ahead.total_seconds())]
    return subprocess.Popen(command, cwd=settings.BASE_DIR)


def main(database: str, ahead: str) -> None:
    """Work."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    settings.DATABASES["default"]["NAME"] = database
    settings.WAKE_ENABLED = False
    django.setup()
    from django.utils import timezone

    from channels import outbox
    from journeys.engine import account, pump

    def clock():
        return timezone.now() + timedelta(seconds=float(ahead))

    parent = os.getppid()
    while os.getppid() == parent:
        moved = pump.pump(account=account.current(), clock=clock, size=BATCH)
        sent = outbox.dispatch(now=clock(), batch=BATCH, clock=clock)
        if not moved and not sent:
            time.sleep(0.02)


if __name__ == "__main__":
    main(*sys.argv[1:])
