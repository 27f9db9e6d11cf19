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
    load(csv("i,ada"))
    with sql.counting() as few:
        load(csv("i,ada"), mode="append")
    with sql.counting() as many:
        load(csv(*(f"i,person-{number}" for number in range(5000))), mode="append")
    assert int(many) == int(few)


def test_a_large_file_goes_through_in_chunks(cast, monkeypatch):
    monkeypatch.setattr(lists, "CHUNK", 100)
    waiting = upload(csv("i,ada", *(f"i,person-{number}" for number in range(1000)), "i,bob"))
    seen = []
    importing.import_file(
        waiting,
        clock=lambda: NOON,
        progress=lambda it: seen.append((it.step, it.rows)),
    )
    assert seen == [("reading", 100 * n) for n in range(1, 11)] + [
        ("reading", 1002), ("finding", 1002), ("changing", 1002), ("", 1002),
    ]  # fmt: skip
    assert members() == {cast["ada"], cast["bob"]}


# What becomes of the list -------------------------------------------------------------------------------------------


def test_a_file_that_fails_keeps_the_last_good_members(cast):
    failed = load(b"Kind,Who\ni,ada\n")
    assert (failed.state, List.objects.get().state, List.objects.get().usable) == ("failed", "failed", False)
    load(csv("i,bob"))  # the name is free as long as no file was good
    for content in (b"Kind,Who\ni,ada\n", csv("i,ada").replace(b"ada", b"Zo\xeb"), csv('i,"ada'), csv("x,ada"), csv()):
        failed = load(content, mode="replace")
        march = List.objects.get()
        assert (failed.state, march.state, march.usable, march.members) == ("failed", "ready", True, 1)
        assert march.error == failed.error != ""
        assert members() == {cast["bob"]}
    load(csv("i,ada"), mode="replace")
    assert (List.objects.get().error, members()) == ("", {cast["ada"]})


def test_a_file_whose_reader_is_gone_is_read_again(cast, monkeypatch):
    load(csv("i,bob"))
    waiting = upload(csv("i,ada"), mode="replace")
    with monkeypatch.context() as patched:
        patched.setattr(lists, "count", lambda list_id: (_ for _ in ()).throw(KeyboardInterrupt))  # almost done
        with pytest.raises(KeyboardInterrupt):
            importing.import_next(clock=lambda: NOON)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts, members()) == ("processing", 1, {cast["bob"]})
    assert importing.import_next(clock=lambda: NOON)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts, members()) == ("ready", 2, {cast["ada"]})
    assert stages() == []


def test_a_file_that_kills_its_readers_fails_in_the_end(cast):
    load(csv("i,bob"))
    waiting = upload(csv("i,ada"), mode="replace")
    ListUpload.objects.filter(pk=waiting.pk).update(attempts=importing.MOST_ATTEMPTS)
    assert importing.import_next(clock=lambda: NOON)
    waiting.refresh_from_db()
    assert (waiting.state, List.objects.get().state, members()) == ("failed", "ready", {cast["bob"]})
    assert "cut short 3 times" in waiting.error


def test_a_file_that_is_gone_fails_with_a_sentence(cast):
    waiting = upload(csv("i,ada"))
    waiting.source_path.unlink()
    assert importing.import_next(clock=lambda: NOON)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error) == (
        "failed", "The uploaded file cannot be read any more; upload it again.",
    )  # fmt: skip
    assert not importing.import_next(clock=lambda: NOON)


@pytest.mark.parametrize("step", ["reading", "finding"])
def test_reading_can_be_cancelled_and_changes_nothing(cast, step, monkeypatch):
    monkeypatch.setattr(lists, "CHUNK", 1)
    load(csv("i,bob"))
    waiting = upload(csv("i,ada", "g,cleo-1"), mode="replace")

    def cancel(it: ListUpload) -> None:
        if it.step == step and ListUpload.objects.get(pk=it.pk).state == "processing":
            uploads.cancel(it.pk, now=NOON)

    importing.import_file(waiting, clock=lambda: NOON, progress=cancel)
    assert (waiting.state, waiting.source_path.exists(), waiting.errors_path.exists()) == ("cancelled", False, False)
    assert (members(), stages(), List.objects.get().state) == ({cast["bob"]}, [], "ready")
    with pytest.raises(ListError, match="nothing to cancel"):
        uploads.cancel(waiting.pk, now=NOON)


def test_nothing_is_left_lying_about(cast, files, django_capture_on_commit_callbacks):
    load(csv("i,ada"))
    loaded = load(csv("i,nobody", "i,bob"), mode="append")
    assert list(files.iterdir()) == [loaded.errors_path]
    assert stages() == []
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_list(list_id=loaded.list_id)
    assert sql.rows("SELECT * FROM segments_member") == []
    assert (list(files.iterdir()), ListUpload.objects.count()) == ([], 0)


