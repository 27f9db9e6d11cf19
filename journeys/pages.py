"""What the journey's page shows, put together for its template."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db.models import QuerySet

from journeys import editor, picture, selectors
from journeys.document import Document, DocumentError, parse
from journeys.editor import Finding
from journeys.models import Journey, Run, Version
from journeys.nodes import KINDS
from journeys.selectors import NodeNumbers, VersionNumbers

MOST_RUNS = 20
ENTRY_TYPES = {"live": "Live", "past": "Past behaviour"}


class NodeRow(NamedTuple):
    """One node of the numbers table."""

    number: int
    kind: str
    name: str
    numbers: NodeNumbers


def journey_page(journey: Journey, version: Version) -> dict[str, Any]:
    """Everything about one version, in a handful of statements. `runs`: newest first."""
    numbers = selectors.numbers([version.pk])[version.pk]
    document = _parsed(version.document)
    return {
        "journey": journey,
        "version": version,
        "versions": journey.versions.order_by("-number").only("number", "status"),
        "numbers": numbers,
        "exited": numbers.exited.total(),
        "exits": sorted(numbers.exited.items(), key=lambda exit: -exit[1]),
        "nodes": _node_rows(document, numbers) if document else [],
        "picture": picture.draw(document, {n: it.inside for n, it in numbers.nodes.items()}) if document else "",
        "transitions": version.transitions.order_by("-at", "-id"),
        "runs": _runs(version),
        "entry_type": ENTRY_TYPES.get(document.entry.criteria, "") if document else "",
    }


def editor_page(text: str, findings: Sequence[Finding], *, checked: bool, stored: str | None) -> dict[str, Any]:
    """The editor with a text. stored: the saved text, None if it is this one; checked: whether to say all is well."""
    return {
        "text": text,
        "findings": findings,
        "errors": sum(finding.level == "error" for finding in findings),
        "warnings": sum(finding.level == "warning" for finding in findings),
        "checked": checked,
        "unsaved": stored is not None and text != stored,
    }


def preview(text: str) -> str:
    """The picture of a text, as far as it can be read; empty if it cannot."""
    try:
        return picture.draw(parse(editor.read(text)))
    except DocumentError:
        return ""


def _parsed(document: Any) -> Document | None:
    try:
        return parse(document)
    except DocumentError:
        return None


def _node_rows(document: Document, numbers: VersionNumbers) -> list[NodeRow]:
    return [
        NodeRow(node.id, KINDS[node.kind].label, node.name, numbers.nodes.get(node.id) or NodeNumbers())
        for node in sorted(document.nodes, key=lambda node: node.id)
    ]


def _runs(version: Version) -> QuerySet[Run]:
    return version.runs.order_by("-at")[:MOST_RUNS]
