"""What every act on a version begins and ends with: may this person do it, is the version held, does its state allow
it, and who did what.

All raise JourneyError with a sentence. Whoever locks several rows takes versions first, in the order of their ids, then
the journey.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django_fsm import can_proceed

from journeys.document import Document
from journeys.errors import JourneyError
from journeys.models import Transition, Version
from journeys.nodes import KINDS

REFUSALS = {
    "journeys.view_journey": "the right to see journeys",
    "journeys.add_journey": "the right to create journeys",
    "journeys.change_journey": "the right to edit journeys",
    "journeys.delete_journey": "the right to delete drafts",
    "journeys.publish_version": "the right to publish journeys",
    "journeys.pause_version": "the right to pause and resume journeys",
    "journeys.stop_version": "the right to stop journeys",
}


def require(user: User | None, permission: str) -> None:
    """Let the system and people with the permission pass; raise JourneyError for others."""
    if user is None or user.has_perm(permission):
        return
    raise JourneyError(f"You may not do this; ask an administrator for {REFUSALS[permission]}.", code="forbidden")


def require_channels(user: User | None, after: Document, before: Document | None = None) -> None:
    """Let those pass who may write on the channels of a document's messages, or of those that are not in `before` as
    they are; raise JourneyError for others (domain 13).
    """
    if user is None:
        return
    known = {node.id: node for node in before.nodes} if before else {}
    written = {
        node.kind for node in after.nodes if KINDS[node.kind].role == "engagement" and known.get(node.id) != node
    }
    if lacking := sorted(kind for kind in written if not user.has_perm(f"channels.write_{kind}")):
        named = ", ".join(KINDS[kind].label for kind in lacking)
        message = (
            f"You may not write messages on {named}; ask an administrator for the right, or leave them as they are."
        )
        raise JourneyError(message, code="forbidden")


def lock(version_id: int) -> Version:
    """The version and its journey as they are now, held until the transaction ends."""
    try:
        return Version.objects.select_for_update(of=("self",)).select_related("journey").get(pk=version_id)
    except Version.DoesNotExist:
        raise JourneyError(f"There is no journey version {version_id}.", code="not_found") from None


def lock_all(journey_id: int) -> list[Version]:
    """All versions of a journey by number, held until the transaction ends, and with them the making of new ones."""
    held = Version.objects.select_for_update(of=("self",)).filter(journey=journey_id).order_by("pk")
    len(held)  # waits for whoever holds them; a version that one of those made is in the second reading only
    versions = sorted(held.all().select_related("journey"), key=lambda version: version.number)
    if not versions:
        raise JourneyError(f"There is no journey {journey_id}.", code="not_found")
    return versions


def lock_siblings(version_id: int) -> tuple[Version, list[Version]]:
    """A version, and all versions of its journey, held as by `lock_all`."""
    found = Version.objects.filter(pk=version_id).values_list("journey", flat=True).first()
    versions = lock_all(found) if found else []
    for version in versions:
        if version.pk == version_id:
            return version, versions
    raise JourneyError(f"There is no journey version {version_id}.", code="not_found")


def ask(version: Version, act: Callable[..., Any], only: str) -> None:
    """Raise JourneyError that begins with `only` unless the version's state allows the transition."""
    if not can_proceed(act):
        raise JourneyError(f"{only}; this one is {version.status}.", code="state")


def move(
    version: Version,
    action: str,
    act: Callable[[], Any],
    by: User | None,
    now: datetime,
    *,
    changes: dict[str, list[Any]] | None = None,
) -> None:
    """Make a transition, save it and record it."""
    source = version.status
    act()
    version.save()
    record(version, action, by, now, source=source, changes=changes)


def record(
    version: Version,
    action: str,
    by: User | None,
    now: datetime,
    *,
    source: str | None = None,
    changes: dict[str, list[Any]] | None = None,
) -> Transition:
    """Note who did what in the audit trail (domain 13). Without a source the state stayed as it is."""
    return Transition.objects.create(
        version=version,
        journey_id=version.journey_id,
        name=version.journey.name,
        number=version.number,
        action=action,
        source=version.status if source is None else source,
        target=version.status,
        changes=changes or {},
        by=by,
        who=by.get_username() if by else "",
        at=now,
    )
