"""POST /1/upload over HTTP: credentials, sizes, and answers that say what to do."""

import json
import threading

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from config.lib import sql
from profiles import api, credentials, services
from profiles.models import Credential
from tests.profiles.conftest import event, profile


@pytest.fixture
def credential(db):
    credential, passcode = services.issue_credential(name="Shop", scopes=Credential.Scope)
    return credential, {"X-Sojourn-Project": credential.project_id, "X-Sojourn-Passcode": passcode}


@pytest.fixture
def post(credential):
    def post(body, query="", headers=None):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Client(raise_request_exception=False).post(
            f"/1/upload{query}", content, content_type="application/json", headers=headers or credential[1]
        )

    return post


def stored():
    return sql.rows("SELECT count(*) FROM profiles_inbox")[0][0]


def test_a_mixed_call_is_answered_record_by_record(post):
    reply = post({"d": [event("ann"), profile("ann", plan="gold"), event("bob", "Notification Sent")]})
    assert reply.status_code == 200
    assert reply["Content-Type"] == "application/json"
    assert reply.json() == {
        "status": "partial",
        "processed": 2,
        "unprocessed": [
            {
                "status": "fail",
                "code": 513,
                "error": "“Notification Sent” is a system event; it cannot be uploaded.",
                "record": event("bob", "Notification Sent"),
            }
        ],
    }
    assert stored() == 1


def test_a_dry_run_stores_nothing(post):
    assert post({"d": [event("ann")]}, "?dryRun=1").json() == {"status": "success", "processed": 1, "unprocessed": []}
    assert stored() == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"d": [}',
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"d": {}}',
        b"null",
        b'{"d":' + b"[" * 100_000,
        b'{"d": ["\\ud800"]}',
    ],
)
def test_a_malformed_body_is_answered_400_with_a_sentence(post, body):
    reply = post(body)
    assert (reply.status_code, reply.json()["status"], reply.json()["code"]) == (400, "fail", 400)
    assert reply.json()["error"].endswith(".")


def test_a_thousand_records_are_possible_and_not_one_more(post):
    assert post({"d": [event(f"id-{n}") for n in range(1000)]}).json()["processed"] == 1000
    assert post({"d": [event(f"id-{n}") for n in range(1001)]}).status_code == 400
    assert stored() == 1000


def test_a_body_over_5_mb_is_refused(post):
    body = json.dumps({"d": [event("ann")]}).encode()
    assert post(body + b" " * (5 * 2**20 - len(body))).status_code == 200
    reply = post(body + b" " * (5 * 2**20 - len(body) + 1))
    assert (reply.status_code, reply.json()["code"]) == (413, 413)
    assert stored() == 1


def test_calls_without_a_good_passcode_are_refused(post, credential):
    project_id = credential[0].project_id
    for headers in (
        {"X-Sojourn-Project": project_id},
        {"X-Sojourn-Project": project_id, "X-Sojourn-Passcode": "guess"},
        {**credential[1], "X-Sojourn-Project": "other"},
        {"X-Sojourn-Passcode": credential[1]["X-Sojourn-Passcode"]},
    ):
        reply = post({"d": [event("ann")]}, headers=headers)
        assert (reply.status_code, reply.json()["code"]) == (401, 401)
    assert stored() == 0


def test_a_passcode_is_kept_as_a_hash_only(credential):
    kept = Credential.objects.values_list().get(pk=credential[0].pk)
    assert credential[1]["X-Sojourn-Passcode"] not in [str(value) for value in kept]


def test_a_revoked_credential_stops_working_and_the_others_go_on(post, credential, monkeypatch):
    monkeypatch.setattr(credentials, "REMEMBERED_SECONDS", 0)
    second, passcode = services.issue_credential(name="Till")
    assert second.project_id == credential[0].project_id
    assert post({"d": []}).status_code == 200
    assert services.revoke_credential(credential_id=credential[0].pk, now=timezone.now())
    assert not services.revoke_credential(credential_id=credential[0].pk, now=timezone.now())
    assert post({"d": []}).status_code == 401
    headers = {"X-Sojourn-Project": second.project_id, "X-Sojourn-Passcode": passcode}
    assert post({"d": []}, headers=headers).status_code == 200


