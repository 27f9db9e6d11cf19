"""What pages read: counts from the tallies, a person's moves from the ledger; and the check that nobody was lost."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from config.lib import sql
from journeys import document, schedule, selectors, services
from journeys.management.commands import write_schema
from profiles import eventtypes
from profiles.identities import resolve
from tests.journeys import counting
from tests.journeys.documents import action, email, journey, link, past

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def people(db):
    """Ann and Bob, who did Charged."""
    type_id = eventtypes.ids(["Charged"], now=NOON)["Charged"]
    found = resolve(["ann", "bob"], create=True, now=NOON)
    columns = ("lane", "id", "profile_id", "type_id", "at", "received_at", "source", "properties")
    rows = [(id % 64, id, id, type_id, NOON - DAY, NOON - DAY, "api", "{}") for id in found.values()]
    sql.copy("profiles_event", columns, rows)
    return found


@pytest.fixture
def version(people):
    """Ann and Bob entered and wait for Charged; an e-mail would follow."""
    flow = {"nodes": [action(1, name="Again?"), email(2)], "links": [link("entry", "yes", 1), link(1, "yes", 2)]}
    draft = services.create_journey(document=journey(entry=past({"once": "now"}), **flow), by=None, now=NOON)
    version = services.publish(version_id=draft.pk, by=None, now=NOON)
    schedule.clock(NOON)
    return version


def test_numbers_come_from_the_tallies_and_name_every_node(version):
    for node, metric, value in (
        (1, "exited:goal_1", 1), (1, "left:yes", 1), (2, "exited_before:goal_1", 1), (2, "clicked", 3),
    ):  # fmt: skip
        counting.tally(version, node, metric, value, NOON.date())
    numbers = selectors.version_numbers(version.pk)
    assert (numbers.qualified, numbers.entered, numbers.held_out) == (2, 2, 0)
    assert (numbers.inside, numbers.goals_met, dict(numbers.exited)) == (0, 2, {"goal_1": 2})
    assert list(numbers.nodes) == [1, 2]
    first, second = numbers.nodes[1], numbers.nodes[2]
    assert (first.arrived, first.inside, first.left, first.exited) == (2, 0, {"yes": 1}, {"goal_1": 1})
    assert (second.arrived, second.inside, second.exited_before, second.other) == (0, 0, {"goal_1": 1}, {"clicked": 3})


def test_the_list_shows_each_journey_with_its_latest_version(version):
    draft = services.create_journey(document=journey(name="Welcome"), by=None, now=NOON + DAY)
    rows = [(it.name, it.version_id, it.version_number, it.status, it.criteria) for it in selectors.journeys()]
    assert rows == [("Welcome", draft.pk, 1, "draft", "live"), ("Abandoned cart", version.pk, 1, "completed", "past")]


def test_a_person_s_moves_come_newest_first_with_the_node_s_name(version, people):
    moves = [(it.what, it.at, it.journey, it.version, it.node, it.node_label) for it in selectors.person(people["ann"])]
    assert moves == [
        ("arrived", NOON, "Abandoned cart", 1, 1, "Again?"),
        ("entered", NOON, "Abandoned cart", 1, None, ""),
    ]
    assert len(selectors.person(people["ann"], most=1)) == 1


def test_nobody_is_lost_and_the_command_says_so(version, capsys):
    assert selectors.conservation(version.pk) == []
    call_command("check_conservation")
    assert "Versions checked: 1. Nobody was lost." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (
            "DELETE FROM journeys_enrollment WHERE id = (SELECT min(id) FROM journeys_enrollment)",
            "2 entered by the tallies, but there are 1 stays.",
        ),
        (
            "UPDATE journeys_tally SET value = 3 WHERE metric = 'arrived'",
            "Node 1: 6 arrived by the tallies, 2 by the ledger.",
        ),
        (
            "UPDATE journeys_enrollment SET phase = 'exited', exit_reason = 'completed', exited_at = now()",
            "0 exited as completed by the tallies, but 2 stays ended so.",
        ),
        (
            "UPDATE journeys_enrollment SET node = 2",
            "Node 2: 0 arrived, 0 left and 0 exited, so 0 should be there; 2 are.",
        ),
        (
            "UPDATE journeys_step SET node = 2 WHERE what = 'arrived'",
            "Node 2: 0 arrived by the tallies, 2 by the ledger.",
        ),
        (
            "INSERT INTO journeys_tally"
            " SELECT 0, min(id), 0, 'exited:completed', current_date, 2 FROM journeys_version",
            "{'completed': 2} exited the journey, but {} its nodes.",
        ),
    ],
)
def test_whoever_is_lost_is_found(version, damage, sentence, capsys):
    sql.run(damage)
    assert sentence in selectors.conservation(version.pk)
    with pytest.raises(CommandError) as failed:
        call_command("check_conservation", version_id=version.pk)
    assert failed.value.returncode == 1
    assert sentence in capsys.readouterr().out


def test_the_committed_schema_is_current():
    committed = (Path(settings.BASE_DIR) / write_schema.PATH).read_text(encoding="utf-8")
    assert committed == write_schema.text(), "run `python manage.py write_schema` and commit the file"


def test_the_schema_is_served_to_everyone(client):
    answer = client.get("/api/journey-schema/")
    assert answer.status_code == 200
    assert answer.json() == json.loads(json.dumps(document.schema()))
