"""Files of lists on their way in: begun, sent piece by piece, completed or cancelled (domain 11.2).

`config.lib.pieces` keeps the file. Nothing of a list changes before `segments.importing` has read the whole file.
An upload that is not completed within a day is thrown away.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction

from config.lib import pieces
from config.lib.pieces import Readable
from config.lib.wake import wake
from segments import usage
from segments.errors import ListError, OffsetError
from segments.models import List, ListUpload
from segments.reading import DOCUMENTED, Columns, check
from segments.services import create_list

LARGEST_FORM = 50 * 2**20  # bytes, in the back office
LARGEST = 5 * 2**30  # bytes, over the API and by the command
VALID = timedelta(hours=24)  # to send the file
KEPT = timedelta(days=90)  # what became of it, and the file of errors

Mode, State = ListUpload.Mode, ListUpload.State


def begin(
    *,
    name: str,
    mode: str,
    columns: Columns = DOCUMENTED,
    file_name: str = "",
    size: int | None = None,
    by: Any = None,
    project_id: str = "",
    largest: int = LARGEST,
    now: datetime,
) -> ListUpload:
    """Begin to upload a file to the list of that name, which `create` makes and the others need. by: a user.

    Raises ListError when the name, the columns or the size will not do, or journeys hold the list.
    """
    if mode not in Mode.values:
        raise ListError(f"There is no mode “{mode}”; the modes are {', '.join(Mode.values)}.", code="list_mode")
    check(columns)
    _check_size(size, largest)
    with transaction.atomic():
        target = List.objects.select_for_update().filter(name=name.strip()).first()
        if mode == Mode.CREATE:
            if target is not None and (target.usable or target.state == List.State.PROCESSING):
                raise ListError(f"There is a list named “{target.name}” already.", code="list_taken")
            target = target or create_list(name=name, by=by, now=now)
            List.objects.filter(pk=target.pk).update(state=List.State.UPLOADING, error="")
        elif target is None:
            raise ListError(f"There is no list named “{name}”; create it first.", code="list_unknown")
        check_free(target, mode)
        return ListUpload.objects.create(
            list=target,
            mode=mode,
            column=columns.column,
            type=columns.type,
            file_name=Path(file_name).name[:255],
            size=size,
            project_id=project_id,
            created_by=by,
            created_at=now,
            expires_at=now + VALID,
        )


def check_free(target: List, mode: str) -> None:
    """Raises ListError if journeys under way hold a list that is to be replaced. They read the list as a whole at each
    run, so people may join and leave it between two runs; but which list it is must not change under them.
    """
    if mode == Mode.REPLACE and (journeys := [it for it in usage.holders("list", target.name) if it.kind != "segment"]):
        raise ListError(
            f"“{target.name}” is used by {usage.named(journeys)}; stop them before you replace it,"
            " or append and remove people.",
            code="list_used",
        )


def offset(upload: ListUpload) -> int:
    """How many bytes of the file are there."""
    return pieces.there(upload.source_path)


def write(upload: ListUpload, piece: Readable, *, at: int, largest: int = LARGEST, now: datetime) -> int:
    """Write a piece of the file at an offset; return the next one. What came before a connection broke is kept.

    Raises OffsetError if the file does not end there, or somebody else is writing; ListError if the upload is over, has
    expired or becomes too large.
    """
    check_open(upload, now=now)

    def check(size: int) -> None:
        if upload.size is not None and size > upload.size:
            raise ListError(f"The file was announced with {upload.size:,} bytes; more came.", code="list_size")
        _check_size(size, largest)

    try:
        return pieces.write(upload.source_path, piece, at=at, check=check)
    except pieces.OffsetError as error:
        raise OffsetError(error.offset, error.message) from None


def complete(upload_id: UUID, *, now: datetime) -> ListUpload:
    """Let a worker read the file. Repeat freely. Raises ListError if bytes are missing, or another file of the list is
    being read.
    """
    with transaction.atomic():
        upload = ListUpload.objects.select_for_update().select_related("list").get(pk=upload_id)
        if upload.state in (State.PROCESSING, State.READY):
            return upload
        check_open(upload, now=now)
        size = offset(upload)
        if upload.size is not None and size != upload.size:
            raise ListError(f"{size:,} of {upload.size:,} bytes are there; send the others first.", code="list_size")
        check_free(upload.list, upload.mode)
        upload.size, upload.state, upload.uploaded_at = size, State.PROCESSING, now
        try:
            with transaction.atomic():
                upload.save(update_fields=["size", "state", "uploaded_at"])
        except IntegrityError:
            raise ListError(
                f"Another file for “{upload.list.name}” is being read; wait until it is done.", code="list_busy"
            ) from None
        List.objects.filter(pk=upload.list_id).update(state=List.State.PROCESSING, updated_at=now)
        wake("segments.imports")
    return upload


def cancel(upload_id: UUID, *, now: datetime) -> None:
    """Give up an upload, or the reading of its file, which ends after its present step. The list stays as it was.

    Raises ListError if the upload is over, or the list is being changed just now.
    """
    try:
        ended = finish(upload_id, state=State.CANCELLED, error="It was cancelled.", now=now, wait=False)
    except OperationalError:
        raise ListError("The list is being changed just now; it is too late to cancel.", code="list_over") from None
    if not ended:
        raise ListError("This upload is over; there is nothing to cancel.", code="list_over")


def finish(upload_id: UUID, *, state: str, error: str, now: datetime, wait: bool = True) -> bool:
    """End an upload that changed nothing: failed or cancelled. The list is what it was before. False if it was over.

    wait: for who has locked the upload; else OperationalError is raised.
    """
    with transaction.atomic():
        upload = ListUpload.objects.select_for_update(nowait=not wait).get(pk=upload_id)
        if not upload.under_way:
            return False
        ListUpload.objects.filter(pk=upload_id).update(state=state, error=error, finished_at=now, step="")
        target = List.objects.select_for_update().get(pk=upload.list_id)
        if not target.uploads.filter(state=State.PROCESSING).exists():
            after = List.State.READY if target.usable else List.State.FAILED
            List.objects.filter(pk=target.pk).update(state=after, error=error, updated_at=now)
        path = upload.source_path
        transaction.on_commit(lambda: path.unlink(missing_ok=True))
    return True


def expire(*, now: datetime) -> int:
    """End uploads that were not completed in time, and forget those that ended long ago. Return how many ended."""
    late = ListUpload.objects.filter(state=State.UPLOADING, expires_at__lte=now).values_list("pk", flat=True)
    ended = sum(
        finish(pk, state=State.FAILED, error="The file was not uploaded within a day.", now=now) for pk in list(late)
    )
    for old in ListUpload.objects.filter(finished_at__lt=now - KEPT):
        old.errors_path.unlink(missing_ok=True)
        old.delete()
    return ended


def check_open(upload: ListUpload, *, now: datetime) -> None:
    """Raises ListError unless the file can still be sent."""
    if upload.state != State.UPLOADING:
        raise ListError(f"This upload is {upload.state}; nothing can be added to it.", code="list_over")
    if upload.expires_at <= now:
        raise ListError("This upload has expired; begin another one.", code="list_expired")


def _check_size(size: int | None, largest: int) -> None:
    if size is not None and (sentence := pieces.too_large(size, largest)):
        raise ListError(sentence, code="list_size")
