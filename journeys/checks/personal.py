"""Values that a message or an update asks for and may not get."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from channels import content, render
from config.lib.errors import Problem
from journeys.checks.flow import Flow
from journeys.checks.words import error, warning
from journeys.document import Sleep, config_of
from journeys.graph import ENTRY
from journeys.nodes import KINDS
from journeys.nodes.base import Kind
from journeys.nodes.split import SPLIT
from profiles import eventtypes

DAY = timedelta(days=1)


def findings(flow: Flow) -> Iterator[Problem]:
    """What may print nothing, and what never can."""
    informed, slept = _informed(flow), _slept_long(flow)
    for number, node in flow.nodes.items():
        kind, label = flow.kind(number), flow.label(number)
        if kind.uses_event(node.config):
            if number not in informed and node.kind != SPLIT:  # of which splits says more
                message = f"{label} uses Event, but no event leads there; use Profile, or put an Action node before it."
                yield error("K12", message, node=number, field="config")
            elif number in slept:
                message = (
                    f"{label} uses Event after a sleep of a day or more, when its values are gone; shorten the sleep."
                )
                yield warning("K27", message, node=number, field="config")
        if kind.role == "engagement":
            for at, given in kind.contents(node.config):  # type: ignore[attr-defined]
                for place, text in content.texts(given):
                    for output in render.outputs_without_default(text):
                        message = f"{label}: “{output}” prints nothing where the value is missing; give it a default."
                        yield warning("K27", message, node=number, field=f"config.{at}.{place}")


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
