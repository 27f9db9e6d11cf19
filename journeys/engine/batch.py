"""Reading what a batch of people needs, and writing back what happened to them: a fixed number of statements, whatever
the batch's size.

Everything here runs inside the caller's transaction and under the lane locks; state, ledger, tallies and queued
messages commit together.
"""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from pathlib import Path

from channels import outbox
from config.lib import sql
from config.lib.arrays import literal
from config.lib.wake import wake
from journeys.engine import conversion, details, watching
from journeys.engine.entering import MINUTE
from journeys.engine.interest import Interest
from journeys.engine.stay import Heard, Past, Queued, Stay
from journeys.engine.walk import Walk
from profiles import changes
from profiles import people as profiles_people

SQL = sql.load(Path(__file__).with_suffix(".sql"))

_NEW = (
    "lane", "id", "profile_id", "journey_id", "version_id", "phase", "node", "visit", "entered_at", "arrived_at",
    "heard_at", "heard_id", "entry_at", "entry_id", "outcome", "closes_at", "decides_at", "deadline", "due_at", "event",
    "clocks", "foreseen", "met_on", "exit_reason", "exited_at",
)  # fmt: skip
_MOVED = (
    "lane", "id", "phase", "node", "visit", "arrived_at", "heard_at", "heard_id", "outcome", "closes_at",
    "decides_at", "due_at", "event", "clocks", "foreseen", "exit_reason", "exited_at",
)  # fmt: skip
_STEP = (
    "enrollment_id",
    "lane",
    "profile_id",
    "journey_id",
    "version_id",
    "at",
    "what",
    "node",
    "via",
    "outcome",
    "reason",
    "detail",
)


def stays(lanes: Sequence[int], profiles: Sequence[int], versions: Sequence[int]) -> list[Stay]:
    """The active stays of the people in these versions, oldest first."""
    params = {"lanes": lanes, "profiles": literal(profiles), "versions": versions}
    return [Stay(*row) for row in sql.rows(SQL["stays"], params)]


def chain(stays: Sequence[Stay], heard: Sequence[Heard], lanes: Sequence[int]) -> None:
    """Tell the stays whose message ended at the very instant of their arrival which nodes they have passed at it, so
    that a loop of messages ends too. No statement where none did: a real provider takes its time.
    """
    outcomes = {(event.profile_id, event.clock) for event in heard if event.outcome is not None}
    known = {it.id: it for it in stays if it.phase == "sending" and (it.profile_id, it.arrived_at) in outcomes}
    if not known:
        return
    params = {
        "lanes": lanes,
        "ids": list(known),
        "profiles": [it.profile_id for it in known.values()],
        "instants": literal(it.arrived_at for it in known.values()),
    }
    for id, nodes in sql.rows(SQL["chain"], params):
        known[id].chain, known[id].chained_at = nodes, known[id].arrived_at


def past(lanes: Sequence[int], profiles: Sequence[int], interesting: Interest) -> dict[tuple[int, int], Past]:
    """What the people have been through in the journeys that may admit them, by (profile, journey)."""
    params = {
        "lanes": lanes,
        "profiles": literal(profiles),
        "journeys": sorted({it.journey_id for it in interesting.graphs.values() if it.version_id in interesting.live}),
        "versions": list(interesting.graphs),
    }
    return {
        (profile, journey): Past(
            dict(zip(versions, entered, strict=True)),
            {version: at for version, at in zip(versions, met, strict=True) if at is not None},
            exited_at,
            inside,
        )
        for profile, journey, versions, entered, met, exited_at, inside in sql.rows(SQL["past"], params)
    }


def hops(
    lanes: Sequence[int], profiles: Sequence[int], interesting: Interest, *, since: datetime
) -> dict[int, list[datetime]]:
    """When people were passed on by journey triggers, from a minute before `since` on; no statement without any."""
    if not interesting.triggers:
        return {}
    params = {
        "lanes": lanes,
        "profiles": literal(profiles),
        "versions": sorted({it.version_id for graphs in interesting.triggers.values() for it in graphs}),
        "since": since - MINUTE,
    }
    return dict(sql.rows(SQL["hops"], params))


def flush(walk: Walk, interesting: Interest, *, lanes: Sequence[int], now: datetime) -> None:
    """Write everything that the walk caused, in the transaction at hand. `now` stamps changed profiles and cancelled
    messages.
    """
    for stay, (id,) in zip(walk.entered, _ids(len(walk.entered)), strict=True):
        stay.id = id
    if walk.moved:  # before the new stays: who leaves and re-enters in one batch is inside once
        moved = list(walk.moved.values())
        sql.run(SQL["move"], {"lanes": lanes, **{name: literal(map(attrgetter(name), moved)) for name in _MOVED}})
    if walk.entered:
        sql.copy("journeys_enrollment", _NEW, map(attrgetter(*_NEW), walk.entered))
    if walk.watch_changes:
        watching.flush(walk, lanes=lanes)
    conversion.count(walk, interesting, lanes=lanes)
    if walk.steps:
        sql.copy(
            "journeys_step", _STEP, ((stay.id if isinstance(stay, Stay) else stay, *rest) for stay, *rest in walk.steps)
        )
    if walk.unsent:
        outbox.cancel(lanes=lanes, enrollment_ids=[stay.id for stay in walk.unsent], reason="exited", now=now)
    if walk.unshown:
        outbox.withdraw(lanes=lanes, enrollment_ids=[stay.id for stay in walk.unshown])
    sending = [entry for entry in walk.messages if _still_due(entry)]
    if sending:
        outbox.queue(_message_row(walk, entry) for entry in sending if not entry.late)
        if late := [entry for entry in sending if entry.late]:
            outbox.queue_late(_message_row(walk, entry) for entry in late)
        wake("channels.dispatch")
    if walk.changed_people:
        profiles_people.save(
            [walk.people[profile_id] for profile_id in sorted(walk.changed_people)], lanes=lanes, now=now
        )
    changes.tell(walk.changes)
    details.count(walk)
    if walk.tallies:
        ordered = sorted(walk.tallies.items())
        lane, version, node, metric, day = (
            literal(column) for column in zip(*(key for key, _ in ordered), strict=True)
        )
        values = literal(value for _, value in ordered)
        sql.run(
            SQL["tally"],
            {"lane": lane, "version_id": version, "node": node, "metric": metric, "day": day, "value": values},
        )
    for journey, message in walk.flags.items():
        sql.run(SQL["flag"], {"journey": journey, "message": message})


def _ids(n: int) -> list[tuple[int]]:
    """Ids for n new enrollments; no statement for none."""
    return sql.rows(SQL["ids"], {"n": n}) if n else []


def _still_due(entry: Queued) -> bool:
    """Whether the person is still at the visit that queued the message: a goal in the same batch takes it back."""
    return entry.stay.phase == "sending" and entry.stay.node == entry.node and entry.stay.visit == entry.visit


def _message_row(walk: Walk, entry: Queued) -> tuple[object, ...]:
    """In the order of channels.outbox.QUEUE_COLUMNS."""
    stay, node, visit, at, campaign, _ = entry
    channel = walk.graphs[stay.version_id].nodes[node].kind.name
    return (
        stay.lane, at, stay.profile_id, campaign, stay.id, stay.journey_id, stay.version_id, node, visit, channel, at,
        stay.event,
    )  # fmt: skip
