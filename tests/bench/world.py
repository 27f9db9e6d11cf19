"""What the figures are measured on: people, a credential, journeys, and the calls of load."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.utils import timezone

from channels.models import Provider
from channels.services import note_verified, save_provider
from config.lib import sql
from journeys import services
from journeys.models import Version
from profiles.services import issue_credential
from tests.bench import client

SQL = sql.load(Path(__file__).with_suffix(".sql"))

EVENT = "Product Viewed"
_FILLER = "<p>Good things are worth a second look, and this one is still waiting for you in your size and colour.</p>\n"
# 1 KB, 4 merge fields, 2 links.
HTML = (
    '<html><body>\n<h1>Hello {{ Profile.Name | default: "there" }}</h1>\n'
    '<p>You looked at <a href="https://shop.example/products/chair?from=mail">{{ Event.product }}</a> '
    "for {{ Event.price }}.</p>\n"
    + 6 * _FILLER
    + '<p>Our shop in {{ Profile.city }} has it: <a href="https://shop.example/shops">come by</a>.</p>\n'
    + "</body></html>\n"
)


def create_people(number: int) -> None:
    """People with a name, an address and a city, known by the identities p1, p2 …"""
    sql.run(SQL["people"], {"number": number, "now": timezone.now()})
    sql.run(SQL["identities"], {"now": timezone.now()})


class Calls:
    """Uploads as the partner sends them."""

    def __init__(self) -> None:
        credential, passcode = issue_credential(name="bench")
        self._headers = {"X-Sojourn-Project": credential.project_id, "X-Sojourn-Passcode": passcode}

    def upload(self, records: list[dict[str, Any]]) -> bytes:
        """One call."""
        return client.request("/1/upload", json.dumps({"d": records}).encode(), self._headers)

    def uploads(self, records: Iterable[dict[str, Any]], size: int) -> Iterator[bytes]:
        """Calls of `size` records."""
        batch: list[dict[str, Any]] = []
        for record in records:
            batch.append(record)
            if len(batch) == size:
                yield self.upload(batch)
                batch = []
        if batch:
            yield self.upload(batch)


def event(number: int, name: str = EVENT) -> dict[str, Any]:
    """An event of the person p`number`."""
    return {
        "type": "event",
        "identity": f"p{number}",
        "evtName": name,
        "evtData": {"product": f"Chair {number % 500}", "price": 40 + number % 60, "currency": "EUR"},
    }


def email_journey(*, viewed: bool = False, provider: str | None = None) -> int:
    """Publish “entry on Product Viewed → e-mail → end”; return the version. viewed: the e-mail leads on, to an exit."""
    content = {"from": "shop@example.com", "subject": "Still thinking about {{ Event.product }}?", "html": HTML}
    nodes: list[dict[str, Any]] = [
        {"id": 1, "kind": "email", "name": "Offer", "config": {"provider": provider, "content": content}}
    ]
    links = [{"from": "entry", "via": "yes", "to": 1}]
    if viewed:
        nodes[0]["window"] = "P1D"
        nodes.append({"id": 2, "kind": "force_exit"})
        links.append({"from": 1, "via": "viewed", "to": 2})
    return _publish(nodes, links)


def large_journey(nodes: int) -> int:
    """Publish “entry → e-mail → end” with so many nodes in all, the others behind an e-mail that failed."""
    content = {"from": "shop@example.com", "subject": "Still thinking about {{ Event.product }}?", "html": HTML}
    first = 3
    chain = [
        {"id": n, "kind": "action", "config": {"events": [{"event": f"Step {n}"}]}} for n in range(first, nodes + 1)
    ]
    links = [{"from": "entry", "via": "yes", "to": 1}, {"from": 1, "via": "sent", "to": 2}]
    links += [{"from": 1, "via": "failed", "to": first}]
    links += [{"from": n, "via": "yes", "to": n + 1} for n in range(first, nodes)]
    offer = {"id": 1, "kind": "email", "name": "Offer", "config": {"provider": None, "content": content}}
    return _publish([offer, {"id": 2, "kind": "force_exit"}, *chain], links)


def publish_others(number: int) -> None:
    """Journeys that are live beside: half of them look at each event and let nobody in, half hear of nothing."""
    now = timezone.now()
    for n in range(number):
        dear = [{"property": "price", "op": ">", "value": 1000 + n}]
        event = {"event": EVENT, "where": dear} if n % 2 else {"event": f"Other {n}"}
        document = {
            "name": f"Other {n}",
            "entry": _entry({"kind": "action", "events": [event]}),
            "nodes": [{"id": 1, "kind": "force_exit"}],
            "links": [{"from": "entry", "via": "yes", "to": 1}],
        }
        services.publish(version_id=services.create_journey(document=document, by=None, now=now).pk, by=None, now=now)


def _entry(segment: dict[str, Any]) -> dict[str, Any]:
    return {"criteria": "live", "segment": segment, "timeline": {"start": "now", "end": None}}


def waiting_journey() -> int:
    """Publish “entry → a day's sleep → did they come back within a day?”; return the version."""
    nodes = [
        {"id": 1, "kind": "action", "config": {"events": [{"event": "Came Back"}]}, "window": "P1D"},
        {"id": 2, "kind": "force_exit"},
    ]
    links = [
        {"from": "entry", "via": "yes", "to": 1, "sleep": {"after": "P1D"}},
        {"from": 1, "via": "yes", "to": 2},
        {"from": 1, "via": "node_timeout", "to": 2},
    ]
    return _publish(nodes, links)


def _publish(nodes: list[dict[str, Any]], links: list[dict[str, Any]]) -> int:
    """Let a journey go live, alone: those before it are stopped."""
    now = timezone.now()
    for version in Version.objects.filter(status="live"):
        services.stop(version_id=version.pk, by=None, now=now)
    document = {
        "name": "Bench",
        "entry": _entry({"kind": "action", "events": [{"event": EVENT}]}),
        "nodes": nodes,
        "links": links,
    }
    version = services.create_journey(document=document, by=None, now=now)
    services.publish(version_id=version.pk, by=None, now=now)
    return version.pk


def smtp_provider(port: int) -> str:
    """A provider that hands over to the sink; its name."""
    config = {"host": "127.0.0.1", "port": port, "security": "none", "from": "shop@example.com"}
    provider = save_provider(name=f"sink {port}", channel="email", kind=Provider.Kind.SMTP, config=config)
    note_verified(provider_id=provider.pk, now=timezone.now())
    return provider.name
