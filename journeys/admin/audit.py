"""The audit trail in the back office: who did what with a journey, when, and from what to what (domain 13)."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from unfold.admin import ModelAdmin
from unfold.decorators import display

from config.lib.admin import ReadOnly
from journeys.models import Journey, Transition

SHOWN = 60  # characters of a value in the list; its page has all of them


@admin.register(Transition)
class AuditAdmin(ReadOnly, ModelAdmin):
    """Every act of people and of the system, newest first; ?journey= those of one journey."""

    list_display = ("at", "act", "of", "edition", "doer", "changed")
    list_filter = ("action", "who")
    list_filter_submit = True
    search_fields = ("name", "who")
    search_help_text = "The name of a journey, or of a person"
    ordering = ("-at", "-id")
    date_hierarchy = "at"
    show_full_result_count = False
    fields = ("at", "act", "of", "edition", "doer", "everything")
    readonly_fields = fields

    @display(description="What")
    def act(self, act: Transition) -> str:
        moved = f": {act.source} → {act.target}" if act.source != act.target else ""
        return f"{act.action.capitalize()}{moved}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transition]:
        there = Exists(Journey.objects.filter(pk=OuterRef("journey_id")))
        return super().get_queryset(request).annotate(there=there)

    @display(description="Journey", ordering="name")
    def of(self, act: Any) -> str:
        if not act.there:
            return f"{act.name} (deleted)"
        address = reverse("admin:journeys_journey_change", args=[act.journey_id])
        return format_html('<a href="{}">{}</a>', address, act.name or "(no name)")

    @display(description="Version", ordering="number")
    def edition(self, act: Transition) -> int | None:
        return act.number

    @display(description="Who", ordering="who")
    def doer(self, act: Transition) -> str:
        return act.who or "Sojourn"

    @display(description="From what to what")
    def changed(self, act: Transition) -> str:
        return _lines(act, most=SHOWN)

    @display(description="From what to what")
    def everything(self, act: Transition) -> str:
        return _lines(act) or "–"


def _lines(act: Transition, *, most: int | None = None) -> str:
    """Each place that was changed, a line each, with what was there before and what is there since."""
    lines = ((place, _text(before, most), _text(after, most)) for place, (before, after) in act.changes.items())
    return format_html_join("\n", "<div>{}: {} → {}</div>", lines)


def _text(value: Any, most: int | None) -> str:
    if value is None:
        return "–"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if most is None or len(text) <= most else f"{text[:most]}…"
