"""Uploading lists over the API (domain 11.2): create, send the file, complete; then ask how it went.

A credential with the scope `lists` creates an upload and gets a URL, which takes the file for 24 hours without the
credential, whole or piece by piece. Whoever was cut off asks the URL for its offset and goes on there. An upload
belongs to the project that created it: for others it does not exist.
"""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from config.lib.errors import SojournError
from profiles import examples
from profiles.api import Malformed, PartnerView, RawJSON, caller
from profiles.models import Credential
from segments import list_calls, uploads
from segments.errors import ListError, OffsetError
from segments.models import ListUpload
from segments.progress import progress
from segments.reading import DOCUMENTED, TYPES, Columns

SALT = "segments.partner"
LARGEST_PIECE = 64 * 2**20  # bytes a call
STATUSES = {"list_offset": 409, "list_busy": 409, "list_used": 409, "list_taken": 409, "list_over": 409}
STATUSES |= {"list_unknown": 404, "list_expired": 410, "list_size": 413}

DESCRIPTION = f"""Answers with a `url` that takes the file for 24 hours, without the credential:

- `PUT` the whole file, or `PATCH` pieces with the header `Upload-Offset`: at most {LARGEST_PIECE // 2**20} MB a call,
  {uploads.LARGEST // 2**30} GB in all.
- `GET` or `HEAD` says in `Upload-Offset` how much is there. A piece at another offset is answered with 409 and the
  right one.

Then call `complete`. The file is CSV in UTF-8 with the header `Type,Identity` (type `i`: identity, `g`: object ID), or
any header of which `column` holds the identities and `type` says what they are. Rows that lead to nobody are counted
and can be fetched; no profile is created."""

CREATE = {
    "type": "object",
    "required": ["list", "mode"],
    "properties": {
        "list": {"type": "string", "maxLength": 100, "description": "The list's name."},
        "mode": {"type": "string", "enum": ListUpload.Mode.values},
        "column": {"type": "string", "description": "Absent: the columns Type and Identity."},
        "type": {"type": "string", "enum": list(TYPES)},
        "size": {"type": "integer", "description": "Bytes of the file, if they are known; checked at the end."},
        "fileName": {"type": "string"},
    },
}
STATE = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": ["success"]},
        "upload": {"type": "object", "description": "state, received, size, step, fraction, rows, people, error …"},
        "url": {"type": "string", "description": "Where the file goes, while it can."},
    },
}
FAILURES = dict.fromkeys((400, 401, 403, 404, 409, 410, 413), examples.FAILURE)


class ListView(PartnerView):
    """A view of uploads: what a service refuses becomes an answer."""

    scope = Credential.Scope.LISTS
    parser_classes = [RawJSON]

    def handle_exception(self, error: Exception) -> Response:
        if isinstance(error, ListError):
            return Response(_failure(error), status=_status(error))
        return super().handle_exception(error)

    def upload(self, request: Request, upload_id: UUID) -> ListUpload:
        """An upload of the caller's project. Raises NotFound."""
        project_id = caller(request).project_id
        found = ListUpload.objects.select_related("list").filter(pk=upload_id, project_id=project_id).first()
        if found is None:
            raise NotFound("There is no such upload.")
        return found


