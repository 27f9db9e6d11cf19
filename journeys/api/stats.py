"""The numbers of a version, for the canvas and the pages of numbers."""

from datetime import date
from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from journeys.api.access import JourneyView, version_of
from journeys.document import parse
from journeys.stats import engagement, journey, nodes, paths
from journeys.stats.period import Period


class Asked(serializers.Serializer[Any]):
    """Days of the account's calendar, both included; left out: without that end."""

    first = serializers.DateField(required=False, default=None)
    last = serializers.DateField(required=False, default=None)
    unit = serializers.ChoiceField(["day", "week", "month"], required=False, default="day")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        first, last = given["first"], given["last"]
        if first and last and first > last:
            raise serializers.ValidationError({"last": f"It is before {first}; choose a later day."})
        return given


def _asked(request: Request) -> tuple[Period, Any]:
    given = Asked(data=request.query_params)
    given.is_valid(raise_exception=True)
    first: date | None = given.validated_data["first"]
    return Period(first, given.validated_data["last"]), given.validated_data["unit"]


class NodeStatsView(JourneyView):
    """What each node did with people."""

    @extend_schema(operation_id="node_stats", summary="Node stats", parameters=[Asked], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, journey_id: int, number: int) -> Response:
        version = version_of(journey_id, number)
        period, _ = _asked(request)
        entry, found = nodes.stats(version.pk, parse(version.document), period)
        shown = {"qualified": entry.qualified, "entered": entry.entered, "held_out": entry.held_out}
        return Response({"entry": shown, "nodes": [node.as_dict() for node in found]})


class PathsView(JourneyView):
    """How many took each path of an IntelliNODE or a conditional split, over time."""

    @extend_schema(
        operation_id="path_stats",
        summary="Paths of a node over time",
        parameters=[Asked],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, journey_id: int, number: int, node: int) -> Response:
        version = version_of(journey_id, number)
        period, unit = _asked(request)
        found = paths.of(parse(version.document), node)
        if found is None:
            raise Http404(f"Node {node} of this version has no paths.")
        return Response(paths.over_time(version.pk, found, unit, period).as_dict())


class JourneyStatsView(JourneyView):
    """Who entered and how they left, over time."""

    @extend_schema(
        operation_id="journey_stats", summary="Journey stats", parameters=[Asked], responses=OpenApiTypes.OBJECT
    )
    def get(self, request: Request, journey_id: int, number: int) -> Response:
        version = version_of(journey_id, number)
        period, unit = _asked(request)
        found = journey.stats(version.pk, parse(version.document), period).as_dict()
        points = journey.trend(version.pk, unit, period)
        return Response(found | {"trend": [point._asdict() for point in points]})


class EngagementStatsView(JourneyView):
    """What became of the messages."""

    @extend_schema(
        operation_id="engagement_stats", summary="Engagement stats", parameters=[Asked], responses=OpenApiTypes.OBJECT
    )
    def get(self, request: Request, journey_id: int, number: int) -> Response:
        version = version_of(journey_id, number)
        period, _ = _asked(request)
        return Response(
            {"rows": [row.as_dict() for row in engagement.rows(version.pk, parse(version.document), period)]}
        )
