"""A bench leaves nothing running behind, however it ends."""

import os
import signal
import subprocess
import sys

import pytest

# Starts a process in a group of its own, tells the watch, says so, and waits for ever.
BENCH = """
import subprocess, sys
from tests.bench import stack
with stack.guarded(keep=True) as watch:
    started = subprocess.Popen(["tail", "-f", "/dev/null"], pass_fds=[int(sys.argv[1])], start_new_session=True)
    watch.tell(str(started.pid))
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, None])
def test_what_a_bench_started_ends_with_it(ending):
    alive, held = os.pipe()  # readable to its end once nobody holds the other one
    command = [sys.executable, "-c", BENCH, str(held)]
    bench = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[held])
    os.close(held)
    assert bench.stdin is not None
    assert bench.stdout is not None
    assert bench.stdout.readline() == b"ready\n"
    os.set_blocking(alive, False)
    with pytest.raises(BlockingIOError):
        os.read(alive, 1)
    os.set_blocking(alive, True)
    if ending:
        bench.send_signal(ending)
    bench.stdin.close()
    assert os.read(alive, 1) == b""
    bench.wait()
    bench.stdout.close()
    os.close(alive)
