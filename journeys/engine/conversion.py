"""Conversions: what people did after a message or a path, counted for it, in sets.

A walk notes what may count (`Done`): an event that some node counts, a goal of the journey that was met. Here the batch
asks once for the messages that the people were sent and for the paths that they took, decides in memory for whom each
counts, and keeps what was not counted before: three statements at most, none where nothing was noted.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from config.lib import sql
from config.lib.arrays import literal
from journeys.engine.interest import Interest
from journeys.engine.stay import Done
from journeys.engine.walk import Walk
from journeys.nodes.counted import DAY
from profiles import eventtypes

SQL = sql.load(Path(__file__).with_suffix(".sql"))

ONCE = datetime(1970, 1, 1, tzinfo=UTC)  # since: what a message does counts once for ever
LONGEST_WAIT = timedelta(days=60)  # from a message's planned instant to its sending (channels.outbox)


class Sent(NamedTuple):
    """A message that somebody was sent."""

    profile_id: int
    version_id: int
    node: int
    id: int
    variant: str | None
    at: datetime


class Conversion(NamedTuple):
    """Something that counts for a node, unless it was counted before; the columns are explained in
    migrations/sql/conversion.sql. message: 0 for a path.
    """

    lane: int
    profile_id: int
    version_id: int
    node: int
    goal: int
    since: datetime
    at: datetime
    via: str | None
    cents: int | None
    message: int
    sent_at: datetime

    @property
    def key(self) -> tuple[Any, ...]:
        return self[:6]


def count(walk: Walk, interesting: Interest, *, lanes: Sequence[int]) -> None:
    """Keep what the walk noted, and add to its tallies what was not counted before. Called before its steps are
    written: those in the ledger are of earlier batches.
    """
    if not walk.done:
        return
    found = {it.key: it for it in (*_of_messages(walk.done, interesting, lanes), *_of_paths(walk.done, lanes))}
    if not found:
        return
    for lane, profile_id, version_id, node, goal, since, opened, first in _keep(list(found.values()), lanes):
        it = found[lane, profile_id, version_id, node, goal, since]
        day = walk.day(it.at)
        for metric, value in _metrics(it, opened, first):
            walk.tallies[lane, version_id, node, metric, day] += value


def _metrics(it: Conversion, opened: bool, first: bool) -> Iterable[tuple[str, int]]:
    """What a conversion adds to the tallies of its node."""
    if it.since != ONCE:  # of a path
        yield f"{it.via}:goal_{it.goal}", 1
        if first:
            yield f"{it.via}:converted", 1
        return
    variant = f"variant:{it.via}:" if it.via is not None else None
    if it.goal < 0:
        yield f"goal_{-it.goal}", 1
        return
    counted = [("converted", 1), ("revenue_cents", it.cents or 0)]
    if not opened:
        counted.append(("influenced", 1))
    for metric, value in counted:
        if value:
            yield metric, value
            if variant:
                yield variant + metric, value


# Messages ---------------------------------------------------------------------------------------------------------


def _of_messages(noted: list[Done], interesting: Interest, lanes: Sequence[int]) -> list[Conversion]:
    noted = [it for it in noted if not it.inside]
    if not noted:
        return []
    earliest = min(it.at for it in noted) - interesting.longest_window - LONGEST_WAIT
    people = {it.profile_id for it in noted}
    versions = {it.version_id for it in noted}
    params = {"lanes": lanes, "people": literal(people), "versions": list(versions), "earliest": earliest}
    sent: dict[tuple[int, int], list[Sent]] = defaultdict(list)
    for message in map(Sent._make, sql.rows(SQL["messages"], params)):
        sent[message.profile_id, message.version_id].append(message)
    found = []
    for it in noted:
        latest: dict[int, Sent] = {}
        for message in sent[it.profile_id, it.version_id]:  # in order of time
            window = _window(it, message, interesting)
            if window is not None and message.at < it.at < message.at + window:
                latest[message.node] = message
        found += [
            Conversion(
                it.lane, it.profile_id, it.version_id, node, it.goal, ONCE, it.at, m.variant, it.cents, m.id, m.at
            )
            for node, m in latest.items()
        ]
    return found


def _window(it: Done, message: Sent, interesting: Interest) -> timedelta | None:
    """How long after the message what was done counts for it; None if it does not."""
    if it.node is None:  # a goal of the journey: for all its messages
        return interesting.windows.get((it.version_id, message.node), DAY)
    return it.window if it.node == message.node else None


# Paths ------------------------------------------------------------------------------------------------------------


def _of_paths(noted: list[Done], lanes: Sequence[int]) -> list[Conversion]:
    noted = [it for it in noted if it.inside]
    if not noted:
        return []
    asked = [it for it in noted if it.passed is None and it.stay is not None and it.stay.id]
    taken: dict[tuple[int, int], tuple[str, datetime]] = {}
    if asked:
        params = {
            "lanes": lanes,
            "people": literal({it.profile_id for it in asked}),
            "enrollments": literal({it.stay.id for it in asked if it.stay}),
            "nodes": list({it.node for it in asked}),
            "earliest": min(it.clock - it.window for it in asked),
        }
        taken = {(enrollment, node): (via, at) for enrollment, node, via, at in sql.rows(SQL["paths"], params)}
    found = []
    for it in noted:
        assert it.stay is not None
        assert it.node is not None
        via, at = it.passed or taken.get((it.stay.id, it.node)) or (None, ONCE)
        if via is not None and it.at < at + it.window:
            found.append(
                Conversion(it.lane, it.profile_id, it.version_id, it.node, it.goal, at, it.at, via, None, 0, at)
            )
    return found


# Once only --------------------------------------------------------------------------------------------------------


def _keep(found: list[Conversion], lanes: Sequence[int]) -> list[tuple[Any, ...]]:
    types = eventtypes.find((eventtypes.VIEWED, eventtypes.CLICKED))
    columns = {name: literal(getattr(it, name) for it in found) for name in Conversion._fields}
    return sql.rows(SQL["keep"], columns | {"lanes": lanes, "opening": [it.id for it in types.values()]})
