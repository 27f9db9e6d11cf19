"""Journeys in the back office: the list, a journey's page with its document, and what people do with them.

An action is a call of journeys.services for each journey and a sentence that says what was done, and what was not and
why. Whoever lacks the permission neither sees an action nor gets through with it.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.views.decorators.http import require_http_methods
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.views import ChangeList

from config.lib import lanes
from journeys import editor, pages, people, selectors, services, versions
from journeys.document import DocumentError
from journeys.engine import account
from journeys.errors import JourneyError, PublishRefused
from journeys.models import Journey, Status, Version
from profiles import selectors as profiles
from profiles.models import Profile
from segments.admin import ListAdmin
from segments.models import List

LABELS = {
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


class Move(NamedTuple):
    """Something people do with a version. done: the participle; grave: bulk use asks first; states: where it fits."""

    name: str
    permission: str
    done: str
    consequence: str
    run: Callable[..., Any]
    states: tuple[str, ...]
    grave: bool = False
    latest: bool = False  # of the latest version, draft or not, instead of the one that people are in

    @property
    def address(self) -> str:
        """The name of the route of the page that asks."""
        return f"admin:journeys_journey_{self.name}_row"

    def target(self, journey: Any) -> tuple[int, int, str]:
        """(id, number, state) of the version that it is done to."""
        if self.latest:
            return journey.version_id, journey.version_number, journey.status
        return journey.current_id, journey.current_number, journey.current_status


def _archive(*, version_id: int, by: User, now: datetime) -> None:
    services.archive(journey_id=Version.objects.get(pk=version_id).journey_id, by=by, now=now)


def _unarchive(*, version_id: int, by: User, now: datetime) -> None:
    services.unarchive(journey_id=Version.objects.get(pk=version_id).journey_id, by=by, now=now)


MOVES = {
    move.name: move
    for move in (
        Move(
            "publish",
            "journeys.publish_version",
            "published",
            "The document is frozen and people enter from its start on.",
            services.publish,
            (Status.DRAFT,),
            latest=True,
        ),
        Move(
            "ask",
            "journeys.change_journey",
            "put forward",
            "Somebody else looks at the draft and publishes it. Saving it again takes the question back.",
            services.ask_approval,
            (Status.DRAFT,),
            latest=True,
        ),
        Move(
            "pause",
            "journeys.pause_version",
            "paused",
            "Nobody enters any more. People inside keep travelling and receiving. Who qualifies meanwhile is lost.",
            services.pause,
            (Status.LIVE, Status.SCHEDULED),
        ),
        Move(
            "resume",
            "journeys.pause_version",
            "resumed",
            "People enter again. Who qualified during the pause stays out.",
            services.resume,
            (Status.PAUSED,),
        ),
        Move(
            "stop",
            "journeys.stop_version",
            "stopped",
            "This cannot be undone. Nobody enters, everyone inside is exited at once, and nothing more is sent.",
            services.stop,
            (Status.SCHEDULED, Status.LIVE, Status.PAUSED, Status.COMPLETED, Status.VERSIONED),
            grave=True,
        ),
        Move(
            "revise",
            "journeys.change_journey",
            "revised",
            "A draft of a new version is made with this one's document. A draft that is there already is replaced.",
            versions.draft,
            versions.FULL_EDIT,
        ),
        Move(
            "clone",
            "journeys.add_journey",
            "cloned",
            "A new journey is made with this one's document, as a draft.",
            versions.clone,
            tuple(Status),
            latest=True,
        ),
        Move(
            "archive",
            "journeys.change_journey",
            "archived",
            "It leaves the list and can only be read until it is unarchived. People inside keep travelling.",
            _archive,
            (Status.DRAFT, Status.PAUSED, Status.COMPLETED, Status.VERSIONED, Status.STOPPED),
        ),
        Move(
            "unarchive",
            "journeys.change_journey",
            "unarchived",
            "It returns to the state that it was archived from.",
            _unarchive,
            (Status.ARCHIVED,),
        ),
    )
}


PREVIOUS = {  # what may become of the version before, by whether people still enter it
    True: (
        ("restrict", "Its people finish there; from now on people enter the new version."),
        ("stop", "Everyone inside it is exited now; the new version starts two hours later."),
    ),
    False: (
        ("restrict", "Its people keep moving in it."),
        ("stop", "Its people are forced to exit; the new version starts two hours later."),
    ),
}


def _tallied(condition: str) -> RawSQL:
    """The sum of the latest version's counters, to sort the list by. condition: SQL over t, from this module only."""
    return RawSQL(
        "(SELECT coalesce(sum(t.value), 0) FROM journeys_tally AS t WHERE t.lane = ANY(%s::smallint[])"  # noqa: S608
        f" AND t.version_id = {_LATEST} AND {condition})",
        (lanes.ALL,),
        output_field=BigIntegerField(),
    )


