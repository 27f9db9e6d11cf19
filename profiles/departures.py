"""People who go: deleted on request, or merged into another profile (domain 7, 11.1).

A departure has two halves. It is *announced* here, in the caller's transaction: from then on no value finds the profile
(the values of a merged one find the other), and a system event in the inbox tells the engine. When the engine comes to
that event, after all that was accepted before it, everything that belonged to the person is moved or removed in the
same transaction as their stays end. What must never happen in between: a profile that departs twice, or one that
disappears while another is being merged into it. So both are locked first, and refused while a departure is under way.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from django.db import transaction

from config.lib import lanes, sql
from config.lib.errors import SojournError
from config.lib.wake import wake
from profiles import events, eventtypes
from profiles.events import NewEvent

SQL = sql.load(Path(__file__).with_suffix(".sql"))


class Departing(SojournError):
    """A profile cannot go now: it is going already, or somebody is being merged into it."""

    code = "profile_departing"


class Departure(NamedTuple):
    """One profile that goes. into: the profile it is merged into; None: deleted."""

    profile_id: int
    into: int | None


def delete(profile_id: int, *, now: datetime) -> bool:
    """Announce that a profile is to be deleted with all that belongs to it. False if there is none.

    Raises Departing.
    """
    return _alone(Departure(profile_id, None), now)


def merge(profile_id: int, *, into: int, now: datetime) -> bool:
    """Announce that a profile is to become part of another, which survives. False if one of them does not exist.

    Raises Departing, also when the two are one.
    """
    if profile_id == into:
        raise Departing("The two are one profile already.")
    return _alone(Departure(profile_id, into), now)


def announce(departures: Iterable[Departure], *, now: datetime) -> int:
    """Announce a set in the caller's transaction; return how many go. Those that do not exist are left out. In a set
    nobody goes twice, and nobody is merged into somebody who goes too.

    Raises Departing if one cannot go now; the caller's transaction is then to be rolled back.
    """
    departures = list(departures)
    everyone = _in_order({each for departure in departures for each in departure if each is not None})
    there = {profile_id for (profile_id,) in sql.rows(SQL["lock"], everyone)}
    if going_already := sorted(busy(everyone["ids"])):
        raise Departing(f"Profile {going_already[0]} is just being deleted or merged; try again in a second.")
    going = [it for it in departures if it.profile_id in there and (it.into is None or it.into in there)]
    if not going:
        return 0
    params: dict[str, Any] = {
        "lanes": [lanes.of(it.profile_id) for it in going],
        "ids": [it.profile_id for it in going],
        "into": [it.into for it in going],
        "now": now,
    }
    sql.run(SQL["announce"], params)
    sql.run(SQL["unname"], params)
    sql.run(SQL["rename"], params)
    types = eventtypes.ids([eventtypes.DELETED, eventtypes.MERGED], now=now)
    events.record(
        NewEvent(it.profile_id, types[eventtypes.DELETED], now, now, "system", {})
        if it.into is None
        else NewEvent(it.profile_id, types[eventtypes.MERGED], now, now, "system", {"into": it.into})
        for it in going
    )
    wake("journeys.pump")
    return len(going)


def busy(profile_ids: Iterable[int]) -> set[int]:
    """Those who are going, or have gone, and those whom somebody is about to become part of. The caller has locked
    them.
    """
    return {profile_id for (profile_id,) in sql.rows(SQL["busy"], _in_order(profile_ids))}


def erase(profile_ids: Sequence[int]) -> None:
    """Remove all that profiles keeps of these people, in the caller's transaction, which holds their lanes."""
    ids = {"lanes": sorted({lanes.of(each) for each in profile_ids}), "ids": list(profile_ids)}
    for name in ("erase_events", "erase_devices", "erase_identities", "erase_mark", "erase_profiles", "done"):
        sql.run(SQL[name], ids)


def move(pairs: Mapping[int, int], *, now: datetime) -> None:
    """Make profiles part of others: profile → who survives, each once. In the caller's transaction, which holds the
    lanes of both. The survivor's values win; what only the other knew is added.
    """
    params: dict[str, Any] = {
        "now": now,
        "lanes": sorted({lanes.of(each) for pair in pairs.items() for each in pair}),
        "ids": list(pairs),
        "into": list(pairs.values()),
    }
    for name in (
        "move_events", "move_devices", "erase_devices", "move_mark", "erase_mark", "rename", "complete",
        "erase_profiles", "done",
    ):  # fmt: skip
        sql.run(SQL[name], params)


def _in_order(profile_ids: Iterable[int]) -> dict[str, list[int]]:
    """Lanes and ids side by side, in the order in which profiles are locked."""
    ids = sorted(profile_ids, key=lambda each: (lanes.of(each), each))
    return {"lanes": [lanes.of(each) for each in ids], "ids": ids}


def _alone(departure: Departure, now: datetime) -> bool:
    """Announce one departure in a transaction of its own."""

    def work() -> int:
        with transaction.atomic():
            return announce([departure], now=now)

    return bool(sql.despite_deadlocks(work))
