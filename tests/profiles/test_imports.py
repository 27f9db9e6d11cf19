"""manage.py import_events: every row once, whatever happens, and a sentence for each that cannot be."""

import csv
import os
import signal
import subprocess
import sys
import zoneinfo
from datetime import UTC, datetime
from io import StringIO
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection

from config.lib import sql
from profiles import imports
from profiles.models import EventImport
from tests.profiles.conftest import NOON, event

PARIS = zoneinfo.ZoneInfo("Europe/Paris")


def refusals(errors):
    """The rows of a file of errors, without its header."""
    _header, *rows = csv.reader(errors.read_text(encoding="utf-8").splitlines())
    return [(int(line), sentence) for line, sentence in rows]


@pytest.fixture
def run_import(db, tmp_path):
    """Import some text; returns (what the command said, the rows of the file of errors without its header)."""

    def run_import(content, *options, name="events.csv"):
        path, errors = tmp_path / name, tmp_path / "errors.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        out = StringIO()
        arguments = [str(path), "--identity=who", "--at=when", "--event=Charged", f"--errors={errors}", *options]
        call_command("import_events", *arguments, stdout=out)
        return out.getvalue(), refusals(errors) if errors.exists() else []

    return run_import


def history(table="profiles_event"):
    return sql.rows(
        f"""SELECT person.identity, happened.at, happened.source, happened.properties
              FROM {table} AS happened
              JOIN profiles_profile AS person ON person.lane = happened.lane AND person.id = happened.profile_id
             ORDER BY happened.id"""  # noqa: S608
    )


def test_rows_become_history_with_typed_properties_and_nothing_moves(run_import, settings):
    settings.ACCOUNT_TIMEZONE = "Asia/Kolkata"
    content = (
        "who,when,amount,quantity,gift,note,paid,ignored\n"
        'ann,2021-03-01,11.50,2,yes,"a, ""b""\nc",2021-03-02T10:00,x\n'
        "bob,2021-03-01T12:00:00+00:00,,,,,,\n"
    )
    said, refused = run_import(
        content,
        *("--property=amount:number", "--property=quantity:integer", "--property=gift:boolean"),
        *("--property=note", "--property=paid:date"),
    )
    assert (said, refused) == ("events.csv: 2 events imported, 0 rows refused.\n", [])
    note = '{"gift": true, "note": "a, \\"b\\"\\nc", "paid": "2021-03-02T10:00:00Z", "amount": 11.5, "quantity": 2}'
    assert history() == [
        ("ann", datetime(2021, 2, 28, 18, 30, tzinfo=UTC), "import", note),
        ("bob", datetime(2021, 3, 1, 12, tzinfo=UTC), "import", "{}"),
    ]
    assert sql.rows("SELECT DISTINCT tableoid::regclass::text FROM profiles_event ORDER BY 1") == [
        ("profiles_event_2021_02",),
        ("profiles_event_2021_03",),
    ]
    assert sql.rows("SELECT count(*) FROM profiles_inbox") == [(0,)]


def test_with_live_rows_go_through_the_inbox(run_import):
    run_import("who,when\nann,2021-03-01\n", "--live")
    assert history() == []
    assert history("profiles_inbox") == [("ann", datetime(2021, 3, 1, tzinfo=UTC), "import", "{}")]


def test_people_without_an_address_get_one_and_are_found_by_it(run_import, upload, people):
    upload({"type": "profile", "identity": "bob", "profileData": {"Email": "bob@home.example"}})
    run_import("who,when\nAnn,2021-03-01\nbob,2021-03-01\nAnn,2021-03-02\n", "--email={who}@example.com")
    assert {who: columns["email"] for who, columns in people().items()} == {
        "bob": "bob@home.example",
        "Ann": "ann@example.com",
    }
    upload(event("ann@example.com"))
    assert [who for who, *_rest in history("profiles_inbox")] == ["Ann"]


