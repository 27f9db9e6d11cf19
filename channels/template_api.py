"""The API behind the pages of saved templates, and the canvas's choice of one.

Signed-in people of the back office only, by session and CSRF token. Who may see templates is said by `sees`; what
changes one asks for more in channels.saved, which knows the channel.
"""

from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from channels import saved
from channels.models import Channel, Template
from channels.saved import TemplateError
from config.lib.office import OfficeView

MOST = 500  # templates in an answer


class Asked(serializers.Serializer[Any]):
    channel = serializers.ChoiceField(Channel.values, required=False, help_text="None: of all channels.")


class Given(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=1000, help_text="Up to 100 characters; one of its kind on the channel.")
    content = serializers.DictField(help_text="As in the journey document, by channel.")


class GivenNew(Given):
    channel = serializers.ChoiceField(Channel.values)


class GivenChange(Given):
    revision = serializers.IntegerField(help_text="The one that was changed; 409 “changed” if it is another by now.")


class Shown(serializers.Serializer[Any]):
    """A template as it is answered."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    channel = serializers.CharField()
    content = serializers.DictField()
    approval = serializers.CharField(allow_blank=True, help_text="pending, approved or rejected, of WhatsApp's.")
    revision = serializers.IntegerField()
    archived = serializers.BooleanField()
    url = serializers.CharField(help_text="Its page.")


class Several(serializers.Serializer[Any]):
    templates = Shown(many=True)


class TemplatesView(OfficeView):
    """All templates."""

    sees = ("channels.view_template",)

    @extend_schema(
        tags=["templates"],
        operation_id="templates_list",
        summary="Templates that can be chosen, by name",
        parameters=[Asked],
        responses=Several,
    )
    def get(self, request: Request) -> Response:
        asked = Asked(data=request.query_params)
        asked.is_valid(raise_exception=True)
        found = Template.objects.filter(archived_at=None, **asked.validated_data).order_by("name", "channel")
        return Response({"templates": [shown(it) for it in found[:MOST]]})

    @extend_schema(
        tags=["templates"],
        operation_id="template_create",
        summary="Save a template",
        request=GivenNew,
        responses={201: Shown},
    )
    def post(self, request: Request) -> Response:
        asked = GivenNew(data=request.data)
        asked.is_valid(raise_exception=True)
        it = asked.validated_data
        template = saved.create_template(
            name=it["name"], channel=it["channel"], given=it["content"], by=_who(request), now=timezone.now()
        )
        _log(request, template, ADDITION, "Saved.")
        return Response(shown(template), status=201)


class TemplateView(OfficeView):
    """One template."""

    sees = ("channels.view_template",)

    @extend_schema(tags=["templates"], operation_id="template_read", summary="A template", responses=Shown)
    def get(self, request: Request, template_id: int) -> Response:
        template = Template.objects.filter(pk=template_id).first()
        if template is None:
            raise TemplateError(f"There is no template {template_id}.", code="not_found")
        return Response(shown(template))

    @extend_schema(
        tags=["templates"],
        operation_id="template_change",
        summary="Change a template",
        description="What is under way goes on with what it took; see the template's page.",
        request=GivenChange,
        responses=Shown,
    )
    def put(self, request: Request, template_id: int) -> Response:
        asked = GivenChange(data=request.data)
        asked.is_valid(raise_exception=True)
        it = asked.validated_data
        template = saved.change_template(
            template_id=template_id,
            name=it["name"],
            given=it["content"],
            seen=it["revision"],
            by=_who(request),
            now=timezone.now(),
        )
        if template.revision != it["revision"]:
            _log(request, template, CHANGE, "Changed.")
        return Response(shown(template))


def shown(template: Template) -> dict[str, Any]:
    """A template as JSON, for answers and pages."""
    return {
        "id": template.pk,
        "name": template.name,
        "channel": template.channel,
        "content": template.content,
        "approval": template.approval,
        "revision": template.revision,
        "archived": template.archived_at is not None,
        "url": reverse("admin:channels_template_change", args=[template.pk]),
    }


def _who(request: Request) -> User:
    """The person who asks; `Needs` lets in nobody else."""
    assert isinstance(request.user, User)
    return request.user


def _log(request: Request, template: Template, flag: int, said: str) -> None:
    """For the template's history, as the pages of the back office do."""
    LogEntry.objects.log_actions(_who(request).pk, [template], flag, said, single_object=True)
