"""The SMS instead of RCS, from the document to what is sent: published, and edited in part (domain 2.3, 5.1)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from channels import groups
from channels import services as channels
from channels.models import Campaign, Provider
from journeys import services, versions
from journeys.errors import JourneyError, PublishRefused
from journeys.models import Version
from tests.journeys.documents import journey

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def text() -> Provider:
    """A provider of SMS, and a group of it."""
    channels.save_provider(name="Usual", channel="sms", kind="sandbox", config={}, is_default=True)
    text = channels.save_provider(name="Text", channel="sms", kind="sandbox", config={})
    groups.save_group(name="Texts", channel="sms", members=[text.pk])
    return text


def draft(fallback: dict[str, Any] | None) -> Version:
    config = {"content": {"text": "Rich"}} | ({"fallback": fallback} if fallback else {})
    document = journey(nodes=[{"id": 1, "kind": "rcs", "config": config}])
    return services.create_journey(document=document, by=None, now=NOON)


def live(fallback: dict[str, Any] | None) -> Version:
    return services.publish(version_id=draft(fallback).pk, by=None, now=NOON)


def edit(version: Version, **config: Any) -> None:
    versions.edit(version_id=version.pk, node=1, config=config, by=None, now=NOON)


def sent() -> tuple[dict[str, Any], dict[str, Any] | None, str | None, int]:
    """(content, SMS, its provider's name, revision) of the only campaign."""
    it = Campaign.objects.get()
    return it.content, it.fallback, it.fallback_provider and it.fallback_provider.name, it.revision


def test_what_is_published_is_what_is_sent() -> None:
    live({"text": "Plain", "provider": "Texts"})
    content, instead, provider, _revision = sent()
    assert (content["text"], instead, provider) == ("Rich", {"text": "Plain"}, "Texts")


def test_without_one_nothing_is_sent_instead() -> None:
    live(None)
    assert sent()[1:3] == (None, None)


def test_a_provider_that_cannot_send_it_keeps_it_from_being_published(text: Provider) -> None:
    version = draft({"text": "Plain", "provider": "Text"})
    channels.archive_provider(provider_id=text.pk, at=NOON)
    with pytest.raises(PublishRefused, match="The provider “Text” is archived"):
        services.publish(version_id=version.pk, by=None, now=NOON)
    assert not Campaign.objects.exists()


def test_it_can_change_while_the_journey_is_live() -> None:
    version = live({"text": "Plain"})
    edit(version, fallback={"text": "Short", "provider": "Texts"})
    assert sent()[1:] == ({"text": "Short"}, "Texts", 2)
    fresh = Version.objects.get()
    assert fresh.document["nodes"][0]["config"]["fallback"] == {"text": "Short", "provider": "Texts"}
    assert fresh.transitions.get(action="edit").changes == {
        "nodes[1].config.fallback.text": ["Plain", "Short"],
        "nodes[1].config.fallback.provider": [None, "Texts"],
    }


def test_it_can_come_and_go_while_the_journey_is_live() -> None:
    version = live(None)
    edit(version, fallback={"text": "Plain", "provider": "Text"})
    assert sent()[1:] == ({"text": "Plain"}, "Text", 2)
    edit(version, fallback=None)
    assert sent()[1:] == (None, None, 3)


def test_the_edit_of_something_else_leaves_it_as_it_is() -> None:
    version = live({"text": "Plain", "provider": "Text"})
    edit(version, content={"text": "Richer"})
    content, *rest = sent()
    assert (content["text"], rest) == ("Richer", [{"text": "Plain"}, "Text", 2])


@pytest.mark.parametrize(
    ("fallback", "sentence"),
    [
        ({"text": ""}, "The message is empty"),
        ({"text": "Plain", "provider": "Nobody"}, "There is no SMS provider or group “Nobody”"),
        ({"text": "{{ Profile.name"}, "Node 1 .RCS.: .*Liquid|closed"),
    ],
)
def test_what_could_not_be_published_cannot_be_edited_in(fallback: dict[str, Any], sentence: str) -> None:
    version = live({"text": "Plain"})
    before = sent()
    with pytest.raises(JourneyError, match=sentence):
        edit(version, fallback=fallback)
    assert (sent(), Version.objects.get().document) == (before, version.document)
