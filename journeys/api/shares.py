"""The shares of an IntelliNODE: how its paths do, what changed, and the winner that somebody declares (domain 6)."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from journeys import shares
from journeys.api.access import JourneyView, version_of, who


class GivenWinner(serializers.Serializer[Any]):
    """The path, counted from 1, that all later arrivals are to take."""

    path = serializers.IntegerField(min_value=1)


class SharesView(JourneyView):
    """How an IntelliNODE shares people out, and a winner for it."""

    @extend_schema(operation_id="node_shares", summary="The shares of an IntelliNODE", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, journey_id: int, number: int, node: int) -> Response:
        return Response(shares.about(version_of(journey_id, number), node))

    @extend_schema(
        operation_id="node_winner",
        summary="Declare a path the winner",
        request=GivenWinner,
        responses=OpenApiTypes.OBJECT,
    )
    def post(self, request: Request, journey_id: int, number: int, node: int) -> Response:
        given = GivenWinner(data=request.data)
        given.is_valid(raise_exception=True)
        version = version_of(journey_id, number)
        path = given.validated_data["path"]
        shares.declare_winner(version_id=version.pk, node=node, path=path, by=who(request), now=timezone.now())
        return Response(shares.about(version, node))
