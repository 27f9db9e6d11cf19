"""The stack under measurement: a fresh home with its own database and broker, and the processes of the Procfile."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config import embedded

BASE_DIR = Path(__file__).resolve().parents[2]
START_SECONDS = 60


class Stack:
    """Processes by their names in the Procfile. Use as a context manager."""

    def __init__(self, *, port: int, log: Path, watch: "Watch") -> None:
        self.port = port
        self._log = log
        self._watch = watch
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Stack":
        try:
            for line in (BASE_DIR / "Procfile").read_text().splitlines():
                name, _, command = line.partition(":")
                if command.strip():
                    self._start(name.strip(), command.strip())
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self._processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _start(self, name: str, command: str) -> None:
        environment = os.environ | {"PORT": str(self.port)}
        with self._log.open("ab") as output:
            self._processes[name] = subprocess.Popen(
                ["sh", "-c", command],
                cwd=BASE_DIR,
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._watch.tell(str(self._processes[name].pid))

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            for name, process in self._processes.items():
                if process.poll() is not None:
                    raise RuntimeError(f"{name} ended with {process.returncode}; its log is {self._log}.")
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5).close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise RuntimeError(f"The web process did not get ready within {START_SECONDS} s; its log is {self._log}.")

    def memory(self) -> dict[str, float]:
        """What the web processes and the workers hold, in MB: memory that several share is divided among them (PSS)."""
        return {name: sum(map(_pss, _family(self._processes[name].pid))) / 1024 for name in ("web", "worker")}

    def cpu(self) -> dict[str, float]:
        """Seconds of processor time so far, by kind of process, the database's included."""
        postmaster = int((embedded.home() / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        roots = {name: process.pid for name, process in self._processes.items()} | {"postgres": postmaster}
        return {name: sum(map(cpu_seconds, _family(pid))) for name, pid in roots.items()}


def _family(pid: int) -> list[int]:
    """A process and its descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(each for child in children for each in _family(int(child)))]


def cpu_seconds(pid: int) -> float:
    """Seconds of processor time of a process so far, those of children that have ended included."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0  # gone meanwhile
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _pss(pid: int) -> int:
    """Kilobytes."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass  # gone meanwhile
    return 0


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Watch:
    """A process that outlives this one and then ends what it was told of: groups of processes, or “servers”."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.bench.watch"]
        self._process = subprocess.Popen(
            command, cwd=BASE_DIR, stdin=subprocess.PIPE, text=True, start_new_session=True
        )

    def tell(self, line: str) -> None:
        """See to it that this ends with us."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def end(self) -> None:
        """Let it do what it was told of, and wait for that."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


@contextmanager
def guarded(*, keep: bool = False) -> Iterator[Watch]:
    """Stop the servers of the home and what the watch is told of at the end, however this process ends. keep: leave the
    servers running.
    """
    watch = Watch()
    try:
        if not keep:
            watch.tell("servers")
        yield watch
    finally:
        watch.end()


def fresh_home(place: Path) -> None:
    """An empty home for the servers, and the environment of this process and its children pointing there."""
    use_home(place)
    stop_servers()
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)


def use_home(place: Path) -> None:
    """A home for the servers as it is, or an empty one, and the environment of this process and its children."""
    for name in ("DATABASE_URL", "BROKER_URL"):  # the figures are those of the embedded servers
        os.environ.pop(name, None)
    os.environ["SOJOURN_HOME"] = str(place)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    place.mkdir(parents=True, exist_ok=True)


def stop_servers() -> None:
    """Stop the servers of the home, if they run."""
    subprocess.run(
        [sys.executable, "-m", "config.embedded", "stop"], cwd=BASE_DIR, stdout=subprocess.DEVNULL, check=True
    )
