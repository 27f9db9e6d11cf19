"""Labels: words that people hang on journeys to find them again (domain 2.6). They come to be by being typed."""

from datetime import datetime
from pathlib import Path

from django.contrib.auth.models import User

from config.lib import sql
from journeys import versions
from journeys.errors import JourneyError
from journeys.models import Version

SQL = sql.load(Path(__file__).with_suffix(".sql"))

LONGEST = 40  # characters of one
MOST = 20  # of one journey


def known() -> list[str]:
    """All labels that are in use, in order."""
    return [label for (label,) in sql.rows(SQL["known"])]


def read(text: str) -> list[str]:
    """Labels as they are typed, with commas between. Raises JourneyError for what cannot be a label."""
    labels = list(dict.fromkeys(" ".join(part.split()) for part in text.split(",") if part.strip()))
    if not labels:
        raise JourneyError("Type at least one label.", code="label")
    for label in labels:
        if len(label) > LONGEST:
            raise JourneyError(
                f"“{label[:LONGEST]}…” is too long; a label has at most {LONGEST} characters.", code="label"
            )
    return labels


def add(*, journey_id: int, labels: list[str], by: User | None, now: datetime) -> list[str]:
    """Hang labels on a journey, in any state but archived; return those that it had not. Whoever has a label in another
    case keeps theirs. Raises JourneyError.
    """
    version = _latest(journey_id)
    there = version.journey.labels
    have = {label.casefold() for label in there}
    new = [label for label in labels if label.casefold() not in have]
    if not new:
        raise JourneyError("It has that label already.", code="label")
    if len(there) + len(new) > MOST:
        raise JourneyError(f"It has {len(there)} labels; a journey has at most {MOST}.", code="label")
    versions.rename(version_id=version.pk, labels=[*there, *new], by=by, now=now)
    return new


def remove(*, journey_id: int, label: str, by: User | None, now: datetime) -> None:
    """Take a label off a journey; one that it has not is no matter. Raises JourneyError."""
    version = _latest(journey_id)
    left = [it for it in version.journey.labels if it != label]
    versions.rename(version_id=version.pk, labels=left, by=by, now=now)


def _latest(journey_id: int) -> Version:
    version = Version.objects.filter(journey=journey_id).order_by("-number").select_related("journey").first()
    if version is None:
        raise JourneyError(f"There is no journey {journey_id}.", code="not_found")
    return version
