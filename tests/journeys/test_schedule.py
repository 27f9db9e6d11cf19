"""The clock's part in the lifecycle: starts, runs, completion, retirement; repeated, at once, and cut short."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from config.celery import app
from config.lib import lanes, sql
from journeys import schedule, services, tasks
from journeys.engine import account, runs
from journeys.models import Run, Version
from profiles import eventtypes
from profiles.identities import resolve
from tests.journeys.documents import journey, live, past

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)  # a Tuesday
MIDNIGHT = datetime(2026, 3, 4, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DAILY = {"every": 1, "unit": "day"}


@pytest.fixture
def published():
    """Make and publish a document at noon."""

    def make(**changes):
        version = services.create_journey(document=journey(**changes), by=None, now=NOON)
        return services.publish(version_id=version.pk, by=None, now=NOON)

    return make


def status(version):
    return Version.objects.get(pk=version.pk).status


def moves(version):
    return [(it.action, it.target, it.by, it.at) for it in version.transitions.all()]


def made(version):
    return list(version.runs.order_by("at").values_list("at", "skipped"))


def inside(version):
    query = "SELECT profile_id, entered_at FROM journeys_enrollment WHERE version_id = %(version)s ORDER BY profile_id"
    return sql.rows(query, {"version": version.pk})


def charged(*identities, at):
    """Make people who did Charged."""
    type_id = eventtypes.ids(["Charged"], now=at)["Charged"]
    people = resolve(identities, create=True, now=at)
    columns = ("lane", "id", "profile_id", "type_id", "at", "received_at", "source", "properties")
    rows = [(id % 64, n, id, type_id, at, at, "api", "{}") for n, id in enumerate(people.values(), start=1)]
    sql.copy("profiles_event", columns, rows)
    return people


# Starts and ends --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_scheduled_journey_goes_live_at_its_start_and_not_a_second_earlier(published):
    version = published(entry=live({"start": "2026-03-03T13:00"}))
    assert schedule.next_instant(NOON) == NOON + HOUR
    assert schedule.clock(NOON + HOUR - SECOND) == 0
    assert status(version) == "scheduled"
    assert schedule.clock(NOON + HOUR) == 1
    assert moves(version) == [("publish", "scheduled", None, NOON), ("start", "live", None, NOON + HOUR)]
    assert Version.objects.get(pk=version.pk).start_at == NOON + HOUR
    assert schedule.clock(NOON + HOUR) == 0  # twice starts nothing twice


@pytest.mark.django_db
def test_a_late_worker_keeps_the_start_that_was_planned(published):
    version = published(entry=live({"start": "2026-03-03T13:00"}))
    schedule.clock(NOON + DAY)
    fresh = Version.objects.get(pk=version.pk)
    assert (fresh.status, fresh.start_at) == ("live", NOON + HOUR)


@pytest.mark.django_db
@pytest.mark.parametrize("paused", [False, True])
def test_a_live_entry_is_completed_at_its_end_paused_or_not(published, paused):
    version = published(entry=live({"start": "now", "end": "2026-03-03T14:00"}))
    if paused:
        services.pause(version_id=version.pk, by=None, now=NOON)
    _enroll(version)
    assert schedule.next_instant(NOON) == NOON + 2 * HOUR
    schedule.clock(NOON + 2 * HOUR - SECOND)
    assert status(version) == ("paused" if paused else "live")
    schedule.clock(NOON + 2 * HOUR)
    assert moves(version)[-1] == ("complete", "completed", None, NOON + 2 * HOUR)


@pytest.mark.django_db
def test_a_journey_whose_start_and_end_were_both_missed_is_started_and_completed(published):
    version = published(entry=live({"start": "2026-03-03T13:00", "end": "2026-03-03T14:00"}))
    _enroll(version)
    schedule.clock(NOON + DAY)
    assert [target for _, target, _, _ in moves(version)] == ["scheduled", "live", "completed"]


@pytest.mark.django_db
def test_events_that_came_before_the_end_are_routed_before_the_journey_is_completed(published):
    version = published(entry=live({"start": "now", "end": "2026-03-03T14:00"}))
    _enroll(version)
    sql.run(
        "INSERT INTO profiles_inbox (lane, profile_id, type_id, at, received_at, source, properties)"
        " VALUES (1, 1, 1, %(at)s, %(at)s, 'api', '{}')",
        {"at": NOON + 2 * HOUR - SECOND},
    )
    assert schedule.clock(NOON + 2 * HOUR) == 0
    assert status(version) == "live"
    sql.run("DELETE FROM profiles_inbox")
    schedule.clock(NOON + 2 * HOUR + 5 * SECOND)
    assert status(version) == "completed"


@pytest.mark.django_db
def test_a_completed_journey_is_stopped_within_five_minutes_of_the_last_person_leaving(published):
    version = published(entry=live({"start": "now", "end": "2026-03-03T14:00"}))
    _enroll(version)
    schedule.clock(NOON + 2 * HOUR)
    assert schedule.next_instant(NOON + 2 * HOUR) is None
    assert schedule.clock(NOON + 3 * HOUR) == 0
    sql.run(
        "UPDATE journeys_enrollment SET phase = 'exited', exit_reason = 'completed', exited_at = %(at)s",
        {"at": NOON + 4 * HOUR},
    )
    later = schedule.next_instant(NOON + 4 * HOUR)
    assert later is not None
    assert later - (NOON + 4 * HOUR) <= 5 * MINUTE
    assert schedule.clock(later) == 1
    assert moves(version)[-1] == ("stop", "stopped", None, later)


@pytest.mark.django_db
def test_an_idle_clock_has_nothing_to_do(published):
    published()
    services.create_journey(document=journey(), by=None, now=NOON)
    assert schedule.next_instant(NOON) is None
    with sql.counting() as count:
        assert schedule.clock(NOON + 1000 * DAY) == 0
    assert int(count) == 1


@pytest.mark.django_db
def test_whoever_is_still_inside_a_stopped_version_is_led_out_by_the_sweep(published):
    version = published()
    _enroll(version)
    services.stop(version_id=version.pk, by=None, now=NOON)  # and the worker that should empty it was killed
    assert schedule.clock(NOON + 5 * SECOND) == 1
    assert sql.rows("SELECT exit_reason FROM journeys_enrollment") == [("version_exit",)]
    assert schedule.clock(NOON + 10 * SECOND) == 0


# Runs -------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_enter_once_lets_everyone_in_and_is_completed(published):
    people = charged("ann", "bob", at=NOON - DAY)
    resolve(["cleo"], create=True, now=NOON)
    version = published(entry=past({"once": "now"}))
    schedule.clock(NOON)
    assert inside(version) == [(id, NOON) for id in sorted(people.values())]
    assert made(version) == [(NOON, False)]
    assert status(version) == "completed"
    assert schedule.clock(NOON) == 0
    assert len(inside(version)) == 2


@pytest.mark.django_db
def test_the_worked_example_weekly_on_tuesday(published):
    weekly = {"every": 1, "unit": "week", "weekdays": ["tue"]}
    version = published(entry=past(weekly))
    instants, now = [], NOON
    for _ in range(4):
        schedule.clock(now)
        instants.append(now)
        now = schedule.next_instant(now)
    assert instants == [NOON, MIDNIGHT, MIDNIGHT + 7 * DAY, MIDNIGHT + 14 * DAY]
    assert made(version) == [(at, False) for at in instants]


@pytest.mark.django_db
def test_dates_are_completed_after_the_last_run_and_a_recurrence_at_its_end(published):
    dates = published(entry=past({"dates": ["2026-03-03"], "end": "2026-03-20T00:00"}))
    recurring = published(entry=past({"every": 2, "unit": "day", "end": "2026-03-04T18:00"}))
    _enroll(dates, recurring)
    schedule.clock(NOON)
    schedule.clock(MIDNIGHT)
    assert (status(dates), status(recurring)) == ("completed", "live")
    assert schedule.next_instant(MIDNIGHT) == MIDNIGHT + 18 * HOUR
    schedule.clock(MIDNIGHT + 18 * HOUR)
    assert status(recurring) == "completed"


@pytest.mark.django_db
def test_a_closing_run_after_the_end_is_made_before_the_journey_is_completed(published):
    version = published(entry=past(DAILY | {"end": "2026-03-03T18:00"}))
    _enroll(version)
    schedule.clock(NOON)
    schedule.clock(NOON + 6 * HOUR)
    assert status(version) == "live"
    schedule.clock(MIDNIGHT)
    assert made(version) == [(NOON, False), (MIDNIGHT, False)]
    assert status(version) == "completed"


@pytest.mark.django_db
def test_missed_runs_are_made_up_within_six_hours_and_skipped_beyond(published, caplog):
    version = published(entry=past(DAILY))
    schedule.clock(NOON)
    people = charged("ann", at=MIDNIGHT - HOUR)
    charged("bob", at=MIDNIGHT + DAY + HOUR)
    schedule.clock(MIDNIGHT + DAY + 6 * HOUR - HOUR / 60)  # a run is a day late, one not quite six hours
    assert made(version) == [(NOON, False), (MIDNIGHT, True), (MIDNIGHT + DAY, False)]
    assert inside(version) == [(people["ann"], MIDNIGHT + DAY)]  # at the run's own instant, on what was known then
    assert "The run of 2026-03-04 00:00 was missed by six hours or more and was skipped." in caplog.text
    version.journey.refresh_from_db()
    assert "was skipped" in version.journey.flagged


@pytest.mark.django_db
def test_a_run_during_a_pause_is_lost(published):
    charged("ann", at=NOON - DAY)
    version = published(entry=past({"once": "2026-03-03T13:00"}))
    services.pause(version_id=version.pk, by=None, now=NOON)
    schedule.clock(NOON + HOUR)
    assert made(version) == [(NOON + HOUR, True)]
    assert inside(version) == []
    assert moves(version)[2:] == [("complete", "completed", None, NOON + HOUR), ("stop", "stopped", None, NOON + HOUR)]


@pytest.mark.django_db
def test_a_run_killed_in_the_middle_is_finished_by_the_next_sweep(published, monkeypatch):
    people = charged(*(f"person {n}" for n in range(200)), at=NOON - DAY)
    version = published(entry=past({"once": "now"}))
    step, calls = runs._step, []

    def killed_after_one(run_id, **kwargs):
        if calls:
            raise SystemExit
        calls.append(run_id)
        return step(run_id, **kwargs)

    monkeypatch.setattr(runs, "FEW", 0)  # in steps of a few lanes
    monkeypatch.setattr(runs, "_step", killed_after_one)
    with pytest.raises(SystemExit):
        schedule.clock(NOON)
    assert status(version) == "live"
    assert 0 < len(inside(version)) < 200
    monkeypatch.setattr(runs, "_step", step)
    schedule.clock(NOON + HOUR)
    assert inside(version) == [(id, NOON) for id in sorted(people.values())]
    assert status(version) == "completed"


@pytest.mark.django_db
def test_a_run_waits_for_the_one_before_it_that_another_worker_is_at(published):
    people = charged("ann", "bob", at=NOON - DAY)
    version = published(entry=past(DAILY, re_entry=True), nodes=[{"id": 1, "kind": "force_exit"}])
    noon, midnight = (Run.objects.create(version=version, at=at) for at in (NOON, MIDNIGHT))
    assert runs.run(midnight.pk, account=account.current()) == 0
    assert inside(version) == []
    for run in (noon, midnight):
        assert runs.run(run.pk, account=account.current()) == 2
    assert sorted(inside(version)) == [(id, at) for id in sorted(people.values()) for at in (NOON, MIDNIGHT)]


@pytest.mark.django_db
def test_one_bad_version_does_not_keep_the_others_from_their_turn(published):
    bad = published(entry=past(DAILY))
    good = published(entry=live({"start": "now", "end": "2026-03-03T14:00"}))
    Version.objects.filter(pk=bad.pk).update(document={"nonsense": True})
    _enroll(good)
    with pytest.raises(ExceptionGroup, match="Part of the schedule could not be kept"):
        schedule.clock(NOON + 2 * HOUR)
    assert status(good) == "completed"
    assert status(bad) == "live"


# At once ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_start_and_run_once(published):
    charged("ann", "bob", at=NOON - DAY)
    versions = [published(entry=past({"once": "2026-03-03T13:00"})) for _ in range(5)]
    barrier, errors = threading.Barrier(4), []

    def sweep():
        try:
            barrier.wait()
            schedule.clock(NOON + HOUR)
        except Exception as error:  # noqa: BLE001 (told to the test)
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    schedule.clock(NOON + HOUR)
    assert errors == []
    for version in versions:
        assert [action for action, *_ in moves(version)] == ["publish", "start", "complete"]
        assert made(version) == [(NOON + HOUR, False)]
        assert len(inside(version)) == 2
    assert Run.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_lets_somebody_in_while_the_journey_is_completed_is_waited_for(published, monkeypatch):
    version = published(entry=live({"start": "now", "end": "2026-03-03T13:00"}))
    entering, completed, commit = threading.Event(), threading.Event(), threading.Event()

    def complete(version_id, now, act=schedule.ACTS["complete"]):
        try:
            return act(version_id, now)
        finally:
            completed.set()

    monkeypatch.setitem(schedule.ACTS, "complete", complete)

    def batch():
        """As the engine does: lock the lane, let somebody in, commit."""
        try:
            with transaction.atomic():
                lanes.lock_wait([1])
                _enroll(version)
                entering.set()
                commit.wait(10)
        finally:
            connection.close()

    def sweep():
        try:
            schedule.clock(NOON + HOUR)
        finally:
            connection.close()

    threads = [threading.Thread(target=batch), threading.Thread(target=sweep)]
    threads[0].start()
    entering.wait(10)
    threads[1].start()
    assert completed.wait(10)
    assert status(version) == "completed"
    commit.set()
    for thread in threads:
        thread.join()
    assert status(version) == "completed"
    schedule.clock(NOON + HOUR + SECOND)
    assert status(version) == "completed"


# Tasks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("task", "function"),
    [(tasks.clock, "journeys.schedule.clock"), (tasks.empty_version, "journeys.schedule.empty_stopped")],
)
def test_a_task_reads_the_clock_and_calls_one_function(task, function, monkeypatch):
    calls = []
    monkeypatch.setattr(function, lambda now: calls.append(now))
    task()
    assert [now.tzinfo for now in calls] == [UTC]


def test_every_task_that_beat_fires_exists(settings):
    app.loader.import_default_modules()
    names = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {tasks.pump.name, tasks.clock.name} <= names <= set(app.tasks)


def _enroll(*versions):
    """Put somebody inside, who stays."""
    columns = (
        "lane", "profile_id", "journey_id", "version_id", "phase", "node", "visit", "entered_at", "arrived_at",
        "heard_at", "heard_id", "entry_at", "entry_id",
    )  # fmt: skip
    rows = [(1, 1, it.journey_id, it.pk, "waiting", 1, 1, NOON, NOON, NOON, 0, NOON, 0) for it in versions]
    sql.copy("journeys_enrollment", columns, rows)
