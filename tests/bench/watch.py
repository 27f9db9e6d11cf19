"""Stops what a bench started once the bench is gone, however it ended: `kill -9` too.

`python -m tests.bench.watch` reads process groups from its standard input, one a line, until that ends, which is when
the bench ends: it holds the other end. Then it ends the groups, and stops the servers of SOJOURN_HOME if the line
`servers` was among them.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

GRACE_SECONDS = 30


def main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the bench's own affair
    asked = [line.strip() for line in sys.stdin]
    groups = [int(line) for line in asked if line.isdigit()]
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGTERM)
    end = time.monotonic() + GRACE_SECONDS
    while any(map(_lives, groups)) and time.monotonic() < end:
        time.sleep(0.1)
    for group in filter(_lives, groups):
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    if "servers" in asked:
        subprocess.run([sys.executable, "-m", "config.embedded", "stop"], stdout=subprocess.DEVNULL, check=True)
    return 0


def _lives(group: int) -> bool:
    """Whether a process of the group still runs. One that only waits to be collected by its parent does not."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # gone meanwhile
            state, _, its_group = file.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                return True
    return False


if __name__ == "__main__":
    raise SystemExit(main())
