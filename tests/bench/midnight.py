"""A midnight with everyone waiting: how long it takes, and how far live routing falls behind meanwhile.

python -m tests.bench.midnight                     1,000,000 people at 20 past-behaviour nodes
python -m tests.bench.midnight --people 100000     fewer

Prints the seconds from the instant at which the midnight can be worked to the last person's move, and the greatest age
of an event in the inbox while new ones came in; writes SOJOURN_HOME/bench-midnight.json.
"""

import argparse
import json
import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.bench import stack

NODES = 20
LIVE_CALL, LIVE_PAUSE = 100, 0.25  # events a call, seconds between calls
PATIENCE_SECONDS = 900


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.midnight", description="Measure a midnight.")
    parser.add_argument("--people", type=int, default=1_000_000, help="how many wait")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    home = Path(os.environ.get("SOJOURN_HOME") or stack.BASE_DIR / ".sojourn").absolute()
    place = home / "bench-midnight"
    stack.fresh_home(place)

    import django

    django.setup()
    from config import embedded

    with stack.guarded() as watch:
        embedded.ensure()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        found = _measure(arguments.people, place, watch)
    (home / "bench-midnight.json").write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found))
    return 0


def _measure(people: int, place: Path, watch: stack.Watch) -> dict[str, Any]:
    from django.utils import timezone

    from config.lib import lanes, sql
    from journeys import calendar
    from journeys.engine import account
    from journeys.models import Status, Version
    from profiles import eventtypes
    from tests.bench import world

    statements = sql.load(Path(__file__).with_suffix(".sql"))
    now, zone = timezone.now(), account.current().zone
    midnight = calendar.midnight(calendar.local_date(now, zone), zone)
    world.create_people(people)
    type_id = eventtypes.ids(["Charged"], now=now)["Charged"]
    sql.run(statements["bought"], {"type": type_id, "at": midnight - timedelta(days=3)})
    world.email_journey()
    waiting = Version.objects.get(pk=_publish(now))
    Version.objects.filter(pk=waiting.pk).update(status=Status.DRAFT)  # nobody moves until everyone is there
    given = {"version": waiting.pk, "journey": waiting.journey_id, "now": midnight - timedelta(hours=9)}
    sql.run(statements["wait"], given | {"nodes": NODES, "due": midnight})
    for table in ("journeys_enrollment", "profiles_event", "profiles_profile"):
        sql.run(f"VACUUM ANALYZE {table}")
    with stack.Stack(port=stack.free_port(), log=place / "stack.log", watch=watch) as running:
        from tests.bench import client

        calls, partner = world.Calls(), client.Connection(running.port)
        Version.objects.filter(pk=waiting.pk).update(status=Status.LIVE)
        began, lag, sent = time.monotonic(), 0.0, 0
        while sql.rows(statements["left"], {"lanes": lanes.ALL, "due": midnight}) == [(True,)]:
            if time.monotonic() - began > PATIENCE_SECONDS:
                raise RuntimeError("The midnight takes too long.")
            records = [world.event(1 + (sent + n) % people) for n in range(LIVE_CALL)]
            status, body = partner.ask(calls.upload(records))
            if status != "200":
                raise RuntimeError(f"Events were not accepted: {status} {body[:500]!r}")
            sent += LIVE_CALL
            ((behind,),) = sql.rows(statements["lag"], {"now": timezone.now()})
            lag = max(lag, behind)
            time.sleep(LIVE_PAUSE)
        seconds = time.monotonic() - began
    return {
        "people": people,
        "nodes": NODES,
        "midnight_s": round(seconds, 1),
        "live_events": sent,
        "live_lag_s": round(lag, 2),
    }


def _publish(now: Any) -> int:
    """Twenty past-behaviour nodes, each with another question; No leads on to the next one."""
    from journeys import services

    rules = [
        {"did": {"event": "Charged", "where": [{"property": "amount", "op": ">", "value": 5 * n}]}}
        for n in range(NODES)
    ]
    nodes: list[dict[str, Any]] = [
        {"id": n, "kind": "past_behaviour", "config": {"rule": rule}} for n, rule in enumerate(rules, start=1)
    ]
    end = NODES + 1
    nodes.append({"id": end, "kind": "force_exit"})
    links: list[dict[str, Any]] = [{"from": "entry", "via": "yes", "to": 1}]
    for n in range(1, NODES + 1):
        links += [{"from": n, "via": "yes", "to": end}, {"from": n, "via": "no", "to": n + 1}]
    document = {
        "name": "Midnight",
        "entry": {
            "criteria": "live",
            "segment": {"kind": "action", "events": [{"event": "Began"}]},
            "timeline": {"start": "now", "end": None},
        },
        "nodes": nodes,
        "links": links,
    }
    version = services.create_journey(document=document, by=None, now=now)
    return services.publish(version_id=version.pk, by=None, now=now).pk


if __name__ == "__main__":
    raise SystemExit(main())
