"""Files of profiles on their way: stored or sent in pieces, mapped, confirmed, cancelled, forgotten. `importing` reads
them.
"""

import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.db import transaction

from config.lib import pieces
from config.lib.csvfile import BLOCK, Cells, CsvError
from config.lib.errors import SojournError
from config.lib.pieces import Readable
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
OPEN = (State.UPLOADING, State.MAPPING, State.PROCESSING)


class UploadError(SojournError):
    """A file cannot be taken, or not now."""

    code = "profile_file"


class File(Cells):
    """A file of profiles. A row may have 256 properties of 512 characters."""

    longest_line = 2**18


def store(file: BinaryIO, *, name: str, size: int, by: Any = None, now: datetime) -> ProfileUpload:
    """Keep a file that is to be mapped. by: a user. Raises UploadError or CsvError if it cannot be read at all."""
    _check_size(size)
    _check_header(file)
    file.seek(0)
    upload = ProfileUpload(file_name=Path(name).name[:255], size=size, created_by=by, created_at=now)
    upload.source_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with upload.source_path.open("wb") as kept:
        shutil.copyfileobj(file, kept, 2**20)
    upload.save()
    return upload


def begin(*, name: str, size: int, by: Any, now: datetime) -> ProfileUpload:
    """Begin to send a file of so many bytes in pieces. Raises UploadError if there are too many, or none."""
    if size <= 0:
        raise UploadError("The file is empty.")
    _check_size(size)
    return ProfileUpload.objects.create(
        file_name=Path(name).name[:255], size=size, state=State.UPLOADING, created_by=by, created_at=now
    )


def write(upload: ProfileUpload, piece: Readable, *, at: int) -> int:
    """Write a piece of the file at an offset; return the next one. The file is looked at as soon as enough is there.

    Raises pieces.OffsetError; UploadError if more comes than was announced, or nothing may; CsvError, and throws the
    upload away, if the file cannot be read at all.
    """
    _check_open(upload)

    def check(size: int) -> None:
        if size > upload.size:
            raise UploadError(f"The file was announced with {upload.size:,} bytes; more came.")

    end = pieces.write(upload.source_path, piece, at=at, check=check)
    if at < BLOCK <= end:
        _look_or_discard(upload)
    return end


def complete(upload: ProfileUpload) -> None:
    """Everything is there: let the columns be mapped. Raises UploadError if bytes are missing or it is over; CsvError,
    and throws the upload away, if the file cannot be read at all.
    """
    _check_open(upload)
    if (end := pieces.there(upload.source_path)) != upload.size:
        raise UploadError(f"{end:,} of {upload.size:,} bytes are there; send the others first.")
    _look_or_discard(upload)
    if not ProfileUpload.objects.filter(pk=upload.pk, state=State.UPLOADING).update(state=State.MAPPING):
        raise UploadError("The upload was cancelled meanwhile.")


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
        going = ProfileUpload.objects.filter(pk=upload_id, state__in=OPEN)
        if not going.update(state=state, error=error, step="", finished_at=now):
            return False
        path = ProfileUpload(pk=upload_id).source_path
        transaction.on_commit(lambda: path.unlink(missing_ok=True))
    return True


def forget_old(*, now: datetime) -> None:
    """End uploads that nobody completed or mapped in time, and forget those that ended long ago."""
    late = ProfileUpload.objects.filter(state__in=(State.UPLOADING, State.MAPPING), created_at__lte=now - MAPPED_WITHIN)
    for pk in list(late.values_list("pk", flat=True)):
        finish(pk, state=State.REJECTED, error="It was not completed within a day.", now=now)
    for old in ProfileUpload.objects.filter(finished_at__lte=now - KEPT):
        old.errors_path.unlink(missing_ok=True)
        old.delete()


def _check_size(size: int) -> None:
    if sentence := pieces.too_large(size, LARGEST):
        raise UploadError(sentence)


def _check_header(file: BinaryIO) -> None:
    if not any(File(file).header):
        raise UploadError("The file's first line names no columns.")


def _check_open(upload: ProfileUpload) -> None:
    if upload.state != State.UPLOADING:
        raise UploadError(f"This upload is at “{upload.get_state_display()}”; nothing can be added to it.")


def _look_or_discard(upload: ProfileUpload) -> None:
    try:
        with upload.source_path.open("rb") as source:
            _check_header(source)
    except FileNotFoundError:
        raise UploadError("The upload was cancelled meanwhile.") from None
    except (CsvError, UploadError):
        upload.source_path.unlink(missing_ok=True)
        upload.delete()
        raise
