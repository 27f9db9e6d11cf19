"""Engagement nodes: a message on one channel (domain 5). The kinds differ by channel, connectors and content; what they
do is the same.

Arriving queues one message; the person waits for what becomes of it. Sent, failed and unreachable come back as system
events, and so do viewed, clicked and delivered. If one of the latter or Node timeout is drawn, a phantom node behind
Sent holds the person until the first drawn outcome or until its window has closed (5.6).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field

from channels import content, render, variants
from channels.content import Content, EmailContent, RcsContent, SmsContent, WebhookContent, WhatsAppContent
from channels.variants import Variants
from config.lib.errors import Problem
from journeys.nodes.base import Config, Kind
from journeys.nodes.counted import DAY, Counted
from journeys.nodes.frequency import Frequency
from segments import match
from segments.rules import Condition

if TYPE_CHECKING:
    from journeys.document import Document
    from journeys.engine.stay import Heard, Stay
    from journeys.engine.walk import Walk
    from journeys.graph import GraphNode

_CODES = {"content": "K12", "range": "K29", "missing": "K05"}  # of what is wrong with variants
DECIDED_ONCE = ("sent", "failed", "unreachable")
LATER = ("delivered", "viewed", "clicked")


class Ever(Config):
    """At most n messages to a person, in all their stays."""

    ever: int


class Every(Config):
    """At most one message to a person in each interval."""

    every: timedelta


class Conversion(Config):
    """What people are to do after the message (domain 5.7). `revenue`: the property that says what it brought."""

    event: str = ""
    where: list[Condition] = []
    window: timedelta = DAY
    revenue: str | None = None


CONVERTS = (timedelta(minutes=1), timedelta(days=153))  # five months
THROTTLED = ("push", "sms", "email", "webhook", "whatsapp")  # channels that can be
MOST_EVER = 250
MOST_GROUPS = 50  # subscription groups, domain 5.1
INTERVAL = (timedelta(minutes=5), timedelta(days=30))


class Limits(Config):
    """`global`: apply the project's campaign limits; `node`: {ever: n} or {every: DURATION}, null for every time."""

    global_: bool = Field(True, alias="global", description="Count and hold back by the project's campaign limits.")
    node: Ever | Every | None = Field(None, description="How often one person gets this message; none: every time.")


class EngagementConfig(Config):
    """`provider` null is the channel's default; `template` names a saved one, whose content takes the place of
    `content` (journeys.templated); `user_timezone` false keeps the node on the account's clock where the journey uses
    the person's (domain 3.6); `throttle` is how many messages it sends in five minutes at most (5.4).
    """

    provider: str | None = None
    template: str | None = None
    content: Content = Content()
    variants: Variants[Content] | None = None
    user_timezone: bool = Field(True, description="Clock times are the person's own, if Setup says so for the journey.")
    throttle: int | None = Field(None, description="Messages in five minutes at most; empty: as fast as they come.")
    frequency: Frequency | None = None
    limits: Limits = Limits()
    conversion: Conversion | None = None


def messages(document: Document) -> Iterator[tuple[int, EngagementConfig]]:
    """The nodes of a document that send something: (number, configuration)."""
    return ((node.id, node.config) for node in document.nodes if isinstance(node.config, EngagementConfig))


OVERRIDES = "It goes to people who opted out of e-mail too. Use that for what they have to know, never for advertising."


class EmailConfig(EngagementConfig):
    """`groups`: the subscription groups that a person must be in, all of them; `critical`: goes to those too who opted
    out of e-mail (domain 5.1).
    """

    content: EmailContent = EmailContent()
    variants: Variants[EmailContent] | None = None
    groups: list[str] = Field([], description="Subscription groups that a person must be in, all of them; none: all.")
    critical: bool = Field(
        False,
        description="Goes to those too who opted out of e-mail.",
        json_schema_extra={"confirm": OVERRIDES},  # the canvas asks before it is switched on
    )


class WebhookConfig(EngagementConfig):
    content: WebhookContent = WebhookContent()
    variants: Variants[WebhookContent] | None = None


class SmsConfig(EngagementConfig):
    content: SmsContent = SmsContent()
    variants: Variants[SmsContent] | None = None


class WhatsAppConfig(EngagementConfig):
    content: WhatsAppContent = WhatsAppContent()
    variants: Variants[WhatsAppContent] | None = None


