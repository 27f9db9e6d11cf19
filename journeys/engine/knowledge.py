"""Knowledge: what a batch may ask about its people, loaded once, in at most three statements.

Rules are evaluated in memory, on data up to and including a deciding event or an instant (domain 4.1).
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from journeys.engine.interest import Interest
from profiles.people import IDENTIFYING, Person
from segments import compile, history, match, saved
from segments.errors import RuleError
from segments.reach import DEVICES, SWITCHED_OFF
from segments.rules import Rule, needs

logger = logging.getLogger(__name__)

NOBODY = Rule.model_validate({"all": [{"profile": {"property": "x", "op": op}} for op in ("exists", "not_exists")]})
IDLE = timedelta(minutes=20)  # ends a session
# What is known of people besides the properties that a node may change.
_BESIDE_PROPERTIES = (*IDENTIFYING, DEVICES, SWITCHED_OFF)


class Knowledge:
    """`earliest` is the first instant that may be asked about. `changing` are those whose properties the batch may
    change: what one node writes the next one sees.
    """

    def __init__(
        self,
        interesting: Interest,
        profiles: Collection[int],
        *,
        earliest: datetime,
        lanes: Sequence[int],
        zone: ZoneInfo,
        changing: Mapping[int, Person],
    ) -> None:
        rules, names = _readable(interesting.rules)
        known = needs(*rules, now=earliest, zone=zone)
        if interesting.reads:
            backs = interesting.reads.values()
            since = None if None in backs else earliest - max(back for back in backs if back is not None)
            if known.events:
                since = None if since is None or known.since is None else min(since, known.since)
            known = known._replace(events=known.events | interesting.reads.keys(), since=since)
            names = names._replace(types={**names.types, **interesting.read_types})
        self._people = history.people(profiles, known._replace(profile=True), names=names, lanes=lanes)
        self._changing = changing
        self._read_types = interesting.read_types
        self._tests = {
            id(asked): match.compile_rule(rule, tz=zone, types=names.types)
            for asked, rule in zip(interesting.rules, rules, strict=True)
        }

    def passes(
        self, rule: Rule, profile_id: int, at: datetime, event_id: int, event: Mapping[str, Any] | None = None
    ) -> bool:
        """Whether the person matches the rule on data up to and including the event (at, event_id). event: its
        properties, of the one that led the person here.
        """
        known = self._people[profile_id]
        until = (at, event_id)
        person = match.Person(
            fields=self.fields(profile_id),
            events=[event for event in known.events if (event[1], event[3]) <= until],
            lists=known.lists,
            event=event or {},
        )
        return self._tests[id(rule)](person, at)

    def fields(self, profile_id: int) -> Mapping[str, Any]:
        """The person's properties and system fields by name, with what this batch has changed."""
        changed = self._changing.get(profile_id)
        known = self._people[profile_id].fields
        if changed is None:
            return known
        kept = {name: known[name] for name in _BESIDE_PROPERTIES if name in known}
        return {**kept, **changed.properties}  # and not what was taken away

    def latest(self, profile_id: int, event: str, at: datetime, event_id: int) -> Mapping[str, Any] | None:
        """The properties of the latest event of a name up to and including (at, event_id); None without one."""
        found = self._happened(profile_id, event, at, event_id)
        return found[-1][2] if found else None

    def session(self, profile_id: int, event: str, at: datetime, event_id: int) -> int:
        """How many events of a name the person's session holds up to and including (at, event_id).

        A session is a run of events without an idle time of IDLE or more between them (domain 1).
        """
        found = self._happened(profile_id, event, at, event_id)
        count = len(found[-1:])
        for earlier, later in zip(reversed(found[:-1]), reversed(found), strict=False):
            if later[1] - earlier[1] >= IDLE:
                break
            count += 1
        return count

    def _happened(self, profile_id: int, event: str, at: datetime, event_id: int) -> list[match.Happened]:
        """The person's events of a name up to and including (at, event_id), in order."""
        type_id, until = self._read_types.get(event), (at, event_id)
        known = self._people[profile_id].events
        return sorted((it for it in known if it[0] == type_id and (it[1], it[3]) <= until), key=itemgetter(1, 3))


def _readable(rules: Sequence[Rule]) -> tuple[Sequence[Rule], compile.Names]:
    """The rules with their saved segments written out, and what their names stand for. One that names something that is
    gone becomes a rule that nobody matches, so that it holds up nobody else's.
    """
    try:
        expanded = saved.expand(*rules)
        return expanded, compile.names_of(*expanded)
    except RuleError:
        expanded = [_expanded_or_nobody(rule) for rule in rules]
        return expanded, compile.names_of(*expanded)


def _expanded_or_nobody(rule: Rule) -> Rule:
    try:
        (expanded,) = saved.expand(rule)
        compile.names_of(expanded)
    except RuleError as error:
        logger.error("A live journey asks for something that is gone; nobody matches. %s", error.message)
        return NOBODY
    return expanded


def about(
    interesting: Interest,
    profiles: Collection[int],
    *,
    earliest: datetime,
    lanes: Sequence[int],
    zone: ZoneInfo,
    changing: Mapping[int, Person],
) -> Knowledge | None:
    """Knowledge of some people; None, and no statement, where no moving version asks anything."""
    if not interesting.asks:
        return None
    return Knowledge(interesting, profiles, earliest=earliest, lanes=lanes, zone=zone, changing=changing)
