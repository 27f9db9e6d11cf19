"""Node-wise: one row a node, and one more for each variant of its message (domain 10.2).

A variant's row says only what became of that variant's messages; where people went is in the node's own row, so that
nobody is added up twice. What was sent to which operating system, and uniques within the conversion window, are not
tallied: their cells are empty.
"""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from journeys.document import Document, NodeBase, Sleep
from journeys.models import Node, Version
from journeys.nodes import KINDS
from journeys.reports import facts
from journeys.stats import nodes
from journeys.stats.nodes import NodeStats
from journeys.stats.period import Period

GOALS = (1, 2, 3)
MOVES = ("Moved forward", "Via Yes", "Via No", "Via Node timeout", "Journey timeout", "Completed", "Goal met",
         *(f"Goal {goal}" for goal in GOALS), "Version exit")  # fmt: skip
COLUMNS = (
    *facts.JOURNEY,
    "Node type", "Node ID", "Previous node", "Delay before", "Connector from previous", "Qualifying window",
    "Node name", "Campaign ID", "Channel or type", "Node URL",
    *MOVES,
    "Campaign type", "Variant", "OS", "Global limits applied", "Title or message",
    "Sent", "Viewed", "Clicked", "Delivered", "Replied", "Unsubscribed",
    "Conversion event", "Conversion time", "Unique sent", "Unique viewed", "Unique clicked", "Unique converted",
    "Influenced conversions", "Revenue", "Template", "Provider",
)  # fmt: skip
OUTCOMES = ("sent", "viewed", "clicked", "delivered", "replied", "unsubscribed")


def rows(version: Version, document: Document, period: Period, zone: ZoneInfo) -> Iterator[list[Any]]:
    """The version's rows, in two statements."""
    found = nodes.of_tallies(nodes.counted(version.pk, period), document)
    campaigns = dict(Node.objects.filter(version=version).values_list("number", "campaign_id"))
    journey = facts.journey(version, document, zone)
    for node in sorted(document.nodes, key=lambda node: node.id):
        shown = found[node.id]
        placed = [*journey, *_place(version, document, node, campaigns.get(node.id))]
        if shown.role != "engagement":
            yield [*placed, *_moves(shown), *[""] * (len(COLUMNS) - len(placed) - len(MOVES))]
            continue
        variants = node.config.variants.named() if node.config.variants else []  # type: ignore[attr-defined]
        counts = shown.outcomes | {
            "converted": shown.converted,
            "influenced": shown.influenced,
            "revenue_cents": shown.revenue_cents,
        }
        yield [*placed, *_moves(shown), *_message(node, facts.joined(variants), node.config.content, counts)]  # type: ignore[attr-defined]
        for place, name in enumerate(variants):
            content = node.config.variants.options[place].content  # type: ignore[attr-defined]
            counts = shown.variants.get(name, {})
            yield [*placed, *[""] * len(MOVES), *_message(node, name, content, counts)]


def _place(version: Version, document: Document, node: NodeBase, campaign: int | None) -> list[Any]:
    kind = KINDS[node.kind]
    before = [link for link in document.links if link.to == node.id]
    return [
        kind.role,
        node.id,
        facts.joined("entry" if link.source == 0 else link.source for link in before),
        facts.joined(_delay(link.sleep) for link in before) if any(link.sleep for link in before) else "",
        facts.joined(link.via for link in before),
        facts.span(node.window),
        node.name or kind.label,
        campaign or "",
        kind.label,
        facts.address("canvas", version, f"node={node.id}"),
    ]


def _moves(node: NodeStats) -> list[Any]:
    goals = [node.goal_before.get(f"goal_{goal}", 0) + node.goal_at.get(f"goal_{goal}", 0) for goal in GOALS]
    return [
        node.moved,
        node.forward.get("yes", 0),
        node.forward.get("no", 0),
        node.forward.get("node_timeout", 0),
        node.exits.get("journey_timeout", 0),
        node.exits.get("completed", 0),
        sum(goals),
        *goals,
        node.exits.get("version_exit", 0),
    ]


def _message(node: NodeBase, variant: str, content: Any, counts: dict[str, int]) -> list[Any]:
    config: Any = node.config
    conversion = config.conversion
    return [
        KINDS[node.kind].label,
        variant,
        "",
        "yes" if config.limits.global_ else "no",
        _title(content),
        *(counts.get(outcome, 0) for outcome in OUTCOMES),
        conversion.event if conversion else "",
        facts.span(conversion.window) if conversion else "",
        "",
        "",
        "",
        counts.get("converted", 0) if conversion else "",
        counts.get("influenced", 0) if conversion else "",
        f"{counts.get('revenue_cents', 0) / 100:.2f}" if conversion and conversion.revenue else "",
        "",
        config.provider or "default",
    ]


def _title(content: Any) -> str:
    """What the message is known by: its subject or title, else its text."""
    for name in ("subject", "title", "text", "body", "url"):
        if value := getattr(content, name, ""):
            return " ".join(str(value).split())[:200]
    return ""


def _delay(sleep: Sleep | None) -> str:
    if sleep is None:
        return "none"
    if sleep.best_time:
        return "best time"
    if sleep.clock:
        return f"{sleep.days or 0} d at {sleep.clock}"
    return facts.span(sleep.after) or "none"
