"""Celery entry points of segments."""

from celery import shared_task
from django.utils import timezone

from segments import services


@shared_task(name="segments.imports", ignore_result=True)
def imports() -> None:
    """Read all uploaded lists that wait. Called on upload and by beat; overlapping runs share the work."""
    while services.import_waiting(now=timezone.now()):
        pass
