"""A mail server that accepts everything and keeps nothing but the times: `python -m tests.bench.sink PORT`.

Prints "ready"; on end of input it prints a JSON object: mails, and the monotonic times of the first and the last.
"""

import asyncio
import json
import smtplib
import subprocess
import sys
import time

from tests.bench import stack


class Sink(asyncio.Protocol):
    """One connection. Commands may come together (PIPELINING)."""

    mails = 0
    first = last = 0.0

    def __init__(self) -> None:
        self._buffer = b""
        self._reading = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._out: asyncio.WriteTransport = transport  # type: ignore[assignment]
        self._out.write(b"220 sink\r\n")

    def data_received(self, received: bytes) -> None:
        self._buffer += received
        replies = []
        while True:
            if self._reading:
                end = self._buffer.find(b"\r\n.\r\n")
                if end < 0:
                    break
                self._buffer = self._buffer[end + 5 :]
                self._reading = False
                Sink.mails += 1
                Sink.last = time.monotonic()
                Sink.first = Sink.first or Sink.last
                replies.append(b"250 ok\r\n")
            else:
                end = self._buffer.find(b"\r\n")
                if end < 0:
                    break
                command, self._buffer = self._buffer[:end].upper(), self._buffer[end + 2 :]
                replies.append(self._answer(command))
        if replies:
            self._out.write(b"".join(replies))

    def _answer(self, command: bytes) -> bytes:
        if command.startswith(b"EHLO"):
            return b"250-sink\r\n250-PIPELINING\r\n250 SIZE 10000000\r\n"
        if command == b"DATA":
            self._reading = True
            return b"354 go on\r\n"
        if command == b"QUIT":
            return b"221 bye\r\n"
        return b"250 ok\r\n"


def sending_alone(number: int) -> float:
    """Seconds to hand over that many mails of 2 KB that are ready, over one connection, to a sink of their own."""
    port = stack.free_port()
    command = [sys.executable, "-m", "tests.bench.sink", str(port)]
    mail = b"Subject: x\r\n\r\n" + 26 * (b"x" * 76 + b"\r\n")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.readline()
        with smtplib.SMTP("127.0.0.1", port) as connection:
            began = time.monotonic()
            for _ in range(number):
                connection.sendmail("shop@example.com", ["p@people.example"], mail)
            seconds = time.monotonic() - began
        server.communicate()
    return seconds


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", port)
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    print(json.dumps({"mails": Sink.mails, "first": Sink.first, "last": Sink.last}))


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
