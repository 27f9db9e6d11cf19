"""Saved templates: content under a name, which the nodes of journeys refer to (domain 5.3).

A template can be sent as it is: what has no text, or bad Liquid, is not saved. What nodes took from it stays with them
until somebody applies a change to them (channels.template_uses), so changing one changes nothing that is under way.

WhatsApp sends a template only once it has approved it, under the name and in the language that it was registered with.
Whoever hears of that says so here; other words are another template to WhatsApp, so they wait for approval again.

Functions that write are one transaction each; `by` is the person who asks, who needs the right to write templates, and
on the channel (domain 13); None is the system. They raise TemplateError.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from pydantic import ValidationError

from channels import content, template_uses
from channels.errors import ChannelError
from channels.models import Channel, Template
from config.lib.errors import Problem

LONGEST_NAME = 100

Approval = Template.Approval


class TemplateError(ChannelError):
    """A template that cannot be saved, or something that cannot be done with one. Codes: forbidden, not_found, changed
    (somebody else was faster), channel, template_name, template_content, template_used, approval. `problems`: what is
    wrong with the content.
    """

    code = "template"

    def __init__(self, message: str, *, code: str, problems: Iterable[Problem] = ()) -> None:
        super().__init__(message, code=code)
        self.problems = list(problems)


def find(names: Iterable[str]) -> dict[tuple[str, str], Template]:
    """The templates of some names, on whichever channels: (channel, name) → template. One statement, none for none."""
    wanted = set(names)
    found = Template.objects.filter(name__in=wanted) if wanted else ()
    return {(it.channel, it.name): it for it in found}


def create_template(*, name: str, channel: str, given: Mapping[str, Any], by: User | None, now: datetime) -> Template:
    """Save content under a new name. given: as in the journey document."""
    if channel not in Channel.values:
        known = ", ".join(Channel.values)
        raise TemplateError(f"There is no channel “{channel}”; choose one of {known}.", code="channel")
    _require(by, "add", channel)
    with transaction.atomic():
        template = Template(channel=channel, created_by=by, created_at=now)
        template.content = _sendable(channel, given)
        template.approval = Approval.PENDING if template.needs_approval else ""
        _name(template, name)
        _save(template, by, now)
    return template


def change_template(
    *, template_id: int, name: str, given: Mapping[str, Any], seen: int | None, by: User | None, now: datetime
) -> Template:
    """Give a template another content, and another name if nothing uses it. seen: the revision that the change was made
    on; None: whichever it is.
    """
    with transaction.atomic():
        template = _locked(template_id, by)
        if seen is not None and seen != template.revision:
            message = f"Somebody changed “{template.name}” meanwhile; load it again to see how it is now."
            raise TemplateError(message, code="changed")
        after = _sendable(template.channel, given)
        if after == template.content and name.strip() == template.name:
            return template
        if name.strip() != template.name:
            if uses := template_uses.of(template):
                message = (
                    f"“{template.name}” is used by {template_uses.named(uses)}, which know it by this name;"
                    " duplicate it under another one."
                )
                raise TemplateError(message, code="template_used")
            _name(template, name)
        if after != template.content and template.needs_approval:
            template.approval = Approval.PENDING
        template.content = after
        template.revision += 1
        _save(template, by, now)
    return template


def duplicate_template(*, template_id: int, name: str, by: User | None, now: datetime) -> Template:
    """The same content under another name, for WhatsApp to approve anew."""
    source = _get(template_id)
    return create_template(name=name, channel=source.channel, given=source.content, by=by, now=now)


def archive_template(*, template_id: int, at: datetime | None, by: User | None, now: datetime) -> Template:
    """Take a template out of use, or with `at` None bring it back. What is under way goes on with what it took."""
    with transaction.atomic():
        template = _locked(template_id, by)
        template.archived_at = at
        _save(template, by, now)
    return template


def judge_template(*, template_id: int, approval: str, by: User | None, now: datetime) -> Template:
    """Say what WhatsApp said of a template. Only one that can be handed in to it can be approved."""
    with transaction.atomic():
        template = _locked(template_id, by)
        if not template.needs_approval:
            message = f"Nobody has to approve templates for {template.get_channel_display()}."
            raise TemplateError(message, code="approval")
        if approval not in Approval.values:
            raise TemplateError(f"Choose one of {', '.join(Approval.values)}.", code="approval")
        if approval == Approval.APPROVED:
            _need_registration(template)
        template.approval = approval
        _save(template, by, now)
    return template


def writable(by: User, act: str) -> list[str]:
    """The channels for which somebody may add or change templates. act: add or change."""
    return [it for it in Channel.values if by.has_perms([f"channels.{act}_template", f"channels.write_{it}"])]


def _need_registration(template: Template) -> None:
    """Raise TemplateError for one that WhatsApp cannot know."""
    registration = template.content["registration"] or {}
    if not str(registration.get("id", "")).strip() or not str(registration.get("language", "")).strip():
        message = f"“{template.name}” has no ID and language; fill in its registration, then say that it was approved."
        raise TemplateError(message, code="approval")


def _require(by: User | None, act: str, channel: str) -> None:
    if by is None or channel in writable(by, act):
        return
    label = Channel(channel).label
    message = f"You may not write templates for {label}; ask an administrator for the right to."
    raise TemplateError(message, code="forbidden")


def _get(template_id: int) -> Template:
    template = Template.objects.filter(pk=template_id).first()
    if template is None:
        raise TemplateError(f"There is no template {template_id}.", code="not_found")
    return template


def _locked(template_id: int, by: User | None) -> Template:
    """A template for whoever may change it, held until the transaction ends."""
    template = Template.objects.select_for_update().filter(pk=template_id).first()
    if template is None:
        raise TemplateError(f"There is no template {template_id}.", code="not_found")
    _require(by, "change", template.channel)
    return template


def _name(template: Template, name: str) -> None:
    template.name = name = name.strip()
    if not name:
        raise TemplateError("Give the template a name.", code="template_name")
    if len(name) > LONGEST_NAME:
        message = f"The name has {len(name)} characters; shorten it to {LONGEST_NAME}."
        raise TemplateError(message, code="template_name")
    if Template.objects.filter(channel=template.channel, name=name).exclude(pk=template.pk).exists():
        label = template.get_channel_display()
        message = f"There is a template “{name}” for {label} already; choose another name."
        raise TemplateError(message, code="template_name")


def _sendable(channel: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The content as it is kept, without what nodes fill in. Raises TemplateError for what cannot be sent."""
    try:
        model = content.MODELS[channel].model_validate(dict(given))
    except ValidationError as error:
        problems = [(_place(it["loc"]), f"{it['msg']}.") for it in error.errors()]
    else:
        problems = list(content.problems(model))
    if problems:
        found = [Problem("content", "error", None, f"content.{place}", message) for place, message in problems]
        raise TemplateError(problems[0][1], code="template_content", problems=found)
    return model.model_dump(mode="json", by_alias=True, exclude=set(content.NODES_OWN))


def _place(path: tuple[int | str, ...]) -> str:
    """A place as findings write it: quick_replies[0].text"""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _save(template: Template, by: User | None, now: datetime) -> None:
    template.updated_by, template.updated_at = by, now
    template.save()
