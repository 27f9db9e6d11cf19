"""A document for another project (domain 2.3): what belongs to this project alone is left out.

A project is an installation, so a journey goes to another one as a file: exported here, imported there. Left out are
providers, the addresses of webhooks, subscription groups, segments and lists that a filter includes or excludes, and
the journey that triggers this one, whose number means another journey there. Names that stay, of events, segments and
templates, are looked up there: the publish checks say which of them are missing. Labels come to be as they are saved.
"""

from copy import deepcopy
from typing import Any

_PROVIDED = ("provider", "groups")  # parts of a node's configuration


def for_another_project(document: Any) -> Any:
    """A copy of a document, whatever it holds."""
    copy = deepcopy(document)
    if not isinstance(copy, dict):
        return copy
    entry = copy.get("entry")
    segment = entry.get("segment") if isinstance(entry, dict) else None
    nodes = [node for node in _listed(copy.get("nodes")) if isinstance(node, dict)]
    for body in (segment, *_listed(copy.get("goals")), *(node.get("config") for node in nodes)):
        if isinstance(body, dict):
            if body.get("filters"):
                body["filters"] = _without_audiences(body["filters"])
            if body.get("kind") == "journey_trigger":
                body.pop("journey", None)
    for node in nodes:
        config = node.get("config")
        if isinstance(config, dict):
            for part in _PROVIDED:
                config.pop(part, None)
            if isinstance(config.get("fallback"), dict):
                config["fallback"].pop("provider", None)
            if node.get("kind") == "webhook":
                _without_url(config)
    return copy


def _without_audiences(rule: Any) -> Any:
    """A rule without the saved segments and lists that it names; None if nothing is left."""
    if not isinstance(rule, dict):
        return rule
    if "segment" in rule or "list" in rule:
        return None
    for key in ("all", "any"):
        if key in rule:
            kept = [left for left in map(_without_audiences, _listed(rule[key])) if left is not None]
            return {key: kept} if kept else None
    if "not" in rule:
        inner = _without_audiences(rule["not"])
        return None if inner is None else {"not": inner}
    return rule


def _without_url(config: dict[str, Any]) -> None:
    """A webhook's message and its variants, without where they go."""
    variants = config.get("variants")
    options = _listed(variants.get("options")) if isinstance(variants, dict) else []
    for holder in (config, *options):
        if isinstance(holder, dict) and isinstance(holder.get("content"), dict):
            holder["content"].pop("url", None)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
