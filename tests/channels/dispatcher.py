"""A dispatcher in a process of its own, to be killed: `python -m tests.channels.dispatcher DATABASE NOW BATCH`."""

import os
import sys
from datetime import datetime

import django


def main(database: str, now: str, batch: str) -> None:
    """Send what is due at NOW until nothing is."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    settings.WAKE_ENABLED = False
    django.setup()
    from channels.outbox import dispatch
    from tests import killing

    killing.tell_statements()

    while dispatch(now=datetime.fromisoformat(now), batch=int(batch)):
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
