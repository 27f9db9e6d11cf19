"""Webhooks against a real web server, and the addresses they may not reach."""

import base64
import ipaddress
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from channels.base import Outgoing
from channels.outbox import dispatch
from channels.webhook import address, oauth
from channels.webhook.transport import Http
from tests.channels.conftest import NOON, WebServer, World


def hook(url: str, key: str = "k1", **content: Any) -> Outgoing:
    return Outgoing(key, None, {"method": "POST", "url": url, "headers": {}, "body": {"a": 1}} | content)


def send(*batch: Outgoing, **settings: Any) -> list[tuple[str, str | None]]:
    return [(result.outcome.value, result.reason) for result in Http(**settings).send(batch, seconds=9)]


@pytest.fixture
def private(settings: Settings) -> None:
    """Addresses of this machine are allowed."""
    settings.ALLOW_PRIVATE_ADDRESSES = True


@pytest.mark.usefixtures("private")
class TestRequests:
    def test_a_request_arrives_as_written(self, web_server: WebServer) -> None:
        headers = {"X-Shop": "1"}
        assert send(hook(f"{web_server.url}/hook?x=1", headers=headers, body={"who": "Ada “x”"})) == [("sent", None)]
        [(method, path, sent, body)] = web_server.requests
        assert (method, path) == ("POST", "/hook?x=1")
        assert json.loads(body) == {"who": "Ada “x”"}
        assert (sent["Content-Type"], sent["X-Shop"], sent["Sojourn-Message"]) == ("application/json", "1", "k1")

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
    def test_every_method_and_a_text_body(self, web_server: WebServer, method: str) -> None:
        assert send(hook(web_server.url, method=method, body="plain")) == [("sent", None)]
        [(seen, _path, headers, body)] = web_server.requests
        assert (seen, body) == (method, b"plain")
        assert headers["Content-Type"] == "text/plain; charset=utf-8"

    def test_basic_authentication_is_the_providers(self, web_server: WebServer) -> None:
        send(hook(web_server.url), username="ada", password="s3cret")
        [(_method, _path, headers, _body)] = web_server.requests
        assert headers["Authorization"] == "Basic " + base64.b64encode(b"ada:s3cret").decode()

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            (200, "sent"), (204, "sent"), (301, "failed"), (302, "failed"), (400, "failed"), (404, "failed"),
            (408, "retry"), (429, "retry"), (500, "retry"), (503, "retry"),
        ],
    )  # fmt: skip
    def test_the_status_decides(self, web_server: WebServer, status: int, outcome: str) -> None:
        web_server.answer = lambda method, path, body: status
        web_server.headers = {"Location": f"{web_server.url}/elsewhere"}
        assert send(hook(f"{web_server.url}/first")) == [(outcome, None if outcome == "sent" else f"answered {status}")]
        assert [path for _method, path, _headers, _body in web_server.requests] == [
            "/first"
        ]  # redirects are not followed

    def test_a_server_that_hangs_up_is_tried_again_later(self, web_server: WebServer) -> None:
        web_server.answer = lambda method, path, body: None
        [(outcome, reason)] = send(hook(web_server.url))
        assert outcome == "retry"
        assert str(reason).startswith("no answer: ")

    def test_a_slow_server_is_given_up_after_the_timeout(self, web_server: WebServer) -> None:
        given_up = threading.Event()

        def slow(method: str, path: str, body: bytes) -> int:
            given_up.wait(10)
            return 200

        web_server.answer = slow
        assert send(hook(web_server.url), timeout=0.1) == [("retry", "no answer within 0.1 s")]
        given_up.set()

    def test_a_server_that_drips_holds_nobody_up(self, dripping: str) -> None:
        started = time.monotonic()
        [result] = Http(timeout=0.2).send([hook(dripping)], seconds=0.2)
        assert result.outcome.value == "retry"
        assert time.monotonic() - started < 5

    def test_a_token_endpoint_that_drips_holds_nobody_up(self, dripping: str, web_server: WebServer) -> None:
        who = oauth.Client(dripping, "shop", "s3cret")
        started = time.monotonic()
        batch = [hook(web_server.url, key=f"k{n}") for n in range(20)]
        results = Http(oauth2=who, timeout=0.2).send(batch, seconds=0.2)
        assert [result.outcome.value in ("retry", "untried") for result in results] == [True] * 20
        assert time.monotonic() - started < 5
        assert web_server.requests == []

    def test_a_dead_server_is_tried_again_later(self) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            [(outcome, _reason)] = send(hook(f"http://127.0.0.1:{unused.getsockname()[1]}/"))
        assert outcome == "retry"

    @pytest.mark.parametrize(
        "url", ["", "ftp://127.0.0.1/x", "http://", "not a url", "http://[::1", "file:///etc/passwd"]
    )
    def test_what_is_no_url_fails_alone(self, web_server: WebServer, url: str) -> None:
        [(bad, reason), (good, _reason)] = send(hook(url), hook(web_server.url))
        assert (bad, good) == ("failed", "sent")
        assert str(reason).startswith("the request cannot be made: ")

    def test_a_batch_goes_side_by_side(self, web_server: WebServer) -> None:
        all_are_here = threading.Barrier(16, timeout=4)

        def together(method: str, path: str, body: bytes) -> int:
            all_are_here.wait()
            return 404 if path == "/3" else 200

        web_server.answer = together
        outcomes = [outcome for outcome, _reason in send(*(hook(f"{web_server.url}/{n}") for n in range(16)))]
        assert outcomes == ["failed" if n == 3 else "sent" for n in range(16)]

    @pytest.mark.django_db
    def test_a_persons_values_keep_to_their_place(self, web_server: WebServer, world: World) -> None:
        from channels.models import Provider

        Provider.objects.create(name="Hooks", channel="webhook", kind="http", config={}, is_default=True)
        evil = '"}, "admin": true, {"x": "\nX-Admin: 1'
        campaign = world.campaign(
            "webhook",
            url=f"{web_server.url}/{{{{ Profile.nick | url_encode }}}}",
            headers={"X-Nick": "{{ Profile.nick }}"},
            body={"nick": "{{ Profile.nick }}", "n": 1, "list": ["{{ Profile.identity }}"]},
        )
        world.queue(campaign, world.person("ada", properties={"nick": evil}))
        dispatch(now=NOON, batch=10)
        assert world.messages() == [("ada", "sent", None)]
        [(_method, path, headers, body)] = web_server.requests
        assert json.loads(body) == {"nick": evil, "n": 1, "list": ["ada"]}
        assert "X-Admin" not in headers
        assert headers["X-Nick"] == '"}, "admin": true, {"x": " X-Admin: 1'
        assert " " not in path


