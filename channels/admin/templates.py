"""Saved templates in the back office: the list, the editor, who uses one, approval, copies, the archive.

The editor is an island that talks to `channels.template_api`. What else is done to a template is a POST from its page.
"""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from pydantic import create_model
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.views import ChangeList

from channels import content, saved, template_uses
from channels.models import Channel, Template
from channels.template_api import shown
from channels.template_uses import Use
from config.lib.errors import SojournError

LABELS = {
    "approved": "success",
    "waiting for approval": "warning",
    "rejected": "danger",
    "archived": "default",
    "in use": "success",
    "not used": "info",
}


class UsedList(ChangeList):
    """A page of templates with who uses them, which is asked once for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: list[Any] = list(self.result_list)
        users = template_uses.users(self.result_list)
        for template in self.result_list:
            template.users = users.get(template.pk, [])


@admin.register(Template)
class TemplateAdmin(ModelAdmin):
    """Saved templates (domain 5.3). Archived rather than deleted: journeys refer to them by their names."""

    list_display = ("name", "channel", "state", "used_by", "updated_by", "updated_at")
    list_select_related = ("updated_by",)
    list_filter = ("channel", "approval", ("archived_at", admin.EmptyFieldListFilter))
    list_per_page = 20
    search_fields = ("name",)
    ordering = ("archived_at", "name", "channel")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return UsedList

    @display(description="state", label=LABELS)
    def state(self, template: Any) -> str:
        if template.archived_at is not None:
            return "archived"
        if template.approval:
            return template.get_approval_display().lower()
        return "in use" if template.users else "not used"

    @display(description="used by")
    def used_by(self, template: Any) -> str:
        named = ", ".join(dict.fromkeys(use.name for use in template.users[:3]))
        more = len(template.users) - 3
        return (f"{named} and {more} more" if more > 0 else named) or "–"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """One by one, where it is said what uses them."""
        return {}

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        acts: dict[str, Callable[..., HttpResponseBase]] = {
            "archive": self.archive_view,
            "duplicate": self.duplicate_view,
            "approval": self.approval_view,
            "apply": self.apply_view,
        }
        return [
            *(
                path(f"<int:template_id>/{name}/", view(act), name=f"channels_template_{name}")
                for name, act in acts.items()
            ),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponseBase:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._page(request, None)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._page(request, self._template(object_id))

    # ---- what is posted

    def archive_view(self, request: HttpRequest, template_id: int) -> HttpResponseBase:
        """Take a template out of use, or bring it back. Shows first what uses it."""
        template = self._posted(request, template_id)
        archived = template.archived_at is None
        if archived and "confirmed" not in request.POST and (uses := template_uses.of(template)):
            context = self._context(request, template, f"Archive {template.name}?") | {"uses": _shown(uses)}
            return TemplateResponse(request, "backoffice/template_archive.html", context)
        now = timezone.now()
        done = "archived: nodes cannot choose it" if archived else "in use again"
        self._do(
            request,
            template,
            lambda by: saved.archive_template(template_id=template.pk, at=now if archived else None, by=by, now=now),
            f"“{template.name}” is {done}.",
            "Archived." if archived else "Brought back.",
        )
        return HttpResponseRedirect(_address(template))

    def duplicate_view(self, request: HttpRequest, template_id: int) -> HttpResponseBase:
        """The same under another name."""
        template = self._posted(request, template_id)
        name = request.POST.get("name", "")
        made = self._do(
            request,
            template,
            lambda by: saved.duplicate_template(template_id=template.pk, name=name, by=by, now=timezone.now()),
            f"This is a copy of “{template.name}”.",
            f"Duplicated as “{name}”.",
        )
        return HttpResponseRedirect(_address(made or template))

    def approval_view(self, request: HttpRequest, template_id: int) -> HttpResponseBase:
        """What WhatsApp said."""
        template = self._posted(request, template_id)
        approval = request.POST.get("approval", "")
        self._do(
            request,
            template,
            lambda by: saved.judge_template(template_id=template.pk, approval=approval, by=by, now=timezone.now()),
            f"Noted: {approval}.",
            f"Approval: {approval}.",
        )
        return HttpResponseRedirect(_address(template))

    def apply_view(self, request: HttpRequest, template_id: int) -> HttpResponseBase:
        """Let chosen versions that are under way send the template as it is now."""
        template = self._posted(request, template_id)
        ids = [int(it) for it in request.POST.getlist("use") if it.isascii() and it.isdigit() and len(it) < 10]
        done: list[int] = []
        self._do(
            request,
            template,
            lambda by: done.append(template_uses.apply(template, ids, by=by, now=timezone.now())),
            "",
            "Applied to versions under way.",
        )
        if done:
            messages.success(request, f"{done[0]} version(s) send it as it is now, from the next message on.")
        return HttpResponseRedirect(_address(template))

    # ---- parts

    def _posted(self, request: HttpRequest, template_id: int) -> Template:
        """A template that something is posted about, by whoever may change templates."""
        if request.method != "POST" or not self.has_change_permission(request):
            raise PermissionDenied
        return self._template(str(template_id))

    def _do(self, request: HttpRequest, template: Template, act: Callable[[User], Any], said: str, logged: str) -> Any:
        """Call a service; say that it was done and note it, or say why it was not and return None."""
        try:
            result = act(cast(User, request.user))
        except SojournError as error:
            messages.error(request, error.message)
            return None
        self.log_change(request, template, logged)
        if said:
            messages.success(request, said)
        return result

    def _template(self, object_id: str) -> Template:
        found = None
        if object_id.isascii() and object_id.isdigit() and len(object_id) < 10:
            found = Template.objects.select_related("created_by", "updated_by").filter(pk=object_id).first()
        if found is None:
            raise Http404("There is no such template.")
        return found

    def _context(self, request: HttpRequest, template: Template | None, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "original": template,
            "template": template,
        }

    def _page(self, request: HttpRequest, template: Template | None) -> HttpResponseBase:
        mine = saved.writable(cast(User, request.user), "change" if template else "add")
        uses = template_uses.of(template) if template else []
        may = template is None or template.channel in mine
        context = self._context(request, template, template.name if template else "New template") | {
            "props": {
                "template": shown(template) if template else None,
                "channels": [_form(it) for it in ([template.channel] if template else mine)],
                "may": may,
                "people": request.user.has_perm("profiles.view_profile"),
            },
            "uses": _shown(uses),
            "behind": [use for use in uses if use.differs],
            "may": may,
            "apply": may and request.user.has_perm("journeys.change_journey"),
            "approvals": [it for it in Template.Approval if template and it != template.approval],
        }
        return TemplateResponse(request, "backoffice/template.html", context)


def _form(channel: str) -> dict[str, Any]:
    """A channel with the JSON Schema of its content, which the form comes from."""
    made = create_model("Saved", content=(content.MODELS[channel], ...))
    return {"name": channel, "label": Channel(channel).label, "schema": made.model_json_schema(by_alias=True)}


def _shown(uses: list[Use]) -> list[tuple[Use, str]]:
    """Users with the addresses of their pages."""
    return [(use, reverse(use.page, args=[use.about])) for use in uses]


def _address(template: Template) -> str:
    return reverse("admin:channels_template_change", args=[template.pk])
