"""Wake-ups: tell the workers that a commit left work for them.

`wake("journeys.pump")` sends a Celery task by name when the transaction commits. A burst of commits must not become a
burst of tasks, so each process sends a task at most once in 50 ms; a wake-up that comes too soon is sent at the end of
that time, so none is lost. A broker that is down costs the caller nothing but a line in the log: celery-beat fires the
same tasks every second.
"""

import functools
import logging
import os
import threading
import time

from celery import current_app
from django.conf import settings
from django.db import transaction

PAUSE_SECONDS = 0.050
EXPIRES_SECONDS = 10  # wake-ups must not pile up in the broker while no worker runs

logger = logging.getLogger(__name__)


class Bell:
    """Rings for one task, at most every PAUSE_SECONDS, from a thread of its own: a slow broker delays nobody."""

    def __init__(self, task_name: str) -> None:
        self.task_name = task_name
        self._asked = threading.Event()
        self._complained = False
        threading.Thread(target=self._serve, name=f"wake {task_name}", daemon=True).start()

    def ring(self) -> None:
        """Ask for one sending after now."""
        self._asked.set()

    def _serve(self) -> None:
        while True:
            self._asked.wait()
            self._asked.clear()  # before sending: whoever rings from here on gets a sending of their own
            self._send()
            time.sleep(PAUSE_SECONDS)

    def _send(self) -> None:
        try:
            current_app.send_task(self.task_name, ignore_result=True, retry=False, expires=EXPIRES_SECONDS)
        except Exception as error:  # noqa: BLE001 (whatever the broker's client raises; beat is the safety net)
            if not self._complained:
                logger.warning("Cannot wake %s: %s. The workers find the work within a second.", self.task_name, error)
            self._complained = True
        else:
            self._complained = False


@functools.cache
def _bell(task_name: str) -> Bell:
    return Bell(task_name)


os.register_at_fork(after_in_child=_bell.cache_clear)  # threads do not survive a fork


def wake(task_name: str) -> None:
    """Send the task when the current transaction commits, or now when there is none."""
    if settings.WAKE_ENABLED:
        transaction.on_commit(lambda: _bell(task_name).ring())
