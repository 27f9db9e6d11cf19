"""Providers in the back office, written through channels.services; what they keep secret goes in and never comes out
again.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from channels import groups, services, usage
from channels.admin.archiving import archive
from channels.errors import ChannelError
from channels.models import Channel, Provider
from channels.webhook import oauth


def _text(**attributes: Any) -> Any:
    return UnfoldAdminTextInputWidget(attrs=attributes)


class ProviderForm(forms.ModelForm):
    """A provider's row and its settings, with a field for each instead of raw JSON."""

    # Not the model's field, whose constraint would refuse a second default: the service makes room for a new one.
    as_default = forms.BooleanField(
        label="Is the default",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Used by nodes that name no provider. The default so far steps down.",
    )
    host = forms.CharField(required=False, widget=_text(placeholder="smtp.example.com"))
    port = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=65535,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Empty: the usual one.",
    )
    security = forms.ChoiceField(
        required=False,
        choices=[("starttls", "STARTTLS"), ("tls", "TLS from the start"), ("none", "None")],
        widget=UnfoldAdminSelectWidget,
    )
    from_ = forms.CharField(
        label="From",
        required=False,
        widget=_text(placeholder="Shop <news@example.com>"),
        help_text="The sender of e-mails that name none.",
    )
    auth = forms.ChoiceField(
        label="Authentication",
        required=False,
        choices=[("none", "None"), ("basic", "Basic"), ("oauth2", "OAuth 2, client credentials")],
        widget=UnfoldAdminSelectWidget,
    )
    username = forms.CharField(required=False, widget=_text(autocomplete="off"))
    token_url = forms.CharField(
        label="Token URL", required=False, widget=_text(placeholder="https://login.example.com/oauth/token")
    )
    client_id = forms.CharField(label="Client ID", required=False, widget=_text(autocomplete="off"))
    client_secret = forms.CharField(
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="Kept encrypted and never shown again. Empty: stays as it is.",
    )
    scope = forms.CharField(
        required=False, widget=_text(), help_text="What the token is to allow. Empty: what the server gives."
    )
    subject = forms.CharField(
        required=False,
        widget=_text(placeholder="mailto:ops@example.com"),
        help_text="Whom a push service may write to when something is wrong.",
    )
    password = forms.CharField(
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="Firebase: the service account's JSON; web push: the VAPID private key. Kept encrypted and never"
        " shown again. Empty: stays as it is.",
    )
    forget_password = forms.BooleanField(
        required=False, widget=UnfoldBooleanSwitchWidget, help_text="Forget the password that is stored."
    )

    class Meta:
        model = Provider
        fields = ("name", "channel", "kind")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        config = self.instance.config or {}
        for name in ("host", "security", "username", "token_url", "client_id", "scope", "subject"):
            if name in config:
                self.fields[name].initial = config[name]
        self.fields["auth"].initial = oauth.kind_of(config)
        self.fields["port"].initial = config.get("port") or None
        self.fields["from_"].initial = config.get("from", "")
        self.fields["as_default"].initial = self.instance.is_default
        if "kind" not in self.fields:
            return  # somebody who may only look
        kinds = [it for it in Provider.Kind.choices if it[0] != Provider.Kind.GROUP]  # which have pages of their own
        self.fields["kind"].choices = [("", "---------"), *kinds]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask the service, and take it back: what it refuses is refused here, in its words."""
        given = super().clean() or {}
        if not self.errors:
            try:
                with transaction.atomic():
                    self.store()
                    transaction.set_rollback(True)
            except ChannelError as error:
                self.add_error(error.code if error.code in self.fields else None, error.message)
        return given

    def store(self) -> Provider:
        """Save by the service. Raises ChannelError."""
        given = self.cleaned_data
        keys: dict[str, tuple[str, ...]] = {
            "smtp": ("host", "port", "security", "username", "from_"),
            "http": ("auth", "username", "token_url", "client_id", "scope"),
            "vapid": ("subject",),
        }
        config = {key.rstrip("_"): given[key] for key in keys.get(given["kind"], ())}
        if "port" in config:
            config["port"] = config["port"] or 0
        client = given["kind"] == "http" and given["auth"] == "oauth2"
        secret = given["client_secret" if client else "password"] or None
        return services.save_provider(
            provider_id=self.instance.pk,
            name=given["name"],
            channel=given["channel"],
            kind=given["kind"],
            config=config,
            password="" if given["forget_password"] and not client else secret,
            is_default=given["as_default"],
        )


class TestForm(forms.Form):
    """Where a test message goes."""

    to = forms.CharField(max_length=2000, widget=UnfoldAdminTextInputWidget)


@admin.register(Provider)
class ProviderAdmin(ModelAdmin):
    """Ways out. Archived rather than deleted: sent messages refer to them."""

    form = ProviderForm
    list_display = ("name", "channel", "kind", "is_default", "state", "updated_at")
    list_filter = ("channel", "kind", ("archived_at", admin.EmptyFieldListFilter))
    search_fields = ("name",)
    ordering = ("archived_at", "channel", "name")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "name",
                    "channel",
                    "kind",
                    "as_default",
                    "host",
                    "port",
                    "security",
                    "from_",
                    "auth",
                    "username",
                    "token_url",
                    "client_id",
                    "client_secret",
                    "scope",
                    "subject",
                    "password",
                    "forget_password",
                )
            },
        ),
    )
    conditional_fields = {
        "host": "kind == 'smtp'",
        "port": "kind == 'smtp'",
        "security": "kind == 'smtp'",
        "from_": "kind == 'smtp'",
        "auth": "kind == 'http'",
        "username": "kind == 'smtp' || (kind == 'http' && auth == 'basic')",
        **dict.fromkeys(("token_url", "client_id", "client_secret", "scope"), "kind == 'http' && auth == 'oauth2'"),
        "subject": "kind == 'vapid'",
        "password": "kind != 'sandbox' && !(kind == 'http' && auth != 'basic')",
        "forget_password": "kind != 'sandbox' && !(kind == 'http' && auth == 'oauth2')",
    }
    change_form_outer_before_template = "backoffice/provider_bar.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Provider]:
        return super().get_queryset(request).exclude(kind=Provider.Kind.GROUP)

    @display(description="state", label={"in use": "success", "not tested yet": "warning", "archived": "default"})
    def state(self, provider: Provider) -> str:
        if provider.archived_at:
            return "archived"
        return "in use" if provider.verified else "not tested yet"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever may only look sees the row, and nothing of the connection but what is no secret."""
        if obj is not None and not self.has_change_permission(request, obj):
            return ((None, {"fields": ("name", "channel", "kind", "is_default", "config")}),)
        return self.fieldsets

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:provider_id>/test/", view(self.test_view), name="channels_provider_test"),
            path("<int:provider_id>/archive/", view(self.archive_view), name="channels_provider_archive"),
            *super().get_urls(),
        ]

    def save_model(self, request: HttpRequest, obj: Provider, form: Any, change: bool) -> None:
        obj.pk = form.store().pk
        obj.refresh_from_db()

    def test_view(self, request: HttpRequest, provider_id: int) -> HttpResponseBase:
        """Send a message now and say what the provider answered."""
        provider = self._provider(request, provider_id)
        form = TestForm(request.POST or None)
        webhook = provider.channel == Channel.WEBHOOK
        form.fields["to"].label = "URL" if webhook else "Address"
        form.fields["to"].help_text = "Gets one request now." if webhook else "Gets one message now."
        answer: tuple[str, str] | None = None
        if request.method == "POST" and form.is_valid():
            to = form.cleaned_data["to"]
            try:
                services.send_test(provider=provider, to=to, now=timezone.now())
            except ChannelError as error:
                answer = ("bad", error.message)
            else:
                kept = "recorded by the sandbox; nothing left the house" if provider.kind == "sandbox" else "accepted"
                answer = ("good", f"The test message to {to} was {kept}.")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Test {provider.name}",
            "original": provider,
            "provider": provider,
            "form": form,
            "answer": answer,
        }
        return TemplateResponse(request, "backoffice/provider_test.html", context)

    def archive_view(self, request: HttpRequest, provider_id: int) -> HttpResponseBase:
        """Posted: take a provider out of use, or bring it back. Asks first if journeys are stopped by that."""
        provider = self._provider(request, provider_id)
        if request.method != "POST":
            raise PermissionDenied
        inside, emptied = groups.of_provider(provider.pk), groups.emptied_by(provider.pk)
        uses = [use for it in (provider, *emptied) for use in usage.sending(it.pk)]
        back = reverse("admin:channels_provider_change", args=[provider.pk])
        return archive(self, request, provider, uses, back, groups=[(group, group in emptied) for group in inside])

    def _provider(self, request: HttpRequest, provider_id: int) -> Provider:
        """A provider, for whoever may change providers."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        provider = Provider.objects.exclude(kind=Provider.Kind.GROUP).filter(pk=provider_id).first()
        if provider is None:
            raise Http404("There is no such provider.")
        return provider
