"""Whose reports there are: people see their own, superusers all."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import FileResponse, Http404
from django.utils.text import slugify

from journeys.models import Report, ReportSchedule

MOST_SHOWN = 100


def reports(user: User) -> QuerySet[Report]:
    """Newest first."""
    found = Report.objects.order_by("-id")
    return found if user.is_superuser else found.filter(created_by=user)


def report_of(user: User, report_id: int) -> Report | None:
    """One of them."""
    return reports(user).filter(pk=report_id).first()


def schedules(user: User) -> QuerySet[ReportSchedule]:
    """The next to come first."""
    found = ReportSchedule.objects.order_by("next_at", "id")
    return found if user.is_superuser else found.filter(created_by=user)


def file_of(user: User, report_id: int, *, now: datetime) -> FileResponse:
    """A report's file, for whoever may have it. Raises Http404, also when its seven days are over."""
    report = report_of(user, report_id)
    if report is None or not _downloadable(report, now):
        raise Http404("There is no such report, or its seven days are over.")
    name = f"{slugify(report.name) or 'report'}-{report.pk}.csv"
    try:
        file = report.path.open("rb")
    except FileNotFoundError:
        raise Http404("The report's file is gone; ask for it again.") from None
    return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")


def _downloadable(report: Report, now: datetime) -> bool:
    """Whether its file may be fetched: ready, and its seven days not over."""
    return report.state == Report.State.READY and report.expires_at is not None and now < report.expires_at
