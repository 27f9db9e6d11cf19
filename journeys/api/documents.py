"""Journeys and their documents: make one, read a version, check, save, import, export; and what people do with them."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from journeys import checks, editor, guard, outlook, services, versions
from journeys.api.access import JourneyView, journey_of, version_of, who
from journeys.document import Document, DocumentError, parse
from journeys.engine import account
from journeys.errors import JourneyError
from journeys.graph import ENTRY
from journeys.models import Journey, Status, Version
from journeys.moves import MOVES, previous
from journeys.nodes import KINDS
from journeys.palette import palette
from journeys.selectors import journeys
from journeys.transfer import for_another_project


class GivenDocument(serializers.Serializer[Any]):
    """A journey document as it is: it is read by its own models, which say what is wrong with it."""

    document = serializers.JSONField()
    seen = serializers.CharField(required=False, default="", help_text="The digest of what was read before editing.")
    force = serializers.BooleanField(required=False, default=False, help_text="Save over what somebody else saved.")
    journey = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="In a check: the journey that the document is of."
    )


class PaletteView(JourneyView):
    """The node kinds."""

    @extend_schema(operation_id="journey_palette", summary="The node kinds", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        return Response({"kinds": palette()})


class CheckView(JourneyView):
    """What would keep a document from going live now, and the connectors that its nodes have as they are."""

    @extend_schema(
        operation_id="journey_check",
        summary="Check a document",
        request=GivenDocument,
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        given = _read(request)
        return Response(checked(given["document"], given["journey"]))


class JourneysView(JourneyView):
    """All journeys."""

    @extend_schema(
        operation_id="journey_create",
        summary="Make a journey",
        request=GivenDocument,
        responses={201: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        document = _read(request)["document"]
        version = services.create_journey(document=document, by=who(request), now=timezone.now())
        return Response(_version(version, request), status=201)


class JourneyPage(JourneyView):
    """One journey."""

    @extend_schema(
        operation_id="journey_read",
        summary="A journey, its versions, and what the caller may do",
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, journey_id: int) -> Response:
        journey = journey_of(journey_id)
        return Response(_journey(journey))


class VersionView(JourneyView):
    """One version of a journey."""

    @extend_schema(operation_id="version_read", summary="A version", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, journey_id: int, number: int) -> Response:
        return Response(_version(version_of(journey_id, number), request))

    @extend_schema(
        operation_id="version_save",
        summary="Save a draft, or the What section of a published version",
        description="`seen` is the digest of the document that was edited. If somebody else saved meanwhile, the answer"
        " is 409 with the code `changed`, and nothing is overwritten unless `force` is true.",
        request=GivenDocument,
        responses={200: OpenApiTypes.OBJECT},
    )
    def put(self, request: Request, journey_id: int, number: int) -> Response:
        given = _read(request)
        version = version_of(journey_id, number)
        if given["seen"] != editor.digest(version.document) and not given["force"]:
            message = "Somebody else saved this version while you were editing; nothing was overwritten."
            raise JourneyError(message, code="changed")
        save = versions.edit_document if version.status in versions.PARTIAL_EDIT else services.save_draft
        save(version_id=version.pk, document=given["document"], by=who(request), now=timezone.now())
        return Response(_version(version_of(journey_id, number), request))

    @extend_schema(operation_id="version_delete", summary="Delete a draft", request=None, responses={204: None})
    def delete(self, request: Request, journey_id: int, number: int) -> Response:
        version = version_of(journey_id, number)
        services.delete_draft(version_id=version.pk, by=who(request), now=timezone.now())
        return Response(status=204)


class GivenMove(serializers.Serializer[Any]):
    previous = serializers.ChoiceField(
        ["restrict", "stop"], required=False, help_text="What becomes of the version before, when publishing."
    )


class MoveView(JourneyView):
    """What people do with a version: publish, ask, pause, resume, stop, revise, clone, archive, unarchive."""

    @extend_schema(
        operation_id="version_move",
        summary="Publish, pause, resume, stop, revise, clone, archive or unarchive",
        request=GivenMove,
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request, journey_id: int, number: int, move: str) -> Response:
        if move not in MOVES:
            raise JourneyError(f"Nothing called “{move}” can be done; choose {', '.join(MOVES)}.", code="not_found")
        given = GivenMove(data=request.data)
        given.is_valid(raise_exception=True)
        choices = given.validated_data if move == "publish" else {}
        version = version_of(journey_id, number)
        result = MOVES[move].run(version_id=version.pk, by=who(request), now=timezone.now(), **choices)
        made = result if isinstance(result, Version) else version
        return Response(_version(version_of(made.journey_id, made.number), request))


class OutlookView(JourneyView):
    """What publishing a document would lead to, or what stopping the version would end."""

    @extend_schema(
        operation_id="version_outlook",
        summary="What publishing would lead to, or stopping would end",
        request=GivenDocument,
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request, journey_id: int, number: int) -> Response:
        version = version_of(journey_id, number)
        document = parse(_read(request)["document"])
        found = outlook.lines(version, document, now=timezone.now(), tz=account.current().zone)
        return Response({"lines": [line._asdict() for line in found]})


ANOTHER = "another_project"


class ExportView(JourneyView):
    """A version's document as a file, YAML or JSON."""

    @extend_schema(
        operation_id="version_export",
        summary="The document as a file",
        parameters=[OpenApiParameter("for", enum=[ANOTHER], description="Leaves out what is this project's own.")],
        responses={200: OpenApiTypes.STR},
    )
    def get(self, request: Request, journey_id: int, number: int, form: str) -> HttpResponse:
        document = version_of(journey_id, number).document
        if request.query_params.get("for") == ANOTHER:
            guard.require(who(request), "journeys.add_journey")  # as it needs there too (domain 2.3)
            document = for_another_project(document)
        text = editor.write(document) if form == "yaml" else editor.write_json(document)
        kind = "application/yaml" if form == "yaml" else "application/json"
        name = f"journey-{journey_id}-v{number}.{form}"
        return HttpResponse(text, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


class GivenText(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=editor.LONGEST, trim_whitespace=False)


class ImportView(JourneyView):
    """A document out of a file: read, checked, and given back; saving it is another call."""

    @extend_schema(
        operation_id="journey_import",
        summary="Read a document from YAML or JSON",
        request=GivenText,
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        given = GivenText(data=request.data)
        given.is_valid(raise_exception=True)
        document = editor.read(given.validated_data["text"])
        return Response({"document": document, **checked(document)})


# What is answered ---------------------------------------------------------------------------------------------------


def checked(raw: Any, journey_id: int | None = None) -> dict[str, Any]:
    """{"findings": …, "connectors": {node: […]}, "required": {node: […]}}; a document that cannot be read has only
    findings.
    """
    try:
        document = parse(raw)
    except DocumentError as error:
        return {"findings": [it.as_dict() for it in error.problems], "connectors": {}, "required": {}}
    found = checks.findings(document, now=timezone.now(), tz=account.current().zone, journey_id=journey_id)
    return {
        "findings": [it.as_dict() for it in sorted(found, key=lambda it: it.level != "error")],
        "connectors": {node.id: list(KINDS[node.kind].connectors(node.config)) for node in document.nodes}
        | {ENTRY: _entry_connectors(document)},
        "required": {node.id: list(KINDS[node.kind].required(node.config)) for node in document.nodes},
    }


def _entry_connectors(document: Document) -> list[str]:
    segment = document.entry.segment
    return [via for via in KINDS[segment.kind].vias if via in ("yes", "no")] if segment else []


def _journey(journey: Journey) -> dict[str, Any]:
    return {
        "id": journey.pk,
        "name": journey.name,
        "description": journey.description,
        "labels": journey.labels,
        "flagged": journey.flagged,
        "versions": [
            {"number": it.number, "status": it.status, "published_at": it.published_at, "start_at": it.start_at}
            for it in journey.versions.order_by("-number")
        ],
    }


def _version(version: Version, request: Request) -> dict[str, Any]:
    can = who(request).has_perm
    row = journeys().get(pk=version.journey_id)
    editable = "none"
    if can("journeys.change_journey"):
        if version.status == Status.DRAFT:
            editable = "all"
        elif version.status in versions.PARTIAL_EDIT:
            editable = "what"
    return {
        "journey": _journey(version.journey),
        "number": version.number,
        "status": version.status,
        "document": version.document,
        "digest": editor.digest(version.document),
        "editable": editable,
        "created_by": str(version.created_by or ""),
        "published_by": str(version.published_by or ""),
        "published_at": version.published_at,
        "start_at": version.start_at,
        "end_at": version.end_at,
        "moves": [
            {"name": move.name, "consequence": move.consequence, "grave": move.grave}
            for move in MOVES.values()
            if move.offered(row, version, older=True) and can(move.permission)
        ],
        "previous": [{"value": value, "meaning": meaning} for value, meaning in previous(MOVES["publish"], [row])],
        **checked(version.document, version.journey_id),
    }


def _read(request: Request) -> dict[str, Any]:
    given = GivenDocument(data=request.data)
    given.is_valid(raise_exception=True)
    return given.validated_data
