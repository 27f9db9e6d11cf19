"""The outbox: every message from intent to outcome.

What must never happen: a message that nobody sends, or one that goes out more often than a crash can explain.

- Whoever queues does so in the transaction that moves the person, so there is no message without a move and no move
  without a message.
- `dispatch` claims rows under lock, two dispatchers at once never the same ones. What goes to a recording transport
  (the sandbox) is finished in that very transaction: content, status and outcome event appear together or not at all,
  so exactly once.
- What goes outside cannot be undone, so it is marked `sending` under a lease first and committed; then it is sent; then
  it is settled in a second transaction, rows still under our lease only. A dispatcher that dies in between leaves a
  lease that runs out, and its messages are sent again by another: at least once, and at most the batch that was in
  flight.
- A transport stops beginning messages well before the lease ends, so that nobody takes over what is still being sent.
"""

import logging
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.db import transaction

from channels import compose, frequency, ondevice, policy, receipts, render, shortlinks, tracking
from channels.base import Device, Outcome, Outgoing, Result, Transport
from channels.campaigns import Campaign
from channels.campaigns import load as campaigns_of
from channels.ondevice import Displays
from channels.policy import Sends, Slots
from channels.reach import ON_DEVICE, reach
from channels.tracking import Linker
from channels.variants import Person, Trial
from config.lib import sql
from config.lib.arrays import literal
from config.lib.lanes import ALL
from profiles import devices
from profiles.models import Profile

SQL = sql.load(Path(__file__).with_suffix(".sql"))
logger = logging.getLogger(__name__)

QUEUE_COLUMNS = (
    "lane",
    "queued_at",
    "profile_id",
    "campaign_id",
    "enrollment_id",
    "journey_id",
    "version_id",
    "node",
    "visit",
    "channel",
    "due_at",
    "event",
)
SANDBOX_COLUMNS = ("lane", "message_id", "at", "address", "content")

LEASE = timedelta(seconds=150)
# How long a batch may begin messages. What is begun then takes 120 s at most, if each of SMTP's eight waits lasts its
# 15 s.
SENDING_SECONDS = 30.0


class Claimed(NamedTuple):
    """A message and its person, as `claim` returns them.

    reason: why it was not sent yet. first: another profile with the address, the first that had it, which gets the same
    message in the same run. devices: of a push channel, as JSON text.
    queued_at: in PostgreSQL's words, as part of the key; day: that of queued_at as links have it; event, properties:
    JSON text.
    """

    lane: int
    id: int
    queued_at: str
    day: int
    profile_id: int
    campaign_id: int
    enrollment_id: int
    journey_id: int
    version_id: int
    node: int
    visit: int
    channel: str
    variant: str | None
    attempts: int
    reason: str | None
    event: str | None
    identity: str | None
    object_id: str | None
    name: str | None
    email: str | None
    phone: str | None
    timezone: str | None
    properties: str | None
    suppressed: str | None
    devices: str | None
    first: int | None


class Sent(NamedTuple):
    """A message that counts for limits, as `sends` returns it. sent_at: None while it is being sent."""

    lane: int
    id: int
    profile_id: int
    channel: str
    journey_id: int
    node: int
    sent_at: datetime | None


class Settled(NamedTuple):
    """What became of one message. due_at: when it is tried again; None when it is finished."""

    message: Claimed
    status: str
    reason: str | None
    address: str | None
    attempts: int
    due_at: datetime | None


class Ready(NamedTuple):
    """A message about to be sent."""

    message: Claimed
    outgoing: Outgoing


def queue(rows: Iterable[Sequence[Any]]) -> int:
    """COPY messages into the outbox in the caller's transaction; return how many. Each row holds QUEUE_COLUMNS.

    due_at: not to be sent before; event: JSON text {"name", "at", "properties"}, or None. The caller wakes
    `channels.dispatch`.
    """
    return sql.copy("channels_message", QUEUE_COLUMNS, rows)


def queue_late(rows: Iterable[Sequence[Any]]) -> int:
    """Like `queue`, for messages whose time has passed on the person's clock: they end as unreachable (domain 15.8)."""
    return sql.copy("channels_message", (*QUEUE_COLUMNS, "reason"), ((*row, policy.LATE) for row in rows))


def cancel(*, lanes: Sequence[int], enrollment_ids: Sequence[int], reason: str, now: datetime) -> int:
    """Cancel what is still queued for people who left; return how many messages. What is being sent goes out."""
    params = {"lanes": list(lanes), "enrollment_ids": list(enrollment_ids), "reason": reason, "now": now}
    return sql.run(SQL["cancel"], params)


