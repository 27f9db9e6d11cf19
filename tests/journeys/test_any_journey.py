"""Any journey, whatever happens: random graphs of every node kind and entry, random events, receipts, devices, profile
and list changes, people who go, clocks, and everything that a person can do with a journey. Nobody is lost, in two
places or in two versions, nobody is left behind, and no message comes twice.
"""

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.test import override_settings
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from channels import ondevice, outbox, receipts
from channels.base import Outcome
from channels.models import Channel, Message
from channels.sandbox import Sandbox
from config.lib import sql
from journeys import schedule, selectors, services, shares, versions
from journeys.document import DocumentError
from journeys.engine.account import Account
from journeys.engine.advance import advance, next_due
from journeys.engine.route import route
from journeys.errors import JourneyError, PublishRefused
from journeys.models import Version
from profiles import departures, events, eventtypes
from profiles.accept import accept
from profiles.events import NewEvent
from profiles.identities import Key, find
from segments.services import set_members
from tests.journeys import graphs
from tests.journeys.documents import Json

START = datetime(2026, 3, 2, 14, tzinfo=UTC)
NAMES = ("ann", "bob", "cleo")
BATCH = 7  # small, so that people are dealt with in pieces
ZONES = (("UTC", 0), ("Asia/Kolkata", 20), ("America/Santiago", 0))  # and the offset of ticks
ACTS = (services.pause, services.resume, services.resume, services.stop)
MOVING = ("live", "paused", "completed", "versioned")

someone = st.sampled_from(NAMES)


