"""What is wrong with what a document names: providers, lists, segments, events, journeys (K01, K07, K11, K20, K28)."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Q

from channels.models import Channel, Provider
from config.lib.errors import Problem
from journeys import mentions, templated
from journeys.checks.words import error, warning
from journeys.document import Document
from journeys.models import Journey, Status, Version
from journeys.nodes import KINDS
from journeys.nodes.base import Kind
from journeys.nodes.split import SPLIT
from profiles import eventtypes
from segments import rules
from segments.models import List, Segment

PUBLISHED = (Status.SCHEDULED, Status.LIVE, Status.PAUSED, Status.COMPLETED, Status.VERSIONED)


def findings(document: Document) -> Iterator[Problem]:
    """Providers, lists, segments and events that are not there or no longer usable."""
    named = list(mentions.bodies(document))
    asked = [(place, kind, config, mentions.rules_of(config)) for place, kind, config in named]
    lists = {name for _, _, config, tree in asked for name in mentions.list_names(config, tree)}
    events = {name for _, kind, config, tree in asked for name in mentions.all_event_names(kind, config, tree)}
    segments = {name for _, _, config, tree in asked for name in mentions.segment_names(config, tree)}
    known = set(List.objects.filter(name__in=lists).values_list("name", flat=True)) if lists else set()
    saved = set(Segment.objects.filter(name__in=segments).values_list("name", flat=True)) if segments else set()
    types = eventtypes.find(name for name in events if name.strip())
    for (node, field), kind, config, tree in asked:
        if kind.name != SPLIT and any(map(rules.asks_event, tree)):  # of splits checks.splits says more
            message = "The event that leads somebody here can only be asked for in a conditional split."
            yield error("K07", message, node=node, field=field)
        for name in sorted(mentions.list_names(config, tree) - known):
            yield error(
                "K07", f"There is no custom list “{name}”; upload it or choose another.", node=node, field=field
            )
        for name in sorted(mentions.segment_names(config, tree) - saved):
            message = f"There is no saved segment “{name}”; save it or choose another."
            yield error("K07", message, node=node, field=field)
        for name in sorted(mentions.all_event_names(kind, config, tree)):
            if name in types and types[name].discarded:
                message = f"The event “{name}” was discarded; bring it back or choose another."
                yield error("K07", message, node=node, field=field)
    yield from _providers([(place, kind, config) for place, kind, config in named if kind.role == "engagement"])
    yield from templated.findings(document)


def _providers(bodies: list[tuple[tuple[int | None, str], Kind, Any]]) -> Iterator[Problem]:
    asked = [(node, "config.provider", kind.name, config.provider) for (node, _), kind, config in bodies]
    for (node, _), _kind, config in bodies:
        if instead := getattr(config, "fallback", None):
            asked.append((node, "config.fallback.provider", Channel.SMS.value, instead.provider))
    if not asked:
        return
    wanted = Q(channel__in={channel for _, _, channel, _ in asked}) | Q(name__in={name for *_, name in asked if name})
    tested = Q(members__provider__verified_at__isnull=False) | Q(members__provider__kind=Provider.Kind.SANDBOX)
    counts = {"inside": Count("members"), "tested": Count("members", filter=tested)}
    there = {it.name: it for it in Provider.objects.filter(wanted).annotate(**counts)}
    for node, field, channel, name in asked:
        if name is not None:
            if message := _unusable(there.get(name), channel, name):
                yield error("K11", message, node=node, field=field)
            continue
        # Without any provider the sandbox takes the messages; with some, one of them is meant.
        mine = [it for it in there.values() if it.channel == channel]
        default = next((it for it in mine if it.is_default and it.archived_at is None), None)
        label = Channel(channel).label
        if mine and default is None:
            message = f"{label} has providers, but none is its default; choose one here, or make one the default."
            yield error("K20", message, node=node, field=field)
        elif default is not None and (message := _unusable(default, channel, default.name)):
            yield error("K11", message, node=node, field=field)


def _unusable(provider: Any, channel: str, name: str) -> str:
    """Why nothing can be sent through a provider or group, and what to do; empty if something can."""
    label = Channel(channel).label
    if provider is None:
        return f"There is no {label} provider or group “{name}”; choose one that exists, or the default."
    what = "provider group" if provider.kind == Provider.Kind.GROUP else "provider"
    if provider.channel != channel:
        own = provider.get_channel_display()
        return f"The {what} “{name}” sends {own}, not {label}; choose one for {label}, or the default."
    if provider.archived_at is not None:
        return f"The {what} “{name}” is archived; choose another."
    if not provider.verified:
        return f"The provider “{name}” has sent no test message as it is set up; send one from its page, then publish."
    if provider.kind == Provider.Kind.GROUP and not provider.inside:
        return f"The provider group “{name}” has no provider left; add one to it, or choose another."
    if provider.kind == Provider.Kind.GROUP and not provider.tested:
        return f"No provider of the group “{name}” has sent a test message; send one through it, then publish."
    return ""


# Journeys ---------------------------------------------------------------------------------------------------------


def of_journey(document: Document, journey_id: int | None) -> Iterator[Problem]:
    """What concerns other journeys. journey_id: the one that the document is of; None where that is not known."""
    yield from _same_name(document, journey_id)
    segment = document.entry.segment
    triggered = KINDS[segment.kind].triggered_by(segment) if segment else None
    if triggered is None:
        return
    source, node, _via = triggered
    field = "entry.segment.journey"
    if source == journey_id:
        message = "The journey is triggered by itself, so people may go round in it; make sure that they get out."
        yield warning("K28", message, field=field)
        return
    found = list(Version.objects.filter(journey=source).select_related("journey"))
    if not found:
        yield error("K07", f"There is no journey {source} to be triggered by; choose another.", field=field)
    elif not any(it.status in PUBLISHED or it.archived_from in PUBLISHED for it in found):
        over = any(it.published_at for it in found)
        how = "is stopped" if over else "is not published yet"
        message = f"“{found[0].journey.name}”, which triggers this journey, {how}, so nobody enters; choose another."
        yield warning("K28", message, field=field)
    elif not any(it["id"] == node for one in found for it in one.document.get("nodes", ())):
        message = f"“{found[0].journey.name}” has no node {node} in any version, so nobody enters; choose another."
        yield warning("K28", message, field="entry.segment.node")


def _same_name(document: Document, journey_id: int | None) -> Iterator[Problem]:
    name = document.name.strip()
    others = Journey.objects.filter(name__iexact=name).exclude(versions__status=Status.ARCHIVED)
    if name and journey_id is not None and others.exclude(pk=journey_id).exists():
        message = f"Another journey is called “{name}” too; choose another name if that is no clone of this one."
        yield warning("K01", message, field="name")
