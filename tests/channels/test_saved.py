"""Saved templates: content under a name (domain 5.3), and what WhatsApp said of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels import saved
from channels.models import Template
from channels.saved import TemplateError
from tests.staff import person

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
MAIL = {"subject": "Hello", "text": "Welcome"}
ORDER = {"text": "Hi {{1}}", "registration": {"id": "order", "language": "en"}}

pytestmark = pytest.mark.django_db


def save(
    name: str = "Hello", channel: str = "email", content: dict[str, Any] | None = None, by: Any = None
) -> Template:
    return saved.create_template(name=name, channel=channel, given=content or MAIL, by=by, now=NOON)


def change(template: Template, content: dict[str, Any], **how: Any) -> Template:
    given = {"name": template.name, "seen": None, "by": None, "now": LATER} | how
    return saved.change_template(template_id=template.pk, given=content, **given)


def writer(*channels: str) -> User:
    """Somebody who may write templates on some channels."""
    made = User.objects.create(username="wim", is_staff=True)
    rights = ["add_template", "change_template", *(f"write_{channel}" for channel in channels)]
    made.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return made


def kept() -> list[tuple[str, str, Any, int]]:
    return [(it.channel, it.name, it.content, it.revision) for it in Template.objects.order_by("channel", "name")]


def test_a_template_keeps_whole_content_who_and_when() -> None:
    made = save(by=person("cora"))
    assert made.content["subject"] == "Hello"
    assert made.content["cc"] == []
    assert (made.created_by, made.created_at, made.updated_by, made.updated_at) == (person("cora"), NOON) * 2
    assert (made.approval, made.archived_at, made.revision) == ("", None, 1)


def test_a_name_is_one_of_its_kind_on_its_channel() -> None:
    save()
    save(channel="sms", content={"text": "Hi"})
    with pytest.raises(TemplateError, match="There is a template “Hello” for Email already; choose another name"):
        save(name=" Hello ")
    for name, sentence in (("  ", "Give the template a name"), ("n" * 101, "has 101 characters; shorten it to 100")):
        with pytest.raises(TemplateError, match=sentence):
            save(name=name)
    assert Template.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({"subject": "", "text": "x"}, "content.subject"),
        ({"subject": "x", "text": "{{ x | nothing }}"}, "content.text"),
        ({"subject": 3, "text": "x"}, "content.subject"),
        ({"words": "x"}, "content.words"),
    ],
)
def test_what_cannot_be_sent_is_not_saved_and_says_where(content: dict[str, Any], place: str) -> None:
    with pytest.raises(TemplateError) as refused:
        save(content=content)
    assert [it.field for it in refused.value.problems] == [place]
    assert kept() == []


def test_who_changes_it_is_told_if_somebody_was_faster() -> None:
    template = save()
    change(template, MAIL | {"text": "Mine"}, seen=1)
    with pytest.raises(TemplateError, match="Somebody changed “Hello” meanwhile") as refused:
        change(template, MAIL | {"text": "Yours"}, seen=1)
    assert refused.value.code == "changed"
    [(_, _, content, revision)] = kept()
    assert (content["text"], revision) == ("Mine", 2)


def test_saving_what_is_there_changes_nothing() -> None:
    template = change(save(), MAIL, by=person("cora"))
    assert (template.revision, template.updated_at, template.updated_by) == (1, NOON, None)


def test_a_copy_has_a_name_of_its_own_and_waits_for_approval() -> None:
    template = save("Order", "whatsapp", ORDER)
    saved.judge_template(template_id=template.pk, approval="approved", by=None, now=NOON)
    copy = saved.duplicate_template(template_id=template.pk, name="Order 2", by=None, now=LATER)
    assert (copy.content, copy.approval, copy.created_at) == (template.content, "pending", LATER)


def test_it_is_archived_and_brought_back() -> None:
    template = save()
    saved.archive_template(template_id=template.pk, at=LATER, by=None, now=LATER)
    assert Template.objects.get().archived_at == LATER
    saved.archive_template(template_id=template.pk, at=None, by=None, now=LATER)
    assert Template.objects.get().archived_at is None


def test_a_template_of_whatsapp_waits_for_approval_and_other_words_wait_again() -> None:
    template = save("Order", "whatsapp", ORDER)
    assert template.approval == "pending"
    saved.judge_template(template_id=template.pk, approval="approved", by=None, now=NOON)
    assert change(template, ORDER, name="Order sent").approval == "approved"  # WhatsApp knows it by its own ID
    assert change(template, ORDER | {"text": "Dear {{1}}"}, name="Order sent").approval == "pending"


def test_what_whatsapp_cannot_know_is_not_approved() -> None:
    template = save("Own", "whatsapp", {"text": "Hi {{ Profile.Name | default: 'you' }}"})
    with pytest.raises(TemplateError, match="has no ID and language"):
        saved.judge_template(template_id=template.pk, approval="approved", by=None, now=NOON)
    saved.judge_template(template_id=template.pk, approval="rejected", by=None, now=NOON)
    assert Template.objects.get().approval == "rejected"


def test_templates_of_other_channels_are_not_judged_and_nothing_else_can_be_said() -> None:
    mail, order = save(), save("Order", "whatsapp", ORDER)
    for template, said in ((mail, "approved"), (order, "maybe")):
        with pytest.raises(TemplateError) as refused:
            saved.judge_template(template_id=template.pk, approval=said, by=None, now=NOON)
        assert refused.value.code == "approval"
    assert set(Template.objects.values_list("approval", flat=True)) == {"", "pending"}


def test_values_of_placeholders_are_the_nodes_and_no_part_of_a_template() -> None:
    assert "variables" not in save("Order", "whatsapp", ORDER | {"variables": ["Ann"]}).content


def test_whoever_may_not_write_on_the_channel_writes_no_template_for_it() -> None:
    wim = writer("sms")
    save("Text", "sms", {"text": "Hi"}, by=wim)
    mail = save()
    before = kept()
    acts = [
        lambda: save("Other", by=wim),
        lambda: change(mail, MAIL | {"text": "x"}, by=wim),
        lambda: saved.duplicate_template(template_id=mail.pk, name="Copy", by=wim, now=NOON),
        lambda: saved.archive_template(template_id=mail.pk, at=NOON, by=wim, now=NOON),
        lambda: saved.judge_template(template_id=mail.pk, approval="approved", by=wim, now=NOON),
    ]
    for act in acts:
        with pytest.raises(TemplateError, match="You may not write templates for Email") as refused:
            act()
        assert refused.value.code == "forbidden"
    assert (kept(), Template.objects.filter(archived_at=None).count()) == (before, 2)


def test_they_are_found_by_name_in_one_statement_and_in_none_without_names() -> None:
    save()
    save(channel="sms", content={"text": "Hi"})
    save("Other")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert set(saved.find(["Hello", "Gone"])) == {("email", "Hello"), ("sms", "Hello")}
        assert saved.find([]) == {}
    assert len(asked) == 1
