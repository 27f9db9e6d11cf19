"""HTTP to providers: only to addresses that are allowed, bounded in time, a pool of threads for a batch."""

import contextlib
import functools
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, TypeVar

import httpcore
import httpx

from channels.base import UNTRIED, Outcome, Result
from channels.webhook.address import CheckedBackend, ForbiddenAddress

THREADS = 16
REPLY_BYTES = 65_536  # of a reply that is read, so that its connection can serve the next message
T = TypeVar("T")
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


def client(*, timeout: float, **settings: Any) -> httpx.Client:
    """A client that follows no redirect, which could lead anywhere, and reads no proxy from the environment."""
    return httpx.Client(
        transport=_CheckedTransport(),
        timeout=timeout,
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": "Sojourn"},
        **settings,
    )


def side_by_side(
    batch: Sequence[T], send_one: Callable[[T], Result], *, seconds: float, timeout: float, name: str
) -> list[Result]:
    """The results of a batch, THREADS at a time; none is begun once `seconds` have passed. timeout: of one request."""
    end = time.monotonic() + seconds

    def begin(item: T) -> Result:
        return UNTRIED if time.monotonic() > end else send_one(item)

    threads = ThreadPoolExecutor(max(1, min(THREADS, len(batch))), thread_name_prefix=name)
    try:
        futures = [threads.submit(begin, item) for item in batch]
        # Each request ends by its own timeouts, except on a server that drips its headers: nobody waits for that one.
        done, _hanging = wait(futures, timeout=seconds + 4 * timeout)
        return [future.result() if future in done else timed_out(timeout) for future in futures]
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


def ask(client: httpx.Client, request: httpx.Request, *, timeout: float) -> Result | tuple[int, bytes]:
    """The status and the beginning of the body of a reply, or the result when there is none.

    The body is read within bounds, so that the connection can be used again.
    """
    started = time.monotonic()
    try:
        response = client.send(request, stream=True)
    except ForbiddenAddress as error:
        return Result(Outcome.FAILED, str(error))
    except (httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
        return impossible(error)
    except httpx.TimeoutException:
        return timed_out(timeout)
    except httpx.HTTPError as error:
        return Result(Outcome.RETRY, f"no answer: {error or type(error).__name__}"[:300])
    return response.status_code, _read(response, started + timeout)


def answered(status: int) -> Result:
    """What a status that is no success means: 429, 408, 5xx may go better later."""
    again = status in RETRIED or status >= 500
    return Result(Outcome.RETRY if again else Outcome.FAILED, f"answered {status}")


def impossible(error: Exception) -> Result:
    """The result of a request that cannot be made at all."""
    return Result(Outcome.FAILED, f"the request cannot be made: {error}"[:300])


def timed_out(seconds: float) -> Result:
    """The result of a request that nobody answered in time."""
    return Result(Outcome.RETRY, f"no answer within {seconds:g} s")


def _read(response: httpx.Response, end: float) -> bytes:
    body = b""
    with contextlib.suppress(httpx.HTTPError), contextlib.closing(response):
        for piece in response.iter_raw(8192):
            body += piece
            if len(body) > REPLY_BYTES or time.monotonic() > end:
                break
    return body
