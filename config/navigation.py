"""The sidebar of the back office: what there is, grouped as people look for it. Each sees what they may open."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _list(title: str, icon: str, model: str) -> dict[str, Any]:
    """An entry that leads to a model's list. model: app.model"""
    label, name = model.split(".")
    link = reverse_lazy(f"admin:{label}_{name}_changelist")
    return {"title": title, "icon": icon, "link": link, "permission": _may(f"{label}.view_{name}")}


SIDEBAR = [
    {"items": [{"title": "Home", "icon": "home", "link": reverse_lazy("admin:index")}]},
    {
        "title": "Journeys",
        "items": [
            _list("Journeys", "route", "journeys.journey"),
            {
                "title": "Reports",
                "icon": "table_chart",
                "link": reverse_lazy("admin:journeys_report_changelist"),
                "permission": _may("journeys.view_journey"),
            },
            _list("Audit trail", "history", "journeys.transition"),
        ],
    },
    {
        "title": "Audience",
        "items": [
            _list("People", "person_search", "profiles.profile"),
            _list("Files of people", "upload_file", "profiles.profileupload"),
            _list("Segments", "group_work", "segments.segment"),
            _list("Lists", "list_alt", "segments.list"),
            _list("Control groups", "back_hand", "journeys.controlgroup"),
            _list("Never in control", "front_hand", "journeys.exempt"),
        ],
    },
    {
        "title": "Channels",
        "items": [
            _list("Messages", "outgoing_mail", "channels.message"),
            _list("Templates", "draft", "channels.template"),
            _list("Providers", "cell_tower", "channels.provider"),
            _list("Provider groups", "hub", "channels.providergroup"),
            _list("Campaign limits", "speed", "channels.campaignlimit"),
        ],
    },
    {
        "title": "Data",
        "items": [
            _list("Events", "bolt", "profiles.eventtype"),
            _list("Upload credentials", "key", "profiles.credential"),
            {
                "title": "Upload API",
                "icon": "api",
                "link": reverse_lazy("docs"),
                "permission": _may("profiles.view_credential"),
            },
        ],
    },
    {
        "title": "Access",
        "items": [
            _list("Users", "group", "auth.user"),
            _list("Roles", "shield_person", "auth.group"),
            _list("Schedule", "schedule", "django_celery_beat.periodictask"),
        ],
    },
]

# Only while the demo runs: its routes exist only then.
DEMO_SIDEBAR = [
    {
        "title": "Demo",
        "items": [
            {"title": "Mailbox", "icon": "mail", "link": reverse_lazy("demo:mails")},
            {"title": "Shop", "icon": "storefront", "link": reverse_lazy("demo:shop")},
        ],
    }
]
