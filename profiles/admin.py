"""Event types and upload credentials in the back office. A person's page is in journeys, which sees all."""

from typing import Any
from urllib.parse import urljoin

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from profiles import records, services, sites
from profiles.files import admin as _files  # noqa: F401 (registers the files of profiles)
from profiles.models import Credential, EventType


@admin.register(EventType)
class EventTypeAdmin(ModelAdmin):
    """Every event name seen so far, and a switch that refuses further uploads of it (code 528)."""

    list_display = ("name", "kind", "first_seen_at", "discarded")
    list_editable = ("discarded",)
    list_display_links = None
    list_filter = ("system", "discarded")
    search_fields = ("name",)
    ordering = ("system", "name")
    list_per_page = 100

    @display(description="recorded by", ordering="system", label={"Sojourn": "info", "uploads": "default"})
    def kind(self, event_type: EventType) -> str:
        return "Sojourn" if event_type.system else "uploads"

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **kwargs | {"form": _Switch})

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Names are registered on first sight."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The history refers to them."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        always = ["name", "key", "system", "first_seen_at"]
        return [*always, "discarded"] if obj is not None and obj.system else always


class _Switch(forms.ModelForm):
    """A row of the list. What Sojourn records itself cannot be discarded."""

    class Meta:
        model = EventType
        fields = ("discarded",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.system:
            self.fields["discarded"].disabled = True


class SiteForm(forms.Form):
    """Which pages may use a public key, and for what."""

    origins = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        label="Sites",
        help_text="For pages: the origins whose pages may use the key, one a line, as in https://www.example.com.",
    )
    page_events = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        label="Events of pages",
        help_text="What pages may record beside Page Visited, one a line. Anybody can send these: name none that count "
        "money.",
    )

    def clean_origins(self) -> list[str]:
        origins = []
        for line in self.cleaned_data["origins"].splitlines():
            if line.strip():
                origin = sites.origin(line)
                if origin is None:
                    raise forms.ValidationError(
                        f"“{line.strip()}” is no origin; write https:// and the host, as in https://www.example.com."
                    )
                origins.append(origin)
        return list(dict.fromkeys(origins))

    def clean_page_events(self) -> list[str]:
        names = [line.strip() for line in self.cleaned_data["page_events"].splitlines() if line.strip()]
        for name in names:
            if refusal := records.event_name_refusal(name, "device"):
                raise forms.ValidationError(refusal[1])
        return list(dict.fromkeys(names))


class CredentialForm(SiteForm):
    """What a new credential needs."""

    field_order = ("name", "scopes")
    name = forms.CharField(
        max_length=100, widget=UnfoldAdminTextInputWidget, help_text="Who uses it: the partner or system."
    )
    scopes = forms.MultipleChoiceField(
        choices=Credential.Scope.choices,
        initial=[Credential.Scope.UPLOAD],
        widget=forms.CheckboxSelectMultiple,
        help_text="What it may do. Give no more than is needed.",
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if Credential.Scope.PAGES in given.get("scopes", ()) and "origins" in given and not given["origins"]:
            self.add_error("origins", "Say whose pages may use the key.")
        return given


@admin.register(Credential)
class CredentialAdmin(ModelAdmin):
    """Who may call the upload API. A passcode is shown once, when it is made; afterwards only its hash is known."""

    list_display = ("name", "project_id", "allowed", "state", "created_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("name",)
    ordering = ("revoked_at", "-created_at")

    @display(description="may")
    def allowed(self, credential: Credential) -> str:
        labels = dict(Credential.Scope.choices)
        return ", ".join(labels.get(scope, scope) for scope in credential.scopes) or "nothing"

    @display(description="state", label={"active": "success", "revoked": "danger"})
    def state(self, credential: Credential) -> str:
        return "revoked" if credential.revoked_at else "active"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Revoked ones stay, so that it is known who had access."""
        return False

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<int:credential_id>/revoke/",
            self.admin_site.admin_view(self.revoke_view),
            name="profiles_credential_revoke",
        )
        return [own, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponseBase:
        """Ask for a name and scopes; answer with the passcode, this once."""
        return never_cache(self._add)(request)

    def _add(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = CredentialForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            credential, passcode = services.issue_credential(
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                origins=form.cleaned_data["origins"],
                page_events=form.cleaned_data["page_events"],
            )
            self.log_addition(request, credential, f"Issued with {', '.join(credential.scopes)}.")
            if credential.scopes == [Credential.Scope.PAGES]:  # its passcode opens nothing
                return self._page(request, credential, {})
            url = request.build_absolute_uri("/1/upload")
            return self._page(request, credential, {"passcode": passcode, "upload_url": url})
        return self._page(request, None, {"form": form})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        credential = self._credential(object_id)
        form = SiteForm(request.POST if request.method == "POST" else None, initial=_as_typed(credential))
        if request.method == "POST":
            if not self._may_change(request, credential) or credential.public_key is None:
                raise PermissionDenied
            if form.is_valid():
                services.change_site(credential_id=credential.pk, **form.cleaned_data)
                self.log_change(
                    request, credential, f"Pages of {', '.join(form.cleaned_data['origins']) or 'no site'}."
                )
                messages.success(request, "Saved. Pages notice within seconds.")
                return HttpResponseRedirect(request.path)
        return self._page(request, credential, {"site_form": form})

    def revoke_view(self, request: HttpRequest, credential_id: int) -> HttpResponseBase:
        """Asks first; posted, the credential is good no more."""
        if not request.user.has_perm("profiles.change_credential"):
            raise PermissionDenied
        credential = self._credential(str(credential_id))
        if request.method != "POST":
            return self._page(request, credential, {"asking": True})
        if services.revoke_credential(credential_id=credential.pk, now=timezone.now()):
            self.log_change(request, credential, "Revoked.")
            messages.success(request, f"“{credential}” is revoked. Calls with it are refused within seconds.")
        else:
            messages.info(request, f"“{credential}” had been revoked before.")
        return HttpResponseRedirect(reverse("admin:profiles_credential_changelist"))

    def _credential(self, object_id: str) -> Credential:
        try:
            return Credential.objects.get(pk=object_id)
        except (Credential.DoesNotExist, ValueError):
            raise Http404("There is no such credential.") from None

    def _may_change(self, request: HttpRequest, credential: Credential) -> bool:
        return not credential.revoked_at and request.user.has_perm("profiles.change_credential")

    def _site(self, request: HttpRequest, credential: Credential) -> dict[str, str]:
        """What a site needs; the secret for those who might make another credential anyway."""
        key = credential.public_key or ""
        may = self._may_change(request, credential)
        script = urljoin(settings.PUBLIC_URL, static("sojourn/sojourn.js"))
        return {"key": key, "script": script, "secret": sites.signing_secret(key) if may else ""}

    def _page(self, request: HttpRequest, credential: Credential | None, extra: dict[str, Any]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(credential) if credential else "New upload credential",
            "original": credential,
            "credential": credential,
            "allowed": self.allowed(credential) if credential else "",
            "may_revoke": bool(credential and self._may_change(request, credential)),
            "site": credential and credential.public_key and self._site(request, credential),
            **extra,
        }
        return TemplateResponse(request, "backoffice/credential.html", context)


def _as_typed(credential: Credential) -> dict[str, str]:
    return {name: "\n".join(getattr(credential, name)) for name in ("origins", "page_events")}
