"""Dispatchers that are killed at any moment: every message arrives, and at most the batch in flight arrives twice."""

import random
from collections import Counter
from datetime import datetime

import pytest
from django.db import connection

from channels.outbox.sending import LEASE
from config.lib import sql
from tests.channels.conftest import NOON, MailServer, World
from tests.killing import Victim

PEOPLE, BATCH, KILLS = 1000, 128, 3
STATEMENTS = 20  # a batch has about half as many


def start(now: datetime) -> Victim:
    return Victim("tests.channels.dispatcher", [str(connection.settings_dict["NAME"]), now.isoformat(), str(BATCH)])


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
        mail_server.wait_for(len(mail_server.mails) + chance.randrange(1, PEOPLE // (KILLS + 1)))
        dispatcher.kill()
        repeated = len(mail_server.mails) - len(set(mail_server.received()))
        assert repeated <= kill * BATCH
        now += LEASE
    assert start(now).end() == 0
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
        dispatcher.after(chance.randrange(1, STATEMENTS))
        dispatcher.kill()
    assert start(NOON).end() == 0
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
    assert start(NOON).end() == 0
    [(_who, status, reason)] = world.messages()
    assert status == "queued"
    assert str(reason).startswith("no connection to 127.0.0.1:9: ")
    provider.config = provider.config | {"port": mail_server.port}
    provider.save()
    assert start(NOON + LEASE).end() == 0
    assert world.messages() == [("ada", "sent", None)]
    assert mail_server.received() == ["ada@example.com"]
