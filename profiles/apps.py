from typing import Any

from corsheaders.signals import check_request_enabled
from django.apps import AppConfig
from django.db import connection
from django.db.models.signals import post_migrate
from django.utils import timezone


def prepare(**kwargs: Any) -> None:
    """After migrating: give the system events their types, so that rules can name them before the first one happens,
    and make the partitions, so that no row needs to be moved later.
    """
    from profiles import eventtypes, partitions

    if "profiles_eventtype" in connection.introspection.table_names():  # not when everything was just taken back
        eventtypes.ids(eventtypes.SYSTEM, now=timezone.now())
        partitions.ensure(now=timezone.now())


class ProfilesConfig(AppConfig):
    name = "profiles"

    def ready(self) -> None:
        from profiles import sites

        post_migrate.connect(prepare, sender=self)
        check_request_enabled.connect(sites.may_read)
