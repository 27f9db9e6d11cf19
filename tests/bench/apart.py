"""The figures of one module in a process and a database of its own: memory is then that of the work alone.

`python -m tests.bench.apart MODULE` calls its `measure(folder)` and prints the figures as JSON on the last line. Lists
need people to lead to, whom `invite()` makes.
"""

import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

MODULES = ("lists", "profile_files")


def figures(module: str) -> list[dict[str, Any]]:
    """The figures {name, ours, reference, unit} of one of MODULES. Raises CalledProcessError when it fails."""
    command = [sys.executable, "-m", "tests.bench.apart", module]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return list(json.loads(output.splitlines()[-1]))


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
