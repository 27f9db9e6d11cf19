"""Control groups: who is held out of a journey (domain 3.7).

Membership is a stable hash of the profile and the group, so it never flips, and new profiles join with the same
probability.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.lib import draw

if TYPE_CHECKING:
    from journeys.engine.account import Account
    from journeys.graph import Graph


def has_group(graph: Graph, account: Account) -> bool:
    """Whether the journey holds anybody out."""
    return graph.control_percent > 0 or (graph.system_control and account.system_percent > 0)


def holds_out(profile_id: int, graph: Graph, account: Account) -> bool:
    """Whether somebody who qualifies belongs to one of the journey's control groups."""
    if graph.system_control and in_group(profile_id, "system", account.system_percent):
        return True
    return in_group(profile_id, f"journey {graph.journey_id}", graph.control_percent)


def in_group(profile_id: int, group: str, percent: int) -> bool:
    """Whether a profile is among the `percent` of all that make up a group."""
    return percent > 0 and draw.percent(profile_id, group) < percent
