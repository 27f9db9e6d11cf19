"""Celery entry points."""

import time

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from channels import ondevice, outbox, shortlinks

# A task ends between two batches and the next one goes on, so that a worker that is asked to stop need not wait for a
# long queue.
SECONDS = 20.0


@shared_task(name="channels.forget", ignore_result=True)
def forget() -> None:
    """Clear away what is of no use any more: what waits on devices, and expired short links. Called by beat."""
    now = timezone.now()
    ondevice.forget_expired(now=now)
    shortlinks.forget_expired(now=now)


@shared_task(name="channels.dispatch", ignore_result=True)
def dispatch() -> None:
    """Send what is due until nothing is. Woken by whoever queues, and by beat; any number may run at once."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if not outbox.dispatch(now=timezone.now(), batch=settings.DISPATCH_BATCH, clock=timezone.now):
            break
