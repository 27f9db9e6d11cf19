"""A message as one person would get it, while it is being written."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from channels.models import Channel
from channels.preview import preview
from channels.render import RenderError
from channels.smsparts import parts_of
from journeys.api.access import JourneyView, who
from journeys.errors import JourneyError
from profiles import eventtypes
from profiles.models import Profile
from profiles.selectors import find_profile, get_profile, timeline

LOOKED_AT = 200  # of a person's latest events, for the one that leads here


class GivenMessage(serializers.Serializer[Any]):
    """A message as a node holds it."""

    kind = serializers.ChoiceField(Channel.values)
    content = serializers.JSONField()
    profile = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=200,
        help_text="An identity, e-mail address, phone number or #id.",
    )
    event = serializers.JSONField(required=False, default=dict, help_text="Properties of the event that leads here.")
    event_name = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=200,
        help_text="Instead: the person's latest event of this name.",
    )

    def validate_event(self, given: Any) -> Any:
        if not isinstance(given, dict):
            raise serializers.ValidationError("Give the event's properties as an object.")
        return given


class PreviewView(JourneyView):
    """What would be sent. Nothing is."""

    @extend_schema(
        operation_id="message_preview",
        summary="Render a message for one person",
        description="Answers {“person”, “message”} or {“person”, “error”: a sentence}. Without a profile, for somebody"
        " of whom nothing is known.",
        request=GivenMessage,
        responses=OpenApiTypes.OBJECT,
    )
    def post(self, request: Request) -> Response:
        asked = GivenMessage(data=request.data)
        asked.is_valid(raise_exception=True)
        given, now = asked.validated_data, timezone.now()
        person = _person(request, given["profile"]) if given["profile"] else None
        event = given["event"] or (_latest(person, given["event_name"]) if person and given["event_name"] else {})
        told: dict[str, Any] = {"person": None}
        if person:
            told["person"] = person.name or person.identity or person.email or f"#{person.pk}"
        try:
            content = given["content"]
            told["message"] = preview(channel=given["kind"], content=content, person=person, event=event, now=now)
            if given["kind"] == Channel.SMS:
                told["parts"] = parts_of(told["message"]["text"])._asdict()
        except RenderError as error:
            told["error"] = error.reason
        return Response(told)


def _person(request: Request, value: str) -> Profile:
    """Raises JourneyError."""
    if not who(request).has_perm("profiles.view_profile"):
        raise JourneyError("You may not see people; preview without one.", code="forbidden")
    number = value.removeprefix("#")
    found = find_profile(identity=value)
    if found is None and value.startswith("#") and number.isdecimal() and len(number) < 18:
        found = get_profile(int(number))
    if found is None:
        raise JourneyError(f"There is nobody with the identity “{value}”.", code="not_found")
    return found


def _latest(person: Profile, name: str) -> dict[str, Any]:
    """The properties of somebody's latest event of a name; none without one."""
    key = eventtypes.key(name)
    found = timeline(person.pk, before=timezone.now(), limit=LOOKED_AT)
    return next((it.properties for it in found if eventtypes.key(it.name) == key), {})
