"""New versions, copies, partial edits, the archive, many at once: what is done, recorded, refused (domain 2.3, 2.5)."""

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection

from channels.models import Campaign, Provider
from config.lib import sql
from journeys import bulk, schedule, selectors, services, versions
from journeys.document import DocumentError
from journeys.engine.account import Account
from journeys.engine.pump import pump
from journeys.errors import JourneyError, PublishRefused
from journeys.models import Journey, Link, Node, Run, Transition, Version
from profiles.accept import accept
from tests.journeys.documents import MAIL, action, email, journey, link, live, past

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)  # a Tuesday
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
UTC_ACCOUNT = Account(ZoneInfo("UTC"), 0)

pytestmark = pytest.mark.django_db


@pytest.fixture
def published():
    """Make and publish a document at noon."""

    def make(**changes):
        version = services.create_journey(document=journey(**changes), by=None, now=NOON)
        return services.publish(version_id=version.pk, by=None, now=NOON)

    return make


@pytest.fixture
def in_state(published):
    """The only version of a journey, brought to a state by the services alone, at noon."""

    def make(state):
        if state == "draft":
            return services.create_journey(document=journey(), by=None, now=NOON)
        version = published(entry=live({"start": "2026-03-03T13:00"}) if state == "scheduled" else live())
        match state:
            case "paused":
                services.pause(version_id=version.pk, by=None, now=NOON)
            case "completed":
                services.complete(version, now=NOON)
            case "versioned":
                enroll(version, 1)
                services.restrict(version, by=None, now=NOON)
            case "stopped":
                services.stop(version_id=version.pk, by=None, now=NOON, wait=True)
            case "archived":
                services.stop(version_id=version.pk, by=None, now=NOON, wait=True)
                services.archive(journey_id=version.journey_id, by=None, now=NOON)
        fresh = Version.objects.get(pk=version.pk)
        assert fresh.status == state
        return fresh

    return make


STATES = ("draft", "scheduled", "live", "paused", "completed", "versioned", "stopped", "archived")


def enroll(version, *profiles):
    """People inside, at node 1, as the engine writes them."""
    columns = (
        "lane", "profile_id", "journey_id", "version_id", "phase", "node", "visit", "entered_at", "arrived_at",
        "heard_at", "heard_id", "entry_at", "entry_id",
    )  # fmt: skip
    sql.copy(
        "journeys_enrollment",
        columns,
        [(p % 64, p, version.journey_id, version.pk, "waiting", 1, 1, NOON, NOON, NOON, 0, NOON, 0) for p in profiles],
    )
    tally = [(p % 64, version.pk, 0, "entered", NOON.date(), 1) for p in profiles]
    sql.copy("journeys_tally", ("lane", "version_id", "node", "metric", "day", "value"), tally)


def inside(version):
    """Who is inside, by profile."""
    rows = sql.rows(
        "SELECT profile_id FROM journeys_enrollment WHERE version_id = %(v)s AND phase <> 'exited' ORDER BY 1",
        {"v": version.pk},
    )
    return [profile for (profile,) in rows]


def user(*permissions):
    """Somebody with just these permissions on versions and journeys, who may write e-mail."""
    person = User.objects.create(username="ann")
    person.user_permissions.set(Permission.objects.filter(codename__in=(*permissions, "write_email")))
    return person


def history(version):
    return [(it.action, it.source, it.target, it.by and it.by.username, it.at) for it in version.transitions.all()]


def states(version):
    """The states of all versions of a journey, by number."""
    return dict(Version.objects.filter(journey=version.journey_id).values_list("number", "status"))


def state():
    """All that a refused action could have changed."""
    tables = (Journey, Version, Node, Link, Transition, Run, Campaign)
    return {table.__name__: list(table.objects.order_by("pk").values()) for table in tables}


# Drafts of published versions -------------------------------------------------------------------------------------


def test_a_draft_of_a_published_version_holds_its_document_and_says_where_it_came_from(published):
    version, ann = published(), user("change_journey")
    made = versions.draft(version_id=version.pk, by=ann, now=NOON + HOUR)
    assert (made.number, made.status, made.document, made.created_by, made.created_at) == (
        2, "draft", version.document, ann, NOON + HOUR,
    )  # fmt: skip
    assert [(it.action, it.changes) for it in made.transitions.all()] == [
        ("draft", {"copied from": [None, "version 1"]})
    ]
    assert states(version) == {1: "live", 2: "draft"}


