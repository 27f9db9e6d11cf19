"""A journey's own page, with its document in an editor: checked, saved and published from there."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin

from journeys import editor, pages, services, upcoming, versions
from journeys.document import DocumentError
from journeys.engine import account
from journeys.errors import JourneyError, PublishRefused
from journeys.models import Status, Version
from journeys.moves import MOVES


class EditorPages(ModelAdmin):
    """The pages with the editor in them: a new journey, and one that is there."""

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
            findings = editor.check(text, now=now, tz=tz, journey_id=version.journey_id if version else None)
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
                version = services.save_draft(version_id=version.pk, document=document, by=who(request), now=now)
            else:
                version = services.create_journey(document=document, by=who(request), now=now)
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
        page = page_of(version.journey)
        if wish == "publish":
            try:
                services.publish(version_id=version.pk, by=who(request), now=now)
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
            versions.edit_document(version_id=version.pk, document=document, by=who(request), now=timezone.now())
        except DocumentError as error:
            findings = editor.unreadable(text, error)
        except JourneyError as error:
            messages.error(request, error.message)
            findings = editor.locate(text, error.findings)
        else:
            self.log_change(request, journey, f"Changed version {version.number} in part.")
            messages.success(request, f"“{journey}” is changed; it counts from now on.")
            return HttpResponseRedirect(f"{page_of(journey)}?version={version.number}")
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
                "clock": upcoming.planned(version, now=timezone.now(), tz=account.current().zone),
                "moves": [
                    move
                    for move in MOVES.values()
                    if move.offered(journey, version) and can(move.permission) and move.name != "publish"
                ],
                "may_delete": latest and draft and can("journeys.delete_journey"),
                "may_label": version.status != Status.ARCHIVED and can("journeys.change_journey"),
            }
            if page["unsaved"]:
                context["picture"] = pages.preview(page["text"]) or context["picture"]
        return TemplateResponse(request, "backoffice/journey.html", context)


def who(request: HttpRequest) -> User:
    """The person who asks; admin views let in nobody else."""
    assert isinstance(request.user, User)
    return request.user


def page_of(journey: Any) -> str:
    return reverse("admin:journeys_journey_change", args=[journey.pk])
