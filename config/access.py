"""The roles of domain 13 as groups: Member reads, Approver decides what is live, Creator builds too, Admin may do all.

The groups are brought in line after every `migrate`, so a new permission reaches its role by a line here. People may
make groups of their own beside them.
"""

from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.db.models import Q

MEMBER = (
    "channels.view_campaignlimit",
    "channels.view_message",
    "channels.view_provider",
    "channels.view_providergroup",
    "channels.view_template",
    "journeys.view_controlgroup",
    "journeys.view_exempt",
    "journeys.view_journey",
    "journeys.view_transition",
    "profiles.view_eventtype",
    "profiles.view_profile",
    "segments.view_list",
    "segments.view_segment",
)
# Whom an administrator lets write on some channels only gets a group of their own with fewer of these.
WRITER = tuple(
    f"channels.write_{channel}"
    for channel in (
        "email", "sms", "push", "web_push", "whatsapp", "rcs", "webhook", "app_inbox", "in_app", "web_popup",
        "exit_intent", "web_native",
    )
)  # fmt: skip
APPROVER = (*MEMBER, *WRITER, "journeys.publish_version", "journeys.pause_version", "journeys.stop_version")
CREATOR = (
    *APPROVER,  # approval before publishing is optional, and off
    "channels.add_template",
    "channels.change_template",
    "journeys.add_journey",
    "journeys.change_journey",
    "journeys.delete_journey",
    "segments.add_list",
    "segments.add_segment",
    "segments.change_list",
    "segments.change_segment",
    "segments.download_segment",
    "profiles.add_profileupload",
    "profiles.mark_test",
    "profiles.view_profileupload",
)
ADMIN = (
    *CREATOR,
    "profiles.export_profile",
    "auth.add_user",
    "auth.change_user",
    "auth.view_user",
    "auth.view_group",
    "channels.add_campaignlimit",
    "channels.add_provider",
    "channels.add_providergroup",
    "channels.change_campaignlimit",
    "channels.change_provider",
    "channels.change_providergroup",
    "channels.delete_campaignlimit",
    "django_celery_beat.view_crontabschedule",
    "django_celery_beat.view_intervalschedule",
    "django_celery_beat.view_periodictask",
    "journeys.add_controlgroup",
    "journeys.add_exempt",
    "journeys.change_controlgroup",
    "journeys.delete_controlgroup",
    "journeys.delete_exempt",
    "profiles.add_credential",
    "profiles.change_credential",
    "profiles.change_eventtype",
    "profiles.delete_profile",
    "profiles.view_credential",
    "segments.delete_list",
    "segments.delete_segment",
)
ROLES = {"Admin": ADMIN, "Creator": CREATOR, "Approver": APPROVER, "Member": MEMBER}


def create_roles(sender: AppConfig, *, verbosity: int = 1, using: str = "default", **_: Any) -> None:
    """Make the groups and give them their permissions. Called after each app's migrations; the last one's are meant."""
    if sender.label != "journeys" or using != "default":
        return
    from django.contrib.auth.models import Group, Permission

    for app in apps.get_app_configs():
        create_permissions(app, verbosity=0)  # our turn may come before that of django.contrib.auth
    for role, names in ROLES.items():
        wanted = Q()
        for name in names:
            label, codename = name.split(".")
            wanted |= Q(content_type__app_label=label, codename=codename)
        group, _created = Group.objects.get_or_create(name=role)
        group.permissions.set(Permission.objects.filter(wanted))
