"""Among millions of messages that were sent, those that were not are found without walking past the others."""

from datetime import UTC, datetime, timedelta

import pytest

from channels.selectors import SQL
from config.lib import lanes, sql
from profiles import partitions

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RARE = "channels_message_rare"


@pytest.fixture
def outbox(db):
    """20,000 messages in two months, one of them made after the index was; one in a hundred failed."""
    partitions.cover("channels_message", NOON - timedelta(days=40), NOON)
    sql.run(
        """INSERT INTO channels_message (lane, queued_at, profile_id, campaign_id, enrollment_id, journey_id,
                                         version_id, node, visit, channel, status)
           SELECT n % 64, %(noon)s - n * interval '3 minutes', n, 1, n, 7, 1, 3, 1, 'email',
                  CASE WHEN n % 100 = 0 THEN 'failed' ELSE 'sent' END
             FROM generate_series(1, 20000) AS n""".replace("% ", "%% "),
        {"noon": NOON},
    )
    sql.run("ANALYZE channels_message")


def plan(**asked):
    """How a page of messages is found."""
    nothing = dict.fromkeys(("before", "status", "reason", "channel", "journey", "node"))
    days = {"since": NOON - timedelta(days=60), "until": NOON + timedelta(days=1)}
    given = nothing | days | {"lanes": lanes.ALL, "limit": 50} | asked
    return "\n".join(line for (line,) in sql.rows(f"EXPLAIN {SQL['latest']}", given))


def rare_indexes():
    """The index's names in the partitions."""
    return [
        name
        for (name,) in sql.rows(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %(rare)s::regclass", {"rare": RARE}
        )
    ]


@pytest.mark.parametrize("status", ["failed", "unreachable", "cancelled"])
def test_rare_outcomes_are_found_by_an_index_of_their_own(outbox, status):
    found = plan(status=status)
    months = [name for name in rare_indexes() if "2026_0" in name]
    assert len(months) == 3
    assert all(name in found for name in months), found


def test_all_others_are_found_by_the_primary_key(outbox):
    for found in (plan(), plan(status="sent")):
        assert not any(name in found for name in rare_indexes()), found


def test_every_month_has_it_those_made_later_too(outbox):
    months = {"channels_message_default"} | {
        name for (name,) in sql.rows("SELECT relname FROM pg_class WHERE relname ~ '^channels_message_[0-9_]+$'")
    }
    having = sql.rows(
        """SELECT indrelid::regclass::text FROM pg_index JOIN pg_inherits ON inhrelid = indexrelid
            WHERE inhparent = %(rare)s::regclass AND indisvalid""",
        {"rare": RARE},
    )
    assert {"channels_message_2026_01", "channels_message_2026_03"} <= {name for (name,) in having} == months
