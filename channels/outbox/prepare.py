"""Check and render a batch: which messages end or wait here, and which go out with what content (domain 5.2)."""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings

from channels import compose, frequency, policy, render, shortlinks, tracking, ways
from channels.base import Device, Outgoing
from channels.campaigns import Campaign
from channels.ondevice import Displays
from channels.outbox.rows import Claimed, Ready, Settled
from channels.policy import Sends, Slots
from channels.reach import reach
from channels.tracking import Linker
from channels.variants import Person, Trial
from profiles.models import Profile

logger = logging.getLogger(__name__)


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


def prepare(
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
            message, address, properties = _allowed(message, campaign, sends, slots, displays, now, shared)
            assert campaign is not None  # else it is not allowed
            person = Person(
                message.profile_id,
                f"{message.journey_id} {message.node}",
                message.variant,
                _values(message, properties),
            )
            message = message._replace(variant=campaign.message.draw(person, trials.get(message.campaign_id), now))
            outgoing = _outgoing(message, campaign, address, properties, clock, linker)
            turn = ways.turn(campaign.ways_of(message.sent_as), message.provider_id)
            ready.append(Ready(message, outgoing, turn))
            if sends is not None:
                sends.note_under_way(message, now)  # the next batch knows whether it counts
        except Refused as no:
            if no.due_at is None:
                shared.without.add((message.campaign_id, message.queued_at, message.profile_id))
                if not message.attempts and message.provider_id is None:
                    message = message._replace(sent_as=None)  # nobody was asked to send the SMS
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
) -> tuple[Claimed, str | None, dict[str, Any]]:
    """A message that may go out now, its address and the person's properties. Raises Refused."""
    if campaign is None or message.properties is None:
        raise Refused("failed", "the campaign is gone" if campaign is None else "the profile is gone")
    if campaign.stopped:
        raise Refused("cancelled", "stopped")
    properties = msgspec.json.decode(message.properties)
    address, unreachable = reach(
        message.channel, message, properties, groups=campaign.policy.groups, critical=campaign.policy.critical
    )
    if campaign.fallback is not None and (unreachable or message.sent_as):
        message, address = _as_sms(message, properties, unreachable)
    elif unreachable:
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
    again = message.attempts or message.provider_id is not None or message.sent_as
    if campaign.policy.throttle and message.reason != policy.THROTTLED and not again:
        begins = slots[message.campaign_id].take(campaign.policy.throttle, now)
        if begins > now:
            raise Refused("queued", policy.THROTTLED, begins)
    return message, address, properties


def _as_sms(message: Claimed, properties: dict[str, Any], unreachable: str | None) -> tuple[Claimed, str | None]:
    """The message as an SMS, and its number: RCS does not reach the person, or failed it. Raises Refused where an SMS
    does not reach them either. unreachable: why not by RCS; None when it failed.
    """
    number, why = reach("sms", message, properties)
    if why is None:
        reason = message.reason if message.sent_as else f"{policy.AS_SMS}: {unreachable}"
        return message._replace(sent_as="sms", reason=reason), number
    if unreachable:
        raise Refused("unreachable", unreachable)
    raise Refused("failed", f"{(message.reason or '').removeprefix(f'{policy.AS_SMS}: ')}; no SMS instead: {why}")


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
    instead = campaign.fallback if message.sent_as else None
    composer = instead or campaign.message.composers[message.variant]
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