def withdraw(*, lanes: Sequence[int], enrollment_ids: Sequence[int]) -> int:
    """Take back what waits on the devices of people who left; return how many messages."""
    return ondevice.withdraw(lanes=lanes, enrollment_ids=enrollment_ids)


def next_due(lanes: Sequence[int] = ALL) -> datetime | None:
    """When the next message that is queued comes due; None when none is queued."""
    ((at,),) = sql.rows(SQL["next"], {"lanes": list(lanes)})
    return at


def dispatch(
    *,
    now: datetime,
    batch: int,
    lanes: Sequence[int] = ALL,
    transports: Mapping[str, Transport] | None = None,
    clock: Callable[[], datetime] | None = None,
) -> int:
    """Send up to about `batch` messages that are due; return how many were taken, 0 when nothing was due.

    transports: by channel, instead of those that the campaigns' providers say. clock: tells when sending was over, for
    the outcomes' time; without it they happen at `now`, as in a rehearsal.
    """
    with transaction.atomic():
        claimed = _claim(now, batch, lanes)
        if not claimed:
            return 0
        campaigns = campaigns_of({message.campaign_id for message in claimed}, transports)
        sends = _sends(claimed, campaigns, now)
        slots = _slots(campaigns, now)
        trials = _trials(campaigns, now)
        displays = _displays(claimed, campaigns, now)
        refused, ready = _prepare(claimed, campaigns, sends, slots, trials, displays, now)
        _keep_slots(slots)
        _keep_trials(trials)
        recorded = [item for item in ready if campaigns[item.message.campaign_id].transport.records]
        outside = [item for item in ready if not campaigns[item.message.campaign_id].transport.records]
        _settle(refused + _record(recorded, campaigns, now), now)
        lease = _lease(outside, now) if outside else None

    if lease:
        _send(outside, campaigns, lease=lease, now=now, clock=clock or (lambda: now))
    return len(claimed)


