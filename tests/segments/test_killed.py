"""A process that is killed while it reads a list: the old one stays, and the file is read again."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from config.lib import sql
from config.lib.alone import alone
from profiles import identities
from segments import importing
from segments.models import List, ListUpload
from tests.segments.uploading import csv, load, upload

pytestmark = pytest.mark.django_db(transaction=True)

# Reads the file that waits and stops for ever at a step, saying so.
READER = """
import os, sys, threading
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django; django.setup()
from django.conf import settings
from django.utils import timezone
from config.lib.alone import alone
from segments import importing, lists
from segments.models import ListUpload
settings.UPLOADS_ROOT = sys.argv[1]
lists.CHUNK = 10

def halt(upload):
    if upload.step == sys.argv[2] and upload.rows >= 20:
        print(upload.step, flush=True)
        threading.Event().wait()

if sys.argv[2] == "applied":  # everything is done but the commit
    count = lists.count
    def halt_within(list_id):
        print("applied", flush=True)
        threading.Event().wait()
    lists.count = halt_within
with alone(importing.LOCK) as ours:
    assert ours
    importing.import_file(ListUpload.objects.get(state="processing"), clock=timezone.now, progress=halt)
"""


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> Path:
    settings.UPLOADS_ROOT = tmp_path
    return tmp_path


def kill_reader(files: Path, step: str) -> None:
    """Start a reader, wait until it is at a step, and kill it as nothing can be caught."""
    database = connection.settings_dict
    url = "postgresql://{USER}:{PASSWORD}@/{NAME}?host={HOST}&port={PORT}".format(**database)
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(files), step],
        stdout=subprocess.PIPE,
        text=True,
        cwd=django_settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": url, "WAKE_ENABLED": "0"},
    )
    assert reader.stdout is not None
    with reader, reader.stdout:
        said = reader.stdout.readline()
        reader.send_signal(signal.SIGKILL)
        assert said.strip() == step
        assert reader.wait() == -signal.SIGKILL
    # The database notices a moment later that its client is gone, and lets go of the lock.
    with alone(importing.LOCK, wait=True) as ours:
        assert ours


def members() -> set[int]:
    return {person for (person,) in sql.rows("SELECT profile_id FROM segments_member")}


@pytest.mark.parametrize("step", ["reading", "finding", "changing", "applied"])
def test_a_killed_reader_leaves_the_old_list_and_the_next_one_reads_the_file(files: Path, step: str) -> None:
    people = identities.resolve(["old", *(f"new-{n}" for n in range(50))], create=True, now=timezone.now())
    load(csv("i,old"))
    waiting = upload(csv(*(f"i,new-{n}" for n in range(50))), mode="replace")

    kill_reader(files, step)

    waiting.refresh_from_db()
    march = List.objects.get()
    assert (waiting.state, waiting.attempts) == ("processing", 1)
    assert (members(), march.members, march.usable) == ({people["old"]}, 1, True)

    assert importing.import_next(clock=timezone.now)
    waiting.refresh_from_db()
    march.refresh_from_db()
    assert (waiting.state, waiting.attempts, waiting.added, waiting.removed) == ("ready", 2, 50, 1)
    assert (members(), march.members) == (set(people.values()) - {people["old"]}, 50)
    assert sql.rows("SELECT relname::text FROM pg_class WHERE relname LIKE 'stage_%%'", {}) == []
    assert list(files.iterdir()) == []


def test_only_one_file_is_read_at_a_time(files: Path) -> None:
    """Whoever holds the lock in another session keeps everybody else away, until it is gone."""
    upload(csv("i,old"))
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [importing.LOCK])
        assert not importing.import_next(clock=timezone.now)
        assert ListUpload.objects.get().state == "processing"
    finally:
        other.close()
    with alone(importing.LOCK, wait=True):
        pass
    assert importing.import_next(clock=timezone.now)
