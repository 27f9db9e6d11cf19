"""The journey list: its filters, and the numbers of the rows that a page shows."""

from typing import Any

from django.contrib import admin
from django.db.models import BigIntegerField, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.urls import reverse
from unfold.views import ChangeList

from config.lib import lanes
from journeys import pages, selectors
from journeys.models import Status

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
EXITED = _tallied("t.metric LIKE 'exited%%'")
GOALS = _tallied("(t.metric LIKE 'exited:goal%%' OR t.metric LIKE 'exited_before:goal%%')")


class StateFilter(admin.SimpleListFilter):
    """The latest version's state. Archived journeys are shown only where they are asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in Status.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(status=self.value()) if self.value() else queryset.exclude(status=Status.ARCHIVED)


class EntryFilter(admin.SimpleListFilter):
    """How people enter."""

    title = "entry type"
    parameter_name = "entry"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(pages.ENTRY_TYPES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(criteria=self.value()) if self.value() else queryset


class NumberedList(ChangeList):
    """A page of journeys with their numbers, which take one statement for all of them."""

    def url_for_result(self, result: Any) -> str:
        """A row leads to the canvas."""
        return reverse("admin:journeys_journey_canvas", args=[result.pk])

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: list[Any] = list(self.result_list)
        numbers = selectors.numbers(row.version_id for row in self.result_list if row.version_id)
        for row in self.result_list:
            row.numbers = numbers.get(row.version_id) or selectors.VersionNumbers()
