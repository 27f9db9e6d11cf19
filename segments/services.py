"""Writing custom lists. Whether a list may change while journeys use it is for the caller to know, who sees them."""

import tempfile
from collections.abc import Iterable
from datetime import datetime
from typing import Any, BinaryIO

from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models.fields.files import FieldFile

from config.lib.wake import wake
from segments import lists, usage
from segments.errors import ListError
from segments.lists import Outcome
from segments.models import List

LARGEST_UPLOAD = 50 * 2**20  # bytes, through a form (domain 11.2)


def create_list(*, name: str, by: Any = None, now: datetime) -> List:
    """Make an empty list, which is usable once a file was good. by: a user. Raises ListError if the name is taken."""
    name = name.strip()
    if not 1 <= len(name) <= 100:
        raise ListError("A list needs a name of 1 to 100 characters.", code="list_name")
    try:
        with transaction.atomic():
            return List.objects.create(name=name, created_by=by, created_at=now, updated_at=now)
    except IntegrityError:
        raise ListError(f"There is a list named “{name}” already.", code="list_name") from None


def upload(*, list_id: int, file: File, mode: str = List.Mode.REPLACE, now: datetime) -> List:
    """Keep an uploaded file and let a worker read it. mode: replace, append or remove.

    Raises ListError if the file is too large or another one of this list is still being read.
    """
    if file.size > LARGEST_UPLOAD:
        raise ListError(f"The file has {file.size / 2**20:.0f} MB; at most {LARGEST_UPLOAD // 2**20} are possible.")
    with transaction.atomic():
        target = List.objects.select_for_update().get(pk=list_id)
        if target.state == List.State.PROCESSING:
            raise ListError(f"A file for “{target.name}” is still being read; wait until it is done.", code="list_busy")
        target.source.save(f"list-{list_id}.csv", file, save=False)
        target.mode, target.state, target.error, target.updated_at = List.Mode(mode), List.State.PROCESSING, "", now
        target.save()
        wake("segments.imports")
    return target


def import_waiting(*, now: datetime) -> bool:
    """Read one uploaded file that waits; say whether there was one. A file whose reader was killed waits again."""
    with transaction.atomic():
        waiting = List.objects.select_for_update(skip_locked=True).filter(state=List.State.PROCESSING)
        target = waiting.order_by("updated_at").first()
        if target is None:
            return False
        source = target.source
        try:
            with source.open("rb") as file:
                import_csv(list_id=target.pk, file=file.file, mode=target.mode, now=now)
        except OSError:
            List.objects.filter(pk=target.pk).update(
                **_failed(target, "The uploaded file cannot be read any more; upload it again."), updated_at=now
            )
        except ListError:
            pass  # which the list has recorded
        List.objects.filter(pk=target.pk).update(source="")
        _delete_on_commit(source)
    return True


def import_csv(*, list_id: int, file: BinaryIO, mode: str = List.Mode.REPLACE, now: datetime) -> Outcome:
    """Change the members of a list by a file of bytes: all of it or, if it fails, nothing.

    Raises ListError when the file fails; the list keeps its members and says why.
    """
    failure = None
    with transaction.atomic(), tempfile.TemporaryFile() as unknown:
        target = List.objects.select_for_update().get(pk=list_id)
        try:
            with transaction.atomic():
                outcome = lists.load(list_id=list_id, rows=lists.read(file), mode=mode, unknown=unknown)
        except ListError as error:
            failure = error
            changes = _failed(target, error.message)
        else:
            changes = _loaded(outcome, now)
            _delete_on_commit(target.unknown_rows)
            unknown.seek(0)
            target.unknown_rows.save(f"list-{list_id}-unknown.csv", File(unknown), save=False)
            changes["unknown_rows"] = target.unknown_rows.name
        List.objects.filter(pk=list_id).update(**changes, updated_at=now)
    if failure:
        raise failure
    return outcome


def set_members(
    *, name: str, identities: Iterable[str], mode: str = List.Mode.REPLACE, by: Any = None, now: datetime
) -> Outcome:
    """Change the members of a list by identities (not object IDs), making the list if there is none of that name."""
    with transaction.atomic():
        target = List.objects.select_for_update().filter(name=name).first() or create_list(name=name, by=by, now=now)
        rows = (lists.Row(number, "i", identity) for number, identity in enumerate(identities, 1))
        outcome = lists.load(list_id=target.pk, rows=rows, mode=mode)
        List.objects.filter(pk=target.pk).update(**_loaded(outcome, now), updated_at=now)
    return outcome


def delete_list(*, list_id: int) -> None:
    """Delete a list with its members and files. Raises ListError if a segment or a journey under way asks for it."""
    with transaction.atomic():
        target = List.objects.select_for_update().get(pk=list_id)
        if users := usage.holders("list", target.name):
            message = f"“{target.name}” is used by {usage.named(users)}; it cannot be deleted."
            raise ListError(message, code="list_used")
        lists.forget(list_id)
        target.delete()
        _delete_on_commit(target.source)
        _delete_on_commit(target.unknown_rows)


def _delete_on_commit(file: FieldFile) -> None:
    storage, name = file.storage, file.name
    if name:
        transaction.on_commit(lambda: storage.delete(name))


def _loaded(outcome: Outcome, now: datetime) -> dict[str, Any]:
    return {
        "state": List.State.READY,
        "members": outcome.members,
        "unknown": outcome.unknown,
        "error": "",
        "loaded_at": now,
    }


def _failed(target: List, message: str) -> dict[str, Any]:
    """A list whose file failed is still good if an earlier one was."""
    return {"state": List.State.READY if target.usable else List.State.FAILED, "error": message}
