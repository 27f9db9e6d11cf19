"""What the API of segments takes and gives, for reading requests and for its description."""

from typing import Any, get_args

from django.urls import NoReverseMatch, reverse
from rest_framework import serializers

from segments.models import Segment, SegmentCount
from segments.names import Kind
from segments.rules import parse
from segments.usage import Use
from segments.words import sentence


class RuleField(serializers.JSONField):
    """A rule, as GET schema/ describes it. What is wrong with it is said by `segments.rules`, with places."""


class NamesAsked(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=get_args(Kind))
    event = serializers.CharField(required=False, allow_blank=True, max_length=120, help_text="Whose properties.")
    q = serializers.CharField(required=False, allow_blank=True, max_length=120, help_text="What names contain.")


class Name(serializers.Serializer[Any]):
    name = serializers.CharField()
    type = serializers.CharField(help_text="string, number, boolean, date, list, or empty where there are no values.")
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # a field may be called so
    seen = serializers.IntegerField(allow_null=True, help_text="In how many rows of the sample; people on a list.")
    values = serializers.ListField(help_text="Common ones, the most common first.")


class Names(serializers.Serializer[Any]):
    names = Name(many=True)


class RuleAsked(serializers.Serializer[Any]):
    rule = RuleField()


class CountAsked(RuleAsked):
    token = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="A new count cancels the one with the same token."
    )


class CheckAsked(RuleAsked):
    name = serializers.CharField(required=False, allow_blank=True, max_length=200)
    kind = serializers.CharField(required=False, default=Segment.Kind.PAST, max_length=20)
    id = serializers.IntegerField(required=False, allow_null=True, help_text="Of the segment that is being changed.")


class CancelAsked(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=200)


class Counted(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    reachable = serializers.DictField(child=serializers.IntegerField(), help_text="People by channel.")
    ms = serializers.IntegerField()
    estimate = serializers.BooleanField(help_text="Whether the numbers are estimates; they are exact so far.")


class Problem(serializers.Serializer[Any]):
    code = serializers.CharField()
    level = serializers.ChoiceField(choices=["error", "warning"])
    field = serializers.CharField(help_text="Dotted path in what was sent, for example rule.all.0; or name, kind.")
    message = serializers.CharField()


class Checked(serializers.Serializer[Any]):
    sentence = serializers.CharField(help_text="The rule in English; empty if it cannot be read.")
    problems = Problem(many=True)


class Sample(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    identity = serializers.CharField(allow_null=True)
    name = serializers.CharField(allow_null=True)
    email = serializers.CharField(allow_null=True)
    url = serializers.CharField(help_text="The person's page.")


class Samples(serializers.Serializer[Any]):
    people = Sample(many=True)


class UseShown(serializers.Serializer[Use]):
    kind = serializers.CharField()
    name = serializers.CharField()
    state = serializers.CharField(help_text="Of a journey.")
    holds = serializers.BooleanField(help_text="Whether the segment can neither be deleted nor renamed because of it.")
    url = serializers.SerializerMethodField()

    def get_url(self, use: Use) -> str:
        """The page in the back office; empty if there is none."""
        try:
            return reverse(use.page, args=[use.id])
        except NoReverseMatch:
            return ""


class SegmentSaved(serializers.Serializer[Any]):
    """What is sent to save a segment."""

    name = serializers.CharField(max_length=200)
    description = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    kind = serializers.CharField(required=False, max_length=20, help_text="past or live; past unless said.")
    rule = RuleField()


class SegmentChanged(SegmentSaved):
    version = serializers.IntegerField(help_text="Of the segment when it was loaded: a later change is not undone.")


class SegmentShown(serializers.ModelSerializer[Segment]):
    """A segment. count, counted_at: of the last count; null before the first."""

    sentence = serializers.SerializerMethodField()
    created_by = serializers.CharField(source="created_by.get_username", default=None, allow_null=True, read_only=True)
    count = serializers.IntegerField(allow_null=True, read_only=True)
    counted_at = serializers.DateTimeField(allow_null=True, read_only=True)
    used_by = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    class Meta:
        model = Segment
        fields = (
            "id", "name", "description", "kind", "rule", "sentence", "version", "count", "counted_at", "used_by",
            "created_by", "created_at", "updated_at", "url",
        )  # fmt: skip

    def get_sentence(self, segment: Segment) -> str:
        """The rule in English."""
        return sentence(parse(segment.rule))

    def get_used_by(self, segment: Segment) -> list[dict[str, Any]]:
        """Segments and journeys that ask for it."""
        uses: list[Use] = self.context["users"].get(segment.name, [])
        return [dict(UseShown(use).data) for use in uses]

    def get_url(self, segment: Segment) -> str:
        """Its page in the back office."""
        return reverse("admin:segments_segment_change", args=[segment.pk])


class Segments(serializers.Serializer[Any]):
    segments = SegmentShown(many=True)


class Point(serializers.ModelSerializer[SegmentCount]):
    class Meta:
        model = SegmentCount
        fields = ("at", "count", "reachable", "problem")


class History(serializers.Serializer[Any]):
    points = Point(many=True)


class Clause(serializers.Serializer[Any]):
    place = serializers.CharField(help_text="Dotted path in the rule.")
    depth = serializers.IntegerField()
    text = serializers.CharField()
    holds = serializers.BooleanField()
    seen = serializers.CharField()


class Explained(serializers.Serializer[Any]):
    holds = serializers.BooleanField()
    clauses = Clause(many=True)
