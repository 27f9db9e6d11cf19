"""The bell of the back office and the page behind it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.lib import notices
from config.models import Notice

MOST_SHOWN = 100


def bell(request: HttpRequest) -> dict[str, Callable[[], int]]:
    """For templates: how many notices the user has not seen, counted only where it is asked for."""
    return {"unread_notices": lambda: notices.unread(request.user.pk) if request.user.is_authenticated else 0}


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """A user's newest notices. Those that are shown count as read from then on."""
    newest = list(Notice.objects.filter(user_id=request.user.pk or 0).order_by("-id")[:MOST_SHOWN])
    context: dict[str, Any] = {**admin.site.each_context(request), "title": "Notices", "notices": newest}
    response = TemplateResponse(request, "backoffice/notices.html", context).render()
    unseen = [notice.pk for notice in newest if notice.read_at is None]
    if unseen:
        Notice.objects.filter(pk__in=unseen).update(read_at=timezone.now())
    return response
