"""What waits on people's devices as they travel: put down at the arrival, taken back when they leave unseen."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from channels import ondevice, outbox
from channels.models import OnDevice
from config.lib import sql
from journeys import selectors, services
from journeys.engine.account import Account
from journeys.engine.pump import pump
from profiles import identities
from profiles.accept import accept
from tests.journeys.documents import email, journey, link

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ACCOUNT = Account(ZoneInfo("UTC"))

pytestmark = pytest.mark.django_db


def node(kind: str, **changes: Any) -> dict[str, Any]:
    return {"id": 1, "kind": kind, "config": {"content": {"html": "<p>Hi</p>"}}, "window": "PT1H"} | changes


def live(kind: str, *links: Any, **changes: Any) -> int:
    """A published journey of one node, then an e-mail; its version."""
    document = journey(nodes=[node(kind), email(2)], links=[link("entry", "yes", 1), *links], **changes)
    if not links:
        document["nodes"] = [node(kind)]
    made = services.create_journey(document=document, by=None, now=NOON)
    return services.publish(version_id=made.pk, by=None, now=NOON).pk


def does(name: str, now: datetime, *, source: str = "device") -> None:
    """Ada does something, and everything that follows from it at that instant happens."""
    record = {"type": "event", "identity": "ada", "evtName": name, "ts": int(now.timestamp())}
    assert accept([record], now=now, source=source).status == "success"
    settle(now)


def settle(now: datetime) -> None:
    while pump(account=ACCOUNT, clock=lambda: now) or outbox.dispatch(now=now, batch=100):
        pass


def waiting() -> list[str]:
    return list(OnDevice.objects.order_by("message_id").values_list("channel", flat=True))


def steps() -> list[tuple[str, int | None, str | None]]:
    """(what, node, via, outcome or reason) of Ada's ledger from her arrival at node 1 on, without the e-mail's."""
    return sql.rows("SELECT what, node, coalesce(via, outcome, reason) FROM journeys_step WHERE node = 1 ORDER BY id")


@pytest.mark.parametrize("kind", ["in_app", "web_popup", "exit_intent", "web_native"])
def test_who_leaves_unseen_by_node_timeout_is_shown_nothing_any_more(kind: str) -> None:
    live(kind, link(1, "clicked", 2), link(1, "node_timeout", 2))
    does("Added To Cart", NOON)
    assert waiting() == [kind]
    settle(NOON + HOUR - MINUTE)
    assert waiting() == [kind]
    settle(NOON + HOUR)
    assert waiting() == []
    assert steps() == [("arrived", 1, None), ("message", 1, "sent"), ("left", 1, "node_timeout")]


def test_the_window_counts_from_the_arrival_however_late_the_message_was_put_down() -> None:
    live("in_app", link(1, "viewed", 2), link(1, "node_timeout", 2))
    does_record = {"type": "event", "identity": "ada", "evtName": "Added To Cart", "ts": int(NOON.timestamp())}
    accept([does_record], now=NOON, source="device")
    pump(account=ACCOUNT, clock=lambda: NOON)
    settle(NOON + 30 * MINUTE)  # the dispatcher was busy
    [(closes_at,)] = sql.rows("SELECT closes_at FROM journeys_enrollment")
    assert closes_at == NOON + HOUR


@pytest.mark.parametrize("kind", ["in_app", "web_popup"])
def test_who_meets_a_goal_is_shown_nothing_any_more(kind: str) -> None:
    goals = [{"kind": "action", "events": [{"event": "Charged"}]}]
    live(kind, link(1, "clicked", 2), goals=goals)
    does("Added To Cart", NOON)
    does("Charged", NOON + MINUTE, source="api")
    assert waiting() == []


def test_nobody_is_shown_anything_of_a_stopped_journey() -> None:
    version = live("in_app", link(1, "clicked", 2))
    does("Added To Cart", NOON)
    services.stop(version_id=version, by=None, now=NOON + MINUTE, wait=True)
    assert waiting() == []


def test_a_pop_up_that_a_journey_ends_with_is_still_shown() -> None:
    version = live("web_popup")
    does("Added To Cart", NOON)
    assert steps()[-1] == ("exited", 1, "completed")
    ada = identities.resolve(["ada"], create=False, now=NOON)["ada"]
    [message] = ondevice.fetch(profile_id=ada, timezone=None, now=NOON + DAY)
    assert message.content["html"] == "<p>Hi</p>"
    assert selectors.conservation(version) == []


def test_the_app_inbox_keeps_what_it_has_whatever_becomes_of_the_person() -> None:
    version = live("app_inbox", link(1, "viewed", 2), link(1, "node_timeout", 2))
    does("Added To Cart", NOON)
    settle(NOON + HOUR)
    assert steps()[-1] == ("left", 1, "node_timeout")
    assert waiting() == ["app_inbox"]
    services.stop(version_id=version, by=None, now=NOON + 2 * HOUR, wait=True)
    ada = identities.resolve(["ada"], create=False, now=NOON)["ada"]
    assert ondevice.fetch(profile_id=ada, timezone=None, now=NOON + 2 * HOUR) == []  # nothing is sent of it any more


def test_an_inbox_message_whose_time_is_past_on_the_persons_clock_leaves_them_waiting_for_node_timeout() -> None:
    entry = link("entry", "yes", 1) | {"sleep": {"days": 0, "clock": "08:00"}}
    document = journey(
        nodes=[node("app_inbox"), email(2)],
        links=[entry, link(1, "viewed", 2), link(1, "node_timeout", 2)],
        timezone={"use": "user", "late": "drop"},
    )
    made = services.create_journey(document=document, by=None, now=NOON)
    version = services.publish(version_id=made.pk, by=None, now=NOON).pk
    does("Added To Cart", NOON)
    assert waiting() == []
    settle(NOON + HOUR)
    assert steps() == [("arrived", 1, None), ("message", 1, "unreachable"), ("left", 1, "node_timeout")]
    assert selectors.conservation(version) == []
