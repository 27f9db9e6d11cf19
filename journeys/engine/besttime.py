"""When people do most: the two hours of their own day, by what they did in half a year (domain 5.4)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from channels.policy import zone_of
from config.lib import sql
from config.lib.arrays import literal
from profiles import eventtypes
from profiles.people import Person

SQL = sql.load(Path(__file__).with_suffix(".sql"))

HISTORY = timedelta(days=180)
OURS = frozenset(eventtypes.SYSTEM) - frozenset(eventtypes.DEVICE)  # what Sojourn does is nobody's habit


class BestTimes:
    """Of the people of one batch, asked for in one statement when the first of them comes to wait for it."""

    def __init__(self, people: Mapping[int, Person], *, lanes: Sequence[int], zone: ZoneInfo) -> None:
        self._people, self._lanes, self._zone = people, lanes, zone
        self._slots: dict[int, int] | None = None

    def slot(self, profile_id: int, at: datetime) -> int | None:
        """Which of the day's twelve two hours, from 0, somebody did most in before `at`, of equals the first; None if
        they did nothing.
        """
        if self._slots is None:
            self._slots = self._load(at)
        return self._slots.get(profile_id)

    def _load(self, at: datetime) -> dict[int, int]:
        zones = [zone_of(person.properties.get("Timezone"), self._zone.key).key for person in self._people.values()]
        params = {
            "lanes": list(self._lanes),
            "people": literal(self._people),
            "zones": literal(zones),
            "since": at - HISTORY,
            "until": at,
            "ours": [it.id for it in eventtypes.find(OURS).values()],
        }
        return dict(sql.rows(SQL["slots"], params))
