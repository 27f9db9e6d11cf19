"""Test sends (domain 5.3): what is being written goes out at once, through its provider, to people marked as test.

A test is no message of a journey. It has a number of the outbox's sequence and no row there, so whatever its links, a
device or a provider tell of it afterwards is about nothing and counts nowhere; no event is recorded, and no limit is
asked or used up. What a person said no to holds for tests as well.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
from pydantic import ValidationError

from channels import compose, groups, reasons, render, shortlinks, tracking
from channels import content as contents
from channels.base import UNTRIED, Device, Outcome, Outgoing, Result, Transport
from channels.compose import Composer
from channels.content import Content
from channels.errors import ChannelError
from channels.models import Channel, Provider
from channels.outbox.prepare import of_person
from channels.reach import ON_DEVICE, TO_DEVICES, reach
from channels.tracking import Linker
from channels.transports import transport_of
from config.lib import lanes, sql
from profiles import eventtypes
from profiles.models import Profile

SQL = sql.load(Path(__file__).with_suffix(".sql"))
logger = logging.getLogger(__name__)

MOST = 10  # people of one test, each of whom is waited for
SECONDS = 20.0  # no message is begun after that
PREFIX = "[Test] "
HEADER = "Sojourn-Test"  # of webhooks, whose body is not ours to change


class Draft(NamedTuple):
    """What is tried out: a node's content, and what decides who gets it. context: Journey and Node as templates see
    them; provider: by name; None: the channel's default; event: the name of the event that leads people to the node, of
    which each gets their own latest; empty: none.
    """

    channel: str
    content: Any
    context: Mapping[str, Any]
    provider: str | None = None
    event: str = ""
    groups: Sequence[str] = ()
    critical: bool = False


class Told(NamedTuple):
    """What became of one person's. `recorded`: the sandbox took it, and nothing left the house. reason: a sentence."""

    profile_id: int
    outcome: Literal["sent", "recorded", "failed", "unreachable"]
    reason: str = ""


class _Known(NamedTuple):
    """What decides whether a person is reached, and their event's properties, as JSON text."""

    email: str | None
    phone: str | None
    suppressed: str | None
    devices: str | None
    event: str | None


_GONE = _Known(None, None, None, None, None)  # of whoever was deleted a moment ago


class Unreachable(Exception):
    """A person has no address, or said no; the text is the outbox's own reason."""


def obstacle(channel: str) -> str:
    """Why a channel has no tests, as a sentence; empty if it has."""
    if channel not in ON_DEVICE:
        return ""
    label = Channel(channel).label
    return f"{label} shows when a person's device comes by, so no test can be sent; the preview shows it as it will be."


def check(draft: Draft) -> None:
    """Raise ChannelError if the channel has no tests, the content cannot be sent to anybody, or there is no such
    provider.
    """
    if why := obstacle(draft.channel):
        raise ChannelError(why, code="not_sendable")
    _sendable(draft)
    way_out(draft.channel, draft.provider)


def send(draft: Draft, people: Sequence[Profile], *, now: datetime) -> list[Told]:
    """Send it to everybody at once and say what became of it, in their order. Not in a transaction, since it waits for
    a provider. Raises ChannelError as `check` does, and then sends nothing.
    """
    check(draft)
    composer = compose.compile_content(draft.channel, _sendable(draft).model_dump(mode="json", by_alias=True))
    transport = way_out(draft.channel, draft.provider)
    known, linker = _known(draft, people), Linker()
    told: dict[int, Told] = {}
    going: dict[int, Outgoing] = {}
    for person, number in zip(people, _numbers(len(people)), strict=True):
        try:
            going[person.pk] = _outgoing(draft, composer, person, known.get(person.pk, _GONE), number, linker, now)
        except Unreachable as no:
            told[person.pk] = Told(person.pk, "unreachable", reasons.words("unreachable", str(no)))
        except render.RenderError as error:
            aborted = error.reason == render.ABORTED
            why = "The text says so with {% abort %}." if aborted else reasons.words("failed", error.reason)
            told[person.pk] = Told(person.pk, "failed", why)
    shortlinks.keep(linker.targets, now=now)
    for profile_id, result in zip(going, _handed_over(transport, list(going.values())), strict=True):
        told[profile_id] = _result(profile_id, result, transport)
    return [told[person.pk] for person in people]


