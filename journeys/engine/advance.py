"""Advance: move the people whose clock has come: sleep over, window closed at its tick, midnight, journey timeout.

One transaction takes a batch of due stays of the lanes it could lock. People move at the instant that was due, not at
the instant at which a worker came round to it, so a worker that was down for an hour changes nobody's path.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction

from config.lib import lanes as lane_locks
from config.lib import sql
from journeys.engine import audience, batch, interest
from journeys.engine.account import Account
from journeys.engine.interest import Interest
from journeys.engine.walk import Stay, Walk
from profiles import people

SQL = sql.load(Path(__file__).with_suffix(".sql"))

Verdicts = dict[tuple[int, int, datetime], set[int]]


def advance(*, account: Account, now: datetime, size: int, lanes: Sequence[int] = lane_locks.ALL) -> int:
    """Move up to about `size` people of those lanes that are free; return how many were due."""
    with transaction.atomic():
        held = lane_locks.lock(lanes)
        if not held:
            return 0
        interesting = interest.current(zone=account.zone, now=now)
        params = {"lanes": held, "versions": list(interesting.graphs), "now": now, "each": -(-size // len(held))}
        due = [Stay(*row) for row in sql.rows(SQL["due"], params)]
        if due:
            profiles = list({stay.profile_id for stay in due})
            changing = people.load_for_update(profiles, lanes=held) if interesting.needs_profile else {}
            earliest = min(stay.due_at for stay in due if stay.due_at is not None)
            walk = Walk(
                interesting.graphs,
                account=account,
                stays=due,
                people=changing,
                verdicts=_verdicts(due, interesting, account, held),
                passes_rule=batch.filters(
                    interesting, profiles, earliest=earliest, lanes=held, zone=account.zone, changing=changing
                ),
            )
            for stay in due:
                walk.fire(stay, stay.due_at or now)  # one clock each; what comes due next is claimed anew
            batch.flush(walk, lanes=held, now=now)
        return len(due)


def next_due(*, account: Account, now: datetime, lanes: Sequence[int] = lane_locks.ALL) -> datetime | None:
    """The earliest instant at which somebody's clock comes; None if nobody waits for one."""
    versions = list(interest.current(zone=account.zone, now=now).graphs)
    ((earliest,),) = sql.rows(SQL["next"], {"lanes": list(lanes), "versions": versions})
    return earliest


def _verdicts(due: list[Stay], interesting: Interest, account: Account, held: list[int]) -> Verdicts:
    """Who of those tested at a midnight matches: one statement for all waiters of a node and a midnight."""
    waiting: dict[tuple[int, int, datetime], list[int]] = defaultdict(list)
    for stay in due:
        node = interesting.graphs[stay.version_id].nodes[stay.node]
        if stay.phase == "waiting" and node.kind.tested_at_midnight and stay.due_at is not None:
            waiting[stay.version_id, stay.node, stay.due_at].append(stay.profile_id)
    return {
        (version, number, at): audience.matching(
            interesting.graphs[version].nodes[number], at=at, zone=account.zone, lanes=held, profiles=profiles
        )
        for (version, number, at), profiles in waiting.items()
    }
