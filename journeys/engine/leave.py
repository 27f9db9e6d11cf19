"""Leave: take everyone out of a version that was stopped (domain 2.2).

The version's state is changed and committed first; from then on no batch moves its people. A batch that began before
holds its lanes until it commits, and this waits for the lanes, so nobody is left behind.
"""

from datetime import datetime
from pathlib import Path

from django.db import transaction

from channels import outbox
from config.lib import lanes as lane_locks
from config.lib import sql
from journeys import calendar
from journeys.engine.account import Account

SQL = sql.load(Path(__file__).with_suffix(".sql"))

LANES_A_STEP = 16


def everyone(version_id: int, *, account: Account, now: datetime) -> int:
    """Exit everyone inside with `version_exit`, take back their queued messages; return how many. May be repeated."""
    gone = 0
    for first in range(0, lane_locks.LANES, LANES_A_STEP):
        lanes = lane_locks.ALL[first : first + LANES_A_STEP]
        with transaction.atomic():
            lane_locks.lock_wait(lanes)
            params = {"lanes": lanes, "version": version_id, "now": now, "day": calendar.local_date(now, account.zone)}
            exited = sql.rows(SQL["everyone"], params)
            if unsent := [id for id, was in exited if was == "sending"]:
                outbox.cancel(lanes=lanes, enrollment_ids=unsent, reason="stopped", now=now)
            outbox.withdraw(lanes=lanes, enrollment_ids=[id for id, _was in exited])
            gone += len(exited)
    return gone
