"""Reports in the back office: asked for, followed while they are made, downloaded for seven days."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    QueryDict,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from unfold.admin import ModelAdmin

from config.lib.admin import ReadOnly
from journeys.admin.editing import who
from journeys.engine import account
from journeys.errors import JourneyError
from journeys.models import Journey, Report, ReportForm, Version
from journeys.reports import MOST_JOURNEYS, asking, making, reading

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@admin.register(Report)
class ReportAdmin(ReadOnly, ModelAdmin):
    """The page of reports; whoever may see journeys may have reports of them."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("journeys.view_journey")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.changelist_view), name="journeys_report_changelist"),
            path("add/", wrap(self.add_view), name="journeys_report_add"),
            path("<int:report_id>/download/", wrap(require_safe(self.download)), name="journeys_report_download"),
            path("<int:report_id>/remove/", wrap(require_POST(self.remove)), name="journeys_report_remove"),
            path("schedules/<int:schedule_id>/remove/", wrap(require_POST(self.unplan)), name="journeys_report_unplan"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """One's reports and schedules."""
        self._need_view(request)
        reports = list(reading.reports(who(request))[: reading.MOST_SHOWN])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Reports",
            "reports": reports,
            "busy": any(report.state in making.OPEN for report in reports),
            "schedules": [(it, WEEKDAYS[it.weekday]) for it in reading.schedules(who(request))],
        }
        return TemplateResponse(request, "backoffice/reports.html", context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponseBase:
        """What the report is to be about; ?journey= names the journeys."""
        self._need_view(request)
        given = request.POST if request.method == "POST" else request.GET
        chosen = _numbers(given, "journey")
        if len(chosen) > MOST_JOURNEYS:
            messages.error(request, f"A report holds at most {MOST_JOURNEYS} journeys; choose fewer.")
            return HttpResponseRedirect(reverse("admin:journeys_journey_changelist"))
        problem = ""
        if request.method == "POST":
            try:
                self._ask(request, request.POST, chosen)
            except JourneyError as error:
                problem = error.message
            else:
                return HttpResponseRedirect(reverse("admin:journeys_report_changelist"))
        journeys = Journey.objects.filter(pk__in=chosen).order_by("name", "pk")
        published = Version.objects.filter(journey__in=chosen, published_at__isnull=False).select_related("journey")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "New report",
            "journeys": journeys,
            "versions": published.order_by("journey__name", "journey_id", "-number"),
            "chosen_versions": _numbers(given, "version"),
            "forms": ReportForm.choices,
            "weekdays": list(enumerate(WEEKDAYS)),
            "hours": range(24),
            "given": given,
            "problem": problem,
        }
        return TemplateResponse(request, "backoffice/report_new.html", context)

    def _ask(self, request: HttpRequest, given: QueryDict, chosen: list[int]) -> None:
        """Raises JourneyError."""
        now = timezone.now()
        wish: dict[str, Any] = {"name": given.get("name", ""), "form": given.get("form", ""), "journey_ids": chosen}
        if every := given.get("every", ""):
            hour, weekday = (next(iter(_numbers(given, name)), 0) for name in ("hour", "weekday"))
            zone = account.current().zone
            plan = asking.plan(**wish, every=every, hour=hour, weekday=weekday, by=who(request), now=now, zone=zone)
            first = f"{timezone.localtime(plan.next_at):%Y-%m-%d %H:%M}"
            messages.success(request, f"“{plan}” is planned; the first comes at {first}.")
            return
        report = asking.ask(
            **wish,
            version_ids=_numbers(given, "version") if given.get("versions") == "chosen" else [],
            first=_day(given, "first"),
            last=_day(given, "last"),
            by=who(request),
            now=now,
        )
        messages.success(request, f"“{report}” is being made. You can leave; a notice tells when it is ready.")

    def download(self, request: HttpRequest, report_id: int) -> HttpResponseBase:
        """The file, to whoever asked for it."""
        self._need_view(request)
        return reading.file_of(who(request), report_id, now=timezone.now())

    def remove(self, request: HttpRequest, report_id: int) -> HttpResponse:
        self._need_view(request)
        if (report := reading.report_of(who(request), report_id)) is not None:
            making.delete(report)
            messages.success(request, f"Deleted the report “{report}”.")
        return HttpResponseRedirect(reverse("admin:journeys_report_changelist"))

    def unplan(self, request: HttpRequest, schedule_id: int) -> HttpResponse:
        self._need_view(request)
        for schedule in reading.schedules(who(request)).filter(pk=schedule_id):
            schedule.delete()
            messages.success(request, f"“{schedule}” is made no more.")
        return HttpResponseRedirect(reverse("admin:journeys_report_changelist"))

    def _need_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def _numbers(given: Mapping[str, Any], name: str) -> list[int]:
    values = given.getlist(name)  # type: ignore[attr-defined]
    return list(dict.fromkeys(int(it) for it in values if it.isascii() and it.isdigit() and int(it) < 2**31))


def _day(given: Mapping[str, Any], name: str) -> date | None:
    """Raises JourneyError."""
    text = given.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise JourneyError(f"“{text}” is no day; write one like 2026-03-31.", code="report") from None
