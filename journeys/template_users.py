"""Which journeys send saved templates, for `channels.template_uses`, which asks when one is changed or archived."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q
from pydantic import ValidationError

from channels.content import MODELS, NODES_OWN
from channels.models import Template
from channels.template_uses import Use
from journeys import versions
from journeys.models import Status, Version


def using(templates: Collection[Template]) -> Iterator[tuple[int, Use]]:
    """The versions whose documents name templates, those that are stopped left out."""
    names = {template.name for template in templates}
    if not names:
        return
    asked = Q()
    for name in names:
        asked |= Q(document__nodes__contains=[{"config": {"template": name}}])
        asked |= Q(document__nodes__contains=[{"config": {"variants": {"options": [{"template": name}]}}}])
    found = Version.objects.filter(asked).exclude(status=Status.STOPPED).exclude(archived_from=Status.STOPPED)
    for version in found.select_related("journey").order_by("journey", "number"):
        for template in templates:
            if taken := _taken(version.document, template):
                yield template.pk, _use(version, template, taken)


def apply(template: Template, ids: Collection[int], *, by: User | None, now: datetime) -> int:
    """Let versions that are under way send a template as it is now: a What edit of each node that names it, inside the
    caller's transaction. Raises JourneyError.
    """
    done = 0
    for version in Version.objects.filter(pk__in=ids).order_by("pk"):
        taken = _taken(version.document, template)
        for node in taken:
            versions.edit(version_id=version.pk, node=node, config={}, by=by, now=now)
        done += bool(taken) and _differs(template, taken)
    return done


def _use(version: Version, template: Template, taken: dict[int, list[Any]]) -> Use:
    name = f"{version.journey.name}, version {version.number}"
    sends = version.status in versions.PARTIAL_EDIT
    page = "admin:journeys_journey_canvas"
    differs = sends and _differs(template, taken)
    return Use(version.pk, name, version.status, page, version.journey_id, (*taken,), sends, differs)


def _taken(document: Any, template: Template) -> dict[int, list[Any]]:
    """The nodes of a stored document that name a template, by number: what they hold as its content."""
    found: dict[int, list[Any]] = {}
    for node in document.get("nodes") or ():
        config = node.get("config") or {}
        options = (config.get("variants") or {}).get("options") or ()
        for said in (config, *options):
            if node["kind"] == template.channel and said.get("template") == template.name:
                found.setdefault(node["id"], []).append(said.get("content"))
    return found


def _differs(template: Template, taken: dict[int, list[Any]]) -> bool:
    now = _plain(template.channel, template.content)
    return any(_plain(template.channel, content) != now for contents in taken.values() for content in contents)


def _plain(channel: str, content: Any) -> Any:
    """A content as it reads, without what nodes fill in: defaults that came later are no difference."""
    try:
        return MODELS[channel].model_validate(content or {}).model_dump(exclude=set(NODES_OWN))
    except ValidationError:
        return content
