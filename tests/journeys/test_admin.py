"""Journeys and people in the back office: what is shown, what may be done, and what is said about it."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages

from config.lib import lanes, sql
from journeys import editor, people, services
from journeys.models import Journey, Status, Transition, Version
from profiles import identities
from segments import services as lists
from segments import usage
from tests.journeys import counting
from tests.journeys.documents import email, journey, link
from tests.staff import person, signed_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LIST = "/admin/journeys/journey/"


@pytest.fixture
def draft(db: None) -> Callable[..., Version]:
    """Make a draft."""

    def draft(name: str = "Cart", **changes: Any) -> Version:
        return services.create_journey(document=journey(name=name, **changes), by=None, now=NOON)

    return draft


@pytest.fixture
def live(draft: Callable[..., Version]) -> Callable[..., Version]:
    """Make a journey that is live."""

    def live(name: str = "Cart", **changes: Any) -> Version:
        return services.publish(version_id=draft(name, **changes).pk, by=None, now=NOON)

    return live


def page_of(version: Version) -> str:
    return f"{LIST}{version.journey_id}/change/"


def state(version: Version) -> str:
    return Version.objects.get(pk=version.pk).status


def said(answer: Any) -> list[str]:
    """The sentences that the next page shows."""
    return [str(message) for message in get_messages(answer.wsgi_request)]


def tally(version: Version, node: int, metric: str, value: int) -> None:
    """One counter of today."""
    counting.tally(version, node, metric, value, NOON.date())


def posted(version: Version, wish: str, text: str, who: str = "cora") -> Any:
    """Press a button of the editor."""
    fields = {"wish": wish, "text": text, "seen": editor.digest(Version.objects.get(pk=version.pk).document)}
    return signed_in(who).post(page_of(version), fields)


# The list ---------------------------------------------------------------------------------------------------------


def rows(page: str) -> list[str]:
    """The names in the list, in order."""
    return re.findall(r'<strong class="block font-normal">([^<]*)</strong>\s*<p class="text-base-500">\s*#', page)


def test_a_row_shows_the_latest_versions_numbers(live: Callable[..., Version]) -> None:
    cart = live("Cart")
    for node, metric, value in [
        (0, "qualified", 2000),
        (0, "entered", 1250),
        (1, "exited:completed", 20),
        (1, "exited_before:journey_timeout", 30),
    ]:
        tally(cart, node, metric, value)
    page = signed_in("mia").get(LIST).content.decode()
    assert rows(page) == ["Cart"]
    for field, shown in [
        ("entered", "1,250"),
        ("timed_out", "30"),
        ("goals", "0"),
        ("rate", "1.0\N{NO-BREAK SPACE}%"),
        ("versions", "1"),
    ]:
        assert re.search(rf"field-{field}\b[^>]*>\s*{shown}\s*<", page), field
    assert f"#{cart.journey_id}" in page


def test_the_numbers_take_the_same_statements_for_one_journey_and_for_twenty(live: Callable[..., Version]) -> None:
    client = signed_in("mia")
    live("Only")
    client.get(LIST)
    with sql.counting() as one:
        client.get(LIST)
    for number in range(19):
        live(f"Journey {number}")
    with sql.counting() as many:
        assert len(rows(client.get(LIST).content.decode())) == 20
    assert int(many) == int(one)


def test_twenty_make_a_page(draft: Callable[..., Version]) -> None:
    for number in range(21):
        draft(f"Journey {number:02}")
    client = signed_in("mia")
    assert len(rows(client.get(LIST).content.decode())) == 20
    assert len(rows(client.get(f"{LIST}?p=2").content.decode())) == 1


def test_journeys_are_found_by_name_or_id(draft: Callable[..., Version]) -> None:
    draft("Welcome"), draft("Cart")
    third = draft("Third")
    client = signed_in("mia")
    for query, found in [
        ("welc", ["Welcome"]),
        (str(third.journey_id), ["Third"]),
        (f"%23{third.journey_id}", ["Third"]),
    ]:
        assert rows(client.get(f"{LIST}?q={query}").content.decode()) == found
    assert client.get(f"{LIST}?q=99999999999999999999").status_code == 200


def test_the_list_is_filtered_by_state_and_entry(draft: Callable[..., Version], live: Callable[..., Version]) -> None:
    draft("Idea"), live("Cart")
    client = signed_in("mia")
    assert rows(client.get(f"{LIST}?state=live").content.decode()) == ["Cart"]
    assert rows(client.get(f"{LIST}?state=draft").content.decode()) == ["Idea"]
    assert rows(client.get(f"{LIST}?entry=past").content.decode()) == []


def test_every_column_sorts(live: Callable[..., Version]) -> None:
    small, large = live("Small"), live("Large")
    tally(small, 0, "entered", 5)
    tally(small, 0, "qualified", 1000)
    tally(large, 0, "entered", 500)
    tally(large, 0, "qualified", 500)
    tally(large, 1, "exited:goal_1", 400)
    tally(large, 1, "exited:completed", 90)
    tally(large, 1, "exited_before:journey_timeout", 9)
    client = signed_in("cora")  # whose first column is the tick box
    for column in range(1, 12):
        for sign in ("", "-"):
            assert len(rows(client.get(f"{LIST}?o={sign}{column}").content.decode())) == 2, column
    for column, falling in [(6, "goals"), (7, "entered"), (8, "timed out"), (9, "rate")]:
        for sign, order in (("", ["Small", "Large"]), ("-", ["Large", "Small"])):
            assert rows(client.get(f"{LIST}?o={sign}{column}").content.decode()) == order, falling


# Moves ------------------------------------------------------------------------------------------------------------


def test_a_mixed_lot_is_paused_where_possible_and_the_rest_is_named_with_the_reason(
    draft: Callable[..., Version], live: Callable[..., Version]
) -> None:
    idea, cart, welcome = draft("Idea"), live("Cart"), live("Welcome")
    chosen = [version.journey_id for version in (idea, cart, welcome)]
    client, asked = signed_in("cora"), {"action": "pause_journeys", "_selected_action": chosen}
    page = client.post(LIST, asked).content.decode()
    assert "Will be left as it is: a journey that is draft cannot be paused." in page
    assert state(cart) == "live"
    answer = client.post(LIST, asked | {"confirmed": "1"})
    assert [state(version) for version in (idea, cart, welcome)] == ["draft", "paused", "paused"]
    assert said(answer) == [
        "Paused: “Welcome” and “Cart”.",
        "“Idea” was not paused: Only a live or scheduled journey can be paused; this one is draft.",
    ]


def test_stopping_several_asks_first_and_says_how_many_are_inside(
    draft: Callable[..., Version], live: Callable[..., Version]
) -> None:
    idea, cart = draft("Idea"), live("Cart")
    tally(cart, 0, "entered", 1234)
    client = signed_in("cora")
    asked = {"action": "stop_journeys", "_selected_action": [idea.journey_id, cart.journey_id], "select_across": "0"}
    page = client.post(LIST, asked).content.decode()
    assert "1,234 people are inside." in page
    assert "Will be left as it is: a journey that is draft cannot be stopped." in page
    assert state(cart) == "live"
    client.post(LIST, asked | {"confirmed": "1"})
    assert (state(idea), state(cart)) == ("draft", "stopped")


@pytest.mark.parametrize(
    ("move", "before", "after"),
    [
        ("pause", "live", "paused"),
        ("resume", "paused", "live"),
        ("stop", "live", "stopped"),
        ("publish", "draft", "live"),
    ],
)
def test_each_move_asks_on_a_page_and_acts_when_that_is_posted(
    draft: Callable[..., Version], move: str, before: str, after: str
) -> None:
    version = draft()
    if before != "draft":
        services.publish(version_id=version.pk, by=None, now=NOON)
    if before == "paused":
        services.pause(version_id=version.pk, by=None, now=NOON)
    client = signed_in("cora")
    address = f"{LIST}{version.journey_id}/{move}/"
    assert f"Yes, {move}" in client.get(address).content.decode()
    assert state(version) == before
    assert client.post(address)["Location"] == page_of(version)
    assert state(version) == after
    assert Transition.objects.latest("pk").by == person("cora")


def test_a_live_journey_is_revised_and_its_new_version_published_after_a_question(
    live: Callable[..., Version],
) -> None:
    version = live()
    client = signed_in("cora")
    assert client.post(f"{LIST}{version.journey_id}/revise/")["Location"] == page_of(version)
    draft = Version.objects.latest("pk")
    assert (draft.number, draft.status) == (2, "draft")
    publish = f"{LIST}{version.journey_id}/publish/"
    assert client.post(publish)["Location"] == publish  # without a choice it asks
    page = client.get(publish).content.decode()
    assert "What becomes of version 1?" in page
    assert "Everyone inside it is exited now; the new version starts two hours later." in page
    client.post(publish, {"previous": "restrict"})
    assert (state(version), state(draft)) == ("versioned", "live")


def test_saving_and_publishing_a_new_version_leads_to_the_question(live: Callable[..., Version]) -> None:
    version = live()
    signed_in("cora").post(f"{LIST}{version.journey_id}/revise/")
    draft = Version.objects.latest("pk")
    answer = posted(draft, "publish", editor.write(draft.document))
    assert answer["Location"] == f"{LIST}{version.journey_id}/publish/"
    assert (state(version), state(draft)) == ("live", "draft")


def test_beside_its_draft_a_live_version_can_still_be_paused(live: Callable[..., Version]) -> None:
    version = live()
    client = signed_in("cora")
    client.post(f"{LIST}{version.journey_id}/revise/")
    pause = f"{LIST}{version.journey_id}/pause/"
    assert f'action="{pause}"' in client.get(f"{page_of(version)}?version=1").content.decode()
    assert f'action="{pause}"' not in client.get(page_of(version)).content.decode()
    client.post(pause)
    assert state(version) == "paused"


def test_where_approval_is_on_a_draft_is_put_forward_and_published_by_somebody_else(
    draft: Callable[..., Version], settings: Any
) -> None:
    settings.APPROVAL = True
    version = draft()
    cora, apo = signed_in("cora"), signed_in("apo")
    ask = f"{LIST}{version.journey_id}/ask/"
    assert "Ask for approval" in cora.get(page_of(version)).content.decode()
    assert apo.post(ask).status_code == 403
    cora.post(ask)
    assert "cora asked for this draft to be approved" in apo.get(page_of(version)).content.decode()
    assert "somebody else has to publish it" in said(cora.post(f"{LIST}{version.journey_id}/publish/"))[-1]
    apo.post(f"{LIST}{version.journey_id}/publish/")
    assert state(version) == "live"


def test_without_approval_nobody_is_asked(draft: Callable[..., Version]) -> None:
    assert "Ask for approval" not in signed_in("cora").get(page_of(draft())).content.decode()


def test_a_clone_leads_to_the_new_journey(live: Callable[..., Version]) -> None:
    version = live("Cart")
    answer = signed_in("cora").post(f"{LIST}{version.journey_id}/clone/")
    made = Version.objects.latest("pk")
    assert (made.journey.name, made.status) == ("Clone of Cart", "draft")
    assert answer["Location"] == page_of(made)


def test_an_archived_journey_leaves_the_list_until_it_is_asked_for_or_brought_back(
    draft: Callable[..., Version], live: Callable[..., Version]
) -> None:
    idea, cart = draft("Idea"), live("Cart")
    client = signed_in("cora")
    chosen = [idea.journey_id, cart.journey_id]
    answer = client.post(LIST, {"action": "archive_journeys", "_selected_action": chosen, "confirmed": "1"})
    assert said(answer) == [
        "Archived: “Idea”.",
        "“Cart” was not archived: Version 1 is live; pause or stop it before you archive the journey.",
    ]
    assert rows(client.get(LIST).content.decode()) == ["Cart"]
    assert rows(client.get(f"{LIST}?state=archived").content.decode()) == ["Idea"]
    assert "readonly" in client.get(page_of(idea)).content.decode()
    client.post(f"{LIST}{idea.journey_id}/unarchive/")
    assert rows(client.get(LIST).content.decode()) == ["Cart", "Idea"]


@pytest.mark.parametrize("move", ["publish", "pause", "resume", "stop", "revise", "clone", "archive", "unarchive"])
def test_a_member_neither_sees_a_move_nor_gets_through_with_it(live: Callable[..., Version], move: str) -> None:
    version = live()
    client = signed_in("mia")
    page = client.get(page_of(version)).content.decode() + client.get(LIST).content.decode()
    assert f"{version.journey_id}/{move}/" not in page
    assert f"{move}_journeys" not in page
    address = f"{LIST}{version.journey_id}/{move}/"
    assert client.get(address).status_code == 403
    assert client.post(address).status_code == 403
    client.post(LIST, {"action": f"{move}_journeys", "_selected_action": [version.journey_id], "confirmed": "1"})
    assert state(version) == "live"
    assert Transition.objects.filter(by=person("mia")).count() == 0


def test_an_approver_publishes_but_does_not_edit(draft: Callable[..., Version]) -> None:
    version = draft()
    page = signed_in("apo").get(page_of(version)).content.decode()
    assert "readonly" in page
    assert "Save draft" not in page
    assert posted(version, "save", "name: Mine", who="apo").status_code == 403
    signed_in("apo").post(f"{LIST}{version.journey_id}/publish/")
    assert state(version) == "live"


def test_a_move_that_is_refused_says_why(draft: Callable[..., Version]) -> None:
    version = draft(links=[])
    answer = signed_in("cora").post(f"{LIST}{version.journey_id}/publish/")
    assert said(answer) == [
        "“Cart” was not published: This journey cannot be published yet: "
        "Nothing follows the entry; draw a link from it to the first node."
    ]


def test_a_draft_is_deleted_with_its_journey_and_a_live_one_is_not(
    draft: Callable[..., Version], live: Callable[..., Version]
) -> None:
    idea, cart = draft("Idea"), live("Cart")
    client = signed_in("cora")
    for version in (idea, cart):
        client.post(f"{LIST}{version.journey_id}/delete-draft/")
    assert list(Journey.objects.values_list("name", flat=True)) == ["Cart"]
    assert client.get(f"{LIST}{cart.journey_id}/delete/").status_code == 403


# The editor -------------------------------------------------------------------------------------------------------


def test_a_new_journey_starts_from_the_example_and_is_saved(db: None) -> None:
    client = signed_in("cora")
    assert "Abandoned cart" in client.get(f"{LIST}add/?text").content.decode()
    answer = client.post(f"{LIST}add/", {"wish": "save", "text": editor.EXAMPLE.replace("\n", "\r\n")})
    version = Version.objects.get()
    assert answer["Location"] == page_of(version)
    assert (version.status, version.created_by, version.journey.name) == ("draft", person("cora"), "Abandoned cart")
    assert "\r" not in version.document["nodes"][0]["config"]["content"]["html"]


def test_save_and_publish_does_both(db: None) -> None:
    answer = signed_in("cora").post(f"{LIST}add/", {"wish": "publish", "text": editor.EXAMPLE})
    version = Version.objects.get()
    assert (version.status, version.published_by) == ("live", person("cora"))
    assert said(answer) == ["“Abandoned cart” is published."]


def test_checking_changes_nothing_and_keeps_what_was_typed(draft: Callable[..., Version]) -> None:
    version = draft()
    page = posted(version, "check", "name: New name\nlinks: [{from: entry, via: 'yes', to: 9}]\n").content.decode()
    assert "name: New name" in page
    assert "Not saved yet" in page
    assert 'data-line="2" data-level="error"' in page
    assert Version.objects.get().document["name"] == "Cart"


def test_findings_name_code_place_and_line(draft: Callable[..., Version]) -> None:
    version = draft(nodes=[email(1, config={"content": {"subject": "", "text": "Hi"}})])
    text = editor.write(version.document)
    page = posted(version, "publish", text).content.decode()
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "subject" in each)
    assert f'data-line="{line}"' in page
    assert "K12" in page
    assert f"node 1, config.content.subject, line {line}" in page
    assert state(version) == "draft"


def test_a_text_that_cannot_be_read_stays_with_the_line_that_is_wrong(draft: Callable[..., Version]) -> None:
    version = draft()
    for wish in ("check", "save", "publish"):
        page = posted(version, wish, "name: A\nnodes: [").content.decode()
        assert "nodes: [" in page
        assert 'data-line="2"' in page
    assert Version.objects.get().document["name"] == "Cart"


def test_saving_over_what_somebody_else_saved_meanwhile_is_refused(draft: Callable[..., Version]) -> None:
    version = draft()
    seen = editor.digest(version.document)
    services.save_draft(version_id=version.pk, document=journey(name="Theirs"), by=None, now=NOON)
    fields = {"wish": "save", "text": "name: Mine", "seen": seen}
    page = signed_in("cora").post(page_of(version), fields).content.decode()
    assert "Somebody else saved this draft" in page
    assert "name: Mine" in page
    assert Version.objects.get().document["name"] == "Theirs"


def test_of_a_live_version_only_what_is_sent_can_be_saved(live: Callable[..., Version]) -> None:
    version = live()
    page = signed_in("cora").get(page_of(version)).content.decode()
    assert "Save changes" in page
    assert "Save and publish" not in page
    changed = editor.write(version.document | {"nodes": [email(1, config={"content": {"subject": "Hi", "text": "x"}})]})
    assert posted(version, "save", changed)["Location"] == f"{page_of(version)}?version=1"
    assert Version.objects.get().document["nodes"][0]["config"]["content"]["subject"] == "Hi"
    for text, sentence in [
        (changed.replace("timeout: P30D", "timeout: P9D"), "“timeout” was changed, which needs a new version"),
        (changed.replace("id: 1", "id: 2").replace("to: 1", "to: 2"), "“nodes” was changed"),
        (changed.replace("subject: Hi", "subject: ''"), "The e-mail has no subject."),
        ("name: [", "line 1"),
    ]:
        answer = posted(version, "save", text).content.decode()
        assert sentence in html.unescape(answer), text
        assert html.escape(text.splitlines()[0], quote=False) in answer  # what was typed stays
    assert Version.objects.get().document["nodes"][0]["config"]["content"]["subject"] == "Hi"


def test_a_stopped_version_is_read_only(live: Callable[..., Version]) -> None:
    version = live()
    services.stop(version_id=version.pk, by=None, now=NOON, wait=True)
    page = signed_in("cora").get(page_of(version)).content.decode()
    assert "a published version does not change" in page
    assert 'value="save"' not in page
    assert "Only a draft can be edited" in posted(version, "save", "name: Changed").content.decode()
    assert Version.objects.get().document["name"] == "Cart"


def test_markup_in_a_document_is_text(draft: Callable[..., Version]) -> None:
    version = draft("<script>alert(1)</script>", nodes=[email(1, name="</textarea><script>alert(2)</script>")])
    for address in (page_of(version), LIST, f"{LIST}{version.journey_id}/publish/", "/admin/"):
        page = signed_in("cora").get(address).content.decode()
        assert "<script>alert" not in page, address


def test_the_page_shows_nodes_transitions_and_the_schedule(live: Callable[..., Version]) -> None:
    version = live(nodes=[email(1, name="Hello")], links=[link("entry", "yes", 1)])
    tally(version, 0, "entered", 10)
    tally(version, 1, "arrived", 9)
    tally(version, 1, "left:sent", 4)
    tally(version, 1, "sent", 7)
    page = signed_in("mia").get(page_of(version)).content.decode()
    for shown in ("1 · Hello", "sent 4", "sent 7", "Publish", "draft → live", "<svg"):
        assert shown in page
    assert signed_in("mia").get(f"{page_of(version)}?version=7").status_code == 404
    assert signed_in("mia").get(f"{LIST}99999999999/change/").status_code == 404


# People -----------------------------------------------------------------------------------------------------------


def ann() -> int:
    """Ann, found by her identity and her address."""
    profile_id = identities.resolve(["ann"], create=True, now=NOON)["ann"]
    sql.run(
        """UPDATE profiles_profile SET name = 'Ann', email = 'ann@example.com',
                  properties = '{"plan": "<script>alert(1)</script>"}' WHERE id = %(id)s AND lane = %(lane)s""",
        {"id": profile_id, "lane": lanes.of(profile_id)},
    )
    sql.run(
        "INSERT INTO profiles_identity VALUES ('ann@example.com', 'email', %(lane)s, %(id)s)",
        {"id": profile_id, "lane": lanes.of(profile_id)},
    )
    return profile_id


def happen(profile_id: int, version: Version, *, at: datetime, step: str) -> None:
    """One event, and one move a second later."""
    params = {"lane": lanes.of(profile_id), "profile": profile_id, "at": at, "later": at + timedelta(seconds=1)}
    sql.run(
        """INSERT INTO profiles_event (lane, id, profile_id, type_id, at, received_at, source, properties)
           SELECT %(lane)s, nextval('profiles_event_id_seq'), %(profile)s, id, %(at)s, %(at)s, 'api',
                  '{"<b>size</b>": "<img src=x onerror=alert(1)>"}'
             FROM profiles_eventtype WHERE key = 'addedtocart'""",
        params,
    )
    sql.run(
        """INSERT INTO journeys_step (lane, profile_id, journey_id, version_id, at, what, node)
           VALUES (%(lane)s, %(profile)s, %(journey)s, %(version)s, %(later)s, %(step)s, 1)""",
        params | {"journey": version.journey_id, "version": version.pk, "step": step},
    )


def test_people_are_found_by_what_identifies_them_and_by_number(db: None) -> None:
    number = ann()
    client = signed_in("mia")
    for query in ("ann", "ANN@example.com", f"%23{number}"):
        assert (
            f"/admin/profiles/profile/{number}/change/"
            in client.get(f"/admin/profiles/profile/?q={query}").content.decode()
        )
    for query in ("an", "%00", "%23x", "bob"):
        assert "Nobody has this value" in client.get(f"/admin/profiles/profile/?q={query}").content.decode()


def test_the_newest_people_come_a_page_at_a_time_in_one_statement_each(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = identities.resolve([f"p{number}" for number in range(7)], create=True, now=NOON)
    newest_first = sorted(found.values(), reverse=True)
    with sql.counting() as count:
        assert [it.id for it in people.newest(limit=4)] == newest_first[:4]
        assert [it.id for it in people.newest(before=newest_first[3], limit=4)] == newest_first[4:]
    assert int(count) == 2
    monkeypatch.setattr(people, "PAGE", 4)
    client = signed_in("mia")
    assert f"?before={newest_first[3]}" in client.get("/admin/profiles/profile/").content.decode()


def test_a_persons_story_is_events_and_moves_in_time_order(live: Callable[..., Version]) -> None:
    number, version = ann(), live()
    happen(number, version, at=NOON, step="entered")
    happen(number, version, at=NOON + timedelta(minutes=1), step="arrived")
    story = people.timeline(number, before=NOON + timedelta(days=1))
    assert [(moment.kind, moment.title) for moment in story] == [
        ("step", "Arrived 1 email"),
        ("event", "Added To Cart"),
        ("step", "Entered 1 email"),
        ("event", "Added To Cart"),
    ]


def test_a_long_story_is_paged_without_loss_even_within_one_instant(live: Callable[..., Version]) -> None:
    number, version = ann(), live()
    for minute in (0, 0, 0, 1, 2):
        happen(number, version, at=NOON + timedelta(minutes=minute), step="arrived")
    seen, before = [], NOON + timedelta(days=1)
    while page := people.timeline(number, before=before, limit=2):
        seen += page
        before = page[-1].at
    assert len(seen) == 10
    assert seen == sorted(seen, key=lambda moment: moment.at, reverse=True)


def test_what_people_upload_is_shown_as_text(live: Callable[..., Version]) -> None:
    number, version = ann(), live()
    happen(number, version, at=NOON, step="entered")
    page = signed_in("mia").get(f"/admin/profiles/profile/{number}/change/").content.decode()
    assert "Added To Cart" in page
    assert "<img src=x" not in page
    assert "<script>alert" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def holding_march() -> list[str]:
    return [use.name for use in usage.holders("list", "March")]


def test_a_list_that_a_live_journey_uses_may_not_change(draft: Callable[..., Version]) -> None:
    target = lists.create_list(name="March", now=NOON)
    entry = {"criteria": "past", "segment": {"kind": "custom_list", "list": "March"}, "timeline": {"once": "now"}}
    version = draft("Shops", entry=entry)
    assert holding_march() == []
    services.publish(version_id=version.pk, by=None, now=NOON)
    assert holding_march() == ["Shops"]
    client = signed_in("cora")
    page = client.get(f"/admin/segments/list/{target.pk}/change/").content.decode()
    assert "used by the journey “Shops” (live)" in page
    services.stop(version_id=version.pk, by=None, now=NOON, wait=True)
    assert holding_march() == []


def test_states_of_the_list_are_those_of_the_model() -> None:
    from journeys.admin.listing import STATE_COLOURS

    assert set(STATE_COLOURS) == set(Status.values)
