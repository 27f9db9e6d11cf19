"""What the pages of a site ask for and tell for their one visitor, by a public key (domain 11.1, decision 36).

The key is for everybody to read, so nothing here reads a profile or takes anybody's word for who they are. A visitor is
an object ID, which the page has drawn at random; who knows it may be shown what waits for that visitor, and record what
they do. It becomes a known person's by a signature of the site's own server.
"""

import functools
import re
from collections.abc import Collection
from typing import Any, NoReturn, cast

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed, NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle, SimpleRateThrottle

from channels import api
from channels.models import Channel
from channels.push import web
from channels.services import web_push_key
from profiles import devices, eventtypes, examples, identities, selectors, sites
from profiles.accept import Report, accept
from profiles.api import Malformed, PartnerView, RawJSON, TooLarge, TooManyCalls
from profiles.identities import Key
from profiles.models import Credential
from profiles.services import sign_in
from profiles.sites import Site

CHANNELS = frozenset({Channel.WEB_POPUP, Channel.EXIT_INTENT, Channel.WEB_NATIVE, Channel.APP_INBOX})
MOST_BYTES = 64 * 1024  # of a body
MOST_EVENTS = 20  # a call
A_VISITOR, AN_ADDRESS = "60/min", "600/min"  # calls; offices and phones share addresses

_OBJECT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TEXT: dict[str, Any] = {"type": "string"}
_WHO: dict[str, Any] = {
    "objectId": {"type": "string", "format": "uuid", "description": "The visitor: drawn and kept by the page."}
}
_schema = functools.partial(extend_schema, auth=[])  # the key is in the path
_FAILURES = dict.fromkeys((400, 401, 403, 413, 429), examples.FAILURE)


def _body(required: Collection[str], **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "required": ["objectId", *required], "properties": {**_WHO, **properties}}
    return {"application/json": schema}


class Conflict(APIException):
    status_code = 409


class PublicKey(BaseAuthentication):
    """The public key in the path."""

    def authenticate(self, request: Request) -> tuple[Site, None]:
        site = sites.find(request.parser_context["kwargs"]["key"])
        if site is None:
            raise AuthenticationFailed("The public key is none, or it has been revoked.")
        return site, None

    def authenticate_header(self, request: Request) -> str:
        return "Public-Key"


class ByAddress(SimpleRateThrottle):
    rate = AN_ADDRESS

    def get_cache_key(self, request: Request, view: Any) -> str:
        return f"address/{self.get_ident(request)}"


class ByVisitor(SimpleRateThrottle):
    rate = A_VISITOR

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        asked = request.data if isinstance(request.data, dict) else {}
        object_id = asked.get("objectId")
        return f"visitor/{object_id}" if isinstance(object_id, str) and _OBJECT_ID.fullmatch(object_id) else None


def site_of(request: Request) -> Site:
    """The site of a page's call; the authentication lets in nobody else."""
    return cast(Site, request.user)


class PageView(PartnerView):
    """A view for pages: the site's public key, from one of the site's origins, not too often."""

    authentication_classes = [PublicKey]
    throttle_classes: list[type[BaseThrottle]] = [ByAddress, ByVisitor]
    scope = Credential.Scope.PAGES
    parser_classes = [RawJSON]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        origin = request.headers.get("Origin")
        if origin is None and request.method == "GET":  # of a page of the same origin
            return self.check_throttles(request)
        if origin not in site_of(request).origins:
            raise PermissionDenied("Pages of this origin may not use the key; add it to the credential's origins.")
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
            raise TooLarge(f"The body is larger than {MOST_BYTES // 1024} kB.")
        return self.check_throttles(request)

    def throttled(self, request: Request, wait: float | None) -> NoReturn:
        raise TooManyCalls("The visitor calls too often. Wait a little longer each time.")


class VisitorMessagesView(PageView):
    """What the page should show its visitor now."""

    @_schema(
        operation_id="web_messages",
        summary="Get what a page should show its visitor now",
        description="Ask at each page, and every now and then while it is open. In the order in which they are to be "
        "shown. A message is given again until it is acked. `content.trigger` says what the page waits for before it "
        "shows a pop-up. A visitor who is not known has none.",
        request=_body([], channels={"type": "array", "items": {"type": "string", "enum": sorted(CHANNELS)}}),
        responses={200: api.GIVEN} | _FAILURES,
    )
    def post(self, request: Request, key: str) -> Response:
        visitor, asked = _asked(request)
        channels = api.channels_of(asked, CHANNELS)
        return Response(api.waiting_for(selectors.find_profile(object_id=visitor.value), channels))


class VisitorAcksView(PageView):
    """What became of messages on the page."""

    @_schema(
        operation_id="web_acks",
        summary="Tell that a page's messages were viewed or clicked",
        description=f"Up to {api.MOST_ACKS} a call; sending one again is harmless.",
        request={"application/json": api.ACKS},
        responses={200: examples.REPLY} | _FAILURES,
    )
    def post(self, request: Request, key: str) -> Response:
        return Response(api.acknowledge(request.data))


