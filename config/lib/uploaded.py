"""Files that people upload and a worker reads: where one lies, how far it has come, and whose turn it is.

One file of a kind is read at a time, whatever the number of workers: an advisory lock says so, which ends with its
holder's connection. The other workers stay with the journeys.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from django.conf import settings
from django.db import models

from config.lib.alone import alone

PROCESSING = "processing"  # the state of a file that waits for a worker, or that one reads


class Cancelled(Exception):
    """The file is no longer to be read."""


class Upload(models.Model):
    """A file, from its upload to what became of it. The bytes lie in settings.UPLOADS_ROOT under its id; a kind of file
    has a `state`, which is PROCESSING while it is read.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def source_path(self) -> Path:
        """Where the file lies while it is uploaded and read."""
        return Path(settings.UPLOADS_ROOT) / self.pk.hex

    @property
    def errors_path(self) -> Path:
        """Where the rows that were refused are kept, as CSV."""
        return Path(settings.UPLOADS_ROOT) / f"{self.pk.hex}.errors.csv"

    def note(self, **changes: Any) -> None:
        """Write down how far its reading has come. Raises Cancelled if it is not to go on."""
        files: models.Manager[Any] = type(self)._base_manager
        if not files.filter(pk=self.pk, state=PROCESSING).update(**changes):
            raise Cancelled
        for name, value in changes.items():
            setattr(self, name, value)


U = TypeVar("U", bound=Upload)


def read_next(waiting: models.QuerySet[U], read: Callable[[U], None], *, lock: str) -> bool:
    """Read the first of the files that wait; say whether there was one, and nobody else was reading."""
    with alone(lock) as ours:
        upload = waiting.filter(state=PROCESSING).first() if ours else None
        if upload is None:
            return False
        read(upload)
        return True
