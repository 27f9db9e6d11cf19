"""What happened in a rehearsal: records of every person from the ledger, counts of every version from the tallies, and
the comparison with what was expected.
"""

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.lib import lanes, sql
from journeys import selectors
from journeys.models import Version
from journeys.rehearsal.play import Player
from journeys.rehearsal.scenario import Scenario

SQL = sql.load(Path(__file__).with_suffix(".sql"))

Record = dict[str, Any]
_TIMED = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)\s+(.*)")


def report(player: Player) -> dict[str, Any]:
    """The rehearsal as the contract's JSON: people and journeys."""
    return {"people": _people(player), "journeys": {key: _journey(played) for key, played in player.journeys.items()}}


def mismatches(scenario: Scenario, people: dict[str, list[Record]]) -> list[str]:
    """One diff for each person whose records do not hold the expected items in that order; empty if all do."""
    found = []
    for identity, expected in scenario.expect.items():
        records = people.get(identity, [])
        if not _holds(expected, records, scenario.zone):
            happened = [_words(record, with_time=True, zone=scenario.zone) for record in records]
            diff = difflib.unified_diff(
                expected, happened, f"{identity}: expected", f"{identity}: happened", lineterm="", n=99
            )
            found.append("\n".join(diff))
    return found


def lines(result: dict[str, Any], zone: ZoneInfo) -> Iterable[str]:
    """The rehearsal for people to read: every person's records, then the tallies."""
    for identity, records in result["people"].items():
        yield identity
        for record in records:
            yield f"  {_words(record, with_time=True, zone=zone)}  [{record['journey']} v{record['version']}]"
    for key, journey in result["journeys"].items():
        yield f"{key}: {journey['state']}"
        for finding in journey["findings"]:
            yield f"  {finding['code']} {finding['level']} {_place(finding)}{finding['message']}"
        for refused in journey["refused"]:
            yield f"  refused {refused['action']}: {refused['message']}"
        for number, version in journey["versions"].items():
            exits = ", ".join(f"{reason} {count}" for reason, count in version["exited"].items() if count) or "none"
            yield (
                f"  version {number}: {version['state']}; qualified {version['qualified']}, "
                f"entered {version['entered']}, held out {version['held_out']}; exits: {exits}"
            )
            for node, counts in version["nodes"].items():
                left = ", ".join(f"{via} {count}" for via, count in counts["left"].items()) or "none"
                yield f"    node {node}: arrived {counts['arrived']}, inside {counts['inside']}, left: {left}"


def _people(player: Player) -> dict[str, list[Record]]:
    zone = player.account.zone
    keys = {played.journey_id: key for key, played in player.journeys.items()}
    numbers = dict(Version.objects.values_list("pk", "number"))
    records: dict[str, list[Record]] = {profile.identity: [] for profile in player.scenario.profiles}
    for profile_id, known, at, what, journey, version, node, via, outcome, reason in sql.rows(
        SQL["records"], {"lanes": lanes.ALL}
    ):
        identity = known or player.departed.get(profile_id)
        if identity is None:
            continue
        if node is not None and node < 0:  # an intermediate node, which no document names
            if what != "exited":
                continue
            node = None
        record = {
            "at": _local(at, zone),
            "what": what,
            "journey": keys.get(journey),
            "version": numbers.get(version),
            "node": node,
            "via": via,
            "outcome": outcome,
            "reason": reason,
        }
        record = {key: value for key, value in record.items() if value is not None}
        mine = records.setdefault(identity, [])
        if what in ("entered", "held_out"):
            mine.append(record | {"what": "qualified"})
        mine.append(record)
    return records


def _journey(played: Any) -> dict[str, Any]:
    versions = list(Version.objects.filter(journey_id=played.journey_id).order_by("number"))
    return {
        "state": versions[-1].status,
        "findings": played.findings,
        "refused": played.refused,
        "versions": {str(version.number): _version(version) for version in versions if version.published_at},
    }


def _version(version: Version) -> dict[str, Any]:
    numbers = selectors.version_numbers(version.pk)
    exits: dict[str, int] = defaultdict(int)
    for goal in range(1, len(version.document.get("goals") or []) + 1):
        exits[f"goal_{goal}"] = 0
    for node in numbers.nodes.values():
        for counted in (node.exited, node.exited_before):
            for reason, count in counted.items():
                exits[reason] += count
    return {
        "state": version.status,
        "qualified": numbers.qualified,
        "entered": numbers.entered,
        "held_out": numbers.held_out,
        "exited": dict(exits),
        "nodes": {
            str(number): {
                "arrived": node.arrived,
                "inside": node.arrived - sum(node.left.values()) - sum(node.exited.values()),
                "left": node.left,
                "exited": node.exited,
                "sent": node.sent,
                "failed": node.failed,
                "unreachable": node.unreachable,
            }
            for number, node in numbers.nodes.items()
            if number > 0
        },
    }


def _holds(expected: list[str], records: list[Record], zone: ZoneInfo) -> bool:
    """Whether the items are found in this order among the records; others may stand between."""
    left = iter(records)
    return all(any(_matches(item, record, zone) for record in left) for item in expected)


def _matches(item: str, record: Record, zone: ZoneInfo) -> bool:
    timed = _TIMED.fullmatch(item.strip())
    if timed:
        at, happened = datetime.fromisoformat(timed[1]), datetime.fromisoformat(record["at"])
        if (happened if at.tzinfo else happened.replace(tzinfo=None)) != at:
            return False
        item = timed[2]
    what, *rest = item.split()
    if what != record["what"]:
        return False
    if rest and rest[0].isdigit() and record.get("node") != int(rest.pop(0)):
        return False
    if rest[:1] == ["via"]:
        return record.get("via") == " ".join(rest[1:])
    return not rest or " ".join(rest) in (
        record.get("outcome"),
        record.get("reason"),
        f"{record.get('outcome')} {record.get('reason')}",
    )


def _words(record: Record, *, with_time: bool, zone: ZoneInfo) -> str:
    words = [
        record["what"],
        record.get("node"),
        record.get("outcome"),
        f"via {record['via']}" if "via" in record else None,
        record.get("reason"),
    ]
    text = " ".join(str(word) for word in words if word is not None)
    return f"{datetime.fromisoformat(record['at']):%Y-%m-%dT%H:%M:%S} {text}" if with_time else text


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat()


def _place(finding: Record) -> str:
    place = [f"node {finding['node']}" if finding["node"] is not None else None, finding["field"] or None]
    return ", ".join(part for part in place if part) + (": " if any(place) else "")
