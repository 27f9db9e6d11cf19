"""The figures of one module in a process and a database of its own: memory is then that of the work alone.

`python -m tests.bench.apart MODULE` calls its `measure(folder)` and prints the figures as JSON on the last line. Lists
need people to lead to, whom `invite()` makes.
"""

import importlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench import stack

MODULES = ("lists", "profile_files")


def figures(module: str) -> list[dict[str, Any]]:
    """The figures {name, ours, reference, unit} of one of MODULES. Raises CalledProcessError when it fails."""
    command = [sys.executable, "-m", "tests.bench.apart", module]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return list(json.loads(output.splitlines()[-1]))


def raw_copy(path: Path, columns: Sequence[str]) -> float:
    """Seconds for one COPY of a file into an unlogged table that nothing is asked of."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE UNLOGGED TABLE bench_raw ({', '.join(f'{name} text' for name in columns)})")
        began = time.monotonic()
        with path.open("rb") as file, cursor.cursor.copy("COPY bench_raw FROM STDIN (FORMAT csv, HEADER)") as stream:
            while block := file.read(2**20):
                stream.write(block)
        seconds = time.monotonic() - began
        cursor.execute("DROP TABLE bench_raw")
    return seconds


def peak_mb() -> float:
    """The most memory that this process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def cpu_seconds() -> float:
    """Processor time of this process and of its connection's in the database, so far."""
    from config.lib import sql

    ((backend,),) = sql.rows("SELECT pg_backend_pid()")
    return time.process_time() + stack.cpu_seconds(backend)


def main(module: str) -> int:
    import django

    django.setup()
    from django.conf import settings
    from django.test.utils import setup_databases, teardown_databases

    bench = importlib.import_module(f"tests.bench.{module}")
    made = setup_databases(verbosity=0, interactive=False, aliases=["default"], keepdb=False)
    try:
        with tempfile.TemporaryDirectory() as folder:
            settings.UPLOADS_ROOT = folder
            settings.WAKE_ENABLED = False
            if invite := getattr(bench, "invite", None):
                invite()
            found = bench.measure(Path(folder))
    finally:
        teardown_databases(made, verbosity=0)
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
