"""Writes of profiles that people and programs ask for one at a time."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime

from profiles import departures, identities, selectors
from profiles.identities import Claim, Key
from profiles.models import Credential


def passcode_hash(passcode: str) -> str:
    """What is kept of a passcode: its SHA-256 in hexadecimal.

    A passcode is 192 random bits that we drew ourselves, so it cannot be guessed from its hash as a person's password
    can; a slow salted hash would protect nothing more and cost every call some tens of milliseconds.
    """
    return hashlib.sha256(passcode.encode()).hexdigest()


def issue_credential(
    *,
    name: str,
    scopes: Iterable[str] = (Credential.Scope.UPLOAD,),
    project_id: str | None = None,
    origins: Iterable[str] = (),
    page_events: Iterable[str] = (),
) -> tuple[Credential, str]:
    """Make a credential and its passcode, which is shown this once and never again. project_id: None for the project's
    first one. origins, page_events: of one for pages, as `profiles.sites` reads them; it gets a public key.

    Raises ValueError for a scope that does not exist.
    """
    scopes = [Credential.Scope(scope).value for scope in scopes]
    if project_id is None:
        first = Credential.objects.order_by("pk").values_list("project_id", flat=True).first()
        project_id = first or "-".join(secrets.token_hex(2).upper() for _ in range(3))
    passcode = secrets.token_urlsafe(24)
    credential = Credential.objects.create(
        name=name,
        project_id=project_id,
        passcode_hash=passcode_hash(passcode),
        scopes=scopes,
        public_key=f"pk_{secrets.token_urlsafe(18)}" if Credential.Scope.PAGES in scopes else None,
        origins=[*origins],
        page_events=[*page_events],
    )
    return credential, passcode


def change_site(*, credential_id: int, origins: Iterable[str], page_events: Iterable[str]) -> None:
    """Let other pages use a public key, or record other events; in every process within seconds."""
    Credential.objects.filter(pk=credential_id).update(origins=[*origins], page_events=[*page_events])


def revoke_credential(*, credential_id: int, now: datetime) -> bool:
    """End a credential, in every process within seconds. False if it had been revoked before."""
    return bool(Credential.objects.filter(pk=credential_id, revoked_at=None).update(revoked_at=now))


def sign_in(visitor: Key, person: Key, *, now: datetime) -> bool:
    """Let an anonymous visitor be a person, who is made if nobody is it: what they did so far becomes that person's.
    False if the visitor is somebody else already.

    Raises Departing while one of the two is being deleted or merged.
    """
    into = identities.find_or_create([person], now=now)[person]
    if identities.claim([Claim(visitor.value, visitor.kind, into)]):
        return True
    known = identities.find([visitor]).get(visitor)
    if known is None:  # deleted just now
        return False
    if known != into:
        profile = selectors.get_profile(known)
        if profile is None or profile.identity is not None:
            return False
        departures.merge(known, into=into, now=now)
    return True
