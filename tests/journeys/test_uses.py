"""Which journeys hold a saved segment or a list, and what becomes of them when a segment gets another name."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from journeys import services
from journeys.models import Version
from segments import saved, usage
from segments import services as lists
from segments.errors import ListError, SegmentError
from segments.models import Segment
from tests.journeys.documents import journey, past
from tests.segments.cast import rule

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
GOLD = {"profile": {"property": "plan", "op": "=", "value": "gold"}}
SPLIT = {"id": 2, "kind": "split", "config": {"paths": [{"name": "Gold", "rule": {"not": {"segment": "Gold"}}}]}}


def save(name: str = "Gold", **body: Any) -> Segment:
    return saved.create_segment(name=name, kind="past", rule=rule(**(body or GOLD)), now=NOON)


def asking(where: str, name: str = "Gold") -> dict[str, Any]:
    """A journey that asks for a segment somewhere."""
    by_name = {"kind": "past_behaviour", "segment": name}
    filters = {"all": [{"segment": name}]}
    node = {"id": 9, "kind": "past_behaviour", "config": {"segment": name}}
    return {
        "entry": lambda: journey(entry=past({"once": "now"}) | {"segment": by_name}),
        "filter": lambda: journey(
            entry=journey()["entry"]
            | {"segment": {"kind": "action", "events": [{"event": "Start"}], "filters": filters}}
        ),
        "goal": lambda: journey(goals=[by_name]),
        "node": lambda: journey(nodes=[*journey()["nodes"], node]),
        "split": lambda: journey(nodes=[*journey()["nodes"], SPLIT]),
    }[where]()


PLACES = ["entry", "filter", "goal", "node", "split"]


@pytest.fixture
def live() -> Callable[..., Version]:
    def publish(document: dict[str, Any]) -> Version:
        version = services.create_journey(document=document, by=None, now=NOON)
        services.publish(version_id=version.pk, by=None, now=NOON)
        return Version.objects.get(pk=version.pk)

    return publish


def users(name: str = "Gold") -> list[tuple[str, str, bool]]:
    return [(use.kind, use.state, use.holds) for use in usage.users("segment", [name]).get(name, [])]


@pytest.mark.parametrize("where", PLACES)
def test_a_draft_uses_a_segment_wherever_it_asks_and_does_not_hold_it(where: str) -> None:
    segment = save()
    services.create_journey(document=asking(where), by=None, now=NOON)
    assert users() == [("journey", "draft", False)]
    saved.delete_segment(segment_id=segment.pk)
    assert not Segment.objects.exists()


def test_headers_of_a_webhook_are_no_use() -> None:
    save()
    content = {"method": "POST", "url": "https://example.com", "headers": {"segment": "Gold"}, "body": "{}"}
    node = {"id": 1, "kind": "webhook", "config": {"content": content}}
    version = services.create_journey(document=journey(nodes=[node]), by=None, now=NOON)
    assert users() == []
    saved.change_segment(segment_id=Segment.objects.get().pk, name="Best", now=NOON)
    assert Version.objects.get(pk=version.pk).document["nodes"] == [node]


@pytest.mark.parametrize("where", ["entry", "filter", "goal"])
def test_a_segment_that_a_live_journey_uses_is_neither_deleted_nor_renamed(
    where: str, live: Callable[..., Version]
) -> None:
    segment = save()
    live(asking(where))
    assert [(kind, holds) for kind, _state, holds in users()] == [("journey", True)]
    with pytest.raises(
        SegmentError, match=r"“Gold” is used by the journey “Abandoned cart” \(.*\); it cannot be deleted"
    ):
        saved.delete_segment(segment_id=segment.pk)
    with pytest.raises(SegmentError, match="it keeps its name until they are stopped") as refused:
        saved.change_segment(segment_id=segment.pk, name="Best", now=NOON)
    assert refused.value.code == "segment_used"
    assert Segment.objects.get().name == "Gold"


def test_each_state_holds_as_the_specification_says(live: Callable[..., Version]) -> None:
    save()
    version = live(asking("goal"))
    for move, state, holds in [("pause", "paused", True), ("resume", "live", True), ("stop", "stopped", None)]:
        more = {"wait": True} if move == "stop" else {}
        getattr(services, move)(version_id=version.pk, by=None, now=NOON, **more)
        assert users() == ([] if holds is None else [("journey", state, holds)])
    Version.objects.filter(pk=version.pk).update(status="completed")
    assert users() == [("journey", "completed", True)]
    Version.objects.filter(pk=version.pk).update(status="archived", archived_from="paused")
    assert users() == [("journey", "paused", True)]


@pytest.mark.parametrize("where", PLACES)
def test_a_new_name_reaches_drafts_and_segments_and_nothing_else(where: str) -> None:
    segment = save()
    other = save(
        "Others", any=[{"not": {"segment": "Gold"}}, {"profile": {"property": "segment", "op": "=", "value": "Gold"}}]
    )
    before = asking(where)
    version = services.create_journey(document=before, by=None, now=NOON)
    saved.change_segment(segment_id=segment.pk, name="Best of all", now=NOON)
    after = Version.objects.get(pk=version.pk).document
    assert usage.users("segment", ["Gold"]) == {}
    assert users("Best of all") == [("segment", "", True), ("journey", "draft", False)]
    assert after == json.loads(json.dumps(before).replace('"segment": "Gold"', '"segment": "Best of all"')) != before
    renamed = Segment.objects.get(pk=other.pk)
    assert renamed.rule["any"][0] == {"not": {"segment": "Best of all"}}
    assert renamed.rule["any"][1]["profile"]["value"] == "Gold"
    assert renamed.version == 2


def test_a_refused_name_leaves_drafts_as_they_were(live: Callable[..., Version]) -> None:
    segment = save()
    draft = services.create_journey(document=asking("entry"), by=None, now=NOON)
    live(asking("goal"))
    with pytest.raises(SegmentError):
        saved.change_segment(segment_id=segment.pk, name="Best", now=NOON)
    assert Version.objects.get(pk=draft.pk).document["entry"]["segment"]["segment"] == "Gold"


def test_a_list_is_held_by_a_journey_that_asks_for_it_through_segments(live: Callable[..., Version]) -> None:
    staff = lists.create_list(name="staff", now=NOON)
    save("Colleagues", list="staff")
    save("Customers", not_={"segment": "Colleagues"})
    assert [use.kind for use in usage.holders("list", "staff")] == ["segment"]
    live(asking("goal", "Customers"))
    assert [(use.kind, use.name) for use in usage.holders("list", "staff")] == [
        ("segment", "Colleagues"), ("journey", "Abandoned cart"),
    ]  # fmt: skip
    with pytest.raises(ListError, match="“staff” is used by the segment “Colleagues”"):
        lists.delete_list(list_id=staff.pk)


def test_journeys_are_asked_once_for_many_names(django_assert_num_queries: Any) -> None:
    for name in "abc":
        save(name)
        services.create_journey(document=asking("goal", name), by=None, now=NOON)
    with django_assert_num_queries(2):
        assert {name: len(uses) for name, uses in usage.users("segment", "abc").items()} == {"a": 1, "b": 1, "c": 1}
