"""The interest map: which events can matter to whom, of all the versions that move right now.

Routing asks it first, so that an event nobody waits for costs nothing but its row. It is derived anew for every batch
from the versions' states (one small statement) and their compiled graphs (cached), so it is never stale.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from config.lib import sql
from journeys import control, graph
from journeys.control import Groups
from journeys.engine import departures
from journeys.engine.account import Account
from journeys.graph import Graph
from journeys.nodes.counted import Counted
from profiles import eventtypes
from segments.rules import Rule

SQL = sql.load(Path(__file__).with_suffix(".sql"))

# Outcomes of messages, by the system event that reports them.
OUTCOMES = {
    eventtypes.SENT: "sent",
    eventtypes.FAILED: "failed",
    eventtypes.UNREACHABLE: "unreachable",
    eventtypes.DELIVERED: "delivered",
    eventtypes.VIEWED: "viewed",
    eventtypes.CLICKED: "clicked",
    eventtypes.DISCARDED: "discarded",
}


Outcome = tuple[int, int, str]  # journey, node, connector


class EventType(NamedTuple):
    """What the walk needs to know of an event's type."""

    name: str
    key: str
    outcome: str | None


class Interest:
    """The moving versions, and by event type who listens."""

    def __init__(
        self,
        graphs: Iterable[Graph],
        live: set[int],
        account: Account,
        *,
        over: Iterable[Graph] = (),
        shares: Mapping[tuple[int, int], Sequence[float]] | None = None,
        groups: Groups | None = None,
        holds: Mapping[int, datetime] | None = None,
    ) -> None:
        """over: versions that nobody moves in any more, whose messages still count what people do (domain 5.7).
        shares: those of automated IntelliNODEs, by (version, node). holds: the earliest run that is to
        be made, by journey.
        """
        self.holds = holds or {}
        self.graphs = {it.version_id: it for it in graphs}
        self.shares = shares or {}
        self.groups = groups or Groups()
        counting = [(it.version_id, *counted) for it in (*self.graphs.values(), *over) for counted in it.counted]
        self.windows = {
            (it.version_id, node): window
            for it in (*self.graphs.values(), *over)
            for node, window in it.windows.items()
        }
        self.longest_window = max(self.windows.values(), default=timedelta())
        self.rules: list[Rule] = [rule for it in self.graphs.values() for rule in it.rules]
        listened = {name for it in self.graphs.values() for name in it.listens_to()}
        listened |= {what.event for _, _, what in counting}
        self.reads = graph.furthest(it.reads for it in self.graphs.values())
        found = eventtypes.find({*listened, *self.reads, *OUTCOMES, *departures.NAMES})
        self.types: dict[int, EventType] = {}
        for name in (*listened, *OUTCOMES, *departures.NAMES):
            if name in found:
                self.types[found[name].id] = EventType(name, eventtypes.key(name), OUTCOMES.get(name))
        self.counted: dict[int, list[tuple[int, int, Counted]]] = {}
        for version_id, node, what in counting:
            if what.event in found:
                self.counted.setdefault(found[what.event].id, []).append((version_id, node, what))
        self.entries: dict[int, list[Graph]] = {}
        for version_id, it in sorted(self.graphs.items()):
            if it.criteria == "live" and (version_id in live or it.entry.kind.watches):
                for type_id in sorted({found[name].id for name in it.entry.events if name in found}):
                    self.entries.setdefault(type_id, []).append(it)
        self.live = live
        self.triggers: dict[Outcome, list[Graph]] = {}
        for it in self.graphs.values():
            if it.version_id in live and (outcome := it.entry.kind.triggered_by(it.entry.config)):
                self.triggers.setdefault(outcome, []).append(it)
        self.read_types = {name: found[name].id for name in self.reads if name in found}
        self.asks = bool(self.rules or any(it.kind.asks for one in self.graphs.values() for it in one.everywhere()))
        self.watching = sorted(version for version, it in self.graphs.items() if _watches(it, account, self.groups))
        self.told = frozenset().union(*(it.watched_properties for it in self.graphs.values()))
        self.needs_profile = any(it.needs_profile for it in self.graphs.values())


def current(*, account: Account, now: datetime) -> Interest:
    """The interest map as of this transaction."""
    graphs: list[Graph] = []
    over: list[Graph] = []
    live, shares = set(), {}
    holds: dict[int, datetime] = {}
    custom, exempt = {}, frozenset[int]()
    for version_id, status, xmin, moves, percents, group, never, journey_id, run_at in sql.rows(
        SQL["moving"], {"now": now}
    ):
        if run_at is not None:
            holds[journey_id] = run_at
        (graphs if moves else over).append(graph.load(version_id, xmin, account.zone.key))
        if status in ("live", "scheduled"):
            live.add(version_id)
        if group:
            custom[version_id] = tuple(group)
        exempt = frozenset(never or ())
        for node, shared in (msgspec.json.decode(percents) if percents else {}).items():
            shares[version_id, int(node)] = shared
    return Interest(graphs, live, account, over=over, shares=shares, groups=Groups(custom, exempt), holds=holds)


def _watches(it: Graph, account: Account, groups: Groups) -> bool:
    """Whether people may be watched beside those inside: an entry that takes time, or a control group."""
    return it.entry.kind.watches or control.has_group(it, account, groups)
