"""HTTP views of journeys. Thin: they call services and selectors."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from journeys import document


class SchemaView(APIView):
    """The shape of a journey document, for editors and validators; no secret, so open to all."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="journey_schema",
        summary="JSON Schema of the journey document",
        description="Describes what can be read. What keeps a journey from going live is said by the publish checks.",
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        """The JSON Schema."""
        return Response(document.schema())
