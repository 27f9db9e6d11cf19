"""Custom lists in the back office: files go in, what became of them comes out."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from profiles import identities
from segments import importing, services, uploads
from segments.models import List, ListUpload
from tests.segments.uploading import csv, load, upload
from tests.staff import person, signed_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LISTS = "/admin/segments/list/"
ADD = f"{LISTS}add/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(tmp_path: Path, settings: Any) -> None:
    settings.UPLOADS_ROOT = tmp_path


def chosen(*lines: str) -> SimpleUploadedFile:
    """A file as a form sends it."""
    return SimpleUploadedFile("march.csv", "\n".join(lines).encode(), "text/csv")


def page_of(target: List) -> str:
    return f"{LISTS}{target.pk}/change/"


def read_it() -> None:
    assert importing.import_next(clock=lambda: NOON)


def begin(client: Client, **given: Any) -> Any:
    """The answer to the call that begins an upload."""
    asked = {"name": "March", "mode": "create", "file_name": "march.csv", "size": 100} | given
    return client.post(f"{LISTS}uploads/", json.dumps(asked), "application/json")


def send(client: Client, url: str, piece: bytes, offset: object) -> Any:
    return client.patch(url, piece, "application/octet-stream", headers={"Upload-Offset": str(offset)})


# By the form ---------------------------------------------------------------------------------------------------------


def test_a_list_is_made_by_uploading_a_file() -> None:
    identities.resolve(["ann", "bob"], create=True, now=NOON)
    file = chosen("Type,Identity", "i,ann", "i,bob", "i,nobody")
    answer = signed_in("cora").post(ADD, {"name": "March", "file": file})
    target = List.objects.get()
    assert answer["Location"] == page_of(target)
    assert (target.state, target.created_by) == ("processing", person("cora"))
    assert "Reading the file" in signed_in("mia").get(page_of(target)).content.decode()
    read_it()
    page = signed_in("mia").get(page_of(target)).content.decode()
    assert "errors.csv" in page
    assert "1 row<" in page
    target.refresh_from_db()
    assert (target.state, target.members, target.unknown) == ("ready", 2, 1)


def test_any_column_can_be_chosen() -> None:
    identities.resolve(["ann"], create=True, now=NOON)
    file = chosen("Shop;Card", "Berlin;ann")
    signed_in("cora").post(ADD, {"name": "March", "file": file, "column": "Card", "type": "identity"})
    read_it()
    assert List.objects.get().members == 1
    page = signed_in("mia").get(page_of(List.objects.get())).content.decode()
    assert "Columns left out: “Shop”." in page


def test_a_file_that_fails_says_why_and_the_members_stay() -> None:
    identities.resolve(["ann"], create=True, now=NOON)
    services.set_members(name="March", identities=["ann"], now=NOON)
    target = List.objects.get()
    assert signed_in("cora").post(page_of(target), {"mode": "replace", "file": chosen("Kind,Who")}).status_code == 302
    read_it()
    page = signed_in("mia").get(page_of(target)).content.decode()
    assert "the header must be Type,Identity" in page
    assert "The members are those of the last good file." in page


def test_what_is_wrong_with_the_form_is_said_at_its_fields() -> None:
    services.set_members(name="March", identities=[], now=NOON)
    client = signed_in("cora")
    page = client.post(ADD, {"name": "March", "file": chosen("Type,Identity")}).content.decode()
    assert "There is a list named “March” already." in page
    assert "This field is required." in client.post(ADD, {"name": "April"}).content.decode()
    page = client.post(ADD, {"name": "April", "file": chosen("x"), "column": "x"}).content.decode()
    assert "Choose both the column and the type of its values, or neither." in page
    assert List.objects.count() == 1


def test_a_file_that_is_too_large_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    target = services.create_list(name="March", now=NOON)
    monkeypatch.setattr(uploads, "LARGEST_FORM", 2**20)
    file = SimpleUploadedFile("march.csv", b"x" * (2**20 + 1), "text/csv")
    answer = signed_in("cora").post(page_of(target), {"mode": "append", "file": file}, follow=True)
    assert "The file has 1 MB; at most 1 are possible." in answer.content.decode()
    assert not ListUpload.objects.exists()


def test_rows_that_lead_to_nobody_open_harmlessly_in_a_spreadsheet() -> None:
    loaded = load(csv('i,"=HYPERLINK(""http://x"")"', "i,@sum", "i,-1+2", "i,+4917012345678", "i,plain"))
    answer = signed_in("mia").get(f"{LISTS}uploads/{loaded.pk}/errors.csv")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    identities_column = [line.split(",")[2] for line in text.splitlines()[1:]]
    assert identities_column == ['"\'=HYPERLINK(""http://x"")"', "'@sum", "'-1+2", "+4917012345678", "plain"]
    assert "attachment" in answer["Content-Disposition"]


def test_an_administrator_deletes_a_list() -> None:
    target = services.create_list(name="March", now=NOON)
    address = f"{LISTS}{target.pk}/remove/"
    assert signed_in("adam").get(address).status_code == 403
    assert signed_in("adam").post(address).status_code == 302
    assert not List.objects.exists()


# By the calls of the page --------------------------------------------------------------------------------------------


def test_a_file_is_looked_at_before_anything_is_stored() -> None:
    client = signed_in("cora")
    look = f"{LISTS}preview/?whole=1"
    seen = client.post(look, "Name;E-Mail\nZoë;zoe@example.com\n".encode(), "application/octet-stream").json()
    assert seen == {
        "header": ["Name", "E-Mail"],
        "rows": [["Zoë", "zoe@example.com"]],
        "column": "E-Mail",
        "type": "email",
        "remark": "Columns left out: “Name”.",
        "problem": "",
    }
    seen = client.post(look, b"PK\x03\x04...", "application/octet-stream").json()
    assert "ZIP archive" in seen["problem"]
    seen = client.post(f"{look}&column=Card&type=identity", b"a,b\n1,2\n", "application/octet-stream").json()
    assert seen["problem"] == "Line 1 is “a,b”; the header has no column “Card”. It has “a”, “b”."
    seen = client.post(f"{look}&column=a&type=colour", b"a\n1\n", "application/octet-stream").json()
    assert seen["problem"].startswith("There is no type “colour”")
    assert not List.objects.exists()


def test_a_file_is_sent_in_pieces_and_goes_on_where_it_broke() -> None:
    identities.resolve(["ann"], create=True, now=NOON)
    client, content = signed_in("cora"), csv("i,ann", "i,nobody")
    begun = begin(client, size=len(content)).json()
    assert send(client, begun["url"], content[:10], 0).json() == {"offset": 10}
    again = send(client, begun["url"], content[:10], 0)
    assert (again.status_code, again.json()["offset"]) == (409, 10)
    early = client.post(f"{begun['url']}complete/")
    assert (early.status_code, early.json()["message"]) == (400, "10 of 30 bytes are there; send the others first.")
    assert send(client, begun["url"], content[10:], 10).json() == {"offset": len(content)}
    assert send(client, begun["url"], b"more", len(content)).status_code == 400
    assert client.post(f"{begun['url']}complete/").json() == {"page": begun["page"]}
    read_it()
    told = signed_in("mia").get(begun["url"]).json()
    assert (told["state"], told["fraction"], told["rows"], told["people"], told["unknown"]) == ("ready", 1.0, 2, 1, 1)
    assert [entry.get_change_message() for entry in LogEntry.objects.all()] == ["Uploaded march.csv to create."]


def test_progress_tells_the_rate_and_the_time_left() -> None:
    waiting = upload(csv("i,ann"))
    now = datetime.now(UTC)
    ListUpload.objects.filter(pk=waiting.pk).update(
        started_at=now, step="reading", step_at=now, rows=500_000, bytes_done=10, size=20
    )
    client = signed_in("mia")
    with time_machine.travel(now + timedelta(seconds=7), tick=False):
        told = client.get(f"{LISTS}uploads/{waiting.pk}/").json()
    # Half of the reading is 0.175 of everything: 7 s are gone, 33 are left.
    assert (told["step"], told["rate"], told["fraction"], told["seconds_left"]) == (
        "Reading the file", 71_429, 0.175, 33,
    )  # fmt: skip
    ListUpload.objects.filter(pk=waiting.pk).update(step="finding", step_at=now + timedelta(seconds=14))
    with time_machine.travel(now + timedelta(seconds=22), tick=False):
        told = client.get(f"{LISTS}uploads/{waiting.pk}/").json()
    assert (told["rate"], told["fraction"], told["seconds_left"]) == (None, 0.55, 18)


def test_an_upload_is_cancelled_by_whoever_may_change_lists() -> None:
    begun = begin(signed_in("cora")).json()
    assert signed_in("mia").post(f"{begun['url']}cancel/").status_code == 403
    assert signed_in("adam").post(f"{begun['url']}cancel/").status_code == 200
    assert ListUpload.objects.get().state == "cancelled"
    answer = send(signed_in("cora"), begun["url"], b"x", 0)
    assert answer.json()["message"] == "This upload is cancelled; nothing can be added to it."


def test_a_member_looks_but_uploads_and_deletes_nothing() -> None:
    target = services.create_list(name="March", now=NOON)
    client = signed_in("mia")
    assert "Upload another file" not in client.get(page_of(target)).content.decode()
    assert client.post(page_of(target), {"mode": "replace", "file": chosen("Type,Identity")}).status_code == 403
    assert client.get(ADD).status_code == 403
    assert client.post(f"{LISTS}{target.pk}/remove/").status_code == 403
    assert client.post(f"{LISTS}preview/", b"x", "application/octet-stream").status_code == 403
    assert begin(client, mode="append").status_code == 403
    assert begin(client).status_code == 403
    assert (List.objects.get().state, ListUpload.objects.count()) == ("uploading", 0)


def test_only_who_began_an_upload_sends_its_bytes() -> None:
    begun = begin(signed_in("cora")).json()
    other = signed_in("adam")
    assert send(other, begun["url"], b"x", 0).status_code == 403
    assert other.post(f"{begun['url']}complete/").status_code == 403
    assert uploads.offset(ListUpload.objects.get()) == 0


def test_nobody_who_is_not_signed_in_gets_anywhere() -> None:
    waiting = upload(csv("i,ann"))
    client = Client()
    for path in ("preview/", "uploads/", f"uploads/{waiting.pk}/", f"uploads/{waiting.pk}/errors.csv"):
        assert "/admin/login/" in client.get(LISTS + path)["Location"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"size": "x"}', b"\xff"])
def test_a_call_that_makes_no_sense_is_refused(body: bytes) -> None:
    answer = signed_in("cora").post(f"{LISTS}uploads/", body, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "list")
