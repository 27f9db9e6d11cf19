"""The labels of a journey are told by the events of its messages (domain 11.3), as they are at the time."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from channels import outbox
from config.lib import sql
from journeys import labels, services
from journeys.engine.account import Account
from journeys.engine.pump import pump
from profiles.accept import accept
from tests.journeys.documents import journey

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ACCOUNT = Account(ZoneInfo("UTC"))

pytestmark = pytest.mark.django_db


def does(name: str) -> None:
    record = {"type": "event", "identity": name, "evtName": "Added To Cart"}
    profile = {"type": "profile", "identity": name, "profileData": {"Email": f"{name}@example.com"}}
    assert accept([profile, record], now=NOON).status == "success"
    while pump(account=ACCOUNT, clock=lambda: NOON) or outbox.dispatch(now=NOON, batch=100):
        pass


def told() -> list[Any]:
    """The labels of each Notification Sent, in order; None where none are told."""
    rows = sql.rows(
        """SELECT e.properties::text FROM profiles_event AS e JOIN profiles_eventtype AS t ON t.id = e.type_id
            WHERE t.name = 'Notification Sent' ORDER BY e.id"""
    )
    return [msgspec.json.decode(text).get("labels") for (text,) in rows]


def test_they_are_those_that_the_journey_has_at_the_time() -> None:
    made = services.create_journey(document=journey(), by=None, now=NOON)
    services.publish(version_id=made.pk, by=None, now=NOON)
    does("ann")
    labels.add(journey_id=made.journey_id, labels=["retention", "“spring”"], by=None, now=NOON)
    does("bob")
    labels.remove(journey_id=made.journey_id, label="retention", by=None, now=NOON)
    does("cat")
    assert told() == [None, ["retention", "“spring”"], ["“spring”"]]


def test_a_new_version_has_them_from_the_start() -> None:
    made = services.create_journey(document=journey(labels=["retention"]), by=None, now=NOON)
    services.publish(version_id=made.pk, by=None, now=NOON)
    does("ann")
    assert told() == [["retention"]]
