"""A file of a million people with five columns, from its confirmation to completed, beside a raw COPY of the same file.

`python -m tests.bench.segments --only profile_files` runs it alone. The first file makes the people, the second one
changes them all. Memory is this process's, which reads the file: its peak while reading, less what it had before.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.apart import cpu_seconds, peak_mb, raw_copy

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
    """Figures as {name, ours, reference, unit, ours_cpu}. folder: for the files."""
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
        reference = raw_copy(path, COLUMNS)
        with path.open("rb") as file:
            upload = uploads.store(file, name=path.name, size=path.stat().st_size, now=NOW)
        uploads.choose(upload.pk, plan, header=COLUMNS)
        uploads.confirm(upload.pk, now=NOW)
        upload.refresh_from_db()
        steps: dict[str, float] = {}
        before, began, spent = peak_mb(), time.monotonic(), cpu_seconds()

        def note(upload: ProfileUpload, steps: dict[str, float] = steps, began: float = began) -> None:
            steps[upload.step] = time.monotonic() - began

        importing.import_file(upload, clock=lambda: NOW, progress=note)
        seconds, grown = time.monotonic() - began, peak_mb() - before
        if upload.state != "completed" or upload.created + upload.changed != rows or upload.refused:
            raise RuntimeError(f"The file was not imported: {upload.state}. {upload.error}")
        spent = cpu_seconds() - spent
        print(
            f"  {name}: {seconds:.1f} s, {spent:.1f} s of the processor; "
            + ", ".join(f"{step} until {at:.1f}" for step, at in steps.items()),
            file=sys.stderr,
        )
        figure = {"name": f"{rows:,} x {len(COLUMNS)}, {name}", "ours": seconds, "reference": reference, "unit": "s"}
        figures.append({**figure, "ours_cpu": spent})
        figures.append(
            {"name": f"{rows:,} x {len(COLUMNS)}, {name}: memory", "ours": grown, "reference": None, "unit": "MB"}
        )
        sql.run("ANALYZE profiles_profile, profiles_identity")
    path.unlink()
    return figures
