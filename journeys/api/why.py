"""Why somebody is where they are in a journey, or is not in it."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from journeys.api.access import JourneyView, journey_of
from journeys.errors import JourneyError
from journeys.why import why
from profiles import selectors as profiles


class AskedFor(serializers.Serializer[Any]):
    """Who is meant: one of the two."""

    profile = serializers.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, help_text="A profile's number."
    )
    identity = serializers.CharField(
        required=False, max_length=512, help_text="An identity, e-mail address or phone number."
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if len(given) != 1:
            raise serializers.ValidationError("Say whom you mean: by profile or by identity, and not by both.")
        return given


class BecauseShown(serializers.Serializer[Any]):
    text = serializers.CharField(help_text="What was asked.")
    ok = serializers.BooleanField(allow_null=True, help_text="Whether it holds; null for a note.")
    seen = serializers.CharField(help_text="What was seen; may be empty.")
    depth = serializers.IntegerField(help_text="0 at the top; the parts of a condition follow it, one deeper.")


class LineShown(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(["state", "entered", "refused", "held_out", "arrived", "left", "message", "exited"])
    text = serializers.CharField()
    because = BecauseShown(many=True, help_text="The rules that decided, clause by clause; empty where none did.")


class AccountShown(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    status = serializers.CharField()
    place = serializers.CharField(help_text="Where the person is in it; empty if not inside.")
    waits = serializers.ListField(child=serializers.CharField(), help_text="Everything that they wait for there.")
    lines = LineShown(many=True)


class JourneyNamed(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class WhyShown(serializers.Serializer[Any]):
    profile = serializers.IntegerField()
    journey = JourneyNamed()
    inside = serializers.BooleanField()
    summary = serializers.CharField()
    because = BecauseShown(many=True, help_text="Every condition of entry, if the person is not inside.")
    versions = AccountShown(many=True, help_text="Those that concern the person, and the newest published one.")


class WhyView(JourneyView):
    """Why somebody is where they are in a journey, or is not in it."""

    sees = ("journeys.view_journey", "profiles.view_profile")

    @extend_schema(
        operation_id="journey_why",
        summary="Why a person is where they are in a journey, or is not in it",
        description="Every decision about one person with its reason and the values seen, from the ledger and the"
        " history. Properties of the profile are as they are now.",
        parameters=[AskedFor],
        responses={200: WhyShown},
    )
    def get(self, request: Request, journey_id: int) -> Response:
        asked = AskedFor(data=request.query_params)
        asked.is_valid(raise_exception=True)
        journey = journey_of(journey_id)
        answer = why(_whom(asked.validated_data), journey.pk, now=timezone.now())
        return Response(answer.as_dict())


def _whom(asked: dict[str, Any]) -> int:
    """The number of the profile. Raises JourneyError for an identity that nobody has."""
    if "profile" in asked:
        return int(asked["profile"])
    profile = profiles.find_profile(identity=asked["identity"])
    if profile is None:
        raise JourneyError("Nobody has this identity, e-mail address or phone number.", code="not_found")
    return profile.pk
