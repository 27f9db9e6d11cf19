"""What the clock will do, and why then, in words (domain 8.2)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from journeys import schedule, services, upcoming
from journeys.models import Version
from tests.journeys.documents import journey, live, past
from tests.staff import signed_in

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 3, 3, 11, tzinfo=UTC)  # a Tuesday, noon in Paris

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_paris(settings):
    settings.ACCOUNT_TIMEZONE = "Europe/Paris"


def published(**entry):
    version = services.create_journey(document=journey(**entry), by=None, now=NOON)
    return services.publish(version_id=version.pk, by=None, now=NOON)


def words(version, *, now=NOON, most=3):
    version = Version.objects.get(pk=version.pk)
    return [upcoming.says(it, PARIS) for it in upcoming.next_runs(version, now=now, tz=PARIS, most=most)]


def test_a_weekly_run_closes_the_day_that_was_chosen():
    version = published(entry=past({"every": 1, "unit": "week", "weekdays": ["tue"], "start": "now"}))
    assert words(version)[0] == "Run: Tue 3 Mar 12:00, because its entry begins then."
    schedule.clock(NOON)
    assert words(version, most=2) == [
        "Run: Wed 4 Mar 00:00, because Tuesday 3 March is over then, every week on tue.",
        "Run: Wed 11 Mar 00:00, because Tuesday 10 March is over then, every week on tue.",
    ]


def test_with_the_switch_it_runs_as_the_day_begins():
    version = published(entry=past({"dates": ["2026-03-05"], "start": "now", "run_at": "day_start"}))
    schedule.clock(NOON)
    assert words(version) == ["Run: Thu 5 Mar 00:00, because Thursday 5 March begins then, one of its dates."]


def clock(version, *, now=NOON):
    """What the clock will do with it, in words."""
    version = Version.objects.get(pk=version.pk)
    return [upcoming.says(it, PARIS) for it in upcoming.planned(version, now=now, tz=PARIS)]


@pytest.mark.parametrize(
    ("timeline", "sentences"),
    [
        (
            {"once": "2026-03-04T10:00"},
            [
                "Next run: Wed 4 Mar 10:00, because its entry begins then.",
                "Starts: Wed 4 Mar 10:00, because that is when its entry begins.",
                "Entry ends: Wed 4 Mar 10:00, because that is its only run.",
            ],
        ),
        (
            {"dates": ["2026-03-05", "2026-03-09"], "start": "now"},
            [
                "Next run: Fri 6 Mar 00:00, because Thursday 5 March is over then, one of its dates.",
                "Entry ends: Tue 10 Mar 00:00, because its last run is then.",
            ],
        ),
        (
            {"dates": ["2026-03-05", "2026-03-09"], "start": "now", "end": "2026-03-08T00:00", "run_at": "day_start"},
            [
                "Next run: Thu 5 Mar 00:00, because Thursday 5 March begins then, one of its dates.",
                "Entry ends: Thu 5 Mar 00:00, because its last run is then.",
            ],
        ),
        (
            {"every": 1, "unit": "day", "start": "now"},
            ["Next run: Wed 4 Mar 00:00, because Tuesday 3 March is over then, every day."],
        ),
        (
            {"every": 3, "unit": "day", "start": "now", "end": "2026-03-11T18:00", "run_at": "day_start"},
            [
                "Next run: Fri 6 Mar 00:00, because Friday 6 March begins then, every 3 days.",
                "Entry ends: Wed 11 Mar 18:00, because its schedule ends then.",
            ],
        ),
        (
            {"every": 2, "unit": "week", "weekdays": ["mon", "fri"], "start": "now"},
            ["Next run: Sat 7 Mar 00:00, because Friday 6 March is over then, every 2 weeks on mon, fri."],
        ),
        (
            {"every": 1, "unit": "month", "day": 31, "start": "now"},
            [
                "Next run: Wed 1 Apr 00:00, because Tuesday 31 March is over then, every month on day 31, or the last"
                " of a shorter month."
            ],
        ),
        (
            {"every": 2, "unit": "month", "day": 15, "start": "now", "run_at": "day_start"},
            ["Next run: Sun 15 Mar 00:00, because Sunday 15 March begins then, every 2 months on day 15."],
        ),
    ],
    ids=[
        "once",
        "dates",
        "dates with an end",
        "daily",
        "daily with an end",
        "weekly",
        "monthly",
        "monthly, day begins",
    ],
)
def test_every_form_of_schedule_says_what_comes_next_and_why(timeline, sentences):
    version = published(entry=past(timeline))
    schedule.clock(NOON)
    assert clock(version) == sentences


def test_a_run_that_a_pause_will_swallow_says_so():
    version = published(entry=past({"every": 1, "unit": "day", "start": "now"}))
    schedule.clock(NOON)
    services.pause(version_id=version.pk, by=None, now=NOON)
    assert clock(version) == [
        "Next run: Wed 4 Mar 00:00, because Tuesday 3 March is over then, every day; but it is lost while the journey"
        " is paused."
    ]


def test_a_live_entry_has_no_runs_and_a_scheduled_one_a_start_and_an_end():
    version = published(entry=live({"start": "2026-03-04T09:00", "end": "2026-03-08T00:00"}))
    assert words(version) == []
    assert [(it.what, it.why) for it in upcoming.planned(version, now=NOON, tz=PARIS)] == [
        ("Starts", "that is when its entry begins"),
        ("Entry ends", "its schedule ends then"),
    ]
    services.stop(version_id=version.pk, by=None, now=NOON + timedelta(hours=1), wait=True)
    assert upcoming.soonest(now=NOON, tz=PARIS, most=5) == []


def test_the_page_of_a_journey_and_that_of_the_schedule_say_so():
    start = datetime.now(UTC) + timedelta(days=2)
    day = start.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")
    version = published(entry=past({"every": 2, "unit": "day", "start": day}))
    page = signed_in("mia").get(f"/admin/journeys/journey/{version.journey_id}/change/").content.decode()
    assert "because its entry begins then" in page
    every = IntervalSchedule.objects.create(every=5, period="seconds")
    PeriodicTask.objects.create(name="clock", task="journeys.clock", interval=every)
    page = signed_in("adam").get("/admin/django_celery_beat/periodictask/").content.decode()
    assert "“Abandoned cart”: Next run: " in page
    assert "because its entry begins then" in page
