"""The project as a Django app: makes our Celery app the current one in every process, and holds the checks."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from config import checks  # noqa: F401 (importing registers them)
from config.access import create_roles
from config.celery import app as celery_app


class ProjectConfig(AppConfig):
    """Wiring shared by web, workers and commands."""

    name = "config"
    verbose_name = "Sojourn"

    def ready(self) -> None:
        """Tasks sent by name, and @shared_task, go through our broker; roles exist once there are tables."""
        celery_app.set_default()
        post_migrate.connect(create_roles, dispatch_uid="config.access")
