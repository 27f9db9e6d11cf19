"""People in the back office: found by an exact value, looked at, never edited."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from unfold.admin import ModelAdmin

from config.lib.admin import ReadOnly
from journeys import people
from journeys.admin import engagement, leaving, marking
from profiles import selectors as profiles
from profiles import testers
from profiles.models import Profile


@admin.register(Profile)
class ProfileAdmin(ReadOnly, ModelAdmin):
    """People: found by an exact value, looked at, deleted if need be, never edited here."""

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<int:profile_id>/leave/",
            self.admin_site.admin_view(lambda request, profile_id: leaving.delete_view(self, request, profile_id)),
            name="profiles_profile_leave",
        )
        engaged = path(
            "<int:profile_id>/engagement/",
            self.admin_site.admin_view(lambda request, profile_id: engagement.view(self, request, profile_id)),
            name="profiles_profile_engagement",
        )
        marked = path(
            "<int:profile_id>/test/",
            self.admin_site.admin_view(lambda request, profile_id: marking.mark_view(self, request, profile_id)),
            name="profiles_profile_test",
        )
        return [own, engaged, marked, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        if not self.has_view_permission(request):
            raise PermissionDenied
        query = request.GET.get("q", "").strip()
        before = _number(request.GET.get("before", ""))
        marked = not query and "test" in request.GET
        if marked:
            found = [people.someone(profile) for profile in testers.everyone()]
        else:
            found = people.find(query) if query else people.newest(before=before, limit=people.PAGE + 1)
        more = len(found) > people.PAGE
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "People",
            "query": query,
            "people": found[: people.PAGE],
            "older": found[people.PAGE - 1].id if more else None,
            "first_page": before is None and not marked,
            "marked": marked,
            "testers": testers.marks(it.id for it in found),
        }
        return TemplateResponse(request, "backoffice/people.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """A person's page. ?before= an instant shows what happened earlier."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        number = _number(object_id)
        profile = None if number is None else profiles.get_profile(number)
        if profile is None:
            raise Http404("There is no such person.")
        before = _instant(request.GET.get("before", "")) or datetime(9999, 1, 1, tzinfo=UTC)
        moments = people.timeline(profile.pk, before=before)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(profile),
            "original": profile,
            "profile": profile,
            "properties": sorted(people.shown(profile.properties).items()),
            "devices": people.devices(profile.pk),
            "suppressed": people.reasons_silent(profile),
            "stays": people.stays(profile.pk),
            "moments": moments,
            "older": moments[-1].at.isoformat() if len(moments) >= people.PAGE else None,
            "latest": "before" not in request.GET,
            "may_delete": request.user.has_perm(leaving.PERMISSION),
            "tester": testers.is_marked(profile.pk),
            "may_mark": request.user.has_perm(marking.PERMISSION),
        }
        return TemplateResponse(request, "backoffice/person.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) < 2**63 else None


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else None
