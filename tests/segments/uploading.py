"""How tests of lists bring a file: uploaded and read as a worker would."""

import io
from pathlib import Path
from typing import Any

from segments import importing, uploads
from segments.models import ListUpload
from segments.reading import DOCUMENTED, Columns
from tests.segments.cast import NOON


def upload(
    content: bytes, *, name: str = "march", mode: str = "create", columns: Columns = DOCUMENTED, **options: Any
) -> ListUpload:
    """A complete upload, waiting for a worker."""
    begun = uploads.begin(name=name, mode=mode, columns=columns, now=NOON, **options)
    uploads.write(begun, io.BytesIO(content), at=0, now=NOON)
    return uploads.complete(begun.pk, now=NOON)


def load(content: bytes, **options: Any) -> ListUpload:
    """An upload that has been read."""
    loaded = upload(content, **options)
    assert importing.import_next(clock=lambda: NOON)
    loaded.refresh_from_db()
    return loaded


def csv(*lines: str) -> bytes:
    """A file with the documented header."""
    return "\r\n".join(["Type,Identity", *lines]).encode()


def errors(loaded: ListUpload) -> list[str]:
    """The lines of the file of errors, without its header."""
    path: Path = loaded.errors_path
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    assert header == "Line,Type,Identity,Reason"
    return lines
