"""The publish checks: everything that keeps a document from going live, all at once (domain 9.4).

A node kind checks its own configuration (`Kind.problems`); this module checks the setup, the flow between the nodes,
and what the document names elsewhere. What the contract has and Sojourn does not do yet is an error too, so that
nothing is dropped in silence.
"""

from collections import Counter, defaultdict
from collections.abc import Container, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from graphlib import CycleError, TopologicalSorter
from typing import Any
from zoneinfo import ZoneInfo

from channels import content, render
from config.lib.errors import Problem
from journeys import calendar, control, delivery, forks, references, templated, timeline
from journeys.document import Dates, Document, Link, Live, NodeBase, Once, Recurring, Sleep, config_of
from journeys.graph import ENTRY
from journeys.models import ControlGroup
from journeys.nodes import KINDS
from journeys.nodes.base import Kind
from journeys.nodes.engagement import LATER
from profiles import eventtypes

LONGEST_NAME = 100
LONGEST_DESCRIPTION = 120
MOST_NODES = 200
MOST_GOALS = 3
MOST_EXPERIMENTS = 5  # IntelliNODEs
MOST_DATES = 60
DAY = timedelta(days=1)
YEAR = timedelta(days=365)
WINDOW = (timedelta(minutes=1), YEAR)
TIMEOUT = (timedelta(hours=1), YEAR)
EVERY = {"day": 30, "week": 12, "month": 12}  # the longest interval of a recurrence
YEARS = (2000, 2999)  # outside, dates are typing errors

NODE_TIMEOUT = "node_timeout"


def findings(document: Document, *, now: datetime, tz: ZoneInfo, journey_id: int | None = None) -> list[Problem]:
    """All problems of the document if it were published at `now`. Local times are in `tz`. journey_id: the journey
    that it is of, None where that is not known.
    """
    document = templated.fill(document)
    flow = Flow(document)
    found = [
        *naming(document),
        *_setup(document, now, tz),
        *_caps(document),
        *delivery.findings(document, label=flow.label, now=now, tz=tz),
        *delivery.throttles(document, label=flow.label),
        *_entry(document, flow),
        *_goals(document),
        *_nodes(flow),
        *references.findings(document),
        *references.of_journey(document, journey_id),
    ]
    if len(document.nodes) > MOST_NODES:
        message = f"A journey has at most {MOST_NODES} nodes; this one has {len(document.nodes)}. Split it into two."
        return [*found, _error("K29", message, field="nodes")]  # the flow is looked at once it has a size to draw
    found += [*_links(flow), *_reach(flow), *_cycles(flow), *_waiting(flow)]
    return [*templated.placed([*found, *_personal(flow)], document), *forks.findings(flow)]


def event_names(document: Document) -> set[str]:
    """The events that somebody may enter by, move by, or leave by, and those that are counted."""
    bodies = list(references.bodies(document))
    return {
        name for _, kind, config in bodies for name in kind.event_names(config) | kind.counted_events(config) if name
    }


def watched_properties(document: Document) -> set[str]:
    """The profile properties whose changes somebody may enter by, move by, or leave by."""
    return {name for _, kind, config in references.bodies(document) for name in kind.watched_properties(config)}


