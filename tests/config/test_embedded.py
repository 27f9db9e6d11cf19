"""The embedded servers, in a home of their own: started twice, side by side, and after everything was killed."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config import embedded

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose path is longer than a unix socket's may be, and which the database's user cannot reach for root."""
    home = tmp_path_factory.mktemp("home") / ("long " * 20) / "sojourn"
    yield home
    subprocess.run([sys.executable, "-m", "config.embedded", "stop"], env=_environment(home), check=True)
    shutil.rmtree((home / "postgres").resolve())
    for kind in ("pg", "valkey"):
        shutil.rmtree(_sockets(home, kind))


@pytest.fixture
def command(home: Path) -> Command:
    """Run `python -m config.embedded …` on that home, to its end."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "config.embedded", *arguments],
            env=_environment(home),
            capture_output=True,  # hangs if a server inherited our pipes
            text=True,
            timeout=60,
            check=False,
        )

    return run


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "BROKER_URL"}}
    return kept | {"SOJOURN_HOME": str(home)}


def _sockets(home: Path, kind: str) -> Path:
    """Where the sockets of that home are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOJOURN_HOME", str(home))
        return embedded._sockets(kind)


def _postmaster(home: Path) -> int:
    return int((home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])


def test_two_processes_at_once_start_one_server(home: Path, command: Command) -> None:
    pair = [
        subprocess.Popen([sys.executable, "-m", "config.embedded", "start"], env=_environment(home)) for _ in range(2)
    ]
    assert [process.wait(timeout=60) for process in pair] == [0, 0]
    first = _postmaster(home)
    assert command("start").returncode == 0
    assert _postmaster(home) == first
    assert command("status").returncode == 0


def test_what_was_committed_survives_a_kill_of_everything(home: Path, command: Command) -> None:
    assert command("start").returncode == 0
    assert command("psql", "-c", "CREATE TABLE kept AS SELECT 'Straße' AS word").returncode == 0
    for pid in (_postmaster(home), int((home / "valkey" / "valkey.pid").read_text())):
        os.kill(pid, signal.SIGKILL)

    assert command("start").returncode == 0
    assert "straße" in command("psql", "-c", "SELECT lower(word) FROM kept").stdout


def test_a_pid_file_that_names_somebody_else_is_no_obstacle(home: Path, command: Command) -> None:
    assert command("start").returncode == 0
    assert command("stop").returncode == 0
    # What a reboot leaves behind: the number now belongs to another process of the same user, here this one.
    stale = home / "postgres" / "data" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{stale.parent}\n")

    assert command("start").returncode == 0
    assert command("status").stdout == "postgresql: running\nvalkey: running\n"


def test_stopping_twice_is_fine_and_status_says_so(command: Command) -> None:
    assert command("stop").returncode == 0
    assert command("stop").returncode == 0
    status = command("status")
    assert (status.returncode, status.stdout) == (3, "postgresql: stopped\nvalkey: stopped\n")


def test_nobody_else_can_reach_the_sockets(home: Path, command: Command) -> None:
    assert command("start").returncode == 0
    for kind in ("pg", "valkey"):
        assert _sockets(home, kind).stat().st_mode & 0o777 == 0o700


def test_programs_that_the_servers_user_cannot_reach_are_copied_and_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(embedded, "_reachable", lambda path: False)
    programs = embedded._reachable_programs(tmp_path)
    assert programs.is_relative_to(tmp_path)
    done = subprocess.run([programs / "bin" / "postgres", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("postgres (PostgreSQL) 18")
