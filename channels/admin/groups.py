"""Provider groups in the back office, written through channels.groups."""

import itertools
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from channels import groups, usage
from channels.admin.archiving import archive
from channels.errors import ChannelError
from channels.models import Provider, ProviderGroup
from channels.ways import GROUP

PLACES = [f"place_{number}" for number in range(1, groups.MOST + 1)]
IN_ORDER = (
    "What one provider cannot send now, the next one is given. Web push providers with different VAPID keys cannot take"
    " over from each other, since a browser's subscription is for one key."
)


class GroupForm(forms.ModelForm):
    """A group and its providers, a field for each place; places that are left empty close up."""

    # Not the model's field, whose constraint would refuse a second default: the service makes room for a new one.
    as_default = forms.BooleanField(
        label="Is the default",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Used by nodes that name no provider. The default so far steps down.",
    )

    class Meta:
        model = ProviderGroup
        fields = ("name", "channel")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        there = Provider.objects.exclude(kind=GROUP).filter(archived_at=None).order_by("channel", "name")
        if self.instance.pk:
            there = there.filter(channel=self.instance.channel)
        choices = [("", "–"), *((it.pk, f"{it.name} ({it.get_channel_display()})") for it in there)]
        members = list(self.instance.members.values_list("provider_id", flat=True)) if self.instance.pk else []
        for index, name in enumerate(PLACES):
            self.fields[name] = forms.TypedChoiceField(
                label=f"Provider {index + 1}",
                required=False,
                coerce=int,
                empty_value=None,
                choices=choices,
                initial=members[index] if index < len(members) else None,
                widget=UnfoldAdminSelectWidget,
            )
        if "as_default" in self.fields:
            self.fields["as_default"].initial = self.instance.is_default

    def clean(self) -> dict[str, Any]:
        """Ask the service, and take it back: what it refuses is refused here, in its words."""
        given = super().clean() or {}
        if not self.errors:
            try:
                with transaction.atomic():
                    self.store()
                    transaction.set_rollback(True)
            except ChannelError as error:
                place = {"name": "name", "channel": "channel", "members": PLACES[0]}.get(error.code)
                self.add_error(place, error.message)
        return given

    def store(self) -> ProviderGroup:
        """Save by the service. Raises ChannelError."""
        given = self.cleaned_data
        return groups.save_group(
            group_id=self.instance.pk,
            name=given["name"],
            channel=given["channel"],
            members=[given[name] for name in PLACES if given[name] is not None],
            is_default=given["as_default"],
        )


@admin.register(ProviderGroup)
class ProviderGroupAdmin(ModelAdmin):
    """Providers in the order in which they are tried. Archived rather than deleted, as providers are."""

    form = GroupForm
    list_display = ("name", "channel", "providers", "is_default", "state", "updated_at")
    list_filter = ("channel", ("archived_at", admin.EmptyFieldListFilter))
    search_fields = ("name",)
    ordering = ("archived_at", "channel", "name")
    # A place is shown once the one before it is taken.
    conditional_fields = {place: f"{before} || {place}" for before, place in itertools.pairwise(PLACES)}
    change_form_outer_before_template = "backoffice/group_bar.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderGroup]:
        return super().get_queryset(request).filter(kind=GROUP).prefetch_related("members__provider")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever may only look sees the providers as one line."""
        if obj is not None and not self.has_change_permission(request, obj):
            return ((None, {"fields": ("name", "channel", "is_default", "providers")}),)
        return (
            (None, {"fields": ("name", "channel", "as_default")}),
            ("Providers, in the order in which they are tried", {"fields": PLACES, "description": IN_ORDER}),
        )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The places are made by the form itself, so Django is not to look for them in the model."""
        kwargs["fields"] = ["name", "channel"]
        return super().get_form(request, obj, change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("providers",) if obj is not None and not self.has_change_permission(request, obj) else ()

    @display(description="providers")
    def providers(self, group: ProviderGroup) -> str:
        return ", then ".join(it.provider.name for it in group.members.all()) or "none"

    @display(description="state", label={"in use": "success", "archived": "default"})
    def state(self, group: ProviderGroup) -> str:
        return "archived" if group.archived_at else "in use"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.archive_view)
        address = path("<int:group_id>/archive/", view, name="channels_providergroup_archive")
        return [address, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: ProviderGroup, form: Any, change: bool) -> None:
        obj.pk = form.store().pk
        obj.refresh_from_db()

    def archive_view(self, request: HttpRequest, group_id: int) -> HttpResponseBase:
        """Posted: take a group out of use, or bring it back. Asks first if journeys are stopped by that."""
        if not self.has_change_permission(request) or request.method != "POST":
            raise PermissionDenied
        group = ProviderGroup.objects.filter(pk=group_id, kind=GROUP).first()
        if group is None:
            raise Http404("There is no such provider group.")
        back = reverse("admin:channels_providergroup_change", args=[group.pk])
        return archive(self, request, group, usage.sending(group.pk), back)
