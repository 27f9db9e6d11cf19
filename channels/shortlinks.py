"""Short links of text messages: what they lead to, and for how long (domain 5.1).

A text is paid for by the part of some 150 characters, so its links hold neither their message's day nor their target:
both are kept in a row by the message and the link's number. The link is signed, and leads to nothing but what we wrote
ourselves into that row. It is written in the transaction that takes the message, before anybody can have the text.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from channels.tracking import Linker, Ref, ShortRef, Target
from config.lib import sql
from config.lib.arrays import literal

SQL = sql.load(Path(__file__).with_suffix(".sql"))

MOST = 5  # short links of one message
VALID = timedelta(days=7)  # from sending
LONGEST = 2000  # characters of a target; not every browser follows longer ones
_URL = re.compile(r"https?://[^\s<>\"“”]{1,4000}", re.IGNORECASE)
_AFTER = ".,;:!?'’*"  # belongs to the sentence around a link when it ends it


class Followed(NamedTuple):
    """Where a short link leads, and the message that it is of."""

    url: str
    message: Ref


def shorten(text: str, ref: bytes, linker: Linker) -> str:
    """The text with its first MOST links made short. Those beyond, which values can bring, stay as they are, and so do
    links of ours and what is no address. ref: the message as it stands in links.
    """
    parts, end, number = [], 0, 0
    for start, url in _links(text):
        if number == MOST:
            break
        if not linker.is_ours(url):
            parts += [text[end:start], linker.short(ref, number, url)]
            end, number = start + len(url), number + 1
    return "".join(parts) + text[end:]


def count(text: str) -> int:
    """How many links of a text can be made short."""
    return len(_links(text))


def _links(text: str) -> list[tuple[int, str]]:
    """Where each link begins, and what it is."""
    found = ((match.start(), _bare(match[0])) for match in _URL.finditer(text))
    return [(start, url) for start, url in found if len(url) <= LONGEST and _is_address(url)]


def _bare(url: str) -> str:
    """Without what belongs to the sentence that it stands in: its full stop, the bracket around it."""
    while url and (url[-1] in _AFTER or (url[-1] in ")]}" and url.count(url[-1]) > url.count(_OPENS[url[-1]]))):
        url = url[:-1]
    return url


_OPENS = {")": "(", "]": "[", "}": "{"}


def _is_address(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False


def keep(targets: Sequence[Target], *, now: datetime) -> int:
    """Store what links lead to that go out at `now`, in the caller's transaction: one statement; return how many. Of a
    message that is tried again the targets are those of its last time.
    """
    if not targets:
        return 0
    params = {
        "lanes": literal(it.ref.lane for it in targets),
        "messages": literal(it.ref.id for it in targets),
        "numbers": literal(it.ref.number for it in targets),
        "days": literal(it.day for it in targets),
        "urls": [it.url for it in targets],
        "expires_at": now + VALID,
    }
    return sql.run(SQL["keep"], params)


def follow(ref: ShortRef, *, now: datetime) -> Followed | None:
    """Where a link leads; None once it has expired."""
    found = sql.rows(SQL["follow"], ref._asdict() | {"now": now})
    if not found:
        return None
    ((url, day),) = found
    return Followed(url, Ref(ref.lane, ref.id, day))


def forget_expired(*, now: datetime, batch: int = 10_000) -> int:
    """Clear away the targets of links that have expired, some at a time; return how many."""
    total = forgotten = sql.run(SQL["forget"], {"now": now, "batch": batch})
    while forgotten == batch:
        forgotten = sql.run(SQL["forget"], {"now": now, "batch": batch})
        total += forgotten
    return total
