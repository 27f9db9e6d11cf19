"""The upload API (domain 11.1). Thin: credentials, size and concurrency are checked here, the rest is `accept`."""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import msgspec
from django.conf import settings
from django.db import OperationalError
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed, NotFound, PermissionDenied
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from profiles import consent, credentials, departures, examples, identities, selectors
from profiles.accept import MOST_RECORDS, accept
from profiles.committer import committer
from profiles.credentials import Caller
from profiles.departures import Departing
from profiles.models import Credential, Profile

MOST_BYTES = 5 * 2**20  # of a body
NOBODY = "There is no such profile."

logger = logging.getLogger(__name__)

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Malformed(APIException):
    status_code = 400


class TooLarge(APIException):
    status_code = 413
    default_detail = f"The body is larger than {MOST_BYTES // 2**20} MB. Split the call."


class TooManyCalls(APIException):
    status_code = 429
    default_detail = "The project has too many calls under way. Try again in a second."


class ProjectAndPasscode(BaseAuthentication):
    """The headers X-Sojourn-Project and X-Sojourn-Passcode."""

    def authenticate(self, request: Request) -> tuple[Caller, None]:
        headers = request.META
        project_id = headers.get("HTTP_X_SOJOURN_PROJECT", "")
        caller = credentials.check(project_id, headers.get("HTTP_X_SOJOURN_PASSCODE", "")) if project_id else None
        if caller is None:
            raise AuthenticationFailed(
                "The project ID and passcode are not right. Send them as X-Sojourn-Project and X-Sojourn-Passcode."
            )
        return caller, None

    def authenticate_header(self, request: Request) -> str:
        return "X-Sojourn-Passcode"


