"""Credentials and event types in the back office."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from profiles import credentials, eventtypes, sites
from profiles.models import Credential, EventType
from tests.staff import signed_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ADD = "/admin/profiles/credential/add/"


@pytest.fixture(autouse=True)
def forgotten() -> None:
    credentials._remembered.clear()


def issue(**fields: Any) -> tuple[Credential, str, Any]:
    """A new credential, its passcode, and the page that shows it."""
    answer = signed_in("adam").post(ADD, {"name": "Shop", "scopes": ["upload"]} | fields)
    [passcode] = re.findall(r"data-passcode>([^<]+)<", answer.content.decode())
    return Credential.objects.get(), passcode, answer


def test_a_passcode_is_shown_once_and_works(db: None) -> None:
    credential, passcode, answer = issue()
    assert credentials.check(credential.project_id, passcode) is not None
    assert "no-store" in answer["Cache-Control"]
    for page in ("", f"{credential.pk}/change/", f"{credential.pk}/revoke/", f"{credential.pk}/history/"):
        again = signed_in("adam").get(f"/admin/profiles/credential/{page}")
        assert again.status_code == 200
        assert passcode not in again.content.decode()
        assert credential.passcode_hash not in again.content.decode()


def test_the_scopes_that_are_ticked_are_given(db: None) -> None:
    credential, _passcode, _answer = issue(scopes=["upload", "read"])
    assert credential.scopes == ["upload", "read"]


def test_a_credential_needs_a_name_and_a_scope_that_exists(db: None) -> None:
    for fields in ({"name": "", "scopes": ["upload"]}, {"name": "Shop"}, {"name": "Shop", "scopes": ["everything"]}):
        assert signed_in("adam").post(ADD, fields).status_code == 200
    assert not Credential.objects.exists()


def test_revoking_asks_first_and_ends_the_credential(db: None) -> None:
    credential, passcode, _answer = issue()
    address = f"/admin/profiles/credential/{credential.pk}/revoke/"
    assert "Yes, revoke" in signed_in("adam").get(address).content.decode()
    credential.refresh_from_db()
    assert credential.revoked_at is None
    assert signed_in("adam").post(address).status_code == 302
    assert credentials.check(credential.project_id, passcode) is None


def test_only_administrators_see_credentials(db: None) -> None:
    credential, _passcode, _answer = issue()
    for name in ("mia", "cora", "apo"):
        for page in ("", "add/", f"{credential.pk}/change/", f"{credential.pk}/revoke/"):
            assert signed_in(name).get(f"/admin/profiles/credential/{page}").status_code == 403
            assert signed_in(name).post(f"/admin/profiles/credential/{page}").status_code == 403
    credential.refresh_from_db()
    assert credential.revoked_at is None


def switch(types: list[EventType], discarded: set[str]) -> dict[str, Any]:
    """The list's form, with some switches on."""
    fields: dict[str, Any] = {"form-TOTAL_FORMS": len(types), "form-INITIAL_FORMS": len(types), "_save": "Save"}
    for index, event_type in enumerate(types):
        fields[f"form-{index}-id"] = event_type.pk
        if event_type.name in discarded:
            fields[f"form-{index}-discarded"] = "on"
    return fields


def test_events_are_discarded_by_a_switch_but_never_those_of_sojourn_itself(db: None) -> None:
    eventtypes.ids(["Charged", "Spam", eventtypes.SENT], now=NOON)
    types = list(EventType.objects.order_by("system", "name"))
    fields = switch(types, {"Spam", eventtypes.SENT})
    assert signed_in("adam").post("/admin/profiles/eventtype/", fields).status_code == 302
    assert list(EventType.objects.filter(discarded=True).values_list("name", flat=True)) == ["Spam"]


def test_a_member_sees_event_types_and_cannot_switch_them(db: None) -> None:
    eventtypes.ids(["Charged"], now=NOON)
    assert "Charged" in signed_in("mia").get("/admin/profiles/eventtype/").content.decode()
    fields = switch(list(EventType.objects.all()), {"Charged"})
    signed_in("mia").post("/admin/profiles/eventtype/", fields)
    assert not EventType.objects.filter(discarded=True).exists()


def test_a_credential_for_pages_has_a_public_key_and_no_passcode(db: None) -> None:
    given = {"name": "Shop", "scopes": ["pages"], "origins": "https://Shop.example/\n\nhttps://shop.example"}
    answer = signed_in("adam").post(ADD, given | {"page_events": "Product Viewed\n"}).content.decode()
    credential = Credential.objects.get()
    assert credential.public_key
    assert (credential.origins, credential.page_events) == (["https://shop.example"], ["Product Viewed"])
    assert f"data-key=&quot;{credential.public_key}&quot;" in answer or f'data-key="{credential.public_key}"' in answer
    assert sites.signing_secret(credential.public_key) in answer
    assert "data-passcode" not in answer


def test_whose_pages_may_use_a_key_is_said_and_may_be_changed(db: None) -> None:
    given = {"name": "Shop", "scopes": ["pages"], "origins": "", "page_events": ""}
    for field, wrong, sentence in (
        ("origins", "", "Say whose pages may use the key."),
        ("origins", "*", "“*” is no origin"),
        ("page_events", "Notification Sent", "is a system event"),
    ):
        answer = signed_in("adam").post(ADD, given | {"origins": "https://a.example", field: wrong})
        assert sentence in answer.content.decode()
    assert not Credential.objects.exists()
    signed_in("adam").post(ADD, given | {"origins": "https://a.example"})
    credential = Credential.objects.get()
    page = f"/admin/profiles/credential/{credential.pk}/change/"
    signed_in("adam").post(page, {"origins": "https://b.example", "page_events": "Looked"})
    credential.refresh_from_db()
    assert (credential.origins, credential.page_events) == (["https://b.example"], ["Looked"])


def test_a_credential_without_a_public_key_gets_no_sites(db: None) -> None:
    credential, _passcode, _answer = issue()
    page = f"/admin/profiles/credential/{credential.pk}/change/"
    assert signed_in("adam").post(page, {"origins": "https://b.example"}).status_code == 403
    credential.refresh_from_db()
    assert credential.origins == []
