"""Custom lists: a file becomes members, wholly or not at all."""

from datetime import timedelta
from pathlib import Path

import pytest

from config.lib import lanes, sql
from config.models import Notice
from profiles import identities
from profiles.identities import Claim, Key
from segments import importing, lists, services, tasks, uploads, usage
from segments.errors import ListError
from segments.models import List, ListUpload
from segments.reading import Columns
from segments.usage import Use
from tests.segments.cast import NOON, put_on_list
from tests.segments.uploading import csv, errors, load, upload
from tests.staff import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    """Ada and Bob by identity, Cleo by her device; Ada has an e-mail address and a phone too. Name → profile id."""
    found = identities.find_or_create(
        [Key("identity", "ada"), Key("identity", "bob"), Key("object", "cleo-1")], now=NOON
    )
    people = {
        "ada": found[Key("identity", "ada")],
        "bob": found[Key("identity", "bob")],
        "cleo": found[Key("object", "cleo-1")],
    }
    identities.claim([Claim("ada@example.com", "email", people["ada"]), Claim("+4912345678", "phone", people["ada"])])
    return people


@pytest.fixture(autouse=True)
def files(settings, tmp_path: Path) -> Path:
    settings.UPLOADS_ROOT = tmp_path
    return tmp_path


def members(name: str = "march") -> set[int]:
    return {
        profile_id
        for lane, profile_id in sql.rows(
            "SELECT lane, profile_id FROM segments_member WHERE list_id = %(id)s::integer",
            {"id": List.objects.get(name=name).pk},
        )
        if lane == lanes.of(profile_id)
    }


def stages() -> list[str]:
    return [name for (name,) in sql.rows("SELECT relname::text FROM pg_class WHERE relname LIKE 'stage_%%'", {})]


# What a file does ---------------------------------------------------------------------------------------------------


def test_identities_addresses_and_object_ids_lead_to_people(cast):
    loaded = load(csv("i,ADA@Example.com", "i,bob", "g,cleo-1"))
    assert (loaded.state, loaded.rows, loaded.people, loaded.unknown, loaded.added) == ("ready", 3, 3, 0, 3)
    assert members() == set(cast.values())
    march = List.objects.get()
    assert (march.state, march.members, march.unknown, march.error, march.loaded_at) == ("ready", 3, 0, "", NOON)


def test_an_identity_is_not_an_object_id(cast):
    loaded = load(csv("g,ada", "i,cleo-1"))
    assert (loaded.state, loaded.people, loaded.unknown) == ("ready", 0, 2)


def test_duplicates_collapse(cast):
    loaded = load(csv("i,ada", "i,ada", "i,ada@example.com", "i,+49 123 456-78", "i,nobody", "i,nobody"))
    assert (loaded.rows, loaded.people, loaded.unknown) == (6, 1, 1)
    assert errors(loaded) == ["6,i,nobody,No profile has this identity."]


@pytest.mark.parametrize(
    ("columns", "content"),
    [
        (Columns("Mail", "email"), b"Name;Mail\r\nAda;ADA@example.com\r\nBob;bob@example.com\r\n"),
        (Columns("mobile", "phone"), b"mobile\tshop\n+49 (123) 456-78\tBerlin\n+49 999 999 999\tBonn\n"),
        (Columns("no", "identity"), b"no,\nada,\nzoe,\n"),
        (Columns("device", "object"), b"device\ncleo-1\nada\n"),
    ],
    ids=["email", "phone", "identity", "object"],
)
def test_any_column_can_hold_the_identities(cast, columns, content):
    loaded = load(content, columns=columns)
    assert (loaded.people, loaded.unknown) == (1, 1)
    assert members() == {cast["cleo" if columns.type == "object" else "ada"]}


def test_an_address_that_is_the_projects_own_identity_is_found_as_such():
    [(_key, eve)] = identities.find_or_create([Key("identity", "eve@example.com")], now=NOON).items()
    load(b"mail\neve@example.com\n", columns=Columns("mail", "email"))
    assert members() == {eve}


def test_columns_that_nobody_asked_for_are_left_out_and_named(cast):
    loaded = load(b"Shop,Type,Identity,Points\nBerlin,i,ada,20\n")
    assert (loaded.state, loaded.people, loaded.remark) == ("ready", 1, "Columns left out: “Shop”, “Points”.")


def test_nobody_is_made(cast):
    before = sql.rows("SELECT count(*) FROM profiles_profile")
    load(csv("i,nobody", "g,nobody"))
    assert sql.rows("SELECT count(*) FROM profiles_profile") == before


def test_rows_that_lead_to_nobody_or_cannot_be_read_are_written_down_with_their_line(cast):
    loaded = load(csv("i,ada", "i,nobody", "x,ada", "i,null", "", "i,ada,1", '"i","no, body"', "i", 'i,"a"da'))
    assert (loaded.people, loaded.unknown) == (1, 7)
    assert errors(loaded) == [
        "3,i,nobody,No profile has this identity.",
        "4,x,ada,The type must be i (identity) or g (object ID).",
        "5,i,null,“null” stands for no identity at all.",
        '7,"","i,ada,1",The row has 3 cells; the header has 2.',
        '8,i,"no, body",No profile has this identity.',
        '9,"",i,The row has 1 cell; the header has 2.',
        '10,"","",Text follows the closing quote of a cell; double the quotes that belong to it.',
    ]


def test_replacing_appending_and_removing(cast):
    load(csv("i,ada", "i,bob"))
    loaded = load(csv("i,bob", "g,cleo-1"), mode="replace")
    assert (loaded.added, loaded.removed) == (1, 1)
    assert members() == {cast["bob"], cast["cleo"]}
    assert load(csv("i,ada", "i,bob"), mode="append").added == 1
    assert members() == set(cast.values())
    assert load(csv("i,ada", "i,nobody"), mode="remove").removed == 1
    assert members() == {cast["bob"], cast["cleo"]}


def test_another_list_stays_as_it_is(cast):
    april = services.create_list(name="april", now=NOON)
    put_on_list(april.pk, [cast["ada"], cast["bob"]])
    load(csv("i,ada"))
    load(csv("i,ada"), mode="remove")
    assert members("april") == {cast["ada"], cast["bob"]}


def test_statements_do_not_grow_with_the_rows_of_a_chunk(cast):
    with sql.counting() as few:
        load(csv("i,ada"))
    with sql.counting() as many:
        load(csv(*(f"i,person-{number}" for number in range(5000))), mode="replace")
    assert int(many) == int(few) + 1 - 1 + _statements_of_making_a_list()


def _statements_of_making_a_list() -> int:
    return 0


def test_a_large_file_goes_through_in_chunks(cast, monkeypatch):
    monkeypatch.setattr(lists, "CHUNK", 100)
    waiting = upload(csv("i,ada", *(f"i,person-{number}" for number in range(1000)), "i,bob"))
    seen = []
    importing.import_file(
        waiting, clock=lambda: NOON, progress=lambda it: seen.append((it.step, it.rows)),
    )
    assert seen == [("reading", 100 * n) for n in range(1, 11)] + [
        ("reading", 1002), ("finding", 1002), ("changing", 1002), ("", 1002),
    ]  # fmt: skip
    assert members() == {cast["ada"], cast["bob"]}