def test_a_journey_has_one_draft_and_another_takes_its_place(published):
    version = published()
    first = versions.draft(version_id=version.pk, document=journey(name="First"), by=None, now=NOON)
    second = versions.draft(version_id=version.pk, document=journey(name="Second"), by=None, now=NOON + HOUR)
    assert (first.pk, first.number) == (second.pk, second.number)
    assert Version.objects.get(pk=first.pk).document["name"] == "Second"
    assert Journey.objects.get(pk=version.journey_id).name == "Second"


@pytest.mark.parametrize("status", STATES)
def test_in_which_states_a_version_can_become_a_new_one(in_state, status):
    version = in_state(status)
    before = state()
    if status in ("draft", "scheduled", "archived"):
        with pytest.raises(JourneyError, match=rf"^Only a version .*; this one is {status}\.$"):
            versions.draft(version_id=version.pk, by=None, now=NOON)
        assert state() == before
    else:
        assert versions.draft(version_id=version.pk, by=None, now=NOON).number == 2


def test_a_discarded_draft_gives_its_number_back(published):
    version = published()
    made = versions.draft(version_id=version.pk, by=None, now=NOON)
    services.delete_draft(version_id=made.pk, by=None, now=NOON)
    assert versions.draft(version_id=version.pk, by=None, now=NOON).number == 2


def test_a_journey_has_ten_versions_and_then_only_clones(published):
    version = published()
    for number in range(2, 11):
        made = versions.draft(version_id=version.pk, by=None, now=NOON)
        assert made.number == number
        version = services.publish(version_id=made.pk, by=None, now=NOON, previous="restrict")
    before = state()
    with pytest.raises(JourneyError, match="at most 10 versions") as refused:
        versions.draft(version_id=version.pk, by=None, now=NOON)
    assert [finding.code for finding in refused.value.findings] == ["K21"]
    assert state() == before
    assert versions.clone(version_id=version.pk, by=None, now=NOON).number == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_make_a_new_version_at_once_make_one_draft(published):
    version = published()
    together, numbers = threading.Barrier(2), []

    def attempt():
        try:
            together.wait()
            numbers.append(versions.draft(version_id=version.pk, by=None, now=NOON).number)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers == [2, 2]
    assert states(version) == {1: "live", 2: "draft"}


# Publishing over a version ----------------------------------------------------------------------------------------


@pytest.fixture
def followed(in_state):
    """A version in a state, with a draft that follows it."""

    def make(status):
        version = in_state(status)
        enroll(version, 5)
        return version, versions.draft(version_id=version.pk, by=None, now=NOON)

    return make


@pytest.mark.parametrize(
    ("status", "previous", "then", "now_is"),
    [
        ("live", "restrict", "versioned", "live"),
        ("paused", "restrict", "versioned", "live"),
        ("live", "stop", "stopped", "scheduled"),
        ("paused", "stop", "stopped", "scheduled"),
        ("completed", "restrict", "completed", "live"),
        ("completed", "stop", "stopped", "scheduled"),
        ("completed", None, "completed", "live"),
        ("stopped", None, "stopped", "live"),
        ("stopped", "stop", "stopped", "live"),
        ("versioned", None, "versioned", "live"),
        ("versioned", "stop", "versioned", "live"),
    ],
)
def test_what_becomes_of_the_version_before(followed, status, previous, then, now_is):
    version, draft = followed(status)
    services.publish(version_id=draft.pk, by=None, now=NOON + HOUR, previous=previous, wait=True)
    assert states(version) == {1: then, 2: now_is}
    assert (5 in inside(version)) == (then != "stopped" or status == "stopped")


@pytest.mark.parametrize("status", ["live", "paused"])
def test_without_saying_what_becomes_of_a_running_version_nothing_is_published(followed, status):
    _, draft = followed(status)
    before = state()
    with pytest.raises(JourneyError, match=f"Version 1 is {status}; say what becomes of it") as refused:
        services.publish(version_id=draft.pk, by=None, now=NOON)
    assert refused.value.code == "previous"
    assert state() == before


