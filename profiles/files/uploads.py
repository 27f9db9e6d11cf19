"""Files of profiles on their way: stored, mapped, confirmed, cancelled, forgotten. `importing` reads them."""

import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.db import transaction

from config.lib.csvfile import Cells
from config.lib.errors import SojournError
from config.lib.wake import wake
from profiles.files import mapping
from profiles.files.mapping import Plan
from profiles.models import ProfileUpload

LARGEST = 2**30  # bytes (domain 11.2)
SMALL = 2_000  # rows of a file whose changes are shown before they are made
SHOWN = 20  # first rows of a file
MAPPED_WITHIN = timedelta(days=1)  # else the file is thrown away
KEPT = timedelta(days=90)  # what became of a file, and its errors

State = ProfileUpload.State


class UploadError(SojournError):
    """A file cannot be taken, or not now."""

    code = "profile_file"


class File(Cells):
    """A file of profiles. A row may have 256 properties of 512 characters."""

    longest_line = 2**18


def store(file: BinaryIO, *, name: str, size: int, by: Any = None, now: datetime) -> ProfileUpload:
    """Keep a file that is to be mapped. by: a user. Raises UploadError or CsvError if it cannot be read at all."""
    if size > LARGEST:
        raise UploadError(f"The file has {size / 2**20:,.0f} MB; at most {LARGEST // 2**20:,} are possible.")
    header = File(file).header
    if not any(header):
        raise UploadError("The file's first line names no columns.")
    file.seek(0)
    upload = ProfileUpload(file_name=Path(name).name[:255], size=size, created_by=by, created_at=now)
    upload.source_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with upload.source_path.open("wb") as kept:
        shutil.copyfileobj(file, kept, 2**20)
    upload.save()
    return upload


def look(upload: ProfileUpload) -> tuple[list[str], list[list[str]]]:
    """The header and the first rows. Raises CsvError or OSError."""
    with upload.source_path.open("rb") as source:
        file = File(source)
        rows = []
        for _line, cells in file.cells():
            rows.append(cells)
            if len(rows) == SHOWN:
                break
        return file.header, rows


def is_small(upload: ProfileUpload) -> bool:
    """Whether the file has so few rows that what it would do can be shown. Raises CsvError or OSError."""
    with upload.source_path.open("rb") as source:
        return all(number < SMALL for number, _row in enumerate(File(source).cells()))


def plan_of(upload: ProfileUpload) -> Plan | None:
    """The mapping that was chosen; None before that."""
    return Plan.from_json(upload.mapping) if upload.mapping else None


def choose(upload_id: UUID, plan: Plan, *, header: Sequence[str]) -> None:
    """Set what the columns mean. Raises MappingError, or UploadError if it is too late."""
    mapping.check(plan, header)
    if not ProfileUpload.objects.filter(pk=upload_id, state=State.MAPPING).update(mapping=plan.as_json()):
        raise UploadError("The file is not waiting for its mapping any more.")


def confirm(upload_id: UUID, *, now: datetime) -> None:
    """Let a worker read the file. Raises UploadError if it has no mapping, or is over."""
    with transaction.atomic():
        waiting = ProfileUpload.objects.filter(pk=upload_id, state=State.MAPPING, mapping__isnull=False)
        if not waiting.update(state=State.PROCESSING, queued_at=now, started_at=None):
            raise UploadError("The file is not waiting for its mapping any more.")
        wake("profiles.files")


def cancel(upload_id: UUID, *, now: datetime) -> bool:
    """Give a file up; what is applied stays. False if it was over."""
    return finish(upload_id, state=State.REJECTED, error="It was cancelled.", now=now)


def finish(upload_id: UUID, *, state: str, error: str = "", now: datetime) -> bool:
    """End an upload. False if it was over."""
    with transaction.atomic():
        going = ProfileUpload.objects.filter(pk=upload_id, state__in=(State.MAPPING, State.PROCESSING))
        if not going.update(state=state, error=error, step="", finished_at=now):
            return False
        path = ProfileUpload(pk=upload_id).source_path
        transaction.on_commit(lambda: path.unlink(missing_ok=True))
    return True


def forget_old(*, now: datetime) -> None:
    """End uploads that nobody mapped in time, and forget those that ended long ago."""
    late = ProfileUpload.objects.filter(state=State.MAPPING, created_at__lte=now - MAPPED_WITHIN)
    for pk in list(late.values_list("pk", flat=True)):
        finish(pk, state=State.REJECTED, error="Its columns were not mapped within a day.", now=now)
    for old in ProfileUpload.objects.filter(finished_at__lte=now - KEPT):
        old.errors_path.unlink(missing_ok=True)
        old.delete()
