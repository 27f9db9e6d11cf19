"""Monthly partitions: made ahead, and a gap never loses an event."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from config.lib import sql
from profiles import accept, partitions, tasks
from tests.profiles.conftest import NOON, event

SINCE = datetime(2031, 1, 31, 23, 30, tzinfo=UTC)


def put(at):
    sql.run(
        """INSERT INTO profiles_event (lane, id, profile_id, type_id, at, received_at, source, properties)
           SELECT 1, nextval('profiles_event_id_seq'), 1, 1, at, at, 'api', '{}'
             FROM (SELECT %(at)s::timestamptz AS at) AS given""",
        {"at": at},
    )


def where():
    return sql.rows("SELECT tableoid::regclass::text, at FROM profiles_event ORDER BY at")


@pytest.mark.django_db
def test_this_month_and_the_next_three_are_made_in_every_table():
    made = partitions.ensure(now=SINCE)
    assert [name for name in made if name.startswith("profiles")] == [
        "profiles_event_2031_01",
        "profiles_event_2031_02",
        "profiles_event_2031_03",
        "profiles_event_2031_04",
    ]
    assert {name.rsplit("_", 2)[0] for name in made} == {"profiles_event", "channels_message", "journeys_step"}
    assert partitions.ensure(now=SINCE) == []


@pytest.mark.django_db
def test_rows_of_a_gap_wait_in_the_default_partition_and_move_when_their_month_is_made():
    gap = [SINCE - timedelta(days=40), SINCE - timedelta(days=3), SINCE, SINCE + timedelta(hours=1)]
    for at in gap:
        put(at)
    assert where() == [("profiles_event_default", at) for at in gap]
    partitions.ensure(now=SINCE)
    assert where() == [
        ("profiles_event_2030_12", gap[0]),
        ("profiles_event_2031_01", gap[1]),
        ("profiles_event_2031_01", gap[2]),
        ("profiles_event_2031_02", gap[3]),
    ]


@pytest.mark.django_db
def test_rows_from_long_ago_stay_in_the_default_partition():
    put(datetime(1970, 1, 1, tzinfo=UTC))
    partitions.ensure(now=SINCE)
    assert where() == [("profiles_event_default", datetime(1970, 1, 1, tzinfo=UTC))]


@pytest.mark.django_db
def test_a_new_partition_has_the_indexes_of_its_table():
    partitions.make("profiles_event", datetime(2031, 1, 1, tzinfo=UTC))
    assert sql.rows("SELECT count(*) FROM pg_indexes WHERE tablename = 'profiles_event_2031_01'") == [(2,)]
    assert sql.rows("SELECT bool_and(indisvalid) FROM pg_index WHERE indrelid = 'profiles_event'::regclass") == [
        (True,)
    ]


@pytest.mark.django_db
def test_an_import_covers_the_months_from_its_first_to_its_last_event():
    made = partitions.cover("profiles_event", datetime(2020, 11, 30, tzinfo=UTC), datetime(2021, 2, 1, tzinfo=UTC))
    assert made == [f"profiles_event_{month}" for month in ("2020_11", "2020_12", "2021_01", "2021_02")]


@pytest.mark.django_db(transaction=True)
def test_a_table_that_stays_in_use_is_left_for_the_next_time(monkeypatch):
    monkeypatch.setattr(partitions, "LOCK_SECONDS", 0.2)
    reading, done = threading.Event(), threading.Event()

    def read():
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT count(*) FROM profiles_event")
            reading.set()
            done.wait(10)
            cursor.execute("ROLLBACK")
        connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        reading.wait(10)
        with pytest.raises(OperationalError):
            partitions.make("profiles_event", datetime(2031, 1, 1, tzinfo=UTC))
        made = partitions.ensure(now=SINCE)
        assert not [name for name in made if name.startswith("profiles")]
    finally:
        done.set()
        reader.join()
        for name in made:
            sql.run(f"DROP TABLE {name}")


@pytest.mark.django_db
def test_the_tasks_make_partitions_and_forget_delivery_keys():
    accept.accept([event(eventId="1"), event(eventId="2")], now=NOON)
    assert accept.forget_deliveries(now=NOON + timedelta(hours=23, minutes=59), batch=1) == 0
    tasks.partitions()
    tasks.expire()  # the tests' noon is long ago
    assert sql.rows("SELECT count(*) FROM profiles_eventkey") == [(0,)]


@pytest.mark.django_db(transaction=True)
def test_the_migrations_can_be_taken_back_and_made_again():
    call_command("migrate", "profiles", "zero", verbosity=0)
    assert sql.rows("SELECT count(*) FROM pg_class WHERE relname LIKE 'profiles%'") == [(0,)]
    call_command("migrate", verbosity=0)
    assert sql.rows("SELECT count(*) FROM profiles_eventtype WHERE system")[0][0] > 10