def test_findings_are_told_before_anything_is_asked(published):
    draft = versions.draft(version_id=published().pk, document=journey(name=""), by=None, now=NOON)
    with pytest.raises(PublishRefused):
        services.publish(version_id=draft.pk, by=None, now=NOON)
    assert states(draft) == {1: "live", 2: "draft"}


def test_stopping_the_version_before_is_recorded_and_gives_two_hours(published):
    version, ann = published(), user("publish_version")
    draft = versions.draft(version_id=version.pk, by=None, now=NOON)
    services.publish(version_id=draft.pk, by=ann, now=NOON + HOUR, previous="stop", wait=True)
    assert history(version)[-1] == ("stop", "live", "stopped", "ann", NOON + HOUR)
    assert history(draft)[-1] == ("publish", "draft", "scheduled", "ann", NOON + HOUR)
    assert Version.objects.get(pk=draft.pk).start_at == NOON + 3 * HOUR
    schedule.clock(NOON + 3 * HOUR - timedelta(seconds=1))
    assert states(version) == {1: "stopped", 2: "scheduled"}
    schedule.clock(NOON + 3 * HOUR)
    assert states(version) == {1: "stopped", 2: "live"}


def test_while_a_new_version_is_scheduled_no_other_can_be_published(published):
    version = published()
    second = versions.draft(version_id=version.pk, by=None, now=NOON)
    services.publish(version_id=second.pk, by=None, now=NOON, previous="stop", wait=True)
    third = versions.draft(version_id=version.pk, by=None, now=NOON)
    before = state()
    with pytest.raises(JourneyError, match="Version 2 is scheduled; stop it before"):
        services.publish(version_id=third.pk, by=None, now=NOON, previous="restrict")
    assert state() == before


def test_an_entry_that_would_be_over_before_the_two_hours_is_an_error(published):
    version = published()
    entry = live({"start": "now", "end": "2026-03-03T13:30"})
    draft = versions.draft(version_id=version.pk, document=journey(entry=entry), by=None, now=NOON)
    with pytest.raises(PublishRefused, match="choose a later end") as refused:
        services.publish(version_id=draft.pk, by=None, now=NOON, previous="stop")
    assert [(it.code, it.field) for it in refused.value.findings] == [("K02", "entry.timeline.end")]
    assert states(version) == {1: "live", 2: "draft"}


def test_a_restricted_version_makes_no_more_runs(published):
    version = published(entry=past({"every": 1, "unit": "day"}))
    draft = versions.draft(version_id=version.pk, by=None, now=NOON)
    services.publish(version_id=draft.pk, by=None, now=NOON + HOUR, previous="restrict")
    schedule.clock(NOON + 3 * DAY)
    assert not version.runs.exists()
    assert states(version) == {1: "stopped", 2: "live"}  # nobody was inside


def test_a_restricted_version_is_stopped_by_the_system_once_it_is_empty(in_state):
    version = in_state("versioned")
    schedule.clock(NOON + HOUR)
    assert states(version) == {1: "versioned"}
    sql.run("UPDATE journeys_enrollment SET phase = 'exited', exit_reason = 'completed', exited_at = entered_at")
    schedule.clock(NOON + HOUR)
    assert history(version)[-1] == ("stop", "versioned", "stopped", None, NOON + HOUR)


DOCUMENT = {
    "nodes": [action(1, window="PT1H"), {"id": 2, "kind": "force_exit"}],
    "links": [link("entry", "yes", 1), link(1, "node_timeout", 2)],
}


def added_to_cart(identity, at):
    """An event that enters the journey; the profile comes into being with it."""
    record = {"type": "event", "identity": identity, "evtName": "Added To Cart", "evtData": {}}
    report = accept([{"type": "profile", "identity": identity, "profileData": {}}, record], now=at)
    assert not report.unprocessed
    pump(account=UTC_ACCOUNT, clock=lambda: at)


