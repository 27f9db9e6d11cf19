"""When a journey's messages may go out: what its document says of that, for channels to keep and for publishing to
check (domain 3.5, 5.5).
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from channels import policy, quiet
from config.lib.errors import Problem
from journeys import calendar, sleep, timeline
from journeys.document import Document, Link, Live, Recurring
from journeys.graph import ENTRY
from journeys.nodes import frequency
from journeys.nodes.engagement import Ever, Every, Limits, messages
from journeys.nodes.frequency import Frequency

RUNS = 100  # runs of a recurring entry that are looked at: two years of weeks, eight of months
LONGEST_RECURRENCE = 30  # days, weeks or months
MONDAY = date(2024, 1, 1)  # of any week
ANY_ZONE = ZoneInfo("UTC")  # of one whose clocks do not change


def policy_of(document: Document, number: int, config: dict[str, Any]) -> dict[str, Any]:
    """Whether and when a node's messages may be sent, as channels.policy has it: what sets no rule is left out. config:
    that of the engagement node with the number, as JSON.
    """
    rules: dict[str, Any] = {}
    limits = Limits.model_validate(config["limits"])
    if fixed := [it.sleep for it in document.links if it.to == number and it.sleep and it.sleep.clock is not None]:
        days = {day for it in fixed for day in (it.only.weekdays if it.only else ())}
        rules["fixed"] = [day for day in quiet.DAYS if day in days or not days]
    if document.dnd:
        rules["dnd"] = document.dnd.model_dump(mode="json", by_alias=True)
        if _at_best_time(document, number):
            rules["dnd"]["then"] = "drop"  # whoever's best time is in quiet hours gets nothing (domain 5.4)
    if document.entry.criteria == "live":
        rules["runs"] = False
    if not limits.global_:
        rules["global"] = False
    match limits.node:
        case Ever(ever=times):
            rules["node"] = {"ever": times}
        case Every(every=interval):
            rules["node"] = {"every": interval.total_seconds()}
    if config["frequency"] is not None:
        rules["frequency"] = frequency.policy(Frequency.model_validate(config["frequency"]))
    for name in ("groups", "critical"):
        if config.get(name):
            rules[name] = config[name]
    if config["throttle"] is not None and not _unthrottled(document, number, config["user_timezone"]):
        rules["throttle"] = config["throttle"]
    return rules


def _unthrottled(document: Document, number: int, user_timezone: bool) -> str | None:
    """Why a node's throttle is left aside (domain 5.4); None when it is kept."""
    if document.timezone.use == "user" and user_timezone:
        return "it is sent by the person's own clock"
    if _at_best_time(document, number):
        return "it is sent at each person's best time"
    entry = document.entry.segment
    actions = {node.id for node in document.nodes if node.kind == "action"}
    if entry is not None and entry.kind == "action":
        actions.add(ENTRY)
    if any(link.to == number and link.source in actions and link.sleep is None for link in document.links):
        return "it directly follows an action"
    return None


def _at_best_time(document: Document, number: int) -> bool:
    return any(link.to == number and link.sleep and link.sleep.best_time for link in document.links)


def throttles(document: Document, *, label: Callable[[int], str]) -> Iterator[Problem]:
    """The throttles that are left aside."""
    for number, config in messages(document):
        if config.throttle is not None and (why := _unthrottled(document, number, config.user_timezone)):
            message = f"{label(number)} is not throttled, since {why}; leave the throttle out."
            yield Problem("K26", "warning", number, "config.throttle", message)


def findings(document: Document, *, label: Callable[[int], str], now: datetime, tz: ZoneInfo) -> Iterator[Problem]:
    """What is wrong with the quiet hours, and which fixed send times they swallow. label: names a node."""
    dnd = document.dnd
    if dnd is None:
        return
    if not dnd.windows:
        yield Problem("K02", "error", None, "dnd.windows", "Choose the quiet hours, or leave quiet hours out.")
    for index, window in enumerate(dnd.windows):
        if not window.days:
            message = f"Choose the days of the quiet hours from {window.from_} to {window.to}."
            yield Problem("K02", "error", None, f"dnd.windows[{index}].days", message)
    hours = policy.quiet_hours(dnd.model_dump(mode="json", by_alias=True))
    if quiet.always(hours):
        message = "Quiet hours cover the whole week, so that nothing could ever be sent; leave some time."
        yield Problem("K10", "error", None, "dnd.windows", message)
        return
    kinds = {node.id: node.kind for node in document.nodes}
    for index, link in enumerate(document.links):
        if link.sleep is None or link.sleep.clock is None or kinds.get(link.to) not in quiet.CHANNELS:
            continue
        days = _send_times(document, link, now, tz)
        inside = [at for at in days if hours.inside(at) is not None]
        field = f"links[{index}].sleep.clock"
        if days and len(inside) == len(days):
            message = f"{label(link.to)} is sent at {link.sleep.clock}, always in quiet hours; choose another time."
            yield Problem("K10", "error", link.to, field, message)
        elif inside:
            named = ", ".join(sorted({f"{at:%A}" for at in inside}, key=_ORDER.index))
            then = "held" if dnd.then == "hold" else "dropped"
            message = f"{label(link.to)} is sent at {link.sleep.clock}, in quiet hours on {named}: it is {then} then."
            yield Problem("K10", "warning", link.to, field, message)


_ORDER = [f"{MONDAY + timedelta(days=n):%A}" for n in range(7)]


def _send_times(document: Document, link: Link, now: datetime, tz: ZoneInfo) -> list[datetime]:
    """The wall times at which somebody may be sent something by a link with a clock time: those of the entry's runs, or
    one for each weekday of any week.
    """
    assert link.sleep is not None
    assert link.sleep.clock is not None
    schedule = document.entry.timeline
    runs_decide = link.source == ENTRY and document.timezone.use == "account"
    if isinstance(schedule, Recurring) and abs(schedule.every) > LONGEST_RECURRENCE:
        return []  # there is no such recurrence, which is said elsewhere
    if runs_decide and schedule is not None and not isinstance(schedule, Live):
        start = timeline.planned_start(document, now=now, tz=tz)
        runs = islice(calendar.runs(schedule, start=start, tz=tz), RUNS)
        return [sleep.until(link.sleep, at, tz).astimezone(tz) for at in runs]
    midnights = (datetime.combine(MONDAY + timedelta(days=n), time(), UTC) for n in range(len(quiet.DAYS)))
    return sorted({sleep.until(link.sleep, at, ANY_ZONE) for at in midnights})
