"""`make bench`: measure, print a table, write SOJOURN_HOME/bench.json.

python -m tests.bench                      everything
python -m tests.bench --only journey_10000 smtp    some figures
"""

import argparse
import json
import os
import signal
import sys
from pathlib import Path

from tests.bench import stack


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure Sojourn on this machine.")
    parser.add_argument("--only", nargs="+", metavar="FIGURE", help="some figures instead of all")
    parser.add_argument("--keep", action="store_true", help="leave the database running afterwards, to look at it")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))  # so that what was started is stopped too
    home = Path(os.environ.get("SOJOURN_HOME") or stack.BASE_DIR / ".sojourn").absolute()
    place = home / "bench"
    stack.fresh_home(place)

    import django

    django.setup()
    from config import embedded
    from tests.bench import figures

    with stack.guarded(keep=arguments.keep) as watch:
        embedded.ensure()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        found = figures.measure(place, only=arguments.only, watch=watch)
    file = home / "bench.json"
    file.write_text(json.dumps(found, indent=2) + "\n")
    print(f"\nWritten to {file}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
