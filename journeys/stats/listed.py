"""What the list of journeys shows of a version (domain 2.6)."""

from collections.abc import Iterable
from typing import NamedTuple

from journeys.graph import ENTRY
from journeys.models import Version
from journeys.stats import counters
from journeys.stats.period import ALWAYS, Period


class Listed(NamedTuple):
    """One version within the period. entered, goals_met: people, each once. rate: per cent, of the stays; None where
    nobody qualified.
    """

    entered: int = 0
    goals_met: int = 0
    timed_out: int = 0
    rate: float | None = None


def of(version_ids: Iterable[int], period: Period = ALWAYS) -> dict[int, Listed]:
    """By version, in two statements. The rate counts goals met, without goals completions, by those who qualified."""
    found = counters.of_versions(version_ids, period, nodes=[ENTRY])
    with_goals = set(
        Version.objects.filter(pk__in=found, document__goals__0__isnull=False).values_list("pk", flat=True)
    )
    listed = {}
    for version, of_version in found.items():
        entry = of_version[ENTRY]
        met = sum(value for metric, value in entry.items() if metric.startswith("exited:goal_"))
        counts, qualified = met if version in with_goals else entry["exited:completed"], entry["qualified"]
        listed[version] = Listed(
            entry["entered"] - entry["again"],
            met - entry["met_again"],
            entry["exited:journey_timeout"],
            100 * counts / qualified if qualified else None,
        )
    return listed
