"""The figures, each with its reference from the same run. Needs Django set up on a fresh database."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from django.utils import timezone

from channels import receipts
from channels.tracking import Ref
from config import embedded
from config.lib import lanes, sql
from journeys.models import Version
from profiles import eventtypes
from tests.bench import client, reference, sink, stack, world
from tests.bench.world import SQL

PEOPLE = 50_000
ACCEPTED, ACCEPTED_SINGLY = 100_000, 8_000
SIZES = (2_000, 10_000, 50_000)
MIDDLE = SIZES[1]
NODES, LIVE = 200, 200
DUE, WAITING = 100_000, 1_000_000
MAILS = 10_000
TRIALS = 100
PATIENCE_SECONDS = 600


class Bench:
    """One run. `found`: what bench.json will hold."""

    def __init__(self, running: stack.Stack, place: Path) -> None:
        self.running = running
        self.place = place
        self.calls = world.Calls()
        self.found: dict[str, dict[str, Any]] = {}

    def note(self, name: str, ours: float, bare: float, unit: str, **more: float) -> None:
        """Keep a figure and print its line."""
        more = {key: _rounded(value) for key, value in more.items()}
        self.found[name] = {"ours": _rounded(ours), "reference": _rounded(bare), "unit": unit, **more}
        extra = ", ".join(f"{key} {value:,}" for key, value in more.items())
        print(f"{name:24} {_rounded(ours):>12,} {_rounded(bare):>12,}  {unit:10} {extra}", flush=True)

    @contextmanager
    def _spending(self, number: int) -> Iterator[dict[str, float]]:
        """Fills the dict with microseconds of processor time that each kind of process spent, for each of `number`."""
        spent: dict[str, float] = {}
        before = self.running.cpu()
        yield spent
        spent |= {f"{name}_us": (now - before[name]) / number * 1e6 for name, now in self.running.cpu().items()}

    def send(self, requests: list[bytes], connections: int) -> client.Outcome:
        return client.run(requests, port=self.running.port, connections=connections, place=self.place)

    # ---- accepted over HTTP

    def accept_batch(self) -> None:
        """Events a second, durable at the 2xx, a thousand a call on 4 connections; beside COPY of the same rows."""
        self._accept("accept_batch", ACCEPTED, batch=1000, connections=4)

    def accept_single(self) -> None:
        """One event a call on 16 connections; beside COPY of one row a commit."""
        self._accept("accept_single", ACCEPTED_SINGLY, batch=1, connections=16)

    def _accept(self, name: str, number: int, *, batch: int, connections: int) -> None:
        records = (world.event(1 + at * 7 % PEOPLE, "Looked Around") for at in range(number))
        requests = list(self.calls.uploads(records, batch))
        with self._spending(number) as spent:
            outcome = self.send(requests, connections)
            drained = _until(self._idle)
        type_id = eventtypes.ids(["Looked Around"], now=timezone.now())["Looked Around"]
        now = timezone.now()
        people = [1 + at * 7 % PEOPLE for at in range(number)]
        rows = [
            (each % 64, each, type_id, now, now, "api", json.dumps(world.event(each)["evtData"])) for each in people
        ]
        with reference.alone():
            bare = reference.copy_inbox(rows, batch=batch, connections=connections if batch == 1 else 1)
        _until(self._idle)
        seconds = outcome.ended - outcome.began
        self.note(name, number / seconds, number / bare, "events/s", routed=number / (drained - outcome.began), **spent)

    # ---- journeys

    def journey(self, number: int, *, viewed: bool = False) -> None:
        """People a second, from the first POST to the last message handed over: one event a person, a hundred a call on
        4 connections. viewed: everyone opens the message, and the end is when the last has left.
        """
        repeated = 3 if number <= 2_000 else 1
        spent: dict[str, float] = {}
        samples = [self._journey(world.email_journey(viewed=viewed), number, viewed, spent) for _ in range(repeated)]
        ours, bare = (statistics.median(sample[at] for sample in samples) for at in range(2))
        name = f"journey_viewed_{number}" if viewed else f"journey_{number}"
        memory = {f"{process}_mb": megabytes for process, megabytes in self.running.memory().items()}
        self.note(name, number / ours, number / bare, "people/s", **memory, **spent)

    def large(self) -> None:
        """People a second through a journey of many nodes, by turns with the small one, which is the reference."""
        self._beside("journey_200_nodes", lambda: world.large_journey(NODES))

    def crowded(self) -> None:
        """People a second through the small journey while many are live, by turns with the small one alone."""

        def among_others() -> int:
            version = world.email_journey()
            world.publish_others(LIVE - 1)
            return version

        self._beside("journey_200_live", among_others)

    def _beside(self, name: str, publish: Callable[[], int]) -> None:
        """The median of three turns; each turn's reference is the small journey alone."""
        spent: dict[str, float] = {}
        turns = [
            (
                self._journey(world.email_journey(), MIDDLE, False, {})[0],
                self._journey(publish(), MIDDLE, False, spent)[0],
            )
            for _ in range(3)
        ]
        small, ours = (statistics.median(turn[at] for turn in turns) for at in range(2))
        self.note(name, MIDDLE / ours, MIDDLE / small, "people/s", **spent)

    def _journey(self, version: int, number: int, viewed: bool, spent: dict[str, float]) -> tuple[float, float]:
        """Seconds, ours and the reference's; what it cost goes into `spent`."""
        ((first_event,),) = sql.rows("SELECT coalesce(max(id), 0) FROM profiles_event")
        ((before,),) = sql.rows(SQL["recorded"])
        requests = list(self.calls.uploads((world.event(1 + at) for at in range(number)), 100))
        with self._spending(number) as spending:
            outcome = self.send(requests, 4)
            ended = _until(lambda: sql.rows(SQL["recorded"]) == [(before + number,)])
            seconds = ended - outcome.began
            _until(self._idle)
            if viewed:
                refs = [Ref(*row) for row in sql.rows(SQL["sent"], {"version": version})]
                began = time.monotonic()
                for at in range(0, number, 100):
                    receipts.record_receipt(refs[at : at + 100], "viewed", at=timezone.now())
                seconds += _until(lambda: sql.rows(SQL["inside"], {"version": version}) == [(0,)]) - began
            _until(lambda: sql.rows(SQL["inside"], {"version": version}) == [(0,)])
        spent |= spending
        with reference.alone():
            bare = reference.journey(version, rounds=3 if viewed else 2, first_event=first_event)
        return seconds, bare

    # ---- the clock

    def due(self) -> None:
        """Seconds for the clock to move those who are due, among those who wait."""
        version = world.waiting_journey()
        given = {"version": version, "journey": Version.objects.get(pk=version).journey_id, "now": timezone.now()}
        sql.run(SQL["asleep"], given | {"number": WAITING, "due": timezone.now() + timedelta(days=1)})
        _vacuum("journeys_enrollment")
        at = timezone.now() + timedelta(seconds=20)
        sql.run(SQL["asleep"], given | {"number": DUE, "due": at})
        left = (at - timezone.now()).total_seconds()
        if left < 0:
            raise RuntimeError("Making people up took longer than they sleep.")
        began = time.monotonic() + left
        time.sleep(left + 1)
        given = {"lanes": lanes.ALL, "now": at + timedelta(seconds=1)}
        ours = _until(lambda: sql.rows(SQL["due"], given) == [(False,)]) - began
        with reference.alone():
            bare = reference.due(version, given_journey(version), DUE)
        self.note("due", ours, bare, "s")

    # ---- mail

    def smtp(self) -> None:
        """Messages a second, rendered and handed to a mail server on this machine; beside sending alone, mails of the
        same size over one connection.
        """
        port = stack.free_port()
        command = [sys.executable, "-m", "tests.bench.sink", str(port)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdout.readline()
            version = world.email_journey(provider=world.smtp_provider(port))
            node = Version.objects.get(pk=version).nodes.get(number=1)
            now = timezone.now()
            given = {"version": version, "journey": given_journey(version), "campaign": node.campaign_id, "now": now}
            sql.run(SQL["queued"], given | {"number": MAILS, "due": now})
            _until(self._idle)
            server.stdin.close()
            seen = json.loads(server.stdout.read())
        if seen["mails"] != MAILS:
            raise RuntimeError(f"{seen['mails']} mails arrived instead of {MAILS}.")
        bare = sink.sending_alone(MAILS)
        self.note("smtp", MAILS / (seen["last"] - seen["first"]), MAILS / bare, "messages/s")

    # ---- one person

    def idle(self) -> None:
        """Milliseconds from one person's POST to the message handed over, with nothing else to do; beside the four
        commits of the same rows.
        """
        version = world.email_journey()
        ((first_event,),) = sql.rows("SELECT coalesce(max(id), 0) FROM profiles_event")
        profiles = {
            identity: profile for identity, profile in sql.rows("SELECT identity, id FROM profiles_profile") if identity
        }
        took = []
        for number in range(1, TRIALS + 1):
            profile = profiles[f"p{number}"]
            given = {"lane": profile % 64, "profile": profile, "version": version}
            connection = client.Connection(self.running.port)
            began = time.monotonic()
            connection.ask(self.calls.upload([world.event(number)]))
            took.append((_until(lambda: sql.rows(SQL["recorded_for"], given) == [(True,)], 0.001) - began) * 1000)  # noqa: B023
            _until(self._idle)
        with reference.alone():
            bare = reference.journey(version, rounds=2, first_event=first_event, size=1)
        took.sort()
        p99 = took[int(len(took) * 0.99)]
        self.note("idle_ms", statistics.median(took), bare / TRIALS * 1000, "ms", p99=p99)

    def _idle(self) -> bool:
        return sql.rows(SQL["unrouted"]) == [(False, False)]


def given_journey(version: int) -> int:
    """The journey of a version."""
    return Version.objects.get(pk=version).journey_id


def _until(condition: Callable[[], bool], pause: float = 0.005) -> float:
    """Wait until the condition holds and return when it did; asks seldom enough to cost a twentieth of one core."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        asked = time.monotonic()
        if condition():
            return time.monotonic()
        now = time.monotonic()
        if now > end:
            raise RuntimeError("The stack does not get done.")
        time.sleep(max(pause, 20 * (now - asked)))


def _vacuum(*tables: str) -> None:
    """Statistics as they are in a system that has been running."""
    with psycopg.connect(embedded.database_url(), autocommit=True) as connection:
        for table in tables or ("profiles_profile", "profiles_identity"):
            connection.execute(f"VACUUM ANALYZE {table}")


def _rounded(value: float) -> float:
    return round(value) if value >= 100 else round(value, 2)


FIGURES: dict[str, Callable[[Bench], None]] = {
    "accept_batch": Bench.accept_batch,
    "accept_single": Bench.accept_single,
    "idle_ms": Bench.idle,
    **{f"journey_{size}": lambda bench, size=size: bench.journey(size) for size in SIZES},
    **{f"journey_viewed_{size}": lambda bench, size=size: bench.journey(size, viewed=True) for size in SIZES},
    "journey_200_nodes": Bench.large,
    "journey_200_live": Bench.crowded,
    "smtp": Bench.smtp,
    "due": Bench.due,
}


def measure(place: Path, *, watch: stack.Watch, only: list[str] | None = None) -> dict[str, dict[str, Any]]:
    """Run the figures in order and return them by name."""
    world.create_people(PEOPLE)
    _vacuum()
    print(f"{'':24} {'ours':>12} {'bare SQL':>12}", flush=True)
    with stack.Stack(port=stack.free_port(), log=place / "stack.log", watch=watch) as running:
        bench = Bench(running, place)
        for name, figure in FIGURES.items():
            if only is None or name in only:
                figure(bench)
    return bench.found
