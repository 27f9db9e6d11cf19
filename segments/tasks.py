"""Celery entry points of segments."""

from zoneinfo import ZoneInfo

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from segments import counts, importing, uploads


@shared_task(name="segments.imports", ignore_result=True)
def imports() -> None:
    """Read all uploaded lists that wait, one at a time; then end uploads that nobody completed. Called on upload and
    by beat.
    """
    while importing.import_next(clock=timezone.now):
        pass
    uploads.expire(now=timezone.now())


@shared_task(name="segments.counts", ignore_result=True)
def count_segments() -> None:
    """Count saved segments that have not been since midnight or their last change. One worker at a time does."""
    while counts.count_next(now=timezone.now(), tz=ZoneInfo(settings.ACCOUNT_TIMEZONE)):
        pass
