"""A journey goes to another project as a file: what is this project's own stays here (domain 2.3)."""

import copy
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from channels.models import Provider
from journeys import checks, services
from journeys.document import parse
from journeys.models import Journey
from journeys.transfer import for_another_project
from tests.journeys.documents import MAIL, email, journey, link, live
from tests.staff import signed_in

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
GOLD = {"profile": {"property": "plan", "op": "=", "value": "gold"}}
HOOK = {"method": "POST", "url": "https://crm.example/in", "body": {"who": "{{ Profile.identity | default: '' }}"}}


def webhook(number: int) -> dict[str, Any]:
    return {"id": number, "kind": "webhook", "config": {"provider": "crm", "content": copy.deepcopy(HOOK)}}


def test_providers_groups_and_the_addresses_of_webhooks_stay_here() -> None:
    instead = {"text": "Hi", "provider": "texts"}
    rcs = {"id": 3, "kind": "rcs", "config": {"content": {"text": "Hi"}, "fallback": instead}}
    sent = for_another_project(
        journey(
            nodes=[email(1, config={"provider": "mailhouse", "groups": ["news"], "content": MAIL}), webhook(2), rcs]
        )
    )
    assert sent["nodes"][0]["config"] == {"content": MAIL}
    assert sent["nodes"][2]["config"] == {"content": {"text": "Hi"}, "fallback": {"text": "Hi"}}
    assert sent["nodes"][1]["config"] == {"content": {"method": "POST", "body": HOOK["body"]}}


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({"segment": "VIPs"}, None),
        ({"all": [GOLD, {"not": {"segment": "VIPs"}}]}, {"all": [GOLD]}),
        ({"any": [{"list": "pos"}, {"all": [{"segment": "VIPs"}]}]}, None),
        ({"not": {"all": [{"list": "pos"}, GOLD]}}, {"not": {"all": [GOLD]}}),
        (GOLD, GOLD),
    ],
)
def test_segments_and_lists_that_a_filter_includes_or_excludes_stay_here(filters: Any, left: Any) -> None:
    entry = live({"start": "now", "end": None})
    entry["segment"] |= {"filters": filters}
    node = {"id": 1, "kind": "action", "config": {"events": [{"event": "Charged"}], "filters": filters}}
    given = journey(entry=entry, nodes=[node], goals=[{"kind": "action", "filters": filters}])
    sent = for_another_project(given)
    assert [sent["entry"]["segment"]["filters"], sent["goals"][0]["filters"]] == [left, left]
    assert sent["nodes"][0]["config"]["filters"] == left


@pytest.mark.django_db
def test_what_is_left_open_is_found_there_and_keeps_it_from_being_published() -> None:
    trigger = {"criteria": "live", "segment": {"kind": "journey_trigger", "journey": 7, "node": 1, "via": "sent"}}
    sent = for_another_project(journey(entry=trigger | {"timeline": {"start": "now", "end": None}}, nodes=[webhook(1)]))
    found = checks.findings(parse(sent), now=NOW, tz=ZoneInfo("UTC"))
    places = {(it.code, it.node, it.field) for it in found if it.level == "error"}
    assert {("K05", None, "entry.segment.journey"), ("K12", 1, "config.content.url")} <= places


@pytest.mark.parametrize("odd", [None, [], {"nodes": [1, {"config": 3}]}, {"entry": 1, "goals": {}, "nodes": None}])
def test_a_draft_may_hold_anything(odd: Any) -> None:
    before = copy.deepcopy(odd)
    assert for_another_project(odd) == before
    assert odd == before


@pytest.mark.django_db
def test_the_file_is_for_those_who_may_write_and_labels_come_to_be_where_it_is_imported() -> None:
    Provider.objects.create(name="mailhouse", channel="email", kind="sandbox", is_default=True)
    document = journey(
        labels=["retention"],
        nodes=[email(1, config={"provider": "mailhouse", "content": MAIL})],
        links=[link("entry", "yes", 1)],
    )
    version = services.create_journey(document=document, by=None, now=NOW)
    address = f"/api/journeys/{version.journey_id}/versions/1/export.yaml"
    assert signed_in("mia").get(address).status_code == 200
    assert signed_in("mia").get(f"{address}?for=another_project").status_code == 403
    cora = signed_in("cora")
    answer = cora.get(f"{address}?for=another_project")
    assert "provider" not in yaml.safe_load(answer.content)["nodes"][0]["config"]
    read = cora.post("/api/journeys/import/", {"text": answer.content.decode()}, "application/json").json()
    assert not [it for it in read["findings"] if it["level"] == "error"]
    made = cora.post("/api/journeys/", {"document": read["document"]}, "application/json")
    assert made.status_code == 201
    assert Journey.objects.latest("pk").labels == ["retention"]
