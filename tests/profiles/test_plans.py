"""The statements use the indexes that their headers name, also when tables are large."""

from datetime import timedelta

import pytest

from config.lib import sql
from profiles import accept, identities, selectors
from tests.profiles.conftest import NOON

PEOPLE = 20_000


@pytest.fixture(params=["analysed", "in the first burst"])
def many(request, db):
    """So many people, each with an event and a delivery key."""
    sql.run(
        f"""WITH made AS (
                INSERT INTO profiles_profile (lane, id, identity, created_at, updated_at)
                SELECT id % 64, id, 'id-' || id, at, at
                  FROM (SELECT nextval('profiles_profile_id_seq') AS id, '2026-01-01Z'::timestamptz AS at
                          FROM generate_series(1, {PEOPLE})) AS new
                RETURNING lane, id
            ), named AS (
                INSERT INTO profiles_identity (value, kind, lane, profile_id)
                SELECT 'id-' || id, 'identity', lane, id FROM made
            ), noted AS (
                INSERT INTO profiles_eventkey (lane, key, seen_at)
                SELECT lane, id || '/1', '2026-01-01Z'::timestamptz + id * interval '1 min' FROM made
            )
            INSERT INTO profiles_event (lane, id, profile_id, type_id, at, received_at, source, properties)
            SELECT lane, nextval('profiles_event_id_seq'), id, 1, '2026-03-01Z', '2026-03-01Z', 'api', '{{}}'
              FROM made"""  # noqa: S608
    )
    for table in (
        ()
        if request.param == "in the first burst"
        else ("profiles_profile", "profiles_identity", "profiles_eventkey", "profiles_event")
    ):
        sql.run(f"ANALYZE {table}")
    return [each for (each,) in sql.rows("SELECT id FROM profiles_profile ORDER BY lane, id LIMIT 500")]


def plan(statement, params):
    return "\n".join(line for (line,) in sql.rows(f"EXPLAIN {statement}", params))


def test_the_statements_use_the_indexes_of_their_headers(many):
    lanes = [each % 64 for each in many]
    stale = {"stale": NOON - timedelta(days=60), "batch": 100}
    plans = {
        "profiles_identity_pkey": plan(
            identities.SQL["find"], {"kinds": ["identity"] * len(many), "values": [f"id-{each}" for each in many]}
        ),
        "profiles_profile_pkey": plan(accept.SQL["load_profiles"], {"lanes": lanes, "ids": many}),
        "profiles_eventkey_seen": plan(accept.SQL["forget_deliveries"], stale),
        "lane_profile_id_at": plan(
            selectors.SQL["timeline"], {"lane": lanes[0], "profile_id": many[0], "before": NOON, "limit": 50}
        ),
    }
    for index, found in plans.items():
        assert index in found, found
