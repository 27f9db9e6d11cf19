"""Node-wise: one row a node, one more for each variant of its message, and for each system that it was sent to (domain
10.2).

Rows of variants and systems say only what became of their messages; where people went is in the node's own row, so that
nobody is added up twice.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from journeys.document import Document, NodeBase, Sleep
from journeys.models import Node, Version
from journeys.nodes import KINDS
from journeys.reports import facts, people
from journeys.reports.people import Place, Reached
from journeys.stats import counters, nodes
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


def gather(versions: Iterable[tuple[int, Document]], period: Period, zone: ZoneInfo) -> dict[Place, Reached]:
    """What counters do not tell of all versions of the report, in a few statements."""
    return people.reached(versions, period, zone)


def rows(
    version: Version, document: Document, period: Period, zone: ZoneInfo, gathered: Mapping[Place, Reached]
) -> Iterator[list[Any]]:
    """The version's rows, in two statements."""
    found = nodes.of_tallies(counters.of_version(version.pk, period), document)
    campaigns = dict(Node.objects.filter(version=version).values_list("number", "campaign_id"))
    journey = facts.journey(version, document, zone)
    for node in sorted(document.nodes, key=lambda node: node.id):
        shown = found[node.id]
        placed = [*journey, *_place(version, document, node, campaigns.get(node.id))]
        if shown.role != "engagement":
            yield [*placed, *_moves(shown), *[""] * (len(COLUMNS) - len(placed) - len(MOVES))]
            continue
        config: Any = node.config
        options = _options(config)
        systems = sorted(system for *of, _, system in gathered if of == [version.pk, node.id] and system)
        both = facts.joined(options), facts.joined(systems)
        whole = shown.outcomes | {
            "converted": shown.converted,
            "influenced": shown.influenced,
            "revenue_cents": shown.revenue_cents,
        }
        it = gathered.get((version.pk, node.id, None, None), Reached())
        yield [*placed, *_moves(shown), *_message(node, both, config, _counted(config, whole), it)]
        placed += [""] * len(MOVES)
        for name, option in options.items():
            it = gathered.get((version.pk, node.id, name, None), Reached())
            cells = _counted(config, shown.variants.get(name, {}))
            yield [*placed, *_message(node, (name, both[1]), option, cells, it)]
        for name in systems:
            it = gathered[version.pk, node.id, None, name]
            cells = it._asdict() | {"converted": it.unique_converted if config.conversion else ""}
            yield [*placed, *_message(node, (both[0], name), config, cells, it)]


def _options(config: Any) -> dict[str, Any]:
    """The variants of a message by name."""
    return dict(zip(config.variants.named(), config.variants.options, strict=True)) if config.variants else {}


def _counted(config: Any, counts: Mapping[str, int]) -> dict[str, Any]:
    """The cells of what counters tell of a message or variant; what is not asked of it stays empty."""
    cells: dict[str, Any] = {outcome: counts.get(outcome, 0) for outcome in OUTCOMES}
    if config.conversion:
        cells |= {"converted": counts.get("converted", 0), "influenced": counts.get("influenced", 0)}
        if config.conversion.revenue:
            cells["revenue"] = f"{counts.get('revenue_cents', 0) / 100:.2f}"
    return cells


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


def _message(node: NodeBase, names: tuple[str, str], said: Any, cells: Mapping[str, Any], it: Reached) -> list[Any]:
    """names: of the variants and the systems. said: the configuration, or the variant, with its content and template.
    cells: by outcome; those that are missing stay empty.
    """
    config: Any = node.config
    conversion = config.conversion
    return [
        KINDS[node.kind].label,
        *names,
        "yes" if config.limits.global_ else "no",
        _title(said.content),
        *(cells.get(outcome, "") for outcome in OUTCOMES),
        conversion.event if conversion else "",
        facts.span(conversion.window) if conversion else "",
        it.unique_sent,
        it.unique_viewed,
        it.unique_clicked,
        *(cells.get(name, "") for name in ("converted", "influenced", "revenue")),
        said.template or "ad hoc",
        facts.joined(sorted(it.providers)) or config.provider or "default",
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
