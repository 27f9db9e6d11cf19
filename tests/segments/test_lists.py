"""Custom lists: a file becomes members, wholly or not at all."""

import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from config.lib import lanes, sql
from profiles import identities
from profiles.identities import Claim, Key
from segments import lists, services, tasks
from segments.errors import ListError
from segments.models import List
from tests.segments.cast import NOON, put_on_list

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


@pytest.fixture
def march():
    return services.create_list(name="march", now=NOON)


@pytest.fixture(autouse=True)
def _media(settings, tmp_path: Path):
    settings.MEDIA_ROOT = tmp_path


def members(target: List) -> set[int]:
    return {
        profile_id
        for lane, profile_id in sql.rows(
            "SELECT lane, profile_id FROM segments_member WHERE list_id = %(id)s::integer", {"id": target.pk}
        )
        if lane == lanes.of(profile_id)
    }


def csv(*lines: str) -> io.BytesIO:
    return io.BytesIO("\r\n".join(["Type,Identity", *lines]).encode())


def load(target: List, *lines: str, mode: str = "replace") -> lists.Outcome:
    return services.import_csv(list_id=target.pk, file=csv(*lines), mode=mode, now=NOON)


def test_identities_addresses_and_object_ids_lead_to_people(march, cast):
    assert load(march, "i,ADA@Example.com", "i,bob", "g,cleo-1") == (3, 0)
    assert members(march) == set(cast.values())
    march.refresh_from_db()
    assert (march.state, march.members, march.unknown, march.error, march.loaded_at) == ("ready", 3, 0, "", NOON)


def test_an_identity_is_not_an_object_id(march, cast):
    assert load(march, "g,ada", "i,cleo-1") == (0, 2)


def test_duplicates_collapse(march, cast):
    assert load(march, "i,ada", "i,ada", "i,ada@example.com", "i,+49 123 456-78", "i,nobody", "i,nobody") == (1, 1)


def test_nobody_is_made(march, cast):
    before = sql.rows("SELECT count(*) FROM profiles_profile")
    load(march, "i,nobody", "g,nobody")
    assert sql.rows("SELECT count(*) FROM profiles_profile") == before


def test_unknown_and_unreadable_rows_are_written_down_with_their_line(march, cast):
    assert load(march, "i,ada", "i,nobody", "x,ada", "i,null", "", "i,ada,1", '"i","no, body"') == (1, 5)
    march.refresh_from_db()
    with march.unknown_rows.open() as file:
        assert file.read().decode().splitlines() == [
            "Line,Type,Identity,Reason",
            "3,i,nobody,No profile has this identity.",
            "4,x,ada,The type must be i or g.",
            "5,i,null,“null” stands for no identity at all.",
            '7,"","i,ada,1",The row has 3 columns; it needs 2.',
            '8,i,"no, body",No profile has this identity.',
        ]


def test_replacing_appending_and_removing(march, cast):
    load(march, "i,ada", "i,bob")
    assert load(march, "i,bob", "g,cleo-1") == (2, 0)
    assert members(march) == {cast["bob"], cast["cleo"]}
    assert load(march, "i,ada", "i,bob", mode="append") == (3, 0)
    assert load(march, "i,ada", "i,nobody", mode="remove") == (2, 1)
    assert members(march) == {cast["bob"], cast["cleo"]}


def test_another_list_stays_as_it_is(march, cast):
    april = services.create_list(name="april", now=NOON)
    put_on_list(april.pk, [cast["ada"], cast["bob"]])
    load(march, "i,ada")
    load(march, "i,ada", mode="remove")
    assert members(april) == {cast["ada"], cast["bob"]}


@pytest.mark.parametrize(
    ("file", "code", "message"),
    [
        (b"", "list_header", "Line 1 is “”; the header must be Type,Identity."),
        (b"Identity,Type\ni,ada\n", "list_header", "Line 1 is “Identity,Type”; the header must be Type,Identity."),
        (b"i,ada\ni,bob\n", "list_header", "Line 1 is “i,ada”; the header must be Type,Identity."),
        (b"Type;Identity\ni;ada\n", "list_header", "Line 1 is “Type;Identity”; the header must be Type,Identity."),
        (b"Type,Identity\ni,ada\ni,Zo\xeb\n", "list_encoding", "Line 3 is not UTF-8; save the file in that encoding."),
        (
            "Type,Identity\ni,ada\n".encode("utf-16"),
            "list_encoding",
            "Line 1 is not UTF-8; save the file in that encoding.",
        ),
        (b'Type,Identity\ni,"ada\n', "list_csv", "Line 2 is not CSV: unexpected end of data."),
        (b"Type,Identity\ni," + b"a" * 9000, "list_csv", "Line 2 is longer than 8192 bytes."),
    ],
    ids=["empty", "swapped", "no header", "semicolons", "latin-1", "utf-16", "open quote", "endless line"],
)
def test_a_file_that_cannot_be_trusted_fails_and_keeps_the_last_good_members(march, cast, file, code, message):
    with pytest.raises(ListError, match=r"^Line") as failure:
        services.import_csv(list_id=march.pk, file=io.BytesIO(file), now=NOON)
    assert (failure.value.code, failure.value.message) == (code, message)
    march.refresh_from_db()
    assert (march.state, march.usable, march.error) == ("failed", False, message)

    load(march, "i,bob")
    with pytest.raises(ListError):
        services.import_csv(list_id=march.pk, file=io.BytesIO(file), now=NOON)
    march.refresh_from_db()
    assert (march.state, march.usable, march.error, march.members) == ("ready", True, message, 1)
    assert members(march) == {cast["bob"]}


