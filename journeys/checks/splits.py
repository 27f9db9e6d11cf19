"""What the publish checks say of conditional splits (domain 6, K18): where they may stand, and what may follow them."""

from collections.abc import Iterator

from config.lib.errors import Problem
from journeys.checks.flow import Flow
from journeys.checks.words import error
from journeys.document import Document
from journeys.graph import ENTRY
from journeys.models import Node, Status, Version
from journeys.nodes.split import SPLIT
from segments import rules

IN_A_ROW = 3
IN_THE_PROJECT = 15
KNOW_AN_EVENT = ("action", "inaction")  # segment nodes that a split may ask for the properties of their event
COUNTED = (Status.SCHEDULED, Status.LIVE, Status.PAUSED, Status.COMPLETED, Status.VERSIONED)


def findings(flow: Flow) -> Iterator[Problem]:
    """All that is wrong with the splits of a document, but for their conditions and connectors themselves."""
    splits = [number for number in flow.nodes if flow.nodes[number].kind == SPLIT]
    for number in splits:
        yield from _paths(flow, number)
        yield from _events(flow, number)
    yield from _shared_origins(flow, splits)
    yield from _in_a_row(flow, splits)


def too_many(document: Document, version: Version) -> Iterator[Problem]:
    """The splits of a project, with those of other journeys that may be moved through."""
    own = sum(node.kind == SPLIT for node in document.nodes)
    others = Node.objects.filter(kind=SPLIT, version__status__in=COUNTED).exclude(version__journey=version.journey_id)
    if own and own + others.count() > IN_THE_PROJECT:
        message = f"A project has at most {IN_THE_PROJECT} conditional splits; with this journey it would have more."
        yield error("K18", f"{message} Remove some.", node=None, field="nodes")


def _paths(flow: Flow, number: int) -> Iterator[Problem]:
    """Each path needs a next node of its own, and Others may not lead into an experiment."""
    taken: dict[int, str] = {}
    for via, links in list(flow.outlets[number].items()):
        for link in links:
            if link.to in taken and taken[link.to] != via:
                message = f"“{taken[link.to]}” and “{via}” of {flow.label(number)} both lead to {flow.label(link.to)};"
                yield error("K18", f"{message} give each path its own next node.", node=number, field=via)
            taken.setdefault(link.to, via)
            if via == "others" and flow.nodes[link.to].kind == "intellinode":
                message = f"Others of {flow.label(number)} leads into an IntelliNODE; put another node between them."
                yield error("K18", message, node=number, field=via)


def _events(flow: Flow, number: int) -> Iterator[Problem]:
    """Event properties are known only where an Action or an Inaction has brought everybody."""
    paths = flow.nodes[number].config.paths  # type: ignore[attr-defined]
    asking = [index for index, path in enumerate(paths) if path.rule and rules.asks_event(path.rule)]
    if not asking:
        return
    unfit = [it for it in sorted(governing(flow, number)) if _kind(flow, it) not in KNOW_AN_EVENT]
    for index in asking if unfit else ():
        message = (
            f"{flow.label(number)} asks for an event's property, but {flow.label(unfit[0])} before it is no Action or"
            " Inaction; ask for a user property, or put one of these before the split."
        )
        yield error("K18", message, node=number, field=f"config.paths[{index}].rule")


def governing(flow: Flow, number: int) -> set[int]:
    """The segment nodes, or the entry, that people come from to a node, with no other segment node between."""
    before: dict[int, set[int]] = {}
    for source, outlets in flow.outlets.items():
        for links in outlets.values():
            for link in links:
                before.setdefault(link.to, set()).add(source)
    found: set[int] = set()
    seen, ahead = {number}, [number]
    while ahead:
        for source in before.get(ahead.pop(), set()) - seen:
            seen.add(source)
            if source == ENTRY or flow.kind(source).role == "segment":
                found.add(source)
            else:
                ahead.append(source)
    return found


def _kind(flow: Flow, number: int) -> str:
    if number != ENTRY:
        return flow.nodes[number].kind
    segment = flow.document.entry.segment
    return segment.kind if segment else ""


def _shared_origins(flow: Flow, splits: list[int]) -> Iterator[Problem]:
    """Two splits on one connector, or behind Sent and Viewed of one node, would each decide about the same people."""
    for source, outlets in list(flow.outlets.items()):
        for via, links in outlets.items():
            if len({link.to for link in links if link.to in splits}) > 1:
                message = f"“{via}” of {flow.label(source)} leads to two conditional splits; keep one of them."
                yield error("K18", message, node=source or None, field=via)
        if all(any(link.to in splits for link in outlets.get(via, ())) for via in ("sent", "viewed")):
            message = f"Sent and Viewed of {flow.label(source)} both lead to a conditional split; keep one of them."
            yield error("K18", message, node=source or None, field="viewed")


def _in_a_row(flow: Flow, splits: list[int]) -> Iterator[Problem]:
    """At most three splits may follow one another."""

    def longest(number: int, above: tuple[int, ...]) -> int:
        following = {link.to for links in flow.outlets[number].values() for link in links if link.to in splits}
        return 1 + max((longest(it, (*above, it)) for it in following if it not in above), default=0)

    for number in splits:
        if longest(number, (number,)) > IN_A_ROW:
            message = f"More than {IN_A_ROW} conditional splits follow one another from {flow.label(number)} on;"
            yield error("K18", f"{message} put another node between them, or join some.", node=number, field="")
