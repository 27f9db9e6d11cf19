"""What of messages is counted besides their outcomes: why they failed, and which links were clicked (domain 10.1).

Reasons may be the words of somebody else's server and links may be personal, so there could be as many counters as
messages. Hence links are counted without query and fragment, both are cut, and a lane counts at most MOST of each kind
for a node and day; what comes beyond counts together as OTHER. One statement a batch asks for those that are there;
none where nothing failed and nothing was clicked.
"""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.lib import sql
from config.lib.arrays import literal

if TYPE_CHECKING:
    from journeys.engine.walk import Walk

SQL = sql.load(Path(__file__).with_suffix(".sql"))

MOST = 50
OTHER = "…"
LONGEST_REASON, LONGEST_LINK = 80, 200  # characters

Place = tuple[int, int, int, Any]  # (lane, version, node, day)


def metric(outcome: str, about: Mapping[str, Any]) -> str | None:
    """What a message's outcome is counted under, besides itself: reason:<outcome>:<reason>, link:<address>."""
    if outcome in ("failed", "unreachable") and (reason := about.get("reason")):
        return f"reason:{outcome}:{' '.join(str(reason).split())[:LONGEST_REASON]}"
    if outcome == "clicked" and (url := about.get("url")):
        bare = str(url).partition("#")[0].partition("?")[0]
        return f"link:{bare[:LONGEST_LINK]}"
    return None


def count(walk: "Walk") -> None:
    """Add what the walk noted to its tallies, at most MOST different ones of a kind at each place."""
    if not walk.details:
        return
    places = sorted({place for place, _ in walk.details})
    lane, version, node, day = (literal(column) for column in zip(*places, strict=True))
    there: dict[tuple[Place, str], set[str]] = defaultdict(set)
    for *found, name in sql.rows(SQL["there"], {"lane": lane, "version": version, "node": node, "day": day}):
        there[_kind(tuple(found), name)].add(name)
    for (place, noted), value in walk.details.items():
        name = noted
        known = there[_kind(place, name)]
        if name not in known and len(known) >= MOST:
            name = _other(name)
        known.add(name)
        of_lane, of_version, of_node, on = place
        walk.tallies[of_lane, of_version, of_node, name, on] += value


def _other(name: str) -> str:
    """Where one too many is counted: with the others of its outcome."""
    kind, _, rest = name.partition(":")
    return f"reason:{rest.partition(':')[0]}:{OTHER}" if kind == "reason" else f"{kind}:{OTHER}"


def _kind(place: Any, name: str) -> tuple[Place, str]:
    return place, name.partition(":")[0]
