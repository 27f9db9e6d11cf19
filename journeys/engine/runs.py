"""Runs: one evaluation of a past-behaviour or custom-list entry, which admits everyone who matches (domain 8.2).

A run goes through the lanes in groups, a transaction each, and remembers the lanes that are done in the same
transaction. A worker that dies is followed by another that goes on with the rest; two at once do not meet, since the
run's row is locked. Everyone enters at the run's own instant, on history up to that instant, however long the run
takes.
"""

from pathlib import Path

from django.db import transaction
from psycopg import sql as pg

from config.lib import lanes as lane_locks
from config.lib import sql
from journeys.engine import audience, batch, interest, knowledge, watching
from journeys.engine.account import Account
from journeys.engine.verdicts import Verdicts
from journeys.engine.walk import Walk
from journeys.models import Run
from profiles import people

SQL = sql.load(Path(__file__).with_suffix(".sql"))

FEW = 50_000  # people: up to here all lanes are taken at once
LANES_A_STEP = 4  # beyond: some 60,000 people a transaction with a million profiles


def run(run_id: int, *, account: Account) -> int:
    """Do what is left of a run; return how many people entered. Does nothing if it is finished or another worker is at
    it.
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
    interesting = interest.current(account=account, now=found.at)
    graph = interesting.graphs.get(found.version_id)
    if graph is None:
        return 0  # stopped since
    query = audience.everyone(graph.entry, at=found.at, zone=account.zone)
    statement = pg.SQL(SQL["candidates"]).format(query=query.statement)
    params = {"journey": graph.journey_id, "version": graph.version_id, "re_entry": graph.re_entry, "lanes": lanes}
    candidates = sql.rows(statement, query.params | params)
    profiles = [profile_id for _, profile_id in candidates]
    changing = people.load_for_update(profiles, lanes=lanes) if graph.needs_profile else {}
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
        stays=batch.stays(lanes, profiles, list(interesting.graphs)) if interesting.triggers else (),
        past=batch.past(lanes, profiles, interesting) if interesting.triggers else {},
        triggers=interesting.triggers,
        counted=interesting.counted,
        shares=interesting.shares,
        room=watching.room(interesting, account=account, now=found.at),
    )
    for lane, profile_id in candidates:
        walk.admit(graph, lane, profile_id, found.at)
    batch.flush(walk, interesting, lanes=lanes, now=found.at)
    return len(walk.entered)
