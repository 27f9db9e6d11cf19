"""What both forms of a report say of a version, and how values are written."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from journeys.document import Document
from journeys.models import Version

ENTRY_TYPES = {"live": "Live", "past": "Past behaviour"}

JOURNEY = (
    "Start", "End", "Journey name", "Journey ID", "Labels", "Version", "Version name", "Entry type", "Re-entry allowed",
    "Status", "Created by", "Created on", "Published by", "Published on", "Nodes", "URL",
)  # fmt: skip


def journey(version: Version, document: Document, zone: ZoneInfo) -> list[Any]:
    """The cells of JOURNEY. version: with its journey and people."""
    return [
        instant(version.start_at, zone),
        instant(version.ended_at or version.end_at, zone),
        version.journey.name,
        version.journey_id,
        joined(version.journey.labels),
        version.number,
        document.name,
        ENTRY_TYPES[document.entry.criteria],
        "yes" if document.entry.re_entry else "no",
        version.get_status_display(),
        version.created_by or "",
        instant(version.created_at, zone),
        version.published_by or "",
        instant(version.published_at, zone),
        len(document.nodes),
        address("canvas", version),
    ]


def address(page: str, version: Version, *parts: str) -> str:
    """A page of the journey, for whoever reads the file elsewhere. parts: further parameters."""
    path = reverse(f"admin:journeys_journey_{page}", args=[version.journey_id])
    return f"{settings.PUBLIC_URL}{path}?" + "&".join([f"version={version.number}", *parts])


def joined(values: Iterable[Any]) -> str:
    """Several values in one cell (domain 10.2)."""
    return "|".join(str(value) for value in values)


def instant(at: datetime | None, zone: ZoneInfo) -> str:
    """On the account's clock; empty for none."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""


def span(duration: timedelta | None) -> str:
    """As people say it: 2 d 3 h 30 min; empty for none."""
    if duration is None:
        return ""
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{amount} {unit}" for amount, unit in parts if amount) or "0 min"