@pytest.fixture
def dripping() -> Iterator[str]:
    """A server that sends a header a byte at a time and never comes to an end."""
    stop = threading.Event()

    def drip(connection: socket.socket) -> None:
        with connection:
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while not stop.wait(0.05):
                    connection.sendall(b"x")
            except OSError:
                return

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _peer = listener.accept()
            except OSError:
                return
            threading.Thread(target=drip, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)


PRIVATE_HOSTS = [
    "127.0.0.1", "localhost", "0.0.0.0", "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1", "169.254.169.254",
    "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "[fe80::1]", "[fd00:ec2::254]",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "224.0.0.1", "255.255.255.255",
]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE_HOSTS)
def test_private_addresses_are_refused(web_server: WebServer, host: str) -> None:
    [(outcome, reason)] = send(hook(f"http://{host}:{web_server.port}/"), timeout=0.5)
    assert outcome in ("failed", "retry")  # some of them mean nothing to this machine's resolver
    if outcome == "failed":
        assert "which webhooks may not reach" in str(reason) or "Invalid IPv4 address" in str(reason)
    assert web_server.requests == []


def answers(monkeypatch: pytest.MonkeyPatch, *replies: list[str]) -> list[str]:
    """Let every name resolve to the replies, one a question; the names asked for."""
    asked: list[str] = []
    left = list(replies)

    def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        asked.append(host)
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(address.socket, "getaddrinfo", getaddrinfo)
    return asked


def test_a_name_that_leads_to_a_private_address_is_refused(
    web_server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, ["127.0.0.1"])
    [(outcome, reason)] = send(hook(f"http://public.example:{web_server.port}/"))
    assert (outcome, web_server.requests) == ("failed", [])
    assert reason == "public.example leads to the private address 127.0.0.1, which webhooks may not reach"


def test_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, ["93.184.216.34", "10.0.0.1"])
    assert send(hook("http://mixed.example/"))[0][0] == "failed"


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers differently the second time (DNS rebinding) is not asked a second time."""
    asked = answers(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    connected: list[str] = []

    def connect(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        connected.append(address[0])
        raise OSError("no way out of here")

    monkeypatch.setattr(address.socket, "create_connection", connect)
    assert send(hook("http://rebind.example/"))[0][0] == "retry"
    assert (asked, connected) == (["rebind.example"], ["93.184.216.34"])


@pytest.mark.parametrize("text", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"])
def test_public_addresses_are_public(text: str) -> None:
    assert address.is_public(ipaddress.ip_address(text))


@pytest.mark.usefixtures("private")
def test_a_setting_opens_the_own_network(web_server: WebServer) -> None:
    assert send(hook(f"http://localhost:{web_server.port}/")) == [("sent", None)]
