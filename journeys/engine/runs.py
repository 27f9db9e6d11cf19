"""Runs: one evaluation of a past-behaviour or custom-list entry, which admits everyone who matches (domain 8.2).

A run goes through the lanes in groups, a transaction each, and remembers the lanes that are done in the same
transaction. A worker that dies is followed by another that goes on with the rest; two at once do not meet, since the
run's row is locked. Everyone enters at the run's own instant, on history up to that instant, however long the run
takes. At one instant goals and segment nodes come before runs, and the tick after them: whoever has just left may
enter, who is about to be timed out may not.

An entry by a date of the profile has one run too, at its start, in which the dates that are known are found.
"""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
from django.conf import settings
from django.db import transaction
from psycopg import sql as pg

from config.lib import lanes as lane_locks
from config.lib import sql
from journeys.engine import audience, batch, interest, knowledge, watching
from journeys.engine.account import Account
from journeys.engine.besttime import BestTimes
from journeys.engine.route import route
from journeys.engine.verdicts import Verdicts
from journeys.engine.walk import Walk
from journeys.graph import Graph
from journeys.models import Run
from profiles import people

SQL = sql.load(Path(__file__).with_suffix(".sql"))

FEW = 50_000  # people: up to here all lanes are taken at once
LANES_A_STEP = 4  # beyond: some 60,000 people a transaction with a million profiles


def run(run_id: int, *, account: Account) -> int:
    """Do what is left of a run; return how many people entered. Does nothing if it is finished or another worker is at
    it. Nor if one that came before it is not finished yet: who enters and leaves by the later could not enter by that.
    """
    entered = 0
    while (step := _step(run_id, account=account)) is not None:
        entered += step
    return entered


def _step(run_id: int, *, account: Account) -> int | None:
    with transaction.atomic():
        found = (
            Run.objects.select_for_update(skip_locked=True)
            .select_related(None)
            .filter(pk=run_id, finished_at=None)
            .first()
        )
        if found is None:
            return None
        before = Run.objects.filter(version__journey__versions=found.version_id, at__lt=found.at, finished_at=None)
        if before.exists():
            return None
        ((few,),) = sql.rows(SQL["few"], {"lanes": lane_locks.ALL, "most": FEW})
        left = [lane for lane in lane_locks.ALL if lane not in found.lanes_done]
        lanes = left if few else left[:LANES_A_STEP]
        entered = _admit(found, lanes, account=account)
        found.lanes_done = sorted([*found.lanes_done, *lanes])
        if len(found.lanes_done) == lane_locks.LANES:
            found.finished_at = found.at
        found.save(update_fields=["lanes_done", "finished_at"])
        return entered


def _admit(found: Run, lanes: list[int], *, account: Account) -> int:
    lane_locks.lock_wait(lanes)
    # What reached us before the run's instant is part of the history that it looks at.
    while sql.rows(SQL["behind"], {"lanes": lanes, "at": found.at}) == [(True,)]:
        route(account=account, now=found.at, size=settings.ENGINE_BATCH, lanes=lanes)
    interesting = interest.current(account=account, now=found.at)
    graph = interesting.graphs.get(found.version_id)
    if graph is None:
        return 0  # stopped since
    candidates = _candidates(graph, found.at, lanes, account)
    profiles = [candidate.profile_id for candidate in candidates]
    moving = [candidate.profile_id for candidate in candidates if candidate.pending]
    past = profiles if interesting.triggers else moving
    changing = people.load_for_update(profiles, lanes=lanes) if interesting.needs_profile else {}
    walk = Walk(
        interesting.graphs,
        account=account,
        people=changing,
        known=knowledge.about(
            interesting, profiles, earliest=found.at, lanes=lanes, zone=account.zone, changing=changing
        ),
        verdicts=Verdicts(interesting.graphs, zone=account.zone, lanes=lanes, people=profiles),
        live=interesting.live,
        watches=watching.of_people(interesting, profiles, lanes=lanes),
        stays=batch.stays(lanes, past, list(interesting.graphs)) if past else (),
        past=batch.past(lanes, past, interesting) if past else {},
        triggers=interesting.triggers,
        counted=interesting.counted,
        shares=interesting.shares,
        groups=interesting.groups,
        best_times=BestTimes(changing, lanes=lanes, zone=account.zone),
        told=interesting.told,
        hops=batch.hops(lanes, profiles, interesting, since=found.at),
        holds=interesting.holds,
        room=watching.room(interesting, account=account, now=found.at),
    )
    for candidate in candidates:
        for stay in [it for it in walk.active.get(candidate.profile_id, ()) if it.journey_id == graph.journey_id]:
            walk.fire(stay, found.at, ticks=False)
        walk.admit(graph, candidate.lane, candidate.profile_id, found.at, via=candidate.via)
    if graph.criteria == "live":
        _await_dates(walk, graph, found.at, lanes, account)
    batch.flush(walk, interesting, lanes=lanes, now=found.at)
    return len(walk.entered)


class Candidate(NamedTuple):
    """Somebody who may enter. pending: is inside, but has a clock that comes before the run."""

    lane: int
    profile_id: int
    pending: bool
    via: str


def _candidates(graph: Graph, at: datetime, lanes: list[int], account: Account) -> list[Candidate]:
    found = []
    params = {"journey": graph.journey_id, "version": graph.version_id, "re_entry": graph.re_entry, "at": at}
    for via, rule in graph.entry.kind.entrants(graph.entry.config).items():
        if via in graph.entry.outlets:
            query = audience.everyone(rule, at=at, zone=account.zone)
            statement = pg.SQL(SQL["candidates"]).format(query=query.statement)
            rows = sql.rows(statement, query.params | params | {"lanes": lanes})
            found += [Candidate(lane, profile_id, pending, via) for lane, profile_id, pending in rows]
    return found


def _await_dates(walk: Walk, graph: Graph, at: datetime, lanes: list[int], account: Account) -> None:
    """At the start of an entry by a date of the profile: wait for all dates that are known already."""
    clock = graph.entry.kind.known_clock(graph.entry.config, account.zone)
    if clock is None:
        return
    name, instant = clock
    for lane, profile_id, value in sql.rows(SQL["known"], {"lanes": lanes, "property": name}):
        due = instant(msgspec.json.decode(value))
        if due is not None and due >= at and walk.watched(graph, profile_id) is None:
            walk.await_clock(graph, lane, profile_id, (at, 0), due)
