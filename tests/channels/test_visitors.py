"""Pages of a site, by its public key: what they may do for their one visitor, and what they may not."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.cache import cache
from django.test import Client

from channels import visitors
from channels.push.web import public_key
from channels.services import save_provider
from config.lib import sql
from config.lib.lanes import of
from profiles import sites
from profiles.models import Credential, Profile
from profiles.services import change_site, issue_credential, revoke_credential
from tests.channels.conftest import NOON, World
from tests.channels.test_ondevice import known, put

pytestmark = pytest.mark.django_db

SHOP = "https://shop.example"
ANA, BEN = "6f0cf9a4-6f6b-4d1c-8a4e-0f7c9a0d3f11", "00000000-0000-4000-8000-000000000000"
HOUR = timedelta(hours=1)
PAGE = {"evtName": "Page Visited", "evtData": {"url": f"{SHOP}/shoes", "referrer": ""}}
BROWSER = {"endpoint": "https://fcm.googleapis.com/fcm/send/abc", "keys": {"p256dh": "BPub", "auth": "auth"}}


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Nobody has called of late."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def site() -> Credential:
    return issue_credential(name="Shop", scopes=["pages"], origins=[SHOP], page_events=["Product Viewed"])[0]


Call = Callable[..., Any]


@pytest.fixture
def call(site: Credential) -> Call:
    """Call as a page of the shop does: no headers but those of a browser."""

    def call(
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        origin: str | None = SHOP,
        at: datetime = NOON,
        method: str = "post",
    ) -> Any:
        headers = {"Origin": origin} if origin else {}
        content = body if isinstance(body, str) else json.dumps(body)
        with time_machine.travel(at, tick=False):
            return getattr(Client(), method)(
                f"/1/web/{key or site.public_key}/{path}",
                **({} if method == "get" else {"data": content, "content_type": "text/plain"}),
                headers=headers,
            )

    return call


def who(object_id: str) -> int | None:
    """Whom an object ID finds."""
    rows = sql.rows(
        "SELECT profile_id FROM profiles_identity WHERE kind = 'object' AND value = %(it)s", {"it": object_id}
    )
    return rows[0][0] if rows else None


def inbox() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (source, name, json.loads(about))
        for source, name, about in sql.rows(
            """SELECT i.source, t.name, i.properties::text FROM profiles_inbox AS i
                 JOIN profiles_eventtype AS t ON t.id = i.type_id ORDER BY i.id""",
            {},
        )
    ]


def test_a_page_records_what_its_visitor_does_and_the_visitor_becomes_a_profile(call: Call) -> None:
    viewed = {"evtName": "Product Viewed", "evtData": {"product": "Shoes"}, "eventId": "1"}
    reply = call("events", {"objectId": ANA, "events": [PAGE, viewed]})
    assert reply.json() == {"status": "success", "processed": 2, "unprocessed": []}
    assert reply.headers["Access-Control-Allow-Origin"] == SHOP
    assert call("events", {"objectId": ANA, "events": [viewed]}).status_code == 200  # once more: the same event
    assert inbox() == [
        ("device", "Page Visited", {"url": f"{SHOP}/shoes", "referrer": ""}),
        ("device", "Product Viewed", {"product": "Shoes"}),
    ]
    assert Profile.objects.get().object_id == ANA


def test_it_records_no_other_events_and_says_which(call: Call) -> None:
    for name in ("Charged", "Notification Clicked"):
        reply = call("events", {"objectId": ANA, "events": [PAGE, {"evtName": name}]})
        assert (reply.status_code, reply.json()["error"]) == (
            403, f"Pages may not record “{name}”; name it in the credential.",
        )  # fmt: skip
    assert inbox() == []
    assert not Profile.objects.exists()


def test_a_page_is_given_what_waits_for_its_visitor_and_tells_what_became_of_it(call: Call, world: World) -> None:
    ada, bob = known(world, "ada"), known(world, "bob")
    sql.run(
        "INSERT INTO profiles_identity (value, kind, lane, profile_id) VALUES (%(it)s, 'object', %(lane)s, %(id)s)",
        {"it": ANA, "lane": of(ada), "id": ada},
    )
    put(world, ada, "web_popup", title="For {{ Profile.name }}")
    put(world, ada, "in_app", title="For the app")
    put(world, bob, "web_popup", title="For Bob")
    [message] = call("messages", {"objectId": ANA}).json()["messages"]
    assert (message["channel"], message["content"]["title"]) == ("web_popup", "For Ada")
    ack = {"acks": [{"message": message["message"], "outcome": "clicked", "url": f"{SHOP}/sale"}]}
    assert call("messages/ack", ack).json()["processed"] == 1
    assert call("messages", {"objectId": ANA}).json()["messages"] == []
    assert [(person, name) for person, name, _ in world.events()][-1] == ("ada", "Notification Clicked")


def test_nobody_is_found_by_who_they_are(call: Call, world: World) -> None:
    ada = known(world, "ada")
    put(world, ada, "web_popup", title="For Ada")
    assert call("messages", {"objectId": ANA, "identity": "ada"}).json()["messages"] == []
    for body in ({"identity": "ada"}, {"objectId": "ada"}, {"objectId": "device-1"}, {"objectId": ANA.upper()}, [], ""):
        assert call("messages", body).status_code == 400
    assert call("messages", {"objectId": ANA, "channels": ["in_app"]}).status_code == 400
    assert not Profile.objects.filter(object_id=ANA).exists()  # asking makes nobody


def test_only_pages_of_the_origins_may_call_and_read(call: Call, site: Credential) -> None:
    body = {"objectId": ANA, "events": [PAGE]}
    for origin in ("https://evil.example", "http://shop.example", "https://shop.example:8443", "null", None):
        reply = call("events", body, origin=origin)
        assert reply.status_code == 403
        assert "Access-Control-Allow-Origin" not in reply.headers
    change_site(credential_id=site.pk, origins=["https://evil.example"], page_events=[])
    sites._remembered.clear()
    assert call("events", body).status_code == 403
    assert inbox() == []


def test_the_browser_asks_before_and_is_answered_key_by_key(call: Call, site: Credential) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    other = issue_credential(name="Other", scopes=["pages"], origins=["https://other.example"])[0]
    for key, allowed in ((site.public_key, SHOP), (other.public_key, None), ("pk_none", None)):
        reply = Client().options(f"/1/web/{key}/messages", headers={"Origin": SHOP, **asks})
        assert reply.headers.get("Access-Control-Allow-Origin") == allowed
        assert "Access-Control-Allow-Credentials" not in reply.headers
    reply = Client().options("/1/profile", headers={"Origin": SHOP, **asks})
    assert "Access-Control-Allow-Origin" not in reply.headers


def test_a_key_that_is_none_is_refused_as_are_those_of_others_and_revoked_ones(call: Call, site: Credential) -> None:
    upload, passcode = issue_credential(name="Shop", scopes=["upload", "device"])
    for key in ("pk_none", passcode, upload.project_id):
        reply = call("messages", {"objectId": ANA}, key=key)
        assert (reply.status_code, reply.json()["code"]) == (401, 401)
    revoke_credential(credential_id=site.pk, now=NOON)
    sites._remembered.clear()
    assert call("messages", {"objectId": ANA}).status_code == 401


def test_the_key_opens_nothing_else(site: Credential) -> None:
    headers = {"X-Sojourn-Project": site.project_id, "X-Sojourn-Passcode": site.public_key or "", "Origin": SHOP}
    for path in ("upload", "profile?identity=ada", "messages", "subscription"):
        send = Client().get if "?" in path else Client().post
        assert send(f"/1/{path}", content_type="application/json", headers=headers).status_code == 401


def test_a_signature_makes_the_visitor_a_known_person(call: Call, world: World, site: Credential) -> None:
    ada = known(world, "ada")
    put(world, ada, "web_popup", title="For Ada")
    signature = sites.signature(sites.signing_secret(site.public_key or ""), "ada")
    for wrong in ("", "ada", signature[:-1], signature.upper(), None, 7):
        assert call("identity", {"objectId": ANA, "identity": "ada", "signature": wrong}).status_code == 403
    for _ in range(2):  # once more is harmless
        assert call("identity", {"objectId": ANA, "identity": "ada", "signature": signature}).status_code == 200
    assert who(ANA) == ada
    assert len(call("messages", {"objectId": ANA}).json()["messages"]) == 1


def test_what_the_visitor_did_before_becomes_the_persons(call: Call, world: World, site: Credential) -> None:
    ada = known(world, "ada")
    call("events", {"objectId": ANA, "events": [PAGE]})
    anonymous = who(ANA)
    signature = sites.signature(sites.signing_secret(site.public_key or ""), "ada")
    assert call("identity", {"objectId": ANA, "identity": "ada", "signature": signature}).status_code == 200
    assert who(ANA) == ada
    gone = sql.rows("SELECT profile_id, into_id FROM profiles_gone", {})
    assert gone == [(anonymous, ada)]


def test_a_visitor_who_is_somebody_cannot_become_somebody_else(call: Call, world: World, site: Credential) -> None:
    known(world, "ada")
    bob = known(world, "bob")
    secret = sites.signing_secret(site.public_key or "")
    for name, status in (("bob", 200), ("ada", 409)):
        body = {"objectId": ANA, "identity": name, "signature": sites.signature(secret, name)}
        reply = call("identity", body)
        assert reply.status_code == status
    assert "bob" not in reply.content.decode()
    assert who(ANA) == bob


def test_a_secret_is_of_one_key() -> None:
    assert sites.signing_secret("pk_a") != sites.signing_secret("pk_b")
    assert not sites.signed("pk_b", "ada", sites.signature(sites.signing_secret("pk_a"), "ada"))


def test_a_browser_subscribes_to_web_push_and_unsubscribes(call: Call) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    assert call("push", method="get", origin=None).status_code == 404
    save_provider(
        name="Browsers", channel="web_push", kind="vapid", config={"subject": "mailto:it@shop.example"},
        is_default=True, password=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    )  # fmt: skip
    assert call("push", method="get", origin=None).json() == {"status": "success", "key": public_key(key)}
    assert call("push", {"objectId": ANA, "subscription": BROWSER}).status_code == 200
    stored = "SELECT profile_id, platform, token, keys->>'auth' FROM profiles_device"
    assert sql.rows(stored, {}) == [(who(ANA), "chrome", BROWSER["endpoint"], "auth")]
    off = {"subscription": {"endpoint": BROWSER["endpoint"]}, "subscribed": False}
    assert call("push", {"objectId": BEN} | off).status_code == 200  # not theirs
    assert len(sql.rows(stored, {})) == 1
    assert call("push", {"objectId": ANA} | off).status_code == 200
    assert sql.rows(stored, {}) == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x", "https://fcm.googleapis.com.evil.example/x", "https://evilfcm.googleapis.com/x",
        "https://user@fcm.googleapis.com/x", "https://fcm.googleapis.com:8443/x", "https://10.0.0.1/x", "x",
        "https://[", 7,
    ],
)  # fmt: skip
def test_nothing_is_sent_to_where_no_browsers_service_is(call: Call, endpoint: Any) -> None:
    assert call("push", {"objectId": ANA, "subscription": BROWSER | {"endpoint": endpoint}}).status_code == 400
    assert not Profile.objects.exists()


def test_a_browser_without_keys_is_refused(call: Call) -> None:
    reply = call("push", {"objectId": ANA, "subscription": {"endpoint": BROWSER["endpoint"]}})
    assert (reply.status_code, reply.json()["error"]) == (
        400, "A browser's token has keys: an object with the texts p256dh and auth.",
    )  # fmt: skip


def test_who_calls_too_often_is_told_to_wait(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors.ByVisitor, "rate", "2/min")
    statuses = [call("messages", {"objectId": ANA}).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert call("messages", {"objectId": BEN}).status_code == 200
    monkeypatch.setattr(visitors.ByAddress, "rate", "4/min")
    reply = call("messages", {"objectId": "11111111-1111-4111-8111-111111111111"})
    assert (reply.status_code, "Retry-After" in reply.headers) == (429, True)


def test_long_bodies_and_many_events_are_refused(call: Call) -> None:
    assert call("events", {"objectId": ANA, "events": [PAGE] * 21}).status_code == 400
    assert call("events", " " * (visitors.MOST_BYTES + 1)).status_code == 413
    for events in ([], "Page Visited", [1], None):
        assert call("events", {"objectId": ANA, "events": events}).status_code == 400


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://Shop.example/", "https://shop.example"), (" http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://shop.example:443", "https://shop.example"), ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://shop.example/page", None), ("shop.example", None), ("*", None), ("https://*.example", None),
        ("ftp://shop.example", None), ("https://a@b.example", None), ("https://shop.example:99999", None),
        ("https://", None),
    ],
)  # fmt: skip
def test_an_origin_is_read_as_browsers_send_it(typed: str, origin: str | None) -> None:
    assert sites.origin(typed) == origin
