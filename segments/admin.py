"""Custom lists in the back office: upload a file, see what became of it, fetch the rows that led to nobody."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

import segments.pages  # noqa: F401 (importing registers the pages of saved segments)
from config.lib import spreadsheet
from segments import services, uploads, usage
from segments.errors import ListError
from segments.models import List, ListUpload

LABELS = {"ready": "success", "failed": "danger", "processing": "warning", "uploading": "warning"}
MODES = [
    (ListUpload.Mode.REPLACE, "Replace: the list becomes exactly this file"),
    (ListUpload.Mode.APPEND, "Append: add these people"),
    (ListUpload.Mode.REMOVE, "Remove: take these people off"),
]


class FileForm(forms.Form):
    """A file for a list that exists."""

    mode = forms.ChoiceField(choices=MODES, initial=ListUpload.Mode.REPLACE, widget=UnfoldAdminSelectWidget)
    file = forms.FileField(
        label="CSV file",
        widget=forms.FileInput(attrs={"class": "sj-input", "accept": ".csv,text/csv"}),
        help_text="UTF-8 with the header Type,Identity; type i is an identity, e-mail or phone, g an object ID. "
        f"At most {uploads.LARGEST_FORM // 2**20} MB.",
    )


class ListForm(FileForm):
    """A new list and its first file."""

    name = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget)
    mode = None  # type: ignore[assignment]
    field_order = ("name", "file")


@admin.register(List)
class ListAdmin(ModelAdmin):
    """Lists that operators upload (domain 11.2)."""

    list_display = ("name", "state_label", "members_column", "unknown_column", "problem", "loaded_at", "created_by")
    list_select_related = ("created_by",)
    list_filter = ("state",)
    search_fields = ("name",)
    ordering = ("name",)
    list_per_page = 20

    def users_of(self, target: List) -> list[str]:
        """The journeys that use a list, perhaps through a segment, and are under way, by name."""
        return [use.name for use in usage.holders("list", target.name) if use.kind != "segment"]

    @display(description="state", ordering="state", label=LABELS)
    def state_label(self, target: List) -> str:
        return target.state

    @display(description="members", ordering="members")
    def members_column(self, target: List) -> str:
        return f"{target.members:,}"

    @display(description="unknown", ordering="unknown")
    def unknown_column(self, target: List) -> str:
        return f"{target.unknown:,}"

    @display(description="last file")
    def problem(self, target: List) -> str:
        return target.error or "–"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:list_id>/unknown.csv", view(self.unknown_view), name="segments_list_unknown"),
            path("<int:list_id>/remove/", view(self.remove_view), name="segments_list_remove"),
            *super().get_urls(),
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By the list's page, which knows who uses it."""
        return False

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponseBase:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ListForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            now = timezone.now()
            try:
                target = self._upload(request, form.cleaned_data["name"], form.cleaned_data["file"], "create", now)
            except ListError as error:
                form.add_error("name", error.message)
            else:
                self.log_addition(request, target, "Created.")
                return HttpResponseRedirect(_page(target))
        return self._page(request, None, form)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        target = self._list(object_id)
        form = FileForm(request.POST or None, request.FILES or None)
        if request.method == "POST":
            if not self.has_change_permission(request):
                raise PermissionDenied
            if users := self.users_of(target):
                messages.error(request, f"{_used(target, users)} Stop them before you change it.")
                return HttpResponseRedirect(_page(target))
            if form.is_valid():
                try:
                    file, mode = form.cleaned_data["file"], form.cleaned_data["mode"]
                    self._upload(request, target.name, file, mode, timezone.now())
                except ListError as error:
                    messages.error(request, error.message)
                return HttpResponseRedirect(_page(target))
        return self._page(request, target, form)

    def remove_view(self, request: HttpRequest, list_id: int) -> HttpResponseBase:
        """Delete a list that nothing uses; posted only."""
        if request.method != "POST" or not request.user.has_perm("segments.delete_list"):
            raise PermissionDenied
        target = self._list(str(list_id))
        if users := self.users_of(target):
            messages.error(request, f"{_used(target, users)} It cannot be deleted.")
            return HttpResponseRedirect(_page(target))
        try:
            services.delete_list(list_id=target.pk)
        except ListError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(_page(target))
        self.log_deletions(request, [target])
        messages.success(request, f"Deleted the list “{target}”.")
        return HttpResponseRedirect(reverse("admin:segments_list_changelist"))

    def unknown_view(self, request: HttpRequest, list_id: int) -> HttpResponseBase:
        """The rows of the last file that led to nobody, safe to open in a spreadsheet."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        target = self._list(str(list_id))
        upload = target.uploads.filter(state=ListUpload.State.READY).order_by("-finished_at").first()
        if upload is None or not upload.errors_path.exists():
            raise Http404("There is no such file.")
        headers = {
            "Content-Disposition": f'attachment; filename="list-{target.pk}-unknown.csv"',
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingHttpResponse(
            harmless(upload.errors_path), content_type="text/csv; charset=utf-8", headers=headers
        )

    def _upload(self, request: HttpRequest, name: str, file: Any, mode: str, now: Any) -> List:
        upload = uploads.begin(
            name=name,
            mode=mode,
            file_name=file.name,
            size=file.size,
            by=request.user,
            largest=uploads.LARGEST_FORM,
            now=now,
        )
        uploads.write(upload, file, at=0, now=now)
        uploads.complete(upload.pk, now=now)
        return upload.list

    def _list(self, object_id: str) -> List:
        try:
            return List.objects.select_related("created_by").get(pk=object_id)
        except (List.DoesNotExist, ValueError):
            raise Http404("There is no such list.") from None

    def _page(self, request: HttpRequest, target: List | None, form: forms.Form) -> HttpResponse:
        users = self.users_of(target) if target else []
        waiting = target is not None and target.state == List.State.PROCESSING
        open_to_files = target is None or (self.has_change_permission(request) and not users and not waiting)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(target or "New list"),
            "original": target,
            "list": target,
            "form": form if open_to_files else None,
            "used": _used(target, users) if target and users else "",
            "waiting": waiting,
            "may_delete": target is not None and not users and request.user.has_perm("segments.delete_list"),
        }
        return TemplateResponse(request, "backoffice/list.html", context)


def harmless(file: Any) -> Iterator[bytes]:
    """A CSV file, line by line, safe to open in a spreadsheet."""
    with file.open("rb") as source:
        for cells in csv.reader(io.TextIOWrapper(source, encoding="utf-8", newline="")):
            yield spreadsheet.row(cells)


def _used(target: List, users: list[str]) -> str:
    return f"“{target}” is used by {', '.join(f'“{name}”' for name in users)}."


def _page(target: List) -> str:
    return reverse("admin:segments_list_change", args=[target.pk])
