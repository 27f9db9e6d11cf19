"""Push and web push: a notification on each of the person's devices, through the push service that each is of.

What each does with the person is what every engagement node does; a message is sent when one device's service took it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from channels.content import PushContent
from channels.variants import Variants
from config.lib.errors import Problem
from journeys.nodes.engagement import Engagement, EngagementConfig

LONGEST_TTL = timedelta(days=28)  # what push services keep a notification for at most


class PushConfig(EngagementConfig):
    content: PushContent = PushContent()
    variants: Variants[PushContent] | None = None


class Push(Engagement[PushConfig]):
    name = "push"
    label = "Push"
    hint = "A notification on people's phones."
    Config = PushConfig
    vias = ("sent", "failed", "viewed", "clicked", "unreachable", "node_timeout")

    def problems(self, config: PushConfig, number: int | None) -> Iterator[Problem]:
        yield from super().problems(config, number)
        for place, given in self.contents(config):
            ttl = given.ttl  # type: ignore[attr-defined]
            if ttl is not None and not timedelta() < ttl <= LONGEST_TTL:
                message = "The notification's time to live is out of range; choose up to 28 days."
                yield Problem("K29", "error", number, f"{place}.ttl", message)


class WebPush(Push):
    name = "web_push"
    label = "Web push"
    hint = "A notification of the browser."