_ENTERED = _tallied("t.node = 0 AND t.metric = 'entered'")
_EXITED = _tallied("t.metric LIKE 'exited%%'")
_GOALS = _tallied("(t.metric LIKE 'exited:goal%%' OR t.metric LIKE 'exited_before:goal%%')")


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

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: list[Any] = list(self.result_list)
        numbers = selectors.numbers(row.version_id for row in self.result_list if row.version_id)
        for row in self.result_list:
            row.numbers = numbers.get(row.version_id) or selectors.VersionNumbers()


@admin.register(Journey)
class JourneyAdmin(ModelAdmin):
    """One row a journey, showing its latest version (domain 2.6)."""

    list_display = (
        "title",
        "state",
        "version_column",
        "entry",
        "entered",
        "inside",
        "goals",
        "exited",
        "start",
        "published",
    )
    list_display_links = ("title",)
    list_per_page = 20
    list_filter = (StateFilter, EntryFilter, "created_by")
    list_before_template = "backoffice/journey_chips.html"
    list_fullwidth = True
    search_fields = ("name",)
    search_help_text = "Name or ID"
    actions = (
        "publish_journeys",
        "pause_journeys",
        "resume_journeys",
        "stop_journeys",
        "archive_journeys",
        "unarchive_journeys",
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
        chips = [{"value": "", "label": "All"}, *({"value": value, "label": label} for value, label in Status.choices)]
        chosen = request.GET.get("state", "")
        extra = {"title": "Journeys", "chips": chips, "chosen": chosen}
        return super().changelist_view(request, (extra_context or {}) | extra)

    @display(description="journey", ordering="name", header=True)
    def title(self, journey: Any) -> list[str]:
        about = Truncator(journey.description).chars(48)
        return [journey.name or "(no name)", f"#{journey.pk}" + (f" · {about}" if about else "")]

    @display(description="state", ordering="status", label=LABELS)
    def state(self, journey: Any) -> tuple[str, str]:
        return journey.status, str(Status(journey.status).label) if journey.status else "–"

    @display(description="version", ordering="version_number")
    def version_column(self, journey: Any) -> str:
        return f"{journey.version_number} of {journey.versions_total}"

    @display(description="entry", ordering="criteria")
    def entry(self, journey: Any) -> str:
        return pages.ENTRY_TYPES.get(journey.criteria, pages.ENTRY_TYPES["live"])

    @display(description="entered", ordering=_ENTERED)
    def entered(self, journey: Any) -> str:
        return f"{journey.numbers.entered:,}"

    @display(description="inside", ordering=_ENTERED - _EXITED)
    def inside(self, journey: Any) -> str:
        return f"{journey.numbers.inside:,}"

    @display(description="goals met", ordering=_GOALS)
    def goals(self, journey: Any) -> str:
        return f"{journey.numbers.goals_met:,}"

    @display(description="exited", ordering=_EXITED)
    def exited(self, journey: Any) -> str:
        return f"{journey.numbers.exited.total():,}"

    @display(description="start", ordering="start_at", header=True)
    def start(self, journey: Any) -> list[str]:
        return _moment(journey.start_at)

    @display(description="published", ordering="published_at", header=True)
    def published(self, journey: Any) -> list[str]:
        return [_moment(journey.published_at)[0], f"by {journey.publisher}" if journey.publisher else ""]

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
        if move.grave and "confirmed" not in request.POST:
            return self._confirm(
                request,
                move,
                chosen,
                keep=[
                    ("action", request.POST["action"]),
                    ("select_across", request.POST.get("select_across", "0")),
                    *(("_selected_action", value) for value in request.POST.getlist("_selected_action")),
                ],
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
                results.append(move.run(version_id=version_id, by=_who(request), now=timezone.now(), **given))
            except (JourneyError, DocumentError) as error:
                skipped.append((journey, error.message))
            else:
                done.append(journey)
                self.log_change(request, journey, f"{move.done.capitalize()} version {number}.")
        if done:
            messages.success(request, f"{move.done.capitalize()}: {_named(done)}.")
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
            "title": f"{move.name.capitalize()} {_named(chosen)}?",
            "original": chosen[0] if len(chosen) == 1 else None,
            "move": move,
            "rows": rows,
            "eligible": sum(fits for _, _, _, fits in rows),
            "inside": sum(inside for _, _, inside, fits in rows if fits),
            "before": chosen[0].current_number,
            "previous": _previous(move, chosen),
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
        page = _page(journey)
        if request.method == "POST":
            choices = dict(_previous(move, [journey]))
            if choices and "previous" not in request.POST:
                return HttpResponseRedirect(reverse(move.address, args=[journey.pk]))
            given = {"previous": request.POST["previous"]} if request.POST.get("previous") in choices else {}
            results = self._apply(request, move, [journey], given)
            return HttpResponseRedirect(_page(results[0].journey) if results and move.name == "clone" else page)
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
        return [own, ask, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponseBase:
        """A new journey: the editor with an example in it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._edit(request, None, None, pages.editor_page(editor.EXAMPLE, [], checked=False, stored=None))
        return self._editor_post(request, None, None)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """A journey's page. ?version=2 shows an older version."""
        journey = self._journey(request, object_id)
        version = self._version(request, journey)
        if request.method != "POST":
            text = editor.write(version.document)
            return self._edit(request, journey, version, pages.editor_page(text, [], checked=False, stored=text))
        if not self.has_change_permission(request, journey):
            raise PermissionDenied
        return self._editor_post(request, journey, version)

    def ask_approval(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        if not self.has_change_permission(request):
            raise PermissionDenied
        return self._one(request, MOVES["ask"], object_id)

    def delete_draft(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        journey = self._journey(request, object_id)
        try:
            services.delete_draft(version_id=journey.version_id, by=_who(request))
        except JourneyError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(_page(journey))
        self.log_change(request, journey, f"Deleted the draft of version {journey.version_number}.")
        messages.success(request, f"Deleted the draft of “{journey}”.")
        return HttpResponseRedirect(reverse("admin:journeys_journey_changelist"))

    def _journey(self, request: HttpRequest, object_id: str) -> Any:
        """The journey, for whoever may see journeys."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not (object_id.isascii() and object_id.isdigit() and int(object_id) < 2**31):
            raise Http404("There is no such journey.")
        journey = self.get_queryset(request).filter(pk=int(object_id)).first()
        if journey is None:
            raise Http404("There is no such journey.")
        return journey

    def _version(self, request: HttpRequest, journey: Any) -> Version:
        asked = request.GET.get("version", "")
        number = int(asked) if asked.isascii() and asked.isdigit() and int(asked) < 2**15 else journey.version_number
        version = journey.versions.select_related("published_by", "created_by").filter(number=number).first()
        if version is None:
            raise Http404("There is no such version.")
        return version

    def _editor_post(self, request: HttpRequest, journey: Any, version: Version | None) -> HttpResponseBase:
        """Check, save or publish what is in the editor. Whatever is wrong, the text stays as it was typed."""
        now, tz = timezone.now(), account.current().zone
        text = request.POST.get("text", "").replace("\r\n", "\n")
        wish = request.POST.get("wish")
        stored = editor.write(version.document) if version else None
        if wish not in ("save", "publish"):
            findings = editor.check(text, now=now, tz=tz)
            return self._edit(
                request, journey, version, pages.editor_page(text, findings, checked=True, stored=stored or "")
            )
        if version and request.POST.get("seen") != editor.digest(version.document):
            messages.error(
                request,
                "Somebody else saved this draft while you were writing; it was not overwritten. Copy your text, open"
                " the journey again, and bring the two together.",
            )
            return self._edit(request, journey, version, pages.editor_page(text, [], checked=False, stored=stored))
        if version and version.status in versions.PARTIAL_EDIT:
            return self._partial_post(request, journey, version, text)
        try:
            document = editor.read(text)
            if version:
                version = services.save_draft(version_id=version.pk, document=document, by=_who(request), now=now)
            else:
                version = services.create_journey(document=document, by=_who(request), now=now)
        except DocumentError as error:
            findings = editor.unreadable(text, error)
            return self._edit(
                request, journey, version, pages.editor_page(text, findings, checked=True, stored=stored or "")
            )
        except JourneyError as error:
            messages.error(request, error.message)
            return self._edit(request, journey, version, pages.editor_page(text, [], checked=False, stored=stored))
        if journey:
            self.log_change(request, version.journey, f"Saved the draft of version {version.number}.")
        else:
            self.log_addition(request, version.journey, "Created.")
        page = _page(version.journey)
        if wish == "publish":
            try:
                services.publish(version_id=version.pk, by=_who(request), now=now)
            except PublishRefused as error:
                messages.warning(request, "The draft is saved, but it cannot be published yet; see what was found.")
                saved = self._journey(request, str(version.journey_id))
                findings = editor.locate(text, error.findings)
                return self._edit(
                    request,
                    saved,
                    self._version(request, saved),
                    pages.editor_page(text, findings, checked=True, stored=None),
                )
            except JourneyError as error:
                messages.warning(request, f"The draft is saved, but it was not published: {error.message}")
                if error.code == "previous":
                    page = reverse(MOVES["publish"].address, args=[version.journey_id])
            else:
                self.log_change(request, version.journey, f"Published version {version.number}.")
                messages.success(request, f"“{version.journey}” is published.")
        else:
            messages.success(request, f"Saved the draft of “{version.journey}”.")
        return HttpResponseRedirect(page)

    def _partial_post(self, request: HttpRequest, journey: Any, version: Version, text: str) -> HttpResponseBase:
        """Save what a published version may change: what its nodes send."""
        stored = editor.write(version.document)
        try:
            document = editor.read(text)
            versions.edit_document(version_id=version.pk, document=document, by=_who(request), now=timezone.now())
        except DocumentError as error:
            findings = editor.unreadable(text, error)
        except JourneyError as error:
            messages.error(request, error.message)
            findings = editor.locate(text, error.findings)
        else:
            self.log_change(request, journey, f"Changed version {version.number} in part.")
            messages.success(request, f"“{journey}” is changed; it counts from now on.")
            return HttpResponseRedirect(f"{_page(journey)}?version={version.number}")
        page = pages.editor_page(text, findings, checked=bool(findings), stored=stored)
        return self._edit(request, journey, version, page)

    def _edit(self, request: HttpRequest, journey: Any, version: Version | None, page: dict[str, Any]) -> HttpResponse:
        """The page, with the editor as it is."""
        can = request.user.has_perm
        draft = version is None or version.status == Status.DRAFT
        partial = version is not None and version.status in versions.PARTIAL_EDIT
        editable = (draft or partial) and can("journeys.change_journey" if version else "journeys.add_journey")
        context = {
            **self.admin_site.each_context(request),
            **page,
            "opts": self.opts,
            "title": str(journey or "New journey") or "(no name)",
            "original": journey,
            "editable": editable,
            "partial": partial,
            "may_publish": draft and can("journeys.publish_version"),
            "timezone": settings.ACCOUNT_TIMEZONE,
        }
        if version is None:
            context["picture"] = pages.preview(page["text"])
        else:
            latest = version.number == journey.version_number
            context |= pages.journey_page(journey, version) | {
                "latest": latest,
                "seen": editor.digest(version.document),
                "clock": pages.next_clock(version, timezone.now()),
                "moves": [
                    move
                    for move in MOVES.values()
                    if move.target(journey)[0] == version.pk
                    and version.status in move.states
                    and can(move.permission)
                    and move.name != "publish"
                    and (settings.APPROVAL or move.name != "ask")
                ],
                "may_delete": latest and draft and can("journeys.delete_journey"),
            }
            if page["unsaved"]:
                context["picture"] = pages.preview(page["text"]) or context["picture"]
        return TemplateResponse(request, "backoffice/journey.html", context)


def _who(request: HttpRequest) -> User:
    """The person who asks; admin views let in nobody else."""
    assert isinstance(request.user, User)
    return request.user


def _previous(move: Move, chosen: list[Any]) -> tuple[tuple[str, str], ...]:
    """What publishing a journey's draft has to ask about the version before: (value, meaning); nothing for others."""
    if move.name != "publish" or len(chosen) != 1:
        return ()
    [journey] = chosen
    if journey.status != Status.DRAFT or journey.current_status not in services.MOVING:
        return ()
    return PREVIOUS[journey.current_status != Status.COMPLETED]


def _page(journey: Any) -> str:
    return reverse("admin:journeys_journey_change", args=[journey.pk])


def _named(journeys: list[Any]) -> str:
    """Up to three by name, the rest by number."""
    names = [f"“{journey}”" for journey in journeys[:3]]
    if len(journeys) > 3:
        names.append(f"{len(journeys) - 3} more")
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1] if names else "nothing"


def _moment(at: datetime | None) -> list[str]:
    """Day and time, on the account's clock."""
    return [f"{timezone.localtime(at):%Y-%m-%d}", f"{timezone.localtime(at):%H:%M}"] if at else ["–", ""]


# People -----------------------------------------------------------------------------------------------------------


@admin.register(Profile)
class ProfileAdmin(ModelAdmin):
    """People: found by an exact value, looked at, never edited here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        if not self.has_view_permission(request):
            raise PermissionDenied
        query = request.GET.get("q", "").strip()
        before = _number(request.GET.get("before", ""))
        found = people.find(query) if query else people.newest(before=before, limit=people.PAGE + 1)
        more = len(found) > people.PAGE
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "People",
            "query": query,
            "people": found[: people.PAGE],
            "older": found[people.PAGE - 1].id if more else None,
            "first_page": before is None,
        }
        return TemplateResponse(request, "backoffice/people.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """A person's page. ?before= an instant shows what happened earlier."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        number = _number(object_id)
        profile = None if number is None else profiles.get_profile(number)
        if profile is None:
            raise Http404("There is no such person.")
        before = _instant(request.GET.get("before", "")) or datetime(9999, 1, 1, tzinfo=UTC)
        moments = people.timeline(profile.pk, before=before)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(profile),
            "original": profile,
            "profile": profile,
            "properties": sorted(profile.properties.items()),
            "devices": people.devices(profile.pk),
            "suppressed": people.reasons_silent(profile),
            "stays": people.stays(profile.pk),
            "moments": moments,
            "older": moments[-1].at.isoformat() if len(moments) >= people.PAGE else None,
            "latest": "before" not in request.GET,
        }
        return TemplateResponse(request, "backoffice/person.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) < 2**63 else None


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else None


@admin.register(List)
class GuardedListAdmin(ListAdmin):
    """Custom lists, which journeys under way hold still."""

    def users_of(self, target: List) -> list[str]:
        return people.using_list(target.name)
