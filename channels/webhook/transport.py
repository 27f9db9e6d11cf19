"""Webhooks over HTTP (domain 5.8: 5 s timeout, 2 retries; 429, 5xx and timeouts are retried)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx
import msgspec

from channels import http
from channels.base import SENT, Outgoing, Result

TIMEOUT_SECONDS = 5.0


class Http:
    """Sends requests, with basic authentication when the provider has a username."""

    records = False
    backoff = (timedelta(seconds=10), timedelta(seconds=60))

    def __init__(self, *, username: str = "", password: str = "", timeout: float = TIMEOUT_SECONDS) -> None:
        self.username, self.password, self.timeout = username, password, timeout

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> "Http":
        """From a provider's config and secrets: username, password."""
        return cls(username=settings.get("username", ""), password=settings.get("password", ""))

    def send(self, batch: Sequence[Outgoing], *, seconds: float) -> list[Result]:
        """Send side by side."""
        auth = (self.username, self.password) if self.username else None
        with http.client(timeout=self.timeout, auth=auth) as client:
            return http.side_by_side(
                batch,
                lambda outgoing: self._send_one(client, outgoing),
                seconds=seconds,
                timeout=self.timeout,
                name="webhook",
            )

    def _send_one(self, client: httpx.Client, outgoing: Outgoing) -> Result:
        try:
            request = _request(client, outgoing.key, outgoing.content)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError) as error:
            return http.impossible(error)
        reply = http.ask(client, request, timeout=self.timeout)
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
