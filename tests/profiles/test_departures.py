"""Deleting and merging profiles, announced: from then on values find nobody, or the other one. The engine's half is
tested in tests/journeys/test_departures.py.
"""

from datetime import UTC, datetime

import pytest
from django.test import Client

from config.lib import sql
from profiles import departures, identities, services
from profiles.departures import Departing
from profiles.models import Credential
from tests.profiles.conftest import codes, event, profile

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def signs_in(device: str, identity: str, **properties: object) -> dict[str, object]:
    """A record that says who an anonymous profile is."""
    return {"type": "profile", "objectId": device, "profileData": {"Identity": identity, **properties}}


def finds(*values: str) -> list[int | None]:
    found = identities.resolve(values, create=False, now=NOON)
    return [found.get(value) for value in values]


def announced() -> list[tuple[str, str | None]]:
    """(event, into) of the departures in the inbox."""
    return sql.rows(
        """SELECT kind.name, row.properties ->> 'into' FROM profiles_inbox AS row
             JOIN profiles_eventtype AS kind ON kind.id = row.type_id
            WHERE kind.name LIKE 'Profile %%' ORDER BY row.id"""
    )


@pytest.fixture
def client(db: None) -> Client:
    credential, passcode = services.issue_credential(name="Shop", scopes=Credential.Scope)
    return Client(headers={"X-Sojourn-Project": credential.project_id, "X-Sojourn-Passcode": passcode})


def test_a_deleted_person_is_found_by_nothing_and_the_next_upload_makes_somebody_new(upload, client):
    upload(profile("ann", Email="ann@example.com", n=1))
    (before,) = finds("ann")
    assert client.delete("/1/profile?identity=ann@example.com").json() == {"status": "success"}
    assert finds("ann", "ann@example.com") == [None, None]
    assert client.get("/1/profile", {"identity": "ann"}).status_code == 404
    assert client.delete("/1/profile?identity=ann").status_code == 404
    assert announced() == [("Profile Deleted", None)]
    upload(profile("ann", n=2))
    assert finds("ann") not in ([None], [before])
    assert client.get("/1/profile", {"identity": "ann"}).json()["record"]["profileData"] == {"n": 2}


def test_deleting_needs_its_own_scope_and_a_person(client, upload):
    upload(profile("ann"))
    credential, passcode = services.issue_credential(name="Till", scopes=["upload", "read"])
    till = Client(headers={"X-Sojourn-Project": credential.project_id, "X-Sojourn-Passcode": passcode})
    merge = {"profile": {"identity": "ann"}, "into": {"identity": "bob"}}
    assert till.delete("/1/profile?identity=ann").status_code == 403
    assert till.post("/1/merge", merge, content_type="application/json").status_code == 403
    assert client.delete("/1/profile").status_code == 400
    assert client.post("/1/merge", merge, content_type="application/json").status_code == 404
    assert client.post("/1/merge", {"profile": 1}, content_type="application/json").status_code == 400
    assert finds("ann") != [None]
    assert announced() == []


def test_all_values_of_a_merged_person_find_the_survivor_at_once(upload, client):
    upload(profile("ann", Email="ann@example.com"), profile("annie", Phone="+4915112345678"))
    (ann,) = finds("ann")
    body = {"profile": {"identity": "annie"}, "into": {"identity": "ann"}}
    assert client.post("/1/merge", body, content_type="application/json").json() == {"status": "success"}
    assert finds("ann", "annie", "+4915112345678", "ann@example.com") == [ann] * 4
    assert announced() == [("Profile Merged", str(ann))]
    again = client.post("/1/merge", body, content_type="application/json")
    assert (again.status_code, again.json()["error"]) == (409, "The two are one profile already.")


def test_nobody_leaves_twice_or_while_another_is_merged_into_them(upload):
    upload(profile("ann"), profile("bob"), profile("cleo"))
    ann, bob, cleo = finds("ann", "bob", "cleo")
    assert departures.merge(ann, into=bob, now=NOON)
    for leaving in (ann, bob):
        with pytest.raises(Departing, match="just being deleted or merged"):
            departures.delete(leaving, now=NOON)
    with pytest.raises(Departing):
        departures.merge(cleo, into=bob, now=NOON)
    assert departures.delete(cleo, now=NOON)
    assert not departures.delete(10**9, now=NOON)
    assert len(announced()) == 2


def test_an_anonymous_profile_that_turns_out_to_be_somebody_becomes_part_of_them(upload, inbox, people):
    upload(profile("ann", n=1), {"type": "event", "objectId": "device-1", "evtName": "Viewed"})
    later = {"type": "event", "objectId": "device-1", "evtName": "Charged"}
    assert upload(signs_in("device-1", "ann", n=2, city="Bonn"), later).status == "success"
    assert people()["ann"] == {"n": 2, "city": "Bonn"}
    (ann,) = finds("ann")
    assert identities.find([identities.Key("object", "device-1")]) == {identities.Key("object", "device-1"): ann}
    assert [(who, name) for who, name, _ in inbox()] == [
        ("device-1", "Viewed"),
        ("device-1", "Profile Merged"),
        ("ann", "Charged"),
    ]
    assert upload(signs_in("device-1", "ann", n=3)).status == "success"  # it is ann already
    assert len(announced()) == 1


def test_what_comes_before_and_after_the_sign_in_goes_to_whom_it_was_said_of(upload, people):
    upload(profile("ann", n=1))
    mine = {"type": "profile", "objectId": "device-1", "profileData": {"city": "Bonn"}}
    theirs = {"type": "profile", "objectId": "device-1", "profileData": {"n": {"$incr": 5}}}
    upload(mine, signs_in("device-1", "ann"), theirs)
    assert people() == {"ann": {"n": 6}, "device-1": {"city": "Bonn"}}  # the engine brings the two together


def test_a_refused_sign_in_merges_nobody(upload, people):
    upload(profile("ann", n="text"), {"type": "event", "objectId": "device-1", "evtName": "Viewed"})
    assert codes(upload(signs_in("device-1", "ann", n={"$incr": 1}))) == [512]
    assert announced() == []
    assert people() == {"ann": {"n": "text"}, "device-1": {}}


def test_a_sign_in_to_somebody_who_is_leaving_is_refused(upload):
    upload(profile("ann"), profile("bob"), {"type": "event", "objectId": "device-1", "evtName": "Viewed"})
    ann, bob = finds("ann", "bob")
    departures.merge(ann, into=bob, now=NOON)
    assert codes(upload(signs_in("device-1", "bob"))) == [555]
    assert len(announced()) == 1


def test_a_dry_run_of_a_sign_in_changes_nothing(upload):
    upload(profile("ann"), event("ann"), {"type": "event", "objectId": "device-1", "evtName": "Viewed"})
    assert upload(signs_in("device-1", "ann"), dry_run=True).status == "success"
    assert announced() == []