@pytest.mark.parametrize("shelve", [False, True], ids=["versioned", "archived"])
def test_workers_move_the_people_of_a_version_that_nobody_enters(published, shelve):
    version = published(**DOCUMENT)
    added_to_cart("ann", NOON)
    if shelve:
        services.pause(version_id=version.pk, by=None, now=NOON)
        services.archive(journey_id=version.journey_id, by=None, now=NOON)
    else:
        services.restrict(version, by=None, now=NOON)
    added_to_cart("bob", NOON + HOUR / 2)
    assert len(inside(version)) == 1
    pump(account=UTC_ACCOUNT, clock=lambda: NOON + 2 * HOUR)
    assert inside(version) == []
    assert selectors.version_numbers(version.pk).exited == {"force_exit": 1}


# Archive ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", STATES)
def test_what_can_be_archived_comes_back_as_it_was(in_state, status):
    version, ann = in_state(status), user("change_journey")
    before = state()
    if status in ("scheduled", "live", "versioned", "archived"):  # the versioned one has somebody inside
        with pytest.raises(JourneyError) as refused:
            services.archive(journey_id=version.journey_id, by=ann, now=NOON)
        assert refused.value.code == "state"
        assert state() == before
    else:
        services.archive(journey_id=version.journey_id, by=ann, now=NOON)
        assert states(version) == {1: "archived"}
        services.unarchive(journey_id=version.journey_id, by=ann, now=NOON + HOUR)
        assert states(version) == {1: status}
        assert history(version)[-2:] == [
            ("archive", status, "archived", "ann", NOON), ("unarchive", "archived", status, "ann", NOON + HOUR),
        ]  # fmt: skip


def test_one_live_version_keeps_the_whole_journey_out_of_the_archive(published):
    version = published()
    draft = versions.draft(version_id=version.pk, by=None, now=NOON)
    before = state()
    with pytest.raises(JourneyError, match=r"Version 1 is live; pause or stop it before you archive the journey\."):
        services.archive(journey_id=version.journey_id, by=None, now=NOON)
    assert state() == before
    services.pause(version_id=version.pk, by=None, now=NOON)
    services.archive(journey_id=version.journey_id, by=None, now=NOON)
    assert states(draft) == {1: "archived", 2: "archived"}
    services.unarchive(journey_id=version.journey_id, by=None, now=NOON)
    assert states(draft) == {1: "paused", 2: "draft"}


def test_an_archived_journey_is_read_only(published):
    version = published()
    draft = versions.draft(version_id=version.pk, by=None, now=NOON)
    services.pause(version_id=version.pk, by=None, now=NOON)
    services.archive(journey_id=version.journey_id, by=None, now=NOON)
    before = state()
    who = {"by": None, "now": NOON}
    for act in (
        lambda: services.save_draft(version_id=draft.pk, document=journey(), **who),
        lambda: services.delete_draft(version_id=draft.pk, by=None, now=NOON),
        lambda: services.publish(version_id=draft.pk, previous="stop", **who),
        lambda: services.resume(version_id=version.pk, **who),
        lambda: services.stop(version_id=version.pk, **who),
        lambda: versions.draft(version_id=version.pk, **who),
        lambda: versions.edit(version_id=version.pk, node=1, config={}, **who),
    ):
        with pytest.raises(JourneyError, match="this one is archived"):
            act()
    assert state() == before
    assert versions.clone(version_id=version.pk, **who).status == "draft"


def test_only_archived_journeys_are_unarchived(published):
    version = published()
    with pytest.raises(JourneyError, match=r"Only a journey that is archived can be unarchived; this one is live\."):
        services.unarchive(journey_id=version.journey_id, by=None, now=NOON)
    with pytest.raises(JourneyError, match=r"There is no journey 4711\."):
        services.archive(journey_id=4711, by=None, now=NOON)


def test_runs_that_came_while_a_paused_journey_was_archived_are_lost(published):
    version = published(entry=past({"every": 1, "unit": "day"}))
    services.pause(version_id=version.pk, by=None, now=NOON + HOUR)
    services.archive(journey_id=version.journey_id, by=None, now=NOON + HOUR)
    schedule.clock(NOON + 2 * DAY)
    services.unarchive(journey_id=version.journey_id, by=None, now=NOON + 2 * DAY)
    services.resume(version_id=version.pk, by=None, now=NOON + 2 * DAY)
    midnights = [datetime(2026, 3, 4, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC)]
    assert list(version.runs.order_by("at").values_list("at", "skipped")) == [
        (NOON, False), (midnights[0], True), (midnights[1], True),
    ]  # fmt: skip


