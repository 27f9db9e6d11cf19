"""Webhooks of an OAuth 2 client: its access token, against a real server that gives and takes tokens."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest
from pytest_django.fixtures import Settings

from channels import secrets, services
from channels.base import Outgoing
from channels.errors import ChannelError
from channels.models import Provider
from channels.outbox import dispatch
from channels.transports import transport_of
from channels.webhook import oauth
from channels.webhook.transport import Http
from config.lib import sql
from tests.channels.conftest import NOON, WebServer, World
from tests.staff import signed_in

SECRET = "s3cret/+&ü"
ADD = "/admin/channels/provider/add/"


@dataclass
class Issuer:
    """A token endpoint and a webhook's receiver on one server. reply: the endpoint's answer instead of a token."""

    server: WebServer
    lasts: Any = 3600
    reply: int | tuple[int, bytes] | None = None
    in_body_only: bool = False
    given: list[str] = field(default_factory=list)
    taken_back: set[str] = field(default_factory=set)
    received: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, body: bytes) -> int | tuple[int, bytes] | None:
        if path == "/token":
            if self.reply is not None:
                return self.reply
            if self.in_body_only and b"client_secret=" not in body:
                return 401, b'{"error": "invalid_client"}'
            self.given.append(f"token-{len(self.given) + 1}")
            return 200, json.dumps(
                {"access_token": self.given[-1], "token_type": "Bearer", "expires_in": self.lasts}
            ).encode()
        # The server notes a request before it asks for the answer; which of them this is, its path says.
        headers = [sent for _method, seen, sent, _body in self.server.requests if seen == path][-1]
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.given or token in self.taken_back:
            return 401
        self.received.append(token)
        return 200

    @property
    def asked(self) -> list[tuple[dict[str, str], dict[str, list[str]]]]:
        """The headers and the form of each question for a token."""
        return [
            (headers, parse_qs(body.decode())) for _m, path, headers, body in self.server.requests if path == "/token"
        ]

    def client(self, **changes: str) -> oauth.Client:
        return oauth.Client(f"{self.server.url}/token", "shop id", SECRET, "hooks.write")._replace(**changes)

    def send(self, count: int = 1, **settings: Any) -> list[tuple[str, str | None]]:
        content = {"method": "POST", "headers": {}, "body": {"a": 1}}
        batch = [Outgoing(f"k{n}", None, content | {"url": f"{self.server.url}/{n}"}) for n in range(count)]
        given = {"oauth2": self.client()} | settings
        return [(result.outcome.value, result.reason) for result in Http(**given).send(batch, seconds=9)]


@pytest.fixture
def issuer(web_server: WebServer, settings: Settings) -> Iterator[Issuer]:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    oauth._tokens.clear()
    made = Issuer(web_server)
    web_server.answer = made.answer
    yield made
    oauth._tokens.clear()


class TestTokens:
    def test_a_batch_and_the_next_one_share_a_token(self, issuer: Issuer) -> None:
        assert issuer.send(40) == [("sent", None)] * 40
        assert issuer.send(2) == [("sent", None)] * 2
        assert issuer.received == ["token-1"] * 42
        [(headers, form)] = issuer.asked
        assert form == {"grant_type": ["client_credentials"], "scope": ["hooks.write"]}
        pair = b"shop+id:s3cret%2F%2B%26%C3%BC"
        assert headers["Authorization"] == "Basic " + base64.b64encode(pair).decode()

    def test_another_client_has_a_token_of_its_own(self, issuer: Issuer) -> None:
        issuer.send()
        issuer.send(oauth2=issuer.client(client_secret="new"))
        issuer.send(oauth2=issuer.client(scope=""))
        assert issuer.received == ["token-1", "token-2", "token-3"]
        assert "scope" not in issuer.asked[-1][1]

    def test_a_server_that_takes_credentials_in_the_body_only_gets_them_there(self, issuer: Issuer) -> None:
        issuer.in_body_only = True
        assert issuer.send() == [("sent", None)]
        headers, form = issuer.asked[-1]
        assert (form["client_id"], form["client_secret"]) == (["shop id"], [SECRET])
        assert "Authorization" not in headers

    def test_a_token_is_renewed_shortly_before_it_ends(self, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
        now = 1000.0
        monkeypatch.setattr(oauth, "clock", lambda: now)
        issuer.send()
        now += 3539
        issuer.send()
        assert issuer.received == ["token-1", "token-1"]
        now += 1
        issuer.send()
        assert issuer.received == ["token-1", "token-1", "token-2"]

    @pytest.mark.parametrize(
        ("lasts", "good", "over"),
        [(30, 14, 16), ("600", 539, 541), (None, 3539, 3541), ("soon", 3539, 3541), (1e300, 86_339, 86_341)],
    )
    def test_how_long_a_token_lasts_may_be_said_in_any_way(
        self, issuer: Issuer, monkeypatch: pytest.MonkeyPatch, lasts: Any, good: int, over: int
    ) -> None:
        now = 0.0
        monkeypatch.setattr(oauth, "clock", lambda: now)
        issuer.lasts = lasts
        for now in (0.0, good, over):  # noqa: B007 - read by the clock
            assert issuer.send() == [("sent", None)]
        assert issuer.received == ["token-1", "token-1", "token-2"]

    def test_a_token_that_ends_at_once_is_used_all_the_same(self, issuer: Issuer) -> None:
        issuer.lasts = -5
        assert issuer.send() == [("sent", None)]

    def test_a_refused_token_is_renewed_once_and_the_requests_repeated(self, issuer: Issuer) -> None:
        issuer.send()
        issuer.taken_back.add("token-1")
        assert issuer.send(20) == [("sent", None)] * 20
        assert len(issuer.asked) == 2
        assert issuer.received[1:] == ["token-2"] * 20

    def test_a_receiver_that_refuses_every_token_fails_the_messages(self, issuer: Issuer) -> None:
        issuer.taken_back |= {f"token-{n}" for n in range(99)}
        assert issuer.send(40) == [("failed", "answered 401")] * 40
        assert len(issuer.asked) == 2

    def test_the_token_takes_the_place_of_the_authors_own_and_of_the_urls_user(self, issuer: Issuer) -> None:
        content = {"method": "POST", "headers": {"Authorization": "Bearer mine"}, "body": ""}
        url = issuer.server.url.replace("//", "//me:too@") + "/0"
        [result] = Http(oauth2=issuer.client()).send([Outgoing("k", None, content | {"url": url})], seconds=9)
        assert (result.outcome.value, issuer.received) == ("sent", ["token-1"])

    def test_a_message_that_cannot_be_sent_asks_for_no_token(self, issuer: Issuer) -> None:
        content = {"method": "POST", "headers": {}, "body": "", "url": "ftp://x"}
        Http(oauth2=issuer.client()).send([Outgoing("k", None, content | {"url": "http://[::1"})], seconds=9)
        assert issuer.asked == []


class TestWithoutAToken:
    @pytest.mark.parametrize(
        ("reply", "reason"),
        [
            (429, "answered 429"),
            (503, "answered 503"),
            (301, "answered 301"),
            (404, "answered 404"),
            ((401, b'{"error": "invalid_client"}'), "answered 401 (invalid_client)"),
            ((400, b'{"error": "invalid_scope", "error_description": "s3cret"}'), "answered 400 (invalid_scope)"),
            ((400, json.dumps({"error": SECRET}).encode()), "answered 400"),
            ((400, b'["invalid_scope"]'), "answered 400"),
            ((200, b"<html>"), "answered 200 without an access token"),
            ((200, b"\xff"), "answered 200 without an access token"),
            ((200, b'{"access_token": ""}'), "answered 200 without an access token"),
            ((200, b'{"access_token": "a\\r\\nX-Admin: 1"}'), "answered 200 without an access token"),
            ((200, b'{"access_token": "a", "token_type": "mac"}'), "answered 200 with a token that is no bearer token"),
        ],
    )
    def test_messages_wait_and_say_what_the_token_endpoint_answered(
        self, issuer: Issuer, reply: int | tuple[int, bytes], reason: str
    ) -> None:
        issuer.reply = reply
        assert issuer.send(40) == [("retry", f"the token endpoint {reason}")] * 40
        assert {path for _method, path, _headers, _body in issuer.server.requests} == {"/token"}
        assert len(issuer.asked) <= 2  # asked once for all of them; in the other way too where credentials are refused
        issuer.reply = None
        assert issuer.send() == [("sent", None)]

    def test_a_token_endpoint_that_is_slow_makes_them_wait(self, issuer: Issuer) -> None:
        given_up = threading.Event()

        def slow(method: str, path: str, body: bytes) -> int:
            given_up.wait(10)
            return 200

        issuer.server.answer = slow
        started = time.monotonic()
        assert issuer.send(20, timeout=0.2) == [("retry", "the token endpoint: no answer within 0.2 s")] * 20
        assert time.monotonic() - started < 3
        given_up.set()

    def test_a_renewal_that_fails_makes_them_wait(self, issuer: Issuer) -> None:
        issuer.send()
        issuer.taken_back.add("token-1")
        issuer.reply = 500
        assert issuer.send() == [("retry", "the token endpoint answered 500")]

    def test_a_private_address_gets_no_credentials(self, issuer: Issuer, settings: Settings) -> None:
        settings.ALLOW_PRIVATE_ADDRESSES = False
        [(outcome, reason)] = issuer.send()
        assert (outcome, issuer.server.requests) == ("retry", [])
        assert reason == (
            "the token endpoint: 127.0.0.1 leads to the private address 127.0.0.1, which webhooks may not reach"
        )

    @pytest.mark.parametrize("url", ["", "ftp://x/token", "http://[::1", "not a url"])
    def test_a_token_url_that_is_none_breaks_nothing(self, issuer: Issuer, url: str) -> None:
        [(outcome, reason)] = issuer.send(oauth2=issuer.client(token_url=url))
        assert outcome == "retry"
        assert str(reason).startswith("the token ")
        assert SECRET not in str(reason)


HOOKS = {
    "name": "Hooks",
    "channel": "webhook",
    "kind": "http",
    "auth": "oauth2",
    "token_url": "https://login.example.com/token",
    "client_id": "shop id",
    "client_secret": SECRET,
    "scope": "hooks.write",
    "username": "left over",
}


def saved(password: str | None = SECRET, provider_id: int | None = None, **config: Any) -> Provider:
    return services.save_provider(
        provider_id=provider_id, name="Hooks", channel="webhook", kind="http", config=config, password=password
    )


@pytest.mark.django_db
class TestProviders:
    def test_a_client_is_set_up_by_a_form_and_its_secret_never_comes_back(self) -> None:
        client = signed_in("adam")
        assert client.post(ADD, HOOKS).status_code == 302
        provider = Provider.objects.get()
        assert provider.config == {
            "auth": "oauth2",
            "username": "",
            "token_url": "https://login.example.com/token",
            "client_id": "shop id",
            "scope": "hooks.write",
        }
        assert secrets.decrypt(provider.secrets) == {"client_secret": SECRET}
        [(row,)] = sql.rows("SELECT row_to_json(p)::text FROM channels_provider AS p")
        assert "s3cret" not in row
        address = f"/admin/channels/provider/{provider.pk}/change/"
        for name in ("adam", "mia"):
            page = signed_in(name).get(address).content.decode()
            assert "https://login.example.com/token" in page
            assert "s3cret" not in page
            assert bytes(provider.secrets or b"").decode() not in page
        assert client.post(address, HOOKS | {"client_secret": "", "scope": ""}).status_code == 302
        provider.refresh_from_db()
        assert (provider.config["scope"], secrets.decrypt(provider.secrets)) == ("", {"client_secret": SECRET})

    @pytest.mark.parametrize(
        ("changes", "place", "sentence"),
        [
            ({"token_url": ""}, "token_url", "The token URL is an address like"),
            ({"token_url": "login.example.com"}, "token_url", "The token URL is an address like"),
            ({"token_url": "https://[::1"}, "token_url", "The token URL is an address like"),
            ({"token_url": "https://x:99999/"}, "token_url", "The token URL is an address like"),
            ({"token_url": "http://login.example.com/token"}, "token_url", "The token URL has to be https://"),
            ({"token_url": "https://a:b@login.example.com/"}, "token_url", "The token URL holds no username"),
            ({"client_id": ""}, "client_id", "The client ID is missing."),
            ({"client_secret": ""}, "client_secret", "The client secret is missing."),
            ({"client_secret": "", "password": "another"}, "client_secret", "The client secret is missing."),
            ({"scope": "größe"}, "scope", "The scope is words"),
            ({"auth": "basic", "username": ""}, "username", "Basic authentication needs a username."),
        ],
    )
    def test_what_cannot_work_is_refused_at_its_field(self, changes: dict[str, str], place: str, sentence: str) -> None:
        answer = signed_in("adam").post(ADD, HOOKS | changes)
        assert answer.status_code == 200
        errors = answer.context["adminform"].form.errors
        assert list(errors) == [place]
        assert errors[place][0].startswith(sentence)
        assert SECRET not in answer.content.decode()
        assert not Provider.objects.exists()

    def test_a_setting_that_is_unknown_is_refused(self) -> None:
        for config in ({"auth": "digest"}, {"client_secret": "in the open"}):
            with pytest.raises(ChannelError) as caught:
                saved(**config)
            assert caught.value.code == "config"

    def test_a_password_is_no_client_secret_nor_the_other_way_round(self) -> None:
        basic = saved(auth="basic", username="ada")
        client = {"auth": "oauth2", "token_url": HOOKS["token_url"], "client_id": "x"}
        with pytest.raises(ChannelError, match="client secret is missing"):
            saved(None, basic.pk, **client)
        assert secrets.decrypt(saved("new", basic.pk, **client).secrets) == {"client_secret": "new"}
        assert secrets.decrypt(saved(None, basic.pk, auth="basic", username="ada").secrets) == {}

    def test_a_provider_from_before_the_choice_is_basic_when_it_has_a_username(self, web_server: WebServer) -> None:
        old = Provider.objects.create(
            name="Old", channel="webhook", kind="http", config={"username": "ada"},
            secrets=secrets.encrypt({"password": "s3cret"}),
        )  # fmt: skip
        for _before_and_after in range(2):
            transport = transport_of(old.kind, old.config, old.secrets)
            assert isinstance(transport, Http)
            assert (transport.username, transport.password, transport.oauth2) == ("ada", "s3cret", None)
            page = signed_in("adam").get(f"/admin/channels/provider/{old.pk}/change/").content.decode()
            assert '<option value="basic" selected' in page
            form = {"name": "Old", "channel": "webhook", "kind": "http", "auth": "basic", "username": "ada"}
            assert signed_in("adam").post(f"/admin/channels/provider/{old.pk}/change/", form).status_code == 302
            old.refresh_from_db()
            assert old.config["auth"] == "basic"
        assert saved(None, old.pk).config["auth"] == "none"
        assert saved(None, old.pk, username="ada").config["auth"] == "basic"

    def test_a_journeys_webhook_and_a_test_send_use_the_token(self, issuer: Issuer, world: World) -> None:
        provider = saved(auth="oauth2", token_url=issuer.client().token_url, client_id="shop", scope="")
        url = f"{issuer.server.url}/hook"
        world.queue(world.campaign("webhook", provider, method="POST", url=url, body={"a": 1}), world.person("ada"))
        dispatch(now=NOON, batch=10)
        assert world.messages() == [("ada", "sent", None)]
        page = signed_in("adam").post(f"/admin/channels/provider/{provider.pk}/test/", {"to": url}).content.decode()
        assert "was accepted" in page
        assert issuer.received == ["token-1", "token-1"]
        oauth._tokens.clear()
        issuer.reply = (401, b'{"error": "invalid_client"}')
        page = signed_in("adam").post(f"/admin/channels/provider/{provider.pk}/test/", {"to": url}).content.decode()
        assert "the token endpoint answered 401 (invalid_client)" in page
