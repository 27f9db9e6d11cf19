"""Who matches the query of a node: the bridge from a node's rule to a set of people."""

import logging
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from config.lib import sql
from journeys import calendar
from journeys.graph import GraphNode
from segments import compile
from segments.errors import RuleError
from segments.rules import Rule

logger = logging.getLogger(__name__)


def matching(
    node: GraphNode,
    *,
    at: datetime,
    zone: ZoneInfo,
    lanes: Sequence[int],
    profiles: Sequence[int],
    routed: bool = False,
) -> set[int]:
    """Those of some people who match the node's query at a midnight: on what happened before it; if `routed`,
    on nothing that reached us later.

    Nobody matches a query that names something that is gone; it must not keep others waiting.
    """
    rule = node.kind.audience(node.config)
    assert rule is not None  # publishing refuses a node of these kinds without its query
    try:
        query = compile.people(rule, now=at, tz=zone, restricted=True, closing=True, received=routed)
    except RuleError as error:
        logger.error("A live journey asks for something that is gone; nobody matches. %s", error.message)
        return set()
    return {
        profile_id for _, profile_id in sql.rows(query.statement, query.params | {"lanes": lanes, "profiles": profiles})
    }


def everyone(rule: Rule, *, at: datetime, zone: ZoneInfo) -> compile.Query:
    """The SELECT of (lane, id) of all people of `lanes` who match a rule as of `at`.

    A run at a midnight covers behaviour up to the end of the day that it closes (domain 8.2).
    """
    return compile.people(rule, now=at, tz=zone, closing=calendar.is_midnight(at, zone))
