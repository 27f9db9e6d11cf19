"""Control groups: who is in one, how they are counted, how many there may be (domain 3.7)."""

from datetime import UTC, datetime

import pytest

from journeys import groups, services
from journeys.errors import JourneyError
from journeys.models import ControlGroup, Exempt, Version
from profiles.accept import accept
from tests.journeys.documents import journey
from tests.journeys.playing import played, tallies
from tests.staff import signed_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db

BOTH = 81  # Zoe by the order of identities: alone of a hundred in the system's group and our seventh one
OTHERS = ", ".join(f"{{identity: p{n}}}" for n in range(1, BOTH))
GROUPS = ", ".join(f"g{n}: 5" for n in range(1, 7))
SCENARIO = (
    f"""
account: {{control: {{system_percent: 5, custom: {{{GROUPS}, holdout: 5}}}}}}
profiles: [{OTHERS}, {{identity: zoe}}]
"""
    + """
journeys:
  j:
    name: Held out
    timeout: P5D
    control: {system: true, custom: holdout}
    entry: {criteria: live, segment: {kind: action, events: [{event: Start}]}, timeline: {start: now, end: null}}
    goals: [{kind: action, events: [{event: Charged}]}]
    nodes: [{id: 1, kind: force_exit}]
    links: [{from: entry, via: "yes", to: 1}]
timeline:
  - {at: 2026-03-02T14:00, publish: j}
  - {at: 2026-03-02T14:10, event: {identity: zoe, name: Start}}
  - {at: 2026-03-02T15:10, event: {identity: zoe, name: Charged}}
  - {at: 2026-03-02T16:10, event: {identity: zoe, name: Charged}}
until: 2026-03-09T00:00
"""
)


def test_who_is_in_two_groups_counts_once_in_all_and_once_in_each(tmp_path):
    with played(tmp_path, SCENARIO):
        assert tallies(0) == {
            "qualified": 1,
            "held_out": 1,
            "held_out:system": 1,
            "held_out:custom": 1,
            "held_goal_1": 1,
            "held_goal_1:system": 1,
            "held_goal_1:custom": 1,
        }


EMPTIED = """
profiles: [{identity: ann}]
lists: {all: [ann]}
journeys:
  j:
    name: Once
    timeout: P2D
    control: {journey_percent: 99}
    entry: {criteria: past, segment: {kind: custom_list, list: all}, timeline: {once: now}}
    goals: [{kind: action, events: [{event: Charged}]}]
    nodes: [{id: 1, kind: force_exit}]
    links: [{from: entry, via: "yes", to: 1}]
timeline:
  - {at: 2026-03-02T14:00, publish: j}
  - {at: 2026-03-04T13:59, event: {identity: ann, name: Charged}}
until: UNTIL
"""


@pytest.mark.parametrize(
    ("until", "status", "counted"),
    [("2026-03-04T13:58", "completed", {}), ("2026-03-04T14:10", "stopped", {"held_goal_1": 1})],
)
def test_a_completed_journey_is_not_stopped_while_its_control_group_is_watched_for_goals(
    tmp_path, until, status, counted
):
    with played(tmp_path, EMPTIED.replace("UNTIL", until)):
        assert Version.objects.get().status == status
        found = tallies(0)
        assert {metric: value for metric, value in found.items() if metric == "held_goal_1"} == counted


@pytest.mark.parametrize(("charged", "counted"), [("2026-04-01T13:59:59", 1), ("2026-04-01T14:00:01", 0)])
def test_without_a_timeout_a_control_group_is_watched_for_thirty_days(tmp_path, charged, counted):
    text = EMPTIED.replace("    timeout: P2D\n", "").replace("2026-03-04T13:59", charged)
    with played(tmp_path, text.replace("UNTIL", "2026-04-02T00:00")):
        assert tallies(0).get("held_goal_1", 0) == counted


def test_without_goals_nobody_is_waited_for(tmp_path):
    text = EMPTIED.replace("    goals: [{kind: action, events: [{event: Charged}]}]\n", "")
    with played(tmp_path, text.replace("UNTIL", "2026-03-02T14:10")):
        assert Version.objects.get().status == "stopped"


