"""The API behind the pages of saved segments: names, counts, checks, samples; the segments themselves.

Signed-in people of the back office only, by session and CSRF token; what each may do is said by `needs`. Errors are
answered by `config.api`: {"code", "message", "problems"}; places of a rule's problems begin with “rule”.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.lib.errors import Problem
from config.lib.office import OfficeView
from profiles.selectors import find_profile, get_profile
from segments import counting, counts, explain, names, saved, selectors, serializers, usage
from segments.errors import Finding, RuleError, SegmentError, in_rule
from segments.models import Segment
from segments.rules import Rule, parse
from segments.words import sentence

VIEW = "segments.view_segment"
MOST = 500  # segments in an answer


class View(OfficeView):
    """A view for those who may see segments."""

    sees = (VIEW,)

    def asked(self, kind: type[Any], source: Any) -> dict[str, Any]:
        """What was sent, as a serializer reads it. Raises ValidationError."""
        serializer = kind(data=source)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


def clock() -> dict[str, Any]:
    """When and where a rule is asked."""
    return {"now": timezone.now(), "tz": ZoneInfo(settings.ACCOUNT_TIMEZONE)}


@contextmanager
def placed() -> Iterator[None]:
    """Say of places in a rule that they are in the rule that was sent."""
    try:
        yield
    except RuleError as error:
        findings = [Finding(in_rule(place), message) for place, message in error.findings]
        raise RuleError(findings, code=error.code) from error


class NamesView(View):
    """What a rule may name."""

    @extend_schema(
        tags=["segments"],
        summary="Names for type-ahead",
        description="Events, segments and lists that exist; properties that the newest rows hold. At most 50.",
        parameters=[serializers.NamesAsked],
        responses=serializers.Names,
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(serializers.NamesAsked, request.query_params)
        found = names.find(asked["kind"], text=asked.get("q", ""), event=asked.get("event", ""))
        return Response({"names": [asdict(known) for known in found]})


class CountView(View):
    """How many people match a rule."""

    @extend_schema(
        tags=["segments"],
        summary="Count people",
        description="Exact, in one pass. 409 “cancelled” if a count with the same token took its place, 503 “too_slow”"
        " after 30 seconds.",
        request=serializers.CountAsked,
        responses=serializers.Counted,
    )
    def post(self, request: Request) -> Response:
        asked = self.asked(serializers.CountAsked, request.data)
        token = asked.get("token", "")
        name = counting.name_of(_user_id(request), token) if token else ""
        with placed():
            counted = counting.count(parse(asked["rule"]), name=name, **clock())
        return Response({**asdict(counted), "estimate": False})


class CancelView(View):
    """Stop a count that nobody waits for any more."""

    @extend_schema(tags=["segments"], summary="Cancel a count", request=serializers.CancelAsked, responses={204: None})
    def post(self, request: Request) -> Response:
        asked = self.asked(serializers.CancelAsked, request.data)
        counting.cancel(counting.name_of(_user_id(request), asked["token"]))
        return Response(status=204)


class CheckView(View):
    """A rule in English, and what is wrong with it."""

    @extend_schema(
        tags=["segments"],
        summary="Check a rule",
        description="Never refuses a rule: what is wrong with it is in `problems`.",
        request=serializers.CheckAsked,
        responses=serializers.Checked,
    )
    def post(self, request: Request) -> Response:
        asked = self.asked(serializers.CheckAsked, request.data)
        try:
            rule = parse(asked["rule"])
        except RuleError as error:
            found = [Problem(error.code, "error", None, in_rule(place), message) for place, message in error.findings]
            return Response({"sentence": "", "problems": [_problem(it) for it in found]})
        found = saved.problems(rule=rule, name=asked.get("name", ""), kind=asked["kind"], segment_id=asked.get("id"))
        return Response({"sentence": sentence(rule), "problems": [_problem(it) for it in found]})


def _problem(problem: Problem) -> dict[str, Any]:
    return {"code": problem.code, "level": problem.level, "field": problem.field, "message": problem.message}


class SamplesView(View):
    """Some of the people who match a rule."""

    needs = {"POST": (VIEW, "profiles.view_profile")}

    @extend_schema(
        tags=["segments"],
        summary="Twenty people who match",
        description="The newest profiles first.",
        request=serializers.RuleAsked,
        responses=serializers.Samples,
    )
    def post(self, request: Request) -> Response:
        asked = self.asked(serializers.RuleAsked, request.data)
        with placed():
            people = counting.sample(parse(asked["rule"]), **clock())
        return Response(
            {
                "people": [
                    {**person._asdict(), "url": reverse("admin:profiles_profile_change", args=[person.id])}
                    for person in people
                ]
            }
        )


class SegmentsView(View):
    """All saved segments."""

    needs = {"POST": ("segments.add_segment",)}

    @extend_schema(
        tags=["segments"],
        operation_id="segments_list",
        summary="Saved segments",
        description=f"By name, at most {MOST}.",
        parameters=[OpenApiParameter("q", str, description="What names contain.")],
        responses=serializers.Segments,
    )
    def get(self, request: Request) -> Response:
        found = [
            *selectors.segments().filter(name__icontains=request.query_params.get("q", "")).order_by("name")[:MOST]
        ]
        return Response({"segments": _shown(found)})

    @extend_schema(
        tags=["segments"],
        summary="Save a new segment",
        request=serializers.SegmentSaved,
        responses={201: serializers.SegmentShown},
    )
    def post(self, request: Request) -> Response:
        asked = self.asked(serializers.SegmentSaved, request.data)
        with placed():
            made = saved.create_segment(
                name=asked["name"],
                description=asked.get("description", ""),
                kind=asked.get("kind", Segment.Kind.PAST),
                rule=parse(asked["rule"]),
                by=request.user,
                now=timezone.now(),
            )
        return Response(_one(made.pk), status=201)


class SegmentView(View):
    """One saved segment."""

    needs = {"PUT": ("segments.change_segment",), "DELETE": ("segments.delete_segment",)}

    @extend_schema(tags=["segments"], summary="A saved segment and who uses it", responses=serializers.SegmentShown)
    def get(self, request: Request, segment_id: int) -> Response:
        return Response(_one(segment_id))

    @extend_schema(
        tags=["segments"],
        summary="Change a segment",
        description="All that use it follow at once. 409 “segment_changed” if somebody else changed it meanwhile, 409"
        " “segment_used” if it is to be renamed and a journey under way uses it.",
        request=serializers.SegmentChanged,
        responses=serializers.SegmentShown,
    )
    def put(self, request: Request, segment_id: int) -> Response:
        asked = self.asked(serializers.SegmentChanged, request.data)
        with placed():
            saved.change_segment(
                segment_id=segment_id,
                name=asked["name"],
                description=asked.get("description"),
                kind=asked.get("kind"),
                rule=parse(asked["rule"]),
                version=asked["version"],
                now=timezone.now(),
            )
        return Response(_one(segment_id))

    @extend_schema(
        tags=["segments"],
        summary="Delete a segment",
        description="409 “segment_used”, with the users, while another segment or a journey under way uses it.",
        responses={204: None},
    )
    def delete(self, request: Request, segment_id: int) -> Response:
        saved.delete_segment(segment_id=segment_id)
        return Response(status=204)


class HistoryView(View):
    """How many people a segment had."""

    needs = {"POST": ("segments.change_segment",)}

    @extend_schema(
        tags=["segments"],
        summary="The counts of a segment in order of time",
        description="One a night, as of the account's midnight, and one after each change.",
        responses=serializers.History,
    )
    def get(self, request: Request, segment_id: int) -> Response:
        selectors.segment(segment_id)
        return Response({"points": serializers.Point(selectors.history(segment_id), many=True).data})

    @extend_schema(
        tags=["segments"], summary="Count a segment now, and keep it", request=None, responses=serializers.History
    )
    def post(self, request: Request, segment_id: int) -> Response:
        when = clock()
        counts.record(selectors.segment(segment_id), at=when["now"], tz=when["tz"])
        return self.get(request, segment_id)


class ExplainView(View):
    """Why somebody is in a segment or not."""

    needs = {"GET": (VIEW, "profiles.view_profile")}

    @extend_schema(
        tags=["segments"],
        summary="Every clause for one person, with what was seen",
        parameters=[
            OpenApiParameter("profile", int, description="The id of a profile."),
            OpenApiParameter("identity", str, description="Or an identity, e-mail address or phone number."),
        ],
        responses=serializers.Explained,
    )
    def get(self, request: Request, segment_id: int) -> Response:
        segment = selectors.segment(segment_id)
        number, identity = (request.query_params.get(key, "") for key in ("profile", "identity"))
        found = get_profile(int(number)) if number.isdecimal() and len(number) < 19 else find_profile(identity=identity)
        if found is None:
            raise SegmentError("There is no such person.", code="not_found")
        clauses = explain.clauses(parse(segment.rule), found.pk, **clock())
        return Response({"holds": clauses[0].holds, "clauses": [clause._asdict() for clause in clauses]})


class SchemaView(View):
    """The shape of a rule."""

    @extend_schema(tags=["segments"], summary="JSON Schema of a rule", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        return Response(Rule.model_json_schema())


def _one(segment_id: int) -> Any:
    (shown,) = _shown([selectors.segment(segment_id)])
    return shown


def _shown(found: list[Segment]) -> list[Any]:
    users = usage.users("segment", [segment.name for segment in found])
    return [*serializers.SegmentShown(found, many=True, context={"users": users}).data]


def _user_id(request: Request) -> int:
    assert request.user.pk is not None  # Needs lets nobody else in
    return request.user.pk
