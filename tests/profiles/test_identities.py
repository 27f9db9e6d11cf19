"""Identities: values find people, unknown ones become people, two at once make one."""

from datetime import UTC, datetime

import pytest

from config.lib import sql
from profiles import identities
from profiles.identities import Claim, Key

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_unknown_identities_become_profiles_once():
    first = identities.resolve(["ann", "bob"], create=True, now=NOON)
    again = identities.resolve(["bob", "ann", "cleo"], create=True, now=NOON)
    assert first == {name: again[name] for name in ("ann", "bob")}
    assert sql.rows("SELECT identity, id % 64 = lane FROM profiles_profile ORDER BY identity") == [
        ("ann", True),
        ("bob", True),
        ("cleo", True),
    ]


@pytest.mark.django_db
def test_without_create_unknown_identities_are_missing_and_stay_unknown():
    assert identities.resolve(["nobody"], create=False, now=NOON) == {}
    assert sql.rows("SELECT count(*) FROM profiles_profile") == [(0,)]


@pytest.mark.django_db
def test_an_address_finds_the_profile_that_had_it_first():
    people = identities.resolve(["ann", "bob"], create=True, now=NOON)
    assert identities.claim([Claim("ann@example.com", "email", people["ann"])]) == 1
    assert identities.claim([Claim("ann@example.com", "email", people["bob"])]) == 0
    found = identities.resolve(["Ann@Example.com"], create=True, now=NOON)
    assert found == {"Ann@Example.com": people["ann"]}


@pytest.mark.django_db
def test_an_object_id_is_no_identity():
    found = identities.find_or_create([Key("object", "x-1"), Key("identity", "x-1")], now=NOON)
    assert len(set(found.values())) == 2
    assert sql.rows("SELECT identity, object_id FROM profiles_profile ORDER BY identity") == [
        ("x-1", None),
        (None, "x-1"),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, 1000])
def test_any_number_of_identities_takes_two_statements(size):
    with sql.counting() as count:
        identities.resolve([f"id-{i}" for i in range(size)], create=True, now=NOON)
    assert int(count) == 2


@pytest.mark.parametrize("value", ["", " ", "null", "N/A", "0", "-1", "NaN", "Infinity", "x" * 1025, 7, None, "a\x00"])
def test_what_is_no_identity_is_said_in_a_sentence(value):
    assert identities.problem(value).endswith(".")


@pytest.mark.parametrize("value", ["ann", "x" * 1024, "00", "1", "ann@example.com"])
def test_what_is_an_identity(value):
    assert identities.problem(value) is None
