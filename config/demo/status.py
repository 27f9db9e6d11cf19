"""What the terminal of the demo says while it runs: `python -m config.demo.status ADDRESS SECONDS`.

Prints READY once Sojourn answers, then a line of live numbers every so many seconds.
"""

import sys
import time
from typing import Any

import django
import httpx

PATIENCE = 120  # seconds until Sojourn must have answered
READY = "ready"


def wait_until_ready(address: str) -> bool:
    """Wait until everything behind the address is in order; say whether that came true."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if (answer := _readyz(address)) and answer["ok"]:
            return True
        time.sleep(0.3)
    return False


def line(address: str) -> str:
    """The numbers of this moment."""
    from config.lib import sql
    from journeys import selectors
    from journeys.models import Status, Version

    published = Version.objects.exclude(status=Status.DRAFT).values_list("pk", flat=True)
    numbers = selectors.numbers(published).values()
    ((events,),) = sql.rows("SELECT last_value FROM profiles_event_id_seq")
    mails = sum(node.sent for version in numbers for node in version.nodes.values())
    answer = _readyz(address) or {}
    lag = max((answer.get(part, {}).get("lag_seconds", 0.0) for part in ("inbox", "due")), default=0.0)
    return (
        f"{time.strftime('%H:%M:%S')}  {events:,} events in · {sum(each.inside for each in numbers):,} people inside · "
        f"{mails:,} messages sent · {sum(each.goals_met for each in numbers):,} goals met · {lag:.1f} s behind"
    )


def _readyz(address: str) -> dict[str, Any] | None:
    try:
        answer: dict[str, Any] = httpx.get(f"{address}/readyz", timeout=5).json()
    except (httpx.HTTPError, ValueError):
        return None
    return answer


def main() -> None:
    """Until stopped. A database that fails for a moment costs one line."""
    from django.db import Error, connection

    address, seconds = sys.argv[1], float(sys.argv[2])
    if not wait_until_ready(address):
        sys.exit(f"Sojourn did not answer at {address} within {PATIENCE} seconds.")
    print(READY, flush=True)
    while True:
        time.sleep(seconds)
        try:
            print(line(address), flush=True)
        except Error:
            connection.close()


if __name__ == "__main__":
    django.setup()
    main()
