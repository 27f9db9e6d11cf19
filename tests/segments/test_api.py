"""The API of saved segments: who may call what, and what it answers."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from config.lib import lanes, sql
from profiles import eventtypes
from segments import saved
from segments.models import Segment
from tests.segments.cast import NOON, Someone, rule, store
from tests.staff import person, signed_in

pytestmark = pytest.mark.django_db

API = "/api/segments/"
ADA, BOB, CLEO = 101, 102, 103
GOLD = {"profile": {"property": "plan", "op": "=", "value": "gold"}}
BOUGHT = {"did": {"event": "Charged", "where": []}}
JSON = "application/json"


@pytest.fixture
def cast() -> None:
    """Ada: gold, two purchases, mail. Bob: silver, a device. Cleo opted out of mail."""
    bought = ("Charged", NOON, {"amount": 20, "shop": "Pune"})
    store(
        [
            Someone(
                ADA, {"identity": "ada", "name": "Ada", "email": "ada@example.com"}, {"plan": "gold"}, [bought] * 2
            ),
            Someone(BOB, {"identity": "bob"}, {"plan": "silver", "tags": ["new"]}, [bought], ["push"]),
            Someone(CLEO, {"identity": "cleo", "email": "cleo@example.com"}, {"plan": "gold", "MSG-email": False}),
        ],
        ["Charged"],
    )
    keys = [("identity", "ada", ADA), ("identity", "bob", BOB), ("identity", "cleo", CLEO)]
    sql.copy("profiles_identity", ("kind", "value", "profile_id", "lane"), [(*key, lanes.of(key[2])) for key in keys])


@pytest.fixture
def gold() -> Segment:
    return saved.create_segment(name="Gold", kind="past", rule=rule(**GOLD), now=NOON)


def body(name: str = "New", **more: Any) -> dict[str, Any]:
    return {"name": name, "rule": GOLD, **more}


CALLS: dict[str, tuple[Callable[[Client, int], Any], set[str]]] = {
    "names": (lambda it, pk: it.get(f"{API}names/?kind=event"), {"mia", "apo", "cora", "adam"}),
    "count": (lambda it, pk: it.post(f"{API}count/", {"rule": GOLD}, JSON), {"mia", "apo", "cora", "adam"}),
    "cancel": (lambda it, pk: it.post(f"{API}cancel/", {"token": "a"}, JSON), {"mia", "apo", "cora", "adam"}),
    "check": (lambda it, pk: it.post(f"{API}check/", {"rule": GOLD}, JSON), {"mia", "apo", "cora", "adam"}),
    "samples": (lambda it, pk: it.post(f"{API}samples/", {"rule": GOLD}, JSON), {"mia", "apo", "cora", "adam"}),
    "schema": (lambda it, pk: it.get(f"{API}schema/"), {"mia", "apo", "cora", "adam"}),
    "list": (lambda it, pk: it.get(API), {"mia", "apo", "cora", "adam"}),
    "one": (lambda it, pk: it.get(f"{API}{pk}/"), {"mia", "apo", "cora", "adam"}),
    "history": (lambda it, pk: it.get(f"{API}{pk}/history/"), {"mia", "apo", "cora", "adam"}),
    "explain": (lambda it, pk: it.get(f"{API}{pk}/explain/?profile={ADA}"), {"mia", "apo", "cora", "adam"}),
    "save": (lambda it, pk: it.post(API, body(), JSON), {"cora", "adam"}),
    "change": (lambda it, pk: it.put(f"{API}{pk}/", body("Gold", version=1), JSON), {"cora", "adam"}),
    "count now": (lambda it, pk: it.post(f"{API}{pk}/history/"), {"cora", "adam"}),
    "delete": (lambda it, pk: it.delete(f"{API}{pk}/"), {"adam"}),
}


@pytest.mark.parametrize("name", ["mia", "apo", "cora", "adam"])
@pytest.mark.parametrize("call", CALLS)
def test_each_role_does_what_it_may_and_nothing_else(cast: None, gold: Segment, call: str, name: str) -> None:
    make, allowed = CALLS[call]
    before = [*Segment.objects.values()]
    answer = make(signed_in(name), gold.pk)
    if name in allowed:
        assert answer.status_code in (200, 201, 204), answer.content
    else:
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
        assert [*Segment.objects.values()] == before


@pytest.mark.parametrize("call", CALLS)
def test_nobody_calls_it_without_signing_in_or_without_the_back_office(
    client: Client, cast: None, gold: Segment, call: str
) -> None:
    make, _allowed = CALLS[call]
    assert make(client, gold.pk).status_code == 403
    outsider = person("adam")
    outsider.is_staff = False
    outsider.save()
    client.force_login(outsider)
    assert make(client, gold.pk).status_code == 403
    assert Segment.objects.get().version == 1


@pytest.mark.parametrize("call", ["count", "cancel", "check", "samples", "save", "change", "count now", "delete"])
def test_what_is_sent_needs_the_token_of_the_page(cast: None, gold: Segment, call: str) -> None:
    answer = CALLS[call][0](signed_in("adam", enforce_csrf_checks=True), gold.pk)
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["message"]
    assert Segment.objects.get().version == 1


def test_a_count_is_exact_for_each_channel(cast: None) -> None:
    counted = signed_in("mia").post(f"{API}count/", {"rule": {"any": [GOLD, BOUGHT]}, "token": "a"}, JSON).json()
    assert (counted["count"], counted["estimate"]) == (3, False)
    assert counted["reachable"] == {"email": 1, "sms": 0, "whatsapp": 0, "rcs": 0, "push": 1, "web_push": 0}
    assert isinstance(counted["ms"], int)


def test_a_count_is_one_statement_over_the_people(cast: None) -> None:
    client = signed_in("mia")
    client.post(f"{API}count/", {"rule": GOLD}, JSON)
    with sql.counting() as seen:
        client.post(f"{API}count/", {"rule": GOLD}, JSON)
    assert sum("profiles_profile" in statement for statement in seen.statements) == 1


def test_a_rule_that_cannot_be_read_is_answered_with_its_places(cast: None) -> None:
    wrong = {"all": [GOLD, {"did": {"event": "Charged", "count": {"op": ">=", "value": "many"}}}]}
    refused = signed_in("mia").post(f"{API}count/", {"rule": wrong}, JSON)
    assert (refused.status_code, refused.json()["code"]) == (400, "rule")
    (problem,) = refused.json()["problems"]
    assert problem["field"].startswith("rule.all.1.did")
    checked = signed_in("mia").post(f"{API}check/", {"rule": wrong}, JSON)
    assert checked.status_code == 200
    assert checked.json() == {"sentence": "", "problems": [problem]}


@pytest.mark.parametrize("wrong", [None, [], "did", 7, {"did": {"event": "Charged\x00"}}, {"any": []}, {"not": None}])
def test_whatever_is_sent_as_a_rule_is_answered_with_a_sentence(wrong: Any) -> None:
    client = signed_in("cora")
    for address in ("count/", "samples/", ""):
        answer = client.post(f"{API}{address}", body(rule=wrong), JSON)
        assert answer.status_code == 400, (address, answer.content)
        assert answer.json()["message"]
    assert not Segment.objects.exists()


def test_a_check_says_it_in_english_and_what_is_wrong(cast: None, gold: Segment) -> None:
    asked = {"rule": {"all": [BOUGHT, {"segment": "Silver"}, {"did": {"event": "Chraged"}}]}, "name": "Gold"}
    answer = signed_in("mia").post(f"{API}check/", asked, JSON).json()
    assert answer["sentence"] == "did Charged, and is in the segment Silver, and did Chraged"
    assert [(it["code"], it["level"], it["field"]) for it in answer["problems"]] == [
        ("segment_name", "error", "name"),
        ("segment_gone", "error", "rule.all.1"),
        ("event_unknown", "warning", "rule.all.2"),
    ]
    own = signed_in("mia").post(f"{API}check/", {"rule": GOLD, "name": "Gold", "id": gold.pk}, JSON).json()
    assert own["problems"] == []


def test_a_check_sees_the_ring_that_saving_would_close(gold: Segment) -> None:
    saved.create_segment(name="Others", kind="past", rule=rule(not_={"segment": "Gold"}), now=NOON)
    asked = {"rule": {"segment": "Others"}, "name": "Gold", "id": gold.pk}
    (problem,) = signed_in("mia").post(f"{API}check/", asked, JSON).json()["problems"]
    assert problem["code"] == "segment_cycle"


def test_samples_lead_to_peoples_pages(cast: None) -> None:
    people = signed_in("mia").post(f"{API}samples/", {"rule": BOUGHT}, JSON).json()["people"]
    assert [it["identity"] for it in people] == ["bob", "ada"]
    page = signed_in("mia").get(people[1]["url"])
    assert page.status_code == 200
    assert "ada@example.com" in page.content.decode()


def test_names_are_those_that_were_received(cast: None, gold: Segment) -> None:
    client = signed_in("mia")

    def names(query: str) -> list[dict[str, Any]]:
        return client.get(f"{API}names/?{query}").json()["names"]

    assert "Charged" in [it["name"] for it in names("kind=event")]
    assert [it["name"] for it in names("kind=event&q=charg")] == ["Charged"]
    assert names("kind=event_property&event=charged") == [
        {"name": "amount", "type": "number", "label": "", "seen": 3, "values": []},
        {"name": "shop", "type": "string", "label": "", "seen": 3, "values": ["Pune"]},
    ]
    assert names("kind=event_property&event=Unheard") == []
    (plan,) = names("kind=profile_property&q=plan")
    assert (plan["type"], plan["seen"], plan["values"]) == ("string", 3, ["gold", "silver"])
    (mail,) = names("kind=profile_property&q=get e-mail")
    assert (mail["name"], mail["type"]) == ("MSG-email", "boolean")
    assert [it["name"] for it in names("kind=segment")] == ["Gold"]
    assert client.get(f"{API}names/?kind=planet").status_code == 400


def test_a_discarded_event_is_not_offered(cast: None) -> None:
    sql.run("UPDATE profiles_eventtype SET discarded = TRUE WHERE key = %(key)s", {"key": eventtypes.key("Charged")})
    assert signed_in("mia").get(f"{API}names/?kind=event&q=charged").json() == {"names": []}


def test_a_segment_is_saved_changed_and_deleted(cast: None) -> None:
    cora = signed_in("cora")
    made = cora.post(API, body("Gold", description="For the sale."), JSON)
    assert made.status_code == 201
    shown = made.json()
    assert (shown["name"], shown["description"], shown["kind"], shown["version"]) == (
        "Gold",
        "For the sale.",
        "past",
        1,
    )
    assert (shown["created_by"], shown["used_by"], shown["sentence"]) == ("cora", [], "plan is gold")
    address = f"{API}{shown['id']}/"
    changed = cora.put(address, {"name": "Buyers", "rule": BOUGHT, "version": 1}, JSON).json()
    assert (changed["name"], changed["rule"], changed["description"]) == ("Buyers", BOUGHT, "For the sale.")
    assert [it["name"] for it in cora.get(API).json()["segments"]] == ["Buyers"]
    assert signed_in("adam").delete(address).status_code == 204
    assert (cora.get(address).status_code, cora.get(address).json()["code"]) == (404, "not_found")


def test_a_change_of_an_old_copy_is_refused(gold: Segment) -> None:
    cora, address = signed_in("cora"), f"{API}{gold.pk}/"
    assert cora.put(address, {"name": "Gold", "rule": BOUGHT, "version": 1}, JSON).status_code == 200
    late = cora.put(address, {"name": "Mine", "rule": GOLD, "version": 1}, JSON)
    assert (late.status_code, late.json()["code"]) == (409, "segment_changed")
    assert late.json()["message"] == "Somebody changed “Gold” meanwhile; load it again to see how it is now."
    assert Segment.objects.get().rule == BOUGHT


def test_a_segment_that_another_one_uses_is_not_deleted(gold: Segment) -> None:
    saved.create_segment(name="Others", kind="past", rule=rule(not_={"segment": "Gold"}), now=NOON)
    adam = signed_in("adam")
    refused = adam.delete(f"{API}{gold.pk}/")
    assert (refused.status_code, refused.json()["code"]) == (409, "segment_used")
    assert refused.json()["message"] == "“Gold” is used by the segment “Others”; it cannot be deleted."
    (use,) = adam.get(f"{API}{gold.pk}/").json()["used_by"]
    assert (use["kind"], use["name"], use["holds"]) == ("segment", "Others", True)
    assert adam.get(use["url"]).status_code == 200


def test_a_name_that_is_taken_is_said_at_the_name(gold: Segment) -> None:
    refused = signed_in("cora").post(API, body(" Gold "), JSON)
    assert (refused.status_code, refused.json()["code"]) == (400, "segment_name")
    assert Segment.objects.count() == 1


def test_counting_now_adds_a_point(cast: None, gold: Segment) -> None:
    cora, address = signed_in("cora"), f"{API}{gold.pk}/history/"
    assert cora.get(address).json() == {"points": []}
    (point,) = cora.post(address).json()["points"]
    assert (point["count"], point["reachable"]["email"], point["problem"]) == (2, 1, "")
    assert cora.get(f"{API}{gold.pk}/").json()["count"] == 2


def test_an_explanation_is_by_number_or_by_identity(cast: None, gold: Segment) -> None:
    client, address = signed_in("mia"), f"{API}{gold.pk}/explain/"
    bob = client.get(f"{address}?profile={BOB}").json()
    assert bob == {
        "holds": False,
        "clauses": [{"place": "", "depth": 0, "text": "plan is gold", "holds": False, "seen": "silver"}],
    }
    assert client.get(f"{address}?identity=bob").json() == bob
    for nobody in ("profile=999", "profile=x", "identity=zoe", "", f"profile={'9' * 30}"):
        assert client.get(f"{address}?{nobody}").status_code == 404
