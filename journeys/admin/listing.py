"""The journey list: its columns, its filters, and the numbers of the rows that a page shows (domain 2.6)."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.admin import ListFilter
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.expressions import RawSQL
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

from journeys import labels, pages
from journeys.engine import account
from journeys.models import Status, Version
from journeys.stats import listed
from journeys.stats.period import ALWAYS, Period

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

# What the list is sorted by: sums over the latest version's counters under the entry. `since`: the period's first day.
_AGAIN = "(metric = '{0}' OR (starts_with(metric, '{0}:') AND metric >= '{0}:' || since))"  # came within it before
_SORTED = {
    "entered": f"sum(CASE WHEN metric = 'entered' THEN value WHEN {_AGAIN.format('again')} THEN -value END)",
    "goals": "sum(CASE WHEN starts_with(metric, 'exited:goal_') THEN value"
    f" WHEN {_AGAIN.format('met_again')} THEN -value END)",
    "timed_out": "sum(value) FILTER (WHERE metric = 'exited:journey_timeout')",
    "rate": "sum(value) FILTER (WHERE starts_with(metric, CASE WHEN goals THEN 'exited:goal_' ELSE 'exited:completed'"
    " END)) / nullif(sum(value) FILTER (WHERE metric = 'qualified'), 0)",
}
_ALWAYS = """
SELECT metric, value FROM journeys_total WHERE version_id = latest.id AND node = 0
UNION ALL
SELECT metric, value FROM journeys_tally WHERE version_id = latest.id AND node = 0 AND lane < 64"""
_DAILY = """
SELECT metric, value FROM journeys_tally
 WHERE lane = 64 AND version_id = latest.id AND node = 0 AND {metrics} AND day BETWEEN {first} AND {last}
UNION ALL"""
_WITHIN = """
SELECT metric, value FROM journeys_tally
 WHERE lane < 64 AND version_id = latest.id AND node = 0 AND day BETWEEN {first} AND {last}"""
_GOALS = ("exited:goal_1", "exited:goal_2", "exited:goal_3")
# What of a day's counters each needs: the metrics, and the one that says of whom it has counted before.
_NEEDED: dict[str, tuple[tuple[str, ...], str | None]] = {
    "entered": (("entered", "again"), "again"),
    "goals": ((*_GOALS, "met_again"), "met_again"),
    "timed_out": (("exited:journey_timeout",), None),
    "rate": (("qualified", "exited:completed", *_GOALS), None),
}
_SORT = """(
SELECT coalesce({sorted}, 0)
  FROM (
       SELECT id, jsonb_path_exists(document, '$.goals[0]') AS goals, {since} AS since
         FROM journeys_version WHERE journey_id = journeys_journey.id ORDER BY number DESC LIMIT 1
       ) AS latest
 CROSS JOIN LATERAL ({counted}) AS counted)"""


def _by(column: str, period: Period) -> RawSQL:
    """What sorts the list by a column of numbers. Nothing of a request gets into the text but days."""
    first, last = (f"'{period.params[end].isoformat()}'" for end in ("first", "last"))
    counted = _ALWAYS if period == ALWAYS else _within(column, first, last)
    return RawSQL(_SORT.format(sorted=_SORTED[column], since=first, counted=counted), ())


def _within(column: str, first: str, last: str) -> str:
    """The counters of some days that a column needs, each set of metrics by a search of its own in the index."""
    metrics, again = _NEEDED[column]
    sought = ["metric IN ({})".format(", ".join(f"'{metric}'" for metric in metrics))]
    if again:
        sought.append(f"metric BETWEEN '{again}:' || since AND '{again}:9999'")
    parts = [_DAILY.format(metrics=metrics, first=first, last=last) for metrics in sought]
    return "".join(parts) + _WITHIN.format(first=first, last=last)


# Columns ----------------------------------------------------------------------------------------------------------


class ListColumns(ModelAdmin):
    """What a row shows. `numbers` comes with the page, see NumberedList."""

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

    @display(description="goals met", ordering="goals")
    def goals(self, journey: Any) -> str:
        return f"{journey.numbers.goals_met:,}"

    @display(description="entered", ordering="entered")
    def entered(self, journey: Any) -> str:
        return f"{journey.numbers.entered:,}"

    @display(description="timed out", ordering="timed_out")
    def timed_out(self, journey: Any) -> str:
        return f"{journey.numbers.timed_out:,}"

    @display(description="rate", ordering="rate")
    def rate(self, journey: Any) -> str:
        rate = journey.numbers.rate
        return "–" if rate is None else f"{rate:.1f}\N{NO-BREAK SPACE}%"

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
    """A page of journeys with their numbers of the days that are asked for, which take two statements for all."""

    def url_for_result(self, result: Any) -> str:
        """A row leads to the canvas."""
        return reverse("admin:journeys_journey_canvas", args=[result.pk])

    def get_ordering_field(self, field_name: str) -> Any:
        return _by(field_name, self._period()) if field_name in _SORTED else super().get_ordering_field(field_name)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: list[Any] = list(self.result_list)
        numbers = listed.of([row.version_id for row in self.result_list if row.version_id], self._period())
        for row in self.result_list:
            row.numbers = numbers.get(row.version_id) or listed.Listed()

    def _period(self) -> Period:
        """The days whose numbers are shown."""
        return next((it.period for it in self.filter_specs if isinstance(it, CountedFilter)), ALWAYS)


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


class CountedFilter(ListFilter):
    """The days whose numbers the list shows, both included, of the account's calendar. It leaves out no journey."""

    title = "days that the numbers count"
    template = RangeDateFilter.template
    form_class = RangeDateFilter.form_class
    ends = ("counted_from", "counted_to")

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: type[Any], model_admin: ModelAdmin) -> None:
        super().__init__(request, params, model, model_admin)
        self.request = request
        for end in self.ends:
            if given := params.pop(end, None):
                self.used_parameters[end] = given[-1] if isinstance(given, list) else given
        days = []
        for text in map(self.used_parameters.get, self.ends):
            try:
                days.append(date.fromisoformat(str(text)) if text else None)
            except ValueError:
                messages.warning(request, f"“{text}” is no day; write one like 2026-03-31.")
                days.append(None)
        self.period = Period(*days)

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self.ends)

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        form = self.form_class(name="counted", data={end: self.used_parameters.get(end) for end in self.ends})
        yield {"request": self.request, "parameter_name": "counted", "form": form}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset


FILTERS: tuple[Any, ...] = (
    StateFilter,
    EntryFilter,
    CreatorFilter,
    LabelFilter,
    IntelliFilter,
    ("created_at", CreatedFilter),
    CountedFilter,
)
PARAMETERS = (
    "state", "entry", "creator", "label", "intellinode", "created_at_from", "created_at_to", *CountedFilter.ends,
    "q", "o",
)  # fmt: skip
