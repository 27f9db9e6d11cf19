"""What the page of a new file calls while the file is sent in pieces. JSON in, JSON out, refusals as in
`config.lib.pieces`.

All of it needs the permission to add files, and only who began an upload goes on with it.
"""

import json
from collections.abc import Callable
from uuid import UUID

from django.contrib.admin.models import ADDITION, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from config.lib import csvfile, pieces
from config.lib.pieces import View, refusing
from profiles.files import uploads
from profiles.files.uploads import UploadError
from profiles.models import ProfileUpload


def urls(wrap: Callable[[View], View]) -> list[URLPattern]:
    """The routes. wrap: lets only signed-in staff in."""
    return [
        path("uploads/", wrap(begin_view), name="profiles_profileupload_begin"),
        path("uploads/<uuid:upload_id>/", wrap(piece_view), name="profiles_profileupload_piece"),
        path("uploads/<uuid:upload_id>/complete/", wrap(complete_view), name="profiles_profileupload_complete"),
        path("uploads/<uuid:upload_id>/cancel/", wrap(cancel_view), name="profiles_profileupload_stop"),
    ]


@require_POST
@refusing
def begin_view(request: HttpRequest) -> JsonResponse:
    """Begin an upload. Body: file_name, size."""
    _need(request)
    try:
        asked = json.loads(request.read(csvfile.HEAD))
        name, size = str(asked["file_name"]), int(asked["size"])
    except (ValueError, KeyError, TypeError):
        raise UploadError("The call must be a JSON object with file_name and size.") from None
    upload = uploads.begin(name=name, size=size, by=request.user, now=timezone.now())
    return JsonResponse({"url": reverse("admin:profiles_profileupload_piece", args=[upload.pk])}, status=201)


@require_http_methods(["PATCH"])
@refusing
def piece_view(request: HttpRequest, upload_id: UUID) -> JsonResponse:
    """A piece of the file, at the offset in the header Upload-Offset."""
    upload = _own(request, upload_id)
    at = pieces.offset_of(request)
    if at is None:
        raise UploadError("Say in the header Upload-Offset where the piece belongs.")
    return JsonResponse({"offset": uploads.write(upload, request, at=at)})


@require_POST
@refusing
def complete_view(request: HttpRequest, upload_id: UUID) -> JsonResponse:
    """Everything is sent: let the columns be mapped."""
    upload = _own(request, upload_id)
    uploads.complete(upload)
    LogEntry.objects.log_actions(request.user.pk or 0, [upload], ADDITION, "Uploaded.", single_object=True)
    return JsonResponse({"page": reverse("admin:profiles_profileupload_change", args=[upload.pk])})


@require_POST
@refusing
def cancel_view(request: HttpRequest, upload_id: UUID) -> JsonResponse:
    """Give up."""
    uploads.cancel(_own(request, upload_id).pk, now=timezone.now())
    return JsonResponse({})


def _need(request: HttpRequest) -> None:
    if not request.user.has_perm("profiles.add_profileupload"):
        raise PermissionDenied


def _own(request: HttpRequest, upload_id: UUID) -> ProfileUpload:
    """An upload that the user began."""
    _need(request)
    upload = ProfileUpload.objects.filter(pk=upload_id).first()
    if upload is None:
        raise Http404("There is no such file.")
    if upload.created_by_id != request.user.pk:
        raise PermissionDenied
    return upload
