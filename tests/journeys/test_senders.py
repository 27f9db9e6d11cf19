"""Archiving a provider, or the last one of a group, stops the journeys that send through it, once somebody has said so
(domain 5.3).
"""

from datetime import UTC, datetime

import pytest

from channels import groups
from channels.models import Provider, ProviderGroup
from journeys import services
from journeys.models import Status, Version
from tests.journeys.documents import MAIL, email, journey
from tests.staff import signed_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider() -> Provider:
    Provider.objects.create(name="Usual", channel="email", kind="sandbox", is_default=True)
    return Provider.objects.create(name="Post", channel="email", kind="sandbox")


def live(name: str, provider: str | None) -> Version:
    """A live journey whose mail names a provider, or none."""
    nodes = [email(1, config={"content": MAIL, "provider": provider})]
    made = services.create_journey(document=journey(name=name, nodes=nodes), by=None, now=NOON)
    return services.publish(version_id=made.pk, by=None, now=NOON)


def states() -> dict[str, str]:
    return dict(Version.objects.order_by("pk").values_list("journey__name", "status"))


def test_archiving_asks_first_and_names_the_journeys(provider: Provider) -> None:
    live("Welcome", "Post")
    live("Other", None)
    page = signed_in("adam").post(f"/admin/channels/provider/{provider.pk}/archive/")
    assert page.status_code == 200
    assert "Welcome, version 1" in page.content.decode()
    assert "Other, version 1" not in page.content.decode()
    provider.refresh_from_db()
    assert (provider.archived_at, states()) == (None, {"Welcome": Status.LIVE, "Other": Status.LIVE})


def test_once_confirmed_they_are_stopped_and_the_others_go_on(provider: Provider) -> None:
    live("Welcome", "Post")
    live("Other", None)
    client = signed_in("adam")
    assert client.post(f"/admin/channels/provider/{provider.pk}/archive/", {"confirmed": "1"}).status_code == 302
    provider.refresh_from_db()
    assert provider.archived_at is not None
    assert states() == {"Welcome": Status.STOPPED, "Other": Status.LIVE}


def test_what_cannot_be_stopped_keeps_the_provider_in_use(provider: Provider) -> None:
    version = live("Welcome", "Post")
    services.pause(version_id=version.pk, by=None, now=NOON)
    services.archive(journey_id=version.journey_id, by=None, now=NOON)  # its people still move
    client = signed_in("adam")
    said = client.post(f"/admin/channels/provider/{provider.pk}/archive/", {"confirmed": "1"}, follow=True)
    assert "can be stopped" in said.content.decode()
    provider.refresh_from_db()
    assert (provider.archived_at, states()) == (None, {"Welcome": Status.ARCHIVED})


def test_nobody_is_asked_where_nothing_sends_through_it(provider: Provider) -> None:
    version = live("Welcome", "Post")
    services.stop(version_id=version.pk, by=None, now=NOON, wait=True)
    assert signed_in("adam").post(f"/admin/channels/provider/{provider.pk}/archive/").status_code == 302
    provider.refresh_from_db()
    assert provider.archived_at is not None


def of_group(*members: Provider, is_default: bool = False) -> ProviderGroup:
    return groups.save_group(name="Both", channel="email", members=[it.pk for it in members], is_default=is_default)


def test_archiving_the_last_one_of_a_group_asks_first_and_then_stops_its_journeys(provider: Provider) -> None:
    group = of_group(provider)
    live("Welcome", "Both")
    live("Other", None)
    client = signed_in("adam")
    page = client.post(f"/admin/channels/provider/{provider.pk}/archive/").content.decode()
    assert "empty: nothing can be sent through it" in page
    assert "Welcome, version 1" in page
    assert "Other, version 1" not in page
    assert (group.members.count(), states()) == (1, {"Welcome": Status.LIVE, "Other": Status.LIVE})
    assert client.post(f"/admin/channels/provider/{provider.pk}/archive/", {"confirmed": "1"}).status_code == 302
    provider.refresh_from_db()
    assert provider.archived_at is not None
    assert (group.members.count(), states()) == (0, {"Welcome": Status.STOPPED, "Other": Status.LIVE})


def test_a_group_that_others_are_in_goes_on(provider: Provider) -> None:
    group = of_group(provider, Provider.objects.create(name="Second", channel="email", kind="sandbox"))
    live("Welcome", "Both")
    client = signed_in("adam")
    page = client.post(f"/admin/channels/provider/{provider.pk}/archive/").content.decode()
    assert "goes on with the others" in page
    assert "Welcome, version 1" not in page
    client.post(f"/admin/channels/provider/{provider.pk}/archive/", {"confirmed": "1"})
    assert list(group.members.values_list("provider__name", flat=True)) == ["Second"]
    assert states() == {"Welcome": Status.LIVE}


def test_the_last_one_of_a_default_group_stays_and_so_do_all_journeys(provider: Provider) -> None:
    group = of_group(provider, is_default=True)
    live("Welcome", "Both")
    live("Direct", "Post")
    live("Other", None)
    client = signed_in("adam")
    said = client.post(f"/admin/channels/provider/{provider.pk}/archive/", {"confirmed": "1"}, follow=True)
    assert "“Post” is the last one of “Both”, the default; add another first." in said.content.decode()
    provider.refresh_from_db()
    assert (provider.archived_at, group.members.count(), set(states().values())) == (None, 1, {Status.LIVE})


def test_archiving_the_sms_provider_of_an_rcs_node_asks_and_stops_too() -> None:
    text = Provider.objects.create(name="Text", channel="sms", kind="sandbox")
    config = {"content": {"text": "Rich"}, "fallback": {"text": "Plain", "provider": "Text"}}
    made = services.create_journey(
        document=journey(name="Rich", nodes=[{"id": 1, "kind": "rcs", "config": config}]), by=None, now=NOON
    )
    services.publish(version_id=made.pk, by=None, now=NOON)
    client = signed_in("adam")
    assert "Rich, version 1" in client.post(f"/admin/channels/provider/{text.pk}/archive/").content.decode()
    client.post(f"/admin/channels/provider/{text.pk}/archive/", {"confirmed": "1"})
    assert states() == {"Rich": Status.STOPPED}
