"""Control groups: who is held out of a journey (domain 3.7).

Membership is a stable hash of the profile and the group, so it never flips, and new profiles join with the same
probability. A group is known by what never changes of it: its id, or the journey's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from config.lib import draw

if TYPE_CHECKING:
    from journeys.engine.account import Account
    from journeys.graph import Graph

MOST_GROUPS = 10  # custom ones
SIZE = (2, 5)  # per cent of all profiles, of the system's group and of custom ones
JOURNEY_SIZE = (2, 99)  # per cent of those who qualify
MOST_EXEMPT = 20  # profiles that are never held out


class Groups(NamedTuple):
    """The project's groups. custom: by version, the (id, per cent) of the custom group that it uses; exempt: profiles
    that are never held out.
    """

    custom: Mapping[int, tuple[int, int]] = {}
    exempt: frozenset[int] = frozenset()


def has_group(graph: Graph, account: Account, groups: Groups) -> bool:
    """Whether the journey holds anybody out."""
    system = graph.system_control and account.system_percent > 0
    return system or graph.control_percent > 0 or graph.version_id in groups.custom


def of(profile_id: int, graph: Graph, account: Account, groups: Groups) -> list[str]:
    """The journey's control groups that somebody belongs to: system, custom, journey; none: they may enter."""
    if profile_id in groups.exempt:
        return []
    asked = [("journey", f"journey {graph.journey_id}", graph.control_percent)]
    if graph.version_id in groups.custom:
        id, percent = groups.custom[graph.version_id]
        asked.insert(0, ("custom", f"custom {id}", percent))
    if graph.system_control:
        asked.insert(0, ("system", "system", account.system_percent))
    return [name for name, group, percent in asked if in_group(profile_id, group, percent)]


def in_group(profile_id: int, group: str, percent: int) -> bool:
    """Whether a profile is among the `percent` of all that make up a group."""
    return percent > 0 and draw.percent(profile_id, group) < percent
