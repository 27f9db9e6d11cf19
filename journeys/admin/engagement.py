"""The engagement page of a person: the journeys that they are or were in, and why they are where they are."""

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone

from journeys import people, presence
from journeys.errors import JourneyError
from journeys.models import Journey
from journeys.why import Answer, why
from profiles import selectors as profiles

PERMISSION = "journeys.view_journey"


def view(admin: ModelAdmin, request: HttpRequest, profile_id: int) -> HttpResponseBase:
    """?journey= the one to be explained; without it, the one that the person was in last."""
    if not admin.has_view_permission(request) or not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    profile = profiles.get_profile(profile_id) if profile_id < 2**63 else None
    if profile is None:
        raise Http404("There is no such person.")
    now = timezone.now()
    stays = people.stays(profile.pk)
    known = {stay.journey_id: stay.journey for stay in stays}
    others = Journey.objects.exclude(pk__in=known).order_by("name", "pk").values_list("pk", "name")
    asked = request.GET.get("journey") or next(iter(known), None)
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": str(profile),
        "original": profile,
        "profile": profile,
        "stays": stays,
        "picture": presence.picture(stays, now=now),
        "known": known.items(),
        "others": others,
        "answer": _answer(profile.pk, asked, request) if asked is not None else None,
        "now": now,
    }
    return TemplateResponse(request, "backoffice/engagement.html", context)


def _answer(profile_id: int, asked: int | str, request: HttpRequest) -> Answer:
    text = str(asked)
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Http404("There is no such journey.")
    try:
        return why(profile_id, int(text), now=timezone.now())
    except JourneyError as error:
        raise Http404(error.message) from None