class UploadsView(ListView):
    """Begins uploads."""

    @extend_schema(
        operation_id="list_upload",
        summary="Upload a list: create",
        description=DESCRIPTION,
        request={"application/json": CREATE},
        responses={201: STATE} | FAILURES,
        examples=[
            OpenApiExample("Replace", value={"list": "March", "mode": "replace"}, request_only=True),
            OpenApiExample(
                "By e-mail",
                value={"list": "March", "mode": "append", "column": "E-Mail", "type": "email"},
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        asked = request.data if isinstance(request.data, dict) else {}
        texts = [asked.get(key, "") for key in ("list", "mode", "column", "type", "fileName")]
        size = asked.get("size")
        if not all(isinstance(text, str) for text in texts) or not (size is None or (type(size) is int and size >= 0)):
            raise Malformed("The list, mode, column, type and fileName are texts; the size is a number of bytes.")
        name, mode, column, kind, file_name = texts
        upload = uploads.begin(
            name=name,
            mode=mode,
            columns=Columns(column, kind) if column or kind else DOCUMENTED,
            file_name=file_name,
            size=size,
            project_id=caller(request).project_id,
            now=timezone.now(),
        )
        return Response(_state(upload), status=201)


class UploadView(ListView):
    """Tells of one upload, or gives it up."""

    @extend_schema(
        operation_id="list_upload_state", summary="Upload a list: how far it is", responses={200: STATE} | FAILURES
    )
    def get(self, request: Request, upload_id: UUID) -> Response:
        return Response(_state(self.upload(request, upload_id)))

    @extend_schema(
        operation_id="list_upload_cancel", summary="Upload a list: cancel", responses={200: STATE} | FAILURES
    )
    def delete(self, request: Request, upload_id: UUID) -> Response:
        uploads.cancel(self.upload(request, upload_id).pk, now=timezone.now())
        return Response(_state(self.upload(request, upload_id)))


class CompleteView(ListView):
    """Lets a file be read that has been sent."""

    @extend_schema(
        operation_id="list_upload_complete",
        summary="Upload a list: complete",
        request=None,
        responses={202: STATE} | FAILURES,
    )
    def post(self, request: Request, upload_id: UUID) -> Response:
        uploads.complete(self.upload(request, upload_id).pk, now=timezone.now())
        return Response(_state(self.upload(request, upload_id)), status=202)


class ErrorsView(ListView):
    """The rows that lead to nobody or cannot be read."""

    @extend_schema(
        operation_id="list_upload_errors",
        summary="Upload a list: rows that lead to nobody",
        responses={(200, "text/csv"): {"type": "string"}} | FAILURES,
    )
    def get(self, request: Request, upload_id: UUID) -> HttpResponseBase:
        upload = self.upload(request, upload_id)
        if not upload.errors_path.exists():
            raise NotFound("There is no such file.")
        return list_calls.errors_file(upload)


@csrf_exempt  # no session is asked: the URL is signed
@require_http_methods(["GET", "HEAD", "PUT", "PATCH"])
@never_cache
def file_view(request: HttpRequest, token: str) -> JsonResponse:
    """The URL that takes a file."""
    now = timezone.now()
    try:
        upload = _signed(token)
        if request.method in ("PUT", "PATCH"):
            offset = uploads.write(upload, request, at=_offset(request), now=now)
        else:
            uploads.check_open(upload, now=now)
            offset = uploads.offset(upload)
    except ListError as error:
        answer = JsonResponse(_failure(error), status=_status(error))
        if isinstance(error, OffsetError):
            answer.headers["Upload-Offset"] = str(error.offset)
        return answer
    return JsonResponse({"status": "success", "offset": offset}, headers={"Upload-Offset": str(offset)})


def _signed(token: str) -> ListUpload:
    """The upload of a URL. Raises ListError if we did not make it, or a day has gone."""
    try:
        upload_id = signing.loads(token, salt=SALT, max_age=uploads.VALID)
    except signing.SignatureExpired:
        raise ListError("This upload has expired; begin another one.", code="list_expired") from None
    except signing.BadSignature:
        raise ListError("There is no such upload.", code="list_unknown") from None
    upload = ListUpload.objects.filter(pk=upload_id).first()
    if upload is None:
        raise ListError("There is no such upload.", code="list_unknown")
    return upload


def _offset(request: HttpRequest) -> int:
    """Where the piece belongs. A PUT without an offset is a whole file."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_PIECE:
        raise ListError(f"Send at most {LARGEST_PIECE // 2**20} MB a call, one piece after another.", code="list_size")
    at = request.headers.get("Upload-Offset") or ("0" if request.method == "PUT" else "")
    if not (at.isascii() and at.isdecimal()):
        raise ListError("Say in the header Upload-Offset where the piece belongs.", code="list")
    return int(at)


def _state(upload: ListUpload) -> dict[str, Any]:
    state = progress(upload, received=uploads.offset(upload), now=timezone.now())
    answer: dict[str, Any] = {"status": "success", "upload": state}
    if upload.state == ListUpload.State.UPLOADING:
        token = signing.dumps(str(upload.pk), salt=SALT)
        answer["url"] = settings.PUBLIC_URL + reverse("list-file", args=[token])
    return answer


def _status(error: SojournError) -> int:
    return STATUSES.get(error.code, 400)


def _failure(error: SojournError) -> dict[str, Any]:
    """As the other calls of partners are refused; offset: where a piece would belong."""
    offset = {"offset": error.offset} if isinstance(error, OffsetError) else {}
    return {"status": "fail", "code": _status(error), "error": error.message} | offset