class AnyJourney(RuleBasedStateMachine):
    """A journey, one that people enter from it, and three people, in one transaction that is taken back at the end."""

    def __init__(self) -> None:
        super().__init__()
        self._transaction = transaction.atomic()
        self._transaction.__enter__()
        self.now = START
        self.account = Account(ZoneInfo("UTC"))
        self.settings = contextlib.ExitStack()
        self.journeys: list[int] = []
        self.outcome = Outcome.SENT
        self.gone: set[str] = set()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._transaction.__exit__(None, None, None)
        self.settings.close()

    # ---- what people and partners do

    @initialize(document=graphs.documents(), follower=st.none() | st.integers(0, 2**32), zone=st.sampled_from(ZONES))
    def first_versions(self, document: Json, follower: int | None, zone: tuple[str, int]) -> None:
        name, offset = zone
        self.settings.enter_context(override_settings(ACCOUNT_TIMEZONE=name, TICK_OFFSET_MINUTES=offset))
        self.account = Account(ZoneInfo(name), offset)
        records = [
            {"type": "profile", "identity": name, "profileData": {"Email": f"{name}@example.com"} | more}
            for name, more in zip(
                NAMES,
                (
                    {"plan": "gold", "Phone": "+491700000001", "MSG-whatsapp": True, "Timezone": "Asia/Tokyo"},
                    {"plan": "silver", "Phone": "+491700000002", "tags": "a"},
                    {"plan": "gold"},
                ),
                strict=True,
            )
        ]
        records.append({"type": "token", "identity": "ann", "tokenData": {"id": "abc", "type": "fcm"}})
        assert accept(records, now=START).status == "success"
        set_members(name=graphs.LIST, identities=["ann", "cleo"], now=START)
        self.types = eventtypes.ids([*graphs.EVENTS, "Page Visited"], now=START)
        if (first := self._publish(document)) is not None and follower is not None:
            segment = {"kind": "journey_trigger", "journey": first, "node": 1, "via": "yes"}
            entry = {"criteria": "live", "segment": segment, "timeline": {"start": "now", "end": None}}
            self._publish(document | {"entry": entry | {"re_entry": bool(follower % 2)}})

    def _publish(self, document: Json) -> int | None:
        version = services.create_journey(document=document, by=None, now=self.now)
        try:
            services.publish(version_id=version.pk, by=None, now=self.now)
        except PublishRefused:
            return None
        self.journeys.append(version.journey_id)
        return version.journey_id

    @rule(document=graphs.documents(), previous=st.sampled_from(["restrict", "stop"]))
    def next_version(self, document: Json, previous: Any) -> None:
        if (latest := self.latest()) is not None:
            with contextlib.suppress(JourneyError):
                draft = versions.draft(version_id=latest.pk, document=document, by=None, now=self.now)
                services.publish(version_id=draft.pk, by=None, now=self.now, previous=previous, wait=True)

    @rule(act=st.sampled_from(ACTS))
    def pause_resume_or_stop(self, act: Any) -> None:
        if (latest := self.latest()) is not None:
            with contextlib.suppress(JourneyError):
                act(version_id=latest.pk, by=None, now=self.now, **({"wait": True} if act is services.stop else {}))

    @rule(act=st.sampled_from([services.archive, services.unarchive]))
    def archive_or_bring_back(self, act: Any) -> None:
        if self.journeys:
            with contextlib.suppress(JourneyError):
                act(journey_id=self.journeys[0], by=None, now=self.now)

    @rule(node=st.integers(1, 6), path=st.integers(1, 2))
    def somebody_changes_what_may_change(self, node: int, path: int) -> None:
        if (latest := self.latest()) is not None:
            with contextlib.suppress(JourneyError):
                shares.declare_winner(version_id=latest.pk, node=node, path=path, by=None, now=self.now)
            with contextlib.suppress(JourneyError, DocumentError):
                new = {"content": {"subject": "New", "text": "New"}}
                versions.edit(version_id=latest.pk, node=node, config=new, by=None, now=self.now)

    @rule(name=someone, happened=graphs.happening(), late=st.sampled_from([0, 0, 0, 30, 60, 90]))
    def something_happens(self, name: str, happened: tuple[str, dict[str, Any]], late: int) -> None:
        if name not in self.gone:
            person, (event, properties) = self.person(name), happened
            at = self.now - timedelta(minutes=late)
            events.record([NewEvent(person, self.types[event], at, self.now, "device", properties)])

    @rule(name=someone, day=st.sampled_from(["2026-03-03T09:00:00Z", "2026-03-06", "never"]))
    def a_profile_changes(self, name: str, day: str) -> None:
        if name not in self.gone:
            accept([{"type": "profile", "identity": name, "profileData": {"day": day}}], now=self.now)

    @rule(name=someone, mode=st.sampled_from(["append", "remove"]))
    def a_list_changes(self, name: str, mode: Any) -> None:
        set_members(name=graphs.LIST, identities=[name], mode=mode, now=self.now)

    @rule(outcome=st.sampled_from(["delivered", "viewed", "clicked", "unsubscribed"]), place=st.integers(0, 9))
    def a_receipt_comes(self, outcome: Any, place: int) -> None:
        sent = Message.objects.filter(status="sent").order_by("id")[place : place + 1]
        receipts.record_receipt([receipts.Ref(it.lane, it.pk) for it in sent], outcome, at=self.now)

    @rule(name=someone)
    def a_device_asks_what_to_show(self, name: str) -> None:
        if name not in self.gone:
            ondevice.fetch(profile_id=self.person(name), timezone=None, now=self.now)

    @rule(outcome=st.sampled_from(list(Outcome)[:2]))
    def the_provider_changes(self, outcome: Outcome) -> None:
        self.outcome = outcome

    @rule(name=someone, into=st.none() | someone)
    def somebody_goes(self, name: str, into: str | None) -> None:
        if len(self.gone) == len(NAMES) - 1 or name in self.gone or into in self.gone or into == name:
            return
        if into is None:
            departures.delete(self.person(name), now=self.now)
        else:
            departures.merge(self.person(name), into=self.person(into), now=self.now)
        self.gone.add(name)
        self.settle()

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
        self.settle()
        self.nobody_is_left_behind()

    @rule()
    def midnight_comes(self) -> None:
        """Just as things happen at that very instant."""
        local = self.now.astimezone(self.account.zone)
        midnight = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), self.account.zone)
        self.time_goes_by(int((midnight - self.now).total_seconds() // 60) - 1)
        self.now = midnight.astimezone(UTC)

    @rule(hours=st.sampled_from([2, 30]))
    def nobody_works_for_hours(self, hours: int) -> None:
        """The workers find it all at once."""
        self.now += timedelta(hours=hours)
        self.settle()
        self.nobody_is_left_behind()

    def settle(self) -> None:
        transports = {channel: Sandbox(self.outcome) for channel in Channel.values}
        for _ in range(500):
            done = route(account=self.account, now=self.now, size=BATCH) + schedule.clock(self.now)
            done += advance(account=self.account, now=self.now, size=BATCH)
            if not done and not outbox.dispatch(now=self.now, batch=BATCH, transports=transports):
                return
        raise AssertionError("there is always something left to do")

    def next_instant(self) -> datetime | None:
        instants = (next_due(account=self.account, now=self.now), schedule.next_instant(self.now), outbox.next_due())
        return min((at for at in instants if at is not None and at > self.now), default=None)

    # ---- what always holds

    def nobody_is_left_behind(self) -> None:
        """Once all is settled: nobody's clock has come, nobody is inside what was stopped, no message is due."""
        states = dict(Version.objects.values_list("pk", "status"))
        moving = [pk for pk, status in states.items() if status in MOVING]
        stopped = [pk for pk, status in states.items() if status == "stopped"]
        overdue = "SELECT id FROM journeys_enrollment WHERE due_at <= %(now)s AND version_id = ANY(%(versions)s)"
        assert sql.rows(overdue, {"now": self.now, "versions": moving}) == []
        inside = "SELECT id FROM journeys_enrollment WHERE phase <> 'exited' AND version_id = ANY(%(versions)s)"
        assert sql.rows(inside, {"versions": stopped}) == []
        unsent = "SELECT id FROM channels_message WHERE status = 'queued' AND version_id = ANY(%(versions)s)"
        assert sql.rows(unsent, {"versions": stopped}) == []
        for_nobody = """SELECT m.id FROM channels_message AS m JOIN journeys_enrollment AS e ON e.id = m.enrollment_id
                         WHERE m.status = 'queued' AND (e.phase, e.node, e.visit) <> ('sending', m.node, m.visit)"""
        assert sql.rows(for_nobody) == []
        waits_for_none = """SELECT e.id FROM journeys_enrollment AS e
                             WHERE e.phase = 'sending' AND e.version_id = ANY(%(versions)s)
                               AND NOT EXISTS (SELECT FROM channels_message AS m WHERE m.enrollment_id = e.id
                                                  AND m.node = e.node AND m.visit = e.visit AND m.status = 'queued')"""
        assert sql.rows(waits_for_none, {"versions": moving}) == []

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
    def the_ledger_tells_one_story(self) -> None:
        """Of each stay: entered, then arrived and left in turn, then exited; never back in time."""
        told = """SELECT enrollment_id, array_agg(what ORDER BY id), array_agg(at ORDER BY id) FROM journeys_step
                   WHERE enrollment_id IS NOT NULL AND what <> 'message' GROUP BY enrollment_id"""
        for _, whats, instants in sql.rows(told):
            assert instants == sorted(instants)
            assert whats[0] == "entered"
            assert "exited" not in whats[:-1]
            travels = [what for what in whats[1:] if what != "exited"]
            assert travels == ["arrived" if place % 2 == 0 else "left" for place in range(len(travels))]

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

    @invariant()
    def caps_are_kept(self) -> None:
        over = """SELECT v.id FROM journeys_enrollment AS e JOIN journeys_version AS v ON v.id = e.version_id
                   GROUP BY v.id HAVING count(*) > (v.document #>> '{entry,cap,total}')::int"""
        assert sql.rows(over) == []

    # ---- helpers

    def latest(self) -> Version | None:
        if not self.journeys:
            return None
        return Version.objects.filter(journey_id=self.journeys[0]).order_by("-number").first()

    def person(self, name: str) -> int:
        key = Key("identity", name)
        return find([key])[key]


@pytest.mark.django_db
def test_any_journey_keeps_everyone_and_repeats_nothing():
    run_state_machine_as_test(AnyJourney, settings=BOUNDED)


BOUNDED = settings(
    max_examples=12,
    stateful_step_count=14,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
