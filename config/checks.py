"""System checks of the installation as a whole."""

import os
from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security, deploy=True)
def secrets_are_shared(app_configs: Sequence[AppConfig] | None, **_: object) -> list[CheckMessage]:
    """With a database of one's own there may be several machines, and each would make secrets that only it knows."""
    if not os.environ.get("DATABASE_URL"):
        return []
    unset = [name for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS") if not os.environ.get(name)]
    return [
        Warning(
            f"{name} is not set, so this machine made one of its own.",
            hint=f"Set {name} to the same value on every machine; this one's is in {settings.SOJOURN_HOME}.",
            id="config.W001",
        )
        for name in unset
    ]
