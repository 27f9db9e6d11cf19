"""How fast the pages of numbers and the list answer, with what 10,000,000 steps leave in the tallies.

    .venv/bin/python -m tests.bench.numbers

On a database of its own: one live journey of 20 nodes that counted for 90 days in all 64 lanes, folded, and counted on
in every lane since; 100,000 people inside it; and 1,000 journeys in the list, each with counters of its own, likewise.
Answers are whole HTTP answers, made in this process. The ledger is left out: no page reads it, which
tests/journeys/test_message_detail.py holds them to.
"""

import json
import os
import statistics
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

NODES, DAYS, STEPS, INSIDE, JOURNEYS, TIMES = 20, 90, 10_000_000, 100_000, 1_000, 9
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TODAY = date(2026, 3, 2)

_METRICS = (
    "arrived", "sent", "delivered", "viewed", "clicked", "failed", "converted", "revenue_cents", "left:sent",
    "left:viewed", "left:node_timeout", "exited:goal_1", "exited:journey_timeout", "exited_before:goal_1", "slept",
    "woke", "decided", "exited_unsent:goal_1", "variant:A:sent", "variant:B:sent", "reason:failed:hard bounce", "link:https://shop.example/cart",
    "link:https://shop.example/terms",
)  # fmt: skip
_TALLY = """
INSERT INTO journeys_tally (lane, version_id, node, metric, day, value)
SELECT lane, %(version)s, node, metric, %(today)s::date - back, %(each)s
  FROM generate_series(0, %(until)s::int) AS back
 CROSS JOIN generate_series(0, %(lanes)s::int - 1) AS lane
 CROSS JOIN generate_series(1, %(nodes)s) AS node
 CROSS JOIN unnest(%(metrics)s::text[]) AS metric
"""
_ENTRY = """
INSERT INTO journeys_tally (lane, version_id, node, metric, day, value)
SELECT lane, version.id, 0, metric, %(today)s::date - back, 100 + version.id %% 50
  FROM journeys_version AS version CROSS JOIN generate_series(0, %(until)s::int) AS back
 CROSS JOIN generate_series(0, %(lanes)s::int - 1) AS lane
 CROSS JOIN unnest(ARRAY['qualified', 'entered', 'held_out', 'exited:goal_1', 'exited:goal_2', 'exited:completed',
                         'exited:journey_timeout', 'again:2026-02-01', 'met_again:2026-02-20']) AS metric
"""
_INSIDE = """
INSERT INTO journeys_enrollment (lane, id, profile_id, journey_id, version_id, phase, node, visit, entered_at,
                                 arrived_at, heard_at, heard_id, entry_at, entry_id)
SELECT n %% 64, n, n, %(journey)s, %(version)s, CASE WHEN n %% 3 = 0 THEN 'asleep' ELSE 'waiting' END,
       1 + n %% %(nodes)s, 1, %(now)s, %(now)s, %(now)s, 0, %(now)s, 0
  FROM generate_series(1, %(inside)s) AS n
"""


def measure() -> list[dict[str, Any]]:
    """Figures as {name, median_ms, worst_ms, processor_ms}."""
    from tests.staff import signed_in

    version, rows = _make()
    print(f"{rows:,} counters, {INSIDE:,} people inside, {JOURNEYS:,} journeys.")
    page = f"/admin/journeys/journey/{version.journey_id}"
    api = f"/api/journeys/{version.journey_id}/versions/1/stats"
    addresses = {
        "node stats": f"{api}/nodes/",
        "engagement stats": f"{api}/engagement/",
        "journey stats, by day": f"{api}/journey/",
        "node stats of 30 days": f"{api}/nodes/?first=2026-02-01&last=2026-03-02",
        "message detail": f"{page}/message/?version=1&node=1",
        "list, newest first": "/admin/journeys/journey/",
        "list by entered": "/admin/journeys/journey/?o=-7",
        "list by rate": "/admin/journeys/journey/?o=-9",
        "list of 60 days by rate": "/admin/journeys/journey/?o=-9&counted_from=2026-01-01&counted_to=2026-03-01",
        "people inside": f"{page}/people/?version=1",
    }
    client = signed_in("cora")
    found = []
    for name, address in addresses.items():
        client.get(address)
        taken = []
        busy = _processor_ms()
        for _ in range(TIMES):
            began = time.perf_counter()
            answer = client.get(address)
            taken.append(1000 * (time.perf_counter() - began))
            if answer.status_code != 200:
                raise RuntimeError(f"{address} answered {answer.status_code}.")
        found.append(
            {
                "name": name,
                "median_ms": round(statistics.median(taken)),
                "worst_ms": round(max(taken)),
                "processor_ms": round((_processor_ms() - busy) / TIMES),
            }
        )
    return found


def _processor_ms() -> float:
    """Processor time so far of this process and of its PostgreSQL back end, which other work does not lengthen."""
    from config.lib import sql

    [(pid,)] = sql.rows("SELECT pg_backend_pid()")
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])  # user and system time
    return 1000 * (time.process_time() + ticks / os.sysconf("SC_CLK_TCK"))


def _make() -> tuple[Any, int]:
    """The world: (the large journey's version, counters)."""
    from config.lib import sql
    from journeys import folding, services
    from journeys.models import Journey, Version
    from tests.journeys.documents import email, journey, link

    document = journey(
        goals=[{"kind": "action", "name": name, "events": [{"event": name}]} for name in ("Bought", "Called")],
        nodes=[email(number, name=f"Mail {number}") for number in range(1, NODES + 1)],
        links=[link("entry", "yes", 1), *(link(number, "sent", number + 1) for number in range(1, NODES))],
    )
    version = services.create_journey(document=document, by=None, now=NOW)
    version = services.publish(version_id=version.pk, by=None, now=NOW)
    others = Journey.objects.bulk_create(
        Journey(name=f"Journey {number}", created_at=NOW) for number in range(1, JOURNEYS)
    )
    Version.objects.bulk_create(Version(journey=it, number=1, document=document, created_at=NOW) for it in others)
    shared = {"version": version.pk, "journey": version.journey_id, "nodes": NODES, "now": NOW, "today": TODAY}
    # Each metric but those of revenue, reasons and links is a step or a message's outcome. Here one lane counted the
    # days gone by, which is all the same once they are folded; what came since, all did, or eight for the others.
    each = max(1, STEPS // (NODES * 15 * DAYS))
    counters = shared | {"metrics": list(_METRICS), "each": each}
    sql.run(_TALLY, counters | {"until": DAYS - 1, "lanes": 1})
    sql.run(_ENTRY, shared | {"until": DAYS - 1, "lanes": 1})
    folding.fold(now=NOW + timedelta(days=1), zone=ZoneInfo("UTC"))
    sql.run(_TALLY, counters | {"until": 0, "lanes": 64})
    sql.run(_ENTRY, shared | {"until": 0, "lanes": 8})
    sql.run(_INSIDE, shared | {"inside": INSIDE})
    for table in ("journeys_tally", "journeys_total", "journeys_enrollment", "journeys_version", "journeys_journey"):
        sql.run(f"ANALYZE {table}")
    [(rows,)] = sql.rows("SELECT count(*) FROM journeys_tally")
    return version, int(rows)


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    from config import embedded

    embedded.ensure()
    django.setup()
    from django.conf import settings
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    setup_test_environment(debug=False)
    settings.WAKE_ENABLED = False
    made = setup_databases(verbosity=0, interactive=False, aliases=["default"], keepdb=False)
    try:
        for figure in measure():
            print(json.dumps(figure))
    finally:
        teardown_databases(made, verbosity=0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
