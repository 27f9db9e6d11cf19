"""The Celery app: workers and beat take their settings from Django's, under the prefix CELERY_."""

import os
import warnings

from celery import Celery, signals
from django.db import close_old_connections

from config import embedded, garbage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("sojourn")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Celery warns root of messages that run code; ours are JSON. In a container everybody is root.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")


@signals.task_prerun.connect
@signals.task_postrun.connect
def keep_good_connections(**_: object) -> None:
    """Tasks go on with the connection of the task before, unless it broke. Celery by itself would open one for every
    task (CELERY_DB_REUSE_MAX), which takes longer than a small batch.
    """
    close_old_connections()


@signals.worker_before_create_process.connect
def settle_before_the_pool_forks(**_: object) -> None:
    """Before, so that the children share what has been loaded."""
    garbage.settle()


@signals.celeryd_init.connect
@signals.beat_init.connect
def start_embedded_servers(**_: object) -> None:
    """A worker or beat that is started by itself brings the embedded servers up, as manage.py does."""
    embedded.ensure()