# Clones -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", STATES)
def test_a_clone_of_any_state_is_a_draft_of_a_new_journey(in_state, status):
    version, ann = in_state(status), user("add_journey")
    made = versions.clone(version_id=version.pk, by=ann, now=NOON + HOUR)
    assert made.journey_id != version.journey_id
    assert (made.number, made.status, made.created_by) == (1, "draft", ann)
    assert made.journey.name == made.document["name"] == "Clone of Abandoned cart"
    assert made.document | {"name": ""} == version.document | {"name": ""}
    assert states(version) == {1: status}


def test_a_clone_keeps_labels_and_past_dates_which_the_checks_flag(published):
    version = published(entry=live({"start": "2026-03-03T13:00"}), labels=["cart"], name="x" * 100)
    made = versions.clone(version_id=version.pk, by=None, now=NOON)
    assert (made.journey.labels, len(made.journey.name)) == (["cart"], 100)
    with pytest.raises(PublishRefused, match="which is past"):
        services.publish(version_id=made.pk, by=None, now=NOON + DAY)


# Partial edits ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", STATES)
def test_in_which_states_what_a_node_sends_can_change(in_state, status):
    version, ann = in_state(status), user("change_journey")
    before = state()
    config = {"content": MAIL | {"subject": "Better"}}
    if status in ("draft", "completed", "stopped", "archived"):
        with pytest.raises(JourneyError, match=rf"^Only a version .*; this one is {status}\.$"):
            versions.edit(version_id=version.pk, node=1, config=config, by=ann, now=NOON + HOUR)
        assert state() == before
        return
    versions.edit(version_id=version.pk, node=1, config=config, by=ann, now=NOON + HOUR)
    fresh = Version.objects.get(pk=version.pk)
    assert fresh.status == status
    assert fresh.document["nodes"][0]["config"]["content"]["subject"] == "Better"
    assert fresh.nodes.get(number=1).config["content"]["subject"] == "Better"
    campaign = Campaign.objects.get()
    assert (campaign.content["subject"], campaign.content["text"], campaign.revision) == ("Better", MAIL["text"], 2)
    edited = fresh.transitions.last()
    assert (edited.action, edited.source, edited.target, edited.by, edited.at) == (
        "edit", status, status, ann, NOON + HOUR,
    )  # fmt: skip
    assert edited.changes == {"nodes[1].config.content.subject": ["Hello", "Better"]}


def test_the_provider_can_change_and_be_the_default_again(published):
    provider = Provider.objects.create(name="Main", channel="email", kind="sandbox")
    Provider.objects.create(name="Usual", channel="email", kind="sandbox", is_default=True)
    version = published()
    versions.edit(version_id=version.pk, node=1, config={"provider": "Main"}, by=None, now=NOON)
    assert Campaign.objects.get().provider == provider
    versions.edit(version_id=version.pk, node=1, config={"provider": None}, by=None, now=NOON)
    assert Campaign.objects.get().provider is None
    assert [it.changes for it in version.transitions.filter(action="edit")] == [
        {"nodes[1].config.provider": [None, "Main"]}, {"nodes[1].config.provider": ["Main", None]},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("node", "config", "sentence"),
    [
        (1, {"limits": {"global": False}}, "only the content with its variants and the provider can change"),
        (1, {"content": {"subject": "", "text": ""}}, "The e-mail has no subject"),
        (1, {"provider": "Nobody"}, "Nobody"),
        (2, {"events": [{"event": "Viewed"}]}, "nothing of it can change"),
        (9, {}, r"There is no node 9 in this version\."),
    ],
)
def test_what_cannot_be_edited_in_part_is_refused_and_changes_nothing(published, node, config, sentence):
    links = [link("entry", "yes", 1), link(1, "sent", 2)]
    version = published(nodes=[email(1), action(2)], links=links)
    before = state()
    with pytest.raises(JourneyError, match=sentence):
        versions.edit(version_id=version.pk, node=node, config=config, by=None, now=NOON)
    assert state() == before


