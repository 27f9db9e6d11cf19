"""How the demo starts and what its terminal says. That it runs as a whole is seen by running it."""

import io
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from honcho.printer import Message

from config.demo import run

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        yield somebody.getsockname()[1]


def test_a_port_in_use_gives_way_to_the_next(taken: int, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORT", raising=False)
    settings.PORT = taken
    assert taken < run.choose_port() <= taken + run.NEXT_PORTS


def test_a_port_that_was_asked_for_and_is_in_use_is_a_sentence(
    taken: int, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", str(taken))
    settings.PORT = taken
    with pytest.raises(run.DemoError, match=f"Port {taken} is in use; give another one"):
        run.choose_port()


def _try_to_be_the_only_one(answers: "multiprocessing.Queue[str]") -> None:
    try:
        with run.only_one():
            answers.put("alone")
    except run.DemoError as error:
        answers.put(str(error))


def test_a_second_demo_is_told_where_the_first_one_is() -> None:
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    with run.only_one() as lock:
        lock.write("http://127.0.0.1:8003")
        lock.flush()
        other = context.Process(target=_try_to_be_the_only_one, args=(answers,))
        other.start()
        other.join()
    other = context.Process(target=_try_to_be_the_only_one, args=(answers,))
    other.start()
    other.join()
    assert [answers.get(), answers.get()] == ["The demo runs already, at http://127.0.0.1:8003.", "alone"]


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="leftovers are found through /proc")
def test_what_a_killed_demo_of_this_home_left_is_stopped_and_nothing_else(home: Path) -> None:
    command = [sys.executable, "-c", "print('up', flush=True); input()", "config.demo"]

    def start(its_home: Path) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "DEMO": "1", "SOJOURN_HOME": str(its_home)}
        return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    ours, others = start(home), start(home / "other")
    try:
        assert [process.stdout and process.stdout.readline() for process in (ours, others)] == [b"up\n"] * 2
        run.stop_leftovers()
        assert ours.wait(5) != 0
        assert others.poll() is None
    finally:
        for process in (ours, others):
            process.kill()
            process.communicate()


def message(name: str, text: str) -> Message:
    return Message(type="line", data=text, time=datetime.now(), name=name, colour=None)  # noqa: DTZ005 (honcho's own)


def test_the_terminal_shows_the_address_and_numbers_and_keeps_the_rest_to_the_logs() -> None:
    out = io.StringIO()
    terminal = run.Terminal(out, banner="Sojourn is ready")
    terminal.write(message("system", "web started (pid=7)\n"))
    terminal.write(message("status", "ready\n"))
    terminal.write(message("status", "12:00:00  3 events in\n"))
    terminal.write(message("system", "worker stopped (rc=1)\n"))
    terminal.write(message("system", "web stopped (rc=-15)\n"))
    assert out.getvalue() == "Sojourn is ready\n  12:00:00  3 events in\n"
    assert terminal.stopped == ("worker", 1)


class Gone(io.StringIO):
    """A terminal that was closed."""

    def flush(self) -> None:
        raise OSError(5, "Input/output error")


def test_a_terminal_that_was_closed_stops_the_demo() -> None:
    caught: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: caught.append(number))
    try:
        run.Terminal(Gone(), banner="").write(message("status", "12:00:00  3 events in\n"))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert caught == [signal.SIGTERM]
