"""The lists of people who go (profiles.departures). The engine calls this in the transaction that ends their stays."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from config.lib import lanes, sql

SQL = sql.load(Path(__file__).with_suffix(".sql"))


def erase(profile_ids: Sequence[int]) -> None:
    """Take deleted people off all lists."""
    sql.run(SQL["erase"], {"lanes": sorted({lanes.of(each) for each in profile_ids}), "ids": list(profile_ids)})


def move(pairs: Mapping[int, int]) -> None:
    """Who becomes part of another is on the lists as that one: profile → who survives."""
    sql.run(SQL["move"], {"ids": list(pairs), "into": list(pairs.values())})
    erase(list(pairs))
