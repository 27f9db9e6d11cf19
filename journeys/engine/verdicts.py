"""Verdicts: who of those whom a midnight tests matches, one statement for all waiters of a node, or all of a goal's
people (domain 8.2).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from journeys.engine import audience
from journeys.graph import Graph

Asked = tuple[int, int, datetime]  # version, node or goal below zero, midnight


class Verdicts:
    """people: whom to ask about where nobody was named beforehand. routed: the batch has put events into the history
    that reached us after the midnights asked about; they are left out.
    """

    def __init__(
        self,
        graphs: Mapping[int, Graph],
        *,
        zone: ZoneInfo,
        lanes: Sequence[int],
        people: Sequence[int] = (),
        routed: bool = False,
    ) -> None:
        self._graphs = graphs
        self._zone = zone
        self._lanes = lanes
        self._people = people
        self._routed = routed
        self._asked: dict[Asked, Collection[int]] = {}
        self._matching: dict[Asked, set[int]] = {}

    def ask(self, asked: Asked, profiles: Collection[int]) -> None:
        """Find out about some people at once."""
        version, number, at = asked
        self._matching[asked] = audience.matching(
            self._graphs[version].tested(number),
            at=at,
            zone=self._zone,
            lanes=self._lanes,
            profiles=list(profiles),
            routed=self._routed,
        )
        self._asked[asked] = profiles

    def holds(self, version: int, number: int, at: datetime, profile_id: int) -> bool:
        """Whether the person matched at this midnight."""
        asked = (version, number, at)
        if profile_id not in self._asked.get(asked, ()):
            self.ask(asked, {*self._people, *self._asked.get(asked, ()), profile_id})
        return profile_id in self._matching[asked]
