"""Engagement stats: one row a node that sends something (domain 10.1)."""

from typing import Any, NamedTuple

from journeys.document import Document
from journeys.models import Node
from journeys.stats import nodes
from journeys.stats.period import ALWAYS, Period

BY_VIEWS = ("email", "web_push", "web_popup", "exit_intent", "in_app", "web_native", "app_inbox", "whatsapp", "rcs")


class Row(NamedTuple):
    """One engagement node, its variants summed. impressions: the views of a push; streamed: the calls of a webhook;
    engaged: the clicks, which ctr is of. ctr and open_rate: per cent, None without anything to divide by. goals: the
    journey's, that counted for the message. revenue: in the property's own unit.
    """

    node: int
    name: str
    channel: str
    campaign: int | None
    entered: int
    sent: int
    delivered: int
    viewed: int
    clicked: int
    failed: int
    unreachable: int
    replied: int
    impressions: int
    streamed: int
    engaged: int
    ctr: float | None
    open_rate: float | None
    converted: int
    influenced: int
    revenue: float
    goals: dict[str, int]
    variants: dict[str, dict[str, int]]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return self._asdict()


def rows(version_id: int, document: Document, period: Period = ALWAYS) -> list[Row]:
    """Every engagement node of a version, by number."""
    campaigns = dict(Node.objects.filter(version=version_id).values_list("number", "campaign_id"))
    _, found = nodes.stats(version_id, document, period)
    return [row(node, campaigns.get(node.number)) for node in found if node.role == "engagement"]


def row(node: nodes.NodeStats, campaign: int | None) -> Row:
    """One of them, of its stats."""
    count = {name: node.outcomes.get(name, 0) for name in nodes.OUTCOMES}
    seen = count["viewed"] if node.kind in BY_VIEWS else count["viewed"] or count["delivered"] or count["sent"]
    return Row(
        node.number,
        node.name or node.label,
        node.kind,
        campaign,
        node.entered,
        count["sent"],
        count["delivered"],
        count["viewed"],
        count["clicked"],
        count["failed"],
        count["unreachable"],
        count["replied"],
        count["viewed"] if node.kind == "push" else 0,
        count["sent"] if node.kind == "webhook" else 0,
        count["clicked"],
        _rate(count["clicked"], seen),
        _rate(count["viewed"], count["sent"]),
        node.converted,
        node.influenced,
        node.revenue_cents / 100,
        node.goals,
        node.variants,
    )


def _rate(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None
