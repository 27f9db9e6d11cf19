"""Reading an uploaded file into its list.

What must never happen: a list that is half old and half new, or lost. So the rows are staged beside the list, and the
members change in one transaction at the end; whatever fails or is killed before leaves the last good list. A worker
that is killed leaves the upload `processing`, and the next one begins again, MOST_ATTEMPTS times at most.
"""

from collections.abc import Callable
from datetime import datetime
from itertools import islice

from django.db import transaction

from config.lib import sql
from config.lib.notices import notify
from config.lib.uploaded import Cancelled, read_next
from segments import lists, uploads
from segments.errors import ListError
from segments.lists import Outcome, Stage
from segments.models import List, ListUpload
from segments.reading import Columns, Reading

LOCK = "segments.importing"
MOST_ATTEMPTS = 3
WORK_MEMORY = "128MB"  # twice at once, at most

State, Step = ListUpload.State, ListUpload.Step
Clock = Callable[[], datetime]
Progress = Callable[[ListUpload], None]


def import_next(*, clock: Clock) -> bool:
    """Read the file that has waited longest; say whether there was one, and nobody else was reading."""
    waiting = ListUpload.objects.order_by("uploaded_at")
    return read_next(waiting, lambda upload: import_file(upload, clock=clock), lock=LOCK)


def import_file(upload: ListUpload, *, clock: Clock, progress: Progress = lambda upload: None) -> None:
    """Read the file of an upload into its list, under the lock; what became of it is in the row. progress: told now and
    then.
    """
    stage = Stage(upload.pk.hex, lasting=True)
    try:
        _begin(upload, now=clock())
        _read(upload, stage, progress)
        _find(upload, stage, progress, now=clock())
        _change(upload, stage, progress, clock)
    except Cancelled:
        pass
    except ListError as error:
        _fail(upload, error.message, now=clock())
    except OSError:
        _fail(upload, "The uploaded file cannot be read any more; upload it again.", now=clock())
    upload.source_path.unlink(missing_ok=True)
    stage.drop()
    upload.refresh_from_db()
    if upload.state != State.READY or not upload.unknown:
        upload.errors_path.unlink(missing_ok=True)


def _begin(upload: ListUpload, *, now: datetime) -> None:
    if upload.attempts >= MOST_ATTEMPTS:
        raise ListError(
            f"Reading the file was cut short {MOST_ATTEMPTS} times; ask your administrator, then upload it again.",
            code="list_cut_short",
        )
    upload.note(attempts=upload.attempts + 1, started_at=now, step=Step.READING, step_at=now, bytes_done=0, rows=0)


def _read(upload: ListUpload, stage: Stage, progress: Progress) -> None:
    stage.create()
    good = False
    with upload.source_path.open("rb") as file:
        reading = Reading(file, Columns(upload.column, upload.type))
        upload.note(remark=reading.remark)
        rows = iter(reading)
        while chunk := list(islice(rows, lists.CHUNK)):
            stage.fill(chunk)
            good = good or any(row[-1] is None for row in chunk)
            upload.note(rows=upload.rows + len(chunk), bytes_done=reading.offset)
            progress(upload)
    if not upload.rows:
        raise ListError("The file has a header and no rows.", code="list_empty")
    if not good:
        line, reason = stage.first_bad()
        raise ListError(f"No row can be read. Line {line}: {reason}", code="list_rows")


def _find(upload: ListUpload, stage: Stage, progress: Progress, *, now: datetime) -> None:
    upload.note(step=Step.FINDING, step_at=now)
    progress(upload)
    with transaction.atomic():
        _take_memory()
        people = stage.find()
        with upload.errors_path.open("wb") as file:
            unknown = stage.write_unknown(file)
    upload.note(people=people, unknown=unknown)


def _change(upload: ListUpload, stage: Stage, progress: Progress, clock: Clock) -> None:
    upload.note(step=Step.CHANGING, step_at=clock())
    progress(upload)
    with transaction.atomic():
        _take_memory()
        upload.note(step=Step.CHANGING)  # locks the row: from here on it is too late to cancel
        target = List.objects.select_for_update().get(pk=upload.list_id)
        uploads.check_free(target, upload.mode)  # a journey may have been published meanwhile
        change = stage.apply(list_id=target.pk, mode=upload.mode)
        now = clock()
        upload.note(state=State.READY, step="", finished_at=now, added=change.added, removed=change.removed)
        outcome = Outcome(lists.count(target.pk), upload.unknown)
        List.objects.filter(pk=target.pk).update(**lists.loaded(outcome, now=now))
        _tell(upload, target, f"“{target.name}” is ready", summary(upload, outcome.members), now=now)
    progress(upload)


def _take_memory() -> None:
    """For this transaction: a million rows are matched without going through the disk."""
    sql.rows("SELECT set_config('work_mem', %(memory)s::text, TRUE)", {"memory": WORK_MEMORY})


def summary(upload: ListUpload, members: int) -> str:
    """What a file did, in sentences."""
    rows, found = _counted(upload.rows, "row", "rows"), _counted(upload.people, "person", "people")
    came, on_it = f"{upload.added:,} came, {upload.removed:,} went", _counted(members, "person", "people")
    said = [f"The file has {rows} and leads to {found}.", f"On the list: {on_it} ({came})."]
    if upload.unknown:
        said.append(f"Leading to nobody or unreadable: {_counted(upload.unknown, 'row', 'rows')}; the page has them.")
    return " ".join([*said, upload.remark]).rstrip()


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _fail(upload: ListUpload, message: str, *, now: datetime) -> None:
    with transaction.atomic():
        if uploads.finish(upload.pk, state=State.FAILED, error=message, now=now):
            target = List.objects.get(pk=upload.list_id)
            kept = " The list keeps the members of the last good file." if target.usable else ""
            _tell(upload, target, f"The file for “{target.name}” failed", f"{message}{kept}", now=now)


def _tell(upload: ListUpload, target: List, subject: str, body: str, *, now: datetime) -> None:
    link = f"/admin/segments/list/{target.pk}/change/"
    notify(user_id=upload.created_by_id, subject=subject, body=body, link=link, now=now)
