"""The count history: every night as of midnight, after a change, and what cannot be counted says why."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from config.lib import sql
from segments import counting, counts, saved, selectors
from segments.models import List, Segment, SegmentCount
from tests.segments.cast import KOLKATA, Someone, rule, store

pytestmark = pytest.mark.django_db

MIDNIGHT = datetime(2026, 3, 2, 18, 30, tzinfo=UTC)  # of the 3rd in Kolkata
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
BOUGHT = {"did": {"event": "Charged"}}


def save(name: str = "Buyers", *, at: datetime = MIDNIGHT - HOUR, **body: Any) -> Segment:
    return saved.create_segment(name=name, kind="past", rule=rule(**(body or BOUGHT)), now=at)


def count_all(now: datetime) -> int:
    done = 0
    while counts.count_next(now=now, tz=KOLKATA):
        done += 1
    return done


def points(segment: Segment) -> list[tuple[datetime, int | None]]:
    return [(point.at, point.count) for point in selectors.history(segment.pk)]


def test_a_nights_count_is_as_of_midnight_however_late_it_is_made() -> None:
    segment = save()
    times = [MIDNIGHT - SECOND, MIDNIGHT + SECOND]
    store([Someone(100 + n, {}, {}, [("Charged", at, {})]) for n, at in enumerate(times)], ["Charged"])
    assert count_all(MIDNIGHT + 5 * HOUR) == 1
    assert points(segment) == [(MIDNIGHT, 1)]
    assert count_all(MIDNIGHT + 6 * HOUR) == 0
    assert count_all(MIDNIGHT + 24 * HOUR) == 1
    assert points(segment) == [(MIDNIGHT, 1), (MIDNIGHT + 24 * HOUR, 2)]


def test_a_new_or_changed_segment_is_counted_at_once() -> None:
    store([Someone(100, {}, {"plan": "gold"}, [("Charged", MIDNIGHT, {})]), Someone(101)], ["Charged"])
    segment = save(at=MIDNIGHT + HOUR)
    assert count_all(MIDNIGHT + HOUR + SECOND) == 1
    saved.change_segment(segment_id=segment.pk, rule=rule(not_=BOUGHT), now=MIDNIGHT + 2 * HOUR)
    assert count_all(MIDNIGHT + 2 * HOUR + SECOND) == 1
    saved.change_segment(segment_id=segment.pk, rule=rule(any=[BOUGHT, {"not": BOUGHT}]), now=MIDNIGHT + 3 * HOUR)
    assert count_all(MIDNIGHT + 3 * HOUR + SECOND) == 1
    assert [count for _at, count in points(segment)] == [1, 1, 2]
    assert count_all(MIDNIGHT + 4 * HOUR) == 0


def test_the_night_the_clocks_change_has_its_midnight_too() -> None:
    from zoneinfo import ZoneInfo

    berlin = ZoneInfo("Europe/Berlin")
    segment = save(at=datetime(2026, 3, 1, tzinfo=UTC))
    for now in (datetime(2026, 3, 29, 12, tzinfo=UTC), datetime(2026, 3, 30, 12, tzinfo=UTC)):
        assert counts.count_next(now=now, tz=berlin)
    assert [at for at, _count in points(segment)] == [
        datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC),
    ]  # fmt: skip


def test_what_cannot_be_counted_says_why_and_is_left_until_the_next_night(monkeypatch: pytest.MonkeyPatch) -> None:
    List.objects.create(name="staff", created_at=MIDNIGHT, updated_at=MIDNIGHT)
    broken, good = save("a", list="staff"), save("b")
    List.objects.all().delete()
    assert count_all(MIDNIGHT + HOUR) == 2
    (point,) = selectors.history(broken.pk)
    assert (point.count, point.problem) == (None, "There is no custom list named “staff”.")
    assert points(good) == [(MIDNIGHT, 0)]
    assert selectors.segment(broken.pk).count is None
    monkeypatch.setattr(counts, "PATIENCE", 0.0001)
    store([Someone(number, {}, {}, [("Charged", MIDNIGHT, {})]) for number in range(3000)], ["Charged"])
    assert count_all(MIDNIGHT + 25 * HOUR) == 2
    assert "was given up" in selectors.history(good.pk)[-1].problem
    assert selectors.segment(good.pk).count == 0, "the last that could be counted"


def test_a_segment_that_is_deleted_while_it_is_counted_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    segment, real = save(), counting.count

    def deleted_meanwhile(*arguments: Any, **more: Any) -> counting.Counted:
        saved.delete_segment(segment_id=segment.pk)
        return real(*arguments, **more)

    monkeypatch.setattr(counting, "count", deleted_meanwhile)
    assert counts.record(segment, at=MIDNIGHT, tz=KOLKATA) is None
    assert not SegmentCount.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_worker_counts_at_a_time() -> None:
    save()
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute(counts.LOCK)
        assert not counts.count_next(now=MIDNIGHT + HOUR, tz=KOLKATA)
    other.rollback()
    other.close()
    assert counts.count_next(now=MIDNIGHT + HOUR, tz=KOLKATA)


def test_the_latest_count_is_the_one_shown() -> None:
    segment = save()
    for hours, count in ((1, 5), (3, 7), (2, 6)):
        SegmentCount.objects.create(segment=segment, at=MIDNIGHT + hours * HOUR, count=count)
    shown = selectors.segment(segment.pk)
    assert (shown.count, shown.counted_at) == (7, MIDNIGHT + 3 * HOUR)


def test_the_list_of_segments_costs_one_statement() -> None:
    for name in "abcdef":
        save(name)
    with sql.counting() as seen:
        assert len([(one.count, one.created_by) for one in selectors.segments()]) == 6
    assert int(seen) == 1
