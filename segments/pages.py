"""Saved segments in the back office: the list, the builder, the question before deleting, why somebody is in one, and
the download.

The builder is an island that talks to `segments.api`; who may not change a segment sees it in words instead. What is
posted here is a confirmed deletion and a count; all else goes through the API.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.template.defaultfilters import date as date_format
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator, slugify
from django.views.decorators.http import require_safe
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.views import ChangeList

from profiles.selectors import find_profile, get_profile
from segments import counts, explain, export, saved, selectors, usage
from segments.api import clock
from segments.errors import RuleError, SegmentError
from segments.models import Segment, SegmentCount
from segments.rules import parse
from segments.words import CHANNELS, sentence

DOWNLOAD = "segments.download_segment"


class UsedList(ChangeList):
    """A page of segments with who uses them, which is asked once for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: list[Any] = list(self.result_list)
        users = usage.users("segment", [segment.name for segment in self.result_list])
        for segment in self.result_list:
            segment.users = users.get(segment.name, [])


class OwnerFilter(admin.RelatedOnlyFieldListFilter):
    """Those who made segments."""


@admin.register(Segment)
class SegmentAdmin(ModelAdmin):
    """Saved segments (domain 4.3)."""

    list_display = ("name", "kind_label", "meaning", "people", "used_by", "created_by", "changed")
    list_select_related = ("created_by",)
    list_filter = ("kind", ("created_by", OwnerFilter), "updated_at")
    list_per_page = 20
    list_fullwidth = True
    search_fields = ("name", "description")
    search_help_text = "Name or description"
    ordering = ("name",)
    list_before_template = "backoffice/segments_empty.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return UsedList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Segment]:
        last = SegmentCount.objects.filter(segment=OuterRef("pk"), count__isnull=False).order_by("-at")
        found: QuerySet[Segment] = super().get_queryset(request)
        return found.annotate(count=Subquery(last.values("count")[:1]), counted_at=Subquery(last.values("at")[:1]))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        there = Segment.objects.exists()
        context = {"nothing_yet": not there, "may_add": self.has_add_permission(request)}
        answer: TemplateResponse = super().changelist_view(request, {**(extra_context or {}), **context})
        return answer

    @display(description="kind", ordering="kind", label={"Past behaviour": "info", "Live": "success"})
    def kind_label(self, segment: Segment) -> str:
        return str(segment.get_kind_display())

    @display(description="who is in it")
    def meaning(self, segment: Segment) -> str:
        return Truncator(sentence(parse(segment.rule))).chars(160)

    @display(description="people", ordering="count")
    def people(self, segment: Any) -> SafeString | str:
        if segment.count is None:
            return "not counted yet"
        return format_html(
            '{}<br><span class="text-xs opacity-70">{}</span>',
            f"{segment.count:,}",
            date_format(timezone.localtime(segment.counted_at), "Y-m-d H:i"),
        )

    @display(description="used by")
    def used_by(self, segment: Any) -> SafeString:
        return format_html(
            "<span>{}</span>", format_html_join(", ", "{}", ((_link(use),) for use in segment.users)) or "–"
        )

    @display(description="changed", ordering="updated_at")
    def changed(self, segment: Segment) -> datetime:
        return segment.updated_at

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:segment_id>/explain/", view(self.explain_view), name="segments_segment_explain"),
            path(
                "<int:segment_id>/download/", view(require_safe(self.download_view)), name="segments_segment_download"
            ),
            path("<int:segment_id>/count/", view(self.count_view), name="segments_segment_count"),
            *super().get_urls(),
        ]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """One by one, where it is said what uses them."""
        return {}

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponseBase:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._page(request, None)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._page(request, self._segment(object_id))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponseBase:
        """Asks first, and says what uses the segment."""
        if not self.has_delete_permission(request):
            raise PermissionDenied
        segment = self._segment(object_id)
        if request.method == "POST":
            try:
                saved.delete_segment(segment_id=segment.pk)
            except SegmentError as error:
                messages.error(request, error.message)
                return HttpResponseRedirect(_page(segment))
            self.log_deletions(request, [segment])
            messages.success(request, f"Deleted the segment “{segment}”.")
            return HttpResponseRedirect(reverse("admin:segments_segment_changelist"))
        uses = usage.users("segment", [segment.name]).get(segment.name, [])
        holders = usage.holders("segment", segment.name)
        context = {"uses": [(use, _link(use)) for use in uses], "held": bool(holders)}
        return self._render(request, segment, "backoffice/segment_delete.html", context)

    def explain_view(self, request: HttpRequest, segment_id: int) -> HttpResponseBase:
        """Why somebody is in the segment or not, clause by clause."""
        if not self.has_view_permission(request) or not request.user.has_perm("profiles.view_profile"):
            raise PermissionDenied
        segment = self._segment(str(segment_id))
        asked = request.GET.get("person", "").strip()
        context: dict[str, Any] = {"asked": asked}
        if number := request.GET.get("profile", ""):
            profile = get_profile(int(number)) if number.isdecimal() and len(number) < 19 else None
        else:
            profile = find_profile(identity=asked) or find_profile(object_id=asked)
        if profile is not None:
            try:
                context |= {"person": profile, "clauses": explain.clauses(parse(segment.rule), profile.pk, **clock())}
            except RuleError as error:
                context["problem"] = error.message
        elif asked or number:
            context["problem"] = "Nobody has this identity, e-mail address, phone number or object ID."
        return self._render(request, segment, "backoffice/segment_explain.html", context)

    def count_view(self, request: HttpRequest, segment_id: int) -> HttpResponseBase:
        """Count now; posted only."""
        if request.method != "POST" or not self.has_change_permission(request):
            raise PermissionDenied
        segment, when = self._segment(str(segment_id)), clock()
        kept = counts.record(segment, at=when["now"], tz=when["tz"])
        if kept is not None and kept.problem:
            messages.error(request, kept.problem)
        return HttpResponseRedirect(_page(segment))

    def download_view(self, request: HttpRequest, segment_id: int) -> HttpResponseBase:
        """The people as CSV. property: names of properties to add. What was downloaded is noted when it is over."""
        if not request.user.has_perm(DOWNLOAD) or not request.user.has_perm("profiles.view_profile"):
            raise PermissionDenied
        segment = self._segment(str(segment_id))
        names = [name for value in request.GET.getlist("property") for name in value.split(",")]
        try:
            lines = export.rows(parse(segment.rule), export.columns(names), **clock())
            header = next(lines)
        except (RuleError, SegmentError) as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(_page(segment))
        return StreamingHttpResponse(
            self._audited(request, segment, header, lines),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="segment-{slugify(segment.name) or segment.pk}.csv"',
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "no-store",
            },
        )

    def _audited(
        self, request: HttpRequest, segment: Segment, header: bytes, lines: Iterator[bytes]
    ) -> Iterator[bytes]:
        """The lines; how many there were is noted, also if they break off."""
        people, whole = 0, False
        try:
            yield header
            for line in lines:
                people += 1
                yield line
            whole = True
        finally:
            lines.close()  # type: ignore[attr-defined]  # a generator: ends its transaction before the note is written
            self.log_change(
                request,
                segment,
                f"Downloaded {people:,} people." if whole else f"A download broke off after {people:,}.",
            )

    def _segment(self, object_id: str) -> Segment:
        try:
            return selectors.segment(int(object_id))
        except (SegmentError, ValueError, OverflowError):
            raise Http404("There is no such segment.") from None

    def _page(self, request: HttpRequest, segment: Any) -> HttpResponse:
        may = {
            "save": self.has_change_permission(request) if segment else self.has_add_permission(request),
            "delete": segment is not None and self.has_delete_permission(request),
            "download": segment is not None and request.user.has_perm(DOWNLOAD),
            "samples": request.user.has_perm("profiles.view_profile"),
        }
        context: dict[str, Any] = {"may": may}
        if may["save"]:
            context["props"] = {
                "segmentId": segment.pk if segment else None,
                "may": may,
                "urls": {
                    "api": reverse("segments:segments"),
                    "list": reverse("admin:segments_segment_changelist"),
                },
            }
        if segment is not None:
            points = selectors.history(segment.pk)
            uses = usage.users("segment", [segment.name]).get(segment.name, [])
            context |= {
                "meaning": sentence(parse(segment.rule)),
                "document": json.dumps(segment.rule, indent=2, ensure_ascii=False),
                "uses": [(use, _link(use)) for use in uses],
                "last": points[-1] if points else None,
                "reachable": _reachable(points[-1]) if points else [],
            }
        return self._render(request, segment, "backoffice/segment.html", context)

    def _render(self, request: HttpRequest, segment: Any, template: str, extra: dict[str, Any]) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(segment or "New segment"),
            "original": segment,
            "segment": segment,
            **extra,
        }
        return TemplateResponse(request, template, context)


def _reachable(point: SegmentCount) -> list[tuple[str, int]]:
    """The people of each channel, in the order in which channels are always shown."""
    return [(label, point.reachable[key]) for key, label in CHANNELS.items() if key in point.reachable]


def _link(use: usage.Use) -> SafeString:
    """A user's name, which leads to its page if it has one."""
    try:
        address = reverse(use.page, args=[use.id])
    except NoReverseMatch:
        return format_html("{}", use.name)
    return format_html('<a class="link" href="{}">{}</a>', address, use.name)


def _page(segment: Segment) -> str:
    return reverse("admin:segments_segment_change", args=[segment.pk])
