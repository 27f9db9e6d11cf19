"""What the clock will do with journeys, and why then: the schedule in words (domain 8.2)."""

from datetime import datetime
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from journeys import calendar
from journeys.document import Dates, Document, Live, Once, Recurring, parse
from journeys.models import Status, Version

RUNNING = (Status.SCHEDULED, Status.LIVE, Status.PAUSED)
SHORTEST_MONTH = 28  # days


class Planned(NamedTuple):
    """Something that the clock will do: what, when, and why then, as the end of a sentence."""

    what: str
    at: datetime
    why: str


def next_runs(version: Version, *, now: datetime, tz: ZoneInfo, most: int) -> list[Planned]:
    """The next runs of a version's entry, at most `most`; none where people enter by events, or it is over. Those that
    come before a paused one is resumed will be lost.
    """
    if version.status not in RUNNING or version.next_run_at is None or version.start_at is None:
        return []
    document = parse(version.document)
    schedule = document.entry.timeline
    if schedule is None or isinstance(schedule, Live):
        return []
    first = max(now, version.next_run_at)
    coming = (
        at for at in calendar.runs(schedule, start=version.start_at, tz=tz) if at >= first and (at > now or at == first)
    )
    return [Planned("Run", at, _why(document, at, version.start_at, tz)) for at in islice(coming, most)]


def planned(version: Version, *, now: datetime, tz: ZoneInfo) -> list[Planned]:
    """What the clock will do with a version next, in order of time."""
    lost = "; but it is lost while the journey is paused" if version.status == Status.PAUSED else ""
    runs = next_runs(version, now=now, tz=tz, most=1)
    found = [Planned("Next run", it.at, f"{it.why}{lost}") for it in runs]
    if version.status == Status.SCHEDULED and version.start_at is not None and version.start_at > now:
        found.append(Planned("Starts", version.start_at, "that is when its entry begins"))
    if (ending := _ending(version, tz)) is not None and ending.at > now:
        found.append(ending)
    return sorted(found, key=lambda it: it.at)


def _ending(version: Version, tz: ZoneInfo) -> Planned | None:
    """When its entry will be over; None: it is, or will never be by itself (domain 2.2)."""
    if version.completes_at is not None:
        return Planned("Entry ends", version.completes_at, "its schedule ends then")
    if version.status not in RUNNING or version.start_at is None or version.next_run_at is None:
        return None
    schedule = parse(version.document).entry.timeline
    if isinstance(schedule, Recurring) and version.end_at is not None:
        return Planned("Entry ends", version.end_at, "its schedule ends then")
    if not isinstance(schedule, Once | Dates):
        return None
    *_, last = calendar.runs(schedule, start=version.start_at, tz=tz)
    return Planned("Entry ends", last, "that is its only run" if isinstance(schedule, Once) else "its last run is then")


def _why(document: Document, at: datetime, start: datetime, tz: ZoneInfo) -> str:
    schedule = document.entry.timeline
    assert schedule is not None
    if at == start or isinstance(schedule, Live | Once):
        return "its entry begins then"
    day = calendar.local_date(at, tz)
    begins = schedule.run_at == "day_start"
    if not begins:
        day -= calendar.DAY
    rhythm = _rhythm(schedule) if isinstance(schedule, Recurring) else "one of its dates"
    return f"{day:%A} {day.day} {day:%B} {'begins' if begins else 'is over'} then, {rhythm}"


def _rhythm(schedule: Recurring) -> str:
    every = f"every {schedule.unit}" if schedule.every == 1 else f"every {schedule.every} {schedule.unit}s"
    if schedule.unit == "week":
        return f"{every} on {', '.join(schedule.weekdays)}"
    if schedule.unit == "month":
        shorter = ", or the last of a shorter month" if (schedule.day or 0) > SHORTEST_MONTH else ""
        return f"{every} on day {schedule.day}{shorter}"
    return every


def says(planned: Planned, tz: ZoneInfo) -> str:
    """Next run: Tue 3 Mar 00:00, because Monday 2 March is over then, every week on mon."""
    local = planned.at.astimezone(tz)
    return f"{planned.what}: {local:%a} {local.day} {local:%b} {local:%H:%M}, because {planned.why}."


def soonest(*, now: datetime, tz: ZoneInfo, most: int) -> list[str]:
    """What the clock will do next with any journey, in words, soonest first."""
    versions = Version.objects.filter(status__in=RUNNING).select_related("journey")
    found = [(it, version) for version in versions for it in planned(version, now=now, tz=tz)]
    found.sort(key=lambda pair: pair[0].at)
    return [f"“{version.journey.name}”: {says(it, tz)}" for it, version in found[:most]]
