"""Rehearsals of a draft on stored history: asked for, looked at and left by the one who asked."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from journeys.api.access import JourneyView, who
from journeys.engine import account
from journeys.errors import JourneyError
from journeys.models import Rehearsal
from journeys.rehearsal import background


class GivenRehearsal(serializers.Serializer[Any]):
    """Days of the account's calendar, both included."""

    document = serializers.JSONField()
    first = serializers.DateField()
    last = serializers.DateField()


class RehearsingView(JourneyView):
    """For those who may change journeys: whoever builds one rehearses it."""

    sees = ("journeys.view_journey", "journeys.change_journey")


class RehearsalsView(RehearsingView):
    """Rehearsals."""

    @extend_schema(
        operation_id="rehearsal_begin",
        summary="Rehearse a document on stored history",
        description="Played in the background on a copy; nothing is sent or kept. Many people are sampled.",
        request=GivenRehearsal,
        responses={201: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        given = GivenRehearsal(data=request.data)
        given.is_valid(raise_exception=True)
        zone = account.current().zone
        made = background.ask(**given.validated_data, by=who(request), now=timezone.now(), zone=zone)
        return Response(_told(made, request), status=201)


class RehearsalView(RehearsingView):
    """One rehearsal of one's own."""

    @extend_schema(
        operation_id="rehearsal_read",
        summary="A rehearsal, how far it is, and its result",
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, rehearsal_id: int) -> Response:
        return Response(_told(_mine(request, rehearsal_id), request))

    @extend_schema(operation_id="rehearsal_leave", summary="Stop and forget a rehearsal", responses={204: None})
    def delete(self, request: Request, rehearsal_id: int) -> Response:
        _mine(request, rehearsal_id).delete()
        return Response(status=204)


def _mine(request: Request, rehearsal_id: int) -> Rehearsal:
    """Raises JourneyError; other people's are not there."""
    found = Rehearsal.objects.filter(pk=rehearsal_id, by=who(request)).first()
    if found is None:
        raise JourneyError(f"There is no rehearsal {rehearsal_id} of yours.", code="not_found")
    return found


def _told(rehearsal: Rehearsal, request: Request) -> dict[str, Any]:
    result = rehearsal.result
    if result and not who(request).has_perm("profiles.view_profile"):
        paths = [path | {"name": f"Person {at}", "profile": None} for at, path in enumerate(result["paths"], 1)]
        result = result | {"paths": paths}
    return {
        "id": rehearsal.pk,
        "first": rehearsal.first,
        "last": rehearsal.last,
        "state": rehearsal.state,
        "progress": rehearsal.progress,
        "error": rehearsal.error,
        "result": result,
    }
