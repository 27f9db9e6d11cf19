"""Who calls the API: project ID and passcode in two headers, checked once every few seconds."""

import hmac
import time
from dataclasses import dataclass

from profiles.models import Credential
from profiles.services import passcode_hash

REMEMBERED_SECONDS = 2.0  # how long a revoked credential may still be good
MOST_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Caller:
    """A credential that is good. Stands for the user of a request."""

    credential_id: int
    project_id: str
    scopes: frozenset[str]
    is_authenticated: bool = True


_remembered: dict[str, tuple[float, Caller]] = {}  # passcode hash → (good until, monotonic; who)


def check(project_id: str, passcode: str) -> Caller | None:
    """The caller with this project ID and passcode; None if there is none or it has been revoked."""
    hashed = passcode_hash(passcode)
    known = _remembered.get(hashed)
    moment = time.monotonic()
    if known is not None and known[0] > moment:
        caller = known[1]
    else:
        found = Credential.objects.filter(passcode_hash=hashed, revoked_at=None).first()
        if found is None:
            _remembered.pop(hashed, None)
            return None
        caller = Caller(found.pk, found.project_id, frozenset(found.scopes))
        if len(_remembered) >= MOST_REMEMBERED:
            _remembered.clear()
        _remembered[hashed] = (moment + REMEMBERED_SECONDS, caller)
    return caller if hmac.compare_digest(caller.project_id.encode(), project_id.encode()) else None
