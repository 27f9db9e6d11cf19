"""Campaign limits in the back office, written through channels.services."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from unfold.admin import ModelAdmin
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
)

from channels import services
from channels.errors import ChannelError
from channels.models import CampaignLimit


class LimitForm(forms.ModelForm):
    """What one person gets on one channel at most. Leave out the cap, or the gap."""

    most = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=1000,
        label="At most",
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Messages to one person, from all journeys together; what was sent counts.",
    )
    days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=365,
        label="In days",
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Who is over the cap takes Failed. The days roll: 7 days are the 168 hours before the message.",
    )
    gap = forms.IntegerField(
        required=False,
        label="Minutes between",
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="From one message to the next, 15 minutes to 7 days (10080); meanwhile the next one waits.",
    )

    class Meta:
        model = CampaignLimit
        fields = ("channel", "most", "days")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.dwell is not None:
            self.fields["gap"].initial = self.instance.dwell // timedelta(minutes=1)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors:
            gap = given["gap"]
            self.instance.dwell = None if gap is None else timedelta(minutes=gap)
            try:
                services.check_limit(given["channel"], given["most"], given["days"], self.instance.dwell)
            except ChannelError as error:
                self.add_error({"most": "most", "dwell": "gap"}.get(error.code), error.message)
        return given


@admin.register(CampaignLimit)
class CampaignLimitAdmin(ModelAdmin):
    """The project's campaign limits, one a channel. They apply to whatever is sent from now on."""

    form = LimitForm
    list_display = ("channel", "most", "days", "dwell")
    ordering = ("channel",)
    fieldsets = ((None, {"fields": ("channel", "most", "days", "gap")}),)
