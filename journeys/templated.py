"""Saved templates in a document (domain 5.3, K11).

A node, or a variant of its message, that names a template has the template's content instead of its own. `fill` puts it
there: for the checks, which judge what would be sent, and when a version is published or one of its nodes is saved,
which keep it. From then on the version sends what it took, whatever becomes of the template.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from channels import saved
from channels.content import NODES_OWN
from channels.models import Channel, Template
from config.lib.errors import Problem
from journeys.document import Document, NodeBase
from journeys.nodes import KINDS

_OWN = "config."  # the place of a node's own message
Found = dict[tuple[str, str], Template]  # by channel and name


def fill(document: Document, *, only: int | None = None) -> Document:
    """The document with the contents of the templates that it names, in one statement; none if it names none. only: of
    one node, by its number. Templates that are not there leave what was there before.
    """
    found = _found(document)
    if not found:
        return document

    def filled(node: NodeBase, _place: str, said: Any) -> Any:
        template = found.get((node.kind, said.template)) if said.template else None
        return _with_content(said, template.content) if template else said

    nodes = [_each(node, filled) if only in (None, node.id) else node for node in document.nodes]
    return document.model_copy(update={"nodes": nodes})


def written(raw: Any, document: Document) -> Any:
    """A document as it is kept, with the contents that `fill` put into it."""
    contents = {node.id: _contents(node) for node in document.nodes if any(_named(node))}
    if not contents:
        return raw
    nodes = [
        node | {"config": node.get("config", {}) | contents[node["id"]]} if node["id"] in contents else node
        for node in raw["nodes"]
    ]
    return raw | {"nodes": nodes}


def keep(document: Document, before: Document) -> Document:
    """The document with what its nodes took from the templates that they name as they did before. Content of one's own
    beside a template's name overrides nothing, so an editor that still shows it has changed nothing.
    """
    taken = {(node.id, place): said for node in before.nodes for place, said in _messages(node) if said.template}
    if not taken:
        return document

    def kept(node: NodeBase, place: str, said: Any) -> Any:
        known = taken.get((node.id, place))
        if known is None or known.template != said.template:
            return said
        return _with_content(said, known.content.model_dump(mode="json", by_alias=True, exclude=set(NODES_OWN)))

    return document.model_copy(update={"nodes": [_each(node, kept) for node in document.nodes]})


def findings(document: Document) -> Iterator[Problem]:
    """Templates that are missing, archived, of another channel, or not approved."""
    found = _found(document)
    for node in document.nodes:
        for place, said in _messages(node):
            message = _wrong(node.kind, said.template, found) if said.template else _unnamed(said)
            if message:
                yield Problem("K11", "error", node.id, f"{place}template", message)


def placed(found: Iterable[Problem], document: Document) -> Iterator[Problem]:
    """Findings about the content of a template, at the template's name: the node's form shows no other place."""
    by_node = {node.id: list(_messages(node)) for node in document.nodes if any(_named(node))}
    for problem in found:
        for place, said in by_node.get(problem.node or 0, ()):
            inside = problem.field.removeprefix(f"{place}content.")
            if said.template and inside != problem.field and inside.partition("[")[0] not in NODES_OWN:
                message = f"{problem.message} That is in the template “{said.template}”."
                problem = replace(problem, field=f"{place}template", message=message)
        yield problem


def _wrong(channel: str, name: str, found: Found) -> str:
    """What keeps a template from being sent; empty if nothing does."""
    template, label = found.get((channel, name)), Channel(channel).label
    instead = "or let the node have a message of its own"
    if template is None:
        others = [Channel(other).label for other, known in found if known == name]
        if others:
            return f"“{name}” is a template for {', '.join(others)}; choose one for {label}, {instead}."
        return f"There is no template “{name}” for {label}; choose one that is there, save it, {instead}."
    if template.archived_at is not None:
        return f"The template “{name}” is archived; bring it back, choose another, {instead}."
    if template.needs_approval and template.approval == Template.Approval.REJECTED:
        return f"{label} rejected the template “{name}”; change it and have it approved, choose another, {instead}."
    if template.needs_approval and template.approval != Template.Approval.APPROVED:
        return f"{label} has not approved the template “{name}” yet; wait for that, choose another, {instead}."
    return ""


def _unnamed(said: Any) -> str:
    """What is wrong with a message that claims to be a registered template and names none."""
    if getattr(said.content, "registration", None) is None:
        return ""
    return "A message of the node's own cannot be a registered template; choose the template by its name."


def _found(document: Document) -> Found:
    return saved.find(name for node in document.nodes for name in _named(node))


def _named(node: NodeBase) -> Iterator[str]:
    return (said.template for _, said in _messages(node) if said.template)


def _messages(node: NodeBase) -> Iterator[tuple[str, Any]]:
    """(place, what has a content and may name a template instead) for all that a node may send."""
    if KINDS[node.kind].role != "engagement":
        return
    config: Any = node.config
    yield _OWN, config
    for index, option in enumerate(config.variants.options if config.variants else ()):
        yield f"config.variants.options[{index}].", option


def _each(node: NodeBase, change: Callable[[NodeBase, str, Any], Any]) -> NodeBase:
    """A node with all that it may send changed, each by its place; only where it names templates."""
    if not any(_named(node)):
        return node
    changed = {place: change(node, place, said) for place, said in _messages(node)}
    config = changed.pop(_OWN)
    if changed:
        variants = config.variants.model_copy(update={"options": [*changed.values()]})
        config = config.model_copy(update={"variants": variants})
    return node.model_copy(update={"config": config})


def _with_content(said: Any, content: dict[str, Any]) -> Any:
    """With another content, but for what nodes fill in."""
    own = said.content.model_dump(mode="json", by_alias=True, include=set(NODES_OWN))
    return said.model_copy(update={"content": type(said.content).model_validate(content | own)})


def _contents(node: NodeBase) -> dict[str, Any]:
    """The parts of a node's configuration that hold contents, as they are kept."""
    kept = node.config.model_dump(mode="json", by_alias=True, include={"content", "variants"})
    return kept if kept["variants"] else {"content": kept["content"]}
