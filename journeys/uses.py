"""Which journeys ask for saved segments and custom lists, for `segments.usage`, which asks when it must know.

A name is asked for in the body of a segment node, an entry or a goal, or in a rule inside one: `segment: NAME`,
`list: NAME`. Contents of messages are no such place, whatever keys a webhook's headers have.
"""

from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import Q

from journeys.models import Status, Version
from journeys.nodes import KINDS
from segments.usage import Use, What

# In these states somebody may be tested, now or once it is resumed: domain 4.3 for segments, 11.2 for lists.
_HOLDS: dict[What, tuple[str, ...]] = {
    "segment": (Status.SCHEDULED, Status.LIVE, Status.PAUSED, Status.COMPLETED, Status.VERSIONED),
    "list": (Status.SCHEDULED, Status.LIVE, Status.PAUSED, Status.VERSIONED),
}


def uses(what: What, names: Collection[str]) -> Iterator[tuple[str, Use]]:
    """(name, journey) for every journey that asks for it: the newest of the versions that hold it, else the newest."""
    wanted = set(names)
    found: dict[tuple[str, int], Use] = {}
    versions = Version.objects.exclude(status=Status.STOPPED).select_related("journey")
    for version in versions.order_by("journey", "number"):
        state = _state(version)
        if state == Status.STOPPED:
            continue
        for name in _asked(what, version.document) & wanted:
            holds = state in _HOLDS[what]
            before = found.get((name, version.journey_id))
            if before is None or holds or not before.holds:
                found[name, version.journey_id] = Use(
                    "journey", version.journey_id, version.journey.name, state, holds, "admin:journeys_journey_change"
                )
    for (name, _journey), use in found.items():
        yield name, use


def rename(what: What, old: str, new: str) -> None:
    """Let all drafts ask for the new name. Called inside the transaction that renames."""
    drafts = Version.objects.filter(Q(status=Status.DRAFT) | Q(archived_from=Status.DRAFT))
    for version in drafts.select_for_update().order_by("pk"):
        if old in _asked(what, version.document):
            version.document = _renamed(version.document, what, old, new)
            version.save(update_fields=["document"])


def _state(version: Version) -> str:
    """The state that counts: of an archived version, the one it returns to."""
    return version.archived_from or version.status


def _asked(what: What, document: dict[str, Any]) -> set[str]:
    return {name for body in _bodies(document) for name in _names(what, body)}


def _bodies(document: dict[str, Any]) -> Iterator[Any]:
    """The parts of a document in which a name may be asked for."""
    yield document.get("entry")
    yield document.get("goals")
    for node in document.get("nodes") or ():
        if KINDS[node["kind"]].role != "engagement":
            yield node


def _names(what: What, part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(name := part.get(what), str):
            yield name
        for item in part.values():
            yield from _names(what, item)
    elif isinstance(part, list):
        for item in part:
            yield from _names(what, item)


def _renamed(document: dict[str, Any], what: What, old: str, new: str) -> dict[str, Any]:
    changed = dict(document)
    for key in ("entry", "goals"):
        if key in document:
            changed[key] = _replaced(document[key], what, old, new)
    if "nodes" in document:
        changed["nodes"] = [
            node if KINDS[node["kind"]].role == "engagement" else _replaced(node, what, old, new)
            for node in document["nodes"]
        ]
    return changed


def _replaced(part: Any, what: What, old: str, new: str) -> Any:
    if isinstance(part, dict):
        return {
            key: new if key == what and value == old else _replaced(value, what, old, new)
            for key, value in part.items()
        }
    return [_replaced(item, what, old, new) for item in part] if isinstance(part, list) else part
