"""The project as a Django app: makes our Celery app the current one in every process, and holds the checks."""

from django.apps import AppConfig

from config import checks  # noqa: F401 (importing registers them)
from config.celery import app as celery_app


class ProjectConfig(AppConfig):
    """Wiring shared by web, workers and commands."""

    name = "config"
    verbose_name = "Sojourn"

    def ready(self) -> None:
        """Tasks sent by name, and @shared_task, go through our broker."""
        celery_app.set_default()
