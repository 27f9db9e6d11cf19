"""Calls side by side, on connections of their own: one person, one event, and nobody waits for ever."""

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from config.lib import sql
from profiles import accept
from profiles.models import EventType
from tests.profiles.conftest import NOON, event, profile, token


def side_by_side(batches):
    """Accept the batches at the same time, each on a connection of its own."""
    barrier = Barrier(len(batches))

    def call(batch):
        barrier.wait(10)
        try:
            return accept.accept(batch, now=NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(batches)) as pool:
        return list(pool.map(call, batches))


@pytest.mark.usefixtures("committed")
def test_the_same_unknown_person_from_eight_connections_is_one_profile():
    for round in range(10):
        reports = side_by_side([[event(f"ann-{round}", "Charged", evtData={"n": n})] for n in range(8)])
        assert [report.status for report in reports] == ["success"] * 8
    assert sql.rows("SELECT count(*) FROM profiles_profile") == [(10,)]
    assert sql.rows("SELECT count(*), count(DISTINCT profile_id) FROM profiles_inbox") == [(80, 10)]


@pytest.mark.usefixtures("committed")
def test_the_same_event_id_from_eight_connections_is_one_event():
    for round in range(10):
        reports = side_by_side([[event("ann", eventId=str(round))]] * 8)
        assert [report.processed for report in reports] == [1] * 8
    assert sql.rows("SELECT count(*) FROM profiles_inbox") == [(10,)]


@pytest.mark.usefixtures("committed")
def test_the_same_increments_from_eight_connections_all_count():
    people = [f"id-{n}" for n in range(20)]
    batches = []
    for seed in range(8):
        order = random.Random(seed).sample(people, len(people))
        batches.append(
            [
                record
                for who in order
                for record in (
                    profile(who, visits={"$incr": 1}, Email=f"{random.Random(who).randrange(5)}@example.com"),
                    event(who, f"Event {seed % 3}", eventId=f"{seed % 4}"),
                    token(who, id=f"token-{seed % 2}", type="fcm"),
                )
            ]
        )
    reports = side_by_side(batches)
    assert [report.status for report in reports] == ["success"] * 8
    assert sql.rows("SELECT DISTINCT properties->>'visits' FROM profiles_profile") == [("8",)]
    assert sql.rows("SELECT count(*) FROM profiles_profile") == [(20,)]
    assert sql.rows("SELECT count(*) FROM profiles_inbox") == [(80,)]  # 20 people with 4 ids each
    assert EventType.objects.filter(system=False).count() == 3
    assert sql.rows("SELECT count(*), count(DISTINCT token) FROM profiles_device") == [(2, 2)]
    assert sql.rows("SELECT count(*) = count(DISTINCT value) FROM profiles_identity WHERE kind = 'email'") == [(True,)]