class VisitorEventsView(PageView):
    """What the visitor does."""

    @_schema(
        operation_id="web_events",
        summary="Record what a page's visitor does",
        description=f"Up to {MOST_EVENTS} events a call, which happen now: Page Visited and the other events of "
        "devices, and those that the credential names. An `eventId` that came within 24 hours is the same event.",
        request=_body(
            ["events"],
            events={
                "type": "array",
                "maxItems": MOST_EVENTS,
                "items": {
                    "type": "object",
                    "required": ["evtName"],
                    "properties": {
                        "evtName": {"type": "string", "maxLength": 120},
                        "evtData": {"type": "object", "additionalProperties": True},
                        "eventId": {"type": "string", "maxLength": 512},
                    },
                },
            },
        ),
        responses={200: examples.REPLY} | _FAILURES,
        examples=[
            OpenApiExample(
                "A page",
                value={
                    "objectId": "6f0cf9a4-6f6b-4d1c-8a4e-0f7c9a0d3f11",
                    "events": [
                        {
                            "evtName": "Page Visited",
                            "evtData": {"url": "https://example.com/", "referrer": "", "utm_source": "newsletter"},
                        }
                    ],
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, key: str) -> Response:
        visitor, asked = _asked(request)
        events = asked.get("events")
        if not isinstance(events, list) or not events or not all(isinstance(it, dict) for it in events):
            raise Malformed("The “events” are a list of what the visitor did, each an object.")
        if len(events) > MOST_EVENTS:
            raise Malformed(f"The call has {len(events)} events; at most {MOST_EVENTS} are possible.")
        for event in events:
            name = event.get("evtName")
            if isinstance(name, str) and eventtypes.key(name) not in site_of(request).events:
                raise PermissionDenied(f"Pages may not record “{name[:120]}”; name it in the credential.")
        records = [
            {"type": "event", "objectId": visitor.value}
            | {name: event[name] for name in ("evtName", "evtData", "eventId") if name in event}
            for event in events
        ]
        report = accept(records, now=timezone.now(), source="device")
        return Response({"status": report.status, "processed": report.processed, "unprocessed": report.unprocessed})


class VisitorIdentityView(PageView):
    """Who the visitor is."""

    @_schema(
        operation_id="web_identity",
        summary="Tell who a page's visitor is",
        description="What the visitor did so far becomes that person's. `signature` is the HMAC-SHA256 of the identity "
        "by the signing secret of the credential, in hexadecimal, made by the site's server. 409: the object ID is "
        "somebody else's; draw a new one.",
        request=_body(["identity", "signature"], identity={"type": "string", "maxLength": 1024}, signature=_TEXT),
        responses={200: examples.DONE} | _FAILURES | {409: examples.FAILURE},
    )
    def post(self, request: Request, key: str) -> Response:
        visitor, asked = _asked(request)
        identity, signature = asked.get("identity"), asked.get("signature")
        if not isinstance(identity, str) or (problem := identities.problem(identity)):
            raise Malformed(problem if isinstance(identity, str) else "Say who: the identity is a text.")
        if not isinstance(signature, str) or not sites.signed(key, identity, signature):
            raise PermissionDenied(
                "The signature is not that of the identity: its HMAC-SHA256 by the signing secret, in hexadecimal."
            )
        if not sign_in(visitor, Key("identity", identity), now=timezone.now()):
            raise Conflict("The objectId is somebody else's already: draw a new one for this person.")
        return Response({"status": "success"})


class VisitorPushView(PageView):
    """Whether the visitor's browser may be sent notifications."""

    @_schema(
        operation_id="web_push_key",
        summary="Get the key with which pages subscribe to web push",
        responses={
            200: {"type": "object", "properties": {"status": _TEXT, "key": {**_TEXT, "description": "base64url"}}},
            404: examples.FAILURE,
        }
        | _FAILURES,
    )
    def get(self, request: Request, key: str) -> Response:
        public = web_push_key()
        if public is None:
            raise NotFound("Web push is not set up: it has no provider.")
        return Response({"status": "success", "key": public})

    @_schema(
        operation_id="web_push",
        summary="Subscribe the visitor's browser to web push, or unsubscribe it",
        request=_body(
            ["subscription"],
            subscription={
                "type": "object",
                "description": "PushSubscription.toJSON() of the browser.",
                "required": ["endpoint"],
                "properties": {
                    "endpoint": {"type": "string", "format": "uri"},
                    "keys": {"type": "object", "properties": {"p256dh": _TEXT, "auth": _TEXT}},
                },
            },
            subscribed={"type": "boolean", "default": True},
        ),
        responses={200: examples.DONE} | _FAILURES,
    )
    def post(self, request: Request, key: str) -> Response:
        visitor, asked = _asked(request)
        given = asked.get("subscription")
        subscription = given if isinstance(given, dict) else {}
        endpoint = subscription.get("endpoint")
        if not isinstance(endpoint, str) or (platform := web.platform_of(endpoint)) is None:
            raise Malformed("The subscription's endpoint is none of a browser's push service.")
        if asked.get("subscribed", True) is False:
            person = identities.find([visitor]).get(visitor)
            if person is not None:
                devices.sign_off(profile_id=person, channel=Channel.WEB_PUSH, token=endpoint)
            return Response({"status": "success"})
        token = {"id": endpoint, "type": platform, "keys": subscription.get("keys")}
        record = {"type": "token", "objectId": visitor.value, "tokenData": token}
        _accepted(accept([record], now=timezone.now(), source="device"))
        return Response({"status": "success"})


def _asked(request: Request) -> tuple[Key, dict[str, Any]]:
    """Whom the page acts for, and the body. Raises Malformed."""
    asked = request.data if isinstance(request.data, dict) else {}
    object_id = asked.get("objectId")
    if not isinstance(object_id, str) or not _OBJECT_ID.fullmatch(object_id):
        raise Malformed("The objectId is a random UUID in lower case, as crypto.randomUUID() draws it.")
    return Key("object", object_id), asked


def _accepted(report: Report) -> None:
    """Raises Malformed with what is wrong with the record."""
    for _place, _record, refused in report.refusals:
        raise Malformed(refused.message)
