"""Test sends from the canvas: whom they may go to, and sending one."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from channels import testsend
from channels.models import Channel
from channels.testsend import Draft
from journeys import testsends
from journeys.api.access import JourneyView, version_of, who
from profiles import selectors as profiles
from profiles import testers


class GivenTest(serializers.Serializer[Any]):
    """A message as a node holds it, saved or not, and who is to get it."""

    node = serializers.IntegerField(min_value=1, max_value=32767)
    kind = serializers.ChoiceField(Channel.values)
    content = serializers.JSONField()
    variant = serializers.CharField(required=False, default="", allow_blank=True, max_length=100)
    provider = serializers.CharField(required=False, default=None, allow_null=True, max_length=100)
    groups = serializers.ListField(
        child=serializers.CharField(allow_blank=True, max_length=200),
        required=False,
        default=list,
        max_length=50,
        help_text="Subscription groups that a person must be in.",
    )
    critical = serializers.BooleanField(
        required=False, default=False, help_text="Goes to those too who opted out of e-mail."
    )
    event_name = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=200,
        help_text="Templates see each person's latest event of this name; empty: none.",
    )
    people = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        min_length=1,
        max_length=testers.MOST,
        help_text="Numbers of profiles that are marked as test.",
    )


class TestSendsView(JourneyView):
    """Tests of what the nodes of a version send."""

    sees = ("journeys.view_journey", "profiles.view_profile")

    @extend_schema(
        operation_id="test_people",
        summary="Whom tests may go to",
        description="{“people”: [{“id”, “name”, “email”, “phone”}], “most”: of one test}",
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, journey_id: int, number: int) -> Response:
        version_of(journey_id, number)
        people = [{"id": it.pk, "name": str(it), "email": it.email, "phone": it.phone} for it in testers.everyone()]
        return Response({"people": people, "most": testsend.MOST})

    @extend_schema(
        operation_id="test_send",
        summary="Send a message as a test",
        description="At once, through the node's provider; it counts nowhere. Answers {“results”: [{“id”, “name”,"
        " “outcome”: sent, recorded (by the sandbox), failed or unreachable, “reason”: a sentence}]}.",
        request=GivenTest,
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request, journey_id: int, number: int) -> Response:
        asked = GivenTest(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        version = version_of(journey_id, number)
        draft = Draft(
            channel=given["kind"],
            content=given["content"],
            context={
                "Journey": {"id": journey_id, "name": version.journey.name, "version": number},
                "Node": {"id": given["node"]},
            },
            provider=given["provider"] or None,
            event=given["event_name"],
            groups=given["groups"],
            critical=given["critical"],
        )
        told = testsends.send(
            version=version,
            node=given["node"],
            draft=draft,
            variant=given["variant"],
            people=given["people"],
            by=who(request),
            now=timezone.now(),
        )
        names = profiles.names([it.profile_id for it in told])
        results = [
            {"id": it.profile_id, "name": names.get(it.profile_id, ""), "outcome": it.outcome, "reason": it.reason}
            for it in told
        ]
        return Response({"results": results})
