"""What beat does for profiles."""

from celery import shared_task
from django.utils import timezone

from profiles import accept
from profiles import partitions as monthly
from profiles.files import importing, uploads


@shared_task(name="profiles.partitions", ignore_result=True)
def partitions() -> None:
    """Make the partitions of the coming months. Repeat freely."""
    monthly.ensure(now=timezone.now())


@shared_task(name="profiles.expire", ignore_result=True)
def expire() -> None:
    """Forget delivery keys that are too old to matter. Repeat freely."""
    accept.forget_deliveries(now=timezone.now())


@shared_task(name="profiles.files", ignore_result=True)
def files() -> None:
    """Read the uploaded files of profiles that wait, one at a time; then forget old ones. Called on upload and by
    beat.
    """
    while importing.import_next(clock=timezone.now):
        pass
    uploads.forget_old(now=timezone.now())
