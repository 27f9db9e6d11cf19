"""Workers killed in the middle of a past-behaviour run, while beat fires twice and the clock jumps: each run is made
once, whole, as of its own instant, and nobody enters it twice (domain 8.2).
"""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from config.lib import sql
from journeys import selectors, services
from journeys.models import Run, Version
from tests import killing
from tests.journeys import crowd, sweeper
from tests.journeys.documents import journey, link, past

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PEOPLE = 1_500
SEED = 20260304
STATEMENTS = 120  # at most, between two kills; a run of this many people takes some 400 in each worker's hands

# Whoever has bought enters at each run, is counted, and leaves.
DOCUMENT = journey(
    entry=past({"every": 1, "unit": "day", "start": "2026-03-02T12:00", "end": None}, re_entry=True),
    nodes=[
        {"id": 1, "kind": "profile_update", "config": {"updates": [{"property": "n", "op": "increment", "value": 1}]}},
        {"id": 2, "kind": "force_exit"},
    ],
    links=[link("entry", "yes", 1), link(1, "updated", 2)],
)


@pytest.fixture
def version(committed, settings):
    """A journey that begins at noon, published an hour before; everyone bought the day before."""
    settings.ACCOUNT_TIMEZONE = "UTC"
    crowd.happen(crowd.people(PEOPLE), "Charged", at=NOON - DAY)
    made = services.create_journey(document=DOCUMENT, by=None, now=NOON - HOUR)
    return services.publish(version_id=made.pk, by=None, now=NOON - HOUR)


def entered():
    """How many entered at each run, how many of them more than once, and in how many of the 64 lanes."""
    return sql.rows(
        """SELECT at, count(*), count(*) - count(DISTINCT profile_id), count(DISTINCT lane)
             FROM journeys_step WHERE what = 'entered' GROUP BY at ORDER BY at"""
    )


def kill_in_the_middle(at: datetime, chance: random.Random) -> Run | None:
    """Two workers at once, as when beat fires twice: both are killed, at different moments. The run that they left
    unfinished; None if they came to its end.
    """
    database = str(connection.settings_dict["NAME"])
    workers = [sweeper.start(database, at) for _ in range(2)]
    for worker in workers:
        worker.after(chance.randrange(1, STATEMENTS))
        worker.kill()
    return Run.objects.filter(finished_at=None).first()


def finish(at: datetime) -> None:
    """Two workers at once that live until every run is made."""
    database = str(connection.settings_dict["NAME"])
    workers = [sweeper.start(database, at) for _ in range(2)]
    try:
        while True:
            told = killing.listen(workers)
            assert all(told.values()), "a worker gave up"
            if any(killing.IDLE in words for words in told.values()):
                return
    finally:
        for each in workers:
            each.kill()


def assert_whole(version: Version, *instants: datetime) -> None:
    """These runs were made, each with everyone in it, once; nothing else happened to anybody."""
    assert [(at, people, twice) for at, people, twice, _ in entered()] == [(at, PEOPLE, 0) for at in instants]
    runs = Run.objects.filter(version=version).order_by("at")
    assert [(run.at, run.skipped, len(run.lanes_done)) for run in runs if not run.skipped] == [
        (at, False, 64) for at in instants
    ]
    counted = sql.rows("SELECT properties->>'n', count(*) FROM profiles_profile GROUP BY 1")
    assert counted == [(str(len(instants)), PEOPLE)]
    assert selectors.version_numbers(version.pk).exited == {"force_exit": PEOPLE * len(instants)}
    assert selectors.conservation(version.pk) == []


@pytest.mark.slow
def test_a_run_whose_workers_are_killed_is_made_once_and_whole(version):
    chance = random.Random(SEED)
    cut_short = 0
    for _ in range(8):
        run = kill_in_the_middle(NOON, chance)
        # What is committed is whole lanes: everyone of those that are done, nobody of the others, nobody twice.
        for _at, _people, twice, lanes in entered():
            assert twice == 0
            assert run is None or lanes == len(run.lanes_done)
        cut_short += run is not None and 0 < len(run.lanes_done) < 64
    assert cut_short >= 2, "no worker was killed in the middle of the run; let them work longer"
    finish(NOON)
    assert_whole(version, NOON)


@pytest.mark.slow
def test_a_clock_that_jumps_while_workers_are_killed_makes_no_run_twice_and_leaves_none_out(version):
    chance = random.Random(SEED)
    for at in (NOON, MIDNIGHT + HOUR, NOON - DAY, NOON + HOUR, MIDNIGHT + DAY + HOUR, MIDNIGHT, MIDNIGHT + DAY):
        kill_in_the_middle(at, chance)
    finish(MIDNIGHT + DAY)
    finish(NOON)  # put back once more: nothing is left to be done
    runs = dict(Run.objects.values_list("at", "skipped"))
    assert sorted(runs) == [NOON, MIDNIGHT, MIDNIGHT + DAY]
    # The one between is a day late, and so skipped by rule, if both workers were killed before they had noted it.
    assert not runs[NOON]
    assert not runs[MIDNIGHT + DAY]
    assert_whole(version, *sorted(at for at, skipped in runs.items() if not skipped))
