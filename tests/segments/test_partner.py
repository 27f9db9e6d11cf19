"""Lists over the API: create, send the file, complete, ask."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from profiles import identities
from profiles.services import issue_credential
from segments import importing, partner, uploads
from segments.models import List, ListUpload
from tests.segments.uploading import csv

UPLOADS = "/1/lists/uploads"
FILE = csv("i,ann", "i,nobody", "x,bob")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(tmp_path: Path, settings: Any) -> None:
    settings.UPLOADS_ROOT = tmp_path
    settings.PUBLIC_URL = "http://testserver"
    identities.resolve(["ann", "bob"], create=True, now=timezone.now())


class Partner:
    """Somebody with a credential."""

    def __init__(self, scopes: tuple[str, ...] = ("lists",), project_id: str | None = None) -> None:
        credential, passcode = issue_credential(name="Shop", scopes=scopes, project_id=project_id)
        self.headers = {"X-Sojourn-Project": credential.project_id, "X-Sojourn-Passcode": passcode}
        self.client = Client()

    def create(self, **asked: Any) -> Any:
        body = json.dumps({"list": "March", "mode": "create"} | asked)
        return self.client.post(UPLOADS, body, "application/json", headers=self.headers)

    def call(self, method: str, upload: dict[str, Any], path: str = "") -> Any:
        return self.client.generic(method, f"{UPLOADS}/{upload['id']}{path}", headers=self.headers)


def send(url: str, piece: bytes, offset: object = None, method: str = "PATCH") -> Any:
    """As anybody may who has the URL."""
    headers = {} if offset is None else {"Upload-Offset": str(offset)}
    return Client().generic(method, url, piece, "application/octet-stream", headers=headers)


def test_a_list_is_created_sent_completed_and_asked_about() -> None:
    shop = Partner()
    created = shop.create(size=len(FILE))
    assert created.status_code == 201
    url, upload = created.json()["url"], created.json()["upload"]
    assert (upload["state"], upload["received"], upload["size"]) == ("uploading", 0, len(FILE))
    assert send(url, FILE, method="PUT").json() == {"status": "success", "offset": len(FILE)}
    completed = shop.call("POST", upload, "/complete")
    assert (completed.status_code, completed.json()["upload"]["state"]) == (202, "processing")
    assert shop.call("POST", upload, "/complete").status_code == 202  # once more is harmless
    assert importing.import_next(clock=timezone.now)
    told = shop.call("GET", upload).json()
    assert "url" not in told
    assert {key: told["upload"][key] for key in ("state", "rows", "people", "unknown", "added")} == {
        "state": "ready", "rows": 3, "people": 1, "unknown": 2, "added": 1,
    }  # fmt: skip
    lines = b"".join(shop.call("GET", upload, "/errors").streaming_content).decode().splitlines()
    assert lines[1:] == [
        "3,i,nobody,No profile has this identity.",
        "4,x,bob,The type must be i (identity) or g (object ID).",
    ]
    assert List.objects.get().members == 1


def test_who_was_cut_off_goes_on_where_the_file_ends() -> None:
    shop = Partner()
    created = shop.create().json()
    url = created["url"]
    assert send(url, FILE[:20], 0).status_code == 200
    wrong = send(url, FILE[:20], 0)
    assert (wrong.status_code, wrong["Upload-Offset"], wrong.json()["offset"]) == (409, "20", 20)
    assert wrong.json()["error"] == "The file ends at 20, not at 0; go on there."
    assert Client().head(url)["Upload-Offset"] == "20"
    assert send(url, FILE[20:], 20).json()["offset"] == len(FILE)
    assert ListUpload.objects.get().source_path.read_bytes() == FILE


def test_the_url_is_good_for_a_day_and_for_nothing_else() -> None:
    created = Partner().create().json()
    url = created["url"]
    assert send(url[:-2] + ("aa" if url[-2:] != "aa" else "bb"), b"x", 0).status_code == 404
    with time_machine.travel(timezone.now() + timedelta(hours=24, seconds=1), tick=False):
        late = send(url, b"x", 0)
    assert (late.status_code, late.json()["error"]) == (410, "This upload has expired; begin another one.")
    assert uploads.offset(ListUpload.objects.get()) == 0


def test_nothing_is_added_to_what_is_complete_or_cancelled() -> None:
    shop = Partner()
    created = shop.create().json()
    send(created["url"], FILE, 0)
    shop.call("POST", created["upload"], "/complete")
    assert send(created["url"], b"i,bob\n", len(FILE)).status_code == 409
    assert shop.call("DELETE", created["upload"]).json()["upload"]["state"] == "cancelled"
    assert shop.call("DELETE", created["upload"]).status_code == 409
    assert shop.call("POST", created["upload"], "/complete").status_code == 409
    assert not importing.import_next(clock=timezone.now)


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Partner()
    assert shop.create(size=5 * 2**30 + 1).json()["error"] == "The file has 5,120 MB; at most 5,120 are possible."
    created = shop.create(size=10).json()
    more = send(created["url"], b"x" * 11, 0)
    assert (more.status_code, more.json()["error"]) == (413, "The file was announced with 10 bytes; more came.")
    monkeypatch.setattr(partner, "LARGEST_PIECE", 5)
    assert send(created["url"], b"x" * 6, 0).status_code == 413
    assert uploads.offset(ListUpload.objects.get()) == 0


def test_another_project_sees_nothing_of_an_upload() -> None:
    created = Partner().create().json()["upload"]
    other = Partner(project_id="OTHER-ONE")
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/complete"), ("GET", "/errors")):
        assert other.call(method, created, path).status_code == 404
    assert ListUpload.objects.get().state == "uploading"


def test_a_credential_needs_the_scope() -> None:
    refused = Partner(scopes=("upload", "read")).create()
    assert (refused.status_code, refused.json()["error"]) == (
        403, "This credential may not do that; it lacks the scope “lists”.",
    )  # fmt: skip
    assert Client().post(UPLOADS, b"{}", "application/json").status_code == 401
    assert not List.objects.exists()


@pytest.mark.parametrize(
    ("asked", "status", "sentence"),
    [
        ({"mode": "swap"}, 400, "There is no mode “swap”; the modes are create, replace, append, remove."),
        ({"mode": "replace"}, 404, "There is no list named “March”; create it first."),
        ({"list": ""}, 400, "A list needs a name of 1 to 100 characters."),
        ({"list": 7}, 400, "The list, mode, column, type and fileName are texts; the size is a number of bytes."),
        ({"size": -1}, 400, "The list, mode, column, type and fileName are texts; the size is a number of bytes."),
        ({"column": "x"}, 400, "Choose both the column and the type of its values, or neither."),
        (
            {"column": "x", "type": "y"},
            400,
            "There is no type “y”; the types are identity, email, phone, object.",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(asked: dict[str, Any], status: int, sentence: str) -> None:
    answer = Partner().create(**asked)
    assert (answer.status_code, answer.json()) == (status, {"status": "fail", "code": status, "error": sentence})
    assert not ListUpload.objects.exists()
