"""Pump: route and advance until nothing is left to do. What workers run, at each wake-up and once a second.

Where events come in faster than a worker routes them, something is always left. So that the worker turns to its other
tasks too, a call ends after a while and wakes another one, which queues behind them.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from config.lib import lanes as lane_locks
from config.lib import sql
from config.lib.wake import wake
from journeys.engine.account import Account
from journeys.engine.advance import advance
from journeys.engine.route import route

SQL = sql.load(Path(__file__).with_suffix(".sql"))

# Clocks come in larger batches than events: a midnight costs a statement a node, whatever the batch; 4,000 people at
# twenty nodes cost the database a fifth more each than 12,000.
CLOCKS = 3


def pump(
    *, account: Account, clock: Callable[[], datetime], size: int | None = None, budget: timedelta | None = None
) -> int:
    """Move everyone who can be moved; return how many events and clocks were dealt with. `clock` says what time it is.

    Returns as soon as neither an event nor a clock is left, or other workers hold all the lanes that have some. And
    after the first turn that ends at or past the `budget` (settings.PUMP_SECONDS), having woken another call.
    """
    size, most = size or settings.ENGINE_BATCH, settings.LANES_AT_ONCE
    end = clock() + (budget or timedelta(seconds=settings.PUMP_SECONDS))
    total = turn = 0
    while True:
        now = clock()
        ((events, due),) = sql.rows(SQL["work"], {"lanes": lane_locks.ALL, "now": now})
        done = 0
        if due:
            # Clocks come by the hundred thousand at once, so workers share the lanes; and take turns with them, so that
            # a lane that is never empty keeps nobody waiting.
            first = turn % len(due)
            done += advance(account=account, now=now, size=CLOCKS * size, lanes=due[first:] + due[:first], most=most)
            turn += most
        if events:
            done += route(account=account, now=now, size=size)
        if not done:
            return total
        total += done
        if clock() >= end:
            wake("journeys.pump")
            return total
