"""The audit trail: who did what, when, from what to what; kept when what it tells of is gone (domain 13)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from journeys import differences, services, shares, versions
from journeys.document import parse
from journeys.errors import JourneyError
from journeys.models import Journey, Transition, Version
from tests.journeys.documents import MAIL, action, email, journey, link, live
from tests.staff import person, signed_in

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TRAIL = "/admin/journeys/transition/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def cora():
    return person("cora")


@pytest.fixture
def version(cora):
    return services.create_journey(document=journey(), by=cora, now=NOON)


def trail():
    """All acts in order: what, from and to, whose, when."""
    acts = Transition.objects.order_by("at", "pk")
    return [(it.action, f"{it.source} → {it.target}", it.name, it.number, it.who, it.at) for it in acts]


def test_every_move_is_kept_with_its_states_its_person_and_its_time(version, cora):
    pk, name = version.pk, "Abandoned cart"
    services.publish(version_id=pk, by=cora, now=NOON)
    services.pause(version_id=pk, by=cora, now=NOON + HOUR)
    services.archive(journey_id=version.journey_id, by=cora, now=NOON + 2 * HOUR)
    services.unarchive(journey_id=version.journey_id, by=cora, now=NOON + 3 * HOUR)
    services.resume(version_id=pk, by=cora, now=NOON + 4 * HOUR)
    services.stop(version_id=pk, by=cora, now=NOON + 5 * HOUR, wait=True)
    assert trail() == [
        ("publish", "draft → live", name, 1, "cora", NOON),
        ("pause", "live → paused", name, 1, "cora", NOON + HOUR),
        ("archive", "paused → archived", name, 1, "cora", NOON + 2 * HOUR),
        ("unarchive", "archived → paused", name, 1, "cora", NOON + 3 * HOUR),
        ("resume", "paused → live", name, 1, "cora", NOON + 4 * HOUR),
        ("stop", "live → stopped", name, 1, "cora", NOON + 5 * HOUR),
    ]


def test_a_saved_draft_says_what_was_changed_from_what_to_what(version, cora):
    changed = journey(
        name="Baskets",
        timeout="P3D",
        nodes=[email(1, config={"content": MAIL | {"subject": "Better"}}), action(2, "Charged")],
        links=[link("entry", "yes", 1), link(1, "sent", 2)],
    )
    services.save_draft(version_id=version.pk, document=changed, by=cora, now=NOON + HOUR)
    (act,) = Transition.objects.all()
    assert (act.action, act.who) == ("save", "cora")
    assert act.changes["name"] == ["Abandoned cart", "Baskets"]
    assert act.changes["nodes[1].config.content.subject"] == ["Hello", "Better"]
    before, after = act.changes["nodes[2]"]
    assert (before, after["kind"]) == (None, "action")
    assert "nodes[1].kind" not in act.changes


def test_saving_what_is_there_already_or_moving_a_node_on_the_canvas_is_no_edit(version, cora):
    services.save_draft(version_id=version.pk, document=journey(), by=cora, now=NOON)
    moved = journey(nodes=[node | {"position": [5, 5]} for node in journey()["nodes"]])
    services.save_draft(version_id=version.pk, document=moved, by=cora, now=NOON)
    assert Version.objects.get().document == moved
    assert trail() == []


def test_an_edit_of_a_live_version_a_new_version_and_a_clone_are_kept(version, cora):
    services.publish(version_id=version.pk, by=None, now=NOON)
    versions.edit(
        version_id=version.pk, node=1, config={"content": MAIL | {"subject": "New"}}, by=cora, now=NOON + HOUR
    )
    made = versions.draft(version_id=version.pk, document=journey(timeout="P9D"), by=cora, now=NOON + 2 * HOUR)
    services.publish(version_id=made.pk, by=cora, now=NOON + 3 * HOUR, previous="restrict")
    copy = versions.clone(version_id=made.pk, by=cora, now=NOON + 4 * HOUR)
    acts = {it.action: it for it in Transition.objects.exclude(at=NOON)}
    assert acts["edit"].changes == {"nodes[1].config.content.subject": ["Hello", "New"]}
    assert acts["draft"].changes["copied from"] == [None, "version 1"]
    assert acts["draft"].changes["timeout"] == ["P30D", "P9D"]
    assert (acts["restrict"].number, acts["restrict"].target, acts["restrict"].who) == (1, "versioned", "cora")
    assert (acts["clone"].journey_id, acts["clone"].name) == (copy.journey_id, "Clone of Abandoned cart")
    assert acts["clone"].changes == {"copied from": [None, f"journey {version.journey_id} version 2"]}


def test_a_winner_says_who_declared_it_and_what_was_there_before(cora):
    node = {
        "id": 1,
        "kind": "intellinode",
        "config": {"mode": "automated", "paths": [{}, {}], "goals": [{"event": "Charged"}]},
    }
    links = [link("entry", "yes", 1), link(1, "path_1", 2), link(1, "path_2", 3)]
    version = services.create_journey(
        document=journey(nodes=[node, email(2), email(3)], links=links), by=None, now=NOON
    )
    services.publish(version_id=version.pk, by=None, now=NOON)
    shares.declare_winner(version_id=version.pk, node=1, path=2, by=cora, now=NOON + HOUR)
    shares.declare_winner(version_id=version.pk, node=1, path=1, by=cora, now=NOON + 2 * HOUR)
    found = [(it.who, it.changes) for it in Transition.objects.filter(action="winner").order_by("at")]
    assert found == [("cora", {"nodes[1].winner": [None, 2]}), ("cora", {"nodes[1].winner": [2, 1]})]


def test_a_discarded_draft_leaves_its_trail_and_the_journey_its_old_name(version, cora):
    services.publish(version_id=version.pk, by=None, now=NOON)
    made = versions.draft(version_id=version.pk, document=journey(name="Basket"), by=cora, now=NOON + HOUR)
    assert Journey.objects.get().name == "Basket"
    services.delete_draft(version_id=made.pk, by=cora, now=NOON + 2 * HOUR)
    assert Journey.objects.get().name == "Abandoned cart"
    assert trail()[1:] == [
        ("draft", "draft → draft", "Basket", 2, "cora", NOON + HOUR),
        ("discard", "draft → draft", "Basket", 2, "cora", NOON + 2 * HOUR),
    ]
    page = signed_in("mia").get(f"{TRAIL}?journey={version.journey_id}").content.decode()
    assert "Discard" in page


def test_a_deleted_journey_and_a_removed_person_stay_in_the_trail(version, cora):
    services.save_draft(version_id=version.pk, document=journey(name="Gone"), by=cora, now=NOON)
    services.delete_draft(version_id=version.pk, by=cora, now=NOON + HOUR)
    User.objects.filter(username="cora").delete()
    assert not Journey.objects.exists()
    assert [(what, name, who) for what, _, name, _, who, _ in trail()] == [
        ("save", "Gone", "cora"),
        ("discard", "Gone", "cora"),
    ]
    page = signed_in("mia").get(TRAIL).content.decode()
    assert "Gone (deleted)" in page
    assert "cora" in page


def test_approval_says_who_asked_who_published_and_when_a_question_was_taken_back(version, cora, settings):
    settings.APPROVAL = True
    services.ask_approval(version_id=version.pk, by=cora, now=NOON)
    services.save_draft(version_id=version.pk, document=journey(timeout="P3D"), by=cora, now=NOON + HOUR)
    services.ask_approval(version_id=version.pk, by=cora, now=NOON + 2 * HOUR)
    services.publish(version_id=version.pk, by=person("apo"), now=NOON + 3 * HOUR)
    acts = list(Transition.objects.order_by("at"))
    assert [(it.action, it.who) for it in acts] == [
        ("ask approval", "cora"),
        ("save", "cora"),
        ("ask approval", "cora"),
        ("publish", "apo"),
    ]
    assert acts[1].changes["approval asked for by"] == ["cora", None]
    assert acts[3].changes == {"approval asked for by": [None, "cora"]}


def test_a_refused_act_leaves_no_trail(version, cora):
    with pytest.raises(JourneyError):
        services.pause(version_id=version.pk, by=cora, now=NOON)
    assert trail() == []


def test_the_back_office_lists_finds_and_opens_the_trail_and_nobody_changes_it(version, cora):
    services.save_draft(version_id=version.pk, document=journey(name="<b>Basket</b>"), by=cora, now=NOON)
    services.publish(version_id=version.pk, by=person("apo"), now=NOON + HOUR)
    client = signed_in("mia")
    page = client.get(TRAIL).content.decode()
    for shown in ("Publish: draft → live", "apo", "Abandoned cart → &lt;b&gt;Basket&lt;/b&gt;"):
        assert shown in page
    assert "name: Abandoned cart" not in client.get(f"{TRAIL}?action=publish").content.decode()
    assert "Publish: draft" not in client.get(f"{TRAIL}?q=cora").content.decode()
    act = Transition.objects.get(action="save")
    assert "name: Abandoned cart → &lt;b&gt;Basket" in client.get(f"{TRAIL}{act.pk}/change/").content.decode()
    assert f"{TRAIL}?journey={version.journey_id}" in (
        client.get(f"/admin/journeys/journey/{version.journey_id}/change/").content.decode()
    )
    for page in (f"{TRAIL}add/", f"{TRAIL}{act.pk}/delete/"):
        assert signed_in("adam").post(page, {"post": "yes"}).status_code == 403
    assert signed_in("ned").get(TRAIL).status_code == 403
    assert Transition.objects.count() == 2


def test_differences_name_nodes_by_their_numbers_and_lists_as_wholes():
    before, after = (
        parse(journey(entry=live(), labels=labels, nodes=[email(2), email(1)][:count]))
        for labels, count in ((["a"], 2), (["a", "b"], 1))
    )
    found = differences.of_documents(before, after)
    assert set(found) == {"labels", "nodes[1]"}
    assert found["labels"] == [["a"], ["a", "b"]]
    assert found["nodes[1]"][1] is None
    assert differences.of([{"id": 1}, {"id": 1}], [{"id": 1}], "nodes") == {
        "nodes": [[{"id": 1}, {"id": 1}], [{"id": 1}]]
    }
