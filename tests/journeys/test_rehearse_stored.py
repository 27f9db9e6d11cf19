"""Rehearsing a draft on stored history: what is told, what stays untouched, who may ask, and what is left behind."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.db import connection

from channels.models import Message
from config.lib import sql
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


def test_one_that_was_lost_is_told_so_and_the_next_begins(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    lost, waiting = ask(), ask()
    Rehearsal.objects.filter(pk=lost.pk).update(state="playing", began_at=NOW - timedelta(hours=1))
    monkeypatch.setattr(background, "_watch", lambda rehearsal_id, environment: {"played": rehearsal_id})
    assert background.play_next(clock=lambda: NOW)
    lost.refresh_from_db()
    waiting.refresh_from_db()
    assert (lost.state, waiting.state, waiting.result) == ("failed", "done", {"played": waiting.pk})


def test_there_is_one_at_a_time(db: None) -> None:
    Rehearsal.objects.filter(pk=ask().pk).update(state="playing", began_at=NOW)
    ask()
    assert not background.play_next(clock=lambda: NOW)


def test_a_schema_whose_maker_was_killed_is_dropped_and_one_in_use_is_not(transactional_db: None) -> None:
    sql.run("CREATE SCHEMA rehearsal_1_dead")
    sql.run("CREATE SCHEMA rehearsal_1_used")
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute(scratch.SQL["claim"], {"schema": "rehearsal_1_used"})
        old = ask()
        background.sweep(NOW + timedelta(days=2))
        found = sql.rows("SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'rehearsal%%'")
        assert found == [("rehearsal_1_used",)]
        assert not Rehearsal.objects.filter(pk=old.pk).exists()
    finally:
        other.close()
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
