"""Push through Firebase and web push through browsers' services, against servers that speak as they do."""

import base64
import json
import threading
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import http_ece
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pytest_django.fixtures import Settings

from channels import services
from channels.base import Device, Outgoing, Result
from channels.content import PushContent
from channels.errors import ChannelError
from channels.models import Provider
from channels.outbox import dispatch
from channels.push import fcm, web
from channels.push.fcm import Fcm
from channels.push.web import WebPush
from channels.transports import transport_of
from config.lib import sql
from tests.channels.conftest import NOON, WebServer, World

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RSA_PEM = RSA.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


@pytest.fixture(autouse=True)
def private(settings: Settings) -> None:
    """Addresses of this machine are allowed."""
    settings.ALLOW_PRIVATE_ADDRESSES = True


def note(*devices: Device, **content: Any) -> Outgoing:
    given = PushContent(title="Hello", body="Look", **content)
    return Outgoing("k1", None, given.model_dump(by_alias=True) | {"message": "k1"}, devices)


def phone(id: int, token: str) -> Device:
    return Device(id, "fcm", token, None)


def pages(server: WebServer, *platforms: str) -> Outgoing:
    """A notification for a browser of each platform."""
    devices = [
        Browser(f"{server.url}/{name}").device._replace(id=at, platform=name) for at, name in enumerate(platforms)
    ]
    return note(*devices)


