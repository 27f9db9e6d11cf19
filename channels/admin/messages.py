"""Messages in the back office: only read."""

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, transaction
from django.http import Http404, HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.admin import ModelAdmin

from channels import reasons, selectors
from channels.models import Channel, Message
from config.lib import sql
from config.lib.admin import ReadOnly
from profiles import selectors as profiles

PAGE = 50  # messages
DAYS = 30  # that a list of messages goes back, unless asked for more
PATIENCE = "5s"  # for a search through the outbox

# No pixel is fetched and no link followed from here: the person would seem to have opened the message.
PREVIEW_HEAD = (
    '<meta http-equiv="Content-Security-Policy"'
    " content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
    "<style>a, area { pointer-events: none !important; }</style>"
)


class MessageFilter(forms.Form):
    """What to look for. Every field may stay empty; nonsense is ignored."""

    status = forms.ChoiceField(required=False, choices=[("", "Any outcome"), *Message.Status.choices])
    channel = forms.ChoiceField(required=False, choices=[("", "Any channel"), *Channel.choices])
    journey = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    node = forms.IntegerField(required=False, min_value=1, max_value=32767)
    reason = forms.CharField(required=False, max_length=200)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def __init__(self, *args: Any, journeys: dict[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = sorted(((id, f"{name or '(no name)'} #{id}") for id, name in journeys.items()), key=lambda it: it[1])
        self.fields["journey"].choices = [("", "Any journey"), *named]  # type: ignore[attr-defined]

    def found(self) -> dict[str, Any]:
        """What was understood, for selectors.latest; days are the account's."""
        self.is_valid()
        given = {name: self.cleaned_data.get(name) or None for name in self.fields}
        today = timezone.localdate()
        until = given["until"] or today
        given["until"] = _midnight(until + timedelta(days=1))
        given["since"] = _midnight(given["since"] or until - timedelta(days=DAYS))
        return given | {"reason": (given["reason"] or "").replace("\x00", "") or None}


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


@admin.register(Message)
class MessageAdmin(ReadOnly, ModelAdmin):
    """The outbox, read-only: newest first, a page at a time, never counted."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        if not self.has_view_permission(request):
            raise PermissionDenied
        journeys = selectors.journeys()
        form = MessageFilter(request.GET, journeys=journeys)
        wanted = form.found()
        rows: list[selectors.Row] = []
        impatient = False
        try:
            with transaction.atomic():
                sql.run(f"SET LOCAL statement_timeout = '{PATIENCE}'")
                rows = selectors.latest(**wanted, limit=PAGE + 1)
        except OperationalError:
            impatient = True
        names = profiles.names({row.profile_id for row in rows})
        older = ""
        if len(rows) > PAGE:
            rows = rows[:PAGE]
            asked = {key: value for key, value in request.GET.items() if key in form.fields and key != "before"}
            older = urlencode(asked | {"before": rows[-1].id})
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Messages",
            "form": form,
            "since": timezone.localtime(wanted["since"]).date(),
            "until": timezone.localtime(wanted["until"]).date() - timedelta(days=1),
            "rows": [(row, names.get(row.profile_id, "–"), journeys.get(row.journey_id, "–")) for row in rows],
            "older": older,
            "impatient": impatient,
        }
        return TemplateResponse(request, "backoffice/messages.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        message = None
        if object_id.isascii() and object_id.isdigit() and int(object_id) < 2**63:
            message = selectors.get_message(int(object_id))
        if message is None:
            raise Http404("There is no such message.")
        recorded = selectors.recorded(message)
        content = recorded.content if recorded else message.campaign.content
        journey = message.campaign.context.get("Journey", {})
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Message {message.pk}",
            "original": message,
            "message": message,
            "why": reasons.words(message.status, message.reason),
            "person": profiles.names([message.profile_id]).get(message.profile_id, "–"),
            "journey": journey,
            "recorded": recorded,
            "fields": [(key, value) for key, value in content.items() if value and key not in ("html", "text")],
            "text": content.get("text"),
            "html": PREVIEW_HEAD + content["html"] if content.get("html") else "",
        }
        return TemplateResponse(request, "backoffice/message.html", context)
