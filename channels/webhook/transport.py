"""Webhooks over HTTP: a pool of threads for a batch (domain 5.8: 5 s timeout, 2 retries; 429, 5xx and timeouts are
retried).
"""

import contextlib
import functools
import ssl
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import httpcore
import httpx
import msgspec

from channels.base import SENT, UNTRIED, Outcome, Outgoing, Result
from channels.webhook.address import CheckedBackend, ForbiddenAddress

TIMEOUT_SECONDS = 5.0
THREADS = 16
REPLY_BYTES = 65_536  # of a reply that is read, so that its connection can serve the next message
RETRIED = {408, 425, 429}


@functools.cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


class _CheckedTransport(httpx.HTTPTransport):
    """httpx's own transport, on a pool that connects through CheckedBackend; httpx has no public place to say so."""

    def __init__(self) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(), max_connections=THREADS, network_backend=CheckedBackend()
        )


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
        """Send side by side, THREADS at a time."""
        end = time.monotonic() + seconds
        client = httpx.Client(
            transport=_CheckedTransport(),
            timeout=self.timeout,
            follow_redirects=False,  # a redirect could lead anywhere; it counts as a refusal
            trust_env=False,
            auth=(self.username, self.password) if self.username else None,
            headers={"User-Agent": "Sojourn"},
        )
        threads = ThreadPoolExecutor(min(THREADS, len(batch)), thread_name_prefix="webhook")
        try:
            futures = [threads.submit(self._send_one, client, outgoing, end) for outgoing in batch]
            # Each request ends by its own timeouts, except on a server that drips its headers: nobody waits for that
            # one.
            done, _hanging = wait(futures, timeout=seconds + 4 * self.timeout)
            return [future.result() if future in done else _timeout(self.timeout) for future in futures]
        finally:
            client.close()
            threads.shutdown(wait=False, cancel_futures=True)

    def _send_one(self, client: httpx.Client, outgoing: Outgoing, end: float) -> Result:
        started = time.monotonic()
        if started > end:
            return UNTRIED
        content = outgoing.content
        try:
            request = _request(client, outgoing.key, content)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError) as error:
            return Result(Outcome.FAILED, f"the request cannot be made: {error}"[:300])
        try:
            response = client.send(request, stream=True)
        except ForbiddenAddress as error:
            return Result(Outcome.FAILED, str(error))
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
            return Result(Outcome.FAILED, f"the request cannot be made: {error}"[:300])
        except httpx.TimeoutException:
            return _timeout(self.timeout)
        except httpx.HTTPError as error:
            return Result(Outcome.RETRY, f"no answer: {error or type(error).__name__}"[:300])
        _read(response, started + self.timeout)
        if response.is_success:
            return SENT
        again = response.status_code in RETRIED or response.status_code >= 500
        return Result(Outcome.RETRY if again else Outcome.FAILED, f"answered {response.status_code}")


def _read(response: httpx.Response, end: float) -> None:
    """Read what the reply holds, within bounds, so that the connection can be used again. The status has decided
    already.
    """
    read = 0
    with contextlib.suppress(httpx.HTTPError), contextlib.closing(response):
        for piece in response.iter_raw(8192):
            read += len(piece)
            if read > REPLY_BYTES or time.monotonic() > end:
                return


def _timeout(seconds: float) -> Result:
    return Result(Outcome.RETRY, f"no answer within {seconds:g} s")


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
