"""Marking a person as test in the back office, and taking the mark away: whoever creates journeys may."""

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin

from journeys.admin.editing import who
from profiles import selectors as profiles
from profiles import testers
from profiles.models import Profile
from profiles.testers import TooMany

PERMISSION = "profiles.mark_test"


def mark_view(admin: ModelAdmin, request: HttpRequest, profile_id: int) -> HttpResponseBase:
    """Posted with `test`, the person is marked; without, no more."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    profile = profiles.get_profile(profile_id)
    if profile is None:
        raise Http404("There is no such person.")
    try:
        if "test" in request.POST:
            changed = testers.mark(profile.pk, by=who(request), now=timezone.now())
            said = "Marked as test: messages that are being written can be sent to this person."
        else:
            changed, said = testers.unmark(profile.pk), "No longer marked as test."
    except TooMany as error:
        messages.error(request, error.message)
    else:
        if changed:
            LogEntry.objects.create(
                user_id=request.user.pk,  # type: ignore[misc]
                content_type=ContentType.objects.get_for_model(Profile),
                object_id=str(profile.pk),
                object_repr=f"Profile {profile.pk}",
                action_flag=CHANGE,
                change_message=said.partition(":")[0],
            )
        messages.success(request, said)
    return HttpResponseRedirect(reverse("admin:profiles_profile_change", args=[profile_id]))
