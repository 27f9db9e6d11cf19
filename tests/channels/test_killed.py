"""Dispatchers that are killed at any moment: every message arrives, and at most the batch in flight arrives twice."""

import random
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime

import pytest
from django.conf import settings
from django.db import connection

from channels.outbox import LEASE
from config.lib import sql
from tests.channels.conftest import NOON, MailServer, World

PEOPLE, BATCH, KILLS = 1000, 128, 3


def start(now: datetime) -> subprocess.Popen[bytes]:
    database = str(connection.settings_dict["NAME"])
    command = [sys.executable, "-m", "tests.channels.dispatcher", database, now.isoformat(), str(BATCH)]
    return subprocess.Popen(command, cwd=settings.BASE_DIR)


def outcomes() -> dict[str, int]:
    return dict(sql.rows("SELECT status, count(*) FROM channels_message GROUP BY status"))


@pytest.mark.slow
def test_killed_over_smtp_nobody_is_missed_and_one_batch_repeats(
    committed: None, world: World, mail_server: MailServer
) -> None:
    mail_server.provider()
    mail_server.pipelining = True
    world.queue(world.campaign(), *(world.person(f"p{n}") for n in range(PEOPLE)))
    chance = random.Random(20260302)
    now = NOON
    for kill in range(KILLS):
        dispatcher = start(now)
        goal = len(mail_server.mails) + chance.randrange(1, PEOPLE // (KILLS + 1))
        while len(mail_server.mails) < goal and dispatcher.poll() is None:
            time.sleep(0.001)
        dispatcher.kill()
        dispatcher.wait()
        repeated = len(mail_server.mails) - len(set(mail_server.received()))
        assert repeated <= kill * BATCH
        now += LEASE
    assert start(now).wait() == 0
    assert outcomes() == {"sent": PEOPLE}
    counts = Counter(mail_server.received())
    assert len(counts) == PEOPLE
    assert sum(counts.values()) - PEOPLE <= KILLS * BATCH
    events = Counter(who for who, _name, _properties in world.events())
    assert set(events.values()) == {1}
    assert len(events) == PEOPLE


@pytest.mark.slow
def test_killed_in_the_sandbox_everyone_has_one_message(committed: None, world: World) -> None:
    world.queue(world.campaign(), *(world.person(f"p{n}") for n in range(PEOPLE)))
    chance = random.Random(20260302)
    for _kill in range(KILLS):
        dispatcher = start(NOON)
        before = outcomes().get("sent", 0)
        while outcomes().get("sent", 0) == before and dispatcher.poll() is None:
            time.sleep(0.002)
        time.sleep(chance.random() * 0.05)
        dispatcher.kill()
        dispatcher.wait()
    assert start(NOON).wait() == 0
    assert outcomes() == {"sent": PEOPLE}
    assert sql.rows("SELECT count(*), count(DISTINCT message_id), count(DISTINCT address) FROM channels_sandboxed") == [
        (PEOPLE, PEOPLE, PEOPLE)
    ]
    assert sorted(Counter(who for who, _name, _properties in world.events()).values()) == [1] * PEOPLE


def test_a_dead_mail_server_loses_nothing(committed: None, world: World, mail_server: MailServer) -> None:
    """The server is down for the first attempt and back for the second."""
    provider = mail_server.provider()
    provider.config = provider.config | {"port": 9}
    provider.save()
    world.queue(world.campaign(), world.person("ada"))
    assert start(NOON).wait() == 0
    [(_who, status, reason)] = world.messages()
    assert status == "queued"
    assert str(reason).startswith("no connection to 127.0.0.1:9: ")
    provider.config = provider.config | {"port": mail_server.port}
    provider.save()
    assert start(NOON + LEASE).wait() == 0
    assert world.messages() == [("ada", "sent", None)]
    assert mail_server.received() == ["ada@example.com"]
