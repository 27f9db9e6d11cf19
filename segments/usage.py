"""Who uses a saved segment or a custom list.

Other saved segments do, which this app sees, and things that it knows nothing of, such as journeys. Whoever keeps those
registers a Keeper when its app is ready; imports keep pointing down.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Literal, NamedTuple, Protocol

from segments.models import Segment
from segments.rules import list_names, parse, segment_names

What = Literal["segment", "list"]


class Use(NamedTuple):
    """Something that asks for a segment or a list by its name.

    kind: segment, journey … state: of a journey; empty for what has none. holds: whether what it uses must stay as it
    is named. page: the route of its page in the back office, which takes its id.
    """

    kind: str
    id: int
    name: str
    state: str
    holds: bool
    page: str


class Keeper(Protocol):
    """What knows of users that this app does not see."""

    def uses(self, what: What, names: Collection[str]) -> Iterable[tuple[str, Use]]:
        """(name, who uses it) for some of the names, whoever asks for it itself, not through a segment."""

    def rename(self, what: What, old: str, new: str) -> None:
        """Rewrite what asks for a name and does not hold it, inside the caller's transaction."""


_keepers: dict[str, Keeper] = {}


def register(name: str, keeper: Keeper) -> None:
    """Ask a keeper from now on. name: whose it is, so that registering twice asks once."""
    _keepers[name] = keeper


def users(what: What, names: Collection[str]) -> dict[str, list[Use]]:
    """Who asks for each of some segments or lists itself: segments first, then by name. Those without are missing."""
    found: dict[str, list[Use]] = defaultdict(list)
    wanted = set(names)
    if not wanted:
        return {}
    for name, use in [
        *_segments(what, wanted),
        *(it for keeper in _keepers.values() for it in keeper.uses(what, wanted)),
    ]:
        found[name].append(use)
    return {
        name: sorted(uses, key=lambda use: (use.kind != "segment", use.name, use.id)) for name, uses in found.items()
    }


def holders(what: What, name: str) -> list[Use]:
    """Who keeps a segment or a list as it is: what asks for it itself, or through saved segments that do."""
    direct = users(what, [name]).get(name, [])
    found = {(use.kind, use.id): use for use in direct if use.holds}
    wanted = {use.name for use in direct if use.kind == "segment"}
    seen: set[str] = set()
    while wanted - seen:
        wanted, asked = set(), wanted - seen
        seen |= asked
        for use in (use for uses in users("segment", asked).values() for use in uses):
            if use.kind == "segment":
                wanted.add(use.name)
            elif use.holds:
                found[use.kind, use.id] = use
    return [*found.values()]


def rename(what: What, old: str, new: str) -> None:
    """Let every keeper rewrite what asks for a name. The saved rules are `segments.saved`'s own."""
    for keeper in _keepers.values():
        keeper.rename(what, old, new)


def named(uses: Iterable[Use]) -> str:
    """Users in a sentence: the segment “Gold”, the journey “Win back” (live)."""
    return ", ".join(f"the {use.kind} “{use.name}”" + (f" ({use.state})" if use.state else "") for use in uses)


def _segments(what: What, wanted: set[str]) -> Iterable[tuple[str, Use]]:
    ask: Callable[..., set[str]] = segment_names if what == "segment" else list_names
    for pk, name, body in Segment.objects.values_list("pk", "name", "rule"):
        for asked in ask(parse(body)) & wanted:
            yield asked, Use("segment", pk, name, "", True, "admin:segments_segment_change")
