"""Sites whose pages call us: a public key that anybody can read, so it is good for little (domain 11.1).

It lets a page act for one visitor: whoever has the visitor's object ID, which the page has drawn at random and keeps to
itself. That the visitor is a known person is believed only with a signature of the site's own server, made with the
signing secret. The secret is derived from the key and SECRET_KEY, so it is stored nowhere.
"""

import base64
import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.encoding import force_bytes

from profiles.credentials import MOST_REMEMBERED, REMEMBERED_SECONDS
from profiles.eventtypes import DEVICE_KEYS, key
from profiles.models import Credential

_CALLED = re.compile(r"/1/web/([^/]+)/")
_HOST = re.compile(r"[a-z0-9.-]+(:[0-9]{1,5})?|\[[0-9a-f:]+\](:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Site:
    """A public key that is good. Stands for the user of a request. events: what its pages may record, as keys."""

    public_key: str
    origins: frozenset[str]
    events: frozenset[str]
    scopes: frozenset[str] = frozenset({Credential.Scope.PAGES})
    is_authenticated: bool = True


_remembered: dict[str, tuple[float, Site]] = {}  # public key → (good until, monotonic; its site)


def find(public_key: str) -> Site | None:
    """The site of a public key; None if there is none or it has been revoked."""
    known = _remembered.get(public_key)
    moment = time.monotonic()
    if known is not None and known[0] > moment:
        return known[1]
    found = (
        Credential.objects.filter(public_key=public_key, revoked_at=None).first() if "\x00" not in public_key else None
    )
    if found is None:
        _remembered.pop(public_key, None)
        return None
    site = Site(public_key, frozenset(found.origins), DEVICE_KEYS | {key(name) for name in found.page_events})
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[public_key] = (moment + REMEMBERED_SECONDS, site)
    return site


def may_read(sender: Any, request: HttpRequest, **kwargs: Any) -> bool:
    """Whether the page that calls may read the answer: the question of django-cors-headers."""
    called = _CALLED.match(request.path_info)
    site = find(called[1]) if called else None
    return site is not None and request.headers.get("Origin") in site.origins


def origin(text: str) -> str | None:
    """An origin as browsers send it, of an address that somebody typed; None if it is none."""
    try:
        parts = urlsplit(text.strip().rstrip("/").lower())
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or parts.path or parts.query or parts.fragment:
        return None
    if not _HOST.fullmatch(parts.netloc) or not parts.hostname:
        return None
    usual = {"http": ":80", "https": ":443"}[parts.scheme] if port else ""
    return f"{parts.scheme}://{parts.netloc.removesuffix(usual)}"


def signing_secret(public_key: str) -> str:
    """With which the site's server signs identities."""
    return _secret(settings.SECRET_KEY, public_key)


def signature(secret: str, identity: str) -> str:
    """The HMAC-SHA256 of an identity in hexadecimal."""
    return hmac.new(secret.encode(), identity.encode(), hashlib.sha256).hexdigest()


def signed(public_key: str, identity: str, given: str) -> bool:
    """Whether a signature is that of the site's server."""
    secrets = (_secret(it, public_key) for it in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))
    return any(hmac.compare_digest(signature(it, identity).encode(), given.encode()) for it in secrets)


def _secret(secret_key: str | bytes, public_key: str) -> str:
    made = salted_hmac("profiles.sites", public_key, secret=force_bytes(secret_key), algorithm="sha256").digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()
