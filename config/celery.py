"""The Celery app: workers and beat take their settings from Django's, under the prefix CELERY_."""

import os
import warnings

from celery import Celery, signals

from config import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("sojourn")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Celery warns root of messages that run code; ours are JSON. In a container everybody is root.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")


@signals.celeryd_init.connect
@signals.beat_init.connect
def start_embedded_servers(**_: object) -> None:
    """A worker or beat that is started by itself brings the embedded servers up, as manage.py does."""
    embedded.ensure()
