"""Journeys in the back office: the list, and what people do with the journeys in it.

An action is a call of journeys.services for each journey and a sentence that says what was done, and what was not and
why. Whoever lacks the permission neither sees an action nor gets through with it.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from unfold.decorators import action
from unfold.views import ChangeList

from journeys import selectors, services
from journeys.admin.chosen import ChosenPages, chosen_fields, named
from journeys.admin.editing import page_of, who
from journeys.admin.listing import FILTERS, ListColumns, NumberedList
from journeys.admin.numbers import NumbersPages
from journeys.document import DocumentError
from journeys.errors import JourneyError
from journeys.models import Journey, Version
from journeys.moves import MOVES, Move, previous


@admin.register(Journey)
class JourneyAdmin(ListColumns, ChosenPages, NumbersPages):
    """One row a journey, showing its latest version (domain 2.6)."""

    list_filter = FILTERS
    list_filter_submit = True
    list_before_template = "backoffice/journey_chips.html"
    search_fields = ("name",)
    search_help_text = "Name or ID"
    actions = (
        "publish_journeys",
        "pause_journeys",
        "resume_journeys",
        "stop_journeys",
        "archive_journeys",
        "unarchive_journeys",
        "label_journeys",
        "report_journeys",
    )
    actions_row = (
        "publish_row",
        "pause_row",
        "resume_row",
        "stop_row",
        "revise_row",
        "clone_row",
        "archive_row",
        "unarchive_row",
    )
    ordering = ("-created_at", "-pk")

    # ---- what may be done

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Drafts are deleted on their page; nothing else ever is (domain 2.3)."""
        return False

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("journeys.publish_version")

    def has_pause_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("journeys.pause_version")

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("journeys.stop_version")

    # ---- the list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        publisher = Version.objects.filter(pk=OuterRef("version_id")).values("published_by__username")
        return selectors.journeys().annotate(publisher=Subquery(publisher[:1])).select_related("created_by")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NumberedList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        found, duplicates = super().get_search_results(request, queryset, search_term)
        bare = search_term.strip().removeprefix("#")
        if bare.isascii() and bare.isdigit() and int(bare) < 2**31:
            found |= queryset.filter(pk=int(bare))
        return found, duplicates

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        extra = self.asked_of_list(request) | {"title": "Journeys"}
        return super().changelist_view(request, (extra_context or {}) | extra)

    # ---- actions on many

    @action(description="Publish", permissions=["publish"])
    def publish_journeys(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._many(request, MOVES["publish"], queryset)

    @action(description="Pause", permissions=["pause"])
    def pause_journeys(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._many(request, MOVES["pause"], queryset)

    @action(description="Resume", permissions=["pause"])
    def resume_journeys(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._many(request, MOVES["resume"], queryset)

    @action(description="Stop for good", permissions=["stop"])
    def stop_journeys(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._many(request, MOVES["stop"], queryset)

    @action(description="Archive", permissions=["change"])
    def archive_journeys(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._many(request, MOVES["archive"], queryset)

    @action(description="Unarchive", permissions=["change"])
    def unarchive_journeys(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._many(request, MOVES["unarchive"], queryset)

    def _many(self, request: HttpRequest, move: Move, queryset: QuerySet[Any]) -> HttpResponse | None:
        chosen = list(queryset)
        if "confirmed" not in request.POST:
            return self._confirm(
                request,
                move,
                chosen,
                keep=chosen_fields(request),
                back=request.get_full_path(),
            )
        self._apply(request, move, chosen)
        return None

    def _apply(
        self, request: HttpRequest, move: Move, chosen: Iterable[Any], given: Mapping[str, Any] = MappingProxyType({})
    ) -> list[Any]:
        """Do it to each journey, tell the person, and return what came of it for those it was done to. `given`: what
        else the person chose.
        """
        done, skipped, results = [], [], []
        for journey in chosen:
            version_id, number, _ = move.target(journey)
            try:
                results.append(move.run(version_id=version_id, by=who(request), now=timezone.now(), **given))
            except (JourneyError, DocumentError) as error:
                skipped.append((journey, error.message))
            else:
                done.append(journey)
                self.log_change(request, journey, f"{move.done.capitalize()} version {number}.")
        if done:
            messages.success(request, f"{move.done.capitalize()}: {named(done)}.")
        for journey, reason in skipped:
            messages.warning(request, f"“{journey}” was not {move.done}: {reason}")
        return results

    def _confirm(
        self, request: HttpRequest, move: Move, chosen: list[Any], *, keep: list[tuple[str, str]], back: str
    ) -> HttpResponse:
        """Say what would happen to whom, and ask."""
        targets = [(journey, *move.target(journey)) for journey in chosen]
        numbers = selectors.numbers(journey.current_id for journey in chosen)
        rows = [
            (journey, status, numbers[journey.current_id].inside, status in move.states)
            for journey, _, _, status in targets
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{move.name.capitalize()} {named(chosen)}?",
            "original": chosen[0] if len(chosen) == 1 else None,
            "move": move,
            "rows": rows,
            "eligible": sum(fits for _, _, _, fits in rows),
            "inside": sum(inside for _, _, inside, fits in rows if fits),
            "before": chosen[0].current_number,
            "previous": previous(move, chosen),
            "keep": keep,
            "back": back,
        }
        return TemplateResponse(request, "backoffice/confirm_move.html", context)

    # ---- actions on one: a page that asks, and the same page posted

    @action(description="Publish", permissions=["publish"], url_path="publish", icon="rocket_launch")
    def publish_row(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return self._one(request, MOVES["publish"], object_id)

    @action(description="Pause", permissions=["pause"], url_path="pause", icon="pause")
    def pause_row(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return self._one(request, MOVES["pause"], object_id)

    @action(description="Resume", permissions=["pause"], url_path="resume", icon="play_arrow")
    def resume_row(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return self._one(request, MOVES["resume"], object_id)

    @action(description="Stop for good", permissions=["stop"], url_path="stop", icon="stop")
    def stop_row(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return self._one(request, MOVES["stop"], object_id)

    @action(description="New version", permissions=["change"], url_path="revise", icon="edit")
    def revise_row(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return self._one(request, MOVES["revise"], object_id)

    @action(description="Clone", permissions=["add"], url_path="clone", icon="content_copy")
    def clone_row(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return self._one(request, MOVES["clone"], object_id)

    @action(description="Archive", permissions=["change"], url_path="archive", icon="archive")
    def archive_row(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return self._one(request, MOVES["archive"], object_id)

    @action(description="Unarchive", permissions=["change"], url_path="unarchive", icon="unarchive")
    def unarchive_row(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return self._one(request, MOVES["unarchive"], object_id)

    def _one(self, request: HttpRequest, move: Move, object_id: str) -> HttpResponseBase:
        journey = self._journey(request, object_id)
        page = page_of(journey)
        if request.method == "POST":
            choices = dict(previous(move, [journey]))
            if choices and "previous" not in request.POST:
                return HttpResponseRedirect(reverse(move.address, args=[journey.pk]))
            given = {"previous": request.POST["previous"]} if request.POST.get("previous") in choices else {}
            results = self._apply(request, move, [journey], given)
            return HttpResponseRedirect(page_of(results[0].journey) if results and move.name == "clone" else page)
        return self._confirm(request, move, [journey], keep=[], back=page)

    # ---- the page of one journey

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<path:object_id>/delete-draft/",
            self.admin_site.admin_view(require_http_methods(["POST"])(self.delete_draft)),
            name="journeys_journey_delete_draft",
        )
        ask = path(
            "<path:object_id>/ask/",
            self.admin_site.admin_view(self.ask_approval),
            name="journeys_journey_ask_row",
        )
        canvas = path(
            "<path:object_id>/canvas/",
            self.admin_site.admin_view(self.canvas_view),
            name="journeys_journey_canvas",
        )
        numbers = path(
            "<path:object_id>/numbers/<str:tab>/",
            self.admin_site.admin_view(self.numbers_view),
            name="journeys_journey_numbers",
        )
        inside = path(
            "<path:object_id>/people/",
            self.admin_site.admin_view(self.people_view),
            name="journeys_journey_people",
        )
        message = path(
            "<path:object_id>/message/",
            self.admin_site.admin_view(self.message_view),
            name="journeys_journey_message",
        )
        return [own, ask, canvas, numbers, inside, message, *self.chosen_urls(), *super().get_urls()]

    def ask_approval(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        if not self.has_change_permission(request):
            raise PermissionDenied
        return self._one(request, MOVES["ask"], object_id)

    def delete_draft(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        journey = self._journey(request, object_id)
        if not request.user.has_perm("journeys.delete_journey"):
            raise PermissionDenied
        try:
            services.delete_draft(version_id=journey.version_id, by=who(request), now=timezone.now())
        except JourneyError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(page_of(journey))
        self.log_change(request, journey, f"Deleted the draft of version {journey.version_number}.")
        messages.success(request, f"Deleted the draft of “{journey}”.")
        return HttpResponseRedirect(reverse("admin:journeys_journey_changelist"))
