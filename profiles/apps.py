from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils import timezone


def register_system_events(using: str, plan: Any = (), **kwargs: Any) -> None:
    """Give the system events their types after migrating, so that rules can name them before the first one happens."""
    from profiles import eventtypes

    eventtypes.ids(eventtypes.SYSTEM, now=timezone.now())


class ProfilesConfig(AppConfig):
    name = "profiles"

    def ready(self) -> None:
        post_migrate.connect(register_system_events, sender=self)