def way_out(channel: str, provider: str | None) -> Transport:
    """The transport that a node's messages would take now; of a group, its first provider's. Raises ChannelError."""
    of_channel = Provider.objects.filter(channel=channel)
    if provider is None:
        found = of_channel.filter(is_default=True).first()
        return _transport(found) if found else transport_of(None, None, None)
    found = of_channel.filter(name=provider, archived_at=None).first()
    if found is None:
        message = f"There is no {Channel(channel).label} provider “{provider}” in use; choose another, or the default."
        raise ChannelError(message, code="not_sendable")
    return _transport(found)


def _transport(provider: Provider) -> Transport:
    first = groups.members(provider.pk)[:1] if provider.kind == Provider.Kind.GROUP else [provider]
    if not first:
        raise ChannelError(f"The provider group “{provider.name}” has no provider; add one.", code="not_sendable")
    return transport_of(first[0].kind, first[0].config, first[0].secrets)


def _sendable(draft: Draft) -> Content:
    """The content, as fit for sending as publishing wants it, and without copies: those are for people who are not
    asked here. Raises ChannelError.
    """
    try:
        model = contents.MODELS[draft.channel].model_validate(draft.content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ChannelError(f"{place}: {first['msg']}.", code="not_sendable") from None
    for _place, sentence in contents.problems(model):
        raise ChannelError(f"This cannot be sent as it is: {sentence}", code="not_sendable")
    if isinstance(model, contents.EmailContent):
        return model.model_copy(update={"cc": [], "bcc": []})
    return model


def _outgoing(
    draft: Draft, composer: Composer, person: Profile, known: _Known, number: int, linker: Linker, now: datetime
) -> Outgoing:
    """One person's message. Raises Unreachable, RenderError."""
    address, why = reach(draft.channel, known, person.properties, groups=draft.groups, critical=draft.critical)
    if why:
        raise Unreachable(why)
    ref = tracking.reference(lanes.of(person.pk), number, (now.astimezone(UTC).date() - tracking.DAY_ZERO).days)
    objects = {
        **compose.clock_objects(now),
        **draft.context,
        "Profile": of_person(person, render.printable(dict(person.properties))),
        "Event": render.printable(msgspec.json.decode(known.event) if known.event else {}),
        "Campaign": {"campaignId": 0},
    }
    made = _as_test(draft.channel, composer.compose(objects, ref, linker))
    return Outgoing(ref.hex(), address, made, _devices(known.devices))


def _as_test(channel: str, made: dict[str, Any]) -> dict[str, Any]:
    """Rendered content that says that it is a test, where there is a place for that beside the text."""
    if channel == Channel.EMAIL:
        return made | {"subject": (PREFIX + made["subject"])[: compose.SUBJECT_LENGTH]}
    if channel in TO_DEVICES:
        return made | {"title": PREFIX + made["title"]}
    if channel == Channel.WEBHOOK:
        return made | {"headers": {**made["headers"], HEADER: "true"}}
    return made


def _known(draft: Draft, people: Sequence[Profile]) -> dict[int, _Known]:
    """What is known of people by id, in one statement, and one more for the event's type."""
    kinds = eventtypes.find([draft.event]) if draft.event else {}
    params = {
        "channel": draft.channel,
        "lanes": [lanes.of(person.pk) for person in people],
        "ids": [person.pk for person in people],
        "type": kinds[draft.event].id if draft.event in kinds else None,
    }
    return {id: _Known(*rest) for id, *rest in sql.rows(SQL["known"], params)}


def _numbers(count: int) -> list[int]:
    return [number for (number,) in sql.rows(SQL["numbers"], {"count": count})]


def _devices(found: str | None) -> tuple[Device, ...]:
    return tuple(Device(**device) for device in msgspec.json.decode(found)) if found else ()


def _handed_over(transport: Transport, batch: list[Outgoing]) -> list[Result]:
    if not batch:
        return []
    try:
        return transport.send(batch, seconds=SECONDS)
    except Exception:
        logger.exception("A transport failed with a test of %s messages.", len(batch))
        return [Result(Outcome.FAILED, "internal error while sending")] * len(batch)


def _result(profile_id: int, result: Result, transport: Transport) -> Told:
    """What the provider's answer means. A test is not tried again: whoever sent it looks at it."""
    if result.outcome is Outcome.SENT:
        return Told(profile_id, "recorded" if transport.records else "sent")
    if result == UNTRIED:
        return Told(profile_id, "failed", "There was no time left for this one; send it again.")
    return Told(profile_id, "failed", reasons.words("failed", result.reason or "the provider gave no reason"))
