"""Counts that somebody waits for: exact, cancelled by the next one, given up in time."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from config.lib import lanes, sql
from segments import compile, counting, reach
from segments.errors import SegmentError
from tests.segments.cast import KOLKATA, NOON, Someone, matching, rule, store
from tests.staff import person, signed_in

BOUGHT = {"did": {"event": "Charged"}}


def counted(asked: Any, **more: Any) -> counting.Counted:
    return counting.count(asked, now=NOON, tz=KOLKATA, **more)


@pytest.mark.django_db
@pytest.mark.parametrize("channel", counting.CHANNELS)
def test_a_channel_reaches_as_many_as_the_rule_that_asks_for_it_finds(channel: str) -> None:
    """The numbers beside a count are those of `reachable`, for every way in which somebody can be out of reach."""
    flags: list[dict[str, Any]] = [
        {},
        {f"MSG-{channel}": False},
        {f"MSG-{channel}": True},
        {"DND": True, f"MSG-{channel}": True},
    ]
    columns = [
        {},
        {"email": "a@example.com"},
        {"phone": "+4912345678"},
        {"email": "off@example.com", "phone": "+49666666"},
    ]
    people = [
        Someone(1000 + number, one, flag, [("Charged", NOON, {})] * (number % 3), [channel] * (number % 2))
        for number, (one, flag) in enumerate((one, flag) for one in columns for flag in flags)
    ]
    store(people, ["Charged"])
    sql.copy(
        "profiles_suppression",
        ("kind", "value", "reason", "at"),
        [("email", "off@example.com", "spam", NOON), ("phone", "+49666666", "unsubscribed", NOON)],
    )
    found = counted(rule(**BOUGHT))
    assert found.count == len(matching(rule(**BOUGHT))) > 0
    expected = matching(rule(all=[BOUGHT, {"reachable": channel}]))
    assert found.reachable[channel] == len(expected)
    assert expected or channel not in ("email", "push")


@pytest.mark.django_db
def test_a_sample_is_the_newest_of_those_who_match() -> None:
    store(
        [
            Someone(number, {"identity": f"p{number}"}, {}, [("Charged", NOON, {})] * (number % 2))
            for number in range(100, 180)
        ],
        ["Charged"],
    )
    found = counting.sample(rule(**BOUGHT), now=NOON, tz=KOLKATA)
    assert [one.id for one in found] == [*range(179, 139, -2)]
    assert found[0].identity == "p179"


@pytest.mark.django_db
def test_a_count_is_given_up_with_a_sentence() -> None:
    store([Someone(number, {}, {}, [("Charged", NOON, {})]) for number in range(2000)], ["Charged"])
    with pytest.raises(SegmentError, match=r"longer than 0 seconds and was given up\. Ask for a shorter time") as slow:
        counted(rule(**BOUGHT), seconds=0.001)
    assert slow.value.code == "too_slow"


@contextmanager
def held() -> Iterator[None]:
    """While it lasts, whoever reads profiles waits."""
    other = connection.copy()
    other.set_autocommit(False)
    with closing(other), other.cursor() as cursor:
        cursor.execute("LOCK TABLE profiles_profile IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


def in_a_thread(pool: ThreadPoolExecutor, name: str) -> "Future[counting.Counted]":
    def work() -> counting.Counted:
        try:
            return counted(rule(profile={"property": "plan", "op": "exists"}), name=name)
        finally:
            connection.close()

    return pool.submit(work)


def wait_until_running(name: str) -> None:
    """Until the database says that a count under the name waits for its lock."""
    wait = threading.Event()
    for _attempt in range(600):
        ((waits,),) = sql.rows(
            """SELECT count(*) FROM pg_stat_activity
                WHERE application_name = %(name)s AND state = 'active' AND wait_event_type = 'Lock'""",
            {"name": name},
        )
        if waits:
            return
        wait.wait(0.05)
    raise AssertionError("the count never began")


@pytest.mark.django_db(transaction=True)
def test_a_new_count_cancels_the_one_in_flight_and_is_answered_itself() -> None:
    name = counting.name_of(7, "page")
    with ThreadPoolExecutor(2) as pool:
        with held():
            first = in_a_thread(pool, name)
            wait_until_running(name)
            second = in_a_thread(pool, name)
            with pytest.raises(SegmentError, match="Another count took the place of this one") as cancelled:
                first.result(30)
            assert cancelled.value.code == "cancelled"
        assert second.result(30).count == 0


@pytest.mark.django_db(transaction=True)
def test_nobody_cancels_another_persons_count() -> None:
    person("mia"), person("cora")
    mia = counting.name_of(person("mia").pk, "page")
    with ThreadPoolExecutor(1) as pool:
        with held():
            count = in_a_thread(pool, mia)
            wait_until_running(mia)
            assert (
                signed_in("cora").post("/api/segments/cancel/", {"token": "page"}, "application/json").status_code
                == 204
            )
            wait_until_running(mia)
        assert count.result(30).count == 0
        with held():
            count = in_a_thread(pool, mia)
            wait_until_running(mia)
            signed_in("mia").post("/api/segments/cancel/", {"token": "page"}, "application/json")
            with pytest.raises(SegmentError):
                count.result(30)


@pytest.mark.django_db(transaction=True)
def test_what_a_count_sets_is_gone_with_it() -> None:
    before = sql.rows("SELECT current_setting('statement_timeout'), current_setting('application_name')")
    counted(rule(profile={"property": "plan", "op": "exists"}), name="sojourn count x")
    assert sql.rows("SELECT current_setting('statement_timeout'), current_setting('application_name')") == before


def test_names_of_counts_are_of_one_user_and_fit_the_database() -> None:
    assert counting.name_of(1, "1") != counting.name_of(11, "")
    assert counting.name_of(1, "a") != counting.name_of(2, "a")
    assert len(counting.name_of(1, "a" * 200)) < 64


@pytest.mark.django_db
def test_the_count_reads_behaviour_by_its_index() -> None:
    """The filters of the channels change nothing about how the events are found."""
    store([Someone(1, {}, {}, [("Charged", NOON, {})])], ["Charged"])
    query = compile.reached(rule(**BOUGHT), counting.CHANNELS, now=NOON, tz=KOLKATA)
    with transaction.atomic():
        sql.run("SET LOCAL enable_seqscan = off")
        found = sql.rows(sql.sql.SQL("EXPLAIN ") + query.statement, query.params | {"lanes": lanes.ALL})
    assert "profiles_event_lane_type" in str(found) or "lane_type_id_at" in str(found)
    assert "SubPlan" not in str(found)
    assert set(counting.CHANNELS) == {*reach.ADDRESSES, "push", "web_push"}
