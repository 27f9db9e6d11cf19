"""Who is marked as test: fifty at most, nobody twice, and nobody who is gone."""

from datetime import UTC, datetime, timedelta

import pytest

from config.lib import sql
from profiles import departures, models, testers
from tests.channels.conftest import World
from tests.staff import person

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.django_db


def names(people: list[models.Profile]) -> list[str | None]:
    return [it.identity for it in people]


def test_a_person_is_marked_once_and_the_mark_is_taken_away_again() -> None:
    ada = World().person("ada")
    cora = person("cora")
    assert testers.mark(ada, by=cora, now=NOON)
    assert not testers.mark(ada, by=None, now=NOON + MINUTE)
    assert list(models.Tester.objects.values_list("profile_id", "by", "at")) == [(ada, cora.pk, NOON)]
    assert testers.is_marked(ada)
    assert testers.unmark(ada)
    assert not testers.unmark(ada)
    assert not testers.is_marked(ada)


def test_the_latest_mark_comes_first_and_whoever_is_gone_is_left_out() -> None:
    world = World()
    for minute, name in enumerate(["ada", "bob", "cleo"]):
        testers.mark(world.person(name), by=None, now=NOON + minute * MINUTE)
    testers.mark(10**9, by=None, now=NOON)
    assert names(testers.everyone()) == ["cleo", "bob", "ada"]


def test_of_some_people_those_who_are_marked_are_found_in_their_order() -> None:
    world = World()
    ada, bob, cleo = (world.person(name) for name in ("ada", "bob", "cleo"))
    testers.mark(ada, by=None, now=NOON)
    testers.mark(cleo, by=None, now=NOON)
    assert names(testers.marked([cleo, bob, ada, cleo])) == ["cleo", "ada"]
    assert testers.marks([ada, bob]) == {ada}


def test_fifty_are_the_most() -> None:
    ada = World().person("ada")
    models.Tester.objects.bulk_create(models.Tester(profile_id=10**9 + n, at=NOON) for n in range(testers.MOST))
    with pytest.raises(testers.TooMany, match="50 people are marked as test, which is the most"):
        testers.mark(ada, by=None, now=NOON)
    assert not testers.is_marked(ada)
    assert not testers.mark(10**9, by=None, now=NOON)  # who is marked already stays so
    testers.unmark(10**9)
    assert testers.mark(ada, by=None, now=NOON)


def test_whoever_is_deleted_is_marked_no_more() -> None:
    world = World()
    ada, bob = world.person("ada"), world.person("bob")
    testers.mark(ada, by=None, now=NOON)
    testers.mark(bob, by=None, now=NOON)
    departures.erase([ada])
    assert sql.rows("SELECT profile_id FROM profiles_tester") == [(bob,)]


def test_a_mark_goes_along_when_two_become_one() -> None:
    world = World()
    ada, bob, cleo, dan, eve = (world.person(name) for name in ("ada", "bob", "cleo", "dan", "eve"))
    testers.mark(ada, by=None, now=NOON)
    testers.mark(cleo, by=None, now=NOON)
    testers.mark(dan, by=None, now=NOON + MINUTE)
    departures.move({ada: bob, cleo: dan, eve: dan}, now=NOON)
    assert sql.rows("SELECT profile_id, at FROM profiles_tester ORDER BY profile_id") == [
        (bob, NOON), (dan, NOON + MINUTE),
    ]  # fmt: skip
