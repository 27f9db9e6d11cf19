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
from journeys import calendar
from journeys.engine import batch, interest, knowledge, watching
from journeys.engine.account import Account
from journeys.engine.besttime import BestTimes
from journeys.engine.interest import Interest
from journeys.engine.stay import Stay, Watch
from journeys.engine.verdicts import Verdicts
from journeys.engine.walk import Walk
from profiles import people

SQL = sql.load(Path(__file__).with_suffix(".sql"))


def advance(
    *,
    account: Account,
    now: datetime,
    size: int,
    lanes: Sequence[int] = lane_locks.ALL,
    most: int = lane_locks.LANES,
) -> int:
    """Move up to about `size` people of the first `most` of those lanes that are free; return how many were due."""
    with transaction.atomic():
        held = lane_locks.lock(lanes, most=most)
        if not held:
            return 0
        sql.join_by_key()
        interesting = interest.current(account=account, now=now)
        each = -(-size // len(held))
        params = {
            "lanes": held, "versions": list(interesting.graphs), "now": now, "each": each,
            "held": list(interesting.holds), "until": list(interesting.holds.values()),
        }  # fmt: skip
        due = [Stay(*row) for row in sql.rows(SQL["due"], params)]
        ripe = watching.due(interesting, lanes=held, now=now, each=each)
        due, ripe = _in_order(due, ripe, each)
        if due or ripe:
            _move(due, ripe, interesting, lanes=held, account=account, now=now)
        return len(due) + len(ripe)


def _move(
    due: list[Stay], ripe: list[Watch], interesting: Interest, *, lanes: list[int], account: Account, now: datetime
) -> None:
    profiles = list({stay.profile_id for stay in due} | {watch.profile_id for watch in ripe})
    entering = profiles if interesting.triggers else list({watch.profile_id for watch in ripe})
    claimed = {stay.id for stay in due}
    inside = batch.stays(lanes, entering, list(interesting.graphs)) if entering else []
    changing = people.load_for_update(profiles, lanes=lanes) if interesting.needs_profile else {}
    walk = Walk(
        interesting.graphs,
        account=account,
        stays=[*due, *(stay for stay in inside if stay.id not in claimed)],
        past=batch.past(lanes, entering, interesting) if entering else {},
        people=changing,
        verdicts=_verdicts(due, ripe, interesting, account, lanes),
        known=knowledge.about(
            interesting,
            profiles,
            earliest=min(_instants(due, ripe)),
            lanes=lanes,
            zone=account.zone,
            changing=changing,
        ),
        live=interesting.live,
        watches=watching.of_people(interesting, profiles, lanes=lanes),
        room=watching.room(interesting, account=account, now=now) if entering else {},
        triggers=interesting.triggers,
        counted=interesting.counted,
        shares=interesting.shares,
        groups=interesting.groups,
        best_times=BestTimes(changing, lanes=lanes, zone=account.zone),
        told=interesting.told,
        hops=batch.hops(lanes, profiles, interesting, since=min(_instants(due, ripe))),
        holds=interesting.holds,
    )
    clocks: list[tuple[datetime | None, Stay | Watch]] = [(stay.due_at, stay) for stay in due]
    clocks += [(watch.due_at, watch) for watch in ripe]
    for at, clocked in sorted(clocks, key=lambda clock: clock[0] or now):  # stable: at one instant stays come first
        if clocked.due_at != at or at is None:
            continue  # came already, before another one of the person
        if isinstance(clocked, Stay):
            walk.fire(clocked, at)  # one clock each; what comes due next is claimed anew
        else:
            walk.come(walk.watches[clocked.profile_id, clocked.version_id, clocked.role])
    batch.flush(walk, interesting, lanes=lanes, now=now)


def _in_order(due: list[Stay], ripe: list[Watch], each: int) -> tuple[list[Stay], list[Watch]]:
    """Those up to the instant that both lists of a lane reach: one that was cut may have gone on with earlier clocks
    than the rest of the other.
    """
    horizon: dict[int, datetime] = {}
    for claimed in (due, ripe):
        last: dict[int, list[datetime]] = defaultdict(list)
        for one in claimed:
            if one.due_at is not None:
                last[one.lane].append(one.due_at)
        for lane, instants in last.items():
            if len(instants) >= each:
                horizon[lane] = min(max(instants), horizon.get(lane, max(instants)))
    if not horizon or not due or not ripe:
        return due, ripe

    def within(one: Stay | Watch) -> bool:
        return one.lane not in horizon or one.due_at is None or one.due_at <= horizon[one.lane]

    return list(filter(within, due)), list(filter(within, ripe))


def _instants(due: list[Stay], ripe: list[Watch]) -> list[datetime]:
    """When their clocks came."""
    clocks = [*(stay.due_at for stay in due), *(watch.due_at for watch in ripe)]
    return [at for at in clocks if at is not None]


def next_due(*, account: Account, now: datetime, lanes: Sequence[int] = lane_locks.ALL) -> datetime | None:
    """The earliest instant at which somebody's clock comes; None if nobody waits for one."""
    interesting = interest.current(account=account, now=now)
    ((earliest,),) = sql.rows(SQL["next"], {"lanes": list(lanes), "versions": list(interesting.graphs)})
    watched = watching.next_due(interesting, lanes=lanes)
    return min((at for at in (earliest, watched) if at is not None), default=None)


def _verdicts(due: list[Stay], ripe: list[Watch], interesting: Interest, account: Account, held: list[int]) -> Verdicts:
    """Who of those tested at a midnight matches."""
    watched = [watch.profile_id for watch in ripe]
    verdicts = Verdicts(interesting.graphs, zone=account.zone, lanes=held, people=watched)
    asked: dict[tuple[int, int, datetime], list[int]] = defaultdict(list)
    for stay in due:
        graph, at = interesting.graphs[stay.version_id], stay.due_at
        if at is None or not calendar.is_midnight(at, account.zone):
            continue
        for number in graph.midnight_goals:
            asked[stay.version_id, number, at].append(stay.profile_id)
        for number in graph.nodes[stay.node].tested_at_midnight if stay.phase == "waiting" else ():
            asked[stay.version_id, number, at].append(stay.profile_id)
    if asked:
        with sql.sets_by_hash():
            for one, profiles in asked.items():
                verdicts.ask(one, set(profiles))
    return verdicts
