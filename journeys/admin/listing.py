"""The journey list: its columns, its filters, and the numbers of the rows that a page shows (domain 2.6)."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import BigIntegerField, BooleanField, Case, Exists, FloatField, OuterRef, Q, QuerySet, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce, NullIf
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter
from unfold.decorators import display
from unfold.views import ChangeList

from config.lib import lanes
from journeys import labels, pages, selectors
from journeys.engine import account
from journeys.models import Status, Version

STATE_COLOURS = {
    "draft": "default",
    "scheduled": "primary",
    "live": "success",
    "paused": "warning",
    "completed": "info",
    "versioned": "info",
    "stopped": "danger",
    "archived": "default",
}

_LATEST = (
    "(SELECT v.id FROM journeys_version AS v WHERE v.journey_id = journeys_journey.id ORDER BY v.number DESC LIMIT 1)"
)


def _tallied(condition: str) -> RawSQL:
    """The sum of the latest version's counters, to sort the list by. condition: SQL over t, from this module only."""
    return RawSQL(
        "(SELECT coalesce(sum(t.value), 0) FROM journeys_tally AS t WHERE t.lane = ANY(%s::smallint[])"  # noqa: S608
        f" AND t.version_id = {_LATEST} AND {condition})",
        (lanes.ALL,),
        output_field=BigIntegerField(),
    )


ENTERED = _tallied("t.node = 0 AND t.metric = 'entered'")
TIMED_OUT = _tallied("t.metric IN ('exited:journey_timeout', 'exited_before:journey_timeout')")
GOALS = _tallied("(t.metric LIKE 'exited:goal%%' OR t.metric LIKE 'exited_before:goal%%')")
COMPLETED = _tallied("t.metric = 'exited:completed'")
QUALIFIED = _tallied("t.node = 0 AND t.metric = 'qualified'")
HAS_GOALS = RawSQL(
    f"(SELECT jsonb_path_exists(v.document, '$.goals[0]') FROM journeys_version AS v WHERE v.id = {_LATEST})",  # noqa: S608
    (),
    output_field=BooleanField(),
)
MET = Case(When(condition=Q(HAS_GOALS), then=GOALS), default=COMPLETED)
RATE = Coalesce(Cast(MET, FloatField()) / NullIf(Cast(QUALIFIED, FloatField()), 0.0), 0.0)


# Columns ----------------------------------------------------------------------------------------------------------


class ListColumns(ModelAdmin):
    """What a row shows. `numbers` and `has_goals` come with the page, see NumberedList."""

    list_display = (
        "title",
        "start",
        "state",
        "entry",
        "versions",
        "goals",
        "entered",
        "timed_out",
        "rate",
        "created",
        "published",
    )
    list_display_links = ("title",)
    list_per_page = 20
    list_fullwidth = True

    @display(description="journey", ordering="name", header=True)
    def title(self, journey: Any) -> list[str | SafeString]:
        about = Truncator(journey.description).chars(48)
        details = f"#{journey.pk} · v{journey.version_number}" + (f" · {about}" if about else "")
        chips = format_html_join("", ' <span class="sj-tag">{}</span>', ((label,) for label in journey.labels[:4]))
        return [
            journey.name or "(no name)",
            format_html("{}{}", details, chips),
        ]

    @display(description="start", ordering="start_at", header=True)
    def start(self, journey: Any) -> list[str]:
        return _moment(journey.start_at)

    @display(description="status", ordering="status", label=STATE_COLOURS)
    def state(self, journey: Any) -> tuple[str, str]:
        return journey.status, str(Status(journey.status).label) if journey.status else "–"

    @display(description="entry type", ordering="criteria")
    def entry(self, journey: Any) -> str:
        return pages.ENTRY_TYPES.get(journey.criteria, pages.ENTRY_TYPES["live"])

    @display(description="versions", ordering="versions_total")
    def versions(self, journey: Any) -> int:
        return int(journey.versions_total)

    @display(description="goals met", ordering=GOALS)
    def goals(self, journey: Any) -> str:
        return f"{journey.numbers.goals_met:,}"

    @display(description="entered", ordering=ENTERED)
    def entered(self, journey: Any) -> str:
        return f"{journey.numbers.entered:,}"

    @display(description="timed out", ordering=TIMED_OUT)
    def timed_out(self, journey: Any) -> str:
        return f"{journey.numbers.exited['journey_timeout']:,}"

    @display(description="rate", ordering=RATE)
    def rate(self, journey: Any) -> str:
        numbers = journey.numbers
        met = numbers.goals_met if journey.has_goals else numbers.exited["completed"]
        return f"{100 * met / numbers.qualified:.1f}\N{NO-BREAK SPACE}%" if numbers.qualified else "–"

    @display(description="created", ordering="created_at", header=True)
    def created(self, journey: Any) -> list[str]:
        return [_moment(journey.created_at)[0], f"by {journey.created_by}" if journey.created_by else ""]

    @display(description="published", ordering="published_at", header=True)
    def published(self, journey: Any) -> list[str]:
        return [_moment(journey.published_at)[0], f"by {journey.publisher}" if journey.publisher else ""]


