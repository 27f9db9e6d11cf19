"""Rehearsing a draft on stored history: what is told, what stays untouched, who may ask, and what is left behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import connection

from channels.models import Message
from config.lib import sql
from journeys import services
from journeys.engine.account import Account
from journeys.engine.route import route
from journeys.models import Journey, Rehearsal
from journeys.rehearsal import background, scratch, stored
from journeys.rehearsal.stored import RehearsalError
from profiles import accept
from profiles.models import Event
from tests.journeys.documents import email, journey, link, live
from tests.staff import person, signed_in

UTC_ZONE = ZoneInfo("UTC")
FIRST, LAST = date(2026, 3, 2), date(2026, 3, 4)
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAYS = stored.period(FIRST, LAST, now=NOW, zone=UTC_ZONE)
BEGIN = DAYS.begin
DRAFT = journey(
    nodes=[email(1), email(2)],
    links=[link("entry", "yes", 1, after="PT1H"), link(1, "node_timeout", 2)],
)


def happened(identity: str, name: str, at: datetime) -> None:
    """An event that was accepted and routed when it happened."""
    record = {"type": "event", "identity": identity, "evtName": name, "evtData": {}, "ts": int(at.timestamp())}
    assert not accept.accept([record], now=at).unprocessed
    while route(account=Account(UTC_ZONE), now=at, size=100):
        pass


@pytest.fixture
def history(db: None, settings: Any) -> None:
    """Ann and Bob left a basket within the days, Cid before them, and Ann did it again afterwards."""
    settings.ACCOUNT_TIMEZONE = "UTC"
    for identity, at in (
        ("cid", BEGIN - timedelta(days=3)),
        ("ann", BEGIN + timedelta(hours=9)),
        ("bob", BEGIN + timedelta(days=2, hours=22)),
        ("ann", BEGIN + timedelta(days=4)),
    ):
        happened(identity, "Added To Cart", at)


def rehearsed(document: Any = DRAFT) -> dict[str, Any]:
    return stored.rehearse(document, DAYS, lambda done: None)


def test_those_who_did_it_within_the_days_travel_at_their_own_instants(history: None) -> None:
    told = rehearsed()
    assert told["entry"] == {"qualified": 2, "entered": 2, "held_out": 0}
    assert (told["people"], told["events"], told["share"]) == (3, 2, 1.0)
    assert told["nodes"][0]["entered"] == 2
    ann = next(path for path in told["paths"] if path["name"] == "ann")
    assert [(move["what"], datetime.fromisoformat(move["at"])) for move in ann["moves"][:2]] == [
        ("entered", BEGIN + timedelta(hours=9)),
        ("arrived", BEGIN + timedelta(hours=10)),
    ]


def test_paths_are_told_on_the_clock_of_the_account(history: None, settings: Any) -> None:
    settings.ACCOUNT_TIMEZONE = "Asia/Kolkata"
    told = rehearsed()
    assert {move["at"][-6:] for path in told["paths"] for move in path["moves"]} == {"+05:30"}


def test_too_many_people_are_sampled_and_the_share_is_said(history: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "MOST_PEOPLE", 1)
    told = rehearsed()
    assert told["share"] == pytest.approx(1 / 3)
    assert told["people"] < 3


def test_a_start_beyond_the_days_becomes_at_once(history: None) -> None:
    later = {"start": "2027-01-01T09:00", "end": "2027-02-01T09:00"}
    assert rehearsed(DRAFT | {"entry": live(later)})["entry"]["entered"] == 2


def test_a_draft_that_cannot_go_live_is_refused_in_a_sentence(history: None) -> None:
    with pytest.raises(RehearsalError, match="cannot be rehearsed: "):
        rehearsed(journey(entry={"criteria": "live"}))


def test_nothing_of_the_account_changes(history: None) -> None:
    before = Event.objects.count()
    rehearsed()
    assert (Journey.objects.count(), Message.objects.count(), Event.objects.count()) == (0, 0, before)
    assert sql.rows("SELECT current_schema()::text") == [("public",)]
    assert sql.rows("SELECT FROM pg_namespace WHERE nspname LIKE 'rehearsal%%'") == []


def fared(**counts: int) -> None:
    """The account's e-mails so far: how many there were of what, on a day before. Everybody has an address."""
    sql.run("UPDATE profiles_profile SET email = identity || '@example.com'")
    version = services.create_journey(document=DRAFT, by=None, now=BEGIN)
    services.publish(version_id=version.pk, by=None, now=BEGIN)
    for metric, value in counts.items():
        sql.run(
            "INSERT INTO journeys_tally VALUES (0, %(version)s, 1, %(metric)s, %(day)s, %(value)s)",
            {"version": version.pk, "metric": metric, "day": FIRST - timedelta(days=9), "value": value},
        )


