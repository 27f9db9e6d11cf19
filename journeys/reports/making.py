"""Reports are made: one after the other, in the background, a version at a time.

One process makes reports at a time; its lock ends with it. A report that was left half made is begun anew: its file
gets its name only when it is whole. What is read are tallies, a statement or two a version.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from config.lib import spreadsheet
from config.lib.alone import alone
from config.lib.notices import notify
from journeys.document import Document, parse
from journeys.errors import JourneyError
from journeys.models import Report, ReportForm, Version
from journeys.reports import nodewise, summary
from journeys.stats.period import Period

KEPT = timedelta(days=7)  # the download (domain 10.2)
LISTED = timedelta(days=30)  # after its end
FORMS = {ReportForm.SUMMARY: summary, ReportForm.NODES: nodewise}
OPEN = (Report.State.WAITING, Report.State.MAKING)

logger = logging.getLogger(__name__)


def make_waiting(*, clock: Callable[[], datetime], zone: ZoneInfo) -> int:
    """Make the reports that wait; return how many ended: 0 if somebody else is at it."""
    made = 0
    with alone("journeys.reports") as ours:
        while ours and (report := Report.objects.filter(state__in=OPEN).order_by("id").first()) is not None:
            _make(report, clock, zone)
            made += 1
    return made


def _make(report: Report, clock: Callable[[], datetime], zone: ZoneInfo) -> None:
    try:
        rows = _write(report, zone)
    except JourneyError as error:
        _end(report, clock(), state=Report.State.FAILED, error=error.message)
    except Exception:
        logger.exception("Report %d failed", report.pk)
        _end(report, clock(), state=Report.State.FAILED, error="Something went wrong on our side; ask for it again.")
    else:
        now = clock()
        _end(report, now, state=Report.State.READY, rows=rows, expires_at=now + KEPT)


def _write(report: Report, zone: ZoneInfo) -> int:
    """Write the file; return its rows, the heading left out."""
    if report.created_by is None or not report.created_by.has_perm("journeys.view_journey"):
        raise JourneyError("Whoever asked for this report may not see journeys any more.", code="forbidden")
    versions = Version.objects.filter(journey__in=report.journey_ids, published_at__isnull=False)
    if report.version_ids:
        versions = versions.filter(pk__in=report.version_ids)
    ids = list(versions.order_by("journey_id", "number").values_list("pk", flat=True))
    _progress(report, state=Report.State.MAKING, done=0, total=len(ids))
    form, period = FORMS[ReportForm(report.form)], Period(report.first, report.last)
    Path(settings.REPORTS_ROOT).mkdir(parents=True, exist_ok=True)
    unfinished = report.path.with_suffix(".part")
    gathered: Any = form.gather(_documents(ids), period, zone)
    count = 0
    try:
        with unfinished.open("wb") as file:
            file.write(spreadsheet.row(form.COLUMNS))
            for done, version_id in enumerate(ids, 1):
                version = Version.objects.select_related("journey", "created_by", "published_by").get(pk=version_id)
                for row in form.rows(version, parse(version.document), period, zone, gathered):
                    file.write(spreadsheet.row(str(cell) for cell in row))
                    count += 1
                _progress(report, done=done)
        unfinished.rename(report.path)
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def _documents(ids: Iterable[int]) -> Iterator[tuple[int, Document]]:
    """The versions' documents, one after the other."""
    for pk, document in Version.objects.filter(pk__in=ids).values_list("pk", "document").iterator(chunk_size=10):
        yield pk, parse(document)


def _progress(report: Report, **fields: object) -> None:
    """Show how far it is. Raises JourneyError if the report was deleted meanwhile."""
    if not Report.objects.filter(pk=report.pk).update(**fields):
        raise JourneyError("The report was deleted while it was being made.", code="not_found")


def _end(report: Report, now: datetime, **fields: object) -> None:
    with transaction.atomic():
        if not Report.objects.filter(pk=report.pk, state__in=OPEN).update(finished_at=now, **fields):
            report.path.unlink(missing_ok=True)  # deleted meanwhile
            return
        ready = fields["state"] == Report.State.READY
        until = f"{(now + KEPT).date()}"
        notify(
            user_id=report.created_by_id,
            subject=f"The report “{report.name}” is {'ready' if ready else 'not made'}",
            body=f"Download it until {until}; {fields['rows']} rows." if ready else str(fields["error"]),
            link=reverse("admin:journeys_report_changelist"),
            now=now,
        )


def expire(*, now: datetime) -> int:
    """Remove the files of reports whose seven days are over; return how many. The reports stay listed until thirty
    days after they were made. Repeat freely.
    """
    over = Report.objects.filter(state=Report.State.READY, expires_at__lte=now)
    gone = 0
    for report in over:
        report.path.unlink(missing_ok=True)
        gone += Report.objects.filter(pk=report.pk, state=Report.State.READY).update(state=Report.State.EXPIRED)
    ended = Report.objects.exclude(state__in=[*OPEN, Report.State.READY])
    ended.filter(finished_at__lt=now - LISTED).delete()
    return gone


def delete(report: Report) -> None:
    """Forget a report, whatever its state, and its file."""
    path = report.path
    report.delete()
    path.unlink(missing_ok=True)
