"""When a version's entry begins, is evaluated and is over (domain 3.3, 8.2).

A past-behaviour or custom-list entry is evaluated in runs. `note_runs` turns the instants that have come into rows of
Run, each exactly once, and keeps on the version what the clock looks for: `next_run_at`, and `completes_at` once no run
is left. It is called by whoever holds the version's lock: the sweep, and every change of state before it takes effect,
so that a run belongs to the state in which its instant found the version.
"""

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from journeys import calendar
from journeys.document import Dates, Document, Live, Once, Recurring, config_of, parse
from journeys.models import Run, Status, Version
from journeys.nodes import KINDS

MAKE_UP = timedelta(hours=6)  # a run that was missed by this or more is skipped (domain 8.2)

logger = logging.getLogger(__name__)


def planned_start(document: Document, *, now: datetime, tz: ZoneInfo) -> datetime:
    """When entry begins if published now. May lie in the past, which publishing refuses."""
    timeline = document.entry.timeline
    start = timeline.once if isinstance(timeline, Once) else timeline.start if timeline else "now"
    return now if start == "now" else calendar.instant(start, tz)


def planned_end(document: Document, tz: ZoneInfo) -> datetime | None:
    """When entry ends by the document; None: never, or by itself."""
    end = getattr(document.entry.timeline, "end", None)
    return calendar.instant(end, tz) if end else None


def begin(version: Version, document: Document, *, earliest: datetime, tz: ZoneInfo) -> datetime:
    """Set the version's timeline at publishing; return its start: the planned one, but not before `earliest`."""
    start = max(planned_start(document, now=earliest, tz=tz), earliest)
    version.end_at = planned_end(document, tz)
    version.next_run_at = start if _has_runs(document, tz) else None
    version.completes_at = None if version.next_run_at else _over(document, version.end_at, start, tz)
    return start


def _has_runs(document: Document, tz: ZoneInfo) -> bool:
    """Whether people enter in runs. A live entry by a date of the profile has one, at its start, to look for dates."""
    segment = document.entry.segment
    assert segment is not None  # publishing refuses a journey without
    kind = KINDS[segment.kind]
    if document.entry.criteria == "live":
        return kind.known_clock(config_of(segment), tz) is not None
    return bool(kind.entrants(config_of(segment)))


def _over(document: Document, end_at: datetime | None, start: datetime, tz: ZoneInfo) -> datetime | None:
    """When an entry without runs is over: at its end, else with the last of its dates; None: never."""
    timeline = document.entry.timeline
    if end_at is None and isinstance(timeline, Dates):
        return max(calendar.runs(timeline, start=start, tz=tz))
    return end_at


def note_runs(version: Version, *, tz: ZoneInfo, now: datetime, including_now: bool) -> int:
    """Record the runs that have come, before `now` or up to it, and look on to the next; return how many came.

    A run is skipped when it came during a pause, or when it was missed by MAKE_UP or more. All others are left for
    the engine to do.
    """
    noted = 0
    live = parse(version.document).entry.criteria == "live"  # its one run takes note of dates, and admits nobody
    while (at := version.next_run_at) is not None and (at <= now if including_now else at < now):
        missed = now - at >= MAKE_UP
        skipped = not live and (missed or version.status == Status.PAUSED)
        Run.objects.get_or_create(
            version=version, at=at, defaults={"skipped": skipped, "finished_at": now if skipped else None}
        )
        if missed and skipped and version.status != Status.PAUSED:
            _flag_missed(version, at, tz)
        _look_on(version, at, tz)
        noted += 1
    if noted:
        version.save(update_fields=["next_run_at", "completes_at"])
    return noted


def end(version: Version, *, now: datetime) -> None:
    """Nobody enters by this version again: runs that are not finished are skipped, and the clock looks for no more."""
    version.runs.filter(finished_at=None).update(finished_at=now, skipped=True)
    version.next_run_at = version.completes_at = None


def _look_on(version: Version, at: datetime, tz: ZoneInfo) -> None:
    """From the run at `at` to the next one; without one, to the end of the entry."""
    assert version.start_at is not None  # set by publishing
    timeline = parse(version.document).entry.timeline
    assert timeline is not None  # publishing refuses a journey without one
    if isinstance(timeline, Live):
        version.next_run_at, version.completes_at = None, version.end_at
        return
    runs = calendar.runs(timeline, start=version.start_at, tz=tz)
    version.next_run_at = next((run for run in runs if run > at), None)
    if version.next_run_at is None:
        # Enter once and specific dates are over with their last run, a recurrence at its end (domain 2.2).
        ends_later = isinstance(timeline, Recurring) and version.end_at is not None and version.end_at > at
        version.completes_at = version.end_at if ends_later else at


def _flag_missed(version: Version, at: datetime, tz: ZoneInfo) -> None:
    local = at.astimezone(tz)
    sentence = f"The run of {local:%Y-%m-%d %H:%M} was missed by six hours or more and was skipped."
    logger.warning("%s: %s", version, sentence)
    version.journey.flagged = sentence
    version.journey.save(update_fields=["flagged"])
