"""The messages of people who go (profiles.departures). The engine calls this in the transaction that ends their stays.

Messages that went out keep their rows and their numbers: links in them lead there, and limits and reports count them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from config.lib import lanes, sql

SQL = sql.load(Path(__file__).with_suffix(".sql"))


def erase(profile_ids: Sequence[int], *, now: datetime) -> None:
    """Cancel what is queued for deleted people; forget where their messages went and what was in them."""
    params = {"lanes": sorted({lanes.of(each) for each in profile_ids}), "ids": list(profile_ids), "now": now}
    sql.run(SQL["forget_content"], params)
    sql.run(SQL["forget_links"], params)
    sql.run(SQL["forget_waiting"], params)
    sql.run(SQL["forget_messages"], params)


def move(pairs: Mapping[int, int]) -> None:
    """What is queued for people who become part of others, or waits on their devices, goes to those: profile → who
    survives.
    """
    params = {"ids": list(pairs), "into": list(pairs.values())}
    sql.run(SQL["move_queued"], params)
    sql.run(SQL["move_waiting"], params)
