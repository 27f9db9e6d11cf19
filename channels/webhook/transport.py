"""Webhooks over HTTP (domain 5.8: 5 s timeout, 2 retries; 429, 5xx and timeouts are retried)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx
import msgspec

from channels import http
from channels.base import SENT, Outgoing, Result
from channels.webhook import oauth

TIMEOUT_SECONDS = 5.0


class Http:
    """Sends requests, with basic authentication when the provider has a username, with an access token when it is a
    client of OAuth 2.
    """

    records = False
    backoff = (timedelta(seconds=10), timedelta(seconds=60))

    def __init__(
        self,
        *,
        username: str = "",
        password: str = "",
        oauth2: oauth.Client | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self.username, self.password, self.oauth2, self.timeout = username, password, oauth2, timeout

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> "Http":
        """From a provider's config and secrets: auth, and what `oauth.Client` or basic authentication needs."""
        kind = oauth.kind_of(settings)
        if kind == "oauth2":
            return cls(oauth2=oauth.Client(*(settings.get(name, "") for name in oauth.Client._fields)))
        if kind == "basic":
            return cls(username=settings.get("username", ""), password=settings.get("password", ""))
        return cls()

    def send(self, batch: Sequence[Outgoing], *, seconds: float) -> list[Result]:
        """Send side by side."""
        with http.client(timeout=self.timeout, auth=self._auth()) as client:
            access = oauth.Access(self.oauth2, client, timeout=self.timeout) if self.oauth2 else None
            return http.side_by_side(
                batch,
                lambda outgoing: self._send_one(client, access, outgoing),
                seconds=seconds,
                timeout=self.timeout,
                name="webhook",
            )

    def _auth(self) -> Any:
        if self.oauth2:
            return lambda request: request  # not None, with which a URL's own user would take the token's place
        return (self.username, self.password) if self.username else None

    def _send_one(self, client: httpx.Client, access: oauth.Access | None, outgoing: Outgoing) -> Result:
        try:
            request = _request(client, outgoing.key, outgoing.content)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError) as error:
            return http.impossible(error)
        if access is None:
            return _result(http.ask(client, request, timeout=self.timeout))
        token = access.token()
        if isinstance(token, Result):
            return token
        request.headers["Authorization"] = f"Bearer {token}"
        reply = http.ask(client, request, timeout=self.timeout)
        if isinstance(reply, tuple) and reply[0] == 401:  # taken back before its time
            another = access.instead(token)
            if isinstance(another, Result):
                return another
            if another is not None:
                request.headers["Authorization"] = f"Bearer {another}"
                reply = http.ask(client, request, timeout=self.timeout)
        return _result(reply)


def _result(reply: Result | tuple[int, bytes]) -> Result:
    """What a receiver's reply means."""
    if isinstance(reply, Result):
        return reply
    status, _body = reply
    return SENT if 200 <= status < 300 else http.answered(status)


def _request(client: httpx.Client, key: str, content: dict[str, Any]) -> httpx.Request:
    """The request of one message. Its key goes along, for receivers to know a repetition by."""
    headers = httpx.Headers(content["headers"])
    body = content["body"]
    if isinstance(body, str):
        data = body.encode()
        if data:
            headers.setdefault("Content-Type", "text/plain; charset=utf-8")
    else:
        data = msgspec.json.encode(body)
        headers.setdefault("Content-Type", "application/json")
    headers["Sojourn-Message"] = key
    return client.build_request(content["method"], content["url"], headers=headers, content=data or None)
