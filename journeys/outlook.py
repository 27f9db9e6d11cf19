"""What will happen if a version is published as it is, or what stopping it would end: the lines of the dialog that
asks (domain 2.2, 2.4).
"""

from datetime import datetime
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from journeys import calendar, mentions, selectors, timeline
from journeys.document import Document, Live, config_of
from journeys.models import Status, Version
from journeys.nodes import KINDS
from segments import counting
from segments.errors import RuleError

NEXT_RUNS = 3
PATIENCE = 5.0  # seconds for counting who matches; a line less is no harm


class Line(NamedTuple):
    """One fact: what it is about, and the sentence."""

    what: str
    text: str


def lines(version: Version, document: Document, *, now: datetime, tz: ZoneInfo) -> list[Line]:
    """For a draft, who will enter and when; for a published version, how many are inside and what awaits them."""
    if version.status != Status.DRAFT:
        return _ending(version)
    return [*_entering(document, now, tz), *_leaving(document), *_others(version, document), *_to_check(document)]


def _ending(version: Version) -> list[Line]:
    numbers = selectors.version_numbers(version.pk)
    return [
        Line("Inside now", _people(numbers.inside)),
        Line("Entered so far", _people(numbers.entered)),
    ]


def _entering(document: Document, now: datetime, tz: ZoneInfo) -> list[Line]:
    segment, line = document.entry.segment, document.entry.timeline
    if segment is None or line is None:
        return []
    kind = KINDS[segment.kind]
    start = timeline.planned_start(document, now=now, tz=tz)
    begins = "at once" if start <= now else f"{_moment(start, tz)}"
    if isinstance(line, Live):
        end = timeline.planned_end(document, tz)
        until = f", until {_moment(end, tz)}" if end else ", until you stop or pause it"
        found = [Line("Who enters", f"Whoever meets “{segment.name or kind.label}”, from {begins} on{until}.")]
    else:
        runs = list(islice(calendar.runs(line, start=start, tz=tz), NEXT_RUNS))
        found = [Line("Runs", "; ".join(_moment(at, tz) for at in runs) + (" …" if len(runs) == NEXT_RUNS else ""))]
        rule = kind.audience(config_of(segment))
        if rule is not None:
            try:
                matching = counting.count(rule, now=now, tz=tz, seconds=PATIENCE).count
            except RuleError as error:
                found.append(Line("Match now", error.message))
            else:
                found.append(Line("Match now", _people(matching)))
    again = "Who has left may enter again." if document.entry.re_entry else "Everyone enters once."
    return [*found, Line("Again", again)]


def _leaving(document: Document) -> list[Line]:
    if not document.goals:
        return []
    names = [goal.name or KINDS[goal.kind].label for goal in document.goals]
    return [Line("Leave by", "; ".join(names))]


def _others(version: Version, document: Document) -> list[Line]:
    messages = sum(KINDS[node.kind].role == "engagement" for node in document.nodes)
    found = [Line("Messages", f"{messages} {'node sends' if messages == 1 else 'nodes send'} something.")]
    percent = document.control.journey_percent
    if percent:
        found.append(Line("Held out", f"{percent} % of those who qualify, as the journey's control group."))
    return found


def _to_check(document: Document) -> list[Line]:
    """What the person who publishes says to have looked at (domain 2.4)."""
    names = mentions.audience_names(document)
    if not names:
        return []
    named = ", ".join(f"“{name}”" for name in names)
    return [Line("Segments", f"{named}. By publishing you confirm that you have checked whom they hold.")]


def _people(count: int) -> str:
    return "nobody" if count == 0 else "1 person" if count == 1 else f"{count:,} people"


def _moment(at: datetime, tz: ZoneInfo) -> str:
    return f"{at.astimezone(tz):%a %-d %b %Y %H:%M}"
