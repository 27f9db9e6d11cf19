"""Files that come in pieces, over connections that break.

The file on the disk says how much of it is there, and nothing else does: a piece is written behind what there is, so a
sender that was cut off asks for the offset and goes on.
"""

import fcntl
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from config.lib.errors import SojournError

BLOCK = 2**16  # bytes

View = Callable[..., HttpResponseBase]


class Readable(Protocol):
    """A file, or the body of a request."""

    def read(self, size: int, /) -> bytes: ...


class OffsetError(SojournError):
    """A piece of a file that does not begin where the file ends. offset: where it ends."""

    code = "offset"

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset


def there(path: Path) -> int:
    """How many bytes of a file are there."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def write(path: Path, piece: Readable, *, at: int, check: Callable[[int], None]) -> int:
    """Write a piece of a file at an offset; return the next one. What came before a connection broke is kept.

    check: told how long the file is about to become; what it raises ends the piece there. Raises OffsetError if the
    file does not end at the offset, or somebody else is writing.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OffsetError(file.tell(), "Another piece of this file is being written; ask for the offset.") from None
        end = file.tell()
        if at != end:
            raise OffsetError(end, f"The file ends at {end:,}, not at {at:,}; go on there.")
        while block := piece.read(BLOCK):
            end += len(block)
            check(end)
            file.write(block)
    return end


def too_large(size: int, largest: int) -> str:
    """A sentence about a file of more bytes than there may be; empty if it may have so many."""
    if size <= largest:
        return ""
    return f"The file has {size / 2**20:,.0f} MB; at most {largest // 2**20:,} are possible."


def offset_of(request: HttpRequest) -> int | None:
    """Where a piece belongs by the request's header Upload-Offset; None if it does not say."""
    at = request.headers.get("Upload-Offset", "")
    return int(at) if at.isascii() and at.isdecimal() else None


def refusing(view: View) -> View:
    """A view for the scripts of our pages: what a service refuses is answered as {"code", "message"}, with status 400;
    a piece that does not fit with 409 and the offset that would.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except OffsetError as error:
            return JsonResponse({"code": error.code, "message": error.message, "offset": error.offset}, status=409)
        except SojournError as error:
            return JsonResponse({"code": error.code, "message": error.message}, status=400)

    return answer
