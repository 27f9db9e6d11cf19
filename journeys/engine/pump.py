"""Pump: route and advance until nothing is left to do. What workers run, at each wake-up and once a second."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.conf import settings

from config.lib import lanes as lane_locks
from config.lib import sql
from journeys.engine.account import Account
from journeys.engine.advance import advance
from journeys.engine.route import route

SQL = sql.load(Path(__file__).with_suffix(".sql"))


def pump(*, account: Account, clock: Callable[[], datetime], size: int | None = None) -> int:
    """Move everyone who can be moved; return how many events and clocks were dealt with. `clock` says what time it is.

    Returns as soon as neither an event nor a clock is left, or other workers hold all the lanes that have some.
    """
    size, most = size or settings.ENGINE_BATCH, settings.LANES_AT_ONCE
    total = turn = 0
    while True:
        now = clock()
        ((events, due),) = sql.rows(SQL["work"], {"lanes": lane_locks.ALL, "now": now})
        done = 0
        if due:
            # Clocks come by the hundred thousand at once, so workers share the lanes; and take turns with them, so that
            # a lane that is never empty keeps nobody waiting.
            first = turn % len(due)
            done += advance(account=account, now=now, size=size, lanes=due[first:] + due[:first], most=most)
            turn += most
        if events:
            done += route(account=account, now=now, size=size)
        if not done:
            return total
        total += done
