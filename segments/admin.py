"""Custom lists in the back office: upload a file, see what became of it, fetch the rows that led to nobody.

The page works without scripts, by a form with a file in it. With them (static/backoffice/lists.js) the file is looked
at first, sent in pieces and followed while it is read, through `segments.list_calls`.
"""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

import segments.pages  # noqa: F401 (importing registers the pages of saved segments)
from segments import list_calls, services, uploads, usage
from segments.errors import ListError
from segments.models import List, ListUpload
from segments.progress import progress
from segments.reading import DOCUMENTED, TYPES, Columns

LABELS = {"ready": "success", "failed": "danger", "processing": "warning", "uploading": "warning"}
MODES = {
    ListUpload.Mode.REPLACE: "Replace: the list becomes exactly this file",
    ListUpload.Mode.APPEND: "Append: add these people",
    ListUpload.Mode.REMOVE: "Remove: take these people off",
}
MOST_SHOWN = 10  # files in the history


class FileForm(forms.Form):
    """A file for a list that exists. held: journeys hold the list, so it is not replaced."""

    mode = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    file = forms.FileField(
        label="CSV file",
        widget=forms.FileInput(attrs={"class": "sj-input", "accept": ".csv,.txt,.tsv,text/csv", "data-file": ""}),
        help_text="UTF-8 with a header: Type,Identity (type i is an identity, e-mail or phone, g an object ID), or any "
        f"columns of which you choose one. At most {uploads.LARGEST_FORM // 2**20} MB.",
    )
    column = forms.CharField(
        required=False,
        max_length=200,
        label="Column with the identities",
        widget=UnfoldAdminTextInputWidget,
        help_text="Empty: the columns Type and Identity.",
    )
    type = forms.ChoiceField(
        required=False,
        choices=[("", "As the column Type says"), *TYPES.items()],
        label="What it holds",
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, held: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "mode" in self.fields:
            modes = [(mode, said) for mode, said in MODES.items() if not (held and mode == ListUpload.Mode.REPLACE)]
            self.fields["mode"] = forms.ChoiceField(choices=modes, widget=UnfoldAdminSelectWidget)
            self.order_fields(["mode"])


class ListForm(FileForm):
    """A new list and its first file."""

    name = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget)
    mode = None  # type: ignore[assignment]
    field_order = ("name",)


@admin.register(List)
class ListAdmin(ModelAdmin):
    """Lists that operators upload (domain 11.2)."""

    list_display = ("name", "state_label", "members_column", "unknown_column", "problem", "loaded_at", "created_by")
    list_select_related = ("created_by",)
    list_filter = ("state",)
    search_fields = ("name",)
    ordering = ("name",)
    list_per_page = 20

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
            *list_calls.urls(view),
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
            try:
                target = _upload(request, form, name=form.cleaned_data["name"], mode="create", now=timezone.now())
            except ListError as error:
                form.add_error("name" if error.code in ("list_name", "list_taken") else None, error.message)
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
        form = FileForm(request.POST or None, request.FILES or None, held=bool(_holders(target)))
        if request.method == "POST":
            if not self.has_change_permission(request):
                raise PermissionDenied
            if form.is_valid():
                mode = form.cleaned_data["mode"]
                try:
                    _upload(request, form, name=target.name, mode=mode, now=timezone.now())
                except ListError as error:
                    messages.error(request, error.message)
                else:
                    self.log_change(request, target, f"Uploaded {form.cleaned_data['file'].name} to {mode}.")
                return HttpResponseRedirect(_page(target))
        return self._page(request, target, form)

    def remove_view(self, request: HttpRequest, list_id: int) -> HttpResponseBase:
        """Delete a list that nothing uses; posted only."""
        if request.method != "POST" or not request.user.has_perm("segments.delete_list"):
            raise PermissionDenied
        target = self._list(str(list_id))
        try:
            services.delete_list(list_id=target.pk)
        except ListError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(_page(target))
        self.log_deletions(request, [target])
        messages.success(request, f"Deleted the list “{target}”.")
        return HttpResponseRedirect(reverse("admin:segments_list_changelist"))

    def _list(self, object_id: str) -> List:
        try:
            return List.objects.select_related("created_by").get(pk=object_id)
        except (List.DoesNotExist, ValueError):
            raise Http404("There is no such list.") from None

    def _page(self, request: HttpRequest, target: List | None, form: forms.Form) -> HttpResponse:
        holders = _holders(target) if target else []
        files = (
            list(target.uploads.select_related("created_by", "list").order_by("-created_at")[:MOST_SHOWN])
            if target
            else []
        )
        current = next((it for it in files if it.under_way), None)
        may_change = self.has_change_permission(request)
        waiting = current is not None and current.state == ListUpload.State.PROCESSING
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(target or "New list"),
            "original": target,
            "list": target,
            "form": form if target is None or (may_change and not waiting) else None,
            "used": usage.named(holders),
            "files": files,
            "current": current and progress(current, received=uploads.offset(current), now=timezone.now()),
            "types": TYPES,
            "largest": uploads.LARGEST_FORM,
            "may_change": may_change,
            "may_delete": target is not None and not holders and request.user.has_perm("segments.delete_list"),
        }
        return TemplateResponse(request, "backoffice/list.html", context)


def _upload(request: HttpRequest, form: forms.Form, *, name: str, mode: str, now: datetime) -> List:
    """Take a file that came with the form. Raises ListError."""
    file, column, kind = (form.cleaned_data[field] for field in ("file", "column", "type"))
    upload = uploads.begin(
        name=name,
        mode=mode,
        columns=Columns(column, kind) if column or kind else DOCUMENTED,
        file_name=file.name,
        size=file.size,
        by=request.user,
        largest=uploads.LARGEST_FORM,
        now=now,
    )
    uploads.write(upload, file, at=0, now=now)
    return uploads.complete(upload.pk, now=now).list


def _holders(target: List) -> list[usage.Use]:
    """The journeys that hold a list, perhaps through a segment."""
    return [use for use in usage.holders("list", target.name) if use.kind != "segment"]


def _page(target: List) -> str:
    return reverse("admin:segments_list_change", args=[target.pk])