READ = journey(
    nodes=[email(1), email(2), {"id": 3, "kind": "force_exit"}],
    links=[link("entry", "yes", 1), link(1, "clicked", 2), link(1, "node_timeout", 3)],
)


def test_as_many_view_and_click_as_did_on_the_channel_before(history: None) -> None:
    fared(sent=400, viewed=400, clicked=400)
    told = rehearsed(READ)
    assert told["nodes"][0]["outcomes"] | {"sent": 2, "viewed": 2, "clicked": 2} == told["nodes"][0]["outcomes"]
    assert told["nodes"][1]["entered"] == 2
    ann = next(path for path in told["paths"] if path["name"] == "ann")
    sent, came = (
        datetime.fromisoformat(next(it["at"] for it in ann["moves"] if wanted.items() <= it.items()))
        for wanted in ({"what": "message", "outcome": "sent"}, {"what": "arrived", "node": 2})
    )
    assert came == sent + stored.CLICKED_AFTER
    [assumed] = told["assumed"]
    assert assumed.endswith(
        "100.0% view a message after an hour and 100.0% click, as of the 400 that were sent in the 90 days before and"
        " these."
    )


def test_who_views_is_drawn_the_same_each_time(history: None) -> None:
    for number in range(40):
        happened(f"person{number}", "Added To Cart", BEGIN + timedelta(hours=1))
    fared(sent=400, viewed=200)
    first, again = (rehearsed(READ)["nodes"][0]["outcomes"] for _ in range(2))
    assert first == again
    assert 0 < first["viewed"] < first["sent"] == 42


def test_nobody_views_where_too_few_were_sent_to_know_and_it_is_said(history: None) -> None:
    fared(sent=stored.FEWEST_SENT - 1, viewed=50)
    told = rehearsed(READ)
    assert "viewed" not in told["nodes"][0]["outcomes"]
    assert "nobody views or clicks" in told["assumed"][0]


def test_one_that_has_had_its_time_tells_how_far_it_came(history: None) -> None:
    told = stored.rehearse(DRAFT, DAYS, lambda done: None, lambda: True)
    reached = datetime.fromisoformat(told["played_until"])
    assert BEGIN + timedelta(hours=9) <= reached < BEGIN + timedelta(hours=10)
    assert told["entry"]["entered"] == 1
    assert rehearsed()["played_until"] is None


# Asked for in the back office -------------------------------------------------------------------------------------


def ask(by: str = "cora", document: Any = DRAFT) -> Rehearsal:
    return background.ask(document=document, first=FIRST, last=LAST, by=person(by), now=NOW, zone=UTC_ZONE)


def test_a_rehearsal_is_played_in_a_process_of_its_own(transactional_db: None, history: None) -> None:
    made = ask()
    assert background.play_next(clock=lambda: NOW, environment=surroundings())
    made.refresh_from_db()
    assert (made.state, made.error) == ("done", "")
    assert made.result["entry"]["entered"] == 2
    assert not background.play_next(clock=lambda: NOW)
    assert sql.rows("SELECT FROM pg_namespace WHERE nspname LIKE 'rehearsal%%'") == []


def test_one_that_is_refused_says_why(transactional_db: None, history: None) -> None:
    made = ask(document=journey(entry={"criteria": "live"}))
    background.play_next(clock=lambda: NOW, environment=surroundings())
    made.refresh_from_db()
    assert made.state == "failed"
    assert "cannot go live as it is" in made.error


