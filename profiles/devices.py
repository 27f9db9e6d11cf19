"""Devices that can be reached: the tokens of apps and the subscriptions of browsers. Uploads bring them (accept.py)."""

from collections.abc import Collection
from pathlib import Path

from config.lib import lanes, sql

SQL = sql.load(Path(__file__).with_suffix(".sql"))


def switch_off(devices: Collection[tuple[int, int]]) -> int:
    """Forget devices (lane, id) that their push service knows no more; return how many there were."""
    if not devices:
        return 0
    return sql.run(SQL["forget"], {"lanes": [lane for lane, _ in devices], "ids": [id for _, id in devices]})


def sign_off(*, profile_id: int, channel: str, token: str) -> int:
    """Forget one device of a person, which wants no more; return 1, or 0 if it is none of theirs."""
    return sql.run(
        SQL["sign_off"],
        {"lane": lanes.of(profile_id), "profile_id": profile_id, "channel": channel, "token": token},
    )


def take_away(*, profile_id: int, channel: str) -> int:
    """Forget all of a person's devices of a channel, push or web_push; return how many there were."""
    return sql.run(SQL["take_away"], {"lane": lanes.of(profile_id), "profile_id": profile_id, "channel": channel})
