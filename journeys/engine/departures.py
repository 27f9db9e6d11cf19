"""People who go: the engine's half of profiles.departures (domain 7).

A deleted person's stays end with `profile_deleted`, and everything that belonged to them goes in the same transaction.
What stays behind is a number without a person: stays, moves and counters, so that reports remain right. Of two people
who become one, the stay with the earlier entry goes on in each journey and the other ends the same way; then all rows
of the one get the other's number and lane.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from channels import departures as channels
from config.lib import lanes as lane_locks
from config.lib import sql
from journeys.engine.stay import Heard
from profiles import departures as profiles
from profiles import eventtypes
from segments import departures as segments

SQL = sql.load(Path(__file__).with_suffix(".sql"))

_MOVES = (
    "move_stays",
    "move_steps",
    "move_conversions",
    "move_watches",
    "forget_watches",
    "move_exempt",
    "forget_exempt",
)

NAMES = frozenset({eventtypes.DELETED, eventtypes.MERGED})


def into(heard: Heard) -> int | None:
    """Whose number a merged person has from now on; None: the person is deleted."""
    return heard.properties.get("into")


def lanes_of(heard: Iterable[Heard]) -> set[int]:
    """The lanes of those into whom somebody is merged."""
    survivors = (into(event) for event in heard if event.name in NAMES)
    return {lane_locks.of(survivor) for survivor in survivors if survivor is not None}


def pieces(heard: Sequence[Heard]) -> Iterator[list[Heard]]:
    """The events in pieces: whatever comes after a departure and touches one of its people is in a later piece."""
    piece: list[Heard] = []
    settled: set[int] = set()
    for event in heard:
        people = {event.profile_id}
        leaves = event.name in NAMES
        if leaves and (survivor := into(event)) is not None:
            people.add(survivor)
        if settled and not settled.isdisjoint(people):
            yield piece
            piece, settled = [], set()
        piece.append(event)
        if leaves:
            settled |= people
    yield piece


def settle(piece: Iterable[Heard], *, now: datetime) -> dict[int, int | None]:
    """Move or remove what belongs to those who go in this piece, once its moves are written; return who went where.

    The caller's transaction holds the lanes of all of them.
    """
    gone = {event.profile_id: into(event) for event in piece if event.name in NAMES}
    deleted = [profile_id for profile_id, survivor in gone.items() if survivor is None]
    merged = {profile_id: survivor for profile_id, survivor in gone.items() if survivor is not None}
    if deleted:
        params = {"lanes": sorted({lane_locks.of(each) for each in deleted}), "ids": deleted}
        for name in ("forget_contexts", "forget_details", "forget_watches", "forget_exempt"):
            sql.run(SQL[name], params)
        channels.erase(deleted, now=now)
        segments.erase(deleted)
        profiles.erase(deleted)
    if merged:
        pairs = {
            "lanes": sorted({lane_locks.of(each) for each in merged}),
            "ids": list(merged),
            "into": list(merged.values()),
        }
        for name in _MOVES:
            sql.run(SQL[name], pairs)
        channels.move(merged)
        segments.move(merged)
        profiles.move(merged, now=now)
    return gone


def redirect(heard: Iterable[Heard], gone: dict[int, int | None]) -> list[Heard]:
    """The events with those of merged people given to who they are now, and without those of deleted ones."""
    kept = []
    for event in heard:
        if event.profile_id in gone:
            survivor = gone[event.profile_id]
            if survivor is None:
                continue
            event.profile_id, event.lane = survivor, lane_locks.of(survivor)
        kept.append(event)
    return kept
