"""Control groups in the back office: the project's own, and the people whom no group holds out (domain 3.7)."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from journeys import control, groups
from journeys.errors import JourneyError
from journeys.models import ControlGroup, Exempt
from profiles.models import Profile


class _GroupForm(forms.ModelForm):
    percent = forms.IntegerField(
        min_value=control.SIZE[0],
        max_value=control.SIZE[1],
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="How many of all people it holds out, in per cent: 2 to 5.",
    )

    class Meta:
        model = ControlGroup
        fields = ("name", "percent")
        widgets = {"name": UnfoldAdminTextInputWidget}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.errors:
            return given
        try:
            groups.check(name=given["name"], percent=given["percent"], group_id=self.instance.pk)
        except JourneyError as error:
            raise ValidationError(error.message) from error
        return given


@admin.register(ControlGroup)
class ControlGroupAdmin(ModelAdmin):
    """The project's own groups; a journey names one in its setup."""

    form = _GroupForm
    list_display = ("name", "size", "created_at")
    ordering = ("name",)

    @display(description="Size")
    def size(self, group: ControlGroup) -> str:
        return f"{group.percent} % of all people"

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        given = form.cleaned_data
        return groups.save(name=given["name"], percent=given["percent"], group_id=form.instance.pk, now=timezone.now())

    def save_model(self, request: HttpRequest, obj: ControlGroup, form: Any, change: bool) -> None:
        """Saved by the service already."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing is related."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}  # each is deleted by itself, and asked whether a journey uses it

    def delete_model(self, request: HttpRequest, obj: ControlGroup) -> None:
        groups.delete(group_id=obj.pk)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except JourneyError as error:
            messages.error(request, error.message)
            return self.response_post_save_change(request, None)


class _ExemptForm(forms.ModelForm):
    by: User | None = None
    identity = forms.CharField(
        widget=UnfoldAdminTextInputWidget, help_text="Of a person whom no control group may hold out, like a colleague."
    )

    class Meta:
        model = Exempt
        fields = ()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.errors:
            return given
        try:
            self.saved = groups.exempt(identity=given["identity"].strip(), by=self.by, now=timezone.now())
        except JourneyError as error:
            raise ValidationError({"identity": error.message}) from error
        return given


@admin.register(Exempt)
class ExemptAdmin(ModelAdmin):
    """The few people who are never in control."""

    form = _ExemptForm
    list_display = ("person", "by", "at")
    ordering = ("-at",)

    @display(description="Person")
    def person(self, exempt: Exempt) -> str:
        found = Profile.objects.filter(pk=exempt.profile_id).values_list("identity", "name").first()
        return " · ".join(part for part in found or () if part) or f"profile {exempt.profile_id}, who is gone"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        made = super().get_form(request, obj, change, **kwargs)
        made.by = request.user
        return made

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # somebody is on the list, or not

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        return form.saved

    def save_model(self, request: HttpRequest, obj: Exempt, form: Any, change: bool) -> None:
        """Saved by the service already."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing is related."""
