"""Reading an uploaded file into the profiles.

What must never happen: a row that is applied twice ($incr!) or not at all because a worker was killed, or a file that
is broken at its end and has changed half of the people. So all rows are staged first; then they are applied in batches,
and a batch's changes, its refusals and how far the file has come commit together. A worker that is killed leaves the
upload `processing`, and the next one goes on behind the last batch.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, tzinfo
from itertools import islice
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from config.lib import spreadsheet, sql
from config.lib.csvfile import CsvError
from config.lib.notices import notify
from config.lib.uploaded import Cancelled, read_next
from profiles import accept, records
from profiles.codes import Refused
from profiles.files import mapping, uploads
from profiles.files.mapping import MappingError
from profiles.files.staging import Stage, batches
from profiles.files.uploads import File
from profiles.models import ProfileUpload
from profiles.records import Update

LOCK = "profiles.files"
STAGED_AT_ONCE = 10_000  # rows a COPY
APPLIED_AT_ONCE = 2_000  # rows a transaction: profiles stay locked for a fraction of a second
MOST_ATTEMPTS = 5
ERRORS_HEADER = ("Line", "Identity", "Code", "Error")
BROKEN = "Text follows the closing quote of a cell; double the quotes that belong to it."

State, Step = ProfileUpload.State, ProfileUpload.Step
Clock = Callable[[], datetime]
Progress = Callable[[ProfileUpload], None]


def import_next(*, clock: Clock) -> bool:
    """Read the file that has waited longest; say whether there was one, and nobody else was reading."""
    waiting = ProfileUpload.objects.order_by("queued_at")
    return read_next(waiting, lambda upload: import_file(upload, clock=clock), lock=LOCK)


def import_file(upload: ProfileUpload, *, clock: Clock, progress: Progress = lambda upload: None) -> None:
    """Read the file of an upload, under the lock; what became of it is in the row. progress: told now and then."""
    stage = Stage(upload.pk.hex)
    try:
        _count_attempt(upload)
        if upload.step != Step.CHANGING or stage.count() != upload.staged:
            _read(upload, stage, clock, progress)
        _apply(upload, stage, clock, progress)
        _complete(upload, now=clock())
    except Cancelled:
        pass
    except (CsvError, MappingError) as error:
        _reject(upload, error.message, now=clock())
    except OSError:
        _reject(upload, "The uploaded file cannot be read any more; upload it again.", now=clock())
    upload.source_path.unlink(missing_ok=True)
    stage.drop()
    upload.refresh_from_db()


def read(
    source: Any, plan: mapping.Plan, *, zone: tzinfo, now: datetime
) -> Iterator[tuple[int, Update | Refused, str]]:
    """The rows of a file as (line, update or why there is none, who). Raises CsvError or MappingError.

    source: a File.
    """
    record_of = mapping.reader(plan, source.header, zone)
    who_at = source.header.index(plan.who)
    for line, cells in source.cells():
        if not any(map(str.strip, cells)) and cells:
            continue
        who = cells[who_at].strip() if who_at < len(cells) else ""
        try:
            if not cells:
                raise Refused(records.Code.BAD_STRUCTURE, BROKEN)
            update = records.read(record_of(cells), now=now, source="import")
        except Refused as refused:
            yield line, refused, who
        else:
            assert isinstance(update, Update)
            yield line, update, who


def _count_attempt(upload: ProfileUpload) -> None:
    if upload.attempts >= MOST_ATTEMPTS:
        raise CsvError(f"Reading the file was cut short {MOST_ATTEMPTS} times; ask your administrator.")
    upload.note(attempts=upload.attempts + 1)


def _read(upload: ProfileUpload, stage: Stage, clock: Clock, progress: Progress) -> None:
    """Stage all rows; nobody is changed yet."""
    stage.create()
    now = clock()
    upload.note(step=Step.READING, started_at=now, bytes_done=0, rows=0, refused=0, errors_size=0)
    plan = uploads.plan_of(upload)
    assert plan is not None  # confirming sees to it
    staged, first = 0, ""
    with upload.source_path.open("rb") as source, _errors(upload) as errors:
        file = File(source)
        rows = read(file, plan, zone=ZoneInfo(settings.ACCOUNT_TIMEZONE), now=now)
        while chunk := list(islice(rows, STAGED_AT_ONCE)):
            bad = [(line, who, it) for line, it, who in chunk if isinstance(it, Refused)]
            staged += stage.fill((line, it) for line, it, _who in chunk if isinstance(it, Update))
            first = first or (f"Line {bad[0][0]}: {bad[0][2].message}" if bad else "")
            _write(errors, bad)
            upload.note(
                rows=upload.rows + len(chunk),
                refused=upload.refused + len(bad),
                bytes_done=file.offset,
                errors_size=errors.tell(),
            )
            progress(upload)
    if not upload.rows:
        raise CsvError("The file has a header and no rows.")
    if not staged:
        raise CsvError(f"None of the {upload.rows:,} rows can be read. {first}")
    stage.index()
    upload.note(step=Step.CHANGING, staged=staged, started_at=clock())


def _apply(upload: ProfileUpload, stage: Stage, clock: Clock, progress: Progress) -> None:
    with _errors(upload) as errors:
        for batch in batches(stage, after=upload.line, size=APPLIED_AT_ONCE):
            sql.despite_deadlocks(lambda batch=batch: _apply_batch(upload, batch, errors, now=clock()))  # type: ignore[misc]
            progress(upload)


def _apply_batch(upload: ProfileUpload, batch: list[tuple[int, Update]], errors: IO[bytes], *, now: datetime) -> None:
    errors.seek(upload.errors_size)
    errors.truncate()
    with transaction.atomic():
        sql.join_by_key()
        done = accept.change(batch, now=now)
        who = {line: update.key.value for line, update in batch}
        _write(errors, [(line, who[line], refused) for line, refused in sorted(done.refused, key=lambda it: it[0])])
        changes = {
            "line": batch[-1][0],
            "applied": upload.applied + len(batch),
            "created": upload.created + done.created,
            "changed": upload.changed + done.changed,
            "refused": upload.refused + len(done.refused),
            "errors_size": errors.tell(),
        }
        if not ProfileUpload.objects.filter(pk=upload.pk, state=State.PROCESSING).update(**changes):
            raise Cancelled
    for name, value in changes.items():  # after the commit: a deadlock has the batch done again
        setattr(upload, name, value)


def _complete(upload: ProfileUpload, *, now: datetime) -> None:
    with transaction.atomic():
        if uploads.finish(upload.pk, state=State.COMPLETED, now=now):
            _tell(upload, f"“{upload}” is imported", summary(upload), now=now)


def summary(upload: ProfileUpload) -> str:
    """What a file did, in sentences."""
    did = f"{upload.rows:,} rows: {upload.created:,} people are new, {upload.changed:,} changed."
    return f"{did} {upload.refused:,} rows were refused; the page has them as a file." if upload.refused else did


def _reject(upload: ProfileUpload, sentence: str, *, now: datetime) -> None:
    with transaction.atomic():
        if uploads.finish(upload.pk, state=State.REJECTED, error=sentence, now=now):
            _tell(upload, f"“{upload}” was rejected", sentence, now=now)


def _tell(upload: ProfileUpload, subject: str, body: str, *, now: datetime) -> None:
    link = reverse("admin:profiles_profileupload_change", args=[upload.pk])
    notify(user_id=upload.created_by_id, subject=subject, body=body, link=link, now=now)


def _errors(upload: ProfileUpload) -> IO[bytes]:
    """The file of errors, without those that belong to rows that are to be done again."""
    path = upload.errors_path
    path.touch()
    if path.stat().st_size > upload.errors_size:
        os.truncate(path, upload.errors_size)
    file = path.open("r+b")
    file.seek(0, os.SEEK_END)
    if file.tell() == 0:
        file.write(spreadsheet.row(ERRORS_HEADER))
    return file


def _write(errors: IO[bytes], refused: Iterable[tuple[int, str, Refused]]) -> None:
    for line, who, why in refused:
        errors.write(spreadsheet.row((str(line), who[:100], str(int(why.code)), why.message)))
    errors.flush()
