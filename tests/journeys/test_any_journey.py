"""Any journey, whatever happens: random graphs of every node kind, random events, receipts, profile changes, people who
go, clocks, pauses and new versions. Nobody is lost, in two places or in two versions, and no message comes twice.
"""

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from channels import outbox, receipts
from channels.base import Outcome
from channels.models import Channel, Message
from channels.sandbox import Sandbox
from config.lib import sql
from journeys import schedule, selectors, services, versions
from journeys.engine.account import Account
from journeys.engine.advance import advance, next_due
from journeys.engine.route import route
from journeys.errors import JourneyError, PublishRefused
from journeys.models import Version
from profiles import departures, events, eventtypes
from profiles.accept import accept
from profiles.events import NewEvent
from profiles.identities import Key, find
from tests.journeys import graphs
from tests.journeys.documents import Json

START = datetime(2026, 3, 2, 14, tzinfo=UTC)
ACCOUNT = Account(ZoneInfo("UTC"))
NAMES = ("ann", "bob", "cleo")
BATCH = 7  # small, so that people are dealt with in pieces

someone = st.sampled_from(NAMES)


class AnyJourney(RuleBasedStateMachine):
    """One journey and three people, in one transaction that is taken back at the end."""

    def __init__(self) -> None:
        super().__init__()
        self._transaction = transaction.atomic()
        self._transaction.__enter__()
        self.now = START
        self.journey: int | None = None
        self.outcome = Outcome.SENT
        self.gone: set[str] = set()
        records = [
            {"type": "profile", "identity": name, "profileData": {"Email": f"{name}@example.com", "plan": plan}}
            for name, plan in zip(NAMES, ("gold", "silver", "gold"), strict=True)
        ]
        assert accept(records, now=START).status == "success"
        self.types = eventtypes.ids([*graphs.EVENTS, "Page Visited"], now=START)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._transaction.__exit__(None, None, None)

    # ---- what people and partners do

    @initialize(document=graphs.documents())
    def first_version(self, document: Json) -> None:
        version = services.create_journey(document=document, by=None, now=self.now)
        with contextlib.suppress(PublishRefused):
            services.publish(version_id=version.pk, by=None, now=self.now)
            self.journey = version.journey_id

    @rule(document=graphs.documents(), previous=st.sampled_from(["restrict", "stop"]))
    def next_version(self, document: Json, previous: Any) -> None:
        if (latest := self.latest()) is not None:
            with contextlib.suppress(JourneyError):
                draft = versions.draft(version_id=latest.pk, document=document, by=None, now=self.now)
                services.publish(version_id=draft.pk, by=None, now=self.now, previous=previous, wait=True)

    @rule(act=st.sampled_from([services.pause, services.resume, services.resume]))
    def pause_or_resume(self, act: Any) -> None:
        if (latest := self.latest()) is not None:
            with contextlib.suppress(JourneyError):
                act(version_id=latest.pk, by=None, now=self.now)

    @rule(name=someone, happened=graphs.happening(), late=st.sampled_from([0, 0, 0, 30, 90]))
    def something_happens(self, name: str, happened: tuple[str, dict[str, Any]], late: int) -> None:
        if name not in self.gone:
            person, (event, properties) = self.person(name), happened
            at = self.now - timedelta(minutes=late)
            events.record([NewEvent(person, self.types[event], at, self.now, "device", properties)])

    @rule(name=someone, day=st.sampled_from(["2026-03-03T09:00:00Z", "2026-03-06", "never"]))
    def a_profile_changes(self, name: str, day: str) -> None:
        if name not in self.gone:
            accept([{"type": "profile", "identity": name, "profileData": {"day": day}}], now=self.now)

    @rule(outcome=st.sampled_from(["delivered", "viewed", "clicked"]), place=st.integers(0, 9))
    def a_receipt_comes(self, outcome: Any, place: int) -> None:
        sent = Message.objects.filter(status="sent").order_by("id")[place : place + 1]
        receipts.record_receipt([receipts.Ref(it.lane, it.pk) for it in sent], outcome, at=self.now)

    @rule(outcome=st.sampled_from(list(Outcome)[:2]))
    def the_provider_changes(self, outcome: Outcome) -> None:
        self.outcome = outcome

    @rule(name=someone)
    def somebody_is_deleted(self, name: str) -> None:
        if len(self.gone) < len(NAMES) - 1 and name not in self.gone:
            departures.delete(self.person(name), now=self.now)
            self.gone.add(name)

    # ---- what the clock and the workers do

    @rule(minutes=st.sampled_from([0, 1, 45, 300, 1440]))
    def time_goes_by(self, minutes: int) -> None:
        """Every clock comes at its own instant."""
        until = self.now + timedelta(minutes=minutes)
        self.settle()
        while (due := self.next_instant()) is not None and due <= until:
            self.now = max(self.now, due)
            self.settle()
        self.now = until

    @rule(hours=st.sampled_from([2, 30]))
    def nobody_works_for_hours(self, hours: int) -> None:
        """The workers find it all at once."""
        self.now += timedelta(hours=hours)
        self.settle()

    def settle(self) -> None:
        transports = {channel: Sandbox(self.outcome) for channel in Channel.values}
        for _ in range(500):
            done = route(account=ACCOUNT, now=self.now, size=BATCH) + schedule.clock(self.now)
            done += advance(account=ACCOUNT, now=self.now, size=BATCH)
            if not done and not outbox.dispatch(now=self.now, batch=BATCH, transports=transports):
                return
        raise AssertionError("there is always something left to do")

    def next_instant(self) -> datetime | None:
        instants = (next_due(account=ACCOUNT, now=self.now), schedule.next_instant(self.now), outbox.next_due())
        return min((at for at in instants if at is not None and at > self.now), default=None)

    # ---- what always holds

    @invariant()
    def nobody_is_lost(self) -> None:
        for pk in Version.objects.values_list("pk", flat=True):
            assert selectors.conservation(pk) == []

    @invariant()
    def everyone_is_at_one_place(self) -> None:
        twice = """SELECT profile_id FROM journeys_enrollment WHERE phase <> 'exited'
                    GROUP BY profile_id, journey_id HAVING count(*) > 1"""
        assert sql.rows(twice) == []
        overlapping = """SELECT a.id FROM journeys_enrollment AS a JOIN journeys_enrollment AS b
                             ON a.profile_id = b.profile_id AND a.journey_id = b.journey_id AND a.id < b.id
                          WHERE a.exited_at IS NULL OR a.exited_at > b.entered_at"""
        assert sql.rows(overlapping) == []

    @invariant()
    def no_message_comes_twice(self) -> None:
        messages = "SELECT enrollment_id, node, visit FROM channels_message GROUP BY 1, 2, 3 HAVING count(*) > 1"
        assert sql.rows(messages) == []
        sent = "SELECT lane, message_id FROM channels_sandboxed GROUP BY 1, 2 HAVING count(*) > 1"
        assert sql.rows(sent) == []

    @invariant()
    def nobody_enters_twice_without_re_entry(self) -> None:
        again = """SELECT e.profile_id FROM journeys_enrollment AS e JOIN journeys_version AS v ON v.id = e.version_id
                    WHERE NOT (v.document #>> '{entry,re_entry}')::boolean
                    GROUP BY e.profile_id, e.version_id HAVING count(*) > 1"""
        assert sql.rows(again) == []

    # ---- helpers

    def latest(self) -> Version | None:
        found = Version.objects.filter(journey_id=self.journey).order_by("-number")
        return found.first()

    def person(self, name: str) -> int:
        key = Key("identity", name)
        return find([key])[key]


@pytest.mark.django_db
def test_any_journey_keeps_everyone_and_repeats_nothing(settings):
    settings.ACCOUNT_TIMEZONE = "UTC"
    run_state_machine_as_test(AnyJourney, settings=BOUNDED)


BOUNDED = settings(
    max_examples=12,
    stateful_step_count=14,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
