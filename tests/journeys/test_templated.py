"""Saved templates in journeys: what is sent, what keeps one from going live, what becomes of a change (5.3)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels import saved, template_uses
from channels.models import Campaign, Template
from channels.saved import TemplateError
from journeys import checks, editor, services, versions
from journeys.document import parse
from journeys.errors import JourneyError, PublishRefused
from journeys.models import Transition, Version
from tests.journeys.documents import email, journey, link
from tests.staff import person

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
HELLO = {"subject": "Hello", "text": "Welcome"}
ORDER = {"text": "Hi {{1}}, {{2}} is on its way.", "registration": {"id": "order", "language": "en"}}
VALUES = {"variables": ["Ann", "X1"]}

pytestmark = pytest.mark.django_db


def save(name: str = "Hello", channel: str = "email", content: dict[str, Any] | None = None) -> Template:
    return saved.create_template(name=name, channel=channel, given=content or HELLO, by=None, now=NOON)


def change(template: Template, content: dict[str, Any], name: str = "") -> Template:
    return saved.change_template(
        template_id=template.pk, name=name or template.name, given=content, seen=None, by=None, now=LATER
    )


def approved(**content: Any) -> Template:
    template = save("Order", "whatsapp", ORDER | content)
    return saved.judge_template(template_id=template.pk, approval="approved", by=None, now=NOON)


def naming(template: str = "Hello", kind: str = "email", name: str = "Abandoned cart", **config: Any) -> dict[str, Any]:
    """A document whose only message names a template."""
    nodes = [{"id": 1, "kind": kind, "config": {"template": template} | config}]
    return journey(name=name, nodes=nodes)


def draft(document: dict[str, Any]) -> Version:
    return services.create_journey(document=document, by=None, now=NOON)


def live(document: dict[str, Any]) -> Version:
    version = draft(document)
    return services.publish(version_id=version.pk, by=None, now=NOON)


def findings(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = checks.findings(parse(document), now=NOON, tz=ZoneInfo("UTC"))
    return [(it.code, it.field, it.message) for it in found if it.level == "error"]


def sent(version: Version, node: int = 1) -> Any:
    """What a node's campaign sends."""
    return Campaign.objects.get(pk=version.nodes.get(number=node).campaign_id)


# What is sent ------------------------------------------------------------------------------------------------------


def test_a_published_node_sends_its_templates_content_and_nothing_of_its_own() -> None:
    save()
    version = live(naming(content={"subject": "Mine", "text": "Mine", "cc": ["boss@example.com"]}))
    assert {"subject": "Hello", "text": "Welcome", "cc": []}.items() <= sent(version).content.items()
    [kept] = Version.objects.get().document["nodes"]
    assert (kept["config"]["template"], kept["config"]["content"]) == ("Hello", sent(version).content)
    assert version.nodes.get(number=1).config["content"] == sent(version).content


def test_a_draft_keeps_what_was_written_and_takes_the_template_when_it_is_published() -> None:
    template = save()
    version = draft(naming())
    assert Version.objects.get().document["nodes"][0]["config"] == {"template": "Hello"}
    change(template, HELLO | {"subject": "Newer"})
    services.publish(version_id=version.pk, by=None, now=NOON)
    assert sent(version).content["subject"] == "Newer"


def test_a_change_of_the_template_leaves_what_is_live_as_it_is() -> None:
    template = save()
    version = live(naming())
    change(template, HELLO | {"subject": "Newer"})
    assert (sent(version).content["subject"], sent(version).revision) == ("Hello", 1)


def test_saving_the_what_section_takes_the_template_as_it_is_now() -> None:
    template = save()
    version = live(naming())
    change(template, HELLO | {"subject": "Newer"})
    versions.edit(version_id=version.pk, node=1, config={"provider": None}, by=None, now=LATER)
    assert (sent(version).content["subject"], sent(version).revision) == ("Newer", 2)
    assert Version.objects.get().document["nodes"][0]["config"]["content"]["subject"] == "Newer"


