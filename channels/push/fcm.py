"""Push by Firebase Cloud Messaging, HTTP v1: Android, and through it APNs."""

import threading
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import httpx
import jwt
import msgspec

from channels import http
from channels.base import Outcome, Outgoing, Result
from channels.errors import ChannelError
from channels.push import devices
from channels.push.devices import Delivery

URL = "https://fcm.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_LASTS = 3600  # seconds, the longest that Google allows
RENEWED_BEFORE = 300  # seconds before a token ends


class Account(NamedTuple):
    """The service account that sends, from the JSON file that Firebase gives out."""

    project_id: str
    client_email: str
    private_key: str
    token_uri: str


class _Token(NamedTuple):
    value: str
    until: float  # seconds since 1970


_tokens: dict[tuple[str, str], _Token] = {}  # (token address, account) → its access token, for the life of the process
_tokens_lock = threading.Lock()


def account_of(text: str) -> Account:
    """Read a service account's JSON. Raises ChannelError that says what is missing."""
    try:
        given = msgspec.json.decode(text)
        account = Account(*(given[name] for name in Account._fields))
    except (msgspec.DecodeError, KeyError, TypeError):
        names = ", ".join(Account._fields)
        raise ChannelError(f"The service account is the JSON file of Firebase, with {names}.", code="secrets") from None
    if not all(isinstance(value, str) and value for value in account):
        raise ChannelError("The service account's fields are texts.", code="secrets")
    return account


class Fcm:
    """Sends through one Firebase project."""

    records = False
    backoff = devices.BACKOFF

    def __init__(self, account: Account, *, url: str = URL, timeout: float = devices.TIMEOUT_SECONDS) -> None:
        self.account, self.url, self.timeout = account, url.rstrip("/"), timeout

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> "Fcm":
        """From a provider's config and secrets: url, password (the service account's JSON). Raises ChannelError."""
        return cls(account_of(settings.get("password", "")), url=settings.get("url") or URL)

    def send(self, batch: Sequence[Outgoing], *, seconds: float) -> list[Result]:
        """Send to each device of each message, side by side."""
        with http.client(timeout=self.timeout) as client:
            token = self._token(client, time.time())
            if isinstance(token, Result):
                return [token] * len(batch)
            return devices.send(
                batch,
                lambda delivery: self._send_one(client, token, delivery),
                seconds=seconds,
                timeout=self.timeout,
                name="push",
            )

    def _send_one(self, client: httpx.Client, token: str, delivery: Delivery) -> Result:
        request = client.build_request(
            "POST",
            f"{self.url}/v1/projects/{self.account.project_id}/messages:send",
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            content=msgspec.json.encode({"message": _message(delivery, time.time())}),
        )
        reply = http.ask(client, request, timeout=self.timeout)
        if isinstance(reply, Result):
            return reply
        status, body = reply
        if status == 404 and b"UNREGISTERED" in body:
            return devices.gone(delivery.device)
        if status == 401:  # taken back before its time
            with _tokens_lock:
                _tokens.pop(self._place, None)
            return Result(Outcome.RETRY, "answered 401")
        return devices.sent_or(status)

    @property
    def _place(self) -> tuple[str, str]:
        return self.account.token_uri, self.account.client_email

    def _token(self, client: httpx.Client, now: float) -> str | Result:
        """An access token that is good for a while, or what becomes of the batch without one."""
        with _tokens_lock:
            known = _tokens.get(self._place)
        if known is not None and known.until - RENEWED_BEFORE > now:
            return known.value
        claims = {
            "iss": self.account.client_email,
            "scope": SCOPE,
            "aud": self.account.token_uri,
            "iat": int(now),
            "exp": int(now) + TOKEN_LASTS,
        }
        try:
            signed = jwt.encode(claims, self.account.private_key, algorithm="RS256")
            request = client.build_request(
                "POST", self.account.token_uri, data={"grant_type": GRANT, "assertion": signed}
            )
        except (jwt.PyJWTError, ValueError, TypeError, httpx.InvalidURL) as error:
            return Result(Outcome.RETRY, f"the service account cannot be used: {error}"[:300])
        reply = http.ask(client, request, timeout=self.timeout)
        if isinstance(reply, Result):
            return Result(Outcome.RETRY, reply.reason)
        status, body = reply
        try:
            given = msgspec.json.decode(body) if status == 200 else {}
            token = _Token(given["access_token"], now + float(given.get("expires_in", TOKEN_LASTS)))
        except (msgspec.DecodeError, KeyError, TypeError, ValueError):
            # Whoever set up the provider has to look; the messages wait meanwhile.
            return Result(Outcome.RETRY, f"the service account was refused: answered {status}")
        with _tokens_lock:
            _tokens[self._place] = token
        return token.value


def _message(delivery: Delivery, now: float) -> dict[str, Any]:
    """The message as FCM takes it: what is shown, and texts for the app."""
    content, device = delivery.outgoing.content, delivery.device
    data = {name: str(value) for name, value in content["values"].items()} | {"message": content["message"]}
    if content["link"]:
        data["link"] = content["link"]
    if content["buttons"]:
        data["buttons"] = msgspec.json.encode(content["buttons"]).decode()
    notification = {name: content[name] for name in ("title", "body", "image") if content[name]}
    message: dict[str, Any] = {"token": device.token, "notification": notification, "data": data}
    left = devices.seconds_left(content, now)
    if left is not None:
        message["android"] = {"ttl": f"{left}s"}
        message["apns"] = {"headers": {"apns-expiration": str(int(now) + left)}}
    return message
