"""New versions of a journey, copies of it, and partial edits of a running version (domain 2.3, 2.5).

As in services: one transaction each, `by` is None for the system, JourneyError or DocumentError says in a sentence why
something was refused, and then nothing has changed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from channels.models import Provider
from channels.services import edit_campaign
from config.lib.errors import Problem
from journeys import checks, differences, shares, templated
from journeys.checks import setup
from journeys.checks.flow import Flow
from journeys.document import Document
from journeys.engine import account
from journeys.errors import JourneyError
from journeys.guard import lock, lock_siblings, record, require, require_channels
from journeys.models import Node, Status, Version
from journeys.nodes import KINDS
from journeys.services import create_journey, describe, fallback_of, read_document

MOST_VERSIONS = 10  # of one journey; then it can only be cloned
FULL_EDIT = (Status.LIVE, Status.PAUSED, Status.VERSIONED, Status.COMPLETED, Status.STOPPED)
PARTIAL_EDIT = (Status.SCHEDULED, Status.LIVE, Status.PAUSED, Status.VERSIONED)


def draft(*, version_id: int, by: User | None, now: datetime, document: Any = None) -> Version:
    """Copy a published version, or a document given for it, into the journey's single draft; return the draft.

    The draft that was there is replaced. A new one takes the next number, which a discarded draft has given back.
    """
    require(by, "journeys.change_journey")
    with transaction.atomic():
        version, siblings = lock_siblings(version_id)
        if version.status not in FULL_EDIT:
            message = (
                "Only a version that is live, paused, versioned, completed or stopped can become a new one; this one"
                f" is {version.status}."
            )
            raise JourneyError(message, code="state")
        made = siblings[-1]
        if made.status != Status.DRAFT:
            if len(siblings) >= MOST_VERSIONS:
                raise _too_many_versions()
            made = Version(journey=version.journey, number=made.number + 1)
        made.document = version.document
        changes: dict[str, list[Any]] = {}
        if document is not None:
            made.document, read = read_document(document)
            before = read_document(version.document)[1]
            require_channels(by, read, before)
            describe(version.journey, read)
            changes = differences.of_documents(before, read)
        made.created_by, made.created_at = by, now
        made.asked_by = made.asked_at = None
        made.save()
        record(made, "draft", by, now, changes={"copied from": [None, f"version {version.number}"]} | changes)
    return made


def _too_many_versions() -> JourneyError:
    message = f"A journey has at most {MOST_VERSIONS} versions; clone it to go on."
    return JourneyError(message, code="version_limit", findings=[Problem("K21", "error", None, "", message)])


def clone(*, version_id: int, by: User | None, now: datetime) -> Version:
    """A new journey with a version's document as its first draft, called “Clone of …”; return the draft.

    Past dates and what is gone are copied too; the publish checks speak of them.
    """
    require(by, "journeys.add_journey")
    with transaction.atomic():
        source = Version.objects.select_related("journey").filter(pk=version_id).first()
        if source is None:
            raise JourneyError(f"There is no journey version {version_id}.", code="not_found")
        name = f"Clone of {source.journey.name}".strip()[: setup.LONGEST_NAME]
        made = create_journey(document=source.document | {"name": name}, by=by, now=now)
        origin = f"journey {source.journey_id} version {source.number}"
        record(made, "clone", by, now, changes={"copied from": [None, origin]})
    return made


def rename(
    *,
    version_id: int,
    by: User | None,
    now: datetime,
    name: str | None = None,
    description: str | None = None,
    labels: list[str] | None = None,
) -> Version:
    """Change what a journey is called, in any state but archived; None leaves a part as it is (domain 2.5).

    Raises JourneyError for a name or description that could not be published.
    """
    require(by, "journeys.change_journey")
    with transaction.atomic():
        version = lock(version_id)
        if version.status == Status.ARCHIVED:
            raise JourneyError("Unarchive the journey before you rename it; this one is archived.", code="state")
        given = {"name": name, "description": description, "labels": labels}
        wished = {key: value for key, value in given.items() if value is not None}
        before, after = read_document(version.document)[1], read_document(version.document | wished)[1]
        changes = {key: [getattr(before, key), getattr(after, key)] for key in wished}
        changes = {key: change for key, change in changes.items() if change[0] != change[1]}
        if wrong := list(setup.naming(after)):
            raise JourneyError(wrong[0].message, code="not_editable", findings=wrong)
        if changes:
            version.document = version.document | wished
            version.save(update_fields=["document"])
            describe(version.journey, after)
            record(version, "rename", by, now, changes=changes)
    return version


# Partial edits ----------------------------------------------------------------------------------------------------


def edit(*, version_id: int, node: int, config: Mapping[str, Any], by: User | None, now: datetime) -> Version:
    """Change what a node of a running version sends, or the shares of its paths: the given parts of its configuration
    take the place of those it has, and a template of its own is taken anew. It counts from then on; nobody is moved
    (domain 2.5).
    """
    require(by, "journeys.change_journey")
    with transaction.atomic():
        version = _lock_running(version_id)
        _, before = read_document(version.document)
        raw, after = read_document(_with_config(version.document, node, config))
        after = templated.fill(after, only=node)
        raw = templated.written(raw, after)
        changes = differences.of(_config(before, node), _config(after, node), f"nodes[{node}].config")
        if not changes:
            return version
        _refuse_more(before, after)
        require_channels(by, after, before)
        _refuse_errors(after, node, now=now)
        compiled = version.nodes.get(number=node)
        if KINDS[compiled.kind].role == "engagement":
            _change_campaign(compiled, _config(after, node))
        if compiled.kind == "intellinode":
            shares.note_edit(version, node, compiled.config, _config(after, node), by=by, now=now)
        compiled.config = _config(after, node)
        compiled.save(update_fields=["config"])
        version.document = raw
        version.save(update_fields=["document"])
        record(version, "edit", by, now, changes=changes)
    return version


def edit_document(*, version_id: int, document: Any, by: User | None, now: datetime) -> Version:
    """The same by a whole document, as an editor saves it: it may differ in what `rename` and `edit` allow, and in
    nothing else.
    """
    require(by, "journeys.change_journey")
    with transaction.atomic():
        version = _lock_running(version_id)
        raw, after = read_document(document)
        before = read_document(version.document)[1]
        after = templated.keep(after, before)
        require_channels(by, after, before)
        version = rename(
            version_id=version_id,
            name=after.name,
            description=after.description,
            labels=after.labels,
            by=by,
            now=now,
        )
        _, before = read_document(version.document)
        _refuse_more(before, after)
        written = {node["id"]: node.get("config", {}) for node in raw.get("nodes", [])}
        for number, given in written.items():
            new, old = _config(after, number), _config(before, number)
            parts = {key: given.get(key, value) for key, value in new.items() if value != old[key]}
            if parts:
                version = edit(version_id=version_id, node=number, config=parts, by=by, now=now)
    return version


def _lock_running(version_id: int) -> Version:
    version = lock(version_id)
    if version.status not in PARTIAL_EDIT:
        message = (
            "Only a version that is scheduled, live, paused or versioned can be edited in part; this one is"
            f" {version.status}."
        )
        raise JourneyError(message, code="state")
    return version


def _refuse_more(before: Document, after: Document) -> None:
    """Raise JourneyError if two documents differ in more than their nodes let change while people pass through."""
    old, new = (it.model_dump(mode="json", by_alias=True) for it in (before, after))
    same_nodes = [(node.id, node.kind) for node in before.nodes] == [(node.id, node.kind) for node in after.nodes]
    for part in old:
        if old[part] != new[part] and not (part == "nodes" and same_nodes):
            message = f"“{part}” was changed, which needs a new version of the journey; make one."
            raise JourneyError(message, code="not_editable")
    for one, other in zip(before.nodes, after.nodes, strict=True):
        kind = KINDS[one.kind]
        around = [node.model_dump(exclude={"config"}) for node in (one, other)]
        if around[0] != around[1] or kind.fixed(one.config) != kind.fixed(other.config):
            label = Flow(before).label(one.id)
            message = f"{label}: in a published version {kind.changeable} can change. Make a new version."
            raise JourneyError(message, code="not_editable")


def _refuse_errors(document: Document, number: int, *, now: datetime) -> None:
    """Raise JourneyError for what the publish checks find at a node."""
    findings = checks.findings(document, now=now, tz=account.current().zone)
    wrong = [it for it in findings if it.level == "error" and it.node == number]
    if wrong:
        raise JourneyError(wrong[0].message, code="not_editable", findings=wrong)


def _with_config(document: Any, number: int, config: Mapping[str, Any]) -> Any:
    """The document with parts of one node's configuration replaced."""
    nodes = [
        node | {"config": node.get("config", {}) | dict(config)} if node["id"] == number else node
        for node in document["nodes"]
    ]
    return document | {"nodes": nodes}


def _config(document: Document, number: int) -> dict[str, Any]:
    """A node's configuration as it is compiled."""
    for node in document.nodes:
        if node.id == number:
            return node.config.model_dump(mode="json", by_alias=True)
    raise JourneyError(f"There is no node {number} in this version.", code="not_found")


def _change_campaign(node: Node, config: Mapping[str, Any]) -> None:
    assert node.campaign_id is not None  # publishing makes one for every engagement node
    name = config["provider"]
    provider = Provider.objects.get(name=name, channel=node.kind) if name else None
    edit_campaign(
        campaign_id=node.campaign_id,
        given=config["content"],
        options=config["variants"],
        provider_id=provider.pk if provider else None,
        **fallback_of(config),
    )
