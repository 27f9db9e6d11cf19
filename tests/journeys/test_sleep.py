"""When somebody who sleeps wakes up (domain 5.4)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys import sleep
from journeys.document import Sleep

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def wakes(left: str, **document: object) -> str:
    """The local time of waking for somebody who leaves at a local time in Paris."""
    at = datetime.fromisoformat(left).replace(tzinfo=PARIS).astimezone(UTC)
    return sleep.until(Sleep.model_validate(document), at, PARIS).astimezone(PARIS).strftime("%a %d %b %H:%M")


WORKDAY = {"weekdays": ["mon"], "from": "08:00", "to": "18:00"}
NIGHT = {"weekdays": ["tue"], "from": "22:00", "to": "02:00"}


@pytest.mark.parametrize(
    ("left", "document", "woken"),
    [
        ("2026-03-03T14:00", {"after": "PT20M"}, "Tue 03 Mar 14:20"),
        ("2026-03-03T14:00", {"days": 0, "clock": "20:00"}, "Tue 03 Mar 20:00"),
        ("2026-03-03T20:00", {"days": 0, "clock": "20:00"}, "Tue 03 Mar 20:00"),
        ("2026-03-03T20:01", {"days": 0, "clock": "20:00"}, "Wed 04 Mar 20:00"),
        ("2026-03-03T14:00", {"days": 1, "clock": "09:00"}, "Wed 04 Mar 09:00"),
        ("2026-03-03T14:00", {"days": 0, "clock": "20:00", "only": {"weekdays": ["sat", "sun"]}}, "Sat 07 Mar 20:00"),
        # A clock time outside its own range: the next moment after it that fits.
        (
            "2026-03-03T14:00",
            {"days": 1, "clock": "20:00", "only": {"from": "09:00", "to": "18:00"}},
            "Thu 05 Mar 09:00",
        ),
        (
            "2026-03-03T20:01",
            {"days": 0, "clock": "20:00", "only": {"weekdays": ["fri"], "from": "09:00", "to": "18:00"}},
            "Fri 06 Mar 09:00",
        ),
        ("2026-03-06T19:00", {"after": "PT0S", "only": WORKDAY}, "Mon 09 Mar 08:00"),
        ("2026-03-09T18:00", {"after": "PT0S", "only": WORKDAY}, "Mon 16 Mar 08:00"),
        ("2026-03-03T23:30", {"after": "PT0S", "only": {"from": "22:00", "to": "02:00"}}, "Tue 03 Mar 23:30"),
        ("2026-03-04T01:59", {"after": "PT0S", "only": NIGHT}, "Wed 04 Mar 01:59"),
        ("2026-03-04T02:00", {"after": "PT0S", "only": NIGHT}, "Tue 10 Mar 22:00"),
        # The clocks go forward on 29 March 2026 at 02:00 and back on 25 October: elapsed time is elapsed,
        # 02:30 is 03:00, and of two 02:30 the first counts.
        ("2026-03-28T14:00", {"after": "P1D"}, "Sun 29 Mar 15:00"),
        ("2026-03-28T14:00", {"days": 1, "clock": "02:30"}, "Sun 29 Mar 03:00"),
        ("2026-10-24T14:00", {"days": 1, "clock": "02:30"}, "Sun 25 Oct 02:30"),
        # A range that the clocks skip is empty on that day.
        ("2026-03-29T00:30", {"after": "PT0S", "only": {"from": "02:15", "to": "02:45"}}, "Mon 30 Mar 02:15"),
        (
            "2026-03-28T12:00",
            {"after": "PT0S", "only": {"weekdays": ["sun"], "from": "02:15", "to": "02:45"}},
            "Sun 05 Apr 02:15",
        ),
    ],
)
def test_people_wake_when_the_sleep_says(left: str, document: dict[str, object], woken: str) -> None:
    assert wakes(left, **document) == woken


@pytest.mark.parametrize(
    ("left", "document", "past"),
    [
        ("2026-03-03T20:00", {"days": 0, "clock": "20:00"}, False),
        ("2026-03-03T20:01", {"days": 0, "clock": "20:00"}, True),
        ("2026-03-03T20:01", {"days": 1, "clock": "20:00"}, False),
        ("2026-03-03T20:01", {"days": 0, "clock": "20:00", "only": {"weekdays": ["tue"]}}, True),
        ("2026-03-03T20:01", {"days": 0, "clock": "20:00", "only": {"weekdays": ["mon"]}}, False),
        ("2026-03-03T20:01", {"after": "PT0S"}, False),
    ],
)
def test_only_a_clock_time_of_today_can_be_past(left: str, document: dict[str, object], past: bool) -> None:
    at = datetime.fromisoformat(left).replace(tzinfo=PARIS).astimezone(UTC)
    assert sleep.late(Sleep.model_validate(document), at, PARIS) is past


@given(
    at=st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: NEW_YEAR + timedelta(minutes=minutes)),
    weekdays=st.sets(st.sampled_from(WEEKDAYS), min_size=1),
    begins=st.integers(0, 23),
    ends=st.integers(0, 23),
)
def test_waking_is_never_in_the_past_and_always_inside_the_chosen_hours(
    at: datetime, weekdays: set[str], begins: int, ends: int
) -> None:
    only = {"weekdays": sorted(weekdays), "from": f"{begins:02}:00", "to": f"{ends:02}:00"}
    woken = sleep.until(Sleep.model_validate({"after": "PT0S", "only": only}), at, PARIS)
    local = woken.astimezone(PARIS)
    assert timedelta() <= woken - at <= timedelta(days=8)
    opened = local if local.hour >= begins or begins < ends else local - timedelta(days=1)
    assert WEEKDAYS[opened.weekday()] in weekdays
    inside = begins <= local.hour < ends if begins < ends else local.hour >= begins or local.hour < ends
    assert inside or woken.second == 0  # a range that begins in the hour that clocks skip opens right after it
