"""The lifecycle: who may move a version where, what is recorded, and that a refusal changes nothing (domain 2)."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection

from channels.models import Campaign, Provider
from config.lib import sql
from journeys import services
from journeys.document import DocumentError
from journeys.errors import JourneyError, PublishRefused
from journeys.models import Journey, Link, Node, Run, Transition, Version
from profiles import eventtypes
from tests.journeys.documents import MAIL, action, email, journey, link, live, past

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)  # a Tuesday
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    """Make a draft of a document."""

    def make(**changes):
        return services.create_journey(document=journey(**changes), by=None, now=NOON)

    return make


@pytest.fixture
def published(draft):
    """Make and publish a document at noon."""

    def make(**changes):
        return services.publish(version_id=draft(**changes).pk, by=None, now=NOON)

    return make


@pytest.fixture
def in_state(draft):
    """A version brought to a state by the services alone, at noon."""

    def make(state):
        entry = live({"start": "2026-03-03T13:00"}) if state == "scheduled" else live()
        version = draft(entry=entry)
        if state != "draft":
            version = services.publish(version_id=version.pk, by=None, now=NOON)
        if state == "paused":
            version = services.pause(version_id=version.pk, by=None, now=NOON)
        if state == "completed":
            services.complete(version, now=NOON)
        if state == "versioned":
            services.restrict(version, by=None, now=NOON)
        if state == "stopped":
            version = services.stop(version_id=version.pk, by=None, now=NOON, wait=True)
        if state == "archived":
            services.stop(version_id=version.pk, by=None, now=NOON, wait=True)
            (version,) = services.archive(journey_id=version.journey_id, by=None, now=NOON)
        assert version.status == state
        return version

    return make


def user(*permissions):
    """Somebody with just these permissions on versions and journeys, who may write e-mail."""
    person = User.objects.create(username="ann")
    person.user_permissions.set(Permission.objects.filter(codename__in=(*permissions, "write_email")))
    return person


def history(version):
    return [(it.action, it.source, it.target, it.by and it.by.username, it.at) for it in version.transitions.all()]


def state():
    """All that a refused action could have changed."""
    tables = (Journey, Version, Node, Link, Transition, Run, Campaign)
    return {table.__name__: list(table.objects.order_by("pk").values()) for table in tables}


# Drafts -----------------------------------------------------------------------------------------------------------


def test_a_new_journey_is_a_draft_with_what_its_document_says():
    version = services.create_journey(document=journey(description="Baskets", labels=["cart"]), by=None, now=NOON)
    assert (version.number, version.status, version.created_at) == (1, "draft", NOON)
    assert (version.journey.name, version.journey.description, version.journey.labels) == (
        "Abandoned cart", "Baskets", ["cart"],
    )  # fmt: skip


def test_a_draft_holds_any_problem_and_is_replaced_as_a_whole(draft):
    version = draft()
    broken = journey(name="x" * 300, nodes=[email(1, config={})], links=[link(7, "no", 8)])
    services.save_draft(version_id=version.pk, document=broken, by=None, now=NOON)
    saved = Version.objects.get(pk=version.pk)
    assert saved.document == broken
    assert saved.journey.name == "x" * 100


@pytest.mark.parametrize(
    "document",
    [
        journey(timeout="soon"),
        journey(colour="red"),
        journey(nodes=[email(1, position=[float("nan"), 0])]),
        journey(name="a\0b"),
        journey(name="\ud800"),
        "text",
        None,
    ],
    ids=["wrong type", "unknown key", "NaN", "NUL", "half a character", "text", "nothing"],
)
def test_what_cannot_be_read_or_kept_is_refused_and_changes_nothing(draft, document):
    version = draft()
    before = state()
    with pytest.raises(DocumentError):
        services.save_draft(version_id=version.pk, document=document, by=None, now=NOON)
    with pytest.raises(DocumentError):
        services.create_journey(document=document, by=None, now=NOON)
    assert state() == before


def test_a_rule_a_thousand_levels_deep_is_refused(draft):
    rule = {"did": {"event": "Charged"}}
    for _ in range(5000):
        rule = {"not": rule}
    with pytest.raises(DocumentError):
        services.create_journey(document=journey(entry=past({"once": "now"}) | {"segment": {
            "kind": "past_behaviour", "rule": rule}}), by=None, now=NOON)  # fmt: skip


def test_a_draft_can_be_deleted_and_nothing_else(draft, published):
    services.delete_draft(version_id=draft().pk, by=None, now=NOON)
    assert not Journey.objects.exists()
    with pytest.raises(JourneyError, match=r"Only a draft can be deleted; this one is live\."):
        services.delete_draft(version_id=published().pk, by=None, now=NOON)
    assert Journey.objects.count() == 1


def test_a_published_version_can_no_longer_be_edited(published):
    version = published()
    before = state()
    with pytest.raises(JourneyError, match=r"Only a draft can be edited; this one is live\."):
        services.save_draft(version_id=version.pk, document=journey(name="Other"), by=None, now=NOON)
    assert state() == before


# Publishing -------------------------------------------------------------------------------------------------------


def test_publishing_now_goes_live_and_says_who_did_it(draft):
    ann = user("publish_version")
    version = services.publish(version_id=draft().pk, by=ann, now=NOON)
    fresh = Version.objects.get(pk=version.pk)
    assert (fresh.status, fresh.start_at, fresh.end_at, fresh.published_by, fresh.published_at) == (
        "live", NOON, None, ann, NOON,
    )  # fmt: skip
    assert history(version) == [("publish", "draft", "live", "ann", NOON)]


def test_a_later_start_is_scheduled_on_the_account_clock(draft, settings):
    settings.ACCOUNT_TIMEZONE = "Asia/Kolkata"
    entry = live({"start": "2026-03-04T10:00", "end": "2026-03-05T10:00"})
    version = services.publish(version_id=draft(entry=entry).pk, by=None, now=NOON)
    assert version.status == "scheduled"
    assert version.start_at == datetime(2026, 3, 4, 4, 30, tzinfo=UTC)
    assert version.end_at == version.completes_at == datetime(2026, 3, 5, 4, 30, tzinfo=UTC)


def test_a_start_in_the_running_minute_is_now(draft):
    version = draft(entry=live({"start": "2026-03-03T12:00"}))
    services.publish(version_id=version.pk, by=None, now=NOON + timedelta(seconds=40))
    fresh = Version.objects.get(pk=version.pk)
    assert (fresh.status, fresh.start_at) == ("live", NOON + timedelta(seconds=40))


def test_errors_refuse_publishing_with_all_findings_and_change_nothing(draft):
    version = draft(name="", timeout=None, goals=[{"kind": "action", "events": [{"event": "Charged"}]}])
    before = state()
    with pytest.raises(PublishRefused, match="Give the journey a name") as refused:
        services.publish(version_id=version.pk, by=None, now=NOON)
    assert [(found.code, found.level) for found in refused.value.findings] == [("K01", "error"), ("K24", "warning")]
    assert state() == before


def test_warnings_alone_do_not_refuse_publishing(draft):
    nodes, links = [email(1), action(2)], [link("entry", "yes", 1), link(1, "sent", 2)]
    assert services.publish(version_id=draft(timeout=None, nodes=nodes, links=links).pk, by=None, now=NOON)


def test_publishing_compiles_nodes_links_and_campaigns(draft):
    provider = Provider.objects.create(name="Main", channel="email", kind="sandbox")
    version = draft(
        nodes=[
            email(1, name="Offer", config={"content": MAIL, "provider": "Main"}),
            action(3, window="PT2H"),
            {"id": 4, "kind": "force_exit"},
        ],
        links=[link("entry", "yes", 1, "PT20M"), link(1, "sent", 3), link(3, "node_timeout", 4)],
    )
    services.publish(version_id=version.pk, by=None, now=NOON)
    campaign = Campaign.objects.get()
    assert list(version.nodes.order_by("number").values_list("number", "kind", "name", "window", "campaign_id")) == [
        (0, "action", "", None, None),
        (1, "email", "Offer", None, campaign.pk),
        (3, "action", "", 2 * HOUR, None),
        (4, "force_exit", "", None, None),
    ]
    assert list(version.links.order_by("source").values_list("source", "via", "target", "sleep")) == [
        (0, "yes", 1, {"after": "PT20M"}),
        (1, "sent", 3, None),
        (3, "node_timeout", 4, None),
    ]
    assert (campaign.channel, campaign.provider, campaign.content["subject"]) == ("email", provider, "Hello")
    assert campaign.context == {
        "Journey": {"id": version.journey_id, "name": "Abandoned cart", "version": 1},
        "Node": {"id": 1},
    }
    assert set(eventtypes.find(["Added To Cart", "Charged"])) == {"Added To Cart", "Charged"}


def test_an_event_name_beyond_the_limit_is_an_error(draft, monkeypatch):
    monkeypatch.setattr(eventtypes, "MOST_TYPES", 0)
    version = draft()
    with pytest.raises(PublishRefused, match="“Added To Cart” would be one event name too many"):
        services.publish(version_id=version.pk, by=None, now=NOON)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_publish_at_once_one_is_told_that_it_is_live(draft):
    version = draft()
    barrier, answers = threading.Barrier(2), []

    def attempt():
        try:
            barrier.wait()
            services.publish(version_id=version.pk, by=None, now=NOON)
            answers.append("published")
        except JourneyError as error:
            answers.append(error.message)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["Only a draft can be published; this one is live.", "published"]
    assert len(history(version)) == 1
    assert version.nodes.count() == 2


# Moves ------------------------------------------------------------------------------------------------------------

AFTER = {  # (state, action) → the state afterwards; what is missing here is refused
    ("draft", "publish"): "live",
    ("scheduled", "pause"): "paused",
    ("live", "pause"): "paused",
    ("paused", "resume"): "live",
    ("scheduled", "stop"): "stopped",
    ("live", "stop"): "stopped",
    ("paused", "stop"): "stopped",
    ("completed", "stop"): "stopped",
    ("versioned", "stop"): "stopped",
}
STATES = ("draft", "scheduled", "live", "paused", "completed", "versioned", "stopped", "archived")


@pytest.mark.parametrize("action_name", ["publish", "pause", "resume", "stop"])
@pytest.mark.parametrize("status", STATES)
def test_every_action_in_every_state_is_done_and_recorded_or_refused_with_a_sentence(in_state, status, action_name):
    version = in_state(status)
    before, records = state(), history(version)
    act, after = getattr(services, action_name), AFTER.get((status, action_name))
    if after is None:
        with pytest.raises(JourneyError, match=rf"^Only a .*; this one is {status}\.$") as refused:
            act(version_id=version.pk, by=None, now=NOON + HOUR)
        assert refused.value.code == "state"
        assert state() == before
    else:
        act(version_id=version.pk, by=None, now=NOON + HOUR)
        assert Version.objects.get(pk=version.pk).status == after
        assert history(version) == [*records, (action_name, status, after, None, NOON + HOUR)]


@pytest.mark.parametrize(
    ("status", "action_name", "permission"),
    [
        ("draft", "publish", "publish_version"),
        ("live", "pause", "pause_version"),
        ("paused", "resume", "pause_version"),
        ("live", "stop", "stop_version"),
    ],
)
def test_without_the_permission_nothing_changes_and_with_it_the_name_is_kept(in_state, status, action_name, permission):
    version = in_state(status)
    before = state()
    everything_else = {"publish_version", "pause_version", "stop_version"} - {permission}
    ann = user(*everything_else)
    with pytest.raises(JourneyError, match="ask an administrator") as refused:
        getattr(services, action_name)(version_id=version.pk, by=ann, now=NOON)
    assert refused.value.code == "forbidden"
    assert state() == before
    bob = User.objects.create(username="bob")
    bob.user_permissions.set(Permission.objects.filter(codename__in=(permission, "write_email")))
    getattr(services, action_name)(version_id=version.pk, by=bob, now=NOON)
    assert history(version)[-1][3] == "bob"


def test_drafts_are_guarded_too(draft):
    version = draft()
    before = state()
    ann = user()
    with pytest.raises(JourneyError, match="the right to create journeys"):
        services.create_journey(document=journey(), by=ann, now=NOON)
    with pytest.raises(JourneyError, match="the right to edit journeys"):
        services.save_draft(version_id=version.pk, document=journey(name="Other"), by=ann, now=NOON)
    with pytest.raises(JourneyError, match="the right to delete drafts"):
        services.delete_draft(version_id=version.pk, by=ann, now=NOON)
    assert state() == before


def test_a_version_that_is_not_there_is_said_so():
    with pytest.raises(JourneyError, match=r"There is no journey version 12345\.") as refused:
        services.pause(version_id=12345, by=None, now=NOON)
    assert refused.value.code == "not_found"


def test_paused_before_the_start_and_resumed_before_it_waits_for_it_again(in_state):
    version = in_state("scheduled")
    services.pause(version_id=version.pk, by=None, now=NOON)
    assert services.resume(version_id=version.pk, by=None, now=NOON + HOUR / 2).status == "scheduled"
    services.pause(version_id=version.pk, by=None, now=NOON + HOUR / 2)
    assert services.resume(version_id=version.pk, by=None, now=NOON + HOUR).status == "live"


def test_resumed_after_its_end_it_is_completed(published):
    version = published(entry=live({"start": "now", "end": "2026-03-03T14:00"}))
    services.pause(version_id=version.pk, by=None, now=NOON + HOUR)
    assert services.resume(version_id=version.pk, by=None, now=NOON + 2 * HOUR).status == "completed"
    assert Version.objects.get(pk=version.pk).ended_at == NOON + 2 * HOUR


def test_runs_that_came_during_a_pause_are_lost_and_those_before_it_are_made(published):
    version = published(entry=past({"every": 1, "unit": "day"}))
    services.pause(version_id=version.pk, by=None, now=NOON + HOUR)
    services.resume(version_id=version.pk, by=None, now=NOON + DAY)
    midnight = datetime(2026, 3, 4, tzinfo=UTC)
    assert list(version.runs.order_by("at").values_list("at", "skipped")) == [(NOON, False), (midnight, True)]
    assert Version.objects.get(pk=version.pk).next_run_at == midnight + DAY


def test_stopping_takes_everyone_out_and_forgets_runs_to_come(published):
    version = published(entry=past({"every": 1, "unit": "day"}))
    services.pause(version_id=version.pk, by=None, now=NOON + HOUR)  # notes the first run
    _enroll(version, profiles=(1, 2, 65))
    services.stop(version_id=version.pk, by=None, now=NOON + HOUR, wait=True)
    assert sql.rows(
        "SELECT profile_id, phase, exit_reason, exited_at FROM journeys_enrollment ORDER BY profile_id"
    ) == [
        (1, "exited", "version_exit", NOON + HOUR),
        (2, "exited", "version_exit", NOON + HOUR),
        (65, "exited", "version_exit", NOON + HOUR),
    ]
    assert not Run.objects.filter(finished_at=None).exists()
    assert Version.objects.get(pk=version.pk).next_run_at is None


def test_what_a_stopped_version_has_queued_is_not_sent_even_before_its_people_are_led_out(published):
    version, other = published(), published()
    services.stop(version_id=version.pk, by=None, now=NOON + HOUR)
    stopped = Campaign.objects.filter(stopped=True).values_list("pk", flat=True)
    assert list(stopped) == list(version.nodes.exclude(campaign_id=None).values_list("campaign_id", flat=True))
    assert not Campaign.objects.filter(pk__in=other.nodes.values("campaign_id"), stopped=True).exists()


def _enroll(version, profiles, phase="waiting"):
    columns = (
        "lane", "profile_id", "journey_id", "version_id", "phase", "node", "visit", "entered_at", "arrived_at",
        "heard_at", "heard_id", "entry_at", "entry_id",
    )  # fmt: skip
    rows = [(p % 64, p, version.journey_id, version.pk, phase, 1, 1, NOON, NOON, NOON, 0, NOON, 0) for p in profiles]
    sql.copy("journeys_enrollment", columns, rows)
