"""Rehearsals asked for on the canvas: one at a time, each in a process of its own, its progress and its end on its row.

A process of its own, because a rehearsal changes the search path and the settings of whoever plays it: nothing of that
may reach a worker that moves real people. Whoever watches it ends it when its row is gone or its time is over, and
drops its schema; it ends by itself when whoever watched it is gone.

The watcher holds a lock of its session. So when a worker is killed, the next one to look for work sees that nobody
watches, and says of what was being played that it was interrupted.
"""

import json
import logging
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User

from config.lib.alone import alone
from config.lib.wake import wake
from journeys import services
from journeys.models import Rehearsal
from journeys.rehearsal import scratch, stored
from journeys.rehearsal.stored import RehearsalError

ENOUGH = timedelta(minutes=8)  # then a rehearsal is content with the days that it has played
LIMIT = timedelta(minutes=10)  # for one rehearsal
KEPT = timedelta(days=1)
MOST_WAITING = 3  # of one person
LOOK = 1.0  # seconds between two looks at whether it is still wanted
PATIENCE = timedelta(seconds=20)  # for the database to notice that a process is gone

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
    with alone("rehearsals") as ours:
        rehearsal = _claim(clock()) if ours else None
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
    """The next one to play, by whoever holds the lock: what is being played has nobody to watch it."""
    lost = Rehearsal.objects.filter(state=State.PLAYING)
    if lost.update(state=State.FAILED, error="The rehearsal was interrupted; begin it again.", finished_at=now):
        scratch.drop_leftovers()
    for waiting in Rehearsal.objects.filter(state=State.WAITING).order_by("pk"):
        # Unless whoever asked took it away just now.
        if Rehearsal.objects.filter(pk=waiting.pk).update(state=State.PLAYING, began_at=now):
            return waiting
    return None


def _watch(rehearsal_id: int, environment: Mapping[str, str]) -> Any:
    """Play a rehearsal in a process; return its result. Raises RehearsalError."""
    command = [sys.executable, "manage.py", "rehearse_stored", str(rehearsal_id)]
    # Its standard input is ours for as long as we live: so it knows when we are gone.
    process = subprocess.Popen(
        command, cwd=settings.BASE_DIR, env={**os.environ, **environment}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    told: dict[str, Any] = {}
    try:
        for told in _words(process, time.monotonic() + LIMIT.total_seconds()):
            if not Rehearsal.objects.filter(pk=rehearsal_id).update(progress=told.get("progress", 1)):
                raise RehearsalError("It was left before its end.", code="cancelled")
    finally:
        _end(process)
    if "result" in told:
        return told["result"]
    if "error" not in told:
        logger.error("The process of rehearsal %s ended with %s.", rehearsal_id, process.returncode)
    raise RehearsalError(told.get("error", "It broke down; the log of the worker says why."))


def _words(process: subprocess.Popen[bytes], until: float) -> Iterator[dict[str, Any]]:
    """What the process tells, the last word again each LOOK seconds. Raises RehearsalError at `until` (monotonic)."""
    assert process.stdout is not None
    told: dict[str, Any] = {"progress": 0}
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if time.monotonic() >= until:
                message = (
                    f"It took longer than {LIMIT // timedelta(minutes=1)} minutes and was ended; choose fewer days."
                )
                raise RehearsalError(message, code="too_slow")
            if selector.select(LOOK):
                block = os.read(process.stdout.fileno(), 2**16)
                if not block:
                    return
                *lines, rest = (rest + block).split(b"\n")
                if not lines:
                    continue
                told = json.loads(lines[-1])
            yield told


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process, if it has not ended, and drop what it left."""
    process.kill()
    for stream in (process.stdin, process.stdout):
        assert stream is not None
        stream.close()
    process.wait()
    scratch.drop_of(process.pid, patience=PATIENCE)


def sweep(now: datetime) -> None:
    """Forget rehearsals that are older than a day, and drop what killed ones left in the database."""
    Rehearsal.objects.filter(created_at__lt=now - KEPT).delete()
    scratch.drop_leftovers()
