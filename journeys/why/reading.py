"""Reading what is known of one person in one journey."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from config.lib import lanes, sql
from journeys import graph
from journeys.control import Groups
from journeys.document import Document, parse
from journeys.engine import knowledge
from journeys.engine.account import Account
from journeys.engine.interest import Interest
from journeys.engine.stay import Heard, Stay
from journeys.engine.verdicts import Verdicts
from journeys.engine.walk import Walk
from journeys.folding import COUNTED
from journeys.graph import Graph, GraphNode
from journeys.models import ControlGroup, Exempt, Transition, Version
from profiles import selectors as profiles
from profiles.selectors import Happened
from segments import explain
from segments.errors import RuleError
from segments.rules import Rule

SQL = sql.load(Path(__file__).with_suffix(".sql"))
MOST_STEPS = 500
BACK = timedelta(days=31)  # before a step, that the event may have happened which decided it


class Step(NamedTuple):
    """One move of the ledger. event: the id of the event that decided it; None: the clock did. unchanged: what a
    profile update could not change and the values that were kept, as JSON text.
    """

    version_id: int
    at: datetime
    what: str
    node: int | None
    via: str | None
    outcome: str | None
    reason: str | None
    event: int | None
    enrollment_id: int | None
    unchanged: str | None


class PastStay(NamedTuple):
    """The last stay in a version."""

    version_id: int
    entered_at: datetime
    exited_at: datetime | None
    reason: str | None


class Watched(NamedTuple):
    """How a person is watched: role is qualifying or held_out."""

    version_id: int
    role: str
    since_at: datetime
    due_at: datetime | None


class Person:
    """One person in one journey."""

    def __init__(self, profile_id: int, journey_id: int, account: Account) -> None:
        self.profile_id, self.journey_id, self.account = profile_id, journey_id, account
        self.lane = lanes.of(profile_id)
        self._params = {"lane": self.lane, "profile": profile_id, "journey": journey_id}
        rows = sql.rows(SQL["steps"], self._params | {"most": MOST_STEPS})
        self.steps = [Step(*row) for row in reversed(rows)]
        inside = [Stay(*row) for row in sql.rows(SQL["inside"], self._params)]
        self.inside = inside[0] if inside else None
        self.stays = {row[0]: PastStay(*row) for row in sql.rows(SQL["stays"], self._params)}
        self.watches = [Watched(*row) for row in sql.rows(SQL["watches"], self._params)]
        self.events = self._events()

    def _events(self) -> dict[int, Happened]:
        """The events that decided steps, by id."""
        deciding = [step for step in self.steps if step.event is not None]
        if not deciding:
            return {}
        since, until = deciding[0].at - BACK, deciding[-1].at + timedelta(days=1)
        ids = {step.event for step in deciding if step.event is not None}
        return profiles.routed_events(self.profile_id, ids, since=since, until=until)

    def took(self, outcome: tuple[int, int, str]) -> datetime | None:
        """When they last took an outcome (journey, node, connector); None: never."""
        journey, node, via = outcome
        params = self._params | {"journey": journey, "node": node, "via": via}
        ((at,),) = sql.rows(SQL["outcomes"], params)
        return at

    def clauses(
        self,
        rule: Rule,
        at: datetime,
        *,
        until: tuple[datetime, int] | None = None,
        event: dict[str, Any] | None = None,
    ) -> list[explain.Clause]:
        """A rule clause by clause, as of an instant, on what was known then of the history."""
        try:
            return explain.clauses(rule, self.profile_id, now=at, tz=self.account.zone, until=until, event=event)
        except RuleError as error:  # it asks for something that is gone: nobody matches
            return [explain.Clause("", 0, error.message, False, "")]


class Edition:
    """One published version of the journey, ready to be asked."""

    def __init__(self, version: Version, account: Account) -> None:
        self.version = version
        self.account = account
        ((xmin,),) = sql.rows(SQL["stamp"], {"version": version.pk})
        self.graph: Graph = graph.load(version.pk, xmin, account.zone.key)
        self.document: Document = parse(version.document)
        self.names = {node.id: node.name for node in self.document.nodes}
        self.changes: list[Transition] = list(version.transitions.all())

    @cached_property
    def groups(self) -> Groups:
        custom = ControlGroup.objects.filter(name=self.document.control.custom or "").first()
        exempt = frozenset(Exempt.objects.values_list("profile_id", flat=True))
        return Groups({self.version.pk: (custom.pk, custom.percent)} if custom else {}, exempt)

    def state(self, at: datetime) -> tuple[str, datetime | None]:
        """The state at an instant, and since when."""
        came = [it for it in self.changes if it.at <= at and it.source != it.target]
        return (came[-1].target, came[-1].at) if came else ("draft", None)

    def entered(self, day: Any) -> tuple[int, int]:
        """How many have entered in all, and on a day."""
        params = {"lanes": COUNTED, "version": self.version.pk, "day": day}
        ((total, today),) = sql.rows(SQL["entered"], params)
        return total, today

    def interest(self) -> Interest:
        """What the version listens to, as if it were the only one."""
        return Interest([self.graph], {self.version.pk}, self.account, groups=self.groups)

    def heard(
        self, person: Person, interest: Interest, *, most: int, node: GraphNode | None = None
    ) -> list[tuple[Heard, bool]]:
        """The newest of the person's events that a node listens to, the entry unless given, newest first, and whether
        they are routed.
        """
        keys = (node or self.graph.entry).keys
        types = [type_id for type_id, its in interest.types.items() if its.key in keys]
        return [
            (
                Heard(
                    person.lane, it.id, person.profile_id, it.type_id, it.at, it.received_at, it.properties,
                    *interest.types[it.type_id],
                ),
                it.routed,
            )
            for it in profiles.latest_of(person.profile_id, types, limit=most)
        ]  # fmt: skip

    def probe(self, person: Person, interest: Interest, heards: Sequence[Heard]) -> Walk:
        """A walk that knows the person, to put the engine's own questions to. It is never flushed."""
        known = knowledge.about(
            interest,
            [person.profile_id],
            earliest=min((it.at for it in heards), default=self.graph.start_at),
            lanes=[person.lane],
            zone=self.account.zone,
            changing={},
        )
        graphs = {self.version.pk: self.graph}
        verdicts = Verdicts(graphs, zone=self.account.zone, lanes=[person.lane])
        return Walk(graphs, account=self.account, verdicts=verdicts, known=known, live={self.version.pk})


def editions(versions: Iterable[Version], account: Account) -> list[Edition]:
    """The published ones, by number."""
    published = [it for it in versions if it.published_at is not None and it.start_at is not None]
    return [Edition(version, account) for version in sorted(published, key=lambda it: it.number)]
