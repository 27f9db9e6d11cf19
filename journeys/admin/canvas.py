"""The canvas's pages: a new journey, and one that is there. What they do is the API's; here they are only framed."""

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse

from channels import testsend
from channels.models import Channel, Provider
from channels.saved import writable as template_channels
from journeys.admin.editing import EditorPages, who
from journeys.models import ControlGroup, Journey, Version
from journeys.starters import starters

MOST_OTHERS = 500  # journeys to choose from; one that is older keeps its number


class CanvasPages(EditorPages):
    """The pages with the canvas in them."""

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponseBase:
        """What to start from; with ?text, the document in an editor."""
        if request.method == "POST" or "text" in request.GET:
            return super().add_view(request, form_url, extra_context)
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._canvas(request, None, None)

    def canvas_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """A journey's latest version, or the one that ?version= names."""
        journey = self._journey(request, object_id)
        return self._canvas(request, journey, self._version(request, journey))

    def _canvas(self, request: HttpRequest, journey: Journey | None, version: Version | None) -> HttpResponseBase:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(journey or "New journey") or "(no name)",
            "original": journey,
            "journey": journey,
            "version": version,
            "tab": "canvas",
            "props": {
                "journey": journey.pk if journey else None,
                "version": version.number if version else None,
                "user": who(request).get_username(),
                "address": reverse("admin:journeys_journey_canvas", args=[0]),
                "starters": [] if journey else starters(),
                "providers": _providers(),
                "journeys": _others(journey),
                "groups": list(ControlGroup.objects.order_by("name").values_list("name", flat=True)),
                "people": request.user.has_perm("profiles.view_profile"),
                "rehearse": request.user.has_perm("journeys.change_journey"),
                "tests": _tests(who(request)),
                "saves": template_channels(who(request), "add"),
            },
        }
        return TemplateResponse(request, "backoffice/canvas.html", context)


def _tests(user: User) -> dict[str, str]:
    """The channels on which somebody may send tests, and why one of them has none, if it is so."""
    if not user.has_perm("profiles.view_profile"):
        return {}
    return {it: testsend.obstacle(it) for it in Channel.values if user.has_perm(f"channels.write_{it}")}


def _others(journey: Journey | None) -> list[dict[str, Any]]:
    """What a journey trigger may name, the newest first."""
    others = Journey.objects.order_by("-pk")
    if journey:
        others = others.exclude(pk=journey.pk)
    return [{"id": it.pk, "name": it.name} for it in others[:MOST_OTHERS]]


def _providers() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    active: Any = Provider.objects.filter(archived_at=None).order_by("channel", "name")
    for channel, name in active.values_list("channel", "name"):
        found.setdefault(channel, []).append(name)
    return found