def test_saving_another_node_does_not() -> None:
    template = save()
    mail = email(2)
    document = naming() | {"links": [link("entry", "yes", 1), link(1, "sent", 2)]}
    document["nodes"] += [mail]
    version = live(document)
    change(template, HELLO | {"subject": "Newer"})
    edited = Version.objects.get().document
    edited["nodes"][1]["config"]["content"] = {"subject": "Second", "text": "x"}
    versions.edit_document(version_id=version.pk, document=edited, by=None, now=LATER)
    assert [sent(version, node).content["subject"] for node in (1, 2)] == ["Hello", "Second"]
    kept = Version.objects.get().document["nodes"]
    assert [node["config"]["content"]["subject"] for node in kept] == ["Hello", "Second"]


def test_an_editor_that_still_shows_words_of_the_nodes_own_takes_nothing_anew() -> None:
    template = save()
    version = live(naming())
    change(template, HELLO | {"subject": "Newer"})
    shown = Version.objects.get().document
    shown["nodes"][0]["config"]["content"] = {"subject": "Mine", "text": "Mine"}
    versions.edit_document(version_id=version.pk, document=shown, by=None, now=LATER)
    assert (sent(version).content["subject"], sent(version).revision) == ("Hello", 1)
    assert Transition.objects.filter(action="edit").count() == 0


def test_a_live_node_takes_up_a_template_by_a_whole_document_too() -> None:
    save()
    version = live(journey())
    shown = Version.objects.get().document
    shown["nodes"][0]["config"]["template"] = "Hello"
    versions.edit_document(version_id=version.pk, document=shown, by=None, now=LATER)
    assert sent(version).content["text"] == "Welcome"
    del shown["nodes"][0]["config"]["template"]
    shown["nodes"][0]["config"]["content"] = {"subject": "Mine", "text": "Mine"}
    versions.edit_document(version_id=version.pk, document=shown, by=None, now=LATER)
    assert sent(version).content["text"] == "Mine"


def test_what_others_took_asks_for_no_rights_of_whoever_edits_another_node() -> None:
    template = save()
    nodes = [email(1, config={"template": "Hello"}), {"id": 2, "kind": "sms", "config": {"content": {"text": "Hi"}}}]
    version = live(journey(nodes=nodes, links=[link("entry", "yes", 1), link(1, "sent", 2)]))
    change(template, HELLO | {"subject": "Newer"})
    wim = User.objects.create(username="wim")
    wim.user_permissions.set(Permission.objects.filter(codename__in=["change_journey", "write_sms"]))
    versions.edit(version_id=version.pk, node=2, config={"content": {"text": "Ho"}}, by=wim, now=LATER)
    assert [sent(version).content["subject"], sent(version, 2).content["text"]] == ["Hello", "Ho"]


def test_a_variable_of_a_live_node_changes_with_the_rest_left_alone() -> None:
    approved()
    version = live(naming("Order", "whatsapp", content=VALUES))
    shown = Version.objects.get().document
    shown["nodes"][0]["config"]["content"] = {"variables": ["Ann", "X2"]}
    versions.edit_document(version_id=version.pk, document=shown, by=None, now=LATER)
    assert (sent(version).content["variables"], sent(version).content["text"]) == (["Ann", "X2"], ORDER["text"])
    assert [it[-1] for it in uses(Template.objects.get())] == [False]  # its variables are no part of the template


def test_a_node_that_makes_it_its_own_keeps_the_words_and_is_free_of_the_template() -> None:
    template = save()
    version = live(naming())
    versions.edit(version_id=version.pk, node=1, config={"template": None}, by=None, now=LATER)
    assert sent(version).content["subject"] == "Hello"
    assert template_uses.of(template) == []


def test_a_live_node_may_take_up_a_template_and_the_trail_tells_of_it() -> None:
    save()
    version = live(journey())
    versions.edit(version_id=version.pk, node=1, config={"template": "Hello"}, by=person("cora"), now=LATER)
    assert sent(version).content["text"] == "Welcome"
    act = Transition.objects.get(action="edit")
    assert act.changes["nodes[1].config.template"] == [None, "Hello"]
    assert act.changes["nodes[1].config.content.text"] == ["Your basket waits.", "Welcome"]


