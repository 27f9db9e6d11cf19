"""Celery's way in: each task reads the clock and calls one function. All may run twice, and at the same time."""

from celery import shared_task
from django.utils import timezone

from journeys import folding, schedule
from journeys.engine import account
from journeys.engine import pump as engine


@shared_task(name="journeys.pump", ignore_result=True)
def pump() -> None:
    """Move people until nothing is left: events first, then clocks."""
    engine.pump(account=account.current(), clock=timezone.now)


@shared_task(name="journeys.clock", ignore_result=True)
def clock() -> None:
    """Start, run, complete and retire what is due."""
    schedule.clock(timezone.now())


@shared_task(name="journeys.empty_version", ignore_result=True)
def empty_version() -> None:
    """Lead everyone out of the versions that were stopped."""
    schedule.empty_stopped(timezone.now())


@shared_task(name="journeys.fold", ignore_result=True)
def fold() -> None:
    """Keep the counters of days gone by once instead of once a lane."""
    folding.fold(now=timezone.now(), zone=account.current().zone)