def test_the_shares_of_manual_paths_can_change_and_nothing_else_of_them(published):
    def shares(*percents, name=""):
        return {"paths": [{"name": name, "percent": percent} for percent in percents]}

    goals = [{"event": "Charged"}]
    node = {"id": 1, "kind": "intellinode", "config": shares(50, 50) | {"goals": goals}}
    version = published(
        nodes=[node, email(2), email(3)],
        links=[link("entry", "yes", 1), link(1, "path_1", 2), link(1, "path_2", 3)],
    )
    versions.edit(version_id=version.pk, node=1, config=shares(80, 20), by=None, now=NOON)
    fresh = Version.objects.get()
    assert [path["percent"] for path in fresh.document["nodes"][0]["config"]["paths"]] == [80, 20]
    assert [path["percent"] for path in fresh.nodes.get(number=1).config["paths"]] == [80, 20]
    before = state()
    for config, sentence in [
        (shares(80, 30), "The shares add up to 110 %"),
        (shares(50, 50, name="A"), "only the shares of manual paths can change"),
        ({"goals": [{"event": "Viewed"}]}, "only the shares of manual paths can change"),
    ]:
        with pytest.raises(JourneyError, match=sentence):
            versions.edit(version_id=version.pk, node=1, config=config, by=None, now=NOON)
    assert state() == before


def test_a_configuration_that_cannot_be_read_is_refused(published):
    version = published()
    before = state()
    with pytest.raises(DocumentError, match="unknown key"):
        versions.edit(version_id=version.pk, node=1, config={"colour": "red"}, by=None, now=NOON)
    assert state() == before


def test_an_edit_that_changes_nothing_leaves_no_trace(published):
    version = published()
    before = state()
    versions.edit(version_id=version.pk, node=1, config={"content": MAIL}, by=None, now=NOON)
    assert state() == before


def test_a_whole_document_may_differ_in_what_is_sent_by_several_nodes(published):
    content = {"method": "POST", "url": "https://example.com/x", "body": {}}
    hook = {"id": 2, "kind": "webhook", "config": {"content": content}}
    links = [link("entry", "yes", 1), link(1, "sent", 2)]
    version = published(nodes=[email(1), hook], links=links)
    changed = journey(
        nodes=[
            email(1, config={"content": MAIL | {"subject": "Better"}}),
            hook | {"config": {"content": content | {"url": "https://example.com/y"}}},
        ],
        links=links,
    )
    versions.edit_document(version_id=version.pk, document=changed, by=None, now=NOON)
    fresh = Version.objects.get()
    assert [node["config"]["content"] for node in fresh.document["nodes"]] == [
        node["config"]["content"] for node in changed["nodes"]
    ]
    assert [it.changes for it in fresh.transitions.filter(action="edit")] == [
        {"nodes[1].config.content.subject": ["Hello", "Better"]},
        {"nodes[2].config.content.url": ["https://example.com/x", "https://example.com/y"]},
    ]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"timeout": "P9D"}, "“timeout” was changed"),
        ({"nodes": [email(1), action(2)]}, "“nodes” was changed"),
        (
            {"nodes": [email(1, name="Offer")]},
            r"Node 1 \(Email\): in a published version only the content with its variants and the provider can change",
        ),
        ({"links": [link("entry", "yes", 1, "PT1H")]}, "“links” was changed"),
    ],
)
def test_a_whole_document_that_differs_in_more_is_refused_and_changes_nothing(published, changed, sentence):
    version = published()
    before = state()
    with pytest.raises(JourneyError, match=sentence):
        versions.edit_document(version_id=version.pk, document=journey(**changed), by=None, now=NOON)
    assert state() == before


@pytest.mark.parametrize("status", STATES)
def test_a_journey_is_renamed_in_any_state_but_archived(in_state, status):
    version, ann = in_state(status), user("change_journey")
    before = state()
    called = {"name": "Basket", "labels": ["cart"]}
    if status == "archived":
        with pytest.raises(JourneyError, match="this one is archived"):
            versions.rename(version_id=version.pk, by=ann, now=NOON, **called)
        assert state() == before
        return
    versions.rename(version_id=version.pk, by=ann, now=NOON, **called)
    fresh = Version.objects.get(pk=version.pk)
    assert fresh.status == status
    assert (fresh.journey.name, fresh.journey.labels) == ("Basket", ["cart"])
    assert fresh.document == version.document | called
    renamed = fresh.transitions.last()
    assert (renamed.action, renamed.by) == ("rename", ann)
    assert renamed.changes == {"name": ["Abandoned cart", "Basket"], "labels": [[], ["cart"]]}


