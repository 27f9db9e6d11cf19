"""Files of profiles: a row means what the same record over the API would, whoever wrote it, whoever is killed."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.lib import sql
from config.lib.csvfile import CsvError
from config.models import Notice
from profiles import tasks
from profiles.accept import accept
from profiles.files import importing, mapping, uploads
from profiles.files.mapping import Column, MappingError, Plan
from profiles.files.staging import Stage
from profiles.files.uploads import UploadError
from profiles.models import ProfileUpload
from tests.profiles.conftest import profile

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
State = ProfileUpload.State

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _place(settings, tmp_path):
    settings.UPLOADS_ROOT = tmp_path


def stored(content: str | bytes, plan: Plan | None = None, *, by: Any = None) -> ProfileUpload:
    """A file that is uploaded and mapped; by the guess if no plan is given."""
    data = content if isinstance(content, bytes) else content.encode()
    upload = uploads.store(io.BytesIO(data), name="people.csv", size=len(data), by=by, now=NOON)
    with upload.source_path.open("rb") as source:
        header = uploads.File(source).header
    uploads.choose(upload.pk, plan or mapping.guess(header, []), header=header)
    return upload


def imported(content: str | bytes, plan: Plan | None = None, *, by: Any = None) -> ProfileUpload:
    """The upload of a file that a worker has read."""
    upload = stored(content, plan, by=by)
    uploads.confirm(upload.pk, now=NOON)
    assert importing.import_next(clock=lambda: NOON)
    upload.refresh_from_db()
    return upload


def errors(upload: ProfileUpload) -> list[list[str]]:
    with upload.errors_path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def set_columns(*columns: Column) -> Plan:
    return Plan("identity", "identity", columns)


def counting(name: str = "visits") -> Plan:
    return set_columns(Column(name, name, "number", "$incr"))


def killed_after(rows: int) -> Callable[[ProfileUpload], None]:
    def progress(upload: ProfileUpload) -> None:
        if upload.applied == rows:
            raise KeyboardInterrupt

    return progress


def test_a_file_makes_and_changes_people(people):
    accept([profile("ann", plan="basic", visits=3)], now=NOON)
    plan = set_columns(
        Column("Name", "Name"), Column("Email", "Email"), Column("plan", "plan"), Column("visits", "visits", "number")
    )
    upload = imported("identity,Name,Email,plan,visits\nann,Ann,Ann@Example.com,gold,4\nbob,,,basic,1\n", plan)
    assert people() == {
        "ann": {"name": "Ann", "email": "ann@example.com", "plan": "gold", "visits": 4},
        "bob": {"plan": "basic", "visits": 1},
    }
    assert (upload.state, upload.rows, upload.created, upload.changed, upload.refused) == (State.COMPLETED, 2, 1, 1, 0)
    assert not upload.source_path.exists()
    assert Stage(upload.pk.hex).count() == 0


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfidentity,city\r\nann,Bonn\r\n",
        b"identity;city\nann;Bonn\n",
        b"identity\tcity\rann\tBonn",
        b"sep=;\nidentity;city\nann;Bonn\n",
        b'city,identity\n"Bonn",ann\n\n',
        b"identity,city,\nann,Bonn,\n",
    ],
    ids=["bom and crlf", "semicolons", "tabs and old Mac", "sep line", "quotes and an empty line", "a trailing comma"],
)
def test_files_are_taken_as_systems_write_them(content, people):
    assert imported(content).state == State.COMPLETED
    assert people() == {"ann": {"city": "Bonn"}}


def test_a_quoted_cell_may_hold_line_breaks(people):
    imported('identity,note\nann,"first\nsecond"\nbob,x\n')
    assert people() == {"ann": {"note": "first\nsecond"}, "bob": {"note": "x"}}


def test_types_are_read_as_the_mapping_says(people, settings):
    settings.ACCOUNT_TIMEZONE = "Europe/Berlin"
    plan = set_columns(
        Column("n", "n", "number"),
        Column("price", "price", "number_comma"),
        Column("vip", "vip", "boolean"),
        Column("since", "since", "date", format="%d.%m.%Y"),
        Column("tags", "tags", "list", separator="|"),
        Column("zip", "zip", "string"),
    )
    imported('identity,n,price,vip,since,tags,zip\nann,-2.5,"1.234,5",yes,02.03.2026,a | b|,00123\n', plan)
    assert people() == {
        "ann": {
            "n": -2.5,
            "price": 1234.5,
            "vip": True,
            "since": "2026-03-01T23:00:00Z",
            "tags": ["a", "b"],
            "zip": "00123",
        }
    }


def test_operators_work_as_over_the_api_and_an_empty_cell_says_nothing(people):
    accept([profile("ann", visits=3, points=10, tags=["a", "b"], old="x", kept=1)], now=NOON)
    plan = set_columns(
        Column("visits", "visits", "number", "$incr"),
        Column("points", "points", "number", "$decr"),
        Column("more", "tags", "list", "$add", separator=";"),
        Column("gone", "old", op="$delete"),
        Column("kept", "kept", "number"),
    )
    imported("identity,visits,points,more,gone,kept\nann,2,4,c;a,yes,\nann,1,,,,\n", plan)
    assert people() == {"ann": {"visits": 6, "points": 6, "tags": ["a", "b", "c"], "kept": 1}}


def test_a_refused_row_is_named_and_the_others_go_on(people):
    accept([profile("ann", visits="many")], now=NOON)
    plan = set_columns(
        Column("age", "Age"), Column("visits", "visits", "number", "$incr"), Column("seen", "seen", "date")
    )
    rows = ["ann,30,1,", "bob,200,,", "cleo,31,x,", "=cmd,32,,soon", "null,1,,", "short", 'broken,"1"2,,', "dan,33,,"]
    upload = imported("identity,age,visits,seen\n" + "\n".join(rows), plan)
    assert errors(upload) == [
        ["3", "bob", "520", "Age is a whole number from 1 to 150, not “200”."],
        ["4", "cleo", "512", "visits is “x”, which is no number."],
        ["5", "'=cmd", "512", "seen is “soon”, which is no date such as 2026-03-02."],
        ["6", "null", "523", "“null” stands for no identity at all."],
        ["7", "short", "512", "The row has 1 cells; the header has 4."],
        ["8", "", "512", importing.BROKEN],
        ["2", "ann", "512", "“visits” is not a number, so it cannot be increased or decreased."],
    ]
    assert people() == {"ann": {"visits": "many"}, "dan": {"Age": 33}}
    assert (upload.rows, upload.refused, upload.created) == (8, 7, 1)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"identity,n\n", "The file has a header and no rows."),
        (b'identity,n\nann,1\nbob,"2\ncleo,3\n', "Line 3 opens a quote that is never closed."),
        (b"identity,n\nann,1\nbob,\xe4\n", "Line 3 is not UTF-8"),
        (b"identity,n\nnull,1\nnone,2\n", "None of the 2 rows can be read. Line 2: “null” stands for no identity"),
    ],
    ids=["no rows", "an open quote", "another encoding", "only bad rows"],
)
def test_a_file_that_cannot_be_trusted_is_rejected_and_changes_nobody(content, sentence, people):
    header = io.BytesIO(b"identity,n\n")
    upload = uploads.store(header, name="people.csv", size=11, now=NOON)
    upload.source_path.write_bytes(content)  # the header alone is looked at before
    uploads.choose(upload.pk, set_columns(Column("n", "n")), header=["identity", "n"])
    uploads.confirm(upload.pk, now=NOON)
    importing.import_next(clock=lambda: NOON)
    upload.refresh_from_db()
    assert upload.state == State.REJECTED
    assert sentence in upload.error
    assert people() == {}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04...", b"\xff\xfei\0d\0", b"\x00\x01\x02\x03"])
def test_what_is_no_csv_is_refused_before_it_is_kept(content, tmp_path):
    with pytest.raises((CsvError, UploadError)):
        uploads.store(io.BytesIO(content), name="x.csv", size=len(content), now=NOON)
    assert list(tmp_path.iterdir()) == []
    assert ProfileUpload.objects.count() == 0


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (Plan("who", "identity", ()), "The file has the column “who” not at all."),
        (Plan("identity", "name", ()), "“identity” holds identities or object IDs, not “name”."),
        (set_columns(Column("n", "a"), Column("m", "a")), "Two columns change “a”"),
        (set_columns(Column("n", "Email"), Column("m", "email")), "Two columns change “Email”"),
        (set_columns(Column("n", "n", "string", "$incr")), "$incr works on number or number_comma"),
        (set_columns(Column("n", "n", "date", format="%Y")), "does not tell year, month and day"),
        (set_columns(Column("n", "a#b")), "has # in it"),
        (set_columns(Column("n", "Identity")), "who it is comes from one column alone"),
        (set_columns(Column("n", "Email", "list", op="$add")), "$add does not fit it"),
        (set_columns(Column("n", "n", "blob")), "there is no type “blob”"),
        (set_columns(Column("n", "n", op="$double")), "there is no operator “$double”"),
        (set_columns(Column("n", "n", "list", separator="")), "say what separates"),
    ],
)
def test_a_mapping_that_does_not_fit_is_said_in_a_sentence(plan, sentence):
    mapping.check(set_columns(Column("n", "Email", op="$delete")), ["identity", "n", "m"])
    with pytest.raises(MappingError) as raised:
        mapping.check(plan, ["identity", "n", "m"])
    assert sentence in raised.value.message


def test_the_first_guess_of_a_mapping_is_a_good_one():
    header = ["Customer ID", "E-Mail", "email", "zip", "amount", "betrag", "vip", "since", "tags", ""]
    rows = [["c1", "x", "a@b.de", "01234", "1.5", "1.234,50", "yes", "2026-01-02", "a|b", ""]]
    guessed = mapping.guess(header, rows)
    assert (guessed.who, guessed.kind) == ("Customer ID", "identity")
    assert {it.column: (it.property, it.type) for it in guessed.columns} == {
        "E-Mail": ("E-Mail", "string"),
        "email": ("Email", "string"),
        "zip": ("zip", "string"),
        "amount": ("amount", "number"),
        "betrag": ("betrag", "number_comma"),
        "vip": ("vip", "boolean"),
        "since": ("since", "date"),
        "tags": ("tags", "list"),
    }
    mapping.check(guessed, header)


def test_object_ids_find_and_make_anonymous_people(people):
    imported("objectId,city\ndevice-1,Bonn\n", Plan("objectId", "objectId", (Column("city", "city"),)))
    assert people() == {"device-1": {"city": "Bonn"}}
    assert sql.rows("SELECT identity, object_id FROM profiles_profile") == [(None, "device-1")]


def test_a_worker_that_is_killed_between_batches_loses_and_repeats_nothing(people, monkeypatch):
    monkeypatch.setattr(importing, "APPLIED_AT_ONCE", 3)
    upload = stored("identity,visits\n" + "".join(f"p{n % 5},1\n" for n in range(11)) + "p0,x\n", counting())
    uploads.confirm(upload.pk, now=NOON)
    upload.refresh_from_db()
    with pytest.raises(KeyboardInterrupt):
        importing.import_file(upload, clock=lambda: NOON, progress=killed_after(6))
    importing.import_next(clock=lambda: NOON)
    upload.refresh_from_db()
    assert (upload.state, upload.attempts, upload.applied, upload.rows) == (State.COMPLETED, 2, 11, 12)
    assert people() == {f"p{n}": {"visits": 3 if n == 0 else 2} for n in range(5)}
    assert [row[0] for row in errors(upload)] == ["13"]


def test_a_stage_that_a_crash_of_the_database_emptied_is_filled_again(people, monkeypatch):
    monkeypatch.setattr(importing, "APPLIED_AT_ONCE", 2)
    upload = stored("identity,visits\n" + "".join(f"p{n},1\n" for n in range(5)), counting())
    uploads.confirm(upload.pk, now=NOON)
    upload.refresh_from_db()
    with pytest.raises(KeyboardInterrupt):
        importing.import_file(upload, clock=lambda: NOON, progress=killed_after(2))
    Stage(upload.pk.hex).create()  # empty
    importing.import_next(clock=lambda: NOON)
    assert people() == {f"p{n}": {"visits": 1} for n in range(5)}


def test_a_file_that_kills_every_worker_is_given_up():
    upload = stored("identity,n\nann,1\n")
    uploads.confirm(upload.pk, now=NOON)
    ProfileUpload.objects.update(attempts=importing.MOST_ATTEMPTS)
    importing.import_next(clock=lambda: NOON)
    upload.refresh_from_db()
    assert (upload.state, "cut short 5 times" in upload.error) == (State.REJECTED, True)


def test_a_cancelled_file_stops_where_it_is(people, monkeypatch):
    monkeypatch.setattr(importing, "APPLIED_AT_ONCE", 2)
    upload = stored("identity,n\na,1\nb,1\nc,1\nd,1\ne,1\n")
    uploads.confirm(upload.pk, now=NOON)
    upload.refresh_from_db()

    def progress(it: ProfileUpload) -> None:
        if it.applied == 2:
            assert uploads.cancel(it.pk, now=NOON)

    importing.import_file(upload, clock=lambda: NOON, progress=progress)
    assert (upload.state, upload.error, upload.applied) == (State.REJECTED, "It was cancelled.", 2)
    assert set(people()) == {"a", "b"}
    assert not uploads.cancel(upload.pk, now=NOON)
    assert not importing.import_next(clock=lambda: NOON)


def test_who_uploaded_it_is_told_how_it_ended():
    ada = User.objects.create(username="ada")
    upload = imported("identity,n\nann,1\nnull,2\n", by=ada)
    notice = Notice.objects.get()
    assert (notice.user, notice.subject) == (ada, "“people.csv” is imported")
    assert str(upload.pk) in notice.link
    assert "2 rows: 1 people are new, 0 changed. 1 rows were refused" in notice.body


def test_a_file_that_nobody_maps_is_thrown_away_and_old_ones_are_forgotten(django_capture_on_commit_callbacks):
    upload = stored("identity,n\nann,1\n")
    with django_capture_on_commit_callbacks(execute=True):
        uploads.forget_old(now=NOON + uploads.MAPPED_WITHIN)
    upload.refresh_from_db()
    assert (upload.state, upload.source_path.exists()) == (State.REJECTED, False)
    with pytest.raises(UploadError):
        uploads.confirm(upload.pk, now=NOON)
    uploads.forget_old(now=NOON + uploads.MAPPED_WITHIN + uploads.KEPT)
    assert ProfileUpload.objects.count() == 0


def test_the_clock_of_the_task_is_now(monkeypatch):
    clocks = []
    monkeypatch.setattr(importing, "import_next", lambda *, clock: bool(clocks.append(clock)))
    tasks.files()
    assert clocks == [timezone.now]


# ---- the same over the API

WORDS = st.sampled_from(["gold", "True", "0", "-3", "1.5", "nan", "a,b", "x" * 513, " padded ", "$D_1772440200", "=1"])
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=8)
NAMES = {"plan": "string", "n": "number", "tags": "list", "Age": "string", "Email": "string"}
OPERATORS = {
    "string": ["$set", "$add", "$remove", "$delete"],
    "number": ["$set", "$incr", "$decr", "$delete"],
    "list": ["$set", "$add", "$remove"],
}
BEFORE = [profile("ann", n=5, tags=["a", "gold"], plan="basic"), profile("bob", n="text", Email="bob@example.com")]


@st.composite
def files(draw: st.DrawFn) -> tuple[Plan, list[list[str]]]:
    """A mapping and the rows of a file."""
    columns = []
    for name, kind in NAMES.items():
        operators = ["$set", "$delete"] if name in ("Age", "Email") else OPERATORS[kind]
        columns.append(Column(name, name, kind, draw(st.sampled_from(operators))))
    who = st.sampled_from(["ann", "bob", "null", "cleo@example.com", ""])
    row = st.tuples(who, *(st.one_of(WORDS, TEXTS) for _ in columns)).map(list)
    return set_columns(*columns), draw(st.lists(row, min_size=1, max_size=8))


def value_over_the_api(column: Column, text: str) -> Any:
    """What a partner would write for a cell; None: nothing. Raises ValueError where they could not."""
    text = text.strip()
    if not text:
        return None
    if column.op == "$delete":
        return {"$delete": 1}
    value: Any = text
    if column.type == "number":
        value = int(text) if text.lstrip("+-").isdecimal() else float(text)
        if value != value or abs(value) == float("inf"):
            raise ValueError(text)
    elif column.type == "list":
        value = [part.strip() for part in text.split(",") if part.strip()]
    return value if column.op == "$set" else {column.op: value}


def records_of(plan: Plan, rows: list[list[str]]) -> list[dict[str, Any]]:
    found = []
    for who, *cells in rows:
        try:
            given = {it.property: value_over_the_api(it, text) for it, text in zip(plan.columns, cells, strict=True)}
        except ValueError:
            continue
        found.append({"type": "profile", "identity": who.strip(), "profileData": given})
    return found


def forget() -> None:
    sql.run("TRUNCATE profiles_profile, profiles_identity, profiles_inbox")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files())
def test_a_row_means_what_the_same_record_over_the_api_means(people: Callable[[], Any], drawn: Any) -> None:
    plan, rows = drawn
    forget()
    accept(BEFORE, now=NOON)
    untouched = people()
    accept(records_of(plan, rows), now=NOON)
    over_the_api = people()
    forget()
    accept(BEFORE, now=NOON)
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([["identity", *NAMES], *rows])
    upload = imported(text.getvalue(), plan)
    assert people() == over_the_api
    if upload.state == State.REJECTED:  # no row could be read
        assert over_the_api == untouched
