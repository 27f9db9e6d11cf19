"""The count history of saved segments: every night, after a change, and when somebody asks.

A night's count is as of the account's midnight, however late it is made: later events are left out. One worker counts
at a time, one segment a transaction.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef

from config.lib import sql
from config.lib.times import day_start
from segments import counting
from segments.errors import RuleError, SegmentError
from segments.models import Segment, SegmentCount
from segments.rules import parse

PATIENCE = 600.0  # seconds for one segment, at night
LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('segments.counts'))"


def count_next(*, now: datetime, tz: ZoneInfo) -> bool:
    """Count one segment that has not been since midnight or its last change; say whether there was one. One that
    cannot be counted is kept with the reason, and tried again the next night.
    """
    midnight = day_start(now.astimezone(tz).date(), tz)
    fresh = SegmentCount.objects.filter(segment=OuterRef("pk"), at__gte=midnight, at__gt=OuterRef("updated_at"))
    with transaction.atomic():
        ((free,),) = sql.rows(LOCK)
        segment = Segment.objects.filter(~Exists(fresh), updated_at__lt=now).order_by("pk").first() if free else None
        if segment is None:
            return False
        record(segment, at=midnight if segment.updated_at < midnight else now, tz=tz, seconds=PATIENCE)
    return True


def record(segment: Segment, *, at: datetime, tz: ZoneInfo, seconds: float = counting.PATIENCE) -> SegmentCount | None:
    """Count a segment as of an instant and keep it; None if somebody deleted it meanwhile."""
    result: dict[str, object]
    try:
        counted = counting.count(parse(segment.rule), now=at, tz=tz, seconds=seconds)
        result = {"count": counted.count, "reachable": counted.reachable, "problem": ""}
    except (RuleError, SegmentError) as error:
        result = {"count": None, "reachable": {}, "problem": error.message}
    with transaction.atomic():
        if not Segment.objects.select_for_update(no_key=True).filter(pk=segment.pk).exists():
            return None
        kept, _new = SegmentCount.objects.update_or_create(segment=segment, at=at, defaults=result)
    return kept
