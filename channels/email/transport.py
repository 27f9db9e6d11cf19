"""E-mail over SMTP: one connection for a batch (domain 5.8: 15 s timeout, 2 retries)."""

import functools
import smtplib
import socket
import ssl
import time
from collections.abc import Sequence
from datetime import timedelta
from email.utils import formatdate
from typing import Any

from django.utils.encoding import force_str

from channels.base import SENT, UNTRIED, Outcome, Outgoing, Result
from channels.email.mime import Mail, Unsendable, build

TIMEOUT_SECONDS = 15.0
PORTS = {"none": 25, "starttls": 587, "tls": 465}


class ConnectionLost(Exception):
    """The server hung up, timed out or said that it closes (421)."""


@functools.cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class Smtp:
    """A mail server. security: none, starttls or tls, the latter two with verified certificates."""

    records = False
    backoff = (timedelta(minutes=1), timedelta(minutes=5))

    def __init__(
        self,
        *,
        host: str,
        port: int = 0,
        security: str = "starttls",
        username: str = "",
        password: str = "",
        sender: str = "",
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self.host, self.port, self.security = host, port or PORTS[security], security
        self.username, self.password, self.sender, self.timeout = username, password, sender, timeout

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> "Smtp":
        """From a provider's config and secrets: host, port, security, username, password, from."""
        return cls(
            host=settings.get("host", ""),
            port=int(settings.get("port") or 0),
            security=settings.get("security", "starttls"),
            username=settings.get("username", ""),
            password=settings.get("password", ""),
            sender=settings.get("from", ""),
        )

    def send(self, batch: Sequence[Outgoing], *, seconds: float) -> list[Result]:
        """Send one after the other. When the connection is lost the message in hand is tried again later; the others go
        on over a new connection if the old one had served any, and wait too if not: then the server is down, and asking
        again at once would not help.
        """
        end = time.monotonic() + seconds
        date = formatdate()
        results: list[Result] = []
        connection: smtplib.SMTP | None = None
        served = 0  # messages over this connection
        try:
            for outgoing in batch:
                if time.monotonic() > end:
                    results.append(UNTRIED)
                    continue
                try:
                    mail = build(outgoing, sender=self.sender, date=date)
                except Unsendable as error:
                    results.append(Result(Outcome.FAILED, str(error)))
                    continue
                try:
                    if connection is None:
                        connection, served = self._connect(), 0
                    results.append(_deliver(connection, mail))
                    served += 1
                except ConnectionLost as error:
                    lost = Result(Outcome.RETRY, str(error))
                    results.append(lost)
                    _close(connection)
                    connection = None
                    if not served:
                        return results + [lost] * (len(batch) - len(results))
                    served = 0
        finally:
            _close(connection, politely=True)
        return results

    def _connect(self) -> smtplib.SMTP:
        """An open connection, greeted, encrypted and logged in as configured. Raises ConnectionLost."""
        where = f"{self.host}:{self.port}"
        connection: smtplib.SMTP | None = None
        try:
            if self.security == "tls":
                connection = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=_tls())
            else:
                connection = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
            connection.ehlo_or_helo_if_needed()
            if self.security == "starttls":
                connection.starttls(context=_tls())
                connection.ehlo()
            if self.username:
                connection.login(self.username, self.password)
            # A message is several small writes, each waited for: without this the kernel holds them back.
            assert connection.sock is not None  # it is connected
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except smtplib.SMTPAuthenticationError as error:
            _close(connection)
            raise ConnectionLost(f"{where} refused the login: {_reply(error.smtp_code, error.smtp_error)}") from None
        except (smtplib.SMTPException, OSError) as error:
            _close(connection)
            raise ConnectionLost(f"no connection to {where}: {error}") from None
        return connection


def _close(connection: smtplib.SMTP | None, *, politely: bool = False) -> None:
    if connection is None:
        return
    try:
        if politely:
            connection.quit()
        else:
            connection.close()
    except (smtplib.SMTPException, OSError):
        connection.close()


def _deliver(connection: smtplib.SMTP, mail: Mail) -> Result:
    """Hand over one mail. Raises ConnectionLost."""
    try:
        commands = [f"MAIL FROM:<{mail.sender}>\r\n", *(f"RCPT TO:<{recipient}>\r\n" for recipient in mail.recipients)]
        only = len(mail.recipients) == 1
        if connection.has_extn("pipelining"):
            # DATA may ride along when one refusal means that there is nothing to send (RFC 2920, 3.1).
            replies = _ask_at_once(connection, [*commands, "DATA\r\n"] if only else commands)
        else:
            replies = _ask_in_turn(connection, commands)
        # The person's own recipient counts; a copy that is refused keeps nobody else from the message.
        for code, text in replies[:2]:
            if code >= 400:
                if len(replies) > len(commands) and replies[-1][0] == 354:
                    _ask_at_once(connection, [".\r\n"])  # the server waits for a text although nobody is to have it
                _ask_at_once(connection, ["RSET\r\n"])
                return _refusal(code, text)
        if len(replies) == len(commands):
            replies += _ask_at_once(connection, ["DATA\r\n"])
        code, text = replies[-1]
        if code == 354:
            connection.send(mail.data + b".\r\n")
            code, text = connection.getreply()
            if code == 421:
                raise ConnectionLost(f"the server closed the connection: {_reply(code, text)}")
            return SENT if 200 <= code < 300 else _refusal(code, text)
        _ask_at_once(connection, ["RSET\r\n"])
        return _refusal(code, text)
    except (smtplib.SMTPException, OSError) as error:
        raise ConnectionLost(f"the connection to the server was lost: {error}") from None


def _ask_in_turn(connection: smtplib.SMTP, commands: list[str]) -> list[tuple[int, bytes]]:
    """Send commands one by one up to the first that fails for everyone: the sender, or the person."""
    replies: list[tuple[int, bytes]] = []
    for command in commands:
        replies += _ask_at_once(connection, [command])
        if len(replies) <= 2 and replies[-1][0] >= 400:
            break
    return replies


def _ask_at_once(connection: smtplib.SMTP, commands: list[str]) -> list[tuple[int, bytes]]:
    """Send commands together and read a reply for each. Raises ConnectionLost when one of them is 421."""
    connection.send("".join(commands))
    replies = [connection.getreply() for _command in commands]
    for code, text in replies:
        if code == 421:
            raise ConnectionLost(f"the server closed the connection: {_reply(code, text)}")
    return replies


def _refusal(code: int, text: bytes) -> Result:
    """4xx may pass next time, 5xx will not."""
    return Result(Outcome.RETRY if 400 <= code < 500 else Outcome.FAILED, f"refused: {_reply(code, text)}")


def _reply(code: int, text: bytes | str) -> str:
    return f"{code} {' '.join(force_str(text, errors='replace').split())}"[:300]