class Flow:
    """The nodes and links of a document, as far as they fit together."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.nodes: dict[int, NodeBase] = {node.id: node for node in document.nodes}
        self.outlets: dict[int, dict[str, list[Link]]] = defaultdict(lambda: defaultdict(list))
        for link in document.links:
            if link.to in self.nodes and (link.source == ENTRY or link.source in self.nodes):
                self.outlets[link.source][link.via].append(link)

    def label(self, number: int) -> str:
        """How the author knows the node."""
        if number == ENTRY:
            return "The entry"
        node = self.nodes[number]
        return f"“{node.name}” (node {number})" if node.name else f"Node {number} ({KINDS[node.kind].label})"

    def kind(self, number: int) -> Kind:
        return KINDS[self.nodes[number].kind]

    def drawn(self, number: int, *vias: str) -> bool:
        """Whether one of the connectors leads anywhere."""
        return any(self.outlets[number][via] for via in vias)

    def reached(self, start: set[int], stop: Container[tuple[int, str]] = ()) -> set[int]:
        """The nodes that links lead to from these, themselves included; not by the connectors (node, via) of `stop`."""
        seen, ahead = set(start), list(start)
        while ahead:
            here = ahead.pop()
            for via, links in list(self.outlets[here].items()):
                fresh = {link.to for link in links if (here, via) not in stop} - seen
                seen |= fresh
                ahead += fresh
        return seen


def _error(code: str, message: str, *, node: int | None = None, field: str = "") -> Problem:
    return Problem(code, "error", node, field, message)


def _warning(code: str, message: str, *, node: int | None = None, field: str = "") -> Problem:
    return Problem(code, "warning", node, field, message)


# Setup ------------------------------------------------------------------------------------------------------------


def naming(document: Document) -> Iterator[Problem]:
    """What is wrong with the name and the description."""
    name, description = document.name.strip(), document.description.strip()
    if not name:
        yield _error("K01", "Give the journey a name.", field="name")
    if len(name) > LONGEST_NAME:
        message = f"The name has {len(name)} characters; shorten it to {LONGEST_NAME}."
        yield _error("K01", message, field="name")
    if len(description) > LONGEST_DESCRIPTION:
        message = f"The description has {len(description)} characters; shorten it to {LONGEST_DESCRIPTION}."
        yield _error("K01", message, field="description")


def _setup(document: Document, now: datetime, tz: ZoneInfo) -> Iterator[Problem]:
    """The schedule, the control group and the journey timeout."""
    schedule = document.entry.timeline
    if schedule is None:
        yield _error("K02", "Choose when people enter: set the entry's schedule.", field="entry.timeline")
    elif isinstance(schedule, Live) != (document.entry.criteria == "live"):
        right = "a start and an end" if document.entry.criteria == "live" else "once, specific dates or a recurrence"
        message = f"This schedule does not fit the entry criteria; choose {right}."
        yield _error("K02", message, field="entry.timeline")
    elif unreal := [day for day in _days(schedule) if not YEARS[0] <= day.year <= YEARS[1]]:
        message = f"The schedule names the year {unreal[0].year}; choose one from {YEARS[0]} to {YEARS[1]}."
        yield _error("K02", message, field="entry.timeline")
    else:
        yield from _schedule(document, now, tz)
    yield from _control(document)
    yield from _range("The journey timeout", document.timeout, TIMEOUT, None, "timeout")
    if document.goals and document.timeout is None:
        message = "People who never meet a goal stay for ever; set a journey timeout."
        yield _warning("K24", message, field="timeout")


def _control(document: Document) -> Iterator[Problem]:
    """The sizes of control groups, and whether the custom one may be used."""
    percent, custom = document.control.journey_percent, document.control.custom
    if percent and not control.JOURNEY_SIZE[0] <= percent <= control.JOURNEY_SIZE[1]:
        low, high = control.JOURNEY_SIZE
        message = f"The journey's control group holds {percent} %; choose {low} to {high}, or 0 for none."
        yield _error("K22", message, field="control.journey_percent")
    if custom is None:
        return
    if not ControlGroup.objects.filter(name=custom).exists():
        message = f"There is no control group “{custom}”; choose one that exists, or none."
        yield _error("K22", message, field="control.custom")


def _days(schedule: Any) -> list[date]:
    """All dates and times that a schedule names."""
    given = [getattr(schedule, name, None) for name in ("start", "once", "end")]
    return [day for day in (*given, *getattr(schedule, "dates", ())) if isinstance(day, date)]


def _schedule(document: Document, now: datetime, tz: ZoneInfo) -> Iterator[Problem]:
    schedule, place = document.entry.timeline, "entry.timeline"
    start = timeline.planned_start(document, now=now, tz=tz)
    end = timeline.planned_end(document, tz)
    # Authors choose minutes, so a start in the running minute is meant as now.
    if start < now.replace(second=0, microsecond=0):
        field = f"{place}.once" if isinstance(schedule, Once) else f"{place}.start"
        message = f"Entry starts at {_local(start, tz)}, which is past; choose now or a later time."
        yield _error("K02", message, field=field)
    if end is not None and end <= max(start, now):
        message = f"Entry ends at {_local(end, tz)}, which leaves no time to enter; choose a later end."
        yield _error("K02", message, field=f"{place}.end")
    if isinstance(schedule, Dates):
        yield from _dates(schedule, calendar.local_date(now, tz))
    if isinstance(schedule, Recurring):
        yield from _recurrence(schedule)


def _dates(schedule: Dates, today: date) -> Iterator[Problem]:
    place = "entry.timeline.dates"
    if not schedule.dates:
        yield _error("K02", "Choose at least one date on which people enter.", field=place)
    if len(set(schedule.dates)) > MOST_DATES:
        message = f"There are {len(set(schedule.dates))} entry dates; choose at most {MOST_DATES}."
        yield _error("K29", message, field=place)
    for index, day in enumerate(schedule.dates):
        if day < today:
            message = f"The entry date {day.isoformat()} is past; remove it or choose a later one."
            yield _error("K02", message, field=f"{place}[{index}]")


def _recurrence(schedule: Recurring) -> Iterator[Problem]:
    place, most = "entry.timeline", EVERY[schedule.unit]
    if not 1 <= schedule.every <= most:
        message = f"Entry recurs every {schedule.every} {schedule.unit}s; choose 1 to {most}."
        yield _error("K29", message, field=f"{place}.every")
    if schedule.unit == "week" and not schedule.weekdays:
        message = "Choose the weekdays on which people enter."
        yield _error("K02", message, field=f"{place}.weekdays")
    if schedule.unit == "month" and schedule.day is None:
        yield _error("K02", "Choose the day of the month on which people enter.", field=f"{place}.day")
    if schedule.day is not None and not 1 <= schedule.day <= 31:
        message = f"There is no day {schedule.day} in a month; choose 1 to 31."
        yield _error("K29", message, field=f"{place}.day")


def _caps(document: Document) -> Iterator[Problem]:
    for name, most in (("total", document.entry.cap.total), ("per_day", document.entry.cap.per_day)):
        if most is not None and most < 1:
            message = f"The entry cap is {most}; choose 1 or more, or leave it out."
            yield _error("K29", message, field=f"entry.cap.{name}")


def _not_available(what: str, node: int | None, field: str) -> Problem:
    return _error("K05", f"{what} is not available yet; leave it out.", node=node, field=field)


# Entry, goals and nodes by themselves -----------------------------------------------------------------------------


def _entry(document: Document, flow: Flow) -> Iterator[Problem]:
    segment = document.entry.segment
    if segment is None:
        yield _error("K03", "Choose who enters: set the entry segment.", field="entry.segment")
        return
    kind = KINDS[segment.kind]
    if document.entry.criteria not in kind.entry:
        how = "an event" if document.entry.criteria == "live" else "past behaviour"
        fitting = ", ".join(it.label for it in KINDS.values() if document.entry.criteria in it.entry)
        message = f"{kind.label} cannot be the entry by {how}; choose one of: {fitting}."
        yield _error("K03", message, field="entry.segment")
    yield from _of_kind(kind, segment, None, "The entry", "entry.segment.")


def _goals(document: Document) -> Iterator[Problem]:
    if len(document.goals) > MOST_GOALS:
        message = f"A journey has at most {MOST_GOALS} goals; this one has {len(document.goals)}. Remove some."
        yield _error("K09", message, field="goals")
    for index, goal in enumerate(document.goals):
        kind, label, field = KINDS[goal.kind], f"Goal {index + 1}", f"goals[{index}]"
        if not goal.model_fields_set - {"kind", "name"}:
            yield _error("K09", f"{label} is not set up; say what people must do to meet it.", field=field)
        elif not kind.middle:
            message = f"{label}: {kind.label} can only be an entry; choose another kind for the goal."
            yield _error("K08", message, field=field)
        elif not kind.goal:
            yield _not_available(f"{label}: {kind.label} as a goal", None, field)
        else:
            yield from _of_kind(kind, goal, None, label, f"{field}.")


def _nodes(flow: Flow) -> Iterator[Problem]:
    for number, times in Counter(node.id for node in flow.document.nodes).items():
        if times > 1:
            message = f"{times} nodes have the number {number}; give each its own."
            yield _error("K05", message, node=number, field="id")
    experiments = [node.id for node in flow.document.nodes if node.kind == "intellinode"]
    for number in experiments[MOST_EXPERIMENTS:]:
        message = (
            f"{flow.label(number)} is one IntelliNODE too many; a journey has at most {MOST_EXPERIMENTS}. Remove it."
        )
        yield _error("K17", message, node=number)
    for node in flow.document.nodes:
        kind, label = KINDS[node.kind], flow.label(node.id)
        if not kind.middle:
            yield _error("K08", f"{label}: {kind.label} can only be the entry; remove it here.", node=node.id)
        wrong = list(_of_kind(kind, node.config, node.id, label, "config."))
        if wrong and not node.config.model_fields_set:
            yield _error("K05", f"{label} is not set up yet; open it and fill it in.", node=node.id, field="config")
        yield from wrong
        yield from _range(f"{label}: the qualifying window", node.window, WINDOW, node.id, "window")
        if node.window is not None and NODE_TIMEOUT not in kind.vias:
            message = f"{label}: {kind.label} has no qualifying window; the one that is set does nothing."
            yield _warning("K13", message, node=node.id, field="window")
        for via in kind.required(node.config):
            if not flow.drawn(node.id, via):
                message = f"{label}: nothing follows “{via}”; draw a link from it."
                yield _error(kind.undrawn_code, message, node=node.id, field=via)


def _of_kind(kind: Kind, config: Any, number: int | None, label: str, prefix: str) -> Iterator[Problem]:
    """What the kind says of its configuration, with the place in the document."""
    for problem in kind.problems(config, number):
        yield replace(problem, field=prefix + problem.field, message=f"{label}: {problem.message}")


def _range(
    label: str, value: timedelta | None, bounds: tuple[timedelta, timedelta], node: int | None, field: str
) -> Iterator[Problem]:
    if value is not None and not bounds[0] <= value <= bounds[1]:
        low, high = map(_spell, bounds)
        yield _error("K29", f"{label} is {_spell(value)}; choose {low} to {high}.", node=node, field=field)


# The flow ---------------------------------------------------------------------------------------------------------


def _links(flow: Flow) -> Iterator[Problem]:
    """Each link by itself, then the links of one connector together."""
    seen: set[tuple[int, str, int]] = set()
    for index, link in enumerate(flow.document.links):
        field = f"links[{index}]"
        source, target = link.source, link.to
        at = source if source in flow.nodes else None
        if source != ENTRY and source not in flow.nodes:
            yield _error("K05", f"A link starts at node {source}, which does not exist; remove it.", field=field)
        if target not in flow.nodes:
            from_ = f" from {flow.label(source)}" if at or source == ENTRY else ""
            yield _error(
                "K05", f"A link{from_} leads to node {target}, which does not exist; remove it.", node=at, field=field
            )
        if (source, link.via, target) in seen:
            yield _error(
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
    if link.source == ENTRY:
        segment = flow.document.entry.segment
        if segment is None:
            return
        kind = KINDS[segment.kind]
        vias = [via for via in kind.vias if via != NODE_TIMEOUT]
        past = flow.document.entry.criteria == "past"
        if link.via == "no" in vias and past and "no" not in kind.entrants(config_of(segment)):
            message = "The entry has No only with a base segment, for its members who fail the rest; choose one."
            yield _error("K05", message, field=field)
    else:
        vias = list(flow.kind(link.source).connectors(flow.nodes[link.source].config))
    number = None if link.source == ENTRY else link.source
    if not vias:
        message = f"{flow.label(link.source)} ends the journey; remove the link to node {link.to}."
        yield _error("K20", message, node=number, field=field)
    elif link.via not in vias:
        message = f"{flow.label(link.source)} has no connector “{link.via}”; choose one of {', '.join(vias)}."
        yield _error("K05", message, node=number, field=field)


def _sleep(flow: Flow, link: Link, sleep: Sleep, field: str) -> Iterator[Problem]:
    target = link.to if link.to in flow.nodes else None
    place = f"{field}.sleep"
    named = f"The sleep before node {link.to}"
    if target is not None and flow.kind(target).shows:
        message = (
            f"{flow.label(target)} is shown when the person's device is there next, so nothing is slept before it; put"
            " a segment node before it to delay it."
        )
        yield _error("K05", message, node=target, field=place)
        return
    if sleep.best_time is not None:
        yield from _best_time(flow, link, target, place)
        return
    if sleep.after is not None and (sleep.days is not None or sleep.clock is not None):
        message = f"{named} has both a duration and a day with a clock time; keep one of them."
        yield _error("K05", message, node=target, field=place)
    if (sleep.days is None) != (sleep.clock is None):
        message = f'{named} needs both the number of days and the clock time, for example {{days: 1, clock: "20:00"}}.'
        yield _error("K05", message, node=target, field=place)
    days = timedelta(days=max(-1, min(sleep.days or 0, YEAR.days + 1)))  # however many are written
    for name, length in (("after", sleep.after), ("days", days)):
        if length is not None and not timedelta(0) <= length <= YEAR:
            given = f"{sleep.days} days" if name == "days" else _spell(length)
            message = f"{named} is {given}; choose up to {_spell(YEAR)}."
            yield _error("K29", message, node=target, field=f"{place}.{name}")


BEST_TIME = ("email", "sms", "push", "web_push")  # channels that can be sent at it


def _best_time(flow: Flow, link: Link, target: int | None, place: str) -> Iterator[Problem]:
    """The best time stands alone, before a message, on a branch of past behaviour (domain 5.4)."""
    named, field = f"The sleep before node {link.to}", f"{place}.best_time"
    if link.sleep and _set(link.sleep):
        yield _error("K05", f"{named} has a best time and something else; keep one of them.", node=target, field=place)
    if target is not None and flow.nodes[target].kind not in BEST_TIME:
        message = f"{named} waits for the best time, which is for email, SMS, push and web push; choose another sleep."
        yield _error("K05", message, node=target, field=field)
    elif any(it.to == target and not (it.sleep and it.sleep.best_time) for it in flow.document.links):
        message = f"{named} waits for the best time and another link to it does not; give them the same sleep."
        yield _error("K05", message, node=target, field=field)
    if not _after_past_behaviour(flow, link.source):
        message = f"{named} waits for the best time, which needs past behaviour before it; choose another sleep."
        yield _error("K05", message, node=target, field=field)


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
        yield _error("K14", message, node=node, field=via)
        return
    if len([target for target in targets if flow.drawn(target, NODE_TIMEOUT)]) > 1:
        message = f"Only one of the segment nodes behind {label} may have a Node timeout; remove the others."
        yield _error("K14", message, node=node, field=via)
    if len({str(link.sleep) for link in links}) > 1:
        message = f"The segment nodes behind {label} are waited for together; give their links the same sleep."
        yield _error("K14", message, node=node, field=via)


def _reach(flow: Flow) -> Iterator[Problem]:
    if not any(flow.outlets[ENTRY].values()):
        # Then no node is reached, which need not be said of each of them.
        yield _error("K04", "Nothing follows the entry; draw a link from it to the first node.", field="entry")
        return
    reached = flow.reached({ENTRY})
    if not any(flow.kind(number).role != "segment" for number in reached - {ENTRY}):
        yield _error("K04", "No message or other action follows the entry; add one.", field="entry")
    for number in flow.nodes:
        if number not in reached:
            message = f"{flow.label(number)} is not reached from the entry; draw a link to it or remove it."
            yield _error("K06", message, node=number)


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
        except CycleError as error:
            cycle: list[int] = error.args[1][:0:-1]  # the sorter follows links backwards and repeats the first node
            named = " → ".join(map(str, (*cycle, cycle[0])))
            message = f"People would circle through {named} without ever waiting; add a sleep or a segment node."
            yield _error("K16", message, node=min(cycle))
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
            yield _error("K15", message, node=number, field="sent")
        if node.window is not None and NODE_TIMEOUT in kind.vias and not timeout:
            message = f"{label} has a qualifying window but no Node timeout, so nobody moves when it ends; draw one."
            yield _warning("K13", message, node=number, field="window")
        if kind.tested_at_midnight and timeout and node.window is not None and node.window < DAY:
            message = f"{label} is tested at midnight; with a window under a day everyone may leave by Node timeout."
            yield _warning("K25", message, node=number, field="window")
        if flow.document.timeout is None and _may_wait_for_ever(flow, number, kind):
            message = f"{label} may keep people for ever; draw Node timeout or set a journey timeout."
            yield _warning("K23", message, node=number)


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


# Personalisation --------------------------------------------------------------------------------------------------


def _personal(flow: Flow) -> Iterator[Problem]:
    """Values that a message or an update asks for and may not get."""
    informed, slept = _informed(flow), _slept_long(flow)
    for number, node in flow.nodes.items():
        kind, label = flow.kind(number), flow.label(number)
        if kind.uses_event(node.config):
            if number not in informed and node.kind != forks.SPLIT:  # of which forks says more
                message = f"{label} uses Event, but no event leads there; use Profile, or put an Action node before it."
                yield _error("K12", message, node=number, field="config")
            elif number in slept:
                message = (
                    f"{label} uses Event after a sleep of a day or more, when its values are gone; shorten the sleep."
                )
                yield _warning("K27", message, node=number, field="config")
        if kind.role == "engagement":
            for at, given in kind.contents(node.config):  # type: ignore[attr-defined]
                for place, text in content.texts(given):
                    for output in render.outputs_without_default(text):
                        message = f"{label}: “{output}” prints nothing where the value is missing; give it a default."
                        yield _warning("K27", message, node=number, field=f"config.{at}.{place}")


def _informed(flow: Flow) -> set[int]:
    """The nodes at which people may arrive with an event context (domain 12)."""
    return flow.reached({link.to for number, via in _informing(flow) for link in flow.outlets[number][via]})


def _informing(flow: Flow) -> set[tuple[int, str]]:
    """The connectors, as (node, via), by which people leave because of an event, which is their context from there."""
    segment = flow.document.entry.segment
    found = {number for number, node in flow.nodes.items() if _tells(flow.kind(number), node.config)}
    if segment is not None and _tells(KINDS[segment.kind], config_of(segment)):
        found.add(ENTRY)
    return {(number, via) for number in found for via in ("yes", "no")}


def _tells(kind: Kind, config: Any) -> bool:
    """Whether what decides is an event that somebody did; a change of the profile is none."""
    return bool(kind.event_names(config) - {eventtypes.CHANGED})


def _slept_long(flow: Flow) -> set[int]:
    """The nodes that people may come to with a context that has faded: a long sleep behind them, and no event since."""
    faded = {
        link.to for links in flow.outlets.values() for drawn in links.values() for link in drawn if _is_long(link.sleep)
    }
    return flow.reached(faded, stop=_informing(flow))


def _is_long(sleep: Sleep | None) -> bool:
    return sleep is not None and ((sleep.after or timedelta()) >= DAY or (sleep.days or 0) >= 1)


# Words ------------------------------------------------------------------------------------------------------------


def _local(at: datetime, tz: ZoneInfo) -> str:
    return f"{at.astimezone(tz):%Y-%m-%d %H:%M}"


def _spell(span: timedelta) -> str:
    """A duration in words: 90 minutes, 36 hours, 365 days."""
    seconds = span.total_seconds()
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds and seconds % size == 0:
            count = int(seconds // size)
            return f"{count} {unit}" + ("" if count == 1 else "s")
    return f"{seconds:,.10g} seconds"
