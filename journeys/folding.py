"""Folding: what the lanes counted, kept once instead of once a lane, and added up over all days.

Lanes count apart so that workers do not wait for each other's rows. That makes 64 rows a day of every node and metric.
So once an hour one further lane, FOLDED, takes over what the others have counted, and the same counters are added to
journeys_total, which has no days. A page about some days reads one row a day and counter, a page about the whole time
one row a counter; both read besides what lanes counted since the last hour. Who counts never touches the folded lane or
the totals, and lanes are folded in a transaction that holds them: no reader sees a difference, at no moment. Whoever is
behind counts in their own lane, and the next hour folds that too.
"""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import transaction

from config.lib import lanes, sql
from config.lib.alone import alone
from journeys import calendar

SQL = sql.load(Path(__file__).with_suffix(".sql"))

FOLDED = lanes.LANES  # nobody's lane
COUNTED = [*lanes.ALL, FOLDED]  # for whoever adds up counters of days
LANES_A_STEP = 8


def fold(*, now: datetime, zone: ZoneInfo) -> int:
    """Fold what was counted until now; return how many counters were. Repeat freely; side by side, one does it."""
    today = calendar.local_date(now, zone)
    folded = 0
    with alone("journeys.fold") as ours:
        for first in range(0, lanes.LANES if ours else 0, LANES_A_STEP):
            some = lanes.ALL[first : first + LANES_A_STEP]
            with transaction.atomic():
                lanes.lock_wait(some)
                ((moved,),) = sql.rows(SQL["fold"], {"lanes": some, "folded": FOLDED, "today": today})
            folded += moved
    return folded
