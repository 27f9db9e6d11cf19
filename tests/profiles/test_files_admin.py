"""Files of profiles in the back office: uploaded, mapped, previewed, imported, watched; people exported; by whom."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from profiles.accept import accept
from profiles.files import admin, importing, uploads
from profiles.models import Profile, ProfileUpload
from tests.profiles.conftest import profile
from tests.staff import signed_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LIST = "/admin/profiles/profileupload/"
State = ProfileUpload.State

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _place(settings, tmp_path):
    settings.UPLOADS_ROOT = tmp_path


@pytest.fixture
def cora() -> Client:
    return signed_in("cora")


def page(upload: ProfileUpload, *more: str) -> str:
    return f"{LIST}{upload.pk}/{'/'.join(more) or 'change/'}"


def post_file(client: Client, content: str | bytes) -> Any:
    data = content if isinstance(content, bytes) else content.encode()
    return client.post(f"{LIST}add/", {"file": SimpleUploadedFile("people.csv", data)})


def mapped(client: Client, content: str, **columns: str) -> tuple[ProfileUpload, str]:
    """A file that is uploaded and mapped, and the page that says what it would do."""
    post_file(client, content)
    upload = ProfileUpload.objects.latest("created_at")
    reply = client.post(page(upload), {"who": "identity", "kind": "identity", **columns}, follow=True)
    return upload, reply.content.decode()


def column(place: int, name: str, kind: str = "string", op: str = "$set") -> dict[str, str]:
    given = {"property": name, "type": kind, "op": op, "separator": ","}
    return {f"c{place}-{key}": value for key, value in given.items()}


def test_a_small_file_shows_what_it_would_do_and_does_that(cora, people):
    accept([profile("ann", plan="basic", tags=["a"]), profile("cleo", plan="gold")], now=NOON)
    content = "identity,plan,tags,age\nann,gold,b,30\nbob,basic,,\ncleo,gold,,\ndan,basic,,200\n"
    assert post_file(cora, content).status_code == 302
    first = cora.get(page(ProfileUpload.objects.get())).content.decode()
    assert "What do the columns mean?" in first
    assert 'value="Age"' in first

    columns = column(1, "plan") | column(2, "tags", "list", "$add") | column(3, "Age")
    upload, preview = mapped(cora, content, **columns)
    before = people()
    for words in (
        "New people",
        "gold</ins>",
        "|b</ins>",
        "Age is a whole number from 1 to 150, not “200”.",
        ">Import<",
    ):
        assert words in preview
    assert people() == before == {"ann": {"plan": "basic", "tags": ["a"]}, "cleo": {"plan": "gold"}}
    assert upload.state == State.MAPPING

    assert cora.post(page(upload, "confirm/"), follow=True).status_code == 200
    assert importing.import_next(clock=lambda: NOON)
    done = cora.get(page(upload)).content.decode()
    assert "Completed" in done
    assert people() == {
        "ann": {"plan": "gold", "tags": ["a", "b"], "Age": 30},
        "cleo": {"plan": "gold"},
        "bob": {"plan": "basic"},
    }
    errors = b"".join(cora.get(page(upload, "errors.csv")).streaming_content).decode()
    assert list(csv.reader(io.StringIO(errors)))[1][:3] == ["5", "dan", "520"]
    assert LogEntry.objects.filter(user__username="cora").count() == 3  # two uploads, one confirmed


def test_the_totals_of_a_preview_count_each_kind_of_row(cora):
    accept([profile("ann", plan="basic"), profile("cleo", plan="gold")], now=NOON)
    upload, _page = mapped(cora, "identity,plan\nann,gold\nbob,basic\ncleo,gold\nnull,x\n", **column(1, "plan"))
    upload.refresh_from_db()
    found = admin._preview(upload, uploads.plan_of(upload))
    assert {kind: found["totals"][kind] for kind in ("new", "update", "skip", "invalid", "error")} == {
        "new": 1,
        "update": 1,
        "skip": 1,
        "invalid": 1,
        "error": 0,
    }


def test_a_large_file_is_imported_without_a_preview_to_the_same_page(cora, people, monkeypatch):
    monkeypatch.setattr(uploads, "SMALL", 2)
    upload, preview = mapped(cora, "identity,plan\na,x\nb,x\nc,x\n", **column(1, "plan"))
    assert "more than 2 rows" in preview
    cora.post(page(upload, "confirm/"))
    importing.import_next(clock=lambda: NOON)
    assert "Completed" in cora.get(page(upload)).content.decode()
    assert len(people()) == 3


def test_a_mapping_that_does_not_fit_is_said_and_kept_on_the_page(cora):
    _upload, reply = mapped(cora, "identity,n\nann,x\n", **column(1, "n", "string", "$incr"))
    assert "$incr works on number or number_comma, not on string." in reply
    assert "What do the columns mean?" in reply


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04..", b"\xff\xfei\0d\0"])
def test_what_is_no_csv_is_said_so(cora, content):
    reply = post_file(cora, content)
    assert reply.status_code == 200
    assert ProfileUpload.objects.count() == 0
    assert any(word in reply.content.decode() for word in ("ZIP archive", "UTF-16", "empty"))


def test_progress_says_how_fast_and_how_long_and_survives_reloading(cora):
    upload, _reply = mapped(cora, "identity,plan\na,x\nb,x\n", **column(1, "plan"))
    cora.post(page(upload, "confirm/"))
    ProfileUpload.objects.update(step="changing", started_at=NOON, staged=1000, applied=250, rows=1000, line=250)
    upload.refresh_from_db()
    assert admin._progress(upload, now=NOON + timedelta(seconds=10)) == {
        "waiting": True,
        "percent": 25,
        "rate": 25,
        "left": 30,
    }
    ProfileUpload.objects.update(started_at=timezone.now() - timedelta(seconds=10))
    assert "rows a second" in cora.get(page(upload)).content.decode()
    reply = cora.post(page(upload, "cancel/"), follow=True).content.decode()
    assert "It was cancelled. 250 rows had been applied before." in reply


@pytest.mark.parametrize("who", ["mia", "apo"])
def test_who_may_not_import_sees_no_file_and_changes_nothing(cora, who):
    upload, _reply = mapped(cora, "identity,plan\na,x\n", **column(1, "plan"))
    other = signed_in(who)
    assert other.get(f"{LIST}add/").status_code == 403
    assert other.get(page(upload)).status_code == 403
    for action in ("confirm/", "cancel/"):
        assert other.post(page(upload, action)).status_code == 403
        assert cora.get(page(upload, action)).status_code == 403  # posted only
    assert other.get(page(upload, "errors.csv")).status_code == 403
    assert cora.get(f"{LIST}nonsense/change/").status_code == 404
    upload.refresh_from_db()
    assert upload.state == State.MAPPING


def exported(reply: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(reply.streaming_content).decode())))


def test_people_are_exported_with_chosen_columns_safely_and_noted_in_the_log():
    ann = profile("ann", Name="=1+1", Email="ann@example.com", tags=["a", "b"], vip=True)
    accept([ann, profile("bob", n=1.5)], now=NOON)
    adam = signed_in("adam")
    assert 'value="tags"' in adam.get(f"{LIST}export/").content.decode()
    names = ["Identity", "Name", "tags", "vip", "n", "nonsense"]
    rows = exported(adam.post(f"{LIST}export/", {"names": names}))
    assert rows[0] == ["Identity", "Name", "tags", "vip", "n"]
    assert sorted(rows[1:]) == [["ann", "'=1+1", "a|b", "true", ""], ["bob", "", "", "", "1.5"]]
    entry = LogEntry.objects.get()
    assert entry.change_message == "Exported Identity, Name, tags, vip, n of everyone."

    bob = Profile.objects.get(identity="bob").pk
    assert exported(adam.post(f"{LIST}export/", {"names": ["Identity"], "people": [bob]})) == [["Identity"], ["bob"]]
    assert f'value="{bob}"' in adam.get("/admin/profiles/profile/").content.decode()


@pytest.mark.parametrize("who", ["mia", "apo", "cora"])
def test_only_admin_exports(who):
    client = signed_in(who)
    assert client.get(f"{LIST}export/").status_code == 403
    assert client.post(f"{LIST}export/", {"names": ["Identity"]}).status_code == 403
    assert "Export everyone" not in client.get("/admin/profiles/profile/").content.decode()
    assert LogEntry.objects.count() == 0


def begin(client: Client, size: int) -> str:
    """Where the pieces of a file of so many bytes go."""
    given = {"file_name": "people.csv", "size": size}
    return client.post(f"{LIST}uploads/", given, content_type="application/json").json()["url"]


def send(client: Client, url: str, piece: bytes, at: object) -> Any:
    return client.patch(url, piece, "application/octet-stream", headers={"Upload-Offset": str(at)})


def test_a_file_comes_in_pieces_and_goes_on_where_it_ends(cora):
    url = begin(cora, 13)
    assert send(cora, url, b"identity\n", 0).json() == {"offset": 9}
    again = send(cora, url, b"ann\n", 0)
    assert (again.status_code, again.json()["offset"]) == (409, 9)
    early = cora.post(f"{url}complete/")
    assert (early.status_code, early.json()["message"]) == (400, "9 of 13 bytes are there; send the others first.")
    assert "9\xa0bytes of 13\xa0bytes are there" in cora.get(page(ProfileUpload.objects.get())).content.decode()
    assert send(cora, url, b"ann\n", 9).json() == {"offset": 13}
    over = send(cora, url, b"bob\n", 13)
    assert (over.status_code, over.json()["message"]) == (400, "The file was announced with 13 bytes; more came.")
    upload = ProfileUpload.objects.get()
    assert cora.post(f"{url}complete/").json() == {"page": page(upload)}
    upload.refresh_from_db()
    assert (upload.state, upload.source_path.read_bytes()) == (State.MAPPING, b"identity\nann\n")
    assert send(cora, url, b"", 13).status_code == 400  # it is over


def test_a_file_in_pieces_that_is_no_csv_is_refused_and_not_kept(cora, tmp_path):
    url = begin(cora, 4)
    send(cora, url, b"%PDF", 0)
    refused = cora.post(f"{url}complete/")
    assert (refused.status_code, refused.json()["code"]) == (400, "csv_format")
    assert not ProfileUpload.objects.exists()
    assert not any(tmp_path.iterdir())


def test_a_large_file_that_is_no_csv_is_refused_at_its_first_piece(cora):
    url = begin(cora, 2**30)
    assert send(cora, url, b"%PDF" + bytes(2**20), 0).json()["code"] == "csv_format"
    assert not ProfileUpload.objects.exists()


@pytest.mark.parametrize(
    "asked", ["x", "[]", "{}", '{"file_name": "a", "size": 0}', '{"file_name": "a", "size": 1e10}']
)
def test_an_upload_that_cannot_be_is_not_begun(cora, asked):
    assert cora.post(f"{LIST}uploads/", asked, content_type="application/json").status_code == 400
    assert not ProfileUpload.objects.exists()


def test_only_who_began_an_upload_goes_on_with_it(cora):
    url = begin(cora, 4)
    for other in (signed_in("adam"), signed_in("vera")):
        assert send(other, url, b"ann\n", 0).status_code == 403
        assert other.post(f"{url}complete/").status_code == 403
        assert other.post(f"{url}cancel/").status_code == 403
    assert ProfileUpload.objects.get().state == State.UPLOADING
    assert cora.post(f"{url}cancel/").status_code == 200
    assert ProfileUpload.objects.get().state == State.REJECTED


def test_a_file_that_never_came_whole_is_thrown_away_after_a_day(cora, django_capture_on_commit_callbacks):
    send(cora, begin(cora, 9), b"identity", 0)
    upload = ProfileUpload.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        uploads.forget_old(now=upload.created_at + timedelta(days=1))
    upload.refresh_from_db()
    assert (upload.state, upload.error) == (State.REJECTED, "It was not completed within a day.")
    assert not upload.source_path.exists()