@pytest.fixture
def with_system_group(settings):
    settings.SYSTEM_CONTROL_PERCENT = 2


def test_a_custom_group_needs_a_system_group_first():
    with pytest.raises(JourneyError, match="system control group first"):
        groups.save(name="Holdout", percent=3, now=NOON)
    assert not ControlGroup.objects.exists()


@pytest.mark.parametrize("percent", [0, 1, 6, 100])
def test_a_custom_group_holds_two_to_five_per_cent(with_system_group, percent):
    with pytest.raises(JourneyError, match="2 to 5 %"):
        groups.save(name="Holdout", percent=percent, now=NOON)


def test_there_are_ten_groups_at_most_each_with_a_name_of_its_own(with_system_group):
    for number in range(10):
        groups.save(name=f"Group {number}", percent=2, now=NOON)
    with pytest.raises(JourneyError, match="10 control groups"):
        groups.save(name="One more", percent=2, now=NOON)
    first = ControlGroup.objects.get(name="Group 0")
    assert groups.save(name="Group 0", percent=5, now=NOON, group_id=first.pk).percent == 5
    with pytest.raises(JourneyError, match="already"):
        groups.save(name="Group 1", percent=2, now=NOON, group_id=first.pk)


def test_a_group_that_a_running_journey_uses_stays(with_system_group):
    group = groups.save(name="Holdout", percent=2, now=NOON)
    version = services.create_journey(document=journey(control={"custom": "Holdout"}), by=None, now=NOON)
    services.publish(version_id=version.pk, by=None, now=NOON)
    with pytest.raises(JourneyError, match="used by Abandoned cart"):
        groups.delete(group_id=group.pk)
    services.stop(version_id=version.pk, by=None, now=NOON, wait=True)
    groups.delete(group_id=group.pk)
    assert not ControlGroup.objects.exists()


def test_twenty_people_at_most_are_never_in_control():
    accept([{"type": "profile", "identity": f"p{n}", "profileData": {}} for n in range(21)], now=NOON)
    for n in range(20):
        groups.exempt(identity=f"p{n}", by=None, now=NOON)
    groups.exempt(identity="p0", by=None, now=NOON)  # is on the list already
    with pytest.raises(JourneyError, match="20 people"):
        groups.exempt(identity="p20", by=None, now=NOON)
    with pytest.raises(JourneyError, match="nobody with the identity"):
        groups.exempt(identity="nobody", by=None, now=NOON)
    assert Exempt.objects.count() == 20


def test_the_back_office_keeps_groups_by_the_same_rules(with_system_group):
    client = signed_in("adam")
    add = "/admin/journeys/controlgroup/add/"
    answer = client.post(add, {"name": "Holdout", "percent": "9"})
    assert b"less than or equal to 5" in answer.content
    assert client.post(add, {"name": "Holdout", "percent": "3"}).status_code == 302
    assert b"already" in client.post(add, {"name": "Holdout", "percent": "3"}).content
    group = ControlGroup.objects.get()
    assert client.post(f"/admin/journeys/controlgroup/{group.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not ControlGroup.objects.exists()

    accept([{"type": "profile", "identity": "ann", "profileData": {"Name": "Ann"}}], now=NOON)
    assert b"nobody" in client.post("/admin/journeys/exempt/add/", {"identity": "bob"}).content
    assert client.post("/admin/journeys/exempt/add/", {"identity": "ann"}).status_code == 302
    assert "ann · Ann".encode() in client.get("/admin/journeys/exempt/").content


def test_a_member_may_look_at_groups_and_change_none(with_system_group):
    groups.save(name="Holdout", percent=2, now=NOON)
    client = signed_in("mia")
    assert b"Holdout" in client.get("/admin/journeys/controlgroup/").content
    assert client.post("/admin/journeys/controlgroup/add/", {"name": "x", "percent": "3"}).status_code == 403
    assert client.post("/admin/journeys/exempt/add/", {"identity": "ann"}).status_code == 403
