"""A live journey that names a list which is gone keeps nobody else waiting."""

import logging
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from config.lib import sql
from journeys import services
from journeys.engine.account import Account
from journeys.engine.route import route
from profiles import events, eventtypes, identities
from profiles.events import NewEvent
from segments.models import List
from segments.services import set_members
from tests.journeys.documents import journey, link

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_a_filter_that_names_a_list_which_is_gone_matches_nobody_and_the_batch_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    set_members(name="staff", identities=[], now=NOON)
    for filters in ({"list": "staff"}, None):
        segment = {"kind": "action", "events": [{"event": "Start"}], "filters": filters}
        entry = {"criteria": "live", "segment": segment, "timeline": {"start": "now", "end": None}}
        document = journey(entry=entry, nodes=[{"id": 1, "kind": "force_exit"}], links=[link("entry", "yes", 1)])
        version = services.create_journey(document=document, by=None, now=NOON)
        services.publish(version_id=version.pk, by=None, now=NOON)
    List.objects.all().delete()

    ada = identities.resolve(["ada"], create=True, now=NOON)["ada"]
    start = eventtypes.ids(["Start"], now=NOON)["Start"]
    events.record([NewEvent(ada, start, NOON, NOON, "api", {})])
    with caplog.at_level(logging.ERROR):
        assert route(account=Account(ZoneInfo("UTC")), now=NOON, size=10) == 1

    assert sql.rows("SELECT version_id, exit_reason FROM journeys_enrollment") == [(version.pk, "force_exit")]
    assert "staff" in caplog.text
