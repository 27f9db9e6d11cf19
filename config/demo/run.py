"""`manage.py demo`: seed, then run everything in one terminal until Ctrl-C.

The processes are those of the Procfile and three of the demo's own. They write to `.sojourn/logs`; the terminal shows
progress, then the address and the login, then one line of numbers. One demo runs on a home at a time: a lock says so,
which the system lets go of however the demo ends. What a kill -9 of this process alone has left running is stopped at
the next start; it is known by its environment, and by nothing that could be somebody else's.
"""

import contextlib
import fcntl
import os
import re
import shlex
import signal
import socket
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TextIO

from django.conf import settings
from django.contrib.auth import authenticate
from django.db import connections
from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.printer import Message

from config import embedded
from config.demo import keys, seed, status
from config.lib.errors import SojournError

NEXT_PORTS = 50  # tried after the usual one
FIRST_TICK_MINUTES = 15  # after the start; ticks are hourly
NUMBERS_EVERY = {True: 3, False: 60}  # seconds; on a terminal, where the line is rewritten, and elsewhere
OURS = (b"granian", b"celery", b"config.demo")  # in the command lines of what a demo starts

_STOPPED = re.compile(r"(\S+) stopped \(rc=(-?\d+)\)")


class DemoError(SojournError):
    """The demo cannot start, or did not hold; the sentence says why."""

    code = "demo"


# Before ------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def only_one() -> Iterator[TextIO]:
    """Be the only demo of this home. Yields a file for the address, which the next one's refusal names."""
    with (embedded.create_home() / "demo.lock").open("a+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # not flock: what we fork must not hold it after us
        except (BlockingIOError, PermissionError):  # the latter on some systems
            file.seek(0)
            raise DemoError(f"The demo runs already, at {file.read().strip() or 'another terminal'}.") from None
        file.truncate(0)
        yield file


def stop_leftovers() -> None:
    """Stop processes of an earlier demo of this home whose terminal was killed. Linux only; elsewhere they stay."""
    marks = {b"DEMO=1", b"SOJOURN_HOME=" + os.fsencode(embedded.home())}
    for force in (signal.SIGTERM, signal.SIGKILL):
        end = time.monotonic() + 5
        while left := [pid for pid in _processes() if _has(pid, marks)]:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, force)
            time.sleep(0.2)
            if time.monotonic() > end:
                break


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def _has(pid: int, marks: set[bytes]) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:  # gone, or another user's
        return False
    return marks.issubset(environment) and any(word in command for word in OURS)


def choose_port() -> int:
    """PORT if it was given, else the usual one or the next that is free. Raises DemoError."""
    if os.environ.get("PORT"):
        if not _free(settings.PORT):
            raise DemoError(f"Port {settings.PORT} is in use; give another one, as in PORT=8080 make demo.")
        return settings.PORT
    for port in range(settings.PORT, settings.PORT + NEXT_PORTS):
        if _free(port):
            return port
    raise DemoError(f"The ports from {settings.PORT} on are in use; give one that is free, as in PORT=9000 make demo.")


def _free(port: int) -> bool:
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((os.environ.get("HOST") or "127.0.0.1", port))
        except OSError:
            return False
    return True


def _any_port() -> int:
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        return int(attempt.getsockname()[1])


# While it runs -----------------------------------------------------------------------------------------------------


class Terminal:
    """What honcho prints to: passes on the line of numbers, keeps in mind who stopped first, drops the rest."""

    width = 0  # honcho sets it

    def __init__(self, out: TextIO, banner: str) -> None:
        self.out, self.banner = out, banner
        self.stopped: tuple[str, int] | None = None
        self._rewrites = out.isatty()

    def write(self, message: Message) -> None:
        text = message.data if isinstance(message.data, str) else message.data.decode(errors="replace")
        text = text.rstrip()
        if message.name == "system":
            if self.stopped is None and (found := _STOPPED.match(text)):
                self.stopped = found[1], int(found[2])
        elif text == status.READY:
            self._print(self.banner + "\n")
        else:
            self._print(f"\r\033[K  {text}" if self._rewrites else f"  {text}\n")

    def _print(self, text: str) -> None:
        if not say(self.out, text):
            signal.raise_signal(signal.SIGTERM)  # nobody watches any more


def say(out: TextIO, text: str) -> bool:
    """Write to the terminal; False if it is gone."""
    try:
        out.write(text)
        out.flush()
    except OSError:
        return False
    return True