def _moment(at: datetime | None) -> list[str]:
    """Day and time, on the account's clock."""
    return [f"{timezone.localtime(at):%Y-%m-%d}", f"{timezone.localtime(at):%H:%M}"] if at else ["–", ""]


class NumberedList(ChangeList):
    """A page of journeys with their numbers, which take three statements for all of them."""

    def url_for_result(self, result: Any) -> str:
        """A row leads to the canvas."""
        return reverse("admin:journeys_journey_canvas", args=[result.pk])

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: list[Any] = list(self.result_list)
        shown = [row.version_id for row in self.result_list if row.version_id]
        numbers = selectors.numbers(shown)
        with_goals = set(
            Version.objects.filter(pk__in=shown, document__goals__0__isnull=False).values_list("pk", flat=True)
        )
        for row in self.result_list:
            row.numbers = numbers.get(row.version_id) or selectors.VersionNumbers()
            row.has_goals = row.version_id in with_goals


# Filters ----------------------------------------------------------------------------------------------------------


class StateFilter(DropdownFilter):
    """The latest version's state. Archived journeys are shown only where they are asked for."""

    title = "status"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in Status.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(status=self.value()) if self.value() else queryset.exclude(status=Status.ARCHIVED)


class EntryFilter(DropdownFilter):
    """How people enter."""

    title = "entry type"
    parameter_name = "entry"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(pages.ENTRY_TYPES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(criteria=self.value()) if self.value() else queryset


class CreatorFilter(DropdownFilter):
    """Who created the journey."""

    title = "creator"
    parameter_name = "creator"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        creators = User.objects.filter(pk__in=model_admin.model.objects.values("created_by")).order_by("username")
        return [(str(pk), name) for pk, name in creators.values_list("pk", "username")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value() or ""
        return queryset.filter(created_by=int(chosen)) if chosen.isascii() and chosen.isdigit() else queryset


class LabelFilter(DropdownFilter):
    """A label that hangs on it."""

    title = "label"
    parameter_name = "label"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(label, label) for label in labels.known()]

    def has_output(self) -> bool:
        """Also while no label is known: what is asked for must be read."""
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(labels__contains=[self.value()]) if self.value() else queryset


class IntelliFilter(DropdownFilter):
    """Whether an IntelliNODE is in its latest version."""

    title = "IntelliNODE"
    parameter_name = "intellinode"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "With an IntelliNODE"), ("no", "Without")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("yes", "no"):
            return queryset
        holding = Exists(
            Version.objects.filter(pk=OuterRef("version_id"), document__nodes__contains=[{"kind": "intellinode"}])
        )
        return queryset.filter(holding if self.value() == "yes" else ~holding)


class CreatedFilter(RangeDateFilter):
    """The days on which it was created, both included, of the account's calendar."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for end, lookup in (("from", "created_at__gte"), ("to", "created_at__lt")):
            text = self.used_parameters.get(f"{self.parameter_name}_{end}")
            if not text:
                continue
            try:
                day = date.fromisoformat(str(text))
            except ValueError:
                messages.warning(request, f"“{text}” is no day; write one like 2026-03-31.")
                continue
            begin = datetime.combine(day + timedelta(days=end == "to"), time(), account.current().zone)
            queryset = queryset.filter(**{lookup: begin})
        return queryset


FILTERS: tuple[Any, ...] = (
    StateFilter,
    EntryFilter,
    CreatorFilter,
    LabelFilter,
    IntelliFilter,
    ("created_at", CreatedFilter),
)
PARAMETERS = ("state", "entry", "creator", "label", "intellinode", "created_at_from", "created_at_to", "q", "o")