def test_variants_may_each_name_a_template() -> None:
    save()
    save("Bye", content=HELLO | {"subject": "Bye"})
    own = {"subject": "Own", "text": "x"}
    options = [
        {"template": "Hello", "percent": 50},
        {"template": "Bye", "percent": 30},
        {"content": own, "percent": 20},
    ]
    version = live(journey(nodes=[email(1, config={"variants": {"type": "split", "options": options}})]))
    taken = [option["content"]["subject"] for option in sent(version).variants["options"]]
    assert taken == ["Hello", "Bye", "Own"]


def test_a_template_of_whatsapp_is_sent_with_the_nodes_variables() -> None:
    approved()
    version = live(naming("Order", "whatsapp", content=VALUES | {"text": "Mine"}))
    assert sent(version).content | VALUES == sent(version).content
    assert sent(version).content["text"] == ORDER["text"]
    assert sent(version).content["registration"] == {"id": "order", "language": "en"}


def test_event_values_of_a_template_ask_for_an_event_like_those_of_a_message() -> None:
    save("Item", content=HELLO | {"subject": "{{ Event.item | default: 'it' }}"})
    entry = {
        "criteria": "past",
        "segment": {"kind": "past_behaviour", "rule": {"did": {"event": "Charged"}}},
        "timeline": {"once": "now"},
    }
    assert [code for code, *_ in findings(naming("Item") | {"entry": entry})] == ["K12"]
    version = live(naming("Item"))
    assert "Event" in version.nodes.get(number=1).config["content"]["subject"]  # by which stays carry their event


def test_words_of_ones_own_need_no_approval() -> None:
    assert findings(journey(nodes=[{"id": 1, "kind": "whatsapp", "config": {"content": {"text": "Hi"}}}])) == []
    version = live(
        journey(nodes=[{"id": 1, "kind": "whatsapp", "config": {"provider": None, "content": {"text": "Hi"}}}])
    )
    assert sent(version).content["text"] == "Hi"


# K11 ---------------------------------------------------------------------------------------------------------------


def test_a_template_that_is_not_there_is_an_error_that_says_what_to_do() -> None:
    [(code, field, message)] = findings(naming("Gone", content=HELLO))
    assert (code, field) == ("K11", "config.template")
    assert message.startswith("There is no template “Gone” for Email; choose one that is there, save it, or let ")


def test_a_template_of_another_channel_is_an_error() -> None:
    save("Text", "sms", {"text": "Hi"})
    save("Text", "rcs", {"text": "Hi"})
    [(code, field, message)] = findings(naming("Text", content=HELLO))
    assert (code, field) == ("K11", "config.template")
    assert message.startswith("“Text” is a template for ")
    assert "choose one for Email" in message


def test_an_archived_template_is_an_error() -> None:
    template = save()
    saved.archive_template(template_id=template.pk, at=NOON, by=None, now=NOON)
    [(code, field, message)] = findings(naming())
    assert (code, field) == ("K11", "config.template")
    assert message.startswith("The template “Hello” is archived; bring it back")


@pytest.mark.parametrize(("said", "words"), [("pending", "has not approved"), ("rejected", "rejected")])
def test_a_template_that_whatsapp_has_not_approved_is_an_error(said: str, words: str) -> None:
    template = save("Order", "whatsapp", ORDER)
    saved.judge_template(template_id=template.pk, approval=said, by=None, now=NOON)
    [(code, field, message)] = findings(naming("Order", "whatsapp", content=VALUES))
    assert (code, field) == ("K11", "config.template")
    assert f"WhatsApp {words}" in message


def test_a_missing_template_of_a_variant_is_named_at_its_place() -> None:
    options = [{"template": "Gone", "percent": 50, "content": HELLO}, {"content": HELLO, "percent": 50}]
    document = journey(nodes=[email(1, config={"variants": {"type": "split", "options": options}})])
    assert [it[:2] for it in findings(document)] == [("K11", "config.variants.options[0].template")]


