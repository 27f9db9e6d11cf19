"""Celery entry points of the wiring."""

from celery import shared_task
from django.utils import timezone

from config.lib import notices as service


@shared_task(name="config.notices", ignore_result=True)
def notices() -> None:
    """Mail the notices that wait, and forget old ones. Called on a notice and by beat."""
    now = timezone.now()
    service.mail_waiting(now=now)
    service.forget_old(now=now)
