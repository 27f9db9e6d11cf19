"""A worker that keeps the schedule, in a process of its own, to be killed.

`python -m tests.journeys.sweeper DATABASE AT` does what the task journeys.clock does, as if it were AT, again and
again until it is killed or whoever started it is gone. Runs go through the lanes a few at a time, as with millions of
people.
"""

import os
import sys
from datetime import datetime

import django
from django.conf import settings

from tests import killing


def start(database: str, at: datetime) -> killing.Victim:
    """A worker on the database, whose clock stands still."""
    return killing.Victim("tests.journeys.sweeper", [database, at.isoformat()])


def main(database: str, at: str) -> None:
    """Work."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    settings.DATABASES["default"]["NAME"] = database
    settings.WAKE_ENABLED = False
    settings.ACCOUNT_TIMEZONE = "UTC"
    django.setup()
    from config.lib import sql
    from journeys import schedule
    from journeys.engine import runs

    runs.FEW = 0
    killing.tell_statements()
    parent = os.getppid()
    while os.getppid() == parent:
        schedule.clock(datetime.fromisoformat(at))
        if sql.rows("SELECT count(*) FROM journeys_run WHERE finished_at IS NULL") == [(0,)]:
            killing.tell_idle()


if __name__ == "__main__":
    main(*sys.argv[1:])
