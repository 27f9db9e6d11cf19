"""How many took each path of an IntelliNODE or a split over time, and how many goals they met there (domain 10.1)."""

from collections import Counter
from datetime import date
from typing import Any, NamedTuple

from journeys.document import Document, NodeBase
from journeys.nodes.split import OTHERS
from journeys.stats import counters
from journeys.stats.period import ALWAYS, Period, Unit, spread

KINDS = ("intellinode", "split")


class Path(NamedTuple):
    """One path. entered, conversions: one a day, week or month. A split has no conversions."""

    via: str
    name: str
    entered: list[int]
    conversions: list[int]


class Paths(NamedTuple):
    """A node's paths. days: the first of each day, week or month; those between without anybody have zeros."""

    days: list[date]
    paths: list[Path]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"days": self.days, "paths": [path._asdict() for path in self.paths]}


def of(document: Document, number: int) -> NodeBase | None:
    """The node of that number, if it has paths."""
    return next((it for it in document.nodes if it.id == number and it.kind in KINDS), None)


def over_time(version_id: int, node: NodeBase, unit: Unit, period: Period = ALWAYS) -> Paths:
    """The paths of a node of the version, in one statement."""
    found: dict[date, Counter[str]] = {}
    for day, metric, value in counters.of_node(version_id, node.id, period):
        name, _, detail = metric.partition(":")
        if name == "left":
            found.setdefault(day, Counter())[detail] += value
        elif detail.startswith("goal_"):
            found.setdefault(day, Counter())[f"{name}:goals"] += value
    points = spread(found, unit)
    config: Any = node.config
    names = {f"path_{place}": path.name for place, path in enumerate(config.paths, 1)}
    if node.kind == "split":
        names[OTHERS] = "Others"
    return Paths(
        list(points),
        [
            Path(via, name, [at[via] for at in points.values()], [at[f"{via}:goals"] for at in points.values()])
            for via, name in names.items()
        ],
    )
