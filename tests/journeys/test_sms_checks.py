"""Publish checks of text messages: their links, and the connector that only short ones have (domain 5.1, 9.4)."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from channels.models import Campaign
from journeys import checks, services, versions
from journeys.document import parse
from journeys.errors import JourneyError
from tests.journeys.documents import journey, link

NOW = datetime(2026, 3, 3, 16, tzinfo=UTC)
SIX = " ".join(f"https://shop.example/{n}" for n in range(6))
BARE = {"text": "https://shop.example", "shorten_links": False}
SHORT = {"text": "https://shop.example", "shorten_links": True}

pytestmark = pytest.mark.django_db


def found(config: dict[str, Any], *, kind: str = "sms", via: str = "clicked") -> list[tuple[str, str, str]]:
    """(code, field, sentence) of what is wrong with a journey of this node, number 1, and an exit behind it."""
    nodes = [{"id": 1, "kind": kind, "name": "Offer", "config": config}, {"id": 2, "kind": "force_exit"}]
    document = parse(journey(nodes=nodes, links=[link("entry", "yes", 1), link(1, via, 2)]))
    problems = checks.findings(document, now=NOW, tz=ZoneInfo("Europe/Paris"))
    return [(it.code, it.field, it.message) for it in problems]


def split(*contents: dict[str, Any]) -> dict[str, Any]:
    options = [{"name": str(at), "percent": 100 // len(contents), "content": it} for at, it in enumerate(contents)]
    return {"variants": {"type": "split", "options": options}}


@pytest.mark.parametrize(
    "config",
    [{"content": {"text": "Hi"}}, {"content": SHORT}, split(BARE, SHORT)],
    ids=["silent", "short", "one of two"],
)
def test_clicked_may_be_drawn_where_links_are_shortened(config: dict[str, Any]) -> None:
    assert found(config) == []


@pytest.mark.parametrize("config", [{"content": BARE}, split(BARE, BARE)], ids=["one", "all"])
def test_clicked_may_not_be_drawn_where_they_are_not(config: dict[str, Any]) -> None:
    assert found(config) == [
        (
            "K05",
            "links[1]",
            "“Offer” (node 1) does not shorten its links, so no click is known; let it, or do not draw Clicked.",
        )
    ]
    assert found(config, via="delivered") == []


@pytest.mark.parametrize("kind", ["whatsapp", "rcs"])
def test_other_channels_hear_of_clicks_from_their_providers(kind: str) -> None:
    assert found({"content": BARE}, kind=kind) == []


def test_a_connector_that_no_text_message_has_is_refused_in_other_words() -> None:
    [(_code, _field, message)] = found({"content": BARE}, via="viewed")
    assert message == (
        "“Offer” (node 1) has no connector “viewed”; choose one of sent, delivered, failed, unreachable, node_timeout."
    )


def test_a_sixth_link_is_refused_at_its_place() -> None:
    assert found({"content": {"text": SIX}}) == [
        (
            "K12",
            "config.content.text",
            "“Offer” (node 1): There are 6 links; at most 5 can be made short. Take some out, or do not shorten links.",
        )
    ]
    assert [it[:2] for it in found(split(SHORT, {"text": SIX}))] == [("K12", "config.variants.options[1].content.text")]
    assert found({"content": {"text": SIX, "shorten_links": False}}, via="sent") == []


def test_shortening_is_not_switched_off_under_people_who_wait_for_a_click() -> None:
    nodes = [{"id": 1, "kind": "sms", "config": {"content": SHORT}}, {"id": 2, "kind": "force_exit"}]
    document = journey(nodes=nodes, links=[link("entry", "yes", 1), link(1, "clicked", 2)])
    version = services.create_journey(document=document, by=None, now=NOW)
    services.publish(version_id=version.pk, by=None, now=NOW)
    with pytest.raises(JourneyError, match="does not shorten its links, so no click is known"):
        versions.edit(version_id=version.pk, node=1, config={"content": BARE}, by=None, now=NOW)
    assert Campaign.objects.get().content["shorten_links"] is True