class Firebase:
    """What Google answers. errors: token → (status, error code)."""

    def __init__(self, server: WebServer) -> None:
        self.server, self.lock = server, threading.Lock()
        self.errors: dict[str, tuple[int, str]] = {}
        self.tokens_given = 0
        self.sent: list[dict[str, Any]] = []
        server.answer = self.answer
        self.account = {
            "project_id": "shop",
            "client_email": f"push-{server.port}@shop.example",
            "private_key": RSA_PEM,
            "token_uri": f"{server.url}/token",
        }

    def answer(self, method: str, path: str, body: bytes) -> int | tuple[int, bytes]:
        if path == "/token":
            given = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            claims = jwt.decode(
                given["assertion"], RSA.public_key(), algorithms=["RS256"], audience=f"{self.server.url}/token"
            )
            assert given["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
            assert claims["iss"] == self.account["client_email"]
            assert claims["scope"] == "https://www.googleapis.com/auth/firebase.messaging"
            with self.lock:
                self.tokens_given += 1
            return 200, json.dumps({"access_token": f"t{self.tokens_given}", "expires_in": 3600}).encode()
        assert path == "/v1/projects/shop/messages:send"
        message = json.loads(body)["message"]
        if error := self.errors.get(message["token"]):
            return error[0], json.dumps({"error": {"details": [{"errorCode": error[1]}]}}).encode()
        with self.lock:
            self.sent.append(message)
        return 200, b"{}"

    def transport(self) -> Fcm:
        return Fcm(fcm.account_of(json.dumps(self.account)), url=self.server.url)


@pytest.fixture
def firebase(web_server: WebServer) -> Firebase:
    return Firebase(web_server)


def results(given: list[Result]) -> list[tuple[str, str | None, tuple[int, ...]]]:
    return [(it.outcome.value, it.reason, it.dead) for it in given]


class TestFirebase:
    def test_a_notification_goes_to_every_device(self, firebase: Firebase) -> None:
        outgoing = note(
            phone(1, "a"), phone(2, "b"), link="shop://cart", values={"a": "1"}, ttl=timedelta(hours=1),
            buttons=[{"text": "Open", "link": "shop://cart"}],
        )  # fmt: skip
        assert results(firebase.transport().send([outgoing], seconds=9)) == [("sent", None, ())]
        message = firebase.sent[0]
        assert sorted(sent["token"] for sent in firebase.sent) == ["a", "b"]
        assert message["notification"] == {"title": "Hello", "body": "Look"}
        assert message["android"] == {"ttl": "3600s"}
        assert message["data"] == {
            "a": "1", "message": "k1", "link": "shop://cart", "buttons": '[{"text":"Open","link":"shop://cart"}]',
        }  # fmt: skip
        assert {
            headers.get("Authorization") for method, path, headers, _ in firebase.server.requests if "v1" in path
        } == {"Bearer t1"}

    def test_the_access_token_serves_until_it_ends(self, firebase: Firebase) -> None:
        for _ in range(2):
            firebase.transport().send([note(phone(1, "a"))], seconds=9)
        assert firebase.tokens_given == 1
        firebase.errors["x"] = 401, "UNAUTHENTICATED"
        assert results(firebase.transport().send([note(phone(1, "x"))], seconds=9)) == [("retry", "answered 401", ())]
        firebase.transport().send([note(phone(1, "a"))], seconds=9)
        assert firebase.tokens_given == 2

    @pytest.mark.parametrize(
        ("status", "code", "result"),
        [
            (404, "UNREGISTERED", ("failed", "its token is no longer known", (1,))),
            (404, "NOT_FOUND", ("failed", "answered 404", ())),
            (400, "INVALID_ARGUMENT", ("failed", "answered 400", ())),
            (429, "QUOTA_EXCEEDED", ("retry", "answered 429", ())),
            (503, "UNAVAILABLE", ("retry", "answered 503", ())),
        ],
    )
    def test_what_firebase_answers_decides(
        self, firebase: Firebase, status: int, code: str, result: tuple[str, str, tuple[int, ...]]
    ) -> None:
        firebase.errors["a"] = status, code
        assert results(firebase.transport().send([note(phone(1, "a"))], seconds=9)) == [result]

    def test_one_device_that_took_it_is_enough_and_dead_ones_are_told(self, firebase: Firebase) -> None:
        firebase.errors = {"dead": (404, "UNREGISTERED"), "busy": (503, "UNAVAILABLE")}
        outgoing = note(phone(1, "dead"), phone(2, "busy"), phone(3, "fine"))
        assert results(firebase.transport().send([outgoing], seconds=9)) == [("sent", None, (1,))]
        outgoing = note(phone(1, "dead"), phone(2, "busy"))
        assert results(firebase.transport().send([outgoing], seconds=9)) == [("retry", "answered 503", (1,))]

    @pytest.mark.parametrize(("platform", "retries"), [("fcm", 3), ("apns", 1)])
    def test_an_iphone_is_asked_once_more(self, firebase: Firebase, platform: str, retries: int) -> None:
        firebase.errors["busy"] = 503, "UNAVAILABLE"
        outgoing = note(phone(1, "busy")._replace(platform=platform))
        assert firebase.transport().send([outgoing], seconds=9)[0].retries == retries

    def test_an_account_that_google_refuses_keeps_the_messages_waiting(self, web_server: WebServer) -> None:
        web_server.answer = lambda method, path, body: 403
        account = {"project_id": "p", "client_email": "refused", "private_key": RSA_PEM, "token_uri": web_server.url}
        given = Fcm(fcm.account_of(json.dumps(account)), url=web_server.url).send([note(phone(1, "a"))], seconds=9)
        assert results(given) == [("retry", "the service account was refused: answered 403", ())]

    def test_what_is_no_service_account_is_refused(self) -> None:
        for text in ("", "[]", "{}", '{"project_id": 1, "client_email": "", "private_key": "", "token_uri": ""}'):
            with pytest.raises(ChannelError):
                fcm.account_of(text)

    @pytest.mark.django_db(transaction=True)
    def test_a_dead_token_is_switched_off_and_nobody_is_reached_by_it_again(
        self, firebase: Firebase, world: World
    ) -> None:
        provider = services.save_provider(
            name="Firebase",
            channel="push",
            kind="fcm",
            config={"url": firebase.server.url},
            password=json.dumps(firebase.account),
            is_default=True,
        )
        assert transport_of(provider.kind, provider.config, provider.secrets).records is False
        firebase.errors["old"] = 404, "UNREGISTERED"
        ada, bob = world.person("ada"), world.person("bob")
        for person, token in ((ada, "new"), (ada, "old"), (bob, "old")):
            sql.run(
                "INSERT INTO profiles_device (lane, profile_id, channel, platform, token, seen_at)"
                " VALUES (%(p)s %% 64, %(p)s, 'push', 'fcm', %(t)s, %(now)s)",
                {"p": person, "t": token, "now": NOON},
            )
        campaign = world.campaign("push", title="Hi {{ Profile.name }}")
        world.queue(campaign, ada, bob)
        assert dispatch(now=NOON, batch=10) == 2
        assert world.messages() == [("ada", "sent", None), ("bob", "failed", "its token is no longer known")]
        assert [sent["notification"]["title"] for sent in firebase.sent] == ["Hi Ada"]
        assert sql.rows("SELECT token FROM profiles_device") == [("new",)]
        world.queue(campaign, bob)
        dispatch(now=NOON, batch=10)
        assert world.messages()[-1] == ("bob", "unreachable", "no device")


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Browser:
    """A browser: its keys, and what its push service was brought."""

    def __init__(self, url: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.secret = b"0123456789abcdef"
        public = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        self.device = Device(7, "chrome", url, {"p256dh": encoded(public), "auth": encoded(self.secret)})

    def read(self, body: bytes) -> Any:
        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm"))


VAPID = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def sender() -> WebPush:
    return WebPush(VAPID, subject="mailto:ops@shop.example")


class TestWebPush:
    def test_only_the_browser_can_read_it_and_the_service_knows_who_sent_it(
        self, web_server: WebServer, sender: WebPush
    ) -> None:
        web_server.answer = lambda method, path, body: 201
        browser = Browser(f"{web_server.url}/push/abc")
        outgoing = note(browser.device, link="https://shop.example/", ttl=timedelta(minutes=5))
        assert results(sender.send([outgoing], seconds=9)) == [("sent", None, ())]
        [(method, path, headers, body)] = web_server.requests
        assert (method, path, headers["Content-Encoding"], headers["TTL"]) == ("POST", "/push/abc", "aes128gcm", "300")
        assert browser.read(body) == {
            "title": "Hello", "body": "Look", "link": "https://shop.example/", "message": "k1",
        }  # fmt: skip
        scheme, _, parameters = headers["Authorization"].partition(" ")
        signed = dict(part.strip().split("=", 1) for part in parameters.split(","))
        assert scheme == "vapid"
        assert signed["k"] == web.public_key(VAPID)
        claims = jwt.decode(signed["t"], VAPID.public_key(), algorithms=["ES256"], audience=web_server.url)
        assert claims["sub"] == "mailto:ops@shop.example"

    @pytest.mark.parametrize(
        ("status", "result"),
        [
            (404, ("failed", "its token is no longer known", (7,))),
            (410, ("failed", "its token is no longer known", (7,))),
            (413, ("failed", "answered 413", ())),
            (429, ("retry", "answered 429", ())),
            (500, ("retry", "answered 500", ())),
        ],
    )
    def test_what_the_service_answers_decides(
        self, web_server: WebServer, sender: WebPush, status: int, result: tuple[str, str, tuple[int, ...]]
    ) -> None:
        web_server.answer = lambda method, path, body: status
        assert results(sender.send([note(Browser(f"{web_server.url}/x").device)], seconds=9)) == [result]

    @pytest.mark.parametrize(("platforms", "retries"), [(("firefox",), 3), (("chrome",), 6), (("chrome", "safari"), 6)])
    def test_chrome_is_asked_more_often(
        self, web_server: WebServer, sender: WebPush, platforms: tuple[str, ...], retries: int
    ) -> None:
        web_server.answer = lambda method, path, body: 503
        [given] = sender.send([pages(web_server, *platforms)], seconds=9)
        assert (given.reason, given.retries) == ("answered 503", retries)

    def test_what_is_too_long_for_the_services_is_not_sent(self, web_server: WebServer, sender: WebPush) -> None:
        [(outcome, reason, _)] = results(
            sender.send([note(Browser(web_server.url).device, values={"a": "x" * 4000})], seconds=9)
        )
        assert (outcome, web_server.requests) == ("failed", [])
        assert str(reason).endswith("at most 3993 are possible")

    @pytest.mark.parametrize("keys", [None, {}, {"p256dh": "AAAA", "auth": "AAAA"}, {"p256dh": "é", "auth": "!"}])
    def test_a_subscription_that_cannot_be_used_fails_alone(
        self, web_server: WebServer, sender: WebPush, keys: dict[str, str] | None
    ) -> None:
        bad, good = Device(1, "chrome", web_server.url, keys), Browser(f"{web_server.url}/y").device
        [first, second] = results(sender.send([note(bad), note(good)], seconds=9))
        assert (first[0], second[0]) == ("failed", "sent")

    def test_a_subscription_into_our_own_network_is_not_followed(
        self, web_server: WebServer, sender: WebPush, settings: Settings
    ) -> None:
        settings.ALLOW_PRIVATE_ADDRESSES = False
        [(outcome, reason, _)] = results(sender.send([note(Browser(f"{web_server.url}/x").device)], seconds=9))
        assert (outcome, web_server.requests) == ("failed", [])
        assert "private address" in str(reason)

    def test_a_key_is_read_as_generators_print_it(self) -> None:
        number = VAPID.private_numbers().private_value.to_bytes(32, "big")
        assert web.public_key(web.private_key_of(encoded(number))) == web.public_key(VAPID)
        for text in ("", "nonsense!", RSA_PEM):
            with pytest.raises(ChannelError):
                web.private_key_of(text)

    @pytest.mark.django_db
    def test_a_provider_keeps_the_key_sealed_and_a_test_goes_to_a_pasted_subscription(
        self, web_server: WebServer
    ) -> None:
        number = encoded(VAPID.private_numbers().private_value.to_bytes(32, "big"))
        provider = services.save_provider(
            name="Web", channel="web_push", kind="vapid", config={"subject": "mailto:o@shop.example"}, password=number
        )
        assert number not in str(Provider.objects.values_list("config", "secrets").get())
        browser = Browser(f"{web_server.url}/mine")
        subscription = {"endpoint": browser.device.token, "keys": browser.device.keys}
        services.send_test(provider=provider, to=json.dumps(subscription), now=NOON)
        [(_method, path, _headers, body)] = web_server.requests
        assert (path, browser.read(body)["title"]) == ("/mine", "Test of your provider")
        with pytest.raises(ChannelError):
            services.send_test(provider=provider, to="https://push.example/1", now=NOON)
        with pytest.raises(ChannelError):
            services.save_provider(name="Bad", channel="web_push", kind="vapid", config={}, password="x")


def test_an_expiry_is_a_local_time(settings: Settings) -> None:
    from channels.push.devices import seconds_left

    settings.ACCOUNT_TIMEZONE = "Asia/Kolkata"
    content = PushContent.model_validate({"title": "x", "expires": "2026-03-02T18:30"}).model_dump()  # 13:00 UTC
    assert seconds_left(content, NOON.timestamp()) == 3600
    assert seconds_left(content, NOON.timestamp() + 7200) == 0
    assert seconds_left(PushContent(title="x").model_dump(), NOON.timestamp()) is None