@pytest.mark.parametrize("called", [{"name": " "}, {"name": "x" * 101}, {"description": "x" * 121}])
def test_a_name_that_could_not_be_published_is_refused(published, called):
    version = published()
    before = state()
    with pytest.raises(JourneyError) as refused:
        versions.rename(version_id=version.pk, by=None, now=NOON, **called)
    assert [finding.code for finding in refused.value.findings] == ["K01"]
    assert state() == before


# Approval and the cap ---------------------------------------------------------------------------------------------


@pytest.fixture
def approval(settings):
    settings.APPROVAL = True


def colleague():
    """Somebody who may do all that Ann may."""
    person = User.objects.create(username="bob")
    person.user_permissions.set(
        Permission.objects.filter(codename__in=("change_journey", "publish_version", "write_email"))
    )
    return person


@pytest.mark.usefixtures("approval")
def test_who_asks_for_approval_cannot_publish_and_somebody_else_can(in_state):
    draft, ann, bob = in_state("draft"), user("change_journey", "publish_version"), colleague()
    for person in (ann, bob):
        with pytest.raises(JourneyError, match="ask for approval"):
            services.publish(version_id=draft.pk, by=person, now=NOON)
    services.ask_approval(version_id=draft.pk, by=ann, now=NOON)
    with pytest.raises(JourneyError, match="somebody else has to publish it") as refused:
        services.publish(version_id=draft.pk, by=ann, now=NOON)
    assert refused.value.code == "approval"
    services.publish(version_id=draft.pk, by=bob, now=NOON + HOUR)
    assert history(draft) == [
        ("ask approval", "draft", "draft", "ann", NOON), ("publish", "draft", "live", "bob", NOON + HOUR),
    ]  # fmt: skip


@pytest.mark.usefixtures("approval")
def test_saving_a_draft_again_takes_the_question_back(in_state):
    draft, ann, bob = in_state("draft"), user("change_journey"), colleague()
    services.ask_approval(version_id=draft.pk, by=ann, now=NOON)
    services.save_draft(version_id=draft.pk, document=journey(name="Other"), by=ann, now=NOON)
    with pytest.raises(JourneyError, match="ask for approval"):
        services.publish(version_id=draft.pk, by=bob, now=NOON)
    assert states(draft) == {1: "draft"}


def test_approval_is_asked_for_drafts_that_could_be_published(in_state):
    draft, live_one = in_state("draft"), in_state("live")
    services.save_draft(version_id=draft.pk, document=journey(name=""), by=None, now=NOON)
    before = state()
    with pytest.raises(PublishRefused):
        services.ask_approval(version_id=draft.pk, by=None, now=NOON)
    with pytest.raises(JourneyError, match=r"Only a draft can be approved; this one is live\."):
        services.ask_approval(version_id=live_one.pk, by=None, now=NOON)
    assert state() == before


def test_a_project_may_cap_its_active_versions_and_stopping_one_makes_room(in_state, settings):
    version = in_state("live")
    draft = versions.draft(version_id=version.pk, by=None, now=NOON)
    settings.MOST_ACTIVE_VERSIONS = 1
    before = state()
    with pytest.raises(PublishRefused, match="no more") as refused:
        services.publish(version_id=draft.pk, by=None, now=NOON, previous="restrict")
    assert [finding.code for finding in refused.value.findings] == ["K21"]
    assert state() == before
    services.publish(version_id=draft.pk, by=None, now=NOON, previous="stop", wait=True)
    assert states(version) == {1: "stopped", 2: "scheduled"}


# Permissions and bulk ---------------------------------------------------------------------------------------------