class SmsInstead(Config):
    """The SMS for those whom RCS does not reach. `provider` null is the default one for SMS."""

    provider: str | None = Field(None, json_schema_extra={"channel": "sms"})  # whose providers the canvas offers
    text: str = ""


class RcsConfig(EngagementConfig):
    """`fallback`: an SMS where RCS does not reach the person, or fails after its retries (domain 5.1)."""

    content: RcsContent = RcsContent()
    variants: Variants[RcsContent] | None = None
    fallback: SmsInstead | None = Field(None, description="An SMS for those whom RCS does not reach; none: nothing.")


C = TypeVar("C", bound=EngagementConfig)


class Engagement(Kind[C]):
    """The shared behaviour; a channel sets `name` (its channel), label, vias and configuration."""

    role = "engagement"
    has_window = True
    changeable = "only the content with its variants and the provider"

    def unfit(self) -> frozenset[str]:
        parts = {"frequency": self.shows, "throttle": self.name in THROTTLED}
        return frozenset(part for part, fits in parts.items() if not fits)

    def problems(self, config: C, number: int | None) -> Iterator[Problem]:
        if config.variants is None or not config.variants.everybody():
            for place, message in content.problems(config.content):
                yield Problem("K12", "error", number, f"content.{place}", message)
        if config.variants is not None:
            for wrong in variants.problems(self.name, config.variants):
                yield Problem(_CODES[wrong.kind], "error", number, f"variants.{wrong.place}", wrong.message)
        if config.conversion is not None:
            yield from _conversion(config.conversion, number)
        if config.frequency is not None and "frequency" in self.unfit():
            message = f"{self.label} has no frequency, which is for what shows on a device; leave it out."
            yield Problem("K05", "error", number, "frequency", message)

        if config.throttle is not None and "throttle" in self.unfit():
            message = f"{self.label} cannot be throttled; leave the throttle out."
            yield Problem("K05", "error", number, "throttle", message)
        elif config.throttle is not None and config.throttle < 1:
            message = f"The throttle lets {config.throttle} messages through in five minutes; choose 1 or more."
            yield Problem("K29", "error", number, "throttle", message)
        match config.limits.node:
            case Ever(ever=times) if not 1 <= times <= MOST_EVER:
                message = f"The node may send {times} times ever; choose 1 to {MOST_EVER}."
                yield Problem("K29", "error", number, "limits.node.ever", message)
            case Every(every=interval) if not INTERVAL[0] <= interval <= INTERVAL[1]:
                message = "The node's interval is out of range; choose 5 minutes to 30 days."
                yield Problem("K29", "error", number, "limits.node.every", message)

    def fixed(self, config: C) -> dict[str, Any]:
        own = {"content", "provider", "template", "variants", "fallback"}
        return config.model_dump(mode="json", by_alias=True, exclude=own)

    def uses_event(self, config: C) -> bool:
        return any(render.uses_event(text) for _, it in self.contents(config) for text in content.templates(it))

    def contents(self, config: C) -> list[tuple[str, Content]]:
        """Everything that the node may send, with its place."""
        own = [("content", config.content)] if config.variants is None or not config.variants.everybody() else []
        options = config.variants.options if config.variants else []
        return own + [(f"variants.options[{index}].content", it.content) for index, it in enumerate(options)]

    def counted_events(self, config: C) -> frozenset[str]:
        return frozenset({config.conversion.event} if config.conversion else ())

    def counts(self, config: C, zone: ZoneInfo) -> tuple[Counted, ...]:
        if (it := config.conversion) is None:
            return ()
        return (Counted(1, it.event, match.compile_where(it.where, zone), it.window, it.revenue),)

    def arrive(self, walk: Walk, stay: Stay, node: GraphNode, at: datetime, heard: Heard | None) -> None:
        walk.send(stay, node, at)

    def hear(self, walk: Walk, stay: Stay, node: GraphNode, heard: Heard) -> bool:
        outcome = heard.outcome
        if stay.phase == "sending":
            if outcome not in DECIDED_ONCE:
                return False
            stay.outcome = outcome
            phantom = any(via in node.outlets for via in (*LATER, "node_timeout"))
            if outcome == "sent" and phantom and "sent" not in node.outlets:
                walk.wait(stay, node, heard.clock, heard)
                return True
            return walk.take(stay, node, outcome, heard.clock, heard)
        if outcome in LATER and stay.outcome == "sent" and outcome in node.outlets and walk.listening(stay, heard):
            return walk.take(stay, node, outcome, heard.clock, heard)
        return False


