"""Links that lead back to a message: the open pixel, clicks, unsubscribing.

A link carries a reference to the message (lane, id, day it was queued for) under a MAC that covers what the link does
and, for a click, where it leads. So nobody can make one up, turn an open into an unsubscribe, or use us to redirect to
a page of their own.
"""

import base64
import binascii
import hashlib
import hmac
import html
import re
from datetime import date, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.encoding import force_bytes

OPEN, CLICK, UNSUBSCRIBE, DEVICE, SHORT = b"open", b"click", b"unsubscribe", b"device", b"short"

_MAC_BYTES = 9  # 72 bits, guessed over HTTP: out of reach; shorter links break less in mail programs
_REF_BYTES = 9  # lane 1, id 6, day 2
# Of a short link, where every character may cost a part more. Its day and its target stand in its row instead.
_SHORT_REF_BYTES = 6  # id 39 bits, lane 6, which link of the message 3
_SHORT_MAC_BYTES = 6  # 48 bits: at a thousand guesses a second one is right in nine thousand years
DAY_ZERO = date(2020, 1, 1)
# Bounded, so that a page full of half links costs no more than its length.
_LINK = re.compile(
    r"""(<a\s(?:[^<>]{0,2000}?\s)?href\s{0,9}=\s{0,9})(["'])(https?://[^"'<>]{1,4000})\2""", re.IGNORECASE
)


class Ref(NamedTuple):
    """A message. day: the UTC day of its queued_at, which names its partition; None when unknown."""

    lane: int
    id: int
    day: date | None = None


class ShortRef(NamedTuple):
    """One of a message's short links. number: 0 for the first."""

    lane: int
    id: int
    number: int


class Target(NamedTuple):
    """What a short link leads to. day: of its message, from DAY_ZERO."""

    ref: ShortRef
    day: int
    url: str


def _keys() -> list[bytes]:
    # As Django signs: the first key makes, each of them opens.
    return [_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def _key(secret: str | bytes) -> bytes:
    return hashlib.blake2b(force_bytes(secret), person=b"sojourn links").digest()


def _mac(key: bytes, purpose: bytes, ref: bytes, target: bytes = b"", *, size: int = _MAC_BYTES) -> bytes:
    # Purposes hold no NUL and a purpose's references have one length, so no two questions have one spelling.
    return hashlib.blake2b(purpose + b"\0" + ref + target, key=key, digest_size=size).digest()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def reference(lane: int, message_id: int, day: int) -> bytes:
    """A message as it stands in links. day: its queued_at in UTC, counted from DAY_ZERO."""
    return (lane << 64 | message_id << 16 | day).to_bytes(_REF_BYTES, "big")


class Linker:
    """Makes links for many messages; the key, the address and what links lead to are worked out once.

    targets: of the short links that were made; they lead nowhere before `shortlinks.keep` has stored these.
    """

    def __init__(self) -> None:
        self.targets: list[Target] = []
        self._base = f"{settings.PUBLIC_URL}/t/"
        self._short = f"{settings.PUBLIC_URL}/s/"
        self._key = _keys()[0]
        self._targets: dict[str, tuple[bytes, str]] = {}  # as written in the page → (address, as it stands in links)

    def _token(self, purpose: bytes, ref: bytes, target: bytes = b"") -> str:
        return base64.urlsafe_b64encode(ref + _mac(self._key, purpose, ref, target)).decode()

    def unsubscribe(self, ref: bytes) -> str:
        """The address of the unsubscribe page, and of the one-click POST."""
        return f"{self._base}u/{self._token(UNSUBSCRIBE, ref)}"

    def device(self, ref: bytes) -> str:
        """What a device names a message by when it tells what became of it."""
        return self._token(DEVICE, ref)

    def is_ours(self, url: str) -> bool:
        """Whether an address is a link of ours already."""
        return url.startswith((self._base, self._short))

    def short(self, ref: bytes, number: int, url: str) -> str:
        """A short link that leads to `url`. number: which of the message's, 0 for the first."""
        place = int.from_bytes(ref, "big")
        short = ShortRef(place >> 64, place >> 16 & 0xFFFF_FFFF_FFFF, number)
        self.targets.append(Target(short, place & 0xFFFF, url))
        data = (short.id << 9 | short.lane << 3 | number).to_bytes(_SHORT_REF_BYTES, "big")
        return self._short + _text(data + _mac(self._key, SHORT, data, size=_SHORT_MAC_BYTES))

    def track(self, page: str, ref: bytes) -> str:
        """The HTML with its links (http and https, in quotes) leading through us, and the pixel before its end."""

        def replace(match: re.Match[str]) -> str:
            start, quote, url = match.groups()
            if url.startswith(self._base):
                return match[0]
            known = self._targets.get(url)
            if known is None:
                target = html.unescape(url).encode()
                known = self._targets[url] = target, _text(target)
            return f"{start}{quote}{self._base}c/{self._token(CLICK, ref, known[0])}/{known[1]}{quote}"

        page = _LINK.sub(replace, page)
        pixel = f'<img src="{self._base}o/{self._token(OPEN, ref)}.gif" width="1" height="1" alt="">'
        end = page.rfind("</body>")
        return page + pixel if end < 0 else page[:end] + pixel + page[end:]


def read(token: str, purpose: bytes, target: bytes = b"") -> Ref | None:
    """The message that a link of ours is about; None when the link is not one of ours, or was changed."""
    try:
        data = _bytes(token)
    except (binascii.Error, ValueError):
        return None
    if len(data) != _REF_BYTES + _MAC_BYTES:
        return None
    ref, mac = data[:_REF_BYTES], data[_REF_BYTES:]
    if not any(hmac.compare_digest(mac, _mac(key, purpose, ref, target)) for key in _keys()):
        return None
    number = int.from_bytes(ref, "big")
    day = DAY_ZERO + timedelta(days=number & 0xFFFF)
    return Ref(number >> 64, number >> 16 & 0xFFFF_FFFF_FFFF, day)


def read_short(token: str) -> ShortRef | None:
    """Which short link it is; None when it is not one of ours, or was changed."""
    try:
        data = _bytes(token)
    except (binascii.Error, ValueError):
        return None
    if len(data) != _SHORT_REF_BYTES + _SHORT_MAC_BYTES:
        return None
    ref, mac = data[:_SHORT_REF_BYTES], data[_SHORT_REF_BYTES:]
    if not any(hmac.compare_digest(mac, _mac(key, SHORT, ref, size=_SHORT_MAC_BYTES)) for key in _keys()):
        return None
    number = int.from_bytes(ref, "big")
    return ShortRef(number >> 3 & 63, number >> 9, number & 7)


def target(encoded: str) -> bytes | None:
    """The address that a click link leads to, if it is one of the web's; None for anything else. Not yet known to be
    ours: `read` says that.
    """
    try:
        url = _bytes(encoded)
        parts = urlsplit(url.decode())
    except (binascii.Error, ValueError):  # of UnicodeDecodeError too
        return None
    return url if parts.scheme.lower() in ("http", "https") and parts.netloc else None
