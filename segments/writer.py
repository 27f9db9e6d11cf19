"""What the parts of the rule compiler share: the joins and bound values of one statement in the making."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from psycopg import sql

LANES = sql.SQL("ANY(%(lanes)s::smallint[])")
LANE = sql.SQL("held.lane")
IDS = sql.SQL("ANY(held.ids)")  # the people in question who are of that lane


class Names(NamedTuple):
    """What the names in rules stand for: event types and lists by the names as spelt in them."""

    types: Mapping[str, int]  # an event that is missing here has never happened
    lists: Mapping[str, int]


@dataclass
class Writer:
    """Collects the joins and values of one query while the tree is walked.

    by_lane: all of it is run for each lane in turn. restricted: each of its parts is, among people who were named.
    """

    now: datetime
    tz: ZoneInfo
    names: Names
    restricted: bool
    closing: bool
    prefix: str
    received: bool = False
    by_lane: bool = False
    joins: list[sql.Composed] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def lanes(self) -> sql.SQL:
        """What the lane of a part is equal to."""
        return LANE if self.by_lane or self.restricted else LANES

    def same(self, alias: sql.Identifier) -> sql.Composed:
        """That a joined row is the profile's. The id says the lane, and a second condition makes the planner expect too
        few; only where profiles of all lanes are looked up does it need the lane, which their index begins with.
        """
        person = sql.SQL("{0}.profile_id = p.id").format(alias)
        if self.by_lane or self.restricted:
            return person
        return sql.SQL("{0}.lane = p.lane AND {1}").format(alias, person)

    def part(self, select: sql.Composable) -> sql.Composable:
        """A part of the statement, to be joined by hashing: a SELECT from one table, whose WHERE names `lanes` and, if
        restricted, `IDS`.

        The planner cannot guess how many of some people a lane has. It takes what stands behind LATERAL for a row a
        lane at least, and so for too many to compare each person with each; a plain SELECT it may take for a single
        row.
        """
        if not self.restricted:
            return select
        return sql.SQL("SELECT part.* FROM held CROSS JOIN LATERAL (\n    {}) AS part").format(select)

    def bind(self, value: Any, type_name: str) -> sql.Composed:
        """A placeholder for a value."""
        name = f"{self.prefix}_{len(self.params) + 1}"
        self.params[name] = value
        return sql.SQL("{}::{}").format(sql.Placeholder(name), sql.SQL(type_name))

    def json(self, value: Any) -> sql.Composed:
        return self.bind(msgspec.json.encode(value).decode(), "jsonb")

    def alias(self, kind: str) -> sql.Identifier:
        """A name for the join that is added next."""
        return sql.Identifier(f"{kind}_{len(self.joins) + 1}")
