"""A list of a million rows, from the upload's completion to ready, beside a raw COPY of the same file.

`python -m tests.bench.segments --only lists` runs it alone. Half of the identities are the project's own, the rest
e-mail addresses and phone numbers; one in twenty leads to nobody. Memory is this process's, which reads the file: its
peak while reading, less what it had before.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.apart import cpu_seconds, peak_mb, raw_copy

ROWS = 1_000_000
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)

_PEOPLE = """
INSERT INTO profiles_profile (lane, id, identity, email, phone, created_at, updated_at)
SELECT id % 64, id, 'customer-' || id, 'person-' || id || '@example.com', '+49' || (1000000000 + id), now(), now()
  FROM generate_series(1, {rows}) AS id
"""
_IDENTITIES = """
INSERT INTO profiles_identity (value, kind, lane, profile_id)
SELECT value, kind, id % 64, id
  FROM profiles_profile
 CROSS JOIN LATERAL (VALUES (identity, 'identity'), (email, 'email'), (phone, 'phone')) AS has (value, kind)
"""


def write(path: Path, rows: int) -> None:
    """A file of so many rows, as a point-of-sale system would write it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("Type,Identity\r\n")
        for number in range(1, rows + 1):
            person = number * 7 % rows + 1  # not in the order of the database
            if number % 20 == 0:
                who = f"stranger-{person}"
            elif number % 4 == 1:
                who = f"Person-{person}@example.com"
            elif number % 4 == 3:
                who = f"+49 {1000000000 + person}"
            else:
                who = f"customer-{person}"
            file.write(f"i,{who}\r\n")


def measure(folder: Path, rows: int = ROWS) -> list[dict[str, Any]]:
    """Figures as {name, ours, reference, unit, ours_cpu}. folder: for the file. The people must be there (`invite`)."""
    from segments import importing, uploads  # Django must be set up first
    from segments.models import ListUpload

    path = folder / "list.csv"
    write(path, rows)
    reference = raw_copy(path, ("type", "identity"))
    figures = []
    for name, mode in (("new list", "create"), ("the same list again", "replace")):
        with path.open("rb") as file:
            upload = uploads.begin(name="bench", mode=mode, now=NOW)
            uploads.write(upload, file, at=0, now=NOW)
        uploads.complete(upload.pk, now=NOW)
        upload.refresh_from_db()
        steps: dict[str, float] = {}
        before, began, spent = peak_mb(), time.monotonic(), cpu_seconds()

        def note(upload: ListUpload, steps: dict[str, float] = steps, began: float = began) -> None:
            steps[upload.step or "ready"] = time.monotonic() - began

        importing.import_file(upload, clock=lambda: NOW, progress=note)
        seconds, grown, spent = time.monotonic() - began, peak_mb() - before, cpu_seconds() - spent
        if upload.state != "ready" or upload.people < rows * 0.9:
            raise RuntimeError(f"The list was not read: {upload.state}, {upload.people:,} people. {upload.error}")
        said = ", ".join(f"{step} until {at:.1f}" for step, at in steps.items())
        print(f"  {name}: {seconds:.1f} s, {spent:.1f} s of the processor; {said}", file=sys.stderr)
        figure = {"name": f"{rows:,} rows, {name}", "ours": seconds, "reference": reference, "unit": "s"}
        figures.append({**figure, "ours_cpu": spent})
        figures.append({"name": f"{rows:,} rows, {name}: memory", "ours": grown, "reference": None, "unit": "MB"})
    path.unlink()
    return figures


def invite(people: int = ROWS) -> None:
    """Make people, each with an identity, an e-mail address and a phone number."""
    from config.lib import sql

    sql.run(_PEOPLE.format(rows=people))
    sql.run(_IDENTITIES)
    sql.run("ANALYZE profiles_identity, profiles_profile")
