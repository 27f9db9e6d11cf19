"""The load: prepared HTTP requests over keep-alive connections, one thread, sockets alone, so that measuring costs the
machine as little as it can. Run as a process: `python -m tests.bench.client PORT CONNECTIONS FILE`.

The file holds whole requests, each with its length in four bytes before it. Prints a JSON object: monotonic times of
the first byte sent and the last reply, and the replies' status codes.
"""

import heapq
import json
import selectors
import socket
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

BUSY_SECONDS = 0.05  # the pause after a 429: a project may have 15 calls under way


class Outcome(NamedTuple):
    """began, ended: monotonic seconds."""

    began: float
    ended: float
    statuses: dict[str, int]


def request(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A POST as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()] + [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def run(requests: Iterable[bytes], *, port: int, connections: int, place: Path) -> Outcome:
    """Send the requests from a process of their own. Raises RuntimeError when one is refused."""
    file = place / "requests"
    with file.open("wb") as out:
        for each in requests:
            out.write(struct.pack(">I", len(each)) + each)
    command = [sys.executable, "-m", "tests.bench.client", str(port), str(connections), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    file.unlink()
    outcome = Outcome(**json.loads(done.stdout))
    if set(outcome.statuses) - {"200", "429"}:
        raise RuntimeError(f"Not all requests were accepted: {outcome.statuses}")
    return outcome


class Connection:
    """One socket with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = b""
        self._reply = bytearray()

    def send(self, request: bytes) -> None:
        self.request = request
        self._reply.clear()
        self.socket.sendall(request)

    def receive(self) -> tuple[str, bytes] | None:
        """The status and the body, once they are complete."""
        part = self.socket.recv(65536)
        if not part:
            raise RuntimeError("The server closed the connection.")
        self._reply += part
        end = self._reply.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = bytes(self._reply[:end]).lower()
        length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        body = bytes(self._reply[end + 4 :])
        return (head[9:12].decode(), body) if len(body) >= length else None

    def ask(self, request: bytes) -> tuple[str, bytes]:
        """Send, and wait for the reply."""
        self.send(request)
        while (reply := self.receive()) is None:
            pass
        return reply


def _load(requests: list[bytes], *, port: int, connections: int) -> dict[str, Any]:
    poll = selectors.DefaultSelector()
    everyone = [Connection(port) for _ in range(min(connections, len(requests)))]
    for connection in everyone:
        poll.register(connection.socket, selectors.EVENT_READ, connection)
    statuses: Counter[str] = Counter()
    busy: list[tuple[float, int, Connection]] = []
    waiting = iter(requests)
    under_way = 0
    began = time.monotonic()
    for connection in everyone:
        connection.send(next(waiting))
        under_way += 1
    while under_way:
        pause = max(0.0, busy[0][0] - time.monotonic()) if busy else None
        for key, _ in poll.select(pause):
            connection = key.data
            if (reply := connection.receive()) is None:
                continue
            status, body = reply
            statuses[status] += 1
            if status == "429":
                heapq.heappush(busy, (time.monotonic() + BUSY_SECONDS, id(connection), connection))
                continue
            if status == "200" and not body.startswith(b'{"status":"success"'):
                raise RuntimeError(f"A record was refused: {body[:500]!r}")
            under_way -= 1
            if (following := next(waiting, None)) is not None:
                connection.send(following)
                under_way += 1
        while busy and busy[0][0] <= time.monotonic():
            _, _, connection = heapq.heappop(busy)
            connection.send(connection.request)
    return {"began": began, "ended": time.monotonic(), "statuses": dict(statuses)}


def _read(file: Path) -> list[bytes]:
    content = file.read_bytes()
    found, at = [], 0
    while at < len(content):
        (length,) = struct.unpack_from(">I", content, at)
        found.append(content[at + 4 : at + 4 + length])
        at += 4 + length
    return found


if __name__ == "__main__":
    print(json.dumps(_load(_read(Path(sys.argv[3])), port=int(sys.argv[1]), connections=int(sys.argv[2]))))