def _claim(now: datetime, batch: int, lanes: Sequence[int]) -> list[Claimed]:
    sql.rows(SQL["join_by_key"])
    share = -(-batch // len(lanes))
    return [Claimed._make(row) for row in sql.rows(SQL["claim"], {"lanes": list(lanes), "share": share, "now": now})]


# Limits ------------------------------------------------------------------------------------------------------------

# From a message's planned instant to its sending: quiet hours, dwell time and a provider that is down. Older messages
# are looked for only where a node counts for ever.
LONGEST_WAIT = timedelta(days=60)


def _sends(claimed: list[Claimed], campaigns: dict[int, Campaign], now: datetime) -> Sends | None:
    """What decides about the batch's people where limits apply, in two statements; None where none applies.

    The people's lanes are locked first: of two messages of one person that two dispatchers hold, one is decided when
    the other counts.
    """
    under_limits = [m for m in claimed if (campaign := campaigns.get(m.campaign_id)) and campaign.limited]
    if not under_limits:
        return None
    sends, windows, forever = Sends(), [], set()
    for message in under_limits:
        campaign = campaigns[message.campaign_id]
        windows += [campaign.cap.window if campaign.cap else timedelta(), campaign.policy.every or timedelta()]
        if campaign.policy.ever is not None:
            forever.add((message.journey_id, message.node))
    since = now - max(windows)
    people = {(message.lane, message.profile_id) for message in under_limits}
    sql.rows(SQL["one_at_a_time"], {"lanes": literal({lane for lane, _ in people})})
    params = {
        "lanes": literal(lane for lane, _ in people),
        "people": literal(person for _, person in people),
        "since": since,
        "earliest": datetime.min.replace(tzinfo=UTC) if forever else since - LONGEST_WAIT,
        "journeys": literal(journey for journey, _ in forever),
        "nodes": literal(node for _, node in forever),
    }
    ours = {(message.lane, message.id) for message in claimed}  # of a dispatcher that died too
    for sent in map(Sent._make, sql.rows(SQL["sends"], params)):
        if sent.sent_at is not None:
            sends.note_sent(sent, sent.sent_at)
        elif (sent.lane, sent.id) not in ours:
            sends.note_under_way(sent, now + policy.LOOK_AGAIN)
    return sends


def _slots(campaigns: dict[int, Campaign], now: datetime) -> dict[int, Slots]:
    """The five minutes that throttled campaigns are filling, by campaign, locked: one statement, none without any."""
    throttled = [id for id, campaign in campaigns.items() if campaign.policy.throttle]
    if not throttled:
        return {}
    return {id: Slots(*rest) for id, *rest in sql.rows(SQL["slots"], {"ids": literal(throttled), "now": now})}


def _keep_slots(slots: dict[int, Slots]) -> None:
    if slots:
        given = slots.values()
        params = {"begins": literal(it.begins for it in given), "used": literal(it.used for it in given)}
        sql.run(SQL["take_slots"], params | {"ids": literal(slots)})


def _displays(claimed: list[Claimed], campaigns: dict[int, Campaign], now: datetime) -> Displays:
    """How often the batch's people have come to what shows on their devices."""
    given = {id: campaign.policy.frequency for id, campaign in campaigns.items()}
    return Displays(claimed, {id: it for id, it in given.items() if it is not None and it.counts}, now=now)


# Variants ---------------------------------------------------------------------------------------------------------


def _trials(campaigns: dict[int, Campaign], now: datetime) -> dict[int, Trial]:
    """The A/B tests of a batch, by campaign; those without a winner locked: one statement, none without any."""
    tested = {id: campaign for id, campaign in campaigns.items() if campaign.message.type == "ab"}
    trials = {id: Trial(winner=campaign.winner) for id, campaign in tested.items()}
    if open_ := [id for id, trial in trials.items() if not trial.winner]:
        rows = sql.rows(SQL["trials"], {"ids": literal(open_), "now": now})
        trials |= {id: Trial(*rest) for id, *rest in rows}
    return trials


def _keep_trials(trials: dict[int, Trial]) -> None:
    if held := {id: trial for id, trial in trials.items() if not trial.winner}:
        given, decides_at = [it.given for it in held.values()], [it.decides_at for it in held.values()]
        sql.run(SQL["keep_trials"], {"ids": literal(held), "given": literal(given), "decides_at": literal(decides_at)})


# Before sending ----------------------------------------------------------------------------------------------------


class Refused(Exception):
    """The message is not sent: never, or not before `due_at`, when it is looked at again."""

    def __init__(self, status: str, reason: str, due_at: datetime | None = None) -> None:
        super().__init__(reason)
        self.status, self.reason, self.due_at = status, reason, due_at


@dataclass(slots=True)
class Shared:
    """Which addresses of a batch have had their message. One run reaches its people at one instant, so that is what
    “the same run” means here (domain 5.1).

    without: who gets none, as (campaign, instant, profile).
    """

    had: dict[tuple[int, str, str], int] = field(default_factory=dict)
    without: set[tuple[int, str, int]] = field(default_factory=set)

    def gone(self, message: Claimed, address: str) -> bool:
        """Whether another profile with the address gets the message. The claim knows of the address's first owner, in
        whatever batch; among the others of a batch the first claimed is it.
        """
        run = message.campaign_id, message.queued_at
        if message.first is not None and (*run, message.first) not in self.without:
            return True
        return self.had.setdefault((*run, address), message.profile_id) != message.profile_id


def _prepare(
    claimed: list[Claimed],
    campaigns: dict[int, Campaign],
    sends: Sends | None,
    slots: dict[int, Slots],
    trials: dict[int, Trial],
    displays: Displays,
    now: datetime,
) -> tuple[list[Settled], list[Ready]]:
    """Check and render: those that end or wait here, and those that can be sent."""
    ended: list[Settled] = []
    ready: list[Ready] = []
    linker = Linker()
    clock = compose.clock_objects(now)
    shared = Shared()
    for message in sorted(claimed, key=lambda message: message.first is not None):
        try:
            campaign = campaigns.get(message.campaign_id)
            address, properties = _allowed(message, campaign, sends, slots, displays, now, shared)
            assert campaign is not None  # else it is not allowed
            person = Person(
                message.profile_id,
                f"{message.journey_id} {message.node}",
                message.variant,
                _values(message, properties),
            )
            message = message._replace(variant=campaign.message.draw(person, trials.get(message.campaign_id), now))
            ready.append(Ready(message, _outgoing(message, campaign, address, properties, clock, linker)))
            if sends is not None:
                sends.note_under_way(message, now)  # the next batch knows whether it counts
        except Refused as no:
            if no.due_at is None:
                shared.without.add((message.campaign_id, message.queued_at, message.profile_id))
            ended.append(Settled(message, no.status, no.reason, None, message.attempts, no.due_at))
        except render.RenderError as error:
            ended.append(Settled(message, "failed", error.reason, None, message.attempts, None))
        except Exception:
            # A row that we did not think of must not hold up the queue behind it.
            logger.exception("Message %s cannot be prepared.", message.id)
            ended.append(Settled(message, "failed", "internal error while rendering", None, message.attempts, None))
    shortlinks.keep(linker.targets, now=now)
    return ended, ready


def _allowed(
    message: Claimed,
    campaign: Campaign | None,
    sends: Sends | None,
    slots: dict[int, Slots],
    displays: Displays,
    now: datetime,
    shared: Shared,
) -> tuple[str | None, dict[str, Any]]:
    """The address and the person's properties, of a message that may go out now. Raises Refused."""
    if campaign is None or message.properties is None:
        raise Refused("failed", "the campaign is gone" if campaign is None else "the profile is gone")
    if campaign.stopped:
        raise Refused("cancelled", "stopped")
    properties = msgspec.json.decode(message.properties)
    address, unreachable = reach(
        message.channel, message, properties, groups=campaign.policy.groups, critical=campaign.policy.critical
    )
    if unreachable:
        raise Refused("unreachable", unreachable)
    if message.reason == policy.LATE:
        raise Refused("unreachable", policy.LATE)
    zone = policy.zone_of(message.timezone, settings.ACCOUNT_TIMEZONE)
    if campaign.policy.frequency is not None:
        before, session = displays.before(message), displays.session(message)
        if why := frequency.obstacle(campaign.policy.frequency, before, session=session, zone=zone, now=now):
            raise Refused("discarded", why)
    if verdict := policy.judge(message, campaign.policy, campaign.cap, sends, zone=zone, now=now):
        raise Refused(*verdict)
    if address is not None and campaign.policy.runs and shared.gone(message, address):
        raise Refused("failed", "duplicate profile")
    # Whoever waited for a place has it, and so does a message that is tried again.
    if campaign.policy.throttle and message.reason != policy.THROTTLED and not message.attempts:
        begins = slots[message.campaign_id].take(campaign.policy.throttle, now)
        if begins > now:
            raise Refused("queued", policy.THROTTLED, begins)
    return address, properties


def _outgoing(
    message: Claimed,
    campaign: Campaign,
    address: str | None,
    properties: dict[str, Any],
    clock: render.Objects,
    linker: Linker,
) -> Outgoing:
    """The message as it goes out. Raises RenderError."""
    ref = tracking.reference(message.lane, message.id, message.day)
    objects = {
        **clock,
        **campaign.objects,
        "Profile": of_person(message, render.printable(properties)),
        "Event": render.printable(msgspec.json.decode(message.event)["properties"]) if message.event else {},
        "Campaign": {"campaignId": message.campaign_id},
    }
    composer = campaign.message.composers[message.variant]
    return Outgoing(ref.hex(), address, composer.compose(objects, ref, linker), _devices(message.devices))


def _devices(found: str | None) -> tuple[Device, ...]:
    return tuple(Device(**device) for device in msgspec.json.decode(found)) if found else ()


def _values(message: Claimed, properties: dict[str, Any]) -> dict[str, Any]:
    """The person's properties with the system fields that a variant may be chosen by."""
    return {"Name": message.name, "Timezone": message.timezone, "Identity": message.identity, **properties}


def of_person(message: Claimed | Profile, profile: dict[str, Any]) -> dict[str, Any]:
    """`Profile` as templates see it: properties, and the system fields under both spellings that authors use."""
    for name, value in (
        ("Identity", message.identity),
        ("Name", message.name),
        ("Email", message.email),
        ("Phone", message.phone),
        ("Timezone", message.timezone),
        ("ObjectId", message.object_id),
    ):
        if value is not None:
            profile[name] = profile[_LOWER[name]] = value
    return profile


_LOWER = {
    "Identity": "identity",
    "Name": "name",
    "Email": "email",
    "Phone": "phone",
    "Timezone": "timezone",
    "ObjectId": "objectId",
}


# Sending -----------------------------------------------------------------------------------------------------------


def _record(ready: list[Ready], campaigns: dict[int, Campaign], now: datetime) -> list[Settled]:
    """Hand messages to recording transports, inside the transaction, and keep what was accepted."""
    settled: list[Settled] = []
    for transport, items in _by_transport(ready, campaigns):
        settled += _judge(
            items, transport.send([item.outgoing for item in items], seconds=SENDING_SECONDS), transport, now
        )
    sent = {(item.message.lane, item.message.id) for item in settled if item.status == "sent"}
    accepted = [item for item in ready if (item.message.lane, item.message.id) in sent]
    encode = msgspec.json.encode
    if shown := [item for item in accepted if item.message.channel in ON_DEVICE]:
        ondevice.put_down(shown, now=now)
    sql.copy(
        "channels_sandboxed",
        SANDBOX_COLUMNS,
        (
            (message.lane, message.id, now, outgoing.address, encode(outgoing.content).decode())
            for message, outgoing in accepted
            if message.channel not in ON_DEVICE
        ),
    )
    return settled


def _lease(ready: list[Ready], now: datetime) -> uuid.UUID:
    """Mark messages as being sent, by us, until the lease runs out."""
    lease = uuid.uuid4()
    held = [item.message for item in ready]
    drawn = literal(message.variant for message in held)
    sql.run(SQL["lease"], _keys(held) | {"variants": drawn, "lease": lease, "until": now + LEASE})
    return lease


def _send(
    ready: list[Ready],
    campaigns: dict[int, Campaign],
    *,
    lease: uuid.UUID,
    now: datetime,
    clock: Callable[[], datetime],
) -> None:
    """Send leased messages, provider by provider, and settle each provider's when its batch is over."""
    for transport, items in _by_transport(ready, campaigns):
        try:
            results = transport.send([item.outgoing for item in items], seconds=SENDING_SECONDS)
        except Exception:
            # A mistake of ours in a transport. What it had sent already is not known, and fewer would be worse than
            # twice.
            logger.exception("A transport failed with %s messages of %s.", len(items), transport)
            results = [Result(Outcome.RETRY, "internal error while sending")] * len(items)
        over = clock()
        with transaction.atomic():
            sql.rows(SQL["join_by_key"])
            # Whoever took over after our lease ran out settles those himself.
            ours = set(sql.rows(SQL["hold"], _keys([item.message for item in items]) | {"lease": lease}))
            judged = _judge(items, results, transport, over)
            dead = [(item.message.lane, id) for item, result in zip(items, results, strict=True) for id in result.dead]
            devices.switch_off(dead)
            _settle([item for item in judged if (item.message.lane, item.message.id) in ours], over)


def _by_transport(ready: list[Ready], campaigns: dict[int, Campaign]) -> list[tuple[Transport, list[Ready]]]:
    groups: dict[int, tuple[Transport, list[Ready]]] = {}
    for item in ready:
        transport = campaigns[item.message.campaign_id].transport
        groups.setdefault(id(transport), (transport, []))[1].append(item)
    return list(groups.values())


def _judge(items: list[Ready], results: list[Result], transport: Transport, now: datetime) -> list[Settled]:
    """What the provider's results mean for the messages."""
    settled = []
    waits = transport.backoff
    for (message, outgoing), (outcome, reason, _dead, retries) in zip(items, results, strict=True):
        attempts = message.attempts
        if outcome is Outcome.SENT:
            settled.append(Settled(message, "sent", None, outgoing.address, attempts + 1, None))
        elif outcome is Outcome.UNTRIED:
            settled.append(Settled(message, "queued", None, None, attempts, now))
        elif outcome is Outcome.RETRY and waits and attempts < (len(waits) if retries is None else retries):
            again = now + waits[min(attempts, len(waits) - 1)]
            settled.append(Settled(message, "queued", reason, None, attempts + 1, again))
        else:
            settled.append(Settled(message, "failed", reason, None, attempts + 1, None))
    return settled


def _settle(settled: list[Settled], now: datetime) -> None:
    """Write outcomes and their events, in the caller's transaction, which holds the messages locked."""
    if not settled:
        return
    messages, statuses, reasons, addresses, attempts, due_ats = zip(*settled, strict=True)
    sql.run(
        SQL["settle"],
        _keys(messages)
        | {
            "statuses": literal(statuses),
            # What was sent keeps why it had been held.
            "reasons": literal(
                _storable(message.reason if status == "sent" and message.reason in policy.HELD else reason)
                for message, status, reason in zip(messages, statuses, reasons, strict=True)
            ),
            "addresses": literal(addresses),
            "attempts": literal(attempts),
            "due_ats": literal(due_ats),
            "variants": literal(message.variant for message in messages),
            "now": now,
        },
    )
    receipts.record_outcomes(
        (
            (item.message, item.status, _storable(item.reason))
            for item in settled
            if item.due_at is None and item.status != "cancelled"  # whose people are led out
        ),
        at=now,
    )


def _storable(reason: str | None) -> str | None:
    """A reason as the database can hold it: some are the words of other people's servers."""
    return reason and reason.encode(errors="replace").decode().replace("\0", "")


def _keys(messages: Sequence[Claimed]) -> dict[str, Any]:
    return {
        "lanes": literal(message.lane for message in messages),
        "ids": literal(message.id for message in messages),
        "times": literal(message.queued_at for message in messages),
        "people": literal(message.profile_id for message in messages),
        "enrollments": literal(message.enrollment_id for message in messages),
    }
