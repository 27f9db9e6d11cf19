"""What is wrong with the entry, the goals and the nodes, each by itself."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from config.lib.errors import Problem
from journeys.checks.flow import NODE_TIMEOUT, Flow
from journeys.checks.words import error, out_of_range, warning
from journeys.document import Document
from journeys.nodes import KINDS
from journeys.nodes.base import Kind

MOST_GOALS = 3
MOST_EXPERIMENTS = 5  # IntelliNODEs
WINDOW = (timedelta(minutes=1), timedelta(days=365))


def findings(document: Document, flow: Flow) -> Iterator[Problem]:
    """All that is wrong with what stands on the canvas, links aside."""
    yield from _entry(document)
    yield from _goals(document)
    yield from _nodes(flow)


def _entry(document: Document) -> Iterator[Problem]:
    segment = document.entry.segment
    if segment is None:
        yield error("K03", "Choose who enters: set the entry segment.", field="entry.segment")
        return
    kind = KINDS[segment.kind]
    if document.entry.criteria not in kind.entry:
        how = "an event" if document.entry.criteria == "live" else "past behaviour"
        fitting = ", ".join(it.label for it in KINDS.values() if document.entry.criteria in it.entry)
        message = f"{kind.label} cannot be the entry by {how}; choose one of: {fitting}."
        yield error("K03", message, field="entry.segment")
    yield from _of_kind(kind, segment, None, "The entry", "entry.segment.")


def _goals(document: Document) -> Iterator[Problem]:
    if len(document.goals) > MOST_GOALS:
        message = f"A journey has at most {MOST_GOALS} goals; this one has {len(document.goals)}. Remove some."
        yield error("K09", message, field="goals")
    for index, goal in enumerate(document.goals):
        kind, label, field = KINDS[goal.kind], f"Goal {index + 1}", f"goals[{index}]"
        if not goal.model_fields_set - {"kind", "name"}:
            yield error("K09", f"{label} is not set up; say what people must do to meet it.", field=field)
        elif not kind.middle:
            message = f"{label}: {kind.label} can only be an entry; choose another kind for the goal."
            yield error("K08", message, field=field)
        elif not kind.goal:
            yield _not_available(f"{label}: {kind.label} as a goal", None, field)
        else:
            yield from _of_kind(kind, goal, None, label, f"{field}.")


def _nodes(flow: Flow) -> Iterator[Problem]:
    for number, times in Counter(node.id for node in flow.document.nodes).items():
        if times > 1:
            message = f"{times} nodes have the number {number}; give each its own."
            yield error("K05", message, node=number, field="id")
    experiments = [node.id for node in flow.document.nodes if node.kind == "intellinode"]
    for number in experiments[MOST_EXPERIMENTS:]:
        message = (
            f"{flow.label(number)} is one IntelliNODE too many; a journey has at most {MOST_EXPERIMENTS}. Remove it."
        )
        yield error("K17", message, node=number)
    for node in flow.document.nodes:
        kind, label = KINDS[node.kind], flow.label(node.id)
        if not kind.middle:
            yield error("K08", f"{label}: {kind.label} can only be the entry; remove it here.", node=node.id)
        wrong = list(_of_kind(kind, node.config, node.id, label, "config."))
        if wrong and not node.config.model_fields_set:
            yield error("K05", f"{label} is not set up yet; open it and fill it in.", node=node.id, field="config")
        yield from wrong
        yield from out_of_range(f"{label}: the qualifying window", node.window, WINDOW, node.id, "window")
        if node.window is not None and NODE_TIMEOUT not in kind.vias:
            message = f"{label}: {kind.label} has no qualifying window; the one that is set does nothing."
            yield warning("K13", message, node=node.id, field="window")
        for via in kind.required(node.config):
            if not flow.drawn(node.id, via):
                message = f"{label}: nothing follows “{via}”; draw a link from it."
                yield error(kind.undrawn_code, message, node=node.id, field=via)


def _of_kind(kind: Kind, config: Any, number: int | None, label: str, prefix: str) -> Iterator[Problem]:
    """What the kind says of its configuration, with the place in the document."""
    for problem in kind.problems(config, number):
        yield replace(problem, field=prefix + problem.field, message=f"{label}: {problem.message}")


def _not_available(what: str, node: int | None, field: str) -> Problem:
    return error("K05", f"{what} is not available yet; leave it out.", node=node, field=field)