@pytest.mark.parametrize(
    ("variables", "field"),
    [
        ([], "config.content.variables"),
        (["Ann"], "config.content.variables"),
        (["Ann", "X1", "more"], "config.content.variables"),
        (["Ann", " "], "config.content.variables[1]"),
        (["Ann", "{{ x | nofilter }}"], "config.content.variables[1]"),
    ],
)
def test_every_placeholder_needs_a_value_of_the_node(variables: list[str], field: str) -> None:
    approved()
    assert [it[:2] for it in findings(naming("Order", "whatsapp", content={"variables": variables}))] == [
        ("K12", field)
    ]


def test_a_message_of_the_nodes_own_cannot_pass_for_an_approved_template() -> None:
    document = journey(nodes=[{"id": 1, "kind": "whatsapp", "config": {"content": ORDER | VALUES}}])
    assert [it[:2] for it in findings(document)] == [("K11", "config.template")]


def test_what_is_wrong_with_a_template_at_this_node_is_told_at_its_name() -> None:
    save("Pop", "in_app", {"html": "<p>Hi</p>", "priority": 50})
    [(code, field, message)] = findings(naming("Pop", "in_app") | {"links": [link("entry", "yes", 1)]})
    assert (code, field) == ("K29", "config.template")
    assert message.endswith("That is in the template “Pop”.")


def test_checking_asks_for_templates_only_where_some_are_named() -> None:
    save()
    for document, asked in ((journey(), 0), (naming(), 2)):  # to fill, and to judge
        with CaptureQueriesContext(connection) as queries:
            checks.findings(parse(document), now=NOON, tz=ZoneInfo("UTC"))
        assert sum("channels_template" in it["sql"] for it in queries) == asked


def test_publishing_with_a_missing_template_is_refused_and_changes_nothing() -> None:
    version = draft(naming("Gone", content=HELLO))
    with pytest.raises(PublishRefused, match="There is no template “Gone”"):
        services.publish(version_id=version.pk, by=None, now=NOON)
    assert (Version.objects.get().status, Campaign.objects.count()) == ("draft", 0)


def test_export_import_and_clone_keep_the_name() -> None:
    save()
    version = live(naming())
    text = editor.write(Version.objects.get().document)
    assert editor.read(text)["nodes"][0]["config"]["template"] == "Hello"
    copy = versions.clone(version_id=version.pk, by=None, now=LATER)
    assert copy.document["nodes"][0]["config"]["template"] == "Hello"
    Template.objects.all().delete()  # as in another project
    assert [it[:2] for it in findings(editor.read(text))] == [("K11", "config.template")]


# Who uses it, and changes ------------------------------------------------------------------------------------------


def uses(template: Template) -> list[tuple[str, str, tuple[int, ...], bool, bool]]:
    return [(it.name, it.state, it.nodes, it.sends, it.differs) for it in template_uses.of(template)]


def test_a_template_knows_who_uses_it_and_who_sends_an_earlier_wording() -> None:
    template = save()
    live(naming(name="Live"))
    draft(naming(name="Draft"))
    paused = live(naming(name="Paused"))
    services.pause(version_id=paused.pk, by=None, now=NOON)
    stopped = live(naming(name="Stopped"))
    services.stop(version_id=stopped.pk, by=None, now=NOON, wait=True)
    draft(journey(name="Other"))
    save("Text", "sms", {"text": "Hello"})
    draft(naming("Text", "sms", name="Text"))
    draft(naming("Hello", "sms", name="Another channel's Hello"))
    assert uses(template) == [
        ("Live, version 1", "live", (1,), True, False),
        ("Draft, version 1", "draft", (1,), False, False),
        ("Paused, version 1", "paused", (1,), True, False),
    ]
    template = change(template, HELLO | {"subject": "Newer"})
    assert [it[-1] for it in uses(template)] == [True, False, True]


