"""Builders for the outbox, a mail server and a web server that do as they are told."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Protocol

from channels import outbox
from channels.models import Campaign, Provider
from config.lib import sql
from config.lib.lanes import of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EMAIL = {
    "from": "Shop <shop@example.com>",
    "subject": "Hello {{ Profile.name | default: 'you' }}",
    "html": '<p>Hi {{ Profile.name }}</p><a href="https://shop.example/?a=1&amp;b=2">Look</a>',
    "text": "Hi {{ Profile.name }}",
}
CONTEXT = {"Journey": {"id": 7, "name": "Win back", "version": 1}, "Node": {"id": 3}}


@dataclass
class World:
    """People, campaigns and messages, written as the rest of the product would write them."""

    people: dict[str, int] = field(default_factory=dict)
    enrollments: int = 0

    def person(self, name: str, **fields: Any) -> int:
        """A profile; e-mail made of the name unless given."""
        given = {"email": f"{name}@example.com", "phone": None, "properties": {}} | fields
        [(person,)] = sql.rows(
            """
            INSERT INTO profiles_profile (lane, id, identity, name, email, phone, properties, created_at, updated_at)
            SELECT id %% 64, id, %(identity)s, %(name)s, %(email)s, %(phone)s, %(properties)s::jsonb, %(now)s, %(now)s
              FROM nextval('profiles_profile_id_seq') AS id
            RETURNING id
            """,
            given
            | {"identity": name, "name": name.title(), "properties": json.dumps(given["properties"]), "now": NOON},
        )
        self.people[name] = person
        return person

    def campaign(
        self,
        channel: str = "email",
        provider: Provider | None = None,
        policy: dict[str, Any] | None = None,
        **content: Any,
    ) -> Campaign:
        """A campaign; for e-mail, what is not given is EMAIL's."""
        given = EMAIL | content if channel == "email" else content
        return Campaign.objects.create(
            channel=channel, provider=provider, content=given, context=CONTEXT, policy=policy or {}
        )

    def queue(
        self,
        campaign: Campaign,
        *people: int,
        at: datetime = NOON,
        due: datetime | None = None,
        event: dict[str, Any] | None = None,
    ) -> list[int]:
        """One message for each of the people, in one enrollment each; their enrollments."""
        enrollments = list(range(self.enrollments + 1, self.enrollments + 1 + len(people)))
        self.enrollments += len(people)
        text = json.dumps({"name": "Product Viewed", "at": at.isoformat(), "properties": event}) if event else None
        outbox.queue(
            (of(person), at, person, campaign.pk, enrollment, 7, 8, 3, 1, campaign.channel, due or at, text)
            for person, enrollment in zip(people, enrollments, strict=True)
        )
        return enrollments

    def messages(self) -> list[tuple[str, str, str | None]]:
        """(identity, status, reason), by identity."""
        return sql.rows("""
            SELECT p.identity, m.status, m.reason FROM channels_message AS m
              LEFT JOIN profiles_profile AS p ON p.id = m.profile_id ORDER BY p.identity, m.id
        """)

    def sandboxed(self) -> dict[str, dict[str, Any]]:
        """What the sandbox kept, by address."""
        return {
            address: json.loads(content)
            for address, content in sql.rows("SELECT address, content FROM channels_sandboxed")
        }

    def events(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(identity, event, properties) in the inbox, in order."""
        return [
            (identity, name, json.loads(properties))
            for identity, name, properties in sql.rows("""
                SELECT p.identity, t.name, i.properties FROM profiles_inbox AS i
                  JOIN profiles_profile AS p ON p.id = i.profile_id JOIN profiles_eventtype AS t ON t.id = i.type_id
                 ORDER BY i.id
            """)
        ]


@pytest.fixture
def world() -> World:
    return World()


@dataclass
class MailServer:
    """A mail server on a port of its own. refuse: recipient → reply. hang_up_after: mails a connection."""

    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    hang_up_after: int | None = None
    pipelining: bool = False
    connections: int = 0
    port: int = 0
    came: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, mails: int) -> None:
        """Until that many mails have come."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.mails) >= mails, timeout=60), f"{mails} mails never came"

    def received(self) -> list[str]:
        """Recipients, in order."""
        return [recipient for recipient, _mail in self.mails]

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        session.mails = 0
        self.connections += 1
        return [*responses[:-1], "250-PIPELINING", responses[-1]] if self.pipelining else responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.hang_up_after is not None and session.mails >= self.hang_up_after:
            server.transport.abort()
            return "421 gone"
        session.mails += 1
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        with self.came:
            self.mails += [(recipient, mail) for recipient in envelope.rcpt_tos]
            self.came.notify_all()
        return "250 OK"

    def provider(self, **config: Any) -> Provider:
        """The server as the default e-mail provider."""
        settings = {"host": "127.0.0.1", "port": self.port, "security": "none", "from": "default@example.com"}
        return Provider.objects.create(
            name="Mail", channel="email", kind="smtp", config=settings | config, is_default=True
        )


class _Controller(Controller):
    def factory(self) -> Protocol:
        return Protocol(self.handler, enable_SMTPUTF8=False, hostname="sink.example")


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = MailServer(port=free.getsockname()[1])
    controller = _Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    server.connections = 0  # the controller's own, to see that the server is up
    yield server
    controller.stop()


@dataclass
class WebServer:
    """A web server on a port of its own. answer: (method, path, body) → status, or it with a body, or None to hang
    up."""

    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    answer: Callable[[str, str, bytes], int | tuple[int, bytes] | None] = lambda method, path, body: 200
    headers: dict[str, str] = field(default_factory=dict)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def web_server() -> Iterator[WebServer]:
    world = WebServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            world.requests.append((self.command, self.path, dict(self.headers), body))
            answer = world.answer(self.command, self.path, body)
            if answer is None:
                self.close_connection = True
                return
            status, reply = answer if isinstance(answer, tuple) else (answer, b"ok")
            self.send_response(status)
            for name, value in world.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        do_GET = do_POST = do_PUT = do_DELETE = _handle

        def log_message(self, *args: Any) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    world.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield world
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    """For tests that commit: the hot tables are emptied afterwards. Django only knows how to empty its own."""
    yield
    sql.run(
        "TRUNCATE channels_message, channels_sandboxed,"
        " profiles_profile, profiles_identity, profiles_inbox, profiles_suppression"
    )
