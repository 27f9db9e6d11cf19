"""`/healthz`: this process is alive. `/readyz`: what it needs is there, and how far the engine is behind.

Lag is told but fails nothing: events are accepted and kept however long the workers take, so taking the web server out
of a load balancer for it would only lose events. Watch `inbox.lag_seconds` and `due.lag_seconds` instead.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.celery import app
from config.lib import lanes, sql

SQL = sql.load(Path(__file__).with_suffix(".sql"))
MOST_COUNTED = 10_001  # rows; beyond ten thousand the exact number tells nobody more
BROKER_SECONDS = 2

Part = dict[str, object]


@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """Answer at all: no database, no broker."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when every part is in order, else 503. Each part is `{"ok": …}` with figures, or with `error` saying what."""
    now = timezone.now()
    checks: dict[str, Callable[[datetime], Part]] = {
        "database": _database,
        "broker": _broker,
        "migrations": _migrations,
        "inbox": _inbox,
        "due": _due,
    }
    parts: dict[str, Part] = {}
    for name, check in checks.items():
        try:
            parts[name] = {"ok": True} | check(now)
        except Exception as error:  # noqa: BLE001 (whatever goes wrong with a part is that part's state)
            parts[name] = {"ok": False, "error": (str(error).strip() or type(error).__name__).splitlines()[0]}
    fine = all(part["ok"] for part in parts.values())
    return JsonResponse({"ok": fine, **parts}, status=200 if fine else 503)


def _database(now: datetime) -> Part:
    sql.rows("SELECT 1")
    return {}


def _broker(now: datetime) -> Part:
    with app.connection_for_write(connect_timeout=BROKER_SECONDS) as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)
    return {}


def _migrations(now: datetime) -> Part:
    executor = MigrationExecutor(connection)
    missing = [str(migration) for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    if missing:
        return {"ok": False, "error": f"{len(missing)} migration(s) are not applied; run manage.py migrate."}
    return {}


def _inbox(now: datetime) -> Part:
    """Events accepted but not yet routed; `count` stops at MOST_COUNTED."""
    params = {"lanes": lanes.ALL, "most": MOST_COUNTED}
    ((oldest,),), ((count,),) = sql.rows(SQL["inbox_oldest"], params), sql.rows(SQL["inbox_count"], params)
    return {"lag_seconds": seconds_since(oldest, now), "count": count}


def _due(now: datetime) -> Part:
    """People whom the clock should have moved by now."""
    ((oldest,),) = sql.rows(SQL["due_oldest"], {"lanes": lanes.ALL, "now": now})
    return {"lag_seconds": seconds_since(oldest, now)}


def seconds_since(then: datetime | None, now: datetime) -> float:
    """How long ago an instant was; 0 for one to come, or none."""
    return max(0.0, round((now - then).total_seconds(), 3)) if then else 0.0