def test_each_bad_row_is_told_with_its_line_and_the_good_ones_are_kept(run_import):
    content = (
        b"who,when,amount\n"
        b"ann,2021-03-01,1\n"  # 2
        b",2021-03-01,1\n"
        b"bob,yesterday,1\n"  # 4
        b"bob,2021-03-01,many\n"
        b'bob,2021-03-01,"1\n2"\n'  # 6 and 7
        b"bob,2021-03-01\n"
        b"\n"
        b"b\xffb,2021-03-01,1\n"  # 10
        b"bob,1969-12-31,1\n"
        b"bob,2999-01-01,1\n"  # 12
        b"bob,0001-01-01,1\n"
        b"bob,2021-03-01,nan\n"  # 14
        b"cleo,2021-03-01,2\n"
        b'bob,2021-03-01,"1'  # 16, never closed
    )
    said, refused = run_import(content, "--property=amount:number")
    assert said.startswith("events.csv: 3 events imported, 10 rows refused.\nWhy rows were refused is in ")
    assert [line for line, _sentence in refused] == [3, 4, 5, 7, 8, 10, 11, 12, 13, 14]
    assert all(sentence.endswith(".") for _line, sentence in refused)
    assert dict(refused)[5] == "amount is “many”, which is no number."
    assert [who for who, *_rest in history()] == ["ann", "cleo", "bob"]


def test_dates_may_have_a_format(run_import):
    run_import("who;when\n".replace(";", ",") + "ann,24.12.2021\n", "--date-format=%d.%m.%Y")
    assert [at for _who, at, *_rest in history()] == [datetime(2021, 12, 24, tzinfo=UTC)]


def test_a_finished_file_says_so_and_is_imported_again_on_demand(run_import):
    content = "who,when\nann,2021-03-01\n"
    run_import(content)
    said, _refused = run_import(content, name="copy.csv")
    assert (
        said == "copy.csv is imported already: 1 events imported, 0 rows refused. Use --again to import it once more.\n"
    )
    assert len(history()) == 1
    run_import(content, "--again")
    assert len(history()) == 2