def test_a_byte_order_mark_is_harmless(march, cast):
    assert services.import_csv(list_id=march.pk, file=io.BytesIO(b"\xef\xbb\xbfType,Identity\ni,ada"), now=NOON) == (
        1,
        0,
    )


def test_statements_do_not_grow_with_the_rows_of_a_chunk(march, cast):
    with sql.counting() as few:
        load(march, "i,ada")
    with sql.counting() as many:
        load(march, *(f"i,person-{number}" for number in range(5000)))
    assert int(many) == int(few)


def test_a_large_file_goes_through_in_chunks(march, cast, monkeypatch):
    monkeypatch.setattr(lists, "CHUNK", 100)
    assert load(march, "i,ada", *(f"i,person-{number}" for number in range(1000)), "i,bob") == (2, 1000)


def test_an_upload_is_read_by_the_task_and_then_thrown_away(march, cast, tmp_path, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        services.upload(list_id=march.pk, file=SimpleUploadedFile("m.csv", csv("i,ada").read()), now=NOON)
    march.refresh_from_db()
    assert (march.state, march.usable) == ("processing", False)
    with pytest.raises(ListError, match="still being read"):
        services.upload(list_id=march.pk, file=SimpleUploadedFile("m.csv", b""), now=NOON)

    with django_capture_on_commit_callbacks(execute=True):
        tasks.imports()
    march.refresh_from_db()
    assert (march.state, march.members, march.source.name) == ("ready", 1, "")
    assert [path.name for path in (tmp_path / "lists").iterdir()] == [Path(march.unknown_rows.name).name]


def test_an_upload_whose_reader_dies_is_read_again(march, cast, monkeypatch):
    load(march, "i,bob")
    services.upload(list_id=march.pk, file=SimpleUploadedFile("m.csv", csv("i,ada").read()), now=NOON)
    with monkeypatch.context() as patched:
        patched.setattr(lists, "count", lambda list_id: (_ for _ in ()).throw(KeyboardInterrupt))  # almost done
        with pytest.raises(KeyboardInterrupt):
            services.import_waiting(now=NOON)
    march.refresh_from_db()
    assert (march.state, members(march)) == ("processing", {cast["bob"]})
    assert services.import_waiting(now=NOON)
    march.refresh_from_db()
    assert (march.state, members(march)) == ("ready", {cast["ada"]})


def test_an_upload_whose_file_is_gone_fails_with_a_sentence(march):
    services.upload(list_id=march.pk, file=SimpleUploadedFile("m.csv", b"x"), now=NOON)
    march.refresh_from_db()
    march.source.storage.delete(march.source.name)
    assert services.import_waiting(now=NOON)
    march.refresh_from_db()
    assert (march.state, march.error) == ("failed", "The uploaded file cannot be read any more; upload it again.")
    assert not services.import_waiting(now=NOON)


def test_members_set_by_name(cast):
    assert services.set_members(name="pos-march", identities=["ada", "bob", "zoe"], now=NOON) == (2, 1)
    assert services.set_members(name="pos-march", identities=["ada"], mode="remove", now=NOON) == (1, 0)
    target = List.objects.get(name="pos-march")
    assert members(target) == {cast["bob"]}
    assert (target.state, target.members, target.usable) == ("ready", 1, True)


def test_a_name_is_given_once(march):
    with pytest.raises(ListError, match="There is a list named “march” already"):
        services.create_list(name="march ", now=NOON)
    assert List.objects.count() == 1


def test_a_deleted_list_leaves_nothing_behind(march, cast, tmp_path, django_capture_on_commit_callbacks):
    load(march, "i,ada", "i,nobody")
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_list(list_id=march.pk)
    assert sql.rows("SELECT * FROM segments_member") == []
    assert list((tmp_path / "lists").iterdir()) == []
