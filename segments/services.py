"""Custom lists as things with a name: made, deleted, filled from a few identities. Files are `segments.uploads`."""

from collections.abc import Iterable
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, Literal

from django.db import IntegrityError, transaction

from segments import lists, usage
from segments.errors import ListError
from segments.lists import Outcome
from segments.models import List, ListUpload
from segments.reading import row


def create_list(*, name: str, by: Any = None, now: datetime) -> List:
    """Make an empty list, which is usable once a file was good. by: a user. Raises ListError if the name is taken."""
    name = name.strip()
    if not 1 <= len(name) <= 100:
        raise ListError("A list needs a name of 1 to 100 characters.", code="list_name")
    try:
        with transaction.atomic():
            return List.objects.create(name=name, created_by=by, created_at=now, updated_at=now)
    except IntegrityError:
        raise ListError(f"There is a list named “{name}” already.", code="list_taken") from None


def set_members(
    *,
    name: str,
    identities: Iterable[str],
    mode: Literal["replace", "append", "remove"] = "replace",
    by: Any = None,
    now: datetime,
) -> Outcome:
    """Change the members of a list by identities (not object IDs), making the list if there is none of that name."""
    with transaction.atomic():
        target = List.objects.select_for_update().filter(name=name).first() or create_list(name=name, by=by, now=now)
        outcome = lists.change(list_id=target.pk, rows=map(row, count(1), identities), mode=mode)
        List.objects.filter(pk=target.pk).update(**lists.loaded(outcome, now=now))
    return outcome


def delete_list(*, list_id: int) -> None:
    """Delete a list with its members and files. Raises ListError if a saved segment or a journey asks for it."""
    with transaction.atomic():
        uploads = list(ListUpload.objects.select_for_update().filter(list=list_id))  # before the list, as all lock
        target = List.objects.select_for_update().get(pk=list_id)
        if users := usage.users("list", [target.name]).get(target.name):
            raise ListError(f"“{target.name}” is used by {usage.named(users)}; it cannot be deleted.", code="list_used")
        if any(upload.state == ListUpload.State.PROCESSING for upload in uploads):
            raise ListError(f"A file for “{target.name}” is being read; cancel it first.", code="list_busy")
        files = [path for upload in uploads for path in (upload.source_path, upload.errors_path)]
        lists.forget(list_id)
        target.delete()
        transaction.on_commit(lambda: _unlink(files))


def _unlink(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
