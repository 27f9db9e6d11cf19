"""Celery's way in: each task reads the clock and calls one function. All may run twice, and at the same time."""

from celery import shared_task
from django.utils import timezone

from journeys import folding, schedule
from journeys.engine import account
from journeys.engine import pump as engine
from journeys.rehearsal import background
from journeys.reports import making, schedules


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
    """Keep what lanes have counted once instead of once a lane, and add it up."""
    folding.fold(now=timezone.now(), zone=account.current().zone)


@shared_task(name="journeys.rehearse", ignore_result=True)
def rehearse() -> None:
    """Play a rehearsal that was asked for on the canvas, if none is being played."""
    background.play_next(clock=timezone.now)


@shared_task(name="journeys.forget_rehearsals", ignore_result=True)
def forget_rehearsals() -> None:
    """Drop rehearsals of yesterday, and what killed ones left."""
    background.sweep(timezone.now())


@shared_task(name="journeys.reports", ignore_result=True)
def make_reports() -> None:
    """Ask for the reports that are due, make those that wait, and remove the files of old ones."""
    zone = account.current().zone
    schedules.ask_due(now=timezone.now(), zone=zone)
    making.make_waiting(clock=timezone.now, zone=zone)
    making.expire(now=timezone.now())
