"""Reads of saved segments, for pages and the API."""

from django.db.models import OuterRef, QuerySet, Subquery

from segments.errors import SegmentError
from segments.models import Segment, SegmentCount

MOST_POINTS = 800  # of a history: two years of nights, and some


def segments() -> QuerySet[Segment]:
    """All segments with `count` and `counted_at` of their last successful count, both None before it."""
    last = SegmentCount.objects.filter(segment=OuterRef("pk"), count__isnull=False).order_by("-at")
    return Segment.objects.select_related("created_by").annotate(
        count=Subquery(last.values("count")[:1]), counted_at=Subquery(last.values("at")[:1])
    )


def segment(segment_id: int) -> Segment:
    """One of `segments`. Raises SegmentError if it is gone."""
    found = segments().filter(pk=segment_id).first()
    if found is None:
        raise SegmentError("There is no such segment; somebody may have deleted it.", code="not_found")
    return found


def history(segment_id: int) -> list[SegmentCount]:
    """The counts of a segment in order of time, the last MOST_POINTS of them."""
    return [*SegmentCount.objects.filter(segment=segment_id).order_by("-at")[:MOST_POINTS]][::-1]
