"""Taking a provider or a group out of use and bringing it back, for the pages of both."""

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.admin import ModelAdmin

from channels import services
from channels.models import Provider
from channels.usage import Use
from config.lib.errors import SojournError


def archive(
    page: ModelAdmin, request: HttpRequest, provider: Provider, uses: Sequence[Use], back: str, **shown: Any
) -> HttpResponseBase:
    """What a posted form of `page` asks for: archives what is in use, brings back what is archived. uses: what is
    stopped by that, shown and asked about first, as is `shown`, which has something in it that matters; back: where it
    leads.
    """
    archived = provider.archived_at is None
    if archived and "confirmed" not in request.POST and (uses or any(shown.values())):
        context = {
            **page.admin_site.each_context(request),
            "opts": page.opts,
            "title": f"Archive {provider.name}?",
            "original": provider,
            "provider": provider,
            "uses": uses,
            "back": back,
            **shown,
        }
        return TemplateResponse(request, "backoffice/provider_archive.html", context)
    try:
        at = timezone.now() if archived else None
        services.archive_provider(provider_id=provider.pk, at=at, by=cast(User, request.user))
    except SojournError as error:
        messages.error(request, error.message)
    else:
        page.log_change(request, provider, "Archived." if archived else "Brought back.")
        said = "is archived: new journeys cannot choose it" if archived else "is in use again"
        messages.success(request, f"“{provider.name}” {said}.")
    return HttpResponseRedirect(back)
