"""The home page: how it goes right now, renewed every few seconds, and the first steps for whoever has just arrived.

The figures cost a fixed handful of statements over counters. One web process works them out for everybody who looks:
they are kept for REMEMBERED seconds, or for twenty times what they took, if that is longer.
"""

import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config import health
from config.lib import lanes, sql
from journeys.folding import COUNTED

SQL = sql.load(Path(__file__).with_suffix(".sql"))
PERMISSION = "journeys.view_journey"
REMEMBERED = 2.0  # seconds
MOST_SHOWN = 8  # journeys in the table

Figures = dict[str, Any]

_lock = threading.Lock()
_remembered: tuple[float, Figures] | None = None  # good until (monotonic), figures


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What unfold's index page shows: figures for those who may see journeys, and the steps that are left."""
    if request.user.has_perm(PERMISSION):
        context |= {"figures": current(timezone.now()), "steps": first_steps(request)}
    return context | {"title": "Home"}


@require_safe
@never_cache
@permission_required(PERMISSION, raise_exception=True)
def figures(request: HttpRequest) -> JsonResponse:
    """The figures again, for the page to renew itself by."""
    return JsonResponse(current(timezone.now()))


def current(now: datetime) -> Figures:
    """The figures, at most a few seconds old."""
    global _remembered
    with _lock:
        began = time.monotonic()
        if _remembered is not None and _remembered[0] > began:
            return _remembered[1]
        found = count(now)
        spent = time.monotonic() - began
        _remembered = (began + max(REMEMBERED, 20 * spent), found)
        return found


def forget() -> None:
    """Have the figures counted anew."""
    global _remembered
    _remembered = None


def count(now: datetime) -> Figures:
    """Count everything the page shows, in five statements. Numbers are people, messages, or seconds (`…_lag`)."""
    local = now.astimezone(ZoneInfo(settings.ACCOUNT_TIMEZONE))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    every = {"lanes": lanes.ALL}
    states = dict(sql.rows(SQL["journeys"]))
    versions = sql.rows(SQL["tallies"], {"lanes": COUNTED, "day": local.date(), "midnight": midnight})
    ((waiting,),) = sql.rows(SQL["waiting_messages"], every | {"most": health.MOST_COUNTED})
    ((inbox,),) = sql.rows(health.SQL["inbox_oldest"], every)
    ((due,),) = sql.rows(health.SQL["due_oldest"], every | {"now": now})
    shown = [row for row in versions if row[3] in ("live", "paused", "scheduled")]
    return {
        "at": f"{local:%H:%M:%S}",
        "live": states.get("live", 0),
        "paused": states.get("paused", 0),
        "drafts": states.get("draft", 0),
        "inside": sum(row[4] - row[5] for row in versions),
        "entered_today": sum(row[6] for row in versions),
        "sent": sum(row[7] for row in versions),
        "failed": sum(row[8] for row in versions),
        "unreachable": sum(row[9] for row in versions),
        "waiting": min(waiting, health.MOST_COUNTED - 1),
        "waiting_more": waiting >= health.MOST_COUNTED,
        "inbox_lag": health.seconds_since(inbox, now),
        "due_lag": health.seconds_since(due, now),
        "journeys": [
            {
                "name": row[2],
                "url": reverse("admin:journeys_journey_change", args=[row[1]]),
                "state": row[3],
                "inside": row[4] - row[5],
                "entered_today": row[6],
                "sent": row[7],
            }
            for row in shown[:MOST_SHOWN]
        ],
        "journeys_more": max(0, len(shown) - MOST_SHOWN),
    }


def first_steps(request: HttpRequest) -> list[dict[str, Any]]:
    """What a newcomer does, in order, each with whether it is done; empty once a journey has been published."""
    [(credential, people, provider, journey, published)] = sql.rows(SQL["first_steps"])
    if published:
        return []
    can = request.user.has_perm
    steps = [
        (
            "Create an upload credential",
            "Your shop or app sends events with it.",
            "admin:profiles_credential_add",
            credential,
            can("profiles.add_credential"),
        ),
        ("Send a first event", "The page shows how, and lets you try.", "docs", people, True),
        (
            "Add a provider",
            "A mail server, for real messages. Without one the sandbox records them.",
            "admin:channels_provider_add",
            provider,
            can("channels.add_provider"),
        ),
        (
            "Draw up a journey",
            "A new one begins with an example that works.",
            "admin:journeys_journey_add",
            journey,
            can("journeys.add_journey"),
        ),
        (
            "Publish it",
            "Then people enter, and this page shows how they travel.",
            "admin:journeys_journey_changelist",
            published,
            can(PERMISSION),
        ),
    ]
    return [
        {"title": title, "help": text, "url": reverse(url) if allowed else None, "done": done}
        for title, text, url, done, allowed in steps
    ]
