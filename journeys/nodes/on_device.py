"""Messages that wait on a device: in-app, web pop-up, exit intent, web native display, and the app inbox (domain 5.1).

Nobody is unreachable for them. A message is sent when it is put down for the device, at the arrival; the app or the
page fetches it at its next visit and tells what became of it.

In-app and native display have no Sent, so the person waits for Viewed and Clicked from the arrival on; the others do
when one of these or Node timeout is drawn. A message outside its frequency is discarded, which is no outcome (15.11):
the person stays, and only Node timeout leads on.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, TypeVar

from channels import content as contents
from channels import render
from channels.content import (
    DisplayContent,
    ExitIntentContent,
    InAppContent,
    InboxContent,
    NativeContent,
    PopupContent,
)
from channels.variants import Variants
from config.lib.errors import Problem
from journeys.nodes import frequency
from journeys.nodes.engagement import DECIDED_ONCE, LATER, Engagement, EngagementConfig

if TYPE_CHECKING:
    from journeys.engine.stay import Heard, Stay
    from journeys.engine.walk import Walk
    from journeys.graph import GraphNode

INBOX_TTL = (timedelta(days=1), timedelta(days=60))


class DisplayConfig(EngagementConfig):
    content: DisplayContent = DisplayContent()
    variants: Variants[DisplayContent] | None = None


class InAppConfig(DisplayConfig):
    content: InAppContent = InAppContent()
    variants: Variants[InAppContent] | None = None


class PopupConfig(DisplayConfig):
    content: PopupContent = PopupContent()
    variants: Variants[PopupContent] | None = None


class ExitIntentConfig(DisplayConfig):
    content: ExitIntentContent = ExitIntentContent()
    variants: Variants[ExitIntentContent] | None = None


class NativeConfig(DisplayConfig):
    content: NativeContent = NativeContent()
    variants: Variants[NativeContent] | None = None


class InboxConfig(DisplayConfig):
    content: InboxContent = InboxContent()
    variants: Variants[InboxContent] | None = None


C = TypeVar("C", bound=DisplayConfig)


class OnDevice(Engagement[C]):
    """What they share; a channel sets its name, label, vias and configuration, and how far its priorities go."""

    has_event: ClassVar[bool] = False  # its content may use `Event.` (domain 12)
    lowest: ClassVar[int] = 1
    highest: ClassVar[int] = 100

    def problems(self, config: C, number: int | None) -> Iterator[Problem]:
        yield from super().problems(config, number)
        if config.frequency is not None and self.shows:
            yield from frequency.problems(config.frequency, number)
        for at, given in self.contents(config):
            for place, text in contents.texts(given):
                if not self.has_event and render.uses_event(text):
                    message = (
                        f"{self.label} is shown when the person is there again, so it cannot use Event; use Profile."
                    )
                    yield Problem("K12", "error", number, f"{at}.{place}", message)
            priority = getattr(given, "priority", self.lowest)
            if not self.lowest <= priority <= self.highest:
                message = f"The priority is {priority}; choose {self.lowest} to {self.highest}."
                yield Problem("K29", "error", number, f"{at}.priority", message)

    def uses_event(self, config: C) -> bool:
        return self.has_event and super().uses_event(config)

    def hear(self, walk: Walk, stay: Stay, node: GraphNode, heard: Heard) -> bool:
        outcome = heard.outcome
        if outcome == "discarded":
            stay.outcome = outcome
            if stay.phase == "sending":
                self._wait(walk, stay, node, heard)
            return True
        if stay.phase == "sending":
            if outcome not in DECIDED_ONCE:
                return False
            stay.outcome = outcome
            if self._goes_on(outcome, node):
                return walk.take(stay, node, outcome, heard.clock, heard)
            self._wait(walk, stay, node, heard)
            return True
        if outcome in LATER and stay.outcome == "sent" and walk.listening(stay, heard):
            completes = not node.outlets and "sent" not in self.vias
            return (completes or outcome in node.outlets) and walk.take(stay, node, outcome, heard.clock, heard)
        return False

    def _goes_on(self, outcome: str, node: GraphNode) -> bool:
        """Whether having been put down for the device, or not, decides; else people wait for what they do with it."""
        if outcome in node.outlets:
            return True
        if outcome != "sent":  # failed, or too late on the person's clock: nothing can follow; a last node is over
            return not node.outlets
        phantom = any(via in node.outlets for via in (*LATER, "node_timeout"))
        return "sent" in self.vias and not phantom

    def _wait(self, walk: Walk, stay: Stay, node: GraphNode, heard: Heard) -> None:
        """The window counts from the arrival (5.6), in the app inbox from Sent as on other channels."""
        walk.wait(stay, node, heard.clock, heard, since=stay.arrived_at if self.shows else None)


class InApp(OnDevice[InAppConfig]):
    name = "in_app"
    label = "In-app"
    hint = "A message over the app while it is used."
    Config = InAppConfig
    vias = ("viewed", "clicked", "node_timeout")
    shows = True
    highest = 10


class WebPopup(OnDevice[PopupConfig]):
    name = "web_popup"
    label = "Web pop-up"
    hint = "A message over a page."
    Config = PopupConfig
    vias = ("sent", "viewed", "clicked", "node_timeout")
    shows = True


class ExitIntent(OnDevice[ExitIntentConfig]):
    name = "exit_intent"
    label = "Exit intent"
    hint = "A message when somebody is about to leave the page."
    Config = ExitIntentConfig
    vias = ("sent", "viewed", "clicked", "node_timeout")
    shows = True


class WebNative(OnDevice[NativeConfig]):
    name = "web_native"
    label = "Web native display"
    hint = "A message within a page."
    Config = NativeConfig
    vias = ("viewed", "clicked", "node_timeout")
    shows = True
    has_event = True


class AppInbox(OnDevice[InboxConfig]):
    """Kept in the app, for the time that the content says; fetched at the next session."""

    name = "app_inbox"
    label = "App inbox"
    hint = "A message kept in the app."
    Config = InboxConfig
    vias = ("sent", "viewed", "clicked", "node_timeout")

    def problems(self, config: InboxConfig, number: int | None) -> Iterator[Problem]:
        yield from super().problems(config, number)
        for at, given in self.contents(config):
            ttl = given.ttl  # type: ignore[attr-defined]
            if ttl is not None and not INBOX_TTL[0] <= ttl <= INBOX_TTL[1]:
                message = "The message stays in the inbox for 1 to 60 days; choose one of these, or null for ever."
                yield Problem("K29", "error", number, f"{at}.ttl", message)
