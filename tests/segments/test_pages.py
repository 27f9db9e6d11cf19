"""Saved segments in the back office: the list, the page, the question before deleting, and why somebody is in one."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from config.lib import lanes, sql
from journeys import services
from segments import saved
from segments.models import Segment, SegmentCount
from tests.journeys.documents import journey
from tests.segments.cast import NOON, Someone, rule, store
from tests.staff import person, signed_in

pytestmark = pytest.mark.django_db

LIST = "/admin/segments/segment/"
GOLD = {"profile": {"property": "plan", "op": "=", "value": "gold"}}
ADA = 101


def save(name: str = "Gold", **more: Any) -> Segment:
    body = more.pop("body", GOLD)
    return saved.create_segment(**{"name": name, "kind": "past", "rule": rule(**body), "now": NOON} | more)


def page_of(segment: Segment, what: str = "change") -> str:
    return f"{LIST}{segment.pk}/{what}/"


def text(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_an_empty_list_says_what_a_segment_is() -> None:
    assert "Build the first one" in text(signed_in("cora"), LIST)
    page = text(signed_in("mia"), LIST)
    assert "No segments yet" in page
    assert "Build the first one" not in page


def test_the_list_says_what_each_means_how_many_there_were_and_who_uses_it() -> None:
    gold = save(by=person("cora"), description="The best.")
    save("Others", body={"not_": {"segment": "Gold"}})
    SegmentCount.objects.create(segment=gold, at=NOON, count=12_345)
    services.create_journey(document=journey(goals=[{"kind": "past_behaviour", "segment": "Gold"}]), by=None, now=NOON)
    page = text(signed_in("mia"), LIST)
    for shown in ("plan is gold", "12,345", "2026-03-02 12:00", "Others", "Abandoned cart", "cora", "not counted yet"):
        assert shown in page, shown
    found = text(signed_in("mia"), f"{LIST}?q=best")
    assert "plan is gold" in found
    assert "is in the segment Gold" not in found


def test_the_list_costs_as_many_statements_for_twenty_as_for_two() -> None:
    def statements(client: Client) -> int:
        with sql.counting() as seen:
            client.get(LIST)
        return int(seen)

    client = signed_in("mia")
    save("a"), save("b")
    few = statements(client)
    for number in range(18):
        save(f"more {number}", body={"segment": "a"})
    assert statements(client) == few


def test_whoever_may_change_it_gets_the_builder_and_others_the_words() -> None:
    gold = save()
    for name, builds in [("mia", False), ("apo", False), ("cora", True), ("adam", True)]:
        page = text(signed_in(name), page_of(gold))
        assert ('data-island="segment-builder"' in page) is builds, name
        assert ("Everybody of whom this holds: plan is gold" in page) is not builds
        assert ("Download as CSV" in page) is builds
    assert 'data-island="segment-builder"' in text(signed_in("cora"), f"{LIST}add/")
    assert signed_in("mia").get(f"{LIST}add/").status_code == 403


def test_names_and_values_are_text_and_not_markup() -> None:
    evil = "</script><img src=x onerror=alert(1)>"
    gold = save(evil, body={"profile": {"property": "plan", "op": "=", "value": evil}}, description=evil)
    save("Others", body={"segment": evil})
    for name in ("mia", "cora", "adam"):
        for address in (LIST, page_of(gold), page_of(gold, "explain")):
            assert "<img src=x" not in text(signed_in(name), address)
    assert "<img src=x" not in text(signed_in("adam"), page_of(gold, "delete"))


def test_a_segment_is_deleted_after_a_question() -> None:
    gold, adam = save(), signed_in("adam")
    assert "Nothing uses it." in text(adam, page_of(gold, "delete"))
    assert Segment.objects.exists()
    assert adam.post(page_of(gold, "delete"))["Location"] == LIST
    assert not Segment.objects.exists()


@pytest.mark.parametrize("name", ["mia", "apo", "cora"])
def test_only_administrators_delete(name: str) -> None:
    gold, client = save(), signed_in(name)
    assert client.get(page_of(gold, "delete")).status_code == 403
    assert client.post(page_of(gold, "delete")).status_code == 403
    assert "Delete …" not in text(client, page_of(gold))
    assert Segment.objects.exists()


def test_the_question_names_who_uses_it_and_deleting_is_refused() -> None:
    gold = save()
    version = services.create_journey(
        document=journey(goals=[{"kind": "past_behaviour", "segment": "Gold"}]), by=None, now=NOON
    )
    adam = signed_in("adam")
    page = text(adam, page_of(gold, "delete"))
    assert "cannot be published without it" in page
    assert "Abandoned cart" in page
    assert "Yes, delete it" in page
    services.publish(version_id=version.pk, by=None, now=NOON)
    page = text(adam, page_of(gold, "delete"))
    assert "cannot be deleted while these use it" in page
    assert "Yes, delete it" not in page
    answer = adam.post(page_of(gold, "delete"))
    assert "is used by the journey “Abandoned cart”" in str(next(iter(get_messages(answer.wsgi_request))))
    assert Segment.objects.exists()


def test_why_somebody_is_not_in_it() -> None:
    store([Someone(ADA, {"identity": "ada", "name": "Ada"}, {"plan": "silver"})], [])
    sql.copy("profiles_identity", ("kind", "value", "profile_id", "lane"), [("identity", "ada", ADA, lanes.of(ADA))])
    asking = page_of(save(body={"all": [GOLD, {"did_not": {"event": "Charged"}}]}), "explain")
    mia = signed_in("mia")
    for query in ("person=ada", f"profile={ADA}"):
        page = text(mia, f"{asking}?{query}")
        assert "is not in “Gold”" in page
        for shown in ("all of these", "plan is gold", "silver", "did not do Charged", "never"):
            assert shown in page, shown
    assert "Nobody has this identity" in text(mia, f"{asking}?person=zoe")
    assert "Nobody has this identity" in text(mia, f"{asking}?profile=x")
    assert mia.get(asking).status_code == 200


def test_counting_now_is_posted_by_those_who_may_change() -> None:
    store([Someone(ADA, {}, {"plan": "gold"})], [])
    gold = save()
    assert signed_in("mia").post(page_of(gold, "count")).status_code == 403
    assert signed_in("cora").get(page_of(gold, "count")).status_code == 403
    assert not SegmentCount.objects.exists()
    assert signed_in("cora").post(page_of(gold, "count")).status_code == 302
    assert SegmentCount.objects.get().count == 1
    assert "as of" in text(signed_in("mia"), page_of(gold))


def test_a_segment_that_is_gone_is_not_found() -> None:
    adam = signed_in("adam")
    for what in ("change", "delete", "explain", "download"):
        assert adam.get(f"{LIST}77/{what}/").status_code == 404
    assert adam.get(f"{LIST}x/change/").status_code == 404
