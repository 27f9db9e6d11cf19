"""The Celery app: workers and beat take their settings from Django's, under the prefix CELERY_."""

import os

from celery import Celery, signals

from config import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("sojourn")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.celeryd_init.connect
@signals.beat_init.connect
def start_embedded_servers(**_: object) -> None:
    """A worker or beat that is started by itself brings the embedded servers up, as manage.py does."""
    embedded.ensure()
