"""Files of profiles in the back office: upload, map, preview, watch, fetch the errors; and the export.

Without scripts a file is sent by the form; with them in pieces, through `profiles.files.calls`.
"""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
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

from config.lib import pieces
from config.lib.csvfile import CsvError
from profiles import selectors
from profiles.files import calls, export, forms, mapping, resources, uploads
from profiles.files.mapping import MappingError
from profiles.files.uploads import UploadError
from profiles.models import Profile, ProfileUpload

LABELS = {
    "Start mapping": "warning",
    "Uploading": "warning",
    "Processing": "info",
    "Completed": "success",
    "Rejected": "danger",
}
EXPORT = "profiles.export_profile"
MOST_SELECTED = 2_000  # people of one export by hand
State = ProfileUpload.State


@admin.register(ProfileUpload)
class ProfileUploadAdmin(ModelAdmin):
    """Files of profiles (domain 11.2), the latest first."""

    list_display = ("file_name", "state_label", "rows", "created", "changed", "refused", "created_by", "created_at")
    list_select_related = ("created_by",)
    list_filter = ("state",)
    search_fields = ("file_name",)
    ordering = ("-created_at",)
    list_per_page = 20

    @display(description="state", ordering="state", label=LABELS)
    def state_label(self, upload: ProfileUpload) -> str:
        return upload.get_state_display()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What became of a file is not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            *calls.urls(view),
            path("export/", view(self.export_view), name="profiles_profileupload_export"),
            path("<uuid:upload_id>/confirm/", view(self.confirm_view), name="profiles_profileupload_confirm"),
            path("<uuid:upload_id>/cancel/", view(self.cancel_view), name="profiles_profileupload_cancel"),
            path("<uuid:upload_id>/errors.csv", view(self.errors_view), name="profiles_profileupload_errors"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponseBase:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = forms.FileForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                upload = uploads.store(file, name=file.name, size=file.size, by=request.user, now=timezone.now())
            except (CsvError, UploadError) as error:
                form.add_error("file", error.message)
            else:
                self.log_addition(request, upload, "Uploaded.")
                return HttpResponseRedirect(_page(upload))
        return self._page(request, None, {"form": form, "largest": uploads.LARGEST})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """The file's page: its mapping, then what it would do, then how far it has come and what it did."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        upload = self._upload(object_id)
        if upload.state == State.MAPPING and self.has_add_permission(request):
            return self._mapping(request, upload)
        if upload.state == State.UPLOADING:
            return self._page(request, upload, {"received": pieces.there(upload.source_path)})
        return self._page(request, upload, _progress(upload, now=timezone.now()))

    def confirm_view(self, request: HttpRequest, upload_id: Any) -> HttpResponseBase:
        """Posted, the file is read."""
        upload = self._own(request, upload_id)
        try:
            uploads.confirm(upload.pk, now=timezone.now())
        except UploadError as error:
            messages.error(request, error.message)
        else:
            self.log_change(request, upload, "Confirmed.")
        return HttpResponseRedirect(_page(upload))

    def cancel_view(self, request: HttpRequest, upload_id: Any) -> HttpResponseBase:
        """Posted, the file is given up."""
        upload = self._own(request, upload_id)
        if uploads.cancel(upload.pk, now=timezone.now()):
            self.log_change(request, upload, "Cancelled.")
            messages.success(request, "The file is cancelled. What had been applied stays.")
        else:
            messages.info(request, "The file was over already.")
        return HttpResponseRedirect(_page(upload))

    def errors_view(self, request: HttpRequest, upload_id: Any) -> HttpResponseBase:
        """The rows that were refused, safe to open in a spreadsheet."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        upload = self._upload(str(upload_id))
        if not upload.refused or not upload.errors_path.exists():
            raise Http404("There is no such file.")
        headers = {"X-Content-Type-Options": "nosniff"}
        return FileResponse(
            upload.errors_path.open("rb"),
            as_attachment=True,
            filename=f"errors of {upload.file_name}",
            content_type="text/csv; charset=utf-8",
            headers=headers,
        )

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Asks which properties, and of whom; posted, streams the file. `?people=` numbers: those people alone."""
        if not request.user.has_perm(EXPORT):
            raise PermissionDenied
        given = request.POST if request.method == "POST" else request.GET
        people = [int(text) for text in given.getlist("people")[:MOST_SELECTED] if text.isascii() and text.isdigit()]
        known = selectors.property_names()
        if request.method != "POST":
            context = {"title": "Export people", "system": resources.SYSTEM, "known": known, "people": people}
            context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
            return TemplateResponse(request, "backoffice/profile_export.html", context)
        names = [name for name in given.getlist("names") if name in {*resources.SYSTEM, *known}]
        if not names:
            messages.error(request, "Choose at least one property.")
            return HttpResponseRedirect(request.get_full_path())
        whom = f"{len(people)} people" if people else "everyone"
        LogEntry.objects.create(
            user_id=request.user.pk,  # type: ignore[misc]
            content_type=ContentType.objects.get_for_model(Profile),
            object_repr=f"Export of {whom}",
            action_flag=CHANGE,
            change_message=f"Exported {', '.join(names)} of {whom}."[:2000],
        )
        headers = {"Content-Disposition": 'attachment; filename="people.csv"', "X-Content-Type-Options": "nosniff"}
        return StreamingHttpResponse(
            export.rows(names, people=people or None), content_type="text/csv; charset=utf-8", headers=headers
        )

    def _mapping(self, request: HttpRequest, upload: ProfileUpload) -> HttpResponse:
        """The mapping form; with a good mapping, what a small file would do."""
        problem, plan = "", uploads.plan_of(upload)
        try:
            header, rows = uploads.look(upload)
            if request.method == "POST":
                plan = forms.plan_of(request.POST, header)
                uploads.choose(upload.pk, plan, header=header)
                return HttpResponseRedirect(f"{_page(upload)}?preview=1")
        except (MappingError, UploadError) as error:
            problem = error.message
        except CsvError as error:
            return self._page(request, upload, {"problem": error.message})
        except OSError:
            return self._page(request, upload, {"problem": "The file cannot be read any more; upload it again."})
        if plan is not None and not problem and "preview" in request.GET:
            return self._page(request, upload, _preview(upload, plan))
        plan = plan or mapping.guess(header, rows)
        context = {"problem": problem, "plan": plan, "lines": forms.lines(plan, header, rows), **forms.CHOICES}
        context |= {"header": [name for name in header if name], "mapping": True}
        return self._page(request, upload, context)

    def _own(self, request: HttpRequest, upload_id: Any) -> ProfileUpload:
        """The upload, if what is asked may be done to it."""
        if request.method != "POST" or not self.has_add_permission(request):
            raise PermissionDenied
        return self._upload(str(upload_id))

    def _upload(self, object_id: str) -> ProfileUpload:
        try:
            return ProfileUpload.objects.select_related("created_by").get(pk=UUID(object_id))
        except (ProfileUpload.DoesNotExist, ValueError):
            raise Http404("There is no such file.") from None

    def _page(self, request: HttpRequest, upload: ProfileUpload | None, extra: dict[str, Any]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(upload or "New file of people"),
            "original": upload,
            "upload": upload,
            "may_change": self.has_add_permission(request),
            **extra,
        }
        return TemplateResponse(request, "backoffice/profile_file.html", context)


def _preview(upload: ProfileUpload, plan: mapping.Plan) -> dict[str, Any]:
    """What a small file would do; of a large one, that it is too large to say."""
    try:
        if not uploads.is_small(upload):
            return {"large": uploads.SMALL, "confirm": True, "chosen": plan}
        with upload.source_path.open("rb") as source:
            zone = ZoneInfo(settings.ACCOUNT_TIMEZONE)
            result, refused = resources.preview(source, plan, zone=zone, now=timezone.now())
    except (CsvError, MappingError) as error:
        return {"problem": error.message}
    rows = [row for row in result.rows if row.import_type in ("new", "update")]
    return {
        "result": result,
        "refused": refused,
        "diffs": rows,
        "confirm": bool(rows),
        "totals": result.totals,
        "chosen": plan,
    }


def _progress(upload: ProfileUpload, *, now: datetime) -> dict[str, Any]:
    """How far a file has come, how fast, and how long it will take; computed anew at each look."""
    if upload.state != State.PROCESSING or not upload.started_at:
        return {"waiting": upload.state == State.PROCESSING}
    seconds = max((now - upload.started_at).total_seconds(), 0.1)
    reading = upload.step == ProfileUpload.Step.READING
    done, whole = (upload.bytes_done, upload.size) if reading else (upload.applied, upload.staged)
    left = seconds * (whole - done) / done if done else None
    return {
        "waiting": True,
        "percent": min(100, round(100 * done / whole)) if whole else 0,
        "rate": round((upload.rows if reading else upload.applied) / seconds),
        "left": None if left is None else round(left),
    }


def _page(upload: ProfileUpload) -> str:
    return reverse("admin:profiles_profileupload_change", args=[upload.pk])
