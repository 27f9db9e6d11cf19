"""Local times and dates where clocks change, by example and by walking the whole night."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.lib import sql, times
from segments import values
from segments.match import compile_test
from tests.segments.cast import Someone, matching, rule, store

BERLIN, APIA, LORD_HOWE = ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Apia"), ZoneInfo("Australia/Lord_Howe")


@pytest.mark.parametrize(
    ("wall", "zone", "instant"),
    [
        ("2026-03-02T12:00", BERLIN, "2026-03-02T11:00+00:00"),
        ("2026-03-29T02:00", BERLIN, "2026-03-29T01:00+00:00"),  # does not exist: the first instant after the gap
        ("2026-03-29T02:59:59.5", BERLIN, "2026-03-29T01:00+00:00"),
        ("2026-03-29T03:00", BERLIN, "2026-03-29T01:00+00:00"),
        ("2026-10-25T02:30", BERLIN, "2026-10-25T00:30+00:00"),  # occurs twice: the first
        ("2011-12-30T12:00", APIA, "2011-12-30T10:00+00:00"),  # a whole day that never was
        ("2026-10-04T02:10", LORD_HOWE, "2026-10-03T15:30+00:00"),  # half an hour
    ],
)
def test_when_a_clock_shows_a_time(wall, zone, instant):
    assert times.instant(datetime.fromisoformat(wall), zone) == datetime.fromisoformat(instant)


def test_a_day_begins_at_its_first_instant():
    assert times.day_start(date(2024, 9, 8), ZoneInfo("America/Santiago")) == datetime(2024, 9, 8, 4, tzinfo=UTC)


def test_a_day_in_a_rule_is_the_whole_local_day():
    day = values.span("2026-03-29", BERLIN)
    assert (day.instant_first, day.instant_last) == (
        datetime(2026, 3, 28, 23, tzinfo=UTC),
        datetime(2026, 3, 29, 22, tzinfo=UTC) - timedelta(microseconds=1),
    )


@pytest.mark.django_db
@pytest.mark.parametrize("op", ["=", ">", ">=", "<", "<="])
@pytest.mark.parametrize("wanted", ["2026-10-25", "2026-10-25T02:30", "2026-10-25T02:30+01:00", "2026-03-29T02:30"])
def test_both_evaluators_agree_all_through_the_nights_in_which_clocks_change(op, wanted):
    texts = [
        (datetime(2026, month, day) + timedelta(minutes=15 * quarter)).isoformat() + offset  # noqa: DTZ001 (local)
        for month, day in [(3, 29), (10, 25)]
        for quarter in range(-4, 24)
        for offset in ["", "Z", "+01:00", "+02:00"]
    ]
    seen = rule(profile={"property": "seen", "op": op, "value": wanted})
    store([Someone(number, properties={"seen": text}) for number, text in enumerate(texts, 1)], [])
    test = compile_test(seen.profile, BERLIN)
    assert matching(seen, tz=BERLIN) == {number for number, text in enumerate(texts, 1) if test(text)}


@pytest.mark.django_db
def test_every_text_that_fits_can_be_cast():
    """Only days that exist get through the expressions: PostgreSQL's cast never fails, and finds what ours does."""
    days = [
        f"{year}-{month:02}-{day:02}"
        for year in (1899, 1900, 2000, 2023, 2024, 2100, 2999, 3000)
        for month in range(14)
        for day in range(33)
    ]
    texts = [
        *days,
        *(
            f"2026-03-02{tail}"
            for tail in ["T23:59:59.999999", " 00:00", "T24:00", "T10", "T10:60", "T10:00+14:59", "T10:00z"]
        ),
    ]
    found = sql.rows(
        "SELECT t, CASE WHEN t ~ %(wall)s::text THEN t::timestamp END,"
        " CASE WHEN t ~ %(instant)s::text THEN t::timestamptz END"
        " FROM unnest(%(texts)s::text[]) AS t",
        {"wall": values.WALL, "instant": values.INSTANT, "texts": texts},
    )
    assert {text: wall or instant for text, wall, instant in found} == {text: values.read_date(text) for text in texts}
    assert sum(values.read_date(text) is not None for text in days) == 365 + 366 + 365 + 366 + 365 + 365