def test_the_same_file_with_other_options_is_another_import(run_import):
    content = "who,when,amount\nann,2021-03-01,5\n"
    run_import(content)
    run_import(content, "--property=amount:number")
    assert [properties for *_rest, properties in history()] == ["{}", '{"amount": 5.0}']


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        ("", (), "The file is empty; its first line names the columns."),
        ("id,when\nann,2021-03-01\n", (), "The file has no column who; it has id, when."),
        ("who,when\n", ("--property=amount:number",), "The file has no column amount; it has who, when."),
        ("who,when\n", ("--email={name}@example.com",), "The file has no column name; it has who, when."),
        ("who,when\n", ("--property=who:colour",), "type is one of"),
        ("who,when\n", ("--event=Notification Sent",), "is a system event"),
        (b"\xff\xfe", (), "The file's first line is not UTF-8."),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_before_anything_is_stored(run_import, content, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        run_import(content, *options)
    assert sql.rows("SELECT count(*) FROM profiles_profile") == [(0,)]


def test_two_processes_do_not_import_the_same_file_twice(db, tmp_path):
    path = tmp_path / "events.csv"
    path.write_text("who,when\nann,2021-03-01\n")
    plan = imports.Plan(identity="who", at="when", event="Charged")
    first, second = (imports.start(path, plan, now=NOON) for _process in range(2))
    options = {"clock": lambda: NOON, "zone": UTC, "errors": tmp_path / "errors.csv"}
    imports.run(path, plan, first, **options)
    with pytest.raises(imports.ImportFailed, match="Another process"):
        imports.run(path, plan, second, **options)
    assert len(history()) == 1


def test_a_chunk_that_never_committed_leaves_nothing_behind(db, tmp_path, monkeypatch):
    path, errors = tmp_path / "events.csv", tmp_path / "errors.csv"
    path.write_text("who,when\nann,2021-03-01\nann,never\nbob,never\nbob,2021-03-02\ncleo,2021-03-03\n")
    plan = imports.Plan(identity="who", at="when", event="Charged")
    checkpoint = imports.start(path, plan, now=NOON)
    options = {"clock": lambda: NOON, "zone": UTC, "errors": errors}
    monkeypatch.setattr(imports, "CHUNK", 2)
    store, chunks = imports._store, []

    def die_at_the_second_chunk(rows, *args, **more):
        store(rows, *args, **more)
        chunks.append(rows)
        if len(chunks) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(imports, "_store", die_at_the_second_chunk)
    with pytest.raises(KeyboardInterrupt):
        imports.run(path, plan, checkpoint, **options)
    assert [line for line, _sentence in refusals(errors)] == [3, 4]
    again = imports.start(path, plan, now=NOON)
    assert (again.line, again.imported, again.refused) == (3, 1, 1)
    imports.run(path, plan, again, **options)
    assert [who for who, *_rest in history()] == ["ann", "bob", "cleo"]
    assert [line for line, _sentence in refusals(errors)] == [3, 4]
    assert (again.line, again.imported, again.refused) == (6, 3, 2)


@pytest.mark.parametrize(
    ("local", "instant"),
    [
        ("2026-03-29T01:59:59", "2026-03-29T00:59:59+00:00"),
        ("2026-03-29T02:00:00", "2026-03-29T01:00:00+00:00"),  # does not exist: the first instant after the gap
        ("2026-03-29T02:30:00", "2026-03-29T01:00:00+00:00"),
        ("2026-03-29T03:00:00", "2026-03-29T01:00:00+00:00"),
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00+00:00"),  # occurs twice: the first
        ("2026-10-25T03:00:00", "2026-10-25T02:00:00+00:00"),
    ],
)
def test_clock_times_around_the_change_of_the_clocks(local, instant):
    assert imports.local_instant(datetime.fromisoformat(local), PARIS) == datetime.fromisoformat(instant)


def test_the_real_file_is_imported_whole(db, shared_data, tmp_path):
    path = shared_data / "cdnow.csv"
    out = StringIO()
    call_command(
        "import_events",
        *(str(path), "--identity=customer_id", "--at=date", "--event=Charged", f"--errors={tmp_path / 'errors.csv'}"),
        *("--property=amount:number", "--property=quantity:integer", "--email={customer_id}@example.com"),
        stdout=out,
    )
    assert out.getvalue() == "cdnow.csv: 69,659 events imported, 0 rows refused.\n"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert sql.rows("SELECT count(*), count(DISTINCT profile_id) FROM profiles_event") == [
        (len(rows), len({row["customer_id"] for row in rows}))
    ]
    assert sql.rows("SELECT count(*), count(DISTINCT email) FROM profiles_profile") == [(23_544, 23_544)]
    ((amount, quantity),) = sql.rows(
        """SELECT round(sum((properties->>'amount')::numeric), 2), sum((properties->>'quantity')::bigint)
             FROM profiles_event"""
    )
    assert float(amount) == round(sum(float(row["amount"]) for row in rows), 2)
    assert quantity == sum(int(row["quantity"]) for row in rows)
    assert sql.rows("SELECT count(*) FROM profiles_event_default") == [(0,)]


@pytest.fixture
def told_of_each_batch(committed):
    """Every batch that is committed says so, to whoever listens."""
    sql.run(
        """CREATE FUNCTION import_went_on() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN NOTIFY import_went_on; RETURN NULL; END $$"""
    )
    sql.run(
        """CREATE TRIGGER import_went_on AFTER INSERT OR UPDATE ON profiles_eventimport
           FOR EACH STATEMENT EXECUTE FUNCTION import_went_on()"""
    )
    yield
    sql.run("DROP FUNCTION import_went_on CASCADE")


@pytest.mark.slow
@pytest.mark.usefixtures("told_of_each_batch")
def test_a_killed_import_goes_on_and_has_every_row_once(tmp_path):
    rows = 60_000
    path, errors = tmp_path / "events.csv", tmp_path / "errors.csv"
    with path.open("w") as file:
        file.write("who,when,n\n")
        for n in range(rows):
            file.write(f"id-{n % 5000},{'never' if n % 1000 == 999 else '2025-05-17'},{n}\n")
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}@{quote(database['HOST'], safe='')}:{database['PORT']}/{database['NAME']}"
    command = [
        *(sys.executable, "manage.py", "import_events", str(path), "--identity=who", "--at=when", "--event=Charged"),
        *("--property=n:integer", f"--errors={errors}"),
    ]

    def start():
        return subprocess.Popen(
            command,
            cwd=django_settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": url, "WAKE_ENABLED": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def done():
        return EventImport.objects.values_list("line", flat=True).first() or 0

    told = psycopg.connect(url, autocommit=True)
    told.execute("LISTEN import_went_on")
    for goal in (1, 20_000, 40_000):
        process = start()
        for _notice in told.notifies(timeout=60):
            if done() >= goal:
                break
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert goal <= done() < rows
    told.close()
    process = start()
    said, _nothing = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert "Going on behind line" in said
    assert "59,940 events imported, 60 rows refused" in said
    expected = [n for n in range(rows) if n % 1000 != 999]
    assert [n for (n,) in sql.rows("SELECT (properties->>'n')::int FROM profiles_event ORDER BY 1")] == expected
    assert [line for line, _sentence in refusals(errors)] == [n + 2 for n in range(rows) if n % 1000 == 999]
