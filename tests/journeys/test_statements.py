"""A batch costs a number of statements that does not depend on how many people it moves, nor on how many journeys are
live; and each of the hot ones finds its rows by an index.
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from channels import outbox
from channels.outbox import delivery
from config.lib import lanes, sql
from config.lib.arrays import literal
from journeys import services
from journeys.engine import advance as clocks
from journeys.engine import batch, pump
from journeys.engine.account import Account
from journeys.engine.advance import advance
from journeys.engine.route import route
from profiles import events
from tests.journeys import crowd
from tests.journeys.documents import action, email, journey, link, live

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ACCOUNT = Account(ZoneInfo("UTC"))
FEW, MANY = 1, 500
LIVE = 200

DOCUMENT = journey(
    goals=[{"kind": "action", "events": [{"event": "Refunded"}]}],
    nodes=[
        {"id": 1, "kind": "profile_update", "config": {"updates": [{"property": "n", "op": "increment", "value": 1}]}},
        email(2),
        action(3, "Charged", window="PT1H"),
        {"id": 4, "kind": "force_exit"},
    ],
    links=[
        link("entry", "yes", 1),
        link(1, "updated", 2),
        link(2, "sent", 3, after="PT1H"),
        link(3, "yes", 4),
        link(3, "node_timeout", 4),
    ],
)

pytestmark = pytest.mark.django_db


def publish(document) -> int:
    version = services.create_journey(document=document, by=None, now=NOON)
    return services.publish(version_id=version.pk, by=None, now=NOON).pk


def counted(work) -> list[str]:
    """The statements of one batch, which has something to do."""
    with sql.counting() as count:
        assert work()
    return [re.sub(r'"s\d+_x\d+"', "savepoint", statement) for statement in count.statements]


def travel(people: list[int], *, at: datetime) -> list[list[str]]:
    """Lead the people through DOCUMENT, each step one batch; the statements of each."""
    steps = []
    crowd.happen(people, "Added To Cart", at=at)
    steps.append(counted(lambda: route(account=ACCOUNT, now=at, size=64 * MANY)))
    steps.append(counted(lambda: outbox.dispatch(now=at, batch=64 * MANY)))
    steps.append(counted(lambda: route(account=ACCOUNT, now=at, size=64 * MANY)))
    steps.append(counted(lambda: advance(account=ACCOUNT, now=at + HOUR, size=64 * MANY)))
    crowd.happen(people, "Charged", at=at + HOUR * 1.1)
    steps.append(counted(lambda: route(account=ACCOUNT, now=at + HOUR * 1.1, size=64 * MANY)))
    inside = "SELECT count(*) FROM journeys_enrollment WHERE phase <> 'exited' AND profile_id = ANY(%(people)s)"
    assert sql.rows(inside, {"people": people}) == [(0,)]
    return steps


def test_a_batch_costs_the_same_for_one_person_and_for_hundreds():
    publish(DOCUMENT)
    people = crowd.people(FEW + MANY + 1)
    travel(people[:1], at=NOON)  # compiles the graph and the campaign
    few = travel(people[1 : 1 + FEW], at=NOON + 3 * HOUR)
    many = travel(people[1 + FEW :], at=NOON + 6 * HOUR)
    assert few == many


def test_a_batch_costs_the_same_for_one_live_journey_and_for_two_hundred():
    """The others wait for the same events, and for others."""
    publish(DOCUMENT)
    people = crowd.people(11)
    travel(people[:1], at=NOON)
    alone = travel(people[1:6], at=NOON + 3 * HOUR)
    for number in range(LIVE - 1):
        name = "Added To Cart" if number % 2 else f"Event {number}"
        entry = live(segment={"kind": "action", "events": [{"event": name}]})
        publish(journey(entry=entry, nodes=[action(1), email(2)], links=[link("entry", "yes", 1), link(1, "yes", 2)]))
    crowd.happen(people[:1], "Event 0", at=NOON + 4 * HOUR)
    route(account=ACCOUNT, now=NOON + 4 * HOUR, size=1000)  # compiles the graphs
    crowd.happen(people[6:], "Added To Cart", at=NOON + 6 * HOUR)
    among_them = counted(lambda: route(account=ACCOUNT, now=NOON + 6 * HOUR, size=1000))
    assert sql.rows("SELECT count(DISTINCT version_id) > 90 FROM journeys_enrollment") == [(True,)]
    assert among_them == alone[0]
    assert counted(lambda: outbox.dispatch(now=NOON + 6 * HOUR, batch=1000)) == alone[1]


def test_an_idle_look_is_one_statement():
    publish(DOCUMENT)
    with sql.counting() as count:
        assert pump.pump(account=ACCOUNT, clock=lambda: NOON) == 0
    assert len(count.statements) == 1


# How the rows are found -----------------------------------------------------------------------------------------------


@pytest.fixture
def crowded():
    """20,000 stays, most of them waiting; as many events in the inbox and messages in the outbox."""
    version = publish(DOCUMENT)
    given = {"number": 20_000, "version": version, "now": NOON}
    sql.run(
        """INSERT INTO journeys_enrollment (lane, profile_id, journey_id, version_id, phase, node, visit, entered_at,
                                            arrived_at, heard_at, heard_id, entry_at, entry_id, due_at)
           SELECT n %% 64, n, 1, %(version)s, 'asleep', 3, 2, %(now)s, %(now)s, %(now)s, 0, %(now)s, 0,
                  %(now)s + n * interval '1 second'
             FROM generate_series(1, %(number)s) AS n""",
        given,
    )
    sql.run(
        """INSERT INTO profiles_inbox (lane, profile_id, type_id, at, received_at, source, properties)
           SELECT n %% 64, n, 1, %(now)s, %(now)s, 'api', '{}' FROM generate_series(1, %(number)s) AS n""",
        given | {"number": 20_000},
    )
    sql.run(
        """INSERT INTO channels_message (lane, queued_at, profile_id, campaign_id, enrollment_id, journey_id,
                                         version_id, node, visit, channel, due_at, status)
           SELECT n %% 64, %(now)s, n, 1, n, 1, %(version)s, 2, 2, 'email', CASE WHEN n %% 100 = 0 THEN %(now)s END,
                  CASE WHEN n %% 100 = 0 THEN 'queued' ELSE 'sent' END
             FROM generate_series(1, %(number)s) AS n""",
        given,
    )
    for table in ("journeys_enrollment", "profiles_inbox", "channels_message"):
        sql.run(f"ANALYZE {table}")
    return version


def plan(statement: str, params) -> str:
    """As PostgreSQL would run it, with the settings that the code runs it under."""
    return "\n".join(line for (line,) in sql.rows(f"EXPLAIN {statement}", params))


@pytest.mark.usefixtures("crowded")
def test_events_are_claimed_by_the_key_of_the_inbox():
    found = plan(events.SQL["claim"], {"lanes": lanes.ALL, "each": 63, "wanted": [1]})
    assert "using profiles_inbox_pkey on profiles_inbox" in found
    assert "Tid Scan on profiles_inbox" in found
    assert "Seq Scan on profiles_inbox" not in found


def test_due_people_are_found_by_their_clock(crowded):
    found = plan(
        clocks.SQL["due"],
        {"lanes": lanes.ALL, "versions": [crowded], "now": NOON + HOUR, "each": 63, "held": [1], "until": [NOON]},
    )
    assert "using journeys_enrollment_due on journeys_enrollment" in found
    assert "Seq Scan on journeys_enrollment" not in found


def test_stays_are_found_by_their_person(crowded):
    found = plan(batch.SQL["stays"], {"lanes": lanes.ALL, "profiles": [1, 2, 3], "versions": [crowded]})
    assert "using journeys_enrollment_active on journeys_enrollment" in found


@pytest.mark.usefixtures("crowded")
@pytest.mark.parametrize("analysed", [True, False])
def test_moved_people_are_written_by_their_key(analysed):
    """Also where they are so many that reading the whole table in order would seem as cheap."""
    if not analysed:
        sql.run("SELECT pg_clear_relation_stats(current_schema(), 'journeys_enrollment')")
        sql.run("DELETE FROM pg_statistic WHERE starelid = 'journeys_enrollment'::regclass")
    some = sql.rows("SELECT lane, id FROM journeys_enrollment ORDER BY id LIMIT 4000")
    empty = dict.fromkeys(batch._MOVED, literal([None] * len(some)))
    given = empty | {"lane": literal(lane for lane, _ in some), "id": literal(id for _, id in some)}
    sql.join_by_key()
    found = plan(batch.SQL["move"], given | {"lanes": lanes.ALL})
    assert "Nested Loop" in found
    assert "using journeys_enrollment_pkey on journeys_enrollment" in found


@pytest.mark.usefixtures("crowded")
def test_a_look_for_work_reads_two_indexes():
    found = plan(pump.SQL["work"], {"lanes": lanes.ALL, "now": NOON})
    assert "using profiles_inbox_pkey on profiles_inbox" in found
    assert "using journeys_enrollment_due on journeys_enrollment" in found


@pytest.mark.usefixtures("crowded")
def test_messages_are_claimed_by_when_they_are_due():
    sql.join_by_key()
    found = plan(delivery.SQL["claim"], {"lanes": lanes.ALL, "share": 8, "now": NOON})
    assert "_due_idx on" in found or "_lane_due_at_idx on" in found
    assert "Seq Scan on channels_message" not in found
