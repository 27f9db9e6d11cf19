"""A home of its own for what the demo keeps on disk, its mail server, and a small demo."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.demo import mailbox, seed, sink

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHOP = "https://shop.example.com"
NUMBER = 60  # people


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """SOJOURN_HOME, for the mailbox and the keys alone: the servers are connected to already."""
    monkeypatch.setenv("SOJOURN_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def sink_port(home: Path) -> Iterator[int]:
    """The port of a running mail server of the demo."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(sink.listen(0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield server.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    server.close()
    loop.close()


@pytest.fixture
def demo(db: None, sink_port: int) -> int:
    """A demo of sixty people, begun at noon; gives the mail server's port."""
    seed.seed(now=NOON, sink_port=sink_port, shop=SHOP, number=NUMBER)
    return sink_port


MAIL = """\
From: Fernweh Outdoor <hello@fernweh.example.com>
To: {to}
Subject: {subject}
List-Unsubscribe: <https://sojourn.example.com/t/u/abc>
MIME-Version: 1.0
Content-Type: text/html; charset="utf-8"

<html><body><h1>Still thinking?</h1><a href="https://sojourn.example.com/t/c/1">Back to <b>my cart</b></a>
<a href="https://sojourn.example.com/t/c/2">All of them</a><img src="https://sojourn.example.com/t/o/1.gif"></body></html>
"""


def keep(to: str, subject: str, at: int) -> str:
    """Put a mail with two links and a pixel into the mailbox; return its id."""
    return mailbox.store(MAIL.format(to=to, subject=subject).encode(), at)
