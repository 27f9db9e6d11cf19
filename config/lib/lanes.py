"""Lanes: how work on people is divided, and the lock that gives a lane to one worker at a time.

A person's lane never changes, every hot table stores it, and every engine statement names its lanes. Locks are held by
the transaction, so a killed worker lets go of them.
"""

from collections.abc import Iterable

from config.lib import sql

LANES = 64
ALL = list(range(LANES))

# Advisory locks belong to a database; the schema's hash keeps a rehearsal in its scratch schema apart from the engine.
_TRY = """
SELECT lane FROM unnest(%(lanes)s::int[]) AS lane
WHERE pg_try_advisory_xact_lock(hashtext(current_schema()), lane)
LIMIT %(most)s::int
"""
# The inner order is kept by the planner (OFFSET 0): everyone waits in the same order, so nobody waits in a ring.
_WAIT = """
SELECT pg_advisory_xact_lock(hashtext(current_schema()), lane)
FROM (SELECT lane FROM unnest(%(lanes)s::int[]) AS lane ORDER BY lane OFFSET 0) AS ordered
"""


def of(profile_id: int) -> int:
    """The lane of a person."""
    return profile_id % LANES


def lock(lanes: Iterable[int], *, most: int = LANES) -> list[int]:
    """Lock the first `most` of those lanes that nobody else holds, until the transaction ends; return them. Does not
    wait.
    """
    return [lane for (lane,) in sql.rows(_TRY, {"lanes": list(lanes), "most": most})]


def lock_wait(lanes: Iterable[int]) -> None:
    """Lock all of the lanes until the transaction ends, waiting for whoever holds one."""
    sql.rows(_WAIT, {"lanes": list(lanes)})