def test_each_act_asks_for_its_permission_and_refused_changes_nothing(published):
    version, nobody = published(), user()
    before = state()
    who = {"by": nobody, "now": NOON}
    for act in (
        lambda: versions.draft(version_id=version.pk, **who),
        lambda: versions.clone(version_id=version.pk, **who),
        lambda: versions.edit(version_id=version.pk, node=1, config={}, **who),
        lambda: versions.rename(version_id=version.pk, name="Mine", **who),
        lambda: services.archive(journey_id=version.journey_id, **who),
        lambda: services.unarchive(journey_id=version.journey_id, **who),
    ):
        with pytest.raises(JourneyError, match="ask an administrator") as refused:
            act()
        assert refused.value.code == "forbidden"
    assert state() == before


def test_of_mixed_states_the_fitting_are_done_and_the_others_told_with_the_reason(in_state):
    live_one, stopped, draft = in_state("live"), in_state("stopped"), in_state("draft")
    ids = [live_one.journey_id, stopped.journey_id, draft.journey_id, 4711]
    done = bulk.apply("pause", journey_ids=ids, by=None, now=NOON)
    assert done.applied == [live_one.journey_id]
    assert done.skipped == {
        stopped.journey_id: "Only a live or scheduled journey can be paused; this one is stopped.",
        draft.journey_id: "Only a live or scheduled journey can be paused; this one is draft.",
        4711: "There is no journey 4711.",
    }
    done = bulk.apply("archive", journey_ids=ids[:3], by=None, now=NOON)
    assert (done.applied, done.skipped) == (ids[:3], {})


def test_bulk_acts_on_the_version_that_people_are_in_not_on_its_draft(published):
    version = published()
    versions.draft(version_id=version.pk, by=None, now=NOON)
    assert bulk.apply("pause", journey_ids=[version.journey_id], by=None, now=NOON).applied == [version.journey_id]
    assert states(version) == {1: "paused", 2: "draft"}


# Rights on channels (domain 13) -----------------------------------------------------------------------------------


@pytest.fixture
def mailer():
    """Somebody who builds and publishes journeys, and writes e-mail only."""
    user = User.objects.create_user("mailer")
    names = ["add_journey", "change_journey", "publish_version", "write_email"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    return user


SMS = {"id": 2, "kind": "sms", "config": {"content": {"text": "x"}}}
BOTH = {"nodes": [email(1), SMS], "links": [link("entry", "yes", 1), link(1, "sent", 2)]}
NOT_SMS = "may not write messages on SMS"


def test_who_holds_one_channel_places_messages_of_that_one_only(mailer):
    with pytest.raises(JourneyError, match=NOT_SMS):
        services.create_journey(document=journey(**BOTH), by=mailer, now=NOON)
    assert not Journey.objects.exists()
    version = services.create_journey(document=journey(), by=mailer, now=NOON)
    with pytest.raises(JourneyError, match=NOT_SMS):
        services.save_draft(version_id=version.pk, document=journey(**BOTH), by=mailer, now=NOON)
    assert services.publish(version_id=version.pk, by=mailer, now=NOON).status == "live"


def test_messages_of_others_may_stay_as_they_are_but_not_be_changed_or_published(mailer):
    version = services.create_journey(document=journey(**BOTH), by=None, now=NOON)
    moved = journey(**BOTH | {"nodes": [email(1, name="Mine"), SMS]})
    services.save_draft(version_id=version.pk, document=moved, by=mailer, now=NOON)
    changed = journey(**BOTH | {"nodes": [email(1), SMS | {"config": {"content": {"text": "y"}}}]})
    with pytest.raises(JourneyError, match=NOT_SMS):
        services.save_draft(version_id=version.pk, document=changed, by=mailer, now=NOON)
    with pytest.raises(JourneyError, match=NOT_SMS):
        services.publish(version_id=version.pk, by=mailer, now=NOON)
    services.publish(version_id=version.pk, by=None, now=NOON)
    with pytest.raises(JourneyError, match=NOT_SMS):
        versions.edit(version_id=version.pk, node=2, config={"content": {"text": "y"}}, by=mailer, now=NOON)
    with pytest.raises(JourneyError, match=NOT_SMS):
        versions.clone(version_id=version.pk, by=mailer, now=NOON)
    edited = {"content": MAIL | {"subject": "New"}}
    versions.edit(version_id=version.pk, node=1, config=edited, by=mailer, now=NOON)
    assert Campaign.objects.get(channel="email").content["subject"] == "New"
