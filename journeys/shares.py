"""The shares of IntelliNODEs of running versions: weighed by the clock, decided by a person; every change is logged
(domain 6).
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path as File
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from config.lib import sql
from journeys import weighing
from journeys.document import Document
from journeys.errors import JourneyError
from journeys.folding import COUNTED
from journeys.guard import lock, record, require
from journeys.models import ShareChange, Shares, Status, Version
from journeys.nodes.intellinode import IntelliNode, IntelliNodeConfig
from journeys.weighing import Path

SQL = sql.load(File(__file__).with_suffix(".sql"))

LOG_SHOWN = 10
RUNNING = (Status.SCHEDULED, Status.LIVE, Status.PAUSED, Status.COMPLETED, Status.VERSIONED)


def begin(version: Version, document: Document, *, now: datetime) -> None:
    """Equal shares for the automated IntelliNODEs of a version that is being published."""
    Shares.objects.bulk_create(
        Shares(version=version, node=node.id, percents=weighing.equal(len(config.paths)), weighed_at=now)
        for node, config in _intellinodes(document)
        if config.mode == "automated"
    )


def _intellinodes(document: Document) -> list[tuple[Any, IntelliNodeConfig]]:
    return [(it, it.config) for it in document.nodes if isinstance(it.config, IntelliNodeConfig)]


# The clock --------------------------------------------------------------------------------------------------------


def weigh(shares_id: int, now: datetime) -> bool:
    """Weigh a node's paths anew, by what became of those who took them; True if that was due and nobody else is at it.

    Does nothing while a path has no news. Instants are five minutes apart from publishing on, whenever this is called.
    """
    with transaction.atomic():
        shares = Shares.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=shares_id).first()
        if shares is None or shares.winner is not None or now - shares.weighed_at < weighing.EVERY:
            return False
        shares.weighed_at += (now - shares.weighed_at) // weighing.EVERY * weighing.EVERY
        paths = numbers(shares.version_id, shares.node, len(shares.percents))
        if [list(path) for path in paths] != shares.seen:
            salt = f"node {shares.version_id} {shares.node} {shares.weighed_at.isoformat()}"
            _change(shares, weighing.weigh(paths, salt=salt), "weighed", by=None, now=now)
            shares.seen = paths
        shares.save(update_fields=["weighed_at", "percents", "seen"])
    return True


def numbers(version_id: int, node: int, count: int) -> list[Path]:
    """How many users took each of a node's paths, and how many of those met a goal."""
    found = dict(sql.rows(SQL["paths"], {"lanes": COUNTED, "version": version_id, "node": node}))
    vias = IntelliNode.vias[:count]
    return [Path(found.get(f"left:{via}", 0), found.get(f"{via}:converted", 0)) for via in vias]


# People -----------------------------------------------------------------------------------------------------------


def declare_winner(*, version_id: int, node: int, path: int, by: User | None, now: datetime) -> Version:
    """Let all who arrive from now on take one path, counted from 1; those who are on others go on (domain 6).

    Raises JourneyError for a node that does not weigh by itself, and for a path that it does not have.
    """
    require(by, "journeys.change_journey")
    with transaction.atomic():
        version = lock(version_id)
        if version.status not in RUNNING:
            message = f"Only a running version's paths can have a winner; this one is {version.status}."
            raise JourneyError(message, code="state")
        shares = Shares.objects.select_for_update(of=("self",)).filter(version=version, node=node).first()
        if shares is None:
            message = f"Node {node} is no automated IntelliNODE; the shares of a manual one are set by hand."
            raise JourneyError(message, code="not_editable")
        if not 1 <= path <= len(shares.percents):
            message = f"Node {node} has no path {path}; choose 1 to {len(shares.percents)}."
            raise JourneyError(message, code="not_found")
        before, shares.winner = shares.winner, path
        _change(shares, [100.0 * (number == path) for number in range(1, len(shares.percents) + 1)], "winner", by, now)
        shares.save(update_fields=["winner", "percents"])
        record(version, "winner", by, now, changes={f"nodes[{node}].winner": [before, path]})
    return version


def note_edit(version: Version, node: int, before: Any, after: Any, *, by: User | None, now: datetime) -> None:
    """Log that somebody set a manual node's shares. before, after: the node's configuration as JSON."""
    if before["paths"] != after["paths"]:
        old, new = ([path["percent"] for path in config["paths"]] for config in (before, after))
        ShareChange.objects.create(version=version, node=node, at=now, why="set", before=old, after=new, by=by)


def _change(shares: Shares, percents: Sequence[float], why: str, by: User | None, now: datetime) -> None:
    if list(percents) == shares.percents:
        return
    ShareChange.objects.create(
        version_id=shares.version_id,
        node=shares.node,
        at=shares.weighed_at if why == "weighed" else now,
        why=why,
        before=shares.percents,
        after=list(percents),
        by=by,
    )
    shares.percents = list(percents)


def log(version_id: int, node: int, *, most: int = LOG_SHOWN) -> list[ShareChange]:
    """The latest changes of a node's shares, newest first."""
    return list(ShareChange.objects.filter(version=version_id, node=node).select_related("by")[:most])


def about(version: Version, node: int) -> dict[str, Any]:
    """An IntelliNODE as JSON: its mode, each path with its share and what became of it, the winner, the latest changes.

    Raises JourneyError for another node.
    """
    found = version.nodes.filter(number=node, kind=IntelliNode.name).first()
    if found is None:
        raise JourneyError(f"Node {node} of this version is no IntelliNODE.", code="not_found")
    config = IntelliNodeConfig.model_validate(found.config)
    own = Shares.objects.filter(version=version, node=node).first()
    percents = own.percents if own else [path.percent or 0 for path in config.paths]
    counted = numbers(version.pk, node, len(config.paths))
    return {
        "mode": config.mode,
        "winner": own.winner if own else None,
        "paths": [
            {"name": path.name, "percent": percent, "entered": it.entered, "converted": it.converted}
            for path, percent, it in zip(config.paths, percents, counted, strict=True)
        ],
        "changes": [
            {"at": it.at, "why": it.why, "by": it.by and it.by.get_username(), "before": it.before, "after": it.after}
            for it in log(version.pk, node)
        ],
    }
