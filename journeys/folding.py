"""Folding: the counters of days gone by, kept once instead of once a lane.

Lanes count apart so that workers do not wait for each other's rows. That makes 64 rows a day of every node and metric,
and pages add up all of them. Once a day is over nobody adds to it but a worker that is behind; so lane 0 takes over
what the others counted, and the pages of a journey a year old read a sixty-fourth. Every reader sums over all lanes, so
none sees a difference, at no moment: a lane is folded in one transaction. Whoever is behind counts in their own lane
again, and the next night folds that too.
"""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import transaction

from config.lib import lanes, sql
from journeys import calendar

SQL = sql.load(Path(__file__).with_suffix(".sql"))

DAYS = 2  # that stay apart, today and yesterday: those that workers count in


def fold(*, now: datetime, zone: ZoneInfo) -> int:
    """Fold the days before; return how many rows lane 0 took over. Repeat freely, also side by side."""
    before = calendar.local_date(now, zone) - timedelta(days=DAYS - 1)
    folded = 0
    for lane in lanes.ALL[1:]:
        with transaction.atomic():
            lanes.lock_wait([0, lane])
            folded += sql.run(SQL["fold"], {"lane": lane, "before": before})
    return folded
