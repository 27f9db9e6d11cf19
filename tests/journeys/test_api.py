"""The API that the canvas works with: read, check, save, publish, import and export, each as far as the role goes."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from journeys import editor, services, versions
from journeys.models import Journey, Status, Version
from tests.journeys.documents import action, email, journey, link, live
from tests.staff import signed_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def draft(db: None) -> Callable[..., Version]:
    """Make a draft."""

    def draft(**changes: Any) -> Version:
        return services.create_journey(document=journey(**changes), by=None, now=NOON)

    return draft


def address(version: Version, part: str = "") -> str:
    return f"/api/journeys/{version.journey_id}/versions/{version.number}/{part}"


def call(who: str, method: str, url: str, body: Any = None) -> Any:
    """Status and answer."""
    answer = send(signed_in(who), method, url, body)
    return answer.status_code, answer.json() if answer.content else None


def send(client: Client, method: str, url: str, body: Any) -> Any:
    return client.generic(method.upper(), url, json.dumps(body), content_type="application/json")


def test_the_palette_names_every_kind_with_its_connectors_and_form(db: None) -> None:
    status, answer = call("mia", "get", "/api/journeys/palette/")
    kinds = {kind["name"]: kind for kind in answer["kinds"]}
    assert status == 200
    assert kinds["email"]["vias"][:2] == ["sent", "failed"]
    assert kinds["email"]["schema"]["properties"]["provider"]
    assert kinds["custom_list"]["entry"] == ["past"]
    assert not kinds["custom_list"]["middle"]
    assert all(kind["hint"].endswith(".") for kind in kinds.values())


def test_a_draft_is_made_read_and_saved_with_its_findings(db: None) -> None:
    status, made = call("cora", "post", "/api/journeys/", {"document": journey(name="")})
    assert (status, made["status"], made["editable"]) == (201, "draft", "all")
    assert [finding["code"] for finding in made["findings"]] == ["K01"]
    version = Version.objects.get(journey=made["journey"]["id"])
    status, saved = call("cora", "put", address(version), {"document": journey(name="Cart"), "seen": made["digest"]})
    assert (status, saved["findings"], saved["journey"]["name"]) == (200, [], "Cart")
    assert saved["connectors"]["1"][:2] == ["sent", "failed"]
    assert Version.objects.get(pk=version.pk).document["name"] == "Cart"


def test_no_form_offers_what_a_kind_cannot_have(db: None) -> None:
    kinds = {
        kind["name"]: kind["schema"]["properties"] for kind in call("mia", "get", "/api/journeys/palette/")[1]["kinds"]
    }
    assert "throttle" in kinds["email"]
    assert "frequency" not in kinds["email"]
    assert "frequency" in kinds["in_app"]
    assert "throttle" not in kinds["in_app"]


def test_saving_200_nodes_takes_at_most_300_ms_of_the_processor(draft: Callable[..., Version]) -> None:
    html = "<p>Hello {{ Profile.name | default: 'you' }}, your {{ Event.item | default: 'basket' }} waits.</p>" * 20
    mail = {"config": {"content": {"subject": "Hello {{ Profile.name | default: 'you' }}", "html": html}}}
    nodes = [action(at) if at % 3 == 0 else email(at, **mail) for at in range(1, 201)]
    links = [link(at, "node_timeout", at + 1) for at in range(1, 200)]
    version = draft(nodes=nodes, links=[link("entry", "yes", 1), *links])
    client, seen = signed_in("cora"), editor.digest(version.document)
    taken = []
    for turn in range(3):  # the first one also fills caches
        body = {"document": version.document | {"description": f"turn {turn}"}, "seen": seen}
        began = time.process_time()
        answer = send(client, "put", address(version), body)
        taken.append(time.process_time() - began)
        seen = answer.json()["digest"]
    assert Version.objects.get(pk=version.pk).document["description"] == "turn 2"
    assert min(taken) <= 0.3


def test_who_saves_over_somebody_elses_work_is_told_and_nothing_is_lost(draft: Callable[..., Version]) -> None:
    version = draft()
    seen = editor.digest(version.document)
    call("cora", "put", address(version), {"document": journey(name="Cora's"), "seen": seen})
    body = {"document": journey(name="Adam's"), "seen": seen}
    status, answer = call("adam", "put", address(version), body)
    assert (status, answer["code"]) == (409, "changed")
    assert "Somebody else saved" in answer["message"]
    assert Journey.objects.get().name == "Cora's"
    assert call("adam", "put", address(version), body | {"force": True})[0] == 200
    assert Journey.objects.get().name == "Adam's"


def test_a_document_that_cannot_be_read_is_refused_with_its_places(draft: Callable[..., Version]) -> None:
    version = draft()
    body = {"document": journey(nodes=[email(1, colour="red")]), "seen": editor.digest(version.document)}
    status, answer = call("cora", "put", address(version), body)
    assert (status, answer["code"]) == (400, "document_unreadable")
    [problem] = answer["problems"]
    assert (problem["node"], problem["field"]) == (1, "colour")


def test_a_published_version_takes_what_its_nodes_send_and_nothing_else(draft: Callable[..., Version]) -> None:
    version = draft()
    status, live = call("apo", "post", address(version, "moves/publish/"), {})
    assert (status, live["status"], live["editable"]) == (200, "live", "none")
    status, live = call("cora", "get", address(version))
    assert live["editable"] == "what"
    changed = live["document"] | {"nodes": [email(1, config={"content": {"subject": "New", "text": "words"}})]}
    status, saved = call("cora", "put", address(version), {"document": changed, "seen": live["digest"]})
    assert status == 200
    moved = changed | {"timeout": "P1D"}
    status, answer = call("cora", "put", address(version), {"document": moved, "seen": saved["digest"]})
    assert (status, answer["code"]) == (409, "not_editable")
    stored = Version.objects.get(pk=version.pk).document
    assert (stored["nodes"][0]["config"]["content"]["subject"], stored["timeout"]) == ("New", "P30D")


def test_publishing_what_has_errors_answers_with_all_of_them(draft: Callable[..., Version]) -> None:
    version = draft(name="", nodes=[email(1), email(2)], links=[link("entry", "yes", 1)])
    status, answer = call("cora", "post", address(version, "moves/publish/"), {})
    assert (status, answer["code"]) == (400, "not_publishable")
    assert {problem["code"] for problem in answer["problems"]} >= {"K01", "K06"}
    assert Version.objects.get(pk=version.pk).status == Status.DRAFT


def test_a_new_version_asks_what_becomes_of_the_one_before(draft: Callable[..., Version]) -> None:
    version = draft()
    call("adam", "post", address(version, "moves/publish/"), {})
    status, second = call("adam", "post", address(version, "moves/revise/"), {})
    assert (status, second["number"], second["status"]) == (200, 2, "draft")
    assert [choice["value"] for choice in second["previous"]] == ["restrict", "stop"]
    draft_of = Version.objects.get(journey=version.journey_id, number=2)
    status, answer = call("adam", "post", address(draft_of, "moves/publish/"), {})
    assert (status, answer["code"]) == (409, "previous")
    status, answer = call("adam", "post", address(draft_of, "moves/publish/"), {"previous": "restrict"})
    assert (status, answer["status"]) == (200, "live")
    assert Version.objects.get(pk=version.pk).status == Status.VERSIONED


def test_a_version_that_a_newer_one_took_over_can_still_be_stopped_or_copied(draft: Callable[..., Version]) -> None:
    version = draft()
    services.publish(version_id=version.pk, by=None, now=NOON)
    newer = versions.draft(version_id=version.pk, by=None, now=NOON)
    services.publish(version_id=newer.pk, by=None, now=NOON, previous="restrict")
    _, read = call("adam", "get", address(version))
    assert {move["name"] for move in read["moves"]} >= {"stop", "revise"}
    assert "pause" not in {move["name"] for move in read["moves"]}
    status, answer = call("adam", "post", address(version, "moves/stop/"), {})
    assert (status, answer["status"]) == (200, "stopped")
    assert Version.objects.get(pk=newer.pk).status == "live"
    status, third = call("adam", "post", address(version, "moves/revise/"), {})
    assert (status, third["number"], third["status"]) == (200, 3, "draft")


def test_publishing_names_the_segments_that_one_says_to_have_checked(draft: Callable[..., Version]) -> None:
    rule = {"all": [{"segment": "Gold"}, {"not": {"list": "Staff"}}]}
    entry = live() | {"segment": {"kind": "action", "events": [{"event": "Charged"}], "filters": rule}}
    version = draft(entry=entry)
    body = {"document": version.document, "seen": editor.digest(version.document)}
    _, answer = call("adam", "post", address(version, "outlook/"), body)
    lines = {line["what"]: line["text"] for line in answer["lines"]}
    assert lines["Segments"] == "“Gold”, “Staff”. By publishing you confirm that you have checked whom they hold."


def test_a_document_goes_out_as_a_file_and_comes_in_again(draft: Callable[..., Version]) -> None:
    version = draft(name="Größe")
    for form in ("yaml", "json"):
        answer = signed_in("mia").get(address(version, f"export.{form}"))
        assert answer.headers["Content-Disposition"] == f'attachment; filename="journey-{version.journey_id}-v1.{form}"'
        status, read = call("cora", "post", "/api/journeys/import/", {"text": answer.content.decode()})
        assert (status, read["findings"]) == (200, [])
        assert read["document"]["name"] == "Größe"
    status, answer = call("cora", "post", "/api/journeys/import/", {"text": "nodes: [{id: 1}"})
    assert (status, answer["code"]) == (400, "document_unreadable")


def test_a_draft_is_deleted(draft: Callable[..., Version]) -> None:
    version = draft()
    assert call("adam", "delete", address(version))[0] == 204
    assert not Journey.objects.exists()
    status, answer = call("adam", "get", address(version))
    assert (status, answer["code"]) == (404, "not_found")


CALLS = [
    # method, path of a version or of all, body, who may
    ("get", "/api/journeys/palette/", None, {"mia", "apo", "cora", "adam"}),
    ("post", "/api/journeys/check/", {"document": journey()}, {"mia", "apo", "cora", "adam"}),
    ("post", "/api/journeys/import/", {"text": "name: x"}, {"mia", "apo", "cora", "adam"}),
    ("post", "/api/journeys/", {"document": journey()}, {"cora", "adam"}),
    ("get", "", None, {"mia", "apo", "cora", "adam"}),
    ("get", "export.yaml", None, {"mia", "apo", "cora", "adam"}),
    ("put", "", {"document": journey(name="Other")}, {"cora", "adam"}),
    ("post", "moves/publish/", {}, {"apo", "cora", "adam"}),
    ("post", "moves/clone/", {}, {"cora", "adam"}),
    ("post", "moves/archive/", {}, {"cora", "adam"}),
    ("delete", "", None, {"cora", "adam"}),
]


@pytest.mark.parametrize("who", ["mia", "apo", "cora", "adam"])
@pytest.mark.parametrize(("method", "path", "body", "may"), CALLS)
def test_each_role_gets_as_far_as_its_rights(
    draft: Callable[..., Version], method: str, path: str, body: Any, may: set[str], who: str
) -> None:
    version = draft()
    if method == "put":
        body = body | {"seen": editor.digest(version.document)}
    before = Version.objects.values_list("pk", "status", "document__name")
    was = list(before)
    answer = send(signed_in(who), method, path if path.startswith("/") else address(version, path), body)
    if who in may:
        assert answer.status_code in (200, 201, 204)
    else:
        assert (answer.status_code, answer.json()["code"]) in ((403, "forbidden"), (403, "permission_denied"))
        assert list(before.all()) == was


@pytest.mark.parametrize(("method", "path", "body", "may"), CALLS)
def test_nobody_gets_in_without_signing_in_or_without_the_token(
    draft: Callable[..., Version], method: str, path: str, body: Any, may: set[str]
) -> None:
    version = draft()
    url = path if path.startswith("/") else address(version, path)
    assert send(Client(), method, url, body).status_code == 403
    if method != "get":
        forged = signed_in("adam", enforce_csrf_checks=True)
        assert send(forged, method, url, body).status_code == 403
    assert Version.objects.get(pk=version.pk).document["name"] == "Abandoned cart"
