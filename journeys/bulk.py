"""One action on many journeys: done where it fits, told where it does not (domain 2.3)."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Literal, NamedTuple

from django.contrib.auth.models import User

from journeys import selectors, services
from journeys.errors import JourneyError

Action = Literal["pause", "resume", "stop", "archive", "unarchive"]


class Outcome(NamedTuple):
    """What became of the journeys, by id: those it was done to, and why it was not done to the others."""

    applied: list[int]
    skipped: dict[int, str]


ON_VERSION: dict[str, Callable[..., Any]] = {
    "pause": services.pause,
    "resume": services.resume,
    "stop": services.stop,
}
ON_JOURNEY: dict[str, Callable[..., Any]] = {"archive": services.archive, "unarchive": services.unarchive}


def apply(action: Action, *, journey_ids: Iterable[int], by: User | None, now: datetime) -> Outcome:
    """Do it to each journey, in a transaction of its own, by the version that people enter or move by."""
    outcome = Outcome([], {})
    for journey_id in dict.fromkeys(journey_ids):
        try:
            if action in ON_JOURNEY:
                ON_JOURNEY[action](journey_id=journey_id, by=by, now=now)
            else:
                version = selectors.current(journey_id)
                if version is None:
                    raise JourneyError(f"There is no journey {journey_id}.", code="not_found")
                ON_VERSION[action](version_id=version.pk, by=by, now=now)
        except JourneyError as error:
            outcome.skipped[journey_id] = error.message
        else:
            outcome.applied.append(journey_id)
    return outcome
