"""Rehearsals asked for on the canvas: one at a time, each in a process of its own, its progress and its end on its row.

A process of its own, because a rehearsal changes the search path and the settings of whoever plays it: nothing of that
may reach a worker that moves real people. Whoever watches it ends it when its row is gone or its time is over; it ends
by itself when nobody listens any more, and what it made is dropped by `sweep` or the next one (rehearsal.scratch).
"""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from config.lib import sql
from config.lib.wake import wake
from journeys import services
from journeys.models import Rehearsal
from journeys.rehearsal import scratch, stored
from journeys.rehearsal.stored import RehearsalError

LIMIT = timedelta(minutes=10)  # for one rehearsal
KEPT = timedelta(days=1)
MOST_WAITING = 3  # of one person

logger = logging.getLogger(__name__)
State = Rehearsal.State


def ask(*, document: Any, first: date, last: date, by: User, now: datetime, zone: ZoneInfo) -> Rehearsal:
    """Put a rehearsal into the queue. Raises RehearsalError, and DocumentError for what cannot be read."""
    stored.period(first, last, now=now, zone=zone)
    document, _ = services.read_document(document)
    if Rehearsal.objects.filter(by=by, state__in=(State.WAITING, State.PLAYING)).count() >= MOST_WAITING:
        message = f"{MOST_WAITING} rehearsals of yours are waiting or being played; leave one of them first."
        raise RehearsalError(message, code="limit")
    made = Rehearsal.objects.create(document=document, first=first, last=last, by=by, created_at=now)
    wake("journeys.rehearse")
    return made


def play_next(*, clock: Callable[[], datetime], environment: Mapping[str, str] | None = None) -> bool:
    """Play the rehearsal that waits longest, unless one is being played; return whether there was one.

    environment: variables of the process besides ours.
    """
    rehearsal = _claim(clock())
    if rehearsal is None:
        return False
    try:
        result = _watch(rehearsal.pk, environment or {})
    except RehearsalError as error:
        end: dict[str, Any] = {"state": State.FAILED, "error": error.message}
    else:
        end = {"state": State.DONE, "result": result, "progress": 1}
    # By its key: whoever asked may have taken it away meanwhile.
    Rehearsal.objects.filter(pk=rehearsal.pk).update(finished_at=clock(), **end)
    wake("journeys.rehearse")
    return True


def _claim(now: datetime) -> Rehearsal | None:
    with transaction.atomic():
        sql.rows("SELECT pg_advisory_xact_lock(hashtext('rehearsal'), hashtext('claim'))")
        playing = Rehearsal.objects.filter(state=State.PLAYING)
        lost = playing.filter(began_at__lt=now - LIMIT - timedelta(minutes=1))  # by a worker that was killed
        lost.update(state=State.FAILED, error="The rehearsal was interrupted; begin it again.", finished_at=now)
        if playing.exists():
            return None
        waiting = Rehearsal.objects.filter(state=State.WAITING).order_by("pk").first()
        if waiting is not None:
            waiting.state, waiting.began_at = State.PLAYING, now
            waiting.save(update_fields=["state", "began_at"])
        return waiting


def _watch(rehearsal_id: int, environment: Mapping[str, str]) -> Any:
    """Play a rehearsal in a process; return its result. Raises RehearsalError."""
    command = [sys.executable, "manage.py", "rehearse_stored", str(rehearsal_id)]
    process = subprocess.Popen(
        command, cwd=settings.BASE_DIR, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    too_long = threading.Timer(LIMIT.total_seconds(), process.kill)
    too_long.start()
    told: dict[str, Any] = {}
    try:
        for line in process.stdout:
            told = json.loads(line)
            if "progress" in told and not Rehearsal.objects.filter(pk=rehearsal_id).update(progress=told["progress"]):
                raise RehearsalError("It was left before its end.", code="cancelled")
    finally:
        over = not too_long.is_alive()
        too_long.cancel()
        process.kill()
        process.stdout.close()
        process.wait()
    if "result" in told:
        return told["result"]
    if over:
        message = "It took longer than ten minutes and was ended; choose fewer days."
        raise RehearsalError(message, code="too_slow")
    if "error" not in told:
        logger.error("The process of rehearsal %s ended with %s.", rehearsal_id, process.returncode)
    raise RehearsalError(told.get("error", "It broke down; the log of the worker says why."))


def sweep(now: datetime) -> None:
    """Forget rehearsals that are older than a day, and drop what killed ones left in the database."""
    Rehearsal.objects.filter(created_at__lt=now - KEPT).delete()
    scratch.drop_leftovers()
