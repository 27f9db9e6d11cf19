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
    size = size or settings.ENGINE_BATCH
    total = 0
    while True:
        now = clock()
        ((events, clocks),) = sql.rows(SQL["work"], {"lanes": lane_locks.ALL, "now": now})
        done = advance(account=account, now=now, size=size) if clocks else 0
        done += route(account=account, now=now, size=size) if events else 0
        if not done:
            return total
        total += done
