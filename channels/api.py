"""What apps ask for and tell: the messages that wait for a person, and what became of them (domain 11.1).

Apps ask through the partner's own server, which knows who is signed in: whoever may ask for one person's messages may
ask for anybody's. Pages of sites ask by themselves: visitors.py. What a device tells is about messages that it was
given, by keys that nobody can make up.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from channels import ondevice, tracking
from channels.reach import ON_DEVICE
from channels.receipts import Receipt, record_receipt
from profiles import examples
from profiles.api import Malformed, PartnerView, RawJSON
from profiles.codes import Code
from profiles.models import Credential, Profile
from profiles.selectors import find_profile

MOST_ACKS = 100  # a call
LONGEST_URL = 2000  # characters

_TEXT: dict[str, Any] = {"type": "string"}
_ASKED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "identity": _TEXT,
        "objectId": _TEXT,
        "channels": {"type": "array", "items": {"type": "string", "enum": sorted(ON_DEVICE)}},
    },
}
GIVEN: dict[str, Any] = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": ["success"]},
        "messages": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "message": {"type": "string", "description": "The key by which acks name it."},
                    "channel": _TEXT,
                    "priority": {"type": "integer"},
                    "since": {"type": "string", "format": "date-time"},
                    "expires": {"type": "string", "format": "date-time", "nullable": True},
                    "viewed": {"type": "boolean", "description": "App inbox only: others are gone once seen."},
                    "content": {"type": "object"},
                },
            },
        },
    },
}
ACKS: dict[str, Any] = {
    "type": "object",
    "required": ["acks"],
    "properties": {
        "acks": {
            "type": "array",
            "maxItems": MOST_ACKS,
            "items": {
                "type": "object",
                "required": ["message", "outcome"],
                "properties": {
                    "message": _TEXT,
                    "outcome": {"type": "string", "enum": ["viewed", "clicked"]},
                    "url": {"type": "string", "maxLength": LONGEST_URL, "description": "Where a click led."},
                },
            },
        }
    },
}
_FAILURES = dict.fromkeys((400, 401, 403), examples.FAILURE)


class MessagesView(PartnerView):
    """What a person's app or page should show now."""

    scope = Credential.Scope.DEVICE
    parser_classes = [RawJSON]

    @extend_schema(
        operation_id="messages",
        summary="Get the messages that wait on a person's devices",
        description="Ask at each launch and page. In the order in which they are to be shown. A message is given again "
        "until it is acked as viewed or clicked; one that may not show at this hour is discarded. A person who is not "
        "known has none.",
        request={"application/json": _ASKED},
        responses={200: GIVEN} | _FAILURES,
        examples=[OpenApiExample("A page", value={"identity": "ann", "channels": ["web_popup"]}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        asked = request.data if isinstance(request.data, dict) else {}
        identity, object_id = asked.get("identity"), asked.get("objectId")
        if not any(isinstance(value, str) and value for value in (identity, object_id)):
            raise Malformed("Say who: identity or objectId.")
        channels = channels_of(asked, ON_DEVICE)
        person = find_profile(
            identity=identity if isinstance(identity, str) else None,
            object_id=object_id if isinstance(object_id, str) else None,
        )
        return Response(waiting_for(person, channels))


class AcksView(PartnerView):
    """What became of messages on devices."""

    scope = Credential.Scope.DEVICE
    parser_classes = [RawJSON]

    @extend_schema(
        operation_id="acks",
        summary="Tell that messages were viewed or clicked",
        description=f"Up to {MOST_ACKS} a call; sending one again is harmless.",
        request={"application/json": ACKS},
        responses={200: examples.REPLY} | _FAILURES,
        examples=[
            OpenApiExample("Viewed", value={"acks": [{"message": "AAAA…", "outcome": "viewed"}]}, request_only=True)
        ],
    )
    def post(self, request: Request) -> Response:
        return Response(acknowledge(request.data))


def channels_of(asked: dict[str, Any], possible: Collection[str]) -> list[str]:
    """The channels that a body asks for, all that are possible if it names none. Raises Malformed."""
    channels = asked.get("channels", sorted(possible))
    if not isinstance(channels, list) or not all(isinstance(it, str) and it in possible for it in channels):
        raise Malformed(f"The channels are a list of {', '.join(sorted(possible))}.")
    return channels


def acknowledge(asked: Any) -> dict[str, Any]:
    """Record what a body tells of messages; the answer. Raises Malformed."""
    acks = asked.get("acks") if isinstance(asked, dict) else None
    if not isinstance(acks, list) or not acks:
        raise Malformed("The body is an object whose “acks” is a list of what became of messages.")
    if len(acks) > MOST_ACKS:
        raise Malformed(f"The call has {len(acks)} acks; at most {MOST_ACKS} are possible.")
    told: dict[tuple[Receipt, str | None], dict[tracking.Ref, None]] = defaultdict(dict)
    unprocessed = []
    for ack in acks:
        read = _read(ack)
        if isinstance(read, str):
            unprocessed.append({"status": "fail", "code": int(Code.OTHER), "error": read, "record": ack})
        else:
            ref, outcome, url = read
            told[outcome, url][ref] = None
    now = timezone.now()
    with transaction.atomic():
        for (outcome, url), refs in told.items():
            record_receipt(refs, outcome, at=now, url=url)
    processed = len(acks) - len(unprocessed)
    status = "success" if not unprocessed else "partial" if processed else "fail"
    return {"status": status, "processed": processed, "unprocessed": unprocessed}


def waiting_for(person: Profile | None, channels: Iterable[str]) -> dict[str, Any]:
    """The answer to who asks what a person's device or page should show now; nothing for nobody."""
    waiting = (
        ondevice.fetch(profile_id=person.pk, timezone=person.timezone, now=timezone.now(), channels=channels)
        if person
        else []
    )
    return {"status": "success", "messages": [_as_given(message) for message in waiting]}


def _as_given(message: ondevice.Waiting) -> dict[str, Any]:
    return {
        "message": message.key,
        "channel": message.channel,
        "priority": message.priority,
        "since": message.since.isoformat(),
        "expires": message.expires_at and message.expires_at.isoformat(),
        "viewed": message.viewed,
        "content": {name: value for name, value in message.content.items() if name not in ("priority", "ttl")},
    }


def _read(ack: Any) -> tuple[tracking.Ref, Receipt, str | None] | str:
    """An ack, or what is wrong with it."""
    if not isinstance(ack, dict):
        return "An ack is an object with message and outcome."
    key, outcome, url = ack.get("message"), ack.get("outcome"), ack.get("url")
    ref = tracking.read(key, tracking.DEVICE) if isinstance(key, str) else None
    if ref is None:
        return "The message is none that was given out; send the key as it came."
    if outcome not in ("viewed", "clicked"):
        return "The outcome is viewed or clicked."
    if url is not None and (not isinstance(url, str) or not 0 < len(url) <= LONGEST_URL or "\x00" in url):
        return f"The url is a text of 1 to {LONGEST_URL} characters."
    return ref, outcome, url