def surroundings() -> dict[str, str]:
    """The process works on the test's database."""
    it = connection.settings_dict
    return {
        "DATABASE_URL": f"postgresql://{it['USER']}@{quote(it['HOST'], safe='')}:{it['PORT']}/{it['NAME']}",
        "ACCOUNT_TIMEZONE": "UTC",
    }


def schemas() -> list[str]:
    return [name for (name,) in sql.rows("SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'rehearsal%%'")]


@contextmanager
def somebody() -> Iterator[Any]:
    """A session of somebody else's."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            yield cursor
    finally:
        other.close()


@pytest.fixture
def held_up(transactional_db: None, history: None) -> Iterator[None]:
    """Players come to a halt once they have a schema, since a part of the history that they copy is locked."""
    with somebody() as cursor:
        cursor.execute("BEGIN; LOCK TABLE profiles_event_default IN ACCESS EXCLUSIVE MODE")
        yield


@pytest.fixture
def at_work(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Any], None]], None]:
    """Have something done to a player as soon as it is at work."""
    words = background._words

    def when(act: Callable[[Any], None]) -> None:
        def watched(process: Any, until: float) -> Iterator[dict[str, Any]]:
            for told in words(process, until):
                if told.get("progress") and schemas():
                    act(process)
                yield told

        monkeypatch.setattr(background, "_words", watched)
        monkeypatch.setattr(background, "LOOK", 0.05)

    return when


def test_one_that_is_left_midway_ends_and_leaves_nothing(held_up: None, at_work: Any) -> None:
    made, ended = ask(), []
    at_work(lambda process: (ended.append(process), Rehearsal.objects.filter(pk=made.pk).delete()))
    assert background.play_next(clock=lambda: NOW, environment=surroundings())
    assert (schemas(), ended[0].returncode) == ([], -signal.SIGKILL)
    assert not Rehearsal.objects.exists()


def test_one_whose_process_is_killed_says_that_it_broke_down_and_leaves_nothing(held_up: None, at_work: Any) -> None:
    made = ask()
    at_work(lambda process: process.kill())
    assert background.play_next(clock=lambda: NOW, environment=surroundings())
    made.refresh_from_db()
    assert (schemas(), made.state) == ([], "failed")
    assert "broke down" in made.error


def test_one_that_takes_too_long_is_ended(
    transactional_db: None, history: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ask()
    monkeypatch.setattr(background, "LIMIT", timedelta())
    assert background.play_next(clock=lambda: NOW, environment=surroundings())
    made.refresh_from_db()
    assert (schemas(), made.state) == ([], "failed")
    assert "choose fewer days" in made.error


def test_a_player_ends_with_its_watcher_and_drops_its_schema(held_up: None) -> None:
    command = [sys.executable, "manage.py", "rehearse_stored", str(ask().pk)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=settings.BASE_DIR, env={**os.environ, **surroundings()}, **pipes) as player:
        assert json.loads(player.stdout.readline()) == {"progress": 0.01}
        assert len(schemas()) == 1
        player.stdin.close()  # as when whoever holds it is killed
        assert player.wait(timeout=60) != 0
    assert schemas() == []


def test_one_that_is_interrupted_in_the_midst_of_a_statement_leaves_nothing(transactional_db: None) -> None:
    at_work = scratch.scratch(stored._own_account(Account(UTC_ZONE)))
    at_work.__enter__()
    connection.connection.pgconn.send_query(b"SELECT 1")  # sent, and nobody waits for its answer
    at_work.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert schemas() == []
    assert sql.rows("SELECT current_schema()::text") == [("public",)]


def test_one_that_was_lost_is_told_so_at_once_and_the_next_begins(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever watched it was killed, so nobody holds the lock."""
    lost, waiting = ask(), ask()
    Rehearsal.objects.filter(pk=lost.pk).update(state="playing", began_at=NOW)
    sql.run("CREATE SCHEMA rehearsal_1_lost")
    monkeypatch.setattr(background, "_watch", lambda rehearsal_id, environment: {"played": rehearsal_id})
    assert background.play_next(clock=lambda: NOW)
    lost.refresh_from_db()
    waiting.refresh_from_db()
    assert (lost.state, waiting.state, waiting.result) == ("failed", "done", {"played": waiting.pk})
    assert "interrupted" in lost.error
    assert schemas() == []


