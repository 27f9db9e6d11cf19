"""A file of a million people with five columns, from its confirmation to completed, beside a raw COPY of the same file.

`python -m tests.bench.profile_files [ROWS]` runs it alone, on a database of its own; `measure()` gives the figures. The
first file makes the people, the second one changes them all. Memory is this process's, which reads the file: its peak
while reading, less what it had before.
"""

import os
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROWS = 1_000_000
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
COLUMNS = ("identity", "Name", "city", "visits", "since")


def write(path: Path, rows: int, *, visits: int) -> None:
    """A file of so many people, not in the order of the database."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(COLUMNS) + "\r\n")
        for number in range(1, rows + 1):
            person = number * 7 % rows + 1
            since = f"20{person % 20:02d}-0{1 + person % 9}-1{person % 9}"
            file.write(f"customer-{person},Person {person},City {person % 1000},{visits + person % 50},{since}\r\n")


def measure(folder: Path, rows: int = ROWS) -> list[dict[str, Any]]:
    """Figures as {name, ours, reference, unit}. folder: for the files."""
    from config.lib import sql  # Django must be set up first
    from profiles.files import importing, uploads
    from profiles.files.mapping import Column, Plan
    from profiles.models import ProfileUpload

    types = ("string", "string", "number", "date")
    plan = Plan("identity", "identity", tuple(map(Column, COLUMNS[1:], COLUMNS[1:], types)))
    path = folder / "people.csv"
    figures = []
    for name, visits in (("new people", 1), ("people who are there", 100)):
        write(path, rows, visits=visits)
        reference = _raw_copy(path)
        with path.open("rb") as file:
            upload = uploads.store(file, name=path.name, size=path.stat().st_size, now=NOW)
        uploads.choose(upload.pk, plan, header=COLUMNS)
        uploads.confirm(upload.pk, now=NOW)
        upload.refresh_from_db()
        steps: dict[str, float] = {}
        before, began, spent = _peak_mb(), time.monotonic(), time.process_time()

        def note(upload: ProfileUpload, steps: dict[str, float] = steps, began: float = began) -> None:
            steps[upload.step] = time.monotonic() - began

        importing.import_file(upload, clock=lambda: NOW, progress=note)
        seconds, grown = time.monotonic() - began, _peak_mb() - before
        if upload.state != "completed" or upload.created + upload.changed != rows or upload.refused:
            raise RuntimeError(f"The file was not imported: {upload.state}. {upload.error}")
        spent = time.process_time() - spent
        print(
            f"  {name}: {seconds:.1f} s, of them {spent:.1f} s ours alone; "
            + ", ".join(f"{step} until {at:.1f}" for step, at in steps.items())
        )
        figures.append(
            {"name": f"{rows:,} x {len(COLUMNS)}, {name}", "ours": seconds, "reference": reference, "unit": "s"}
        )
        figures.append(
            {"name": f"{rows:,} x {len(COLUMNS)}, {name}: memory", "ours": grown, "reference": None, "unit": "MB"}
        )
        sql.run("ANALYZE profiles_profile, profiles_identity")
    path.unlink()
    return figures


def _raw_copy(path: Path) -> float:
    """Seconds for one COPY of the file into an unlogged table that nothing is asked of."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE UNLOGGED TABLE bench_raw ({', '.join(f'{name} text' for name in COLUMNS)})")
        began = time.monotonic()
        with path.open("rb") as file, cursor.cursor.copy("COPY bench_raw FROM STDIN (FORMAT csv, HEADER)") as stream:
            while block := file.read(2**20):
                stream.write(block)
        seconds = time.monotonic() - began
        cursor.execute("DROP TABLE bench_raw")
    return seconds


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    """Run alone: in a database that is made for it and dropped afterwards."""
    import tempfile

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config import embedded

    embedded.ensure()
    django.setup()
    from django.conf import settings
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False, aliases=["default"], keepdb=False)
    try:
        with tempfile.TemporaryDirectory() as folder:
            settings.UPLOADS_ROOT = folder
            settings.WAKE_ENABLED = False
            for figure in measure(Path(folder), int(sys.argv[1]) if len(sys.argv) > 1 else ROWS):
                reference = f" (raw COPY {figure['reference']:.2f})" if figure["reference"] else ""
                print(f"{figure['name']}: {figure['ours']:.1f} {figure['unit']}{reference}")
    finally:
        teardown_databases(made, verbosity=0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
