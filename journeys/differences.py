"""What differs between two editions of a document, as the audit trail keeps it: place → [before, after] (domain 13).

A place is written as findings write it, a node by its number: `nodes[3].config.content.subject`. What was not there
before or is not there afterwards is None.
"""

from typing import Any

from journeys.document import Document

UNSEEN = "position"  # where a node stands on the canvas


def of_documents(before: Document, after: Document) -> dict[str, list[Any]]:
    """What a save changed."""
    return of(before.model_dump(mode="json", by_alias=True), after.model_dump(mode="json", by_alias=True))


def of(before: Any, after: Any, place: str = "") -> dict[str, list[Any]]:
    """The same of plain JSON that stands at a place."""
    if before == after:
        return {}
    if isinstance(before, dict) and isinstance(after, dict):
        found: dict[str, list[Any]] = {}
        for key in sorted({*before, *after} - {UNSEEN}):
            found |= of(before.get(key), after.get(key), f"{place}.{key}" if place else key)
        return found
    if (old := _by_number(before)) is not None and (new := _by_number(after)) is not None:
        found = {}
        for number in sorted({*old, *new}):
            found |= of(old.get(number), new.get(number), f"{place}[{number}]")
        return found
    return {place: [before, after]}


def _by_number(value: Any) -> dict[int, Any] | None:
    """The nodes of a list of nodes; None for anything else, and for nodes that share a number."""
    if not isinstance(value, list) or not all(isinstance(it, dict) and isinstance(it.get("id"), int) for it in value):
        return None
    found = {it["id"]: it for it in value}
    return found if len(found) == len(value) else None
