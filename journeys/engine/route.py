"""Route: accepted events become history, and move the people whom they concern.

One transaction claims a batch of inbox rows of the lanes it could lock, stores them, admits whom they qualify, moves
who waited for them and exits whose goal they meet. If it dies anywhere, nothing has happened and the rows are still in
the inbox.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from config.lib import lanes as lane_locks
from config.lib import sql
from journeys.engine import batch, departures, interest, knowledge, watching
from journeys.engine.account import Account
from journeys.engine.besttime import BestTimes
from journeys.engine.interest import Interest
from journeys.engine.stay import Heard
from journeys.engine.verdicts import Verdicts
from journeys.engine.walk import Walk
from profiles import events, people


class _LanesMissing(Exception):
    """Somebody is merged into a person of a lane that this transaction does not hold. `lanes`: all that it needs."""

    def __init__(self, lanes: set[int]) -> None:
        self.lanes = lanes


def route(*, account: Account, now: datetime, size: int, lanes: Sequence[int] = lane_locks.ALL) -> int:
    """Route up to about `size` events of those lanes that are free; return how many."""
    wait = False
    while True:
        try:
            with transaction.atomic():
                if wait:
                    lane_locks.lock_wait(lanes)
                    held = list(lanes)
                else:
                    held = lane_locks.lock(lanes)
                return _route(held, account=account, now=now, size=size) if held else 0
        except _LanesMissing as missing:  # rare: begin again with just those lanes, and wait for whoever holds one
            lanes, wait = sorted(missing.lanes), True


def _route(held: list[int], *, account: Account, now: datetime, size: int) -> int:
    sql.join_by_key()
    interesting = interest.current(account=account, now=now)
    claimed = events.claim(held, each=-(-size // len(held)), wanted=list(interesting.types))
    heard = [
        Heard(lane, id, profile_id, type_id, at, clock, raw, *interesting.types[type_id])
        for lane, id, profile_id, type_id, at, clock, raw in claimed
        if type_id in interesting.types
    ]
    leaving = [event for event in heard if event.name in departures.NAMES]
    if leaving:
        needed = departures.lanes_of(leaving)
        if not needed.issubset(held):
            raise _LanesMissing(needed | {event.lane for event in leaving})
    gone: dict[int, int | None] = {}
    ordered = sorted(heard, key=_order)
    for piece in departures.pieces(ordered) if leaving else [ordered]:
        if piece := departures.redirect(piece, gone) if gone else piece:
            _move(piece, interesting, lanes=held, account=account, now=now)
        if leaving:
            gone |= departures.settle(piece, now=now)
    return len(claimed)


def _move(heard: list[Heard], interesting: Interest, *, lanes: list[int], account: Account, now: datetime) -> None:
    """Let events, in order, move their people. heard: not empty."""
    profiles = list({event.profile_id for event in heard} | _survivors(heard))
    entering = profiles
    if not interesting.triggers:
        entering = list({event.profile_id for event in heard if event.type_id in interesting.entries})
    changing = people.load_for_update(profiles, lanes=lanes) if interesting.needs_profile else {}
    earliest = min(event.at for event in heard)
    stays = batch.stays(lanes, profiles, list(interesting.graphs))
    batch.chain(stays, heard, lanes)
    walk = Walk(
        interesting.graphs,
        account=account,
        stays=stays,
        past=batch.past(lanes, entering, interesting) if entering else {},
        people=changing,
        known=knowledge.about(
            interesting, profiles, earliest=earliest, lanes=lanes, zone=account.zone, changing=changing
        ),
        verdicts=Verdicts(interesting.graphs, zone=account.zone, lanes=lanes, people=profiles, routed=True),
        live=interesting.live,
        watches=watching.of_people(interesting, profiles, lanes=lanes),
        triggers=interesting.triggers,
        counted=interesting.counted,
        shares=interesting.shares,
        groups=interesting.groups,
        best_times=BestTimes(changing, lanes=lanes, zone=account.zone),
        told=interesting.told,
        hops=batch.hops(lanes, profiles, interesting, since=min(event.clock for event in heard)),
        holds=interesting.holds,
        room=watching.room(interesting, account=account, now=now) if entering else {},
    )
    for event in heard:
        if event.name in departures.NAMES:
            walk.depart(event, departures.into(event))
        else:
            walk.hear(event, interesting.entries.get(event.type_id, ()))
    batch.flush(walk, interesting, lanes=lanes, now=now)


def _survivors(heard: list[Heard]) -> set[int]:
    """Those into whom somebody is merged."""
    return {into for event in heard if event.name in departures.NAMES and (into := departures.into(event)) is not None}


def _order(event: Heard) -> tuple[datetime, datetime, bool, int]:
    """By the instant at which events reached us, so that lag changes nothing; those of one call by their own time, then
    receipt (domain 8.3).

    Of a view and a click of one instant the click comes first, and wins (5.6).
    """
    return event.clock, event.at, event.outcome == "viewed", event.id