def test_users_are_asked_for_in_one_statement_however_many_templates_there_are() -> None:
    templates = [save(f"T{n}") for n in range(5)]
    for template in templates:
        draft(naming(template.name, name=template.name))
    with CaptureQueriesContext(connection) as queries:
        found = template_uses.users(templates)
    assert {template.pk: [it.name for it in found[template.pk]] for template in templates} == {
        template.pk: [f"{template.name}, version 1"] for template in templates
    }
    assert len(queries) == 1


def test_a_variants_template_is_used_too() -> None:
    template = save()
    options = [{"template": "Hello", "percent": 100}, {"content": HELLO, "percent": 0}]
    live(journey(nodes=[email(1, config={"variants": {"type": "split", "options": options}})]))
    assert uses(template) == [("Abandoned cart, version 1", "live", (1,), True, False)]
    change(template, HELLO | {"subject": "Newer"})
    template_uses.apply(Template.objects.get(), [Version.objects.get().pk], by=None, now=LATER)
    assert sent(Version.objects.get()).variants["options"][0]["content"]["subject"] == "Newer"


def test_a_change_is_applied_to_the_versions_that_are_chosen_and_recorded_as_an_edit() -> None:
    template = save()
    one, other = live(naming(name="One")), live(naming(name="Other"))
    template = change(template, HELLO | {"subject": "Newer"})
    cora = person("cora")
    assert template_uses.apply(template, [one.pk], by=cora, now=LATER) == 1
    assert [sent(it).content["subject"] for it in (one, other)] == ["Newer", "Hello"]
    act = Transition.objects.get(action="edit")
    assert (act.version_id, act.by, act.at) == (one.pk, cora, LATER)
    assert act.changes == {"nodes[1].config.content.subject": ["Hello", "Newer"]}
    assert template_uses.apply(template, [one.pk], by=cora, now=LATER) == 0  # twice changes nothing twice
    assert Transition.objects.filter(action="edit").count() == 1


def test_a_template_that_waits_for_approval_again_is_not_applied() -> None:
    template = approved()
    version = live(naming("Order", "whatsapp", content=VALUES))
    template = change(template, ORDER | {"text": "Dear {{1}}, {{2}} comes."})
    with pytest.raises(JourneyError, match="has not approved the template “Order” yet"):
        template_uses.apply(template, [version.pk], by=None, now=LATER)
    assert sent(version).content["text"] == ORDER["text"]


def test_of_several_versions_all_or_none_take_the_change() -> None:
    template = save()
    one, other = live(naming(name="One")), live(naming(name="Other"))
    services.stop(version_id=other.pk, by=None, now=NOON, wait=True)
    template = change(template, HELLO | {"subject": "Newer"})
    with pytest.raises(JourneyError, match="can be edited in part"):
        template_uses.apply(template, [one.pk, other.pk], by=None, now=LATER)
    assert sent(one).content["subject"] == "Hello"


@pytest.mark.parametrize("lacking", ["change_journey", "write_email"])
def test_whoever_may_not_edit_journeys_or_write_on_the_channel_applies_nothing(lacking: str) -> None:
    template = save()
    version = live(naming())
    template = change(template, HELLO | {"subject": "Newer"})
    wim = User.objects.create(username="wim")
    rights = {"change_journey", "write_email"} - {lacking}
    wim.user_permissions.set(Permission.objects.filter(codename__in=rights))
    with pytest.raises(JourneyError) as refused:
        template_uses.apply(template, [version.pk], by=wim, now=LATER)
    assert refused.value.code == "forbidden"
    assert sent(version).content["subject"] == "Hello"


def test_a_name_that_is_used_stays() -> None:
    template = save()
    draft(naming())
    with pytest.raises(TemplateError, match="is used by “Abandoned cart, version 1” \\(draft\\)") as refused:
        change(template, HELLO, name="Hi")
    assert (refused.value.code, Template.objects.get().name) == ("template_used", "Hello")


def test_a_default_that_came_later_is_no_difference() -> None:
    template = save()
    version = live(naming())
    document = Version.objects.get().document
    del document["nodes"][0]["config"]["content"]["bcc"]  # as published before there were any
    Version.objects.filter(pk=version.pk).update(document=document)
    assert [it[-1] for it in uses(template)] == [False]