def run(*, now: datetime, out: TextIO) -> None:
    """Seed and run until a signal comes. Raises DemoError when it cannot start, or when one of the processes ends."""

    def tell(text: str) -> None:
        say(out, f"{text}\n")

    with only_one() as lock:
        stop_leftovers()
        port, sink_port = choose_port(), _any_port()
        address = os.environ.get("PUBLIC_URL", "").rstrip("/") or f"http://127.0.0.1:{port}"
        seed.seed(now=now, sink_port=sink_port, shop=f"{address}/demo/shop", say=tell)
        banner = _banner(address)
        connections.close_all()  # what is forked must not share ours
        lock.write(address)
        lock.flush()
        tell("Starting web, worker, beat, the mailbox and the shop's visitors …")
        terminal = Terminal(out, banner)
        fell = _run_processes(_commands(port, sink_port, out), _environment(port, address, sink_port), terminal)
        tell("\nStopping …")
        if not os.environ.get("DATABASE_URL") or not os.environ.get("BROKER_URL"):
            embedded.stop()
    if fell is not None:
        name, code = fell
        log = _log(name)
        last = "\n".join(f"  {line}" for line in log.read_text(errors="replace").splitlines()[-8:])
        raise DemoError(f"The process “{name}” ended (status {code}), so the demo stopped. The end of {log}:\n{last}")
    tell(f"Everything has stopped. The data stays in {embedded.home()}; make demo goes on with it.")


def _run_processes(commands: dict[str, str], environment: dict[str, str], terminal: Terminal) -> tuple[str, int] | None:
    """Run until a signal comes or a process ends; then all have ended. Returns which one ended by itself, and how."""
    manager = Manager(terminal)
    for name, command in commands.items():
        manager.add_process(name, command, env=environment, cwd=str(settings.BASE_DIR))
    signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))  # the terminal was closed
    manager.loop()
    interrupted = manager.returncode in (128 + signal.SIGINT, 128 + signal.SIGTERM)
    return None if interrupted else terminal.stopped


def _commands(port: int, sink_port: int, out: TextIO) -> dict[str, str]:
    """Shell commands by name, those of the Procfile first. All but the status write to logs, begun afresh."""
    own = f"http://127.0.0.1:{port}"
    python = shlex.quote(sys.executable)
    commands = parse_procfile((settings.BASE_DIR / "Procfile").read_text()).processes | {
        "mailbox": f"exec {python} -m config.demo.sink {sink_port}",
        "visitors": f"exec {python} -m config.demo.traffic {own}",
    }
    for name in (*commands, "status"):
        _log(name).parent.mkdir(exist_ok=True)
        _log(name).write_text("")
    logged = {name: f"{command} >>{shlex.quote(str(_log(name)))} 2>&1" for name, command in commands.items()}
    every = NUMBERS_EVERY[out.isatty()]
    errors = shlex.quote(str(_log("status")))
    return logged | {"status": f"exec {python} -m config.demo.status {own} {every} 2>>{errors}"}


def _environment(port: int, address: str, sink_port: int) -> dict[str, str]:
    # Notices go to the demo's mailbox, unless there is a mail server.
    mail = {} if os.environ.get("EMAIL_HOST") else {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(sink_port)}
    return (
        os.environ
        | mail
        | {
            "DEMO": "1",
            "PORT": str(port),
            "PUBLIC_URL": address,
            "SOJOURN_HOME": str(embedded.home()),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            # The journeys' first windows are ten minutes: those of the first mails have closed when this tick comes.
            "TICK_OFFSET_MINUTES": os.environ.get("TICK_OFFSET_MINUTES")
            or str((int(time.time()) // 60 + FIRST_TICK_MINUTES) % 60),
        }
    )


def _log(name: str) -> Path:
    return embedded.home() / "logs" / f"{name}.log"


def _banner(address: str) -> str:
    """What to do now, printed once everything answers."""
    password = keys.load().password
    known = bool(password) and authenticate(username=seed.LOGIN, password=password) is not None
    login = f"password  {password}" if known else "the password that you chose"
    return f"""
  Sojourn is ready:  {address}/
  Log in as          {seed.LOGIN},  {login}

  Three things to try
    1. Watch people travel:  {address}/admin/journeys/journey/
    2. Read a mail that was sent to one of them, and click its link:  {address}/demo/mailbox/
    3. Publish the draft “Win back lapsed buyers”, and see who gets a mail within seconds.

  Ctrl-C stops everything. Logs are in {embedded.home() / "logs"}.
"""
