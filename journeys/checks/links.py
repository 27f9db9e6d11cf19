"""What is wrong with the links: each by itself, its sleep, and those of one connector together."""

from collections.abc import Iterator
from datetime import timedelta

from config.lib.errors import Problem
from journeys.checks.flow import NODE_TIMEOUT, Flow
from journeys.checks.words import error, spell
from journeys.document import Link, Sleep, config_of
from journeys.graph import ENTRY
from journeys.nodes import KINDS

LONGEST_SLEEP = timedelta(days=365)
BEST_TIME = ("email", "sms", "push", "web_push")  # channels that can be sent at it


def findings(flow: Flow) -> Iterator[Problem]:
    """Each link by itself, then the links of one connector together."""
    seen: set[tuple[int, str, int]] = set()
    for index, link in enumerate(flow.document.links):
        field = f"links[{index}]"
        source, target = link.source, link.to
        at = source if source in flow.nodes else None
        if source != ENTRY and source not in flow.nodes:
            yield error("K05", f"A link starts at node {source}, which does not exist; remove it.", field=field)
        if target not in flow.nodes:
            from_ = f" from {flow.label(source)}" if at or source == ENTRY else ""
            yield error(
                "K05", f"A link{from_} leads to node {target}, which does not exist; remove it.", node=at, field=field
            )
        if (source, link.via, target) in seen:
            yield error(
                "K05", f"The link to node {target} by “{link.via}” is drawn twice; remove one.", node=at, field=field
            )
        seen.add((source, link.via, target))
        if source == ENTRY or at is not None:
            yield from _connector(flow, link, field)
        if link.sleep is not None:
            yield from _sleep(flow, link, link.sleep, field)
    for number, outlets in list(flow.outlets.items()):
        for via, links in list(outlets.items()):
            yield from _fan_out(flow, number, via, links)


def _connector(flow: Flow, link: Link, field: str) -> Iterator[Problem]:
    """Whether the source has the connector that the link is drawn from."""
    why = ""
    if link.source == ENTRY:
        segment = flow.document.entry.segment
        if segment is None:
            return
        kind = KINDS[segment.kind]
        vias = [via for via in kind.vias if via != NODE_TIMEOUT]
        past = flow.document.entry.criteria == "past"
        if link.via == "no" in vias and past and "no" not in kind.entrants(config_of(segment)):
            message = "The entry has No only with a base segment, for its members who fail the rest; choose one."
            yield error("K05", message, field=field)
    else:
        kind, config = flow.kind(link.source), flow.nodes[link.source].config
        vias, why = list(kind.connectors(config)), kind.withheld(config, link.via)
    number = None if link.source == ENTRY else link.source
    if not vias:
        message = f"{flow.label(link.source)} ends the journey; remove the link to node {link.to}."
        yield error("K20", message, node=number, field=field)
    elif link.via not in vias:
        why = why or f"has no connector “{link.via}”; choose one of {', '.join(vias)}."
        message = f"{flow.label(link.source)} {why}"
        yield error("K05", message, node=number, field=field)


def _sleep(flow: Flow, link: Link, sleep: Sleep, field: str) -> Iterator[Problem]:
    target = link.to if link.to in flow.nodes else None
    place = f"{field}.sleep"
    named = f"The sleep before node {link.to}"
    if target is not None and flow.kind(target).shows:
        message = (
            f"{flow.label(target)} is shown when the person's device is there next, so nothing is slept before it; put"
            " a segment node before it to delay it."
        )
        yield error("K05", message, node=target, field=place)
        return
    if sleep.best_time is not None:
        yield from _best_time(flow, link, target, place)
        return
    if sleep.after is not None and (sleep.days is not None or sleep.clock is not None):
        message = f"{named} has both a duration and a day with a clock time; keep one of them."
        yield error("K05", message, node=target, field=place)
    if (sleep.days is None) != (sleep.clock is None):
        message = f'{named} needs both the number of days and the clock time, for example {{days: 1, clock: "20:00"}}.'
        yield error("K05", message, node=target, field=place)
    days = timedelta(days=max(-1, min(sleep.days or 0, LONGEST_SLEEP.days + 1)))  # however many are written
    for name, length in (("after", sleep.after), ("days", days)):
        if length is not None and not timedelta(0) <= length <= LONGEST_SLEEP:
            given = f"{sleep.days} days" if name == "days" else spell(length)
            message = f"{named} is {given}; choose up to {spell(LONGEST_SLEEP)}."
            yield error("K29", message, node=target, field=f"{place}.{name}")


def _best_time(flow: Flow, link: Link, target: int | None, place: str) -> Iterator[Problem]:
    """The best time stands alone, before a message, on a branch of past behaviour (domain 5.4)."""
    named, field = f"The sleep before node {link.to}", f"{place}.best_time"
    if link.sleep and _set(link.sleep):
        yield error("K05", f"{named} has a best time and something else; keep one of them.", node=target, field=place)
    if target is not None and flow.nodes[target].kind not in BEST_TIME:
        message = f"{named} waits for the best time, which is for email, SMS, push and web push; choose another sleep."
        yield error("K05", message, node=target, field=field)
    elif any(it.to == target and not (it.sleep and it.sleep.best_time) for it in flow.document.links):
        message = f"{named} waits for the best time and another link to it does not; give them the same sleep."
        yield error("K05", message, node=target, field=field)
    if not _after_past_behaviour(flow, link.source):
        message = f"{named} waits for the best time, which needs past behaviour before it; choose another sleep."
        yield error("K05", message, node=target, field=field)


def _set(sleep: Sleep) -> bool:
    """Whether a sleep says more than the best time."""
    return any(it is not None for it in (sleep.after, sleep.days, sleep.clock, sleep.only))


def _after_past_behaviour(flow: Flow, number: int) -> bool:
    """Whether the segments that lead to a node, itself included, are all of past behaviour."""
    seen: set[int] = set()
    ahead = [number]
    while ahead:
        here = ahead.pop()
        if here in seen or (here != ENTRY and here not in flow.nodes):
            continue
        seen.add(here)
        if here == ENTRY:
            if flow.document.entry.criteria != "past":
                return False
        elif flow.kind(here).role == "segment":
            if not flow.kind(here).tested_at_midnight:
                return False
        else:
            ahead += [link.source for link in flow.document.links if link.to == here]
    return True


def _fan_out(flow: Flow, number: int, via: str, links: list[Link]) -> Iterator[Problem]:
    """Several links from one connector: the intermediate node, which only segment nodes may follow."""
    targets = sorted({link.to for link in links})
    if len(targets) < 2:
        return
    label, node = f"“{via}” of {flow.label(number)}", number if number != ENTRY else None
    others = [target for target in targets if flow.kind(target).role != "segment"]
    if others:
        named = ", ".join(map(flow.label, others))
        message = (
            f"{label} leads to several nodes, which only segment nodes may be; lead to one of them, or remove {named}."
        )
        yield error("K14", message, node=node, field=via)
        return
    if len([target for target in targets if flow.drawn(target, NODE_TIMEOUT)]) > 1:
        message = f"Only one of the segment nodes behind {label} may have a Node timeout; remove the others."
        yield error("K14", message, node=node, field=via)
    if len({str(link.sleep) for link in links}) > 1:
        message = f"The segment nodes behind {label} are waited for together; give their links the same sleep."
        yield error("K14", message, node=node, field=via)
