"""Whether people get through: nodes out of reach, loops without a wait, places that nobody leaves."""

from collections.abc import Iterator
from datetime import timedelta
from graphlib import CycleError, TopologicalSorter

from config.lib.errors import Problem
from journeys.checks.flow import NODE_TIMEOUT, Flow
from journeys.checks.words import error, warning
from journeys.graph import ENTRY
from journeys.nodes.base import Kind
from journeys.nodes.engagement import LATER

DAY = timedelta(days=1)


def findings(flow: Flow) -> Iterator[Problem]:
    """All that is wrong with the ways through the journey."""
    yield from _reach(flow)
    yield from _cycles(flow)
    yield from _waiting(flow)


def _reach(flow: Flow) -> Iterator[Problem]:
    if not any(flow.outlets[ENTRY].values()):
        # Then no node is reached, which need not be said of each of them.
        yield error("K04", "Nothing follows the entry; draw a link from it to the first node.", field="entry")
        return
    reached = flow.reached({ENTRY})
    if not any(flow.kind(number).role != "segment" for number in reached - {ENTRY}):
        yield error("K04", "No message or other action follows the entry; add one.", field="entry")
    for number in flow.nodes:
        if number not in reached:
            message = f"{flow.label(number)} is not reached from the entry; draw a link to it or remove it."
            yield error("K06", message, node=number)


def _cycles(flow: Flow) -> Iterator[Problem]:
    """Loops need a segment node, a phantom node or a sleep, else people would run in circles without end."""
    waits = (*LATER, NODE_TIMEOUT)
    follows: dict[int, set[int]] = {
        number: {
            link.to
            for via, links in flow.outlets[number].items()
            for link in links
            if via not in waits and not (link.sleep and (link.sleep.after or link.sleep.clock))
        }
        for number in flow.nodes
        if flow.kind(number).role != "segment"
    }
    while True:
        try:
            TopologicalSorter(follows).prepare()
        except CycleError as found:
            cycle: list[int] = found.args[1][:0:-1]  # the sorter follows links backwards and repeats the first node
            named = " → ".join(map(str, (*cycle, cycle[0])))
            message = f"People would circle through {named} without ever waiting; add a sleep or a segment node."
            yield error("K16", message, node=min(cycle))
            for number in cycle:
                follows.pop(number, None)  # look for loops elsewhere
        else:
            return


def _waiting(flow: Flow) -> Iterator[Problem]:
    """Windows, timeouts and connectors that exclude each other."""
    for number, node in flow.nodes.items():
        kind, label = flow.kind(number), flow.label(number)
        timeout = flow.drawn(number, NODE_TIMEOUT)
        if kind.role == "engagement" and flow.drawn(number, "sent") and flow.drawn(number, *LATER):
            message = f"{label} leads on by Sent, so nobody is left to view or click; use Node timeout for the rest."
            yield error("K15", message, node=number, field="sent")
        if node.window is not None and NODE_TIMEOUT in kind.vias and not timeout:
            message = f"{label} has a qualifying window but no Node timeout, so nobody moves when it ends; draw one."
            yield warning("K13", message, node=number, field="window")
        if kind.tested_at_midnight and timeout and node.window is not None and node.window < DAY:
            message = f"{label} is tested at midnight; with a window under a day everyone may leave by Node timeout."
            yield warning("K25", message, node=number, field="window")
        if flow.document.timeout is None and _may_wait_for_ever(flow, number, kind):
            message = f"{label} may keep people for ever; draw Node timeout or set a journey timeout."
            yield warning("K23", message, node=number)


def _may_wait_for_ever(flow: Flow, number: int, kind: Kind) -> bool:
    if flow.drawn(number, NODE_TIMEOUT):
        return False
    if kind.role == "segment":
        decided = kind.tested_at_midnight and flow.drawn(number, "yes") and flow.drawn(number, "no")
        return not decided
    if kind.role != "engagement":
        return False
    if kind.shows and ("sent" not in kind.vias or flow.nodes[number].config.frequency is not None):  # type: ignore[attr-defined]
        return True  # whose device never comes, or whose message is discarded
    # After Sent: behind the phantom node, or because only other outcomes lead on.
    return any(flow.outlets[number].values()) and not flow.drawn(number, "sent")
