"""What a node counts of what people do after it: conversions of a message (domain 5.7), goals of paths (6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from profiles import eventtypes

if TYPE_CHECKING:
    from journeys.engine.stay import Heard

DAY = timedelta(days=1)  # the window where none is set


@dataclass(frozen=True, slots=True)
class Counted:
    """One thing that is counted for a node: its number among the node's, from 1, and the event that does it.

    test: of the event's properties, None without conditions; window: how long after the message, or the arrival;
    revenue: the property that says what it brought; inside: only within the enrollment, anew for each arrival.
    """

    goal: int
    event: str
    test: Any
    window: timedelta
    revenue: str | None = None
    inside: bool = False

    def met_by(self, heard: Heard) -> bool:
        """Whether an event is what is counted."""
        return heard.key == eventtypes.key(self.event) and (self.test is None or self.test(heard.properties))

    def cents(self, heard: Heard) -> int | None:
        """What the event brought, in hundredths; None where nothing is asked, 0 where it does not say."""
        if self.revenue is None:
            return None
        amount = heard.properties.get(self.revenue)
        if not isinstance(amount, int | float) or isinstance(amount, bool) or not abs(amount) < _MOST:
            return 0
        return round(amount * 100)


_MOST = 10**14  # beyond it an amount is a mistake, and no bigint
