"""Encrypted connections to mail servers: a certificate that is trusted, and one that is not."""

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from channels.base import Outgoing
from channels.email import transport
from channels.email.transport import Smtp
from tests.channels.conftest import MailServer

MAIL = Outgoing("k1", "ada@example.com", {"subject": "Hello", "text": "Hi"})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail server")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


def check(server: object, session: object, envelope: object, mechanism: str, given: object) -> AuthResult:
    """Ada's password is right, all others are wrong."""
    right = isinstance(given, LoginPassword) and (given.login, given.password) == (b"ada", b"s3cret")
    return AuthResult(success=right, handled=right)


class _Controller(Controller):
    def factory(self) -> SMTP:
        return SMTP(self.handler, authenticator=check, auth_require_tls=False, tls_context=None)


class _StartTls(Controller):
    context: ssl.SSLContext

    def factory(self) -> SMTP:
        return SMTP(self.handler, authenticator=check, tls_context=self.context, require_starttls=True)


@pytest.fixture(params=["tls", "starttls"])
def server(request: pytest.FixtureRequest, certificate: Path) -> Iterator[tuple[str, MailServer]]:
    """A mail server that speaks TLS from the start, or wants STARTTLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = MailServer(port=free.getsockname()[1])
    if request.param == "tls":
        controller: Controller = _Controller(server, hostname="127.0.0.1", port=server.port, ssl_context=context)
    else:
        _StartTls.context = context
        controller = _StartTls(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    yield request.param, server
    controller.stop()


def smtp(server: tuple[str, MailServer], **settings: str) -> Smtp:
    security, mail_server = server
    return Smtp(
        host="127.0.0.1", port=mail_server.port, security=security, sender="shop@example.com", timeout=5, **settings
    )


def test_a_trusted_server_gets_login_and_mail(
    server: tuple[str, MailServer], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(transport, "_tls", lambda: context)
    [result] = smtp(server, username="ada", password="s3cret").send([MAIL], seconds=9)
    assert (result.outcome.value, result.reason) == ("sent", None)
    assert server[1].received() == ["ada@example.com"]


def test_a_wrong_password_is_the_servers_word(
    server: tuple[str, MailServer], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(transport, "_tls", lambda: context)
    [result] = smtp(server, username="ada", password="wr0ng").send([MAIL], seconds=9)
    assert result.outcome.value == "retry"
    assert "refused the login: 535" in str(result.reason)
    assert "wr0ng" not in str(result.reason)


def test_a_server_that_nobody_vouches_for_gets_nothing(server: tuple[str, MailServer]) -> None:
    [result] = smtp(server, username="ada", password="s3cret").send([MAIL], seconds=9)
    assert result.outcome.value == "retry"
    assert "certificate verify failed" in str(result.reason)
    assert server[1].received() == []