def test_one_file_of_a_list_is_read_at_a_time(cast):
    upload(csv("i,ada"))
    with pytest.raises(ListError, match="Another file for “march” is being read"):
        upload(csv("i,bob"), mode="append")
    with pytest.raises(ListError, match="There is a list named “march” already"):
        upload(csv("i,bob"))
    with pytest.raises(ListError, match="cancel it first"):
        services.delete_list(list_id=List.objects.get().pk)


# Who uses it, and who hears of it -----------------------------------------------------------------------------------


class Journeys:
    """Stands for the journeys, one of which holds a list named march."""

    def uses(self, what, names):
        if what == "list" and "march" in names:
            yield "march", Use("journey", 7, "Win back", "live", True, "admin:journeys_journey_change")

    def rename(self, what, old, new):
        """Nothing asks for it without holding it."""


@pytest.fixture
def held(monkeypatch):
    """Makes a journey hold the list named march."""
    return lambda: monkeypatch.setitem(usage._keepers, "journeys", Journeys())


def test_a_list_that_a_journey_holds_is_not_replaced_but_people_join_and_leave(cast, held):
    load(csv("i,ada"))
    held()
    with pytest.raises(
        ListError, match="“march” is used by the journey “Win back” \\(live\\); stop them before you replace it"
    ):
        upload(csv("i,bob"), mode="replace")
    load(csv("i,bob"), mode="append")
    load(csv("i,ada"), mode="remove")
    assert members() == {cast["bob"]}


def test_a_journey_that_goes_live_meanwhile_is_seen(cast, held):
    load(csv("i,ada"))
    waiting = upload(csv("i,bob"), mode="replace")
    held()
    importing.import_file(waiting, clock=lambda: NOON)
    assert (waiting.state, members()) == ("failed", {cast["ada"]})
    assert "stop them before you replace it" in waiting.error


def test_whoever_uploaded_it_hears_how_it_went(cast):
    cora = person("cora")
    good = load(b"Type,Identity,Shop\ni,ada,x\ni,nobody,y\n", by=cora)
    load(csv("x,ada"), mode="replace", by=cora)
    told = [(it.user_id, it.subject, it.body, it.link) for it in Notice.objects.order_by("id")]
    link = f"/admin/segments/list/{good.list_id}/change/"
    assert told == [
        (
            cora.pk,
            "“march” is ready",
            "The file has 2 rows and leads to 1 person. On the list: 1 person (1 came, 0 went)."
            " Leading to nobody or unreadable: 1 row; the page has them. Columns left out: “Shop”.",
            link,
        ),
        (
            cora.pk,
            "The file for “march” failed",
            "No row can be read. Line 2: The type must be i (identity) or g (object ID)."
            " The list keeps the members of the last good file.",
            link,
        ),
    ]


# By name ------------------------------------------------------------------------------------------------------------


def test_members_set_by_name(cast):
    assert services.set_members(name="pos-march", identities=["ada", "bob", "zoe", "null"], now=NOON) == (2, 2)
    assert services.set_members(name="pos-march", identities=["ada"], mode="remove", now=NOON) == (1, 0)
    assert members("pos-march") == {cast["bob"]}
    target = List.objects.get(name="pos-march")
    assert (target.state, target.members, target.usable) == ("ready", 1, True)


def test_a_name_is_given_once():
    services.create_list(name="march", now=NOON)
    with pytest.raises(ListError, match="There is a list named “march” already"):
        services.create_list(name="march ", now=NOON)
    assert List.objects.count() == 1


# The sending of a file ----------------------------------------------------------------------------------------------


def test_the_task_reads_what_waits_and_ends_what_nobody_completed(cast, django_capture_on_commit_callbacks):
    upload(csv("i,ada"))
    begun = uploads.begin(name="april", mode="create", now=NOON)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.imports()  # by the real clock: a day after NOON is long past
    begun.refresh_from_db()
    assert (members(), begun.state, List.objects.get(name="april").state) == ({cast["ada"]}, "failed", "failed")
    assert begun.error == "The file was not uploaded within a day."


def test_what_became_of_a_file_is_kept_for_ninety_days(cast, files):
    loaded = load(csv("i,nobody"))
    uploads.expire(now=NOON + timedelta(days=90))
    assert ListUpload.objects.filter(pk=loaded.pk).exists()
    uploads.expire(now=NOON + timedelta(days=90, seconds=1))
    assert (ListUpload.objects.count(), list(files.iterdir()), List.objects.count()) == (0, [], 1)
