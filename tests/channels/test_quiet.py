"""Quiet hours: what is planned inside goes out at its clock time on a later day, or not at all (domain 3.5)."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.quiet import DAYS, Quiet, always, quiet, release

PARIS = ZoneInfo("Europe/Paris")
HOUR = timedelta(hours=1)
WORKDAYS, EVERY_DAY = DAYS[:5], DAYS


def windows(*given: tuple[list[str] | tuple[str, ...], str, str], then: str = "hold") -> Quiet:
    return quiet(
        [(days, time.fromisoformat(begins), time.fromisoformat(ends)) for days, begins, ends in given],
        then,  # type: ignore[arg-type]
    )


def instant(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=PARIS).astimezone(UTC)


def goes_out(hours: Quiet, planned: str) -> str | None:
    """The local time in Paris at which something planned for a local time goes out."""
    at = release(hours, instant(planned), PARIS)
    return at.astimezone(PARIS).strftime("%a %d %b %H:%M") if at else None


NIGHTLY = windows((EVERY_DAY, "21:00", "09:00"))
# Monday 23:00 to Tuesday 12:00, and Friday 21:00 to Monday 09:00, put together of ranges that touch.
MONDAY_NIGHT = windows((["mon"], "23:00", "12:00"))
WEEKEND = windows((["fri"], "21:00", "00:00"), (["sat", "sun"], "00:00", "00:00"), (["mon"], "00:00", "09:00"))


@pytest.mark.parametrize(
    ("hours", "planned", "sent"),
    [
        # The examples of the documentation.
        (MONDAY_NIGHT, "2026-03-03T11:00", "Wed 04 Mar 11:00"),
        (WEEKEND, "2026-03-07T10:00", "Tue 10 Mar 10:00"),
        (WEEKEND, "2026-03-08T10:00", "Tue 10 Mar 10:00"),
        (NIGHTLY, "2026-03-03T23:00", "Wed 04 Mar 09:00"),
        (NIGHTLY, "2026-03-04T08:59", "Wed 04 Mar 09:00"),
        # The start is inside, the end is outside.
        (MONDAY_NIGHT, "2026-03-02T22:59", "Mon 02 Mar 22:59"),
        (MONDAY_NIGHT, "2026-03-02T23:00", "Wed 04 Mar 23:00"),
        (MONDAY_NIGHT, "2026-03-03T12:00", "Tue 03 Mar 12:00"),
        # A range that ends at midnight ends on the next date.
        (windows((["mon"], "10:00", "00:00")), "2026-03-02T11:00", "Wed 04 Mar 11:00"),
        # A planned time that is quiet on several days waits for the first on which it is not.
        (windows((WORKDAYS, "08:00", "12:00")), "2026-03-03T09:00", "Sat 07 Mar 09:00"),
        # A range as long as a day is a day.
        (windows((["mon"], "08:00", "08:00")), "2026-03-03T07:59", "Wed 04 Mar 07:59"),
        # Sunday night runs into Monday.
        (windows((["sun"], "22:00", "06:00")), "2026-03-09T05:00", "Tue 10 Mar 05:00"),
        # On 29 March the clocks go from 02:00 to 03:00, so that 02:30 is 03:00 that day.
        (windows((["fri"], "02:00", "03:00")), "2026-03-27T02:30", "Sat 28 Mar 02:30"),
        (windows((["sat"], "02:00", "03:00")), "2026-03-28T02:30", "Sun 29 Mar 03:00"),
        (windows((EVERY_DAY, "00:00", "02:30")), "2026-03-29T00:30", "Sun 29 Mar 03:00"),
    ],
)
def test_a_message_goes_out_when_the_hours_let_it(hours: Quiet, planned: str, sent: str) -> None:
    assert goes_out(hours, planned) == sent


def test_what_is_not_held_is_dropped() -> None:
    hours = windows((EVERY_DAY, "21:00", "09:00"), then="drop")
    assert goes_out(hours, "2026-03-03T23:00") is None
    assert goes_out(hours, "2026-03-03T09:00") == "Tue 03 Mar 09:00"


def test_where_no_moment_is_left_nothing_can_wait_for_one() -> None:
    hours = windows((EVERY_DAY, "00:00", "12:00"), (EVERY_DAY, "12:00", "00:00"))
    assert always(hours)
    assert goes_out(hours, "2026-03-03T23:00") is None
    assert not always(WEEKEND)


def test_the_hour_that_comes_twice_is_quiet_twice() -> None:
    hours = windows((["sun"], "02:00", "02:30"))
    second = datetime(2026, 10, 25, 2, 10, tzinfo=PARIS, fold=1).astimezone(UTC)
    for at in (second - HOUR, second):
        assert release(hours, at, PARIS) == instant("2026-10-26T02:10")
    nightly = windows((EVERY_DAY, "02:00", "02:30"))
    assert release(nightly, second - HOUR, PARIS) == second - HOUR + timedelta(minutes=20)
    assert release(nightly, second, PARIS) == second + timedelta(minutes=20)


RANGES = st.lists(
    st.tuples(st.sets(st.sampled_from(DAYS), min_size=1).map(sorted), st.integers(0, 47), st.integers(0, 47)),
    max_size=4,
)


def clock(halves: int) -> time:
    return time(halves // 2, 30 * (halves % 2))


def named(ranges: list[tuple[list[str], int, int]], local: datetime) -> bool:
    """Whether one of the ranges holds a wall time, read off range by range."""
    for days, begins, ends in ranges:
        for back in (0, 1):
            day = local.date() - timedelta(days=back)
            start = datetime.combine(day, clock(begins))
            end = datetime.combine(day + timedelta(days=ends <= begins), clock(ends))
            if DAYS[day.weekday()] in days and start <= local.replace(tzinfo=None) < end:
                return True
    return False


@given(
    ranges=RANGES,
    at=st.integers(0, 2 * 365 * 24 * 12).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + n * timedelta(minutes=5)),
    zone=st.sampled_from(["Europe/Paris", "Australia/Lord_Howe", "Asia/Kolkata", "America/New_York"]).map(ZoneInfo),
)
def test_nothing_goes_out_inside_and_nothing_waits_longer_than_it_must(
    ranges: list[tuple[list[str], int, int]], at: datetime, zone: ZoneInfo
) -> None:
    hours = quiet((days, clock(begins), clock(ends)) for days, begins, ends in ranges)
    local = at.astimezone(zone)
    assert (hours.inside(local) is not None) == named(ranges, local)
    out = release(hours, at, zone)
    if not named(ranges, local):
        assert out == at
    elif out is None:
        assert always(hours)
    else:
        assert out > at
        assert not named(ranges, out.astimezone(zone))
        assert out - at <= timedelta(days=7 + 8)  # a range of up to a week, then eight dates
