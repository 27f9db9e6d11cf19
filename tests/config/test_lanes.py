"""A lane belongs to one transaction at a time."""

import threading

import psycopg
import pytest
from django.db import connection, transaction

from config.lib import lanes


@pytest.fixture
def other() -> psycopg.Connection:  # type: ignore[misc]
    """Another worker's connection to the same database."""
    with psycopg.connect(**connection.get_connection_params()) as other:
        yield other


TAKE = "SELECT pg_try_advisory_xact_lock(hashtext(current_schema()), %s)"


def test_a_person_keeps_the_lane() -> None:
    assert [lanes.of(profile_id) for profile_id in (1, 63, 64, 130)] == [1, 63, 0, 2]
    assert len(lanes.ALL) == lanes.LANES == 64


@pytest.mark.django_db(transaction=True)
def test_locked_lanes_are_left_to_their_holder(other: psycopg.Connection) -> None:
    assert other.execute(TAKE, [7]).fetchone() == (True,)
    with transaction.atomic():
        assert lanes.lock([6, 7, 8]) == [6, 8]
        assert other.execute(TAKE, [6]).fetchone() == (False,)
    assert other.execute(TAKE, [6]).fetchone() == (True,)  # the end of the transaction let go


@pytest.mark.django_db(transaction=True)
def test_waiting_takes_a_lane_when_its_holder_ends(other: psycopg.Connection) -> None:
    assert other.execute(TAKE, [7]).fetchone() == (True,)
    threading.Timer(0.05, other.rollback).start()
    with transaction.atomic():
        lanes.lock_wait([8, 7])
        assert other.execute(TAKE, [7]).fetchone() == (False,)