def test_a_credential_without_the_scope_may_not_upload(post):
    reader, passcode = services.issue_credential(name="Reader", scopes=[Credential.Scope.READ])
    headers = {"X-Sojourn-Project": reader.project_id, "X-Sojourn-Passcode": passcode}
    reply = post({"d": [event("ann")]}, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (403, 403)
    assert stored() == 0


def test_one_call_too_many_at_once_is_told_to_come_back(post, credential, settings):
    settings.UPLOAD_CONCURRENCY = 1
    with api.gate.enter(credential[0].project_id, 1):
        reply = post({"d": [event("ann")]})
    assert (reply.status_code, reply.json()["code"], reply["Retry-After"]) == (429, 429, "1")
    assert stored() == 0
    assert post({"d": [event("ann")]}).status_code == 200


def test_a_database_that_is_away_is_said_so_and_nothing_is_stored(post, monkeypatch):
    def fail(*_args, **_options):
        raise OperationalError("connection refused")

    monkeypatch.setattr(api.committer, "accept", fail)
    reply = post({"d": [event("ann")]})
    assert (reply.status_code, reply["Retry-After"]) == (503, "5")
    assert stored() == 0


def test_a_fault_of_ours_is_answered_500_without_its_details(post, monkeypatch):
    monkeypatch.setattr(api.committer, "accept", lambda *_args, **_options: 1 / 0)
    reply = post({"d": [event("ann")]})
    assert reply.status_code == 500
    assert "division" not in reply.content.decode()


def test_a_profile_can_be_read_by_identity_or_address(post, credential):
    post({"d": [profile("ann", Name="Ann", Email="Ann@Example.com", plan="gold")]})
    client = Client(headers=credential[1])
    expected = {
        "identity": "ann",
        "objectId": None,
        "name": "Ann",
        "email": "ann@example.com",
        "phone": None,
        "timezone": None,
        "profileData": {"plan": "gold"},
    }
    for who in ("ann", "ANN@example.com"):
        assert client.get("/1/profile", {"identity": who}).json() == {"status": "success", "record": expected}
    assert client.get("/1/profile", {"identity": "nobody"}).status_code == 404
    assert client.get("/1/profile").status_code == 400


def test_an_address_can_be_unsubscribed_and_subscribed_again(credential):
    client = Client(headers=credential[1])

    def ask(**body):
        return client.post("/1/subscription", body, content_type="application/json")

    off = {"kind": "email", "address": "Ann@Example.com", "subscribed": False}
    assert ask(**off).json() == {"status": "success", "changed": True}
    assert ask(**off).json() == {"status": "success", "changed": False}
    assert sql.rows("SELECT kind, value, reason FROM profiles_suppression") == [
        ("email", "ann@example.com", "unsubscribed")
    ]
    assert ask(**{**off, "subscribed": True}).json() == {"status": "success", "changed": True}
    assert sql.rows("SELECT count(*) FROM profiles_suppression") == [(0,)]
    for bad in ({"kind": "pigeon"}, {"address": "nobody"}, {"subscribed": "no"}, {"address": 5}):
        assert ask(**{**off, **bad}).status_code == 400


def test_the_api_has_a_page_and_a_schema_with_examples(client):
    assert client.get("/api/docs/").status_code == 200
    schema = client.get("/api/schema/", headers={"Accept": "application/json"}).json()
    upload = schema["paths"]["/1/upload"]["post"]
    assert len(upload["requestBody"]["content"]["application/json"]["examples"]) == 3
    assert upload["security"] == [{"project": [], "passcode": []}]


def test_the_gate_counts_project_by_project_and_lets_go(credential):
    gate = api.Gate()
    with gate.enter("a", 1), gate.enter("b", 1), pytest.raises(api.TooManyCalls), gate.enter("a", 1):
        pass
    outcomes = []

    def call():
        with gate.enter("a", 8):
            outcomes.append("in")

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == ["in"] * 8
    assert gate._inside == {}


def test_what_apps_and_pages_record_needs_the_scope_of_devices(db):
    body = json.dumps({"d": [event("ann", "App Launched")]})
    for scopes, status, processed in ((["upload"], 403, None), (["upload", "device"], 200, 1)):
        credential, passcode = services.issue_credential(name="App", scopes=scopes)
        headers = {"X-Sojourn-Project": credential.project_id, "X-Sojourn-Passcode": passcode}
        reply = Client().post("/1/upload?source=device", body, content_type="application/json", headers=headers)
        assert (reply.status_code, reply.json().get("processed")) == (status, processed)
    assert sql.rows("SELECT source FROM profiles_inbox") == [("device",)]
    reply = Client().post("/1/upload?source=import", body, content_type="application/json", headers=headers)
    assert (reply.status_code, reply.json()["error"]) == (400, "The source is api or device.")
    reply = Client().post("/1/upload", body, content_type="application/json", headers=headers)
    assert reply.json()["unprocessed"][0]["code"] == 513  # from the partner's own systems it stays reserved
