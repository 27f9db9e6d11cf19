"""What a document names: events, properties, lists and saved segments, in its entry, its goals and its nodes."""

from collections.abc import Iterator
from typing import Any

from journeys.document import Document
from journeys.nodes import KINDS
from journeys.nodes.base import Kind
from segments import rules
from segments.rules import Rule


def bodies(document: Document) -> Iterator[tuple[tuple[int | None, str], Kind, Any]]:
    """((node, field), kind, configuration) of the entry, the goals and the nodes."""
    if document.entry.segment is not None:
        yield (None, "entry.segment"), KINDS[document.entry.segment.kind], document.entry.segment
    for index, goal in enumerate(document.goals):
        yield (None, f"goals[{index}]"), KINDS[goal.kind], goal
    for node in document.nodes:
        yield (node.id, "config"), KINDS[node.kind], node.config


def event_names(document: Document) -> set[str]:
    """The events that somebody may enter by, move by, or leave by, and those that are counted."""
    return {
        name
        for _, kind, config in bodies(document)
        for name in kind.event_names(config) | kind.counted_events(config)
        if name
    }


def watched_properties(document: Document) -> set[str]:
    """The profile properties whose changes somebody may enter by, move by, or leave by."""
    return {name for _, kind, config in bodies(document) for name in kind.watched_properties(config)}


def audience_names(document: Document) -> list[str]:
    """The saved segments and lists that a document asks for, in order."""
    trees = [(config, rules_of(config)) for _, _, config in bodies(document)]
    return sorted({name for config, tree in trees for name in segment_names(config, tree) | list_names(config, tree)})


def rules_of(config: Any) -> list[Rule]:
    paths = [getattr(path, "rule", None) for path in getattr(config, "paths", ())]
    given = (getattr(config, "rule", None), getattr(config, "filters", None), *paths)
    return [rule for rule in given if rule is not None]


def list_names(config: Any, tree: list[Rule]) -> set[str]:
    named = getattr(config, "list", "")
    return {name for rule in tree for name in rules.list_names(rule)} | ({named} if named else set())


def segment_names(config: Any, tree: list[Rule]) -> set[str]:
    named = getattr(config, "segment", None)
    return {name for rule in tree for name in rules.segment_names(rule)} | ({named} if named else set())


def all_event_names(kind: Kind, config: Any, tree: list[Rule]) -> set[str]:
    return {
        *kind.event_names(config),
        *kind.counted_events(config),
        *(name for rule in tree for name in rules.event_names(rule)),
    }