class ProjectAndPasscodeScheme(OpenApiAuthenticationExtension):
    """How the API's page shows the two headers."""

    target_class = ProjectAndPasscode
    name = ["project", "passcode"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        return [
            {"type": "apiKey", "in": "header", "name": "X-Sojourn-Project"},
            {"type": "apiKey", "in": "header", "name": "X-Sojourn-Passcode"},
        ]


class RawJSON(BaseParser):
    """Any JSON by msgspec, in a fraction of the time of the standard parser. The media type is not insisted on."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return _decode(stream.read())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Malformed(f"The body is not JSON: {error}.") from None


class Gate:
    """Counts the calls under way in this process, project by project."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._inside: dict[str, int] = {}

    @contextmanager
    def enter(self, project_id: str, most: int) -> Iterator[None]:
        """Be one of at most `most` calls. Raises TooManyCalls."""
        with self._mutex:
            inside = self._inside.get(project_id, 0)
            if inside >= most:
                raise TooManyCalls
            self._inside[project_id] = inside + 1
        try:
            yield
        finally:
            with self._mutex:
                self._inside[project_id] -= 1
                if not self._inside[project_id]:
                    del self._inside[project_id]


gate = Gate()
_JSON = JSONRenderer()


def caller(request: Request) -> Caller:
    """The credential of a partner's call; the authentication lets in nobody else."""
    return cast(Caller, request.user)


class PartnerView(APIView):
    """A view for callers with a credential. Every failure is answered as JSON with a code and a sentence."""

    authentication_classes = [ProjectAndPasscode]
    permission_classes = []
    scope: Credential.Scope
    scopes: dict[str, Credential.Scope] = {}  # by method, where one needs another

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the caller. The answer is JSON whatever the caller says it accepts: there is nothing to negotiate."""
        request.accepted_renderer = _JSON
        request.accepted_media_type = _JSON.media_type
        self.perform_authentication(request)
        scope = self.scopes.get(request.method or "", self.scope)
        if scope not in caller(request).scopes:
            raise PermissionDenied(f"This credential may not do that; it lacks the scope “{scope}”.")

    def handle_exception(self, error: Exception) -> Response:
        if isinstance(error, OperationalError):
            logger.error("The database failed: %s", error)
            return _failure(503, "The database cannot be reached. Nothing was stored; send the call again.")
        if isinstance(error, Departing):
            return _failure(409, error.message)
        if not isinstance(error, APIException):
            logger.exception("An upload failed.")
            return _failure(500, "Something went wrong on our side. Nothing was stored; send the call again.")
        return _failure(error.status_code, str(error.detail))


class UploadView(PartnerView):
    """Accepts events, profiles and device tokens."""

    scope = Credential.Scope.UPLOAD
    parser_classes = [RawJSON]

    @extend_schema(
        operation_id="upload",
        summary="Upload events, profiles and tokens",
        description=examples.DESCRIPTION,
        parameters=[
            OpenApiParameter("dryRun", int, description="1: check everything and store nothing.", enum=[0, 1]),
            OpenApiParameter(
                "source",
                str,
                description="device: apps and pages recorded it, so App Launched, Page Visited and so on are possible.",
                enum=["api", "device"],
            ),
        ],
        request={"application/json": examples.REQUEST},
        responses={200: examples.REPLY} | dict.fromkeys((400, 401, 403, 413, 429, 500, 503), examples.FAILURE),
        examples=[OpenApiExample(name, value=value, request_only=True) for name, value in examples.REQUESTS.items()]
        + [
            OpenApiExample(name, value=value, response_only=True, status_codes=["200"])
            for name, value in examples.REPLIES.items()
        ],
    )
    def post(self, request: Request) -> HttpResponse:
        most = max(1, settings.UPLOAD_CONCURRENCY // settings.WEB_PROCESSES)
        with gate.enter(caller(request).project_id, most):
            batch = _batch(request)
            now = timezone.now()
            source = self._source(request)
            if request.GET.get("dryRun") in ("1", "true"):
                report = accept(batch, now=now, source=source, dry_run=True)
            elif source == "device":
                report = accept(batch, now=now, source=source)
            else:
                report = committer.accept(batch, now=now)
        reply = {"status": report.status, "processed": report.processed, "unprocessed": report.unprocessed}
        return HttpResponse(_encode(reply), content_type="application/json")

    def _source(self, request: Request) -> str:
        """Where the records come from: what apps and pages record themselves, or the partner's own systems."""
        if request.GET.get("source", "api") == "api":
            return "api"
        if request.GET["source"] != "device":
            raise Malformed("The source is api or device.")
        if Credential.Scope.DEVICE not in caller(request).scopes:
            raise PermissionDenied(f"This credential may not do that; it lacks the scope “{Credential.Scope.DEVICE}”.")
        return "device"


_WHO = [
    OpenApiParameter("identity", str, description="The project's own key, an e-mail address or a phone number."),
    OpenApiParameter("objectId", str, description="The device's or system's key, if there is no identity."),
]


class ProfileView(PartnerView):
    """Reads one profile, or deletes it with all that belongs to it."""

    scope = Credential.Scope.READ
    scopes = {"DELETE": Credential.Scope.DELETE}

    @extend_schema(
        operation_id="profile",
        summary="Get a profile",
        parameters=_WHO,
        responses={200: examples.PROFILE} | dict.fromkeys((400, 401, 403, 404), examples.FAILURE),
    )
    def get(self, request: Request) -> Response:
        return Response({"status": "success", "record": selectors.as_record(_found(request.GET))})

    @extend_schema(
        operation_id="delete_profile",
        summary="Delete a profile",
        description=examples.DELETING,
        parameters=_WHO,
        responses={200: examples.DONE} | dict.fromkeys((400, 401, 403, 404, 409), examples.FAILURE),
    )
    def delete(self, request: Request) -> Response:
        profile = _found(request.GET)
        if not departures.delete(profile.pk, now=timezone.now()):
            raise NotFound(NOBODY)
        return Response({"status": "success"})


class MergeView(PartnerView):
    """Makes one of two profiles."""

    scope = Credential.Scope.DELETE
    parser_classes = [RawJSON]

    @extend_schema(
        operation_id="merge",
        summary="Merge two profiles",
        description=examples.MERGING,
        request={"application/json": examples.MERGE},
        responses={200: examples.DONE} | dict.fromkeys((400, 401, 403, 404, 409), examples.FAILURE),
        examples=[
            OpenApiExample(
                "Merge", value={"profile": {"objectId": "device-1"}, "into": {"identity": "ann"}}, request_only=True
            )
        ],
    )
    def post(self, request: Request) -> Response:
        asked = request.data if isinstance(request.data, dict) else {}
        profile, into = (
            _found(asked[name] if isinstance(asked.get(name), dict) else {}) for name in ("profile", "into")
        )
        if not departures.merge(profile.pk, into=into.pk, now=timezone.now()):
            raise NotFound(NOBODY)
        return Response({"status": "success"})


class SubscriptionView(PartnerView):
    """Switches an address off and on for every profile that has it."""

    scope = Credential.Scope.UPLOAD
    parser_classes = [RawJSON]

    @extend_schema(
        operation_id="subscription",
        summary="Subscribe or unsubscribe an address",
        request={"application/json": examples.SUBSCRIPTION},
        responses={200: examples.SUBSCRIPTION_REPLY} | dict.fromkeys((400, 401, 403), examples.FAILURE),
        examples=[
            OpenApiExample(
                "Unsubscribe",
                value={"kind": "email", "address": "ann@example.com", "subscribed": False},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        asked = request.data if isinstance(request.data, dict) else {}
        address, subscribed = asked.get("address"), asked.get("subscribed")
        kind: consent.Kind
        if asked.get("kind") == "email":
            kind, spell = "email", identities.email_address
        elif asked.get("kind") == "phone":
            kind, spell = "phone", identities.phone_number
        else:
            raise Malformed("The kind is email or phone.")
        if not isinstance(subscribed, bool):
            raise Malformed("Say whether the address is subscribed: true or false.")
        if not isinstance(address, str) or spell(address) is None:
            raise Malformed(f"The address is no {kind} address.")
        if subscribed:
            changed = consent.restore(kind, [address])
        else:
            changed = consent.suppress(kind, [address], "unsubscribed", now=timezone.now())
        return Response({"status": "success", "changed": bool(changed)})


def _found(who: Mapping[str, Any]) -> Profile:
    """The profile that `identity` or `objectId` finds. Raises Malformed or NotFound."""
    identity, object_id = (
        value if isinstance(value := who.get(key), str) else None for key in ("identity", "objectId")
    )
    if not identity and not object_id:
        raise Malformed("Say who: an identity or an objectId.")
    found = selectors.find_profile(identity=identity, object_id=object_id)
    if found is None:
        raise NotFound(NOBODY)
    return found


def _batch(request: Request) -> list[Any]:
    """The records of a call. Raises Malformed or TooLarge."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if length > MOST_BYTES:
        raise TooLarge
    body = request.data
    records = body.get("d") if isinstance(body, dict) else None
    if not isinstance(records, list):
        raise Malformed("The body is an object whose “d” is a list of records.")
    if len(records) > MOST_RECORDS:
        raise Malformed(f"The call has {len(records)} records; at most {MOST_RECORDS} are possible.")
    return records


def _failure(status: int, sentence: str) -> Response:
    headers = {
        401: {"WWW-Authenticate": "X-Sojourn-Passcode"},
        409: {"Retry-After": "1"},
        429: {"Retry-After": "1"},
        503: {"Retry-After": "5"},
    }
    return Response({"status": "fail", "code": status, "error": sentence}, status=status, headers=headers.get(status))
