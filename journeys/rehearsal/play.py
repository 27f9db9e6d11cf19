"""Playing a scenario: move a virtual clock from instant to instant and let the production engine do what it does.

At one instant: the timeline's items in file order, then the CSV's rows, then what the clock brings (domain 8.3): starts
and runs, people whose clock has come, messages; again and again until nothing is left at that instant.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from channels import ondevice, outbox, receipts
from channels import saved as templates
from channels import services as channels
from channels.base import Outcome, Transport
from channels.errors import ChannelError
from channels.models import Channel, Message
from channels.sandbox import Sandbox
from journeys import groups, schedule, selectors, services, shares, versions
from journeys.document import DocumentError
from journeys.engine.account import Account
from journeys.engine.advance import advance, next_due
from journeys.engine.route import route
from journeys.errors import JourneyError, PublishRefused
from journeys.models import Status, Version
from journeys.rehearsal.scenario import Device, Item, Profile, ProfileChange, Row, Scenario, ScenarioError
from profiles import departures, devices, eventtypes
from profiles.accept import accept
from profiles.codes import Code
from profiles.identities import Key, find
from profiles.selectors import find_profile
from segments import saved
from segments import services as segments
from segments.errors import RuleError, SegmentError
from segments.rules import parse

BATCH = 20_000
DISPATCH_BATCH = 2_000
CALL = 1_000  # records a call, as over HTTP


def settle(*, account: Account, now: datetime, outcomes: Mapping[str, Outcome] | None = None) -> None:
    """Let everything happen that happens at this instant. outcomes: what becomes of messages, by channel; the others
    are sent.
    """
    transports: dict[str, Transport] = {
        channel: Sandbox((outcomes or {}).get(channel, Outcome.SENT)) for channel in Channel.values
    }
    while True:
        done = route(account=account, now=now, size=BATCH)
        if not done:
            done = schedule.clock(now)
            done += advance(account=account, now=now, size=BATCH)
            done += route(account=account, now=now, size=BATCH)
        if not done:
            done = outbox.dispatch(now=now, batch=DISPATCH_BATCH, transports=transports)
        if not done:
            return


@dataclass
class JourneyPlayed:
    """One journey of the scenario: where it is kept, and what was refused."""

    journey_id: int
    findings: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)


class Player:
    """Plays one scenario inside a scratch schema. After `play`, `journeys` says what became of each, `turned_away` in
    sentences which events were not taken, and the tables hold the rest.
    """

    def __init__(self, scenario: Scenario, rows: Iterator[Row]) -> None:
        self.scenario = scenario
        self.account = Account(scenario.zone, scenario.account.tick_offset, scenario.account.control.system_percent)
        self.journeys: dict[str, JourneyPlayed] = {}
        self.turned_away: list[str] = []
        self.departed: dict[int, str] = {}  # deleted people's identities, which nothing else remembers
        self._rows = groupby(rows, key=lambda row: row.at)
        self._outcomes: dict[str, Outcome] = {}
        self._visiting: set[str] = set()
        self._seen: set[str] = {profile.identity for profile in scenario.profiles}

    def play(self, progress: Callable[[datetime], None] = lambda at: None) -> None:
        """Play to the end. Raises ScenarioError for what cannot be played."""
        scenario = self.scenario
        until = scenario.instant(scenario.until)
        items = deque((scenario.instant(item.at), index, item) for index, item in enumerate(scenario.timeline))
        rows_at, rows = next(self._rows, (None, iter(())))
        begin = min([until, *([items[0][0]] if items else []), *([rows_at] if rows_at else [])])
        self._set_up(begin)
        now = begin
        while True:
            instants = [items[0][0] if items else None, rows_at, self._next_clock(now)]
            upcoming = min((at for at in instants if at is not None), default=None)
            if upcoming is None or upcoming > until:
                break
            now = upcoming
            progress(now)
            while items and items[0][0] == now:
                _, index, item = items.popleft()
                try:
                    self._do(item, now)
                except ScenarioError as error:
                    raise ScenarioError(f"timeline[{index}].{item.action}: {error.message}") from error
            if rows_at == now:
                self._happen_rows(list(rows), now)
                rows_at, rows = next(self._rows, (None, iter(())))
            self._settle(now)
            self._visit(now)

    # ---- the clock

    def _next_clock(self, now: datetime) -> datetime | None:
        """The next instant after `now` at which something comes due by itself."""
        instants = (next_due(account=self.account, now=now), schedule.next_instant(now), outbox.next_due())
        return min((at for at in instants if at is not None and at > now), default=None)

    def _settle(self, now: datetime) -> None:
        settle(account=self.account, now=now, outcomes=self._outcomes)

    # ---- before the start

    def _set_up(self, begin: datetime) -> None:
        scenario = self.scenario
        eventtypes.ids(eventtypes.SYSTEM, now=begin)
        self._accept([_profile_record(profile) for profile in scenario.profiles], begin)
        for channel, limit in scenario.account.campaign_limits.items():
            try:
                channels.save_limit(channel=channel, most=limit.max, days=limit.days, dwell=limit.dwell)
            except ChannelError as error:
                raise ScenarioError(f"account.campaign_limits.{channel}: {error.message}") from error
        self._save_templates(begin)
        try:
            for name, percent in scenario.account.control.custom.items():
                place = f"custom.{name}"
                groups.save(name=name, percent=percent, now=begin)
            for identity in scenario.account.control.never:
                place = f"never.{identity}"
                groups.exempt(identity=identity, by=None, now=begin)
        except JourneyError as error:
            raise ScenarioError(f"account.control.{place}: {error.message}") from error
        for name, members in scenario.lists.items():
            segments.set_members(name=name, identities=members, mode="replace", now=begin)
        for name, rule in scenario.segments.items():
            try:
                saved.create_segment(name=name, kind="past", rule=parse(rule), now=begin)
            except (RuleError, SegmentError) as error:
                raise ScenarioError(f"segments.{name}: {error.message}") from error
        for at, known in groupby(
            sorted(scenario.history, key=lambda it: scenario.instant(it.at)), key=lambda it: scenario.instant(it.at)
        ):
            self._accept(
                [self._event_record(it.identity, it.event, it.properties, at) for it in known], at, source="device"
            )
            while route(account=self.account, now=at, size=BATCH):
                pass
        for key, document in scenario.journeys.items():
            version = services.create_journey(document=document, by=None, now=begin)
            self.journeys[key] = JourneyPlayed(version.journey_id)
        for key, document in scenario.journeys.items():
            if (resolved := self._resolved(document)) != document:
                version = Version.objects.get(journey_id=self.journeys[key].journey_id)
                services.save_draft(version_id=version.pk, document=resolved, by=None, now=begin)

    def _save_templates(self, begin: datetime) -> None:
        for index, it in enumerate(self.scenario.templates):
            try:
                made = templates.create_template(name=it.name, channel=it.channel, given=it.content, by=None, now=begin)
                if it.approval is not None:
                    templates.judge_template(template_id=made.pk, approval=it.approval, by=None, now=begin)
            except ChannelError as error:
                raise ScenarioError(f"templates[{index}]: {error.message}") from error

    def _resolved(self, document: dict[str, Any]) -> dict[str, Any]:
        """The document with the scenario's key of a triggering journey replaced by its ID."""
        entry = document.get("entry") or {}
        segment = entry.get("segment") or {}
        played = self.journeys.get(str(segment.get("journey")))
        if segment.get("kind") != "journey_trigger" or played is None:
            return document
        return {**document, "entry": {**entry, "segment": {**segment, "journey": played.journey_id}}}

    # ---- items

    def _do(self, item: Item, now: datetime) -> None:
        """One item of the timeline. Events of one instant are routed together; anything else finds them routed."""
        if item.action not in ("event", "receipt"):
            route(account=self.account, now=now, size=BATCH)
        match item.action:
            case "event":
                assert item.event is not None
                happened = item.event
                at = self.scenario.instant(happened.ts) if happened.ts else now
                record = self._event_record(happened.identity, happened.name, happened.properties, at)
                device = eventtypes.key(happened.name) in eventtypes.DEVICE_KEYS
                source = happened.source or ("device" if device else "api")
                self._accept([record], now, source=source)
                if source == "device":
                    self._visiting.add(happened.identity)
            case "profile":
                assert item.profile is not None
                self._accept([_profile_record(item.profile)], now)
            case "list":
                assert item.list is not None
                segments.set_members(name=item.list.name, identities=item.list.members, mode=item.list.mode, now=now)
            case "provider":
                assert item.provider is not None
                self._outcomes[item.provider.channel] = Outcome(item.provider.outcome)
            case "receipt":
                self._receipt(item, now)
            case "device":
                assert item.device is not None
                self._device(item.device, now)
            case "delete":
                assert item.delete is not None
                profile_id = self._find(item.delete)
                self.departed[profile_id] = item.delete
                departures.delete(profile_id, now=now)
            case "merge":
                assert item.merge is not None
                departures.merge(self._find(item.merge.identity), into=self._find(item.merge.into), now=now)
            case _:
                self._act(item, now)

    def _device(self, device: Device, now: datetime) -> None:
        """A device is known from now on; without a token, the person has none of the channel any more."""
        if device.token is None:
            devices.take_away(profile_id=self._find(device.identity), channel=device.channel)
        else:
            self._accept([_token_record(device.identity, device.channel, device.token)], now)

    def _visit(self, now: datetime) -> None:
        """A device on which something was done asks what to show, once that has moved its person."""
        visiting, self._visiting = sorted(self._visiting), set()
        for identity in visiting:
            if person := find_profile(identity=identity):
                ondevice.fetch(profile_id=person.pk, timezone=person.timezone, now=now)
        if visiting:
            self._settle(now)

    def _act(self, item: Item, now: datetime) -> None:
        """What a person does with a journey. What is refused is noted, and the scenario goes on."""
        about = item.edit or item.winner
        key = about.journey if about else getattr(item, item.action)
        played = self._journey(key)
        latest = Version.objects.filter(journey_id=played.journey_id).latest("number")
        current = selectors.current(played.journey_id) or latest
        try:
            match item.action:
                case "publish":
                    services.publish(version_id=latest.pk, by=None, now=now, previous=item.previous, wait=True)
                case "pause":
                    services.pause(version_id=current.pk, by=None, now=now)
                case "resume":
                    services.resume(version_id=current.pk, by=None, now=now)
                case "stop":
                    services.stop(version_id=current.pk, by=None, now=now, wait=True)
                case "archive":
                    services.archive(journey_id=played.journey_id, by=None, now=now)
                case "unarchive":
                    services.unarchive(journey_id=played.journey_id, by=None, now=now)
                case "draft":
                    self._draft(current, latest, self._resolved(item.document or {}), now)
                case "edit":
                    assert item.edit is not None
                    versions.edit(version_id=current.pk, node=item.edit.node, config=item.edit.config, by=None, now=now)
                case "winner":
                    assert item.winner is not None
                    won = item.winner
                    shares.declare_winner(version_id=current.pk, node=won.node, path=won.path, by=None, now=now)
                case "clone":
                    self._clone(latest, item.as_, now)
        except JourneyError as error:
            if error.findings:
                played.findings = [finding.as_dict() for finding in error.findings]
            if not isinstance(error, PublishRefused):
                self._refuse(key, now, item.action, error.message)
        except DocumentError as error:
            self._refuse(key, now, item.action, error.message)

    def _draft(self, current: Version, latest: Version, document: Any, now: datetime) -> None:
        """Edit the journey's draft, or make one of the version that was published last."""
        if latest.status == Status.DRAFT:
            services.save_draft(version_id=latest.pk, document=document, by=None, now=now)
        else:
            versions.draft(version_id=current.pk, document=document, by=None, now=now)

    def _clone(self, source: Version, key: str | None, now: datetime) -> None:
        if not key or key in self.journeys:
            raise ScenarioError(f"Name the copy by a key of its own, as: KEY; “{key or ''}” is none.")
        made = versions.clone(version_id=source.pk, by=None, now=now)
        self.journeys[key] = JourneyPlayed(made.journey_id)

    def _receipt(self, item: Item, now: datetime) -> None:
        receipt = item.receipt
        assert receipt is not None
        played = self._journey(receipt.journey)
        profile_id = self._find(receipt.identity)
        messages = Message.objects.filter(journey_id=played.journey_id, profile_id=profile_id, node=receipt.node)
        latest = messages.order_by("-queued_at", "-id").first()
        if latest is None:
            self._refuse(
                receipt.journey, now, "receipt", f"{receipt.identity} has had no message from node {receipt.node}."
            )
            return
        if not receipts.record_receipt([receipts.Ref(latest.lane, latest.pk)], receipt.outcome, at=now):
            sentence = f"{receipt.identity}'s message from node {receipt.node} was not sent, so nobody saw it."
            self._refuse(receipt.journey, now, "receipt", sentence)

    def _happen_rows(self, rows: list[Row], now: datetime) -> None:
        """The CSV's rows of one instant; whoever is new is made with the first."""
        source = self.scenario.timeline_csv
        assert source is not None
        route(account=self.account, now=now, size=BATCH)
        records: list[dict[str, Any]] = []
        for row in rows:
            if row.identity not in self._seen:
                self._seen.add(row.identity)
                data = {"Email": row.email} if row.email else {}
                records.append({"type": "profile", "identity": row.identity, "profileData": data})
            records.append(self._event_record(row.identity, source.event, row.properties, row.at))
        self._accept(records, now)

    # ---- helpers

    def _accept(self, records: list[dict[str, Any]], now: datetime, *, source: str = "api") -> None:
        """Upload records. An event of the future is turned away, as over HTTP (domain 4.2), and the scenario goes on;
        anything else that is refused is the scenario's mistake.
        """
        when = f"{now.astimezone(self.account.zone):%Y-%m-%dT%H:%M}"
        for first in range(0, len(records), CALL):
            report = accept(records[first : first + CALL], now=now, source=source)
            for refused in report.unprocessed:
                sentence = f"At {when}: {refused['error']} Record: {refused['record']}."
                if refused["code"] != Code.BAD_TIMESTAMP:
                    raise ScenarioError(sentence)
                self.turned_away.append(sentence)

    def _event_record(self, identity: str, name: str, properties: dict[str, Any], at: datetime) -> dict[str, Any]:
        return {
            "type": "event",
            "identity": identity,
            "evtName": name,
            "evtData": {key: self._value(value) for key, value in properties.items()},
            "ts": int(at.timestamp()),
        }

    def _value(self, value: Any) -> Any:
        """A date in properties is a local time."""
        if isinstance(value, str) and len(value) >= len("2026-03-02"):
            try:
                local = datetime.fromisoformat(value)
            except ValueError:
                return value
            return f"$D_{int(self.scenario.instant(local).timestamp())}"
        return value

    def _journey(self, key: str) -> JourneyPlayed:
        if key not in self.journeys:
            known = ", ".join(self.journeys) or "none"
            raise ScenarioError(f"There is no journey “{key}”; the scenario has {known}.")
        return self.journeys[key]

    def _find(self, identity: str) -> int:
        key = Key("identity", identity)
        found = find([key])
        if key not in found:
            raise ScenarioError(f"There is no profile “{identity}”.")
        return found[key]

    def _refuse(self, key: Any, now: datetime, action: str, message: str) -> None:
        played = self.journeys.get(key) if isinstance(key, str) else None
        if played is None:
            raise ScenarioError(message)
        played.refused.append(
            {"at": now.astimezone(self.account.zone).isoformat(), "action": action, "message": message}
        )


def _profile_record(profile: Profile | ProfileChange) -> dict[str, Any]:
    fields = {"Name": profile.name, "Email": profile.email, "Phone": profile.phone, "Timezone": profile.timezone}
    given = {key: value for key, value in fields.items() if value is not None}
    return {"type": "profile", "identity": profile.identity, "profileData": given | profile.properties}


def _token_record(identity: str, channel: str, token: str) -> dict[str, Any]:
    data: dict[str, Any] = {"id": token, "type": "fcm"}
    if channel == "web_push":
        data |= {"type": "chrome", "keys": {"p256dh": "rehearsal", "auth": "rehearsal"}}
    return {"type": "token", "identity": identity, "tokenData": data}
