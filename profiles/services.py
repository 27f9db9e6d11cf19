"""Writes of profiles that people and programs ask for one at a time."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime

from profiles.models import Credential


def passcode_hash(passcode: str) -> str:
    """What is kept of a passcode: its SHA-256 in hexadecimal.

    A passcode is 192 random bits that we drew ourselves, so it cannot be guessed from its hash as a person's password
    can; a slow salted hash would protect nothing more and cost every call some tens of milliseconds.
    """
    return hashlib.sha256(passcode.encode()).hexdigest()


def issue_credential(
    *, name: str, scopes: Iterable[str] = (Credential.Scope.UPLOAD,), project_id: str | None = None
) -> tuple[Credential, str]:
    """Make a credential and its passcode, which is shown this once and never again. project_id: None for the project's
    first one.

    Raises ValueError for a scope that does not exist.
    """
    scopes = [Credential.Scope(scope).value for scope in scopes]
    if project_id is None:
        first = Credential.objects.order_by("pk").values_list("project_id", flat=True).first()
        project_id = first or "-".join(secrets.token_hex(2).upper() for _ in range(3))
    passcode = secrets.token_urlsafe(24)
    credential = Credential.objects.create(
        name=name, project_id=project_id, passcode_hash=passcode_hash(passcode), scopes=scopes
    )
    return credential, passcode


def revoke_credential(*, credential_id: int, now: datetime) -> bool:
    """End a credential, in every process within seconds. False if it had been revoked before."""
    return bool(Credential.objects.filter(pk=credential_id, revoked_at=None).update(revoked_at=now))