def test_there_is_one_at_a_time(transactional_db: None) -> None:
    Rehearsal.objects.filter(pk=ask().pk).update(state="playing", began_at=NOW)
    waits = ask()
    with somebody() as watcher:
        watcher.execute("SELECT pg_advisory_lock(hashtextextended('rehearsals', 0))")
        assert not background.play_next(clock=lambda: NOW)
    states = Rehearsal.objects.order_by("pk").values_list("pk", "state")
    assert dict(states)[waits.pk] == "waiting"
    assert "failed" not in dict(states).values()


def test_a_schema_whose_maker_was_killed_is_dropped_and_one_in_use_is_not(transactional_db: None) -> None:
    sql.run("CREATE SCHEMA rehearsal_1_dead")
    sql.run("CREATE SCHEMA rehearsal_1_used")
    try:
        with somebody() as cursor:
            cursor.execute(scratch.SQL["claim"], {"schema": "rehearsal_1_used"})
            old = ask()
            background.sweep(NOW + timedelta(days=2))
            assert schemas() == ["rehearsal_1_used"]
            assert not Rehearsal.objects.filter(pk=old.pk).exists()
    finally:
        sql.run("DROP SCHEMA rehearsal_1_used")


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        (date(2026, 3, 4), date(2026, 3, 2), "before it begins"),
        (date(2026, 1, 1), date(2026, 3, 2), "at most 31 days"),
        (date(2026, 4, 1), date(2026, 4, 2), "Nothing has happened"),
    ],
)
def test_days_that_cannot_be_are_refused(first: date, last: date, why: str) -> None:
    with pytest.raises(RehearsalError, match=why):
        stored.period(first, last, now=NOW, zone=UTC_ZONE)


URL = "/api/journeys/rehearsals/"


def posted(name: str) -> Any:
    body = json.dumps({"document": DRAFT, "first": "2026-03-02", "last": "2026-03-04"})
    return signed_in(name).post(URL, body, content_type="application/json")


def test_whoever_builds_journeys_may_rehearse_and_sees_only_their_own(db: None) -> None:
    assert [posted(name).status_code for name in ("mia", "apo", "cora", "adam")] == [403, 403, 201, 201]
    mine = Rehearsal.objects.get(by=person("cora"))
    assert signed_in("cora").get(f"{URL}{mine.pk}/").json()["state"] == "waiting"
    assert signed_in("adam").get(f"{URL}{mine.pk}/").status_code == 404
    assert signed_in("adam").delete(f"{URL}{mine.pk}/").status_code == 404
    assert signed_in("mia").get(f"{URL}{mine.pk}/").status_code == 403
    assert signed_in("cora").delete(f"{URL}{mine.pk}/").status_code == 204
    assert not Rehearsal.objects.filter(pk=mine.pk).exists()


def test_names_are_for_those_who_may_see_people(db: None) -> None:
    made = ask()
    paths = [{"profile": 7, "name": "Ann", "moves": []}]
    Rehearsal.objects.filter(pk=made.pk).update(state="done", result={"paths": paths})
    cora = person("cora")
    assert signed_in("cora").get(f"{URL}{made.pk}/").json()["result"]["paths"] == paths
    cora.groups.clear()
    cora.user_permissions.set(Permission.objects.filter(codename__in=("view_journey", "change_journey")))
    shown = signed_in("cora").get(f"{URL}{made.pk}/").json()["result"]["paths"]
    assert shown == [{"profile": None, "name": "Person 1", "moves": []}]


def test_nobody_fills_the_queue_alone(db: None) -> None:
    assert [posted("cora").status_code for _ in range(4)] == [201, 201, 201, 400]
