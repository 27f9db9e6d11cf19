"""Deleting a person in the back office: asked first, then done; only Admin may."""

from django.contrib import messages
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin

from journeys import people
from profiles import departures
from profiles import selectors as profiles
from profiles.departures import Departing
from profiles.models import Profile

PERMISSION = "profiles.delete_profile"


def delete_view(admin: ModelAdmin, request: HttpRequest, profile_id: int) -> HttpResponse:
    """Says what goes and what stays; posted, the person goes."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    profile = profiles.get_profile(profile_id)
    if profile is None:
        raise Http404("There is no such person.")
    if request.method != "POST":
        return _ask(admin, request, profile)
    try:
        gone = departures.delete(profile_id, now=timezone.now())
    except Departing as departing:
        messages.error(request, departing.message)
        return HttpResponseRedirect(reverse("admin:profiles_profile_change", args=[profile_id]))
    if gone:
        LogEntry.objects.create(
            user_id=request.user.pk,  # type: ignore[misc]
            content_type=ContentType.objects.get_for_model(Profile),
            object_id=str(profile_id),
            object_repr=f"Profile {profile_id}",  # the name is to be forgotten
            action_flag=DELETION,
        )
        messages.success(request, "The person is deleted; what belonged to them is gone within moments.")
    return HttpResponseRedirect(reverse("admin:profiles_profile_changelist"))


def _ask(admin: ModelAdmin, request: HttpRequest, profile: Profile) -> HttpResponse:
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": f"Delete {profile}?",
        "original": profile,
        "profile": profile,
        "stays": [stay for stay in people.stays(profile.pk) if stay.exited_at is None],
    }
    return TemplateResponse(request, "backoffice/person_delete.html", context)