def _conversion(it: Conversion, number: int | None) -> Iterator[Problem]:
    if not it.event.strip():
        yield Problem("K05", "error", number, "conversion.event", "Name the event that counts as a conversion.")
    if not CONVERTS[0] <= it.window <= CONVERTS[1]:
        message = f"Conversions count for {it.window}; choose 1 minute to {CONVERTS[1].days} days (five months)."
        yield Problem("K29", "error", number, "conversion.window", message)


class Email(Engagement[EmailConfig]):
    name = "email"
    label = "Email"
    hint = "A mail, with links and opens followed."
    Config = EmailConfig
    vias = ("sent", "failed", "delivered", "viewed", "clicked", "unreachable", "node_timeout")

    def problems(self, config: EmailConfig, number: int | None) -> Iterator[Problem]:
        yield from super().problems(config, number)
        if len(config.groups) > MOST_GROUPS or not all(name.strip() for name in config.groups):
            message = f"Name up to {MOST_GROUPS} subscription groups, none of them empty."
            yield Problem("K29", "error", number, "groups", message)


class Sms(Engagement[SmsConfig]):
    name = "sms"
    label = "SMS"
    hint = "A text message."
    Config = SmsConfig
    vias = ("sent", "delivered", "failed", "unreachable", "clicked", "node_timeout")

    def connectors(self, config: SmsConfig) -> tuple[str, ...]:
        shortened = any(isinstance(it, SmsContent) and it.shorten_links for _, it in self.contents(config))
        return self.vias if shortened else tuple(via for via in self.vias if via != "clicked")

    def withheld(self, config: SmsConfig, via: str) -> str:
        if via in self.connectors(config) or via != "clicked":
            return ""
        return "does not shorten its links, so no click is known; let it, or do not draw Clicked."


class WhatsApp(Engagement[WhatsAppConfig]):
    name = "whatsapp"
    label = "WhatsApp"
    hint = "A message on WhatsApp, to people who opted in."
    Config = WhatsAppConfig
    vias = ("sent", "delivered", "viewed", "clicked", "failed", "unreachable", "node_timeout")

    def problems(self, config: WhatsAppConfig, number: int | None) -> Iterator[Problem]:
        yield from super().problems(config, number)
        for place, given in self.contents(config):
            assert isinstance(given, WhatsAppContent)
            if given.registration is not None:
                yield from _variables(given, number, f"{place}.variables")


def _variables(given: WhatsAppContent, number: int | None, field: str) -> Iterator[Problem]:
    """A registered template is sent with one value for each of its placeholders, none of them empty."""
    wanted, there = len(content.placeholders(given.text)), len(given.variables)
    if wanted != there:
        has, gets = (f"{wanted} placeholder" + "s" * (wanted != 1)), (f"{there} variable" + "s" * (there != 1))
        message = f"The template has {has}, and the node gives {gets}; give one for each."
        yield Problem("K12", "error", number, field, message)
    for index, text in enumerate(given.variables):
        if not text.strip():
            message = f"Variable {index + 1} is empty, which WhatsApp refuses; say what stands in its place."
            yield Problem("K12", "error", number, f"{field}[{index}]", message)


class Rcs(Engagement[RcsConfig]):
    name = "rcs"
    label = "RCS"
    hint = "A rich text message, or an SMS instead."
    Config = RcsConfig
    vias = WhatsApp.vias

    def problems(self, config: RcsConfig, number: int | None) -> Iterator[Problem]:
        yield from super().problems(config, number)
        if config.fallback is not None:
            for place, message in content.problems(SmsContent(text=config.fallback.text)):
                yield Problem("K12", "error", number, f"fallback.{place}", message)

    def contents(self, config: RcsConfig) -> list[tuple[str, Content]]:
        own = super().contents(config)
        return [*own, ("fallback", SmsContent(text=config.fallback.text))] if config.fallback else own


class Webhook(Engagement[WebhookConfig]):
    name = "webhook"
    label = "Webhook"
    hint = "A call of another system."
    Config = WebhookConfig
    vias = ("sent", "failed")
