"""Workers that are killed at any moment while people pass every kind of node: nobody is lost, nothing is repeated."""

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from config.lib import sql
from journeys import selectors, services
from journeys.nodes import KINDS
from tests.journeys import crowd
from tests.journeys.documents import MAIL, Json, action, journey, link
from tests.journeys.test_once_only import Stretch, phases

PEOPLE = 2_000
SEED = 20260303
HTML = {"content": {"html": "<p>Hello</p>"}}
NOTE = {"content": {"title": "Hello", "body": "Your basket waits."}}
TEXT = {"content": {"text": "Your basket waits."}}
PAGE = {"urls": [{"op": "contains", "value": "/never"}]}
BOUGHT = {"did": {"event": "Added To Cart"}}
REFUNDED = {"did": {"event": "Refunded"}}


def node(number: int, kind: str, config: Json, **more: str) -> Json:
    return {"id": number, "kind": kind, "config": config} | more


# Everyone passes nodes 1 to 22, but of 4 and 5 only one. Addresses but e-mail are unknown, devices are never there, and
# nothing happens but the clock: what is left of an hour, then a midnight.
NODES = [
    node(1, "profile_update", {"updates": [{"property": "n", "op": "increment", "value": 1}]}),
    node(2, "split", {"paths": [{"name": "Counted", "rule": {"profile": {"property": "n", "op": "=", "value": 1}}}]}),
    node(3, "intellinode", {"paths": [{"percent": 50}, {"percent": 50}], "goals": [{"event": "Refunded"}]}),
    node(4, "email", {"content": MAIL}),
    node(5, "webhook", {"content": {"method": "POST", "url": "https://example.com/hook"}}),
    node(6, "sms", TEXT),
    node(7, "whatsapp", TEXT),
    node(8, "rcs", TEXT),
    node(9, "push", NOTE),
    node(10, "web_push", NOTE),
    node(11, "app_inbox", NOTE, window="PT1H"),
    node(12, "in_app", HTML, window="PT1H"),
    node(13, "web_popup", HTML, window="PT1H"),
    node(14, "exit_intent", HTML, window="PT1H"),
    node(15, "web_native", HTML, window="PT1H"),
    node(16, "date_time", {"property": "never", "of": "profile"}),
    node(17, "page_visit", PAGE, window="PT1H"),
    node(18, "referrer", {"utm": {"source": "ads"}}, window="PT1H"),
    node(19, "page_count", {"count": 3}, window="PT1H"),
    action(20, "Charged", window="PT1H"),
    node(21, "inaction", {"event": {"event": "A"}, "then_not": {"event": "B"}, "within": "PT1H"}, window="PT1H"),
    node(22, "past_behaviour", {"rule": BOUGHT}),
    node(23, "force_exit", {}),
    node(24, "force_exit", {}),
]
LINKS = [
    link("entry", "yes", 1),
    link(1, "updated", 2),
    link(2, "path_1", 3),
    link(2, "others", 24),
    link(3, "path_1", 4),
    link(3, "path_2", 5),
    link(4, "sent", 6),
    link(5, "sent", 6),
    *(link(number, "unreachable", number + 1) for number in range(6, 11)),
    *(link(number, "node_timeout", number + 1) for number in (*range(11, 16), *range(17, 22))),
    link(16, "no", 17),
    link(22, "yes", 23),
]
GOALS = [
    {"kind": "action", "events": [{"event": "Refunded"}]},
    {"kind": "past_behaviour", "rule": REFUNDED},
    {"kind": "inaction", "event": {"event": "Refunded"}, "then_not": {"event": "Charged"}, "within": "PT1H"},
]
ENTRY_ONLY = {"journey_trigger", "custom_list"}


def _all_wait_from(number: int) -> bool:
    """Whether everyone waits at a node or at one behind it, and nothing is under way."""
    found = phases()
    return bool(found) and all(phase == "waiting" and place >= number for phase, place in found)


@pytest.mark.slow
@pytest.mark.usefixtures("committed")
def test_killed_workers_lose_nobody_at_any_kind_of_node():
    assert {it["kind"] for it in NODES} == KINDS.keys() - ENTRY_ONLY
    chance = random.Random(SEED)
    everyone = crowd.people(PEOPLE)
    now = timezone.now()
    version = services.create_journey(document=journey(nodes=NODES, links=LINKS, goals=GOALS), by=None, now=now)
    services.publish(version_id=version.pk, by=None, now=now)

    crowd.happen(everyone, "Added To Cart", at=timezone.now())
    stretches = []
    for number, hours in ((11, 0), (12, 2), (13, 3), (14, 4), (15, 5)):  # or further, where the hour is about to end
        stretches.append(Stretch(chance, ahead=timedelta(hours=hours)))
        stretches[-1].until(lambda number=number: _all_wait_from(number))
    stretches.append(Stretch(chance, ahead=timedelta(days=4)))
    stretches[-1].until(lambda: phases() == {("exited", 23): PEOPLE})

    assert all(stretch.killed for stretch in stretches)
    assert selectors.conservation(version.pk) == []
    assert selectors.version_numbers(version.pk).exited == {"force_exit": PEOPLE}
    assert sql.rows("SELECT properties->>'n', count(*) FROM profiles_profile GROUP BY 1") == [("1", PEOPLE)]
    visits = (
        """SELECT node, count(*), count(DISTINCT profile_id) FROM journeys_step WHERE what = 'arrived' GROUP BY 1"""
    )
    arrived = {number: (count, people) for number, count, people in sql.rows(visits)}
    assert all(arrived[number] == (PEOPLE, PEOPLE) for number in range(1, 24) if number not in (4, 5))
    assert arrived[4][0] + arrived[5][0] == PEOPLE
    once = "SELECT count(*), count(DISTINCT (enrollment_id, node, visit)) FROM channels_message"
    ((messages, different),) = sql.rows(once)
    assert messages == different > 6 * PEOPLE
    ((handed, different),) = sql.rows("SELECT count(*), count(DISTINCT (lane, message_id)) FROM channels_sandboxed")
    assert handed == different >= PEOPLE  # the e-mail or the webhook, and what the sandbox keeps beside
