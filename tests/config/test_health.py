"""/healthz and /readyz: what they answer when all is well, and when one part is not."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from config.celery import app
from config.lib import sql


def test_alive_needs_no_database(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_ready_when_every_part_is_in_order(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.json() == {
        "ok": True,
        "database": {"ok": True},
        "broker": {"ok": True},
        "migrations": {"ok": True},
        "inbox": {"ok": True, "lag_seconds": 0.0, "count": 0},
        "due": {"ok": True, "lag_seconds": 0.0},
    }
    assert answer.status_code == 200


@pytest.mark.django_db
def test_lag_is_told_for_the_inbox(client: Client) -> None:
    now = timezone.now()
    columns = ["lane", "profile_id", "type_id", "at", "received_at", "source", "properties"]
    rows = [(lane, lane, 1, now, now - timedelta(seconds=lane), "api", "{}") for lane in (3, 90 % 64, 7)]
    sql.copy("profiles_inbox", columns, rows)
    inbox = client.get("/readyz").json()["inbox"]
    assert inbox["count"] == 3
    assert 26 <= inbox["lag_seconds"] < 40


@pytest.mark.django_db
def test_a_broker_that_is_away_makes_it_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    away = app.connection_for_write("redis+socket:///nowhere/valkey.sock")
    monkeypatch.setattr(app, "connection_for_write", lambda **_: away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["broker"]["ok"] is False
    assert "nowhere" in answer.json()["broker"]["error"]
    assert answer.json()["database"] == {"ok": True}


@pytest.mark.django_db
def test_a_missing_migration_makes_it_not_ready(client: Client) -> None:
    sql.run("DELETE FROM django_migrations WHERE app = 'sessions'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["migrations"]["error"] == "1 migration(s) are not applied; run manage.py migrate."
