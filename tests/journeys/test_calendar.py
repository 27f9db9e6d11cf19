"""Local times, midnights, hourly ticks and the runs of a schedule (domain 8)."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys import calendar
from journeys.document import Dates, Once, Recurring

KOLKATA = ZoneInfo("Asia/Kolkata")
PARIS = ZoneInfo("Europe/Paris")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # shifts by half an hour
SANTIAGO = ZoneInfo("America/Santiago")  # its clocks change at midnight
ZONES = [UTC_ZONE := ZoneInfo("UTC"), KOLKATA, PARIS, LORD_HOWE, SANTIAGO, ZoneInfo("Asia/Kathmandu")]
MINUTE = timedelta(minutes=1)
INSTANTS = st.integers(1_577_836_800, 2_051_222_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def at(text, zone=UTC_ZONE):
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def local(instants, zone):
    return [f"{instant.astimezone(zone):%a %Y-%m-%d %H:%M}" for instant in instants]


# Ticks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("closes", "moves"),
    [
        pytest.param("2026-03-02T15:30", "2026-03-02T16:00", id="user A: arrived 14:30, window one hour"),
        pytest.param("2026-03-02T16:30", "2026-03-02T17:00", id="user B: arrived 15:30, stays at 16:00"),
        pytest.param("2026-03-02T16:00", "2026-03-02T16:00", id="closed on the tick"),
        pytest.param("2026-03-02T16:00:00.000001", "2026-03-02T17:00", id="closed just after the tick"),
    ],
)
@pytest.mark.parametrize("zone", [UTC_ZONE, KOLKATA, PARIS])
def test_a_window_ends_at_the_first_full_hour_of_the_account(closes, moves, zone):
    assert calendar.tick(at(closes, zone), zone, 0) == at(moves, zone)


def test_the_offset_moves_the_ticks_within_the_hour():
    assert calendar.tick(at("2026-03-02T15:30"), UTC_ZONE, 45) == at("2026-03-02T15:45")
    assert calendar.tick(at("2026-03-02T15:46"), UTC_ZONE, 45) == at("2026-03-02T16:45")


def test_ticks_follow_the_account_clock_and_not_utc():
    assert calendar.tick(at("2026-03-02T10:01"), KOLKATA, 0) == at("2026-03-02T10:30")  # 16:00 in Kolkata


@pytest.mark.parametrize("begin", ["2026-04-04T12:00", "2026-10-03T12:00"])  # back, and forward, from 02:00
@pytest.mark.parametrize(("offset", "odd"), [(0, 90), (30, 30)])
def test_a_half_hour_shift_makes_one_interval_of_thirty_or_ninety_minutes(begin, offset, odd):
    ticks = [calendar.tick(at(begin), LORD_HOWE, offset)]
    while len(ticks) < 8:
        ticks.append(calendar.tick(ticks[-1] + MINUTE, LORD_HOWE, offset))
    minutes = [int((later - earlier).total_seconds() // 60) for earlier, later in pairwise(ticks)]
    assert sorted(minutes) == sorted([60] * 6 + [odd])


@given(
    instant=INSTANTS,
    zone=st.sampled_from(ZONES),
    offset=st.integers(0, 59),
)
def test_a_tick_is_the_first_minute_of_its_number_at_or_after_the_instant(instant, zone, offset):
    tick = calendar.tick(instant, zone, offset)
    assert tick >= instant
    assert (tick.astimezone(zone).minute, tick.second, tick.microsecond) == (offset, 0, 0)
    assert tick - instant < timedelta(minutes=90)
    assert calendar.tick(tick, zone, offset) == tick
    before = tick - MINUTE
    while before >= instant:  # none between
        assert before.astimezone(zone).minute != offset
        before -= MINUTE


# Local times ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wall", "zone", "expected"),
    [
        pytest.param("2026-03-02T10:00", KOLKATA, "2026-03-02T04:30", id="half-hour zone"),
        pytest.param("2026-03-29T02:30", PARIS, "2026-03-29T01:00", id="in the gap: the first instant after it"),
        pytest.param("2026-03-29T03:00", PARIS, "2026-03-29T01:00", id="the first instant after the gap itself"),
        pytest.param("2026-10-25T02:30", PARIS, "2026-10-25T00:30", id="twice: the first"),
        pytest.param("2026-10-04T02:15", LORD_HOWE, "2026-10-03T15:30", id="in a gap of half an hour"),
        pytest.param("2026-04-05T01:45", LORD_HOWE, "2026-04-04T14:45", id="twice, by half an hour: the first"),
    ],
)
def test_a_local_time_is_one_instant(wall, zone, expected):
    assert calendar.instant(datetime.fromisoformat(wall), zone) == at(expected)


def test_a_time_with_an_offset_is_taken_as_it_is():
    assert calendar.instant(datetime.fromisoformat("2026-03-02T10:00:00+01:00"), KOLKATA) == at("2026-03-02T09:00")


def test_midnight_is_the_first_instant_of_the_date_even_where_clocks_change_then():
    day = date(2026, 9, 6)  # Santiago goes from 00:00 to 01:00
    assert local([calendar.midnight(day, SANTIAGO)], SANTIAGO) == ["Sun 2026-09-06 01:00"]
    assert calendar.is_midnight(calendar.midnight(day, SANTIAGO), SANTIAGO)


@given(
    instant=INSTANTS,
    zone=st.sampled_from(ZONES),
)
def test_the_next_midnight_begins_the_next_date(instant, zone):
    midnight = calendar.next_midnight(instant, zone)
    assert midnight > instant
    assert calendar.local_date(midnight, zone) == calendar.local_date(instant, zone) + timedelta(days=1)
    assert calendar.local_date(midnight - timedelta(microseconds=1), zone) == calendar.local_date(instant, zone)
    assert calendar.is_midnight(midnight, zone)


# Runs -------------------------------------------------------------------------------------------------------------


def runs(timeline, start, zone=UTC_ZONE, count=10):
    return local(islice(calendar.runs(timeline, start=at(start, zone), tz=zone), count), zone)


@pytest.mark.parametrize("zone", [UTC_ZONE, KOLKATA, PARIS])
def test_weekly_on_tuesday_published_on_tuesday_runs_then_at_midnight_and_every_week(zone):
    weekly = Recurring(every=1, unit="week", weekdays=["tue"])
    assert runs(weekly, "2026-03-03T17:00", zone, 4) == [
        "Tue 2026-03-03 17:00", "Wed 2026-03-04 00:00", "Wed 2026-03-11 00:00", "Wed 2026-03-18 00:00",
    ]  # fmt: skip


def test_once_is_one_run():
    assert runs(Once(once="now"), "2026-03-03T17:00") == ["Tue 2026-03-03 17:00"]


def test_dates_run_at_the_midnight_that_closes_them_duplicates_merged():
    dates = Dates(dates=[date(2026, 3, 10), date(2026, 3, 5), date(2026, 3, 10)])
    assert runs(dates, "2026-03-03T17:00") == ["Tue 2026-03-03 17:00", "Fri 2026-03-06 00:00", "Wed 2026-03-11 00:00"]


def test_day_start_runs_at_the_midnight_that_opens_the_date():
    dates = Dates(dates=[date(2026, 3, 3), date(2026, 3, 5)], run_at="day_start")
    assert runs(dates, "2026-03-03T17:00") == ["Tue 2026-03-03 17:00", "Thu 2026-03-05 00:00"]


def test_every_third_day_counts_from_the_start():
    assert runs(Recurring(every=3, unit="day"), "2026-03-03T17:00", count=4) == [
        "Tue 2026-03-03 17:00", "Wed 2026-03-04 00:00", "Sat 2026-03-07 00:00", "Tue 2026-03-10 00:00",
    ]  # fmt: skip


def test_every_other_week_on_two_weekdays():
    recurring = Recurring(every=2, unit="week", weekdays=["fri", "mon"])
    assert runs(recurring, "2026-03-04T09:00", count=5) == [
        "Wed 2026-03-04 09:00", "Sat 2026-03-07 00:00", "Tue 2026-03-17 00:00", "Sat 2026-03-21 00:00",
        "Tue 2026-03-31 00:00",
    ]  # fmt: skip


def test_day_31_falls_back_to_the_last_of_the_month():
    monthly = Recurring(every=1, unit="month", day=31)
    assert runs(monthly, "2026-01-31T08:00", count=5) == [
        "Sat 2026-01-31 08:00", "Sun 2026-02-01 00:00", "Sun 2026-03-01 00:00", "Wed 2026-04-01 00:00",
        "Fri 2026-05-01 00:00",
    ]  # fmt: skip
    assert runs(monthly, "2028-02-10T08:00", count=2)[1] == "Wed 2028-03-01 00:00"  # the 29th, in a leap year


def test_a_quarterly_recurrence_crosses_the_year():
    quarterly = Recurring(every=3, unit="month", day=15)
    assert runs(quarterly, "2026-11-20T08:00", count=3) == [
        "Fri 2026-11-20 08:00", "Tue 2027-02-16 00:00", "Sun 2027-05-16 00:00",
    ]  # fmt: skip


def test_the_closing_run_of_the_last_date_on_or_before_the_end_is_made():
    weekly = Recurring(every=1, unit="week", weekdays=["tue"], end="2026-03-10T12:00")
    assert runs(weekly, "2026-03-03T17:00") == ["Tue 2026-03-03 17:00", "Wed 2026-03-04 00:00", "Wed 2026-03-11 00:00"]


def test_runs_keep_to_local_midnight_across_a_change_of_clocks():
    daily = calendar.runs(Recurring(every=1, unit="day"), start=at("2026-03-28T09:00", PARIS), tz=PARIS)
    first = list(islice(daily, 4))
    assert local(first[1:], PARIS) == ["Sun 2026-03-29 00:00", "Mon 2026-03-30 00:00", "Tue 2026-03-31 00:00"]
    assert [later - earlier for earlier, later in pairwise(first[1:])] == [timedelta(hours=23), timedelta(days=1)]
