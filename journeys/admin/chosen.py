"""What people do with the list and with journeys that they chose in it, besides moves: filters kept by name, labels,
reports.
"""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import action

from journeys import labels
from journeys.admin.editing import page_of, who
from journeys.admin.listing import PARAMETERS
from journeys.document import DocumentError
from journeys.errors import JourneyError
from journeys.models import SavedFilter, Status
from journeys.reports import MOST_JOURNEYS

QUICK = (
    ("", "All"),
    (Status.DRAFT, "Draft"),
    (Status.LIVE, "Live"),
    (Status.COMPLETED, "Complete"),
    (Status.STOPPED, "Stopped"),
    (Status.PAUSED, "Paused"),
)
MOST_FILTERS = 30  # that one person keeps


class ChosenPages(ModelAdmin):
    """The list's own pages."""

    def chosen_urls(self) -> list[URLPattern]:
        """Routes."""
        wrap = self.admin_site.admin_view
        return [
            path("filters/save/", wrap(require_POST(self.save_filter)), name="journeys_journey_save_filter"),
            path(
                "filters/<int:filter_id>/forget/",
                wrap(require_POST(self.forget_filter)),
                name="journeys_journey_forget_filter",
            ),
            path("<path:object_id>/label/", wrap(require_POST(self.label_one)), name="journeys_journey_label"),
        ]

    # ---- filters

    def asked_of_list(self, request: HttpRequest) -> dict[str, Any]:
        """For the list's template: quick filters, the archive's switch, and the filters kept by name."""
        asked = _asked(request.GET)
        state = request.GET.get("state", "")
        rest = [(key, value) for key, value in asked if key != "state"]
        now = urlencode(asked)
        archived = state == Status.ARCHIVED
        return {
            "chips": [
                {"label": label, "on": state == value, "query": urlencode([*rest, ("state", value)] if value else rest)}
                for value, label in QUICK
            ],
            "archived": archived,
            "switch": urlencode(rest if archived else [*rest, ("state", Status.ARCHIVED)]),
            "saved": [
                {"pk": it.pk, "name": it.name, "query": it.query, "on": it.query == now}
                for it in SavedFilter.objects.filter(user=who(request))
            ],
            "asked": now,
            "nothing_yet": not self.model.objects.exists(),
            "may_add": self.has_add_permission(request),
        }

    def save_filter(self, request: HttpRequest) -> HttpResponse:
        """Keep what the list was asked under a name; one of that name is replaced."""
        self._need_view(request)
        name = " ".join(request.POST.get("name", "").split())
        query = urlencode(_asked(QueryDict(request.POST.get("query", "")[:2000])))
        mine = SavedFilter.objects.filter(user=who(request))
        if not name or len(name) > 60 or not query:
            messages.error(request, "Choose a filter or search for something, and name it in 1 to 60 characters.")
        elif mine.exclude(name=name).count() >= MOST_FILTERS:
            messages.error(request, f"You keep {MOST_FILTERS} filters already; forget one of them first.")
        else:
            mine.update_or_create(user=who(request), name=name, defaults={"query": query})
            messages.success(request, f"Kept the filter “{name}”.")
        return HttpResponseRedirect(_list(query))

    def forget_filter(self, request: HttpRequest, filter_id: int) -> HttpResponse:
        """Delete one of one's own filters."""
        self._need_view(request)
        SavedFilter.objects.filter(user=who(request), pk=filter_id).delete()
        return HttpResponseRedirect(_list(urlencode(_asked(QueryDict(request.POST.get("query", "")[:2000])))))

    def _need_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    # ---- labels

    @action(description="Add label", permissions=["change"])
    def label_journeys(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        chosen = list(queryset)
        if "confirmed" not in request.POST:
            return self._ask_labels(request, chosen)
        try:
            given = labels.read(request.POST.get("labels", ""))
        except JourneyError as error:
            return self._ask_labels(request, chosen, problem=error.message)
        done, skipped = [], []
        for journey in chosen:
            try:
                labels.add(journey_id=journey.pk, labels=given, by=who(request), now=timezone.now())
            except (JourneyError, DocumentError) as error:
                skipped.append((journey, error.message))
            else:
                done.append(journey)
                self.log_change(request, journey, f"Labelled {', '.join(given)}.")
        if done:
            messages.success(request, f"Labelled {', '.join(f'“{label}”' for label in given)}: {named(done)}.")
        for journey, reason in skipped:
            messages.warning(request, f"“{journey}” was not labelled: {reason}")
        return None

    def _ask_labels(self, request: HttpRequest, chosen: list[Any], problem: str = "") -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Add a label to {named(chosen)}",
            "chosen": chosen,
            "known": labels.known(),
            "typed": request.POST.get("labels", ""),
            "problem": problem,
            "keep": chosen_fields(request),
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "backoffice/journey_labels.html", context)

    def label_one(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Hang labels on a journey from its page, or take one off."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        journey = self._journey(request, object_id)
        try:
            if "remove" in request.POST:
                labels.remove(journey_id=journey.pk, label=request.POST["remove"], by=who(request), now=timezone.now())
            else:
                given = labels.read(request.POST.get("labels", ""))
                labels.add(journey_id=journey.pk, labels=given, by=who(request), now=timezone.now())
        except (JourneyError, DocumentError) as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(page_of(journey))

    # ---- reports

    @action(description="Report", permissions=["view"])
    def report_journeys(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        chosen = list(queryset.values_list("pk", flat=True)[: MOST_JOURNEYS + 1])
        if len(chosen) > MOST_JOURNEYS:
            messages.error(request, f"A report holds at most {MOST_JOURNEYS} journeys; choose fewer.")
            return None
        address = reverse("admin:journeys_report_add")
        return HttpResponseRedirect(f"{address}?{urlencode([('journey', pk) for pk in chosen])}")


def chosen_fields(request: HttpRequest) -> list[tuple[str, str]]:
    """The hidden fields of a page that asks: the action, and the rows that were chosen for it."""
    return [
        ("action", request.POST["action"]),
        ("select_across", request.POST.get("select_across", "0")),
        *(("_selected_action", value) for value in request.POST.getlist("_selected_action")),
    ]


def named(journeys: list[Any]) -> str:
    """Up to three by name, the rest by number."""
    names = [f"“{journey}”" for journey in journeys[:3]]
    if len(journeys) > 3:
        names.append(f"{len(journeys) - 3} more")
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1] if names else "nothing"


def _asked(query: QueryDict) -> list[tuple[str, str]]:
    """What a query asks of the list, in a fixed order; other parameters are dropped."""
    pairs = dict(parse_qsl(query.urlencode()))
    return [(key, pairs[key]) for key in PARAMETERS if pairs.get(key)]


def _list(query: str) -> str:
    address = reverse("admin:journeys_journey_changelist")
    return f"{address}?{query}" if query else address
