"""Custom lists in the back office: files go in, what became of them comes out."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile

from profiles import identities
from segments import services
from segments.models import List
from tests.staff import person, signed_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ADD = "/admin/segments/list/add/"


@pytest.fixture(autouse=True)
def files(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def csv(*lines: str) -> SimpleUploadedFile:
    """A file as a form sends it."""
    return SimpleUploadedFile("march.csv", "\n".join(lines).encode(), "text/csv")


def page_of(target: List) -> str:
    return f"/admin/segments/list/{target.pk}/change/"


def test_a_list_is_made_by_uploading_a_file(db: None) -> None:
    identities.resolve(["ann", "bob"], create=True, now=NOON)
    answer = signed_in("cora").post(ADD, {"name": "March", "file": csv("Type,Identity", "i,ann", "i,bob", "i,nobody")})
    target = List.objects.get()
    assert answer["Location"] == page_of(target)
    assert (target.state, target.created_by) == ("processing", person("cora"))
    assert "this page renews itself" in signed_in("mia").get(page_of(target)).content.decode()
    assert services.import_waiting(now=NOON)
    page = signed_in("mia").get(page_of(target)).content.decode()
    assert "unknown.csv" in page
    target.refresh_from_db()
    assert (target.state, target.members, target.unknown) == ("ready", 2, 1)


def test_a_file_that_fails_says_why_and_the_members_stay(db: None) -> None:
    identities.resolve(["ann"], create=True, now=NOON)
    services.set_members(name="March", identities=["ann"], now=NOON)
    target = List.objects.get()
    assert signed_in("cora").post(page_of(target), {"mode": "replace", "file": csv("Kind,Who")}).status_code == 302
    services.import_waiting(now=NOON)
    page = signed_in("mia").get(page_of(target)).content.decode()
    assert "the header must be Type,Identity" in page
    assert "The members are those of the last good file." in page


def test_a_name_that_is_taken_and_a_missing_file_are_said_at_their_fields(db: None) -> None:
    services.create_list(name="March", now=NOON)
    client = signed_in("cora")
    page = client.post(ADD, {"name": "March", "file": csv("Type,Identity")}).content.decode()
    assert "There is a list named “March” already." in page
    assert "This field is required." in client.post(ADD, {"name": "April"}).content.decode()
    assert List.objects.count() == 1


def test_a_file_that_is_too_large_is_refused_with_a_sentence(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    target = services.create_list(name="March", now=NOON)
    monkeypatch.setattr(services, "LARGEST_UPLOAD", 10)
    answer = signed_in("cora").post(page_of(target), {"mode": "append", "file": csv("Type,Identity", "i,ann")})
    assert "at most" in str(next(iter(get_messages(answer.wsgi_request))))
    target.refresh_from_db()
    assert target.state == "uploading"


def test_unknown_rows_open_harmlessly_in_a_spreadsheet(db: None) -> None:
    file = csv("Type,Identity", 'i,"=HYPERLINK(""http://x"")"', "i,@sum", "i,-1+2", "i,+4917012345678", "i,plain")
    signed_in("cora").post(ADD, {"name": "March", "file": file})
    services.import_waiting(now=NOON)
    answer = signed_in("mia").get(f"/admin/segments/list/{List.objects.get().pk}/unknown.csv")
    text = b"".join(answer.streaming_content).decode()
    identities_column = [line.split(",")[2] for line in text.splitlines()[1:]]
    assert identities_column == ['"\'=HYPERLINK(""http://x"")"', "'@sum", "'-1+2", "+4917012345678", "plain"]
    assert "attachment" in answer["Content-Disposition"]


def test_a_member_looks_but_uploads_and_deletes_nothing(db: None) -> None:
    target = services.create_list(name="March", now=NOON)
    client = signed_in("mia")
    assert "Upload another file" not in client.get(page_of(target)).content.decode()
    assert client.post(page_of(target), {"mode": "replace", "file": csv("Type,Identity")}).status_code == 403
    assert client.get(ADD).status_code == 403
    assert client.post(f"/admin/segments/list/{target.pk}/remove/").status_code == 403
    assert List.objects.get().state == "uploading"


def test_an_administrator_deletes_a_list(db: None) -> None:
    target = services.create_list(name="March", now=NOON)
    address = f"/admin/segments/list/{target.pk}/remove/"
    assert signed_in("adam").get(address).status_code == 403
    assert signed_in("adam").post(address).status_code == 302
    assert not List.objects.exists()
