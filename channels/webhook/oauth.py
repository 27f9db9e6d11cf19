"""Access tokens for webhooks: OAuth 2 client credentials (RFC 6749, 4.4).

A token is kept for the life of the process until shortly before it ends. Whatever keeps it away is the provider's
trouble and no message's: messages wait for their next attempt, and their reason tells what the token endpoint answered.
"""

import base64
import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlsplit

import httpx
import msgspec
from django.conf import settings

from channels import http
from channels.base import Outcome, Result
from channels.errors import ChannelError

LASTS = 3600.0  # seconds, of a token that does not say; an earlier end is noticed by the 401
LONGEST = 86_400.0
RENEWED_BEFORE = 60.0  # seconds before a token ends, or half its life if that is less
# The only words of an answer that are repeated: a server may well put the secret into the others.
_ERRORS = {
    "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
    "invalid_scope", "invalid_target", "access_denied", "server_error", "temporarily_unavailable",
}  # fmt: skip

clock = time.monotonic


class Client(NamedTuple):
    """Who asks for a token, where and for what."""

    token_url: str
    client_id: str
    client_secret: str
    scope: str = ""


class _Token(NamedTuple):
    value: str
    until: float  # by `clock`


_tokens: dict[Client, _Token] = {}  # for the life of the process
_tokens_lock = threading.Lock()


def kind_of(config: Mapping[str, Any]) -> str:
    """none, basic or oauth2. A provider that does not say is an old one, and basic when it has a username."""
    return config.get("auth") or ("basic" if config.get("username") else "none")


def check(config: Mapping[str, Any]) -> None:
    """Raise ChannelError, whose code is the setting, for what no token can be had with."""
    try:
        parts = urlsplit(config["token_url"])
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or any(char.isspace() or not char.isprintable() for char in config["token_url"]):
        raise ChannelError("The token URL is an address like https://login.example.com/token.", code="token_url")
    if parts.scheme == "http" and not settings.ALLOW_PRIVATE_ADDRESSES:
        message = "The token URL has to be https://, so that the client secret does not travel in the open."
        raise ChannelError(message, code="token_url")
    if "@" in parts.netloc or parts.fragment:
        raise ChannelError("The token URL holds no username, no password and no “#”.", code="token_url")
    if not config["client_id"]:
        raise ChannelError("The client ID is missing.", code="client_id")
    # RFC 6749, A.4: printable ASCII but " and \, parted by spaces.
    if any(not " " <= char <= "~" or char in '"\\' for char in config["scope"]):
        raise ChannelError("The scope is words of plain letters, parted by spaces.", code="scope")


class Access:
    """The access token of one batch. It is asked for once, and once more if a receiver refuses it."""

    def __init__(self, who: Client, client: httpx.Client, *, timeout: float) -> None:
        self.who, self.client, self.timeout = who, client, timeout
        self._lock = threading.Lock()  # of this batch, so that a token endpoint that hangs holds up no other
        self._renewed = False
        self._failure: Result | None = None

    def token(self) -> str | Result:
        """A token that is good for a while, or what becomes of a message without one."""
        with self._lock:
            return self._failure or self._known() or self._ask()

    def instead(self, refused: str) -> str | Result | None:
        """A token instead of one that was refused. None: it was a renewed one already."""
        with self._lock:
            if self._failure:
                return self._failure
            known = self._known()
            if known and known != refused:
                return known
            if self._renewed:
                return None
            self._renewed = True
            with _tokens_lock:
                _tokens.pop(self.who, None)
            return self._ask()

    def _known(self) -> str | None:
        with _tokens_lock:
            known = _tokens.get(self.who)
        return known.value if known and known.until > clock() else None

    def _ask(self) -> str | Result:
        """Ask with the credentials in the header, which every server has to take; if it refuses them, in the body."""
        asked = clock()
        reply = self._reply(in_header=True)
        if isinstance(reply, tuple) and reply[0] in (400, 401):
            reply = self._reply(in_header=False)
        read = reply if isinstance(reply, Result) else _read(*reply, asked)
        if isinstance(read, Result):
            self._failure = read
            return read
        with _tokens_lock:
            _tokens[self.who] = read
        return read.value

    def _reply(self, *, in_header: bool) -> Result | tuple[int, bytes]:
        form = {"grant_type": "client_credentials"} | ({"scope": self.who.scope} if self.who.scope else {})
        # Not compressed, since the body is read as it comes.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        try:
            if in_header:
                pair = f"{quote_plus(self.who.client_id)}:{quote_plus(self.who.client_secret)}"
                headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
            else:
                form |= {"client_id": self.who.client_id, "client_secret": self.who.client_secret}
            request = self.client.build_request("POST", self.who.token_url, data=form, headers=headers)
        except UnicodeError:  # whose words hold what could not be encoded
            return _without("the client ID or secret cannot be sent")
        except (httpx.InvalidURL, ValueError) as error:
            return _without(f"the token URL cannot be used: {error}")
        reply = http.ask(self.client, request, timeout=self.timeout)
        return _without(f"the token endpoint: {reply.reason}") if isinstance(reply, Result) else reply


def _read(status: int, body: bytes, asked: float) -> _Token | Result:
    """The token of an answer."""
    try:
        given = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError):
        given = None
    if not isinstance(given, dict):
        given = {}
    if not 200 <= status < 300:
        error = given.get("error")
        why = f" ({error})" if isinstance(error, str) and error in _ERRORS else ""
        return _without(f"the token endpoint answered {status}{why}")
    value, kind = given.get("access_token"), given.get("token_type") or "bearer"
    # It goes into a header, whose mistakes would be told with the token in them.
    if not isinstance(value, str) or not value or any(not "!" <= char <= "~" for char in value):
        return _without(f"the token endpoint answered {status} without an access token")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        return _without(f"the token endpoint answered {status} with a token that is no bearer token")
    try:
        lasts = max(0.0, min(float(given.get("expires_in", LASTS)), LONGEST))
    except (TypeError, ValueError, OverflowError):
        lasts = LASTS
    return _Token(value, asked + lasts - min(RENEWED_BEFORE, lasts / 2))


def _without(reason: str) -> Result:
    return Result(Outcome.RETRY, reason[:300])
