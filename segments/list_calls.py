"""What the page of a list calls while a file is chosen, uploaded and read. JSON in, JSON out; a refusal is
{"code", "message"} with a status that says whether trying again can help.

Looking needs the permission to view lists; beginning, sending and cancelling that to change them, or to add one for a
new list. Only who began an upload sends its bytes.
"""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.lib import csvfile, pieces, spreadsheet
from config.lib.pieces import View, refusing
from segments import uploads
from segments.errors import ListError
from segments.models import ListUpload
from segments.preview import preview
from segments.progress import progress
from segments.reading import DOCUMENTED, Columns

PIECE = 2**16  # bytes of a download sent at once


def urls(wrap: Callable[[View], View]) -> list[URLPattern]:
    """The routes. wrap: lets only signed-in staff in."""
    return [
        path("preview/", wrap(preview_view), name="segments_list_preview"),
        path("uploads/", wrap(begin_view), name="segments_list_begin"),
        path("uploads/<uuid:upload_id>/", wrap(upload_view), name="segments_list_upload"),
        path("uploads/<uuid:upload_id>/complete/", wrap(complete_view), name="segments_list_complete"),
        path("uploads/<uuid:upload_id>/cancel/", wrap(cancel_view), name="segments_list_cancel"),
        path("uploads/<uuid:upload_id>/errors.csv", wrap(errors_view), name="segments_list_errors"),
    ]


@require_POST
def preview_view(request: HttpRequest) -> JsonResponse:
    """What the first bytes of a file show: the body, at most HEAD. Query: column, type; whole=1 if that is all."""
    _need(request, "segments.change_list", "segments.add_list")
    chosen = Columns(request.GET.get("column", ""), request.GET.get("type", ""))
    head = request.read(csvfile.HEAD + 1)
    seen = preview(head, chosen, whole=request.GET.get("whole") == "1" and len(head) <= csvfile.HEAD)
    return JsonResponse(
        {
            "header": seen.header,
            "rows": seen.rows,
            "column": seen.columns.column if seen.columns else None,
            "type": seen.columns.type if seen.columns else None,
            "remark": seen.remark,
            "problem": seen.problem,
        }
    )


@require_POST
@refusing
def begin_view(request: HttpRequest) -> JsonResponse:
    """Begin an upload. Body: name, mode, file_name, size; column and type, or neither."""
    try:
        asked = json.loads(request.read(csvfile.HEAD))
        text = {key: str(asked.get(key) or "") for key in ("name", "mode", "file_name", "column", "type")}
        size = int(asked["size"])
    except (ValueError, AttributeError, KeyError, TypeError):
        raise ListError("The call must be a JSON object with name, mode, file_name and size.", code="list") from None
    _need(request, "segments.add_list" if text["mode"] == "create" else "segments.change_list")
    columns = Columns(text["column"], text["type"]) if text["column"] else DOCUMENTED
    upload = uploads.begin(
        name=text["name"],
        mode=text["mode"],
        columns=columns,
        file_name=text["file_name"],
        size=size,
        by=request.user,
        largest=uploads.LARGEST_FORM,
        now=timezone.now(),
    )
    return JsonResponse(
        {
            "url": reverse("admin:segments_list_upload", args=[upload.pk]),
            "page": reverse("admin:segments_list_change", args=[upload.list_id]),
        },
        status=201,
    )


@require_http_methods(["GET", "PATCH"])
@never_cache
@refusing
def upload_view(request: HttpRequest, upload_id: UUID) -> JsonResponse:
    """How far it is; or a piece of the file, at the offset in the header Upload-Offset."""
    now = timezone.now()
    if request.method == "GET":
        _need(request, "segments.view_list")
        upload = _upload(upload_id)
        return JsonResponse(progress(upload, received=uploads.offset(upload), now=now))
    upload = _own(request, upload_id)
    at = pieces.offset_of(request)
    if at is None:
        raise ListError("Say in the header Upload-Offset where the piece belongs.", code="list_offset")
    return JsonResponse({"offset": uploads.write(upload, request, at=at, largest=uploads.LARGEST_FORM, now=now)})


@require_POST
@refusing
def complete_view(request: HttpRequest, upload_id: UUID) -> JsonResponse:
    """Everything is sent: let it be read."""
    upload = _own(request, upload_id)
    uploads.complete(upload.pk, now=timezone.now())
    LogEntry.objects.log_actions(
        request.user.pk or 0,
        [upload.list],
        ADDITION if upload.mode == ListUpload.Mode.CREATE else CHANGE,
        f"Uploaded {upload} to {upload.mode}.",
        single_object=True,
    )
    return JsonResponse({"page": reverse("admin:segments_list_change", args=[upload.list_id])}, status=202)


@require_POST
@refusing
def cancel_view(request: HttpRequest, upload_id: UUID) -> JsonResponse:
    """Give up."""
    _need(request, "segments.change_list")
    uploads.cancel(_upload(upload_id).pk, now=timezone.now())
    return JsonResponse({})


@require_safe
def errors_view(request: HttpRequest, upload_id: UUID) -> HttpResponseBase:
    """The rows that lead to nobody or cannot be read, safe to open in a spreadsheet."""
    _need(request, "segments.view_list")
    return errors_file(_upload(upload_id))


def errors_file(upload: ListUpload) -> HttpResponseBase:
    """The file of errors as a download. Raises Http404 if there is none."""
    if not upload.errors_path.exists():
        raise Http404("There is no such file.")
    headers = {
        "Content-Disposition": f'attachment; filename="list-{upload.list_id}-errors.csv"',
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingHttpResponse(harmless(upload.errors_path), content_type="text/csv; charset=utf-8", headers=headers)


def harmless(file: Path) -> Iterator[bytes]:
    """A CSV file, piece by piece, safe to open in a spreadsheet."""
    piece = bytearray()
    with file.open(encoding="utf-8", newline="") as source:
        for cells in csv.reader(source):
            piece += spreadsheet.row(cells)
            if len(piece) >= PIECE:
                yield bytes(piece)
                piece.clear()
    yield bytes(piece)


def _need(request: HttpRequest, *permissions: str) -> None:
    """Raises PermissionDenied unless the user has one of them."""
    if not any(request.user.has_perm(permission) for permission in permissions):
        raise PermissionDenied


def _upload(upload_id: UUID) -> ListUpload:
    upload = ListUpload.objects.select_related("list").filter(pk=upload_id).first()
    if upload is None:
        raise Http404("There is no such upload.")
    return upload


def _own(request: HttpRequest, upload_id: UUID) -> ListUpload:
    """An upload that the user began."""
    upload = _upload(upload_id)
    _need(request, "segments.add_list" if upload.mode == "create" else "segments.change_list")
    if upload.created_by_id != request.user.pk:
        raise PermissionDenied
    return upload
