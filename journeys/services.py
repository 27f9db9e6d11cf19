"""What people and the system do with journeys: save, publish, pause, resume, stop, complete.

Each function locks the version, asks the FSM, saves, and records who did it and when, in one transaction. `by` is the
person who asks, who must hold the permission; None is the system. All raise JourneyError with a sentence, and then
nothing has changed.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from channels import services as channels
from channels.models import Campaign, Channel, Provider
from config.lib.errors import Problem
from config.lib.wake import wake
from journeys import checks, delivery, differences, mentions, selectors, shares, templated, timeline
from journeys.checks import setup, splits
from journeys.document import Document, DocumentError, jsonable, parse
from journeys.engine import account, leave
from journeys.errors import JourneyError, PublishRefused
from journeys.graph import ENTRY
from journeys.guard import ask, lock, lock_all, lock_siblings, move, record, require, require_channels
from journeys.models import Journey, Link, Node, Status, Version
from journeys.nodes import KINDS
from profiles import changes, eventtypes

Previous = Literal["restrict", "stop"]

TAKEOVER = timedelta(hours=2)  # from stopping a version to the start of the one that follows (domain 2.5)
MOVING = (Status.LIVE, Status.PAUSED, Status.COMPLETED)  # states of a latest version that a new one has to deal with

# Drafts -----------------------------------------------------------------------------------------------------------


def create_journey(*, document: Any, by: User | None, now: datetime) -> Version:
    """A new journey with the document as its first draft; return the draft. Raises DocumentError if unreadable."""
    require(by, "journeys.add_journey")
    document, read = read_document(document)
    require_channels(by, read)
    with transaction.atomic():
        journey = Journey(created_by=by, created_at=now)
        describe(journey, read)
        return Version.objects.create(journey=journey, number=1, document=document, created_by=by, created_at=now)


def save_draft(*, version_id: int, document: Any, by: User | None, now: datetime) -> Version:
    """Replace a draft as a whole, problems and all. Raises DocumentError if the document cannot be read."""
    require(by, "journeys.change_journey")
    document, read = read_document(document)
    with transaction.atomic():
        version = lock(version_id)
        _need_draft(version, "edited")
        before = _readable(version.document)
        require_channels(by, read, before)
        changes = differences.of_documents(before or Document(), read)
        if version.asked_at is not None:
            changes["approval asked for by"] = [version.asked_by and version.asked_by.get_username(), None]
        version.document = document
        version.asked_by = version.asked_at = None  # what was asked about is no longer there
        version.save(update_fields=["document", "asked_by", "asked_at"])
        describe(version.journey, read)
        if changes:
            record(version, "save", by, now, changes=changes)
    return version


def delete_draft(*, version_id: int, by: User | None, now: datetime) -> None:
    """Delete a draft; the journey goes with it if it was never published (domain 2.3), else it is again called what its
    latest version calls it.
    """
    require(by, "journeys.delete_journey")
    with transaction.atomic():
        version, siblings = lock_siblings(version_id)
        _need_draft(version, "deleted")
        journey = version.journey
        left = [it for it in siblings if it.pk != version_id]
        record(version, "discard", by, now)
        version.delete()
        if not left:
            journey.delete()
        elif (document := _readable(left[-1].document)) is not None:
            describe(journey, document)


def read_document(raw: Any) -> tuple[Any, Document]:
    """The document as it is kept, plain JSON that the database can hold, and as it reads. Raises DocumentError."""
    try:
        plain = jsonable(raw)
        text = json.dumps(plain, allow_nan=False, ensure_ascii=False)
        text.encode()
    except RecursionError:
        reason = "it is nested too deeply"
    except (ValueError, TypeError):  # NaN, infinity, half a character; a set or bytes out of YAML
        reason = "a value in it is neither text, a number, true, false, a list nor a mapping"
    else:
        if "\\u0000" not in text:
            return plain, parse(plain)
        reason = "a text in it holds the character NUL"
    raise DocumentError([Problem("unreadable", "error", None, "", f"The document cannot be kept: {reason}.")])


def _need_draft(version: Version, done: str) -> None:
    if version.status != Status.DRAFT:
        raise JourneyError(f"Only a draft can be {done}; this one is {version.status}.", code="state")


def _readable(document: Any) -> Document | None:
    """A stored document, if it still reads."""
    try:
        return parse(document)
    except DocumentError:
        return None


def describe(journey: Journey, document: Document) -> None:
    """What the list shows of a document. It cuts a name that is too long; the publish checks say so."""
    journey.name = document.name.strip()[: setup.LONGEST_NAME]
    journey.description = document.description.strip()[: setup.LONGEST_DESCRIPTION]
    if journey.labels != document.labels:
        journey.labels = document.labels
        nodes = Node.objects.filter(version__journey=journey.pk)
        campaigns = [it for it in nodes.values_list("campaign_id", flat=True) if it is not None]
        channels.label_campaigns(campaign_ids=campaigns, labels=document.labels)
    journey.save()


# Publishing -------------------------------------------------------------------------------------------------------


def publish(
    *, version_id: int, by: User | None, now: datetime, previous: Previous | None = None, wait: bool = False
) -> Version:
    """Freeze a draft, compile it, and let it go live, now or at its start. Raises PublishRefused with the findings.

    `previous` says what becomes of the version before, if people enter or move by it (domain 2.5): `restrict` lets its
    people finish there; `stop` exits them, by a worker or with `wait` before this returns, and lets the new version
    begin TAKEOVER later.
    """
    require(by, "journeys.publish_version")
    with transaction.atomic():
        version, siblings = lock_siblings(version_id)
        ask(version, version.schedule, "Only a draft can be published")
        if settings.APPROVAL and by is not None:
            _need_approval(version, by)
        before = next((it for it in reversed(siblings) if it.published_at is not None), None)
        stops = before is not None and before.status in MOVING and previous == "stop"
        earliest = now + TAKEOVER if stops else now
        document = templated.fill(parse(version.document))
        require_channels(by, document)
        tz = account.current().zone
        findings = [
            *checks.findings(document, now=now, tz=tz, journey_id=version.journey_id),
            *_too_late(document, earliest, now, tz),
            *_too_many_active(before if stops else None),
            *_register_events(document, now),
            *splits.too_many(document, version),
        ]
        _refuse_errors(findings)
        if before is not None:
            _hand_over(before, previous, by, now)
        version.document = templated.written(version.document, document)
        start_at = timeline.begin(version, document, earliest=earliest, tz=tz)
        changes.tell_of(mentions.watched_properties(document))
        version.published_by, version.published_at = by, now
        _compile(version, document, now=max(now, start_at))
        version.counts_for = _counts_for(document)
        asked = {"approval asked for by": [None, version.asked_by.get_username()]} if version.asked_by else None
        if start_at <= now:
            move(version, "publish", lambda: version.go_live(start_at=start_at), by, now, changes=asked)
        else:
            move(version, "publish", lambda: version.schedule(start_at=start_at), by, now, changes=asked)
        wake("journeys.clock")  # the first run of a past entry
        if stops and not wait:
            wake("journeys.empty_version")
    if before is not None and stops and wait:
        leave.everyone(before.pk, account=account.current(), now=now)
    return version


def _hand_over(before: Version, previous: Previous | None, by: User | None, now: datetime) -> None:
    """Let the version before make room for a new one (domain 2.5). One that is over already is left as it is."""
    if before.status == Status.SCHEDULED:
        message = f"Version {before.number} is scheduled; stop it before you publish another one."
        raise JourneyError(message, code="state")
    if before.status in (Status.LIVE, Status.PAUSED) and previous is None:
        message = (
            f"Version {before.number} is {before.status}; say what becomes of it: “restrict” lets its people finish"
            " there, “stop” exits them."
        )
        raise JourneyError(message, code="previous")
    if before.status in MOVING and previous == "stop":
        _stop(before, by, now)
    elif before.status in (Status.LIVE, Status.PAUSED):
        restrict(before, by=by, now=now)


def restrict(version: Version, *, by: User | None, now: datetime) -> None:
    """Let nobody enter a version any more, and its people finish; by whoever holds its lock and publishes another."""
    timeline.end(version, now=now)
    move(version, "restrict", lambda: version.restrict(now=now), by, now)


def _need_approval(version: Version, by: User) -> None:
    """Raise JourneyError unless somebody else asked for the draft, as it is, to be approved (domain 13)."""
    if version.asked_at is None:
        raise JourneyError("A draft is published by somebody else than its author; ask for approval.", code="approval")
    if version.asked_by_id == by.pk:
        message = "You asked for this draft to be approved, so somebody else has to publish it."
        raise JourneyError(message, code="approval")


def ask_approval(*, version_id: int, by: User | None, now: datetime) -> Version:
    """Ask for a draft to be looked at and published by somebody else. Raises PublishRefused if it could not be.

    Saving the draft again takes the question back.
    """
    require(by, "journeys.change_journey")
    with transaction.atomic():
        version = lock(version_id)
        _need_draft(version, "approved")
        tz = account.current().zone
        _refuse_errors(checks.findings(parse(version.document), now=now, tz=tz, journey_id=version.journey_id))
        version.asked_by, version.asked_at = by, now
        version.save(update_fields=["asked_by", "asked_at"])
        record(version, "ask approval", by, now)
    return version


def _refuse_errors(findings: list[Problem]) -> None:
    if any(finding.level == "error" for finding in findings):
        raise PublishRefused(findings)


def _too_many_active(stopping: Version | None) -> list[Problem]:
    """The project's cap on versions that are live, paused or versioned; `stopping` makes room. 0 is no cap."""
    active = Version.objects.filter(status__in=(Status.LIVE, Status.PAUSED, Status.VERSIONED))
    if stopping is not None:
        active = active.exclude(pk=stopping.pk)
    most = settings.MOST_ACTIVE_VERSIONS
    if not most or active.count() < most:
        return []
    message = f"{most} versions are live, paused or versioned, and the project has room for no more. Stop one first."
    return [Problem("K21", "error", None, "", message)]


def _too_late(document: Document, earliest: datetime, now: datetime, tz: ZoneInfo) -> list[Problem]:
    """An entry that would be over before the new version may begin."""
    end = timeline.planned_end(document, tz)
    if earliest == now or end is None or end > earliest:
        return []
    message = (
        f"Entry ends at {end.astimezone(tz):%Y-%m-%d %H:%M}, but after stopping the version before, this one starts at"
        f" {earliest.astimezone(tz):%Y-%m-%d %H:%M}; choose a later end."
    )
    return [Problem("K02", "error", None, "entry.timeline.end", message)]


def _register_events(document: Document, now: datetime) -> list[Problem]:
    """Give every event that the document listens to its number, so that the first one to arrive is recognised."""
    names = mentions.event_names(document)
    known = eventtypes.ids(names, now=now)
    return [
        Problem(
            "K07",
            "error",
            None,
            "",
            f"“{name}” would be one event name too many; the project has {eventtypes.MOST_TYPES}. Use one of those.",
        )
        for name in sorted(names)
        if name not in known
    ]


def _compile(version: Version, document: Document, *, now: datetime) -> None:
    """Nodes, links and campaigns of a document that passed the checks."""
    entry = document.entry.segment
    assert entry is not None  # refused by the checks
    body = entry.model_dump(mode="json", by_alias=True, exclude={"kind", "name"})
    nodes = [Node(version=version, number=ENTRY, kind=entry.kind, name=entry.name, config=body)]
    for node in document.nodes:
        config = node.config.model_dump(mode="json", by_alias=True)
        campaign = None
        if KINDS[node.kind].role == "engagement":
            campaign = _campaign(version, node.id, node.kind, config, delivery.policy_of(document, node.id, config))
        nodes.append(
            Node(
                version=version,
                number=node.id,
                kind=node.kind,
                name=node.name,
                config=config,
                window=node.window,
                campaign_id=campaign.pk if campaign else None,
            )
        )
    Node.objects.bulk_create(nodes)
    shares.begin(version, document, now=now)
    Link.objects.bulk_create(
        Link(
            version=version,
            source=it.source,
            via=it.via,
            target=it.to,
            sleep=it.sleep.model_dump(mode="json", by_alias=True, exclude_unset=True) if it.sleep else None,
        )
        for it in document.links
    )


def _counts_for(document: Document) -> timedelta | None:
    """How long conversions of messages are counted when nobody moves any more; None: not at all (domain 5.7)."""
    asked = [getattr(it.config, "conversion", None) for it in document.nodes]
    return max((it.window for it in asked if it), default=None)


def fallback_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """The SMS of a node whose channel does not reach somebody, as fields of its campaign."""
    given = config.get("fallback")
    named = given["provider"] if given else None
    return {
        "fallback": {"text": given["text"]} if given else None,
        "fallback_provider_id": Provider.objects.get(name=named, channel=Channel.SMS).pk if named else None,
    }


def _campaign(version: Version, number: int, channel: str, config: dict[str, Any], policy: dict[str, Any]) -> Campaign:
    """What an engagement node sends."""
    provider = config["provider"]
    return Campaign.objects.create(
        channel=channel,
        provider=Provider.objects.get(name=provider, channel=channel) if provider else None,
        content=config["content"],
        **fallback_of(config),
        variants=config["variants"],
        context={
            "Journey": {"id": version.journey_id, "name": version.journey.name, "version": version.number},
            "Node": {"id": number},
        },
        labels=version.journey.labels,
        policy=policy,
    )


# Moves ------------------------------------------------------------------------------------------------------------


def pause(*, version_id: int, by: User | None, now: datetime) -> Version:
    """Stop admitting. People inside keep travelling; who qualifies from now on is lost (domain 2.2)."""
    require(by, "journeys.pause_version")
    with transaction.atomic():
        version = lock(version_id)
        ask(version, version.pause, "Only a live or scheduled journey can be paused")
        # Runs before the pause are still made.
        timeline.note_runs(version, tz=account.current().zone, now=now, including_now=False)
        move(version, "pause", version.pause, by, now)
    return version


def resume(*, version_id: int, by: User | None, now: datetime) -> Version:
    """Admit again: scheduled before the start, completed after the end, live between (domain 2.2)."""
    require(by, "journeys.pause_version")
    with transaction.atomic():
        version = lock(version_id)
        ask(version, version.resume, "Only a paused journey can be resumed")
        # Runs during the pause are lost.
        timeline.note_runs(version, tz=account.current().zone, now=now, including_now=False)
        assert version.start_at is not None  # set by publishing
        if version.completes_at is not None and version.completes_at <= now:
            move(version, "resume", lambda: version.complete(now=now), by, now)
        elif now < version.start_at:
            move(version, "resume", version.resume_schedule, by, now)
        else:
            move(version, "resume", version.resume, by, now)
        wake("journeys.clock")
    return version


def stop(*, version_id: int, by: User | None, now: datetime, wait: bool = False) -> Version:
    """Stop for good: nobody enters, moves or is sent anything again, and everyone inside is exited.

    The state is committed first, so that nothing moves while people are led out: by a worker, or with `wait` before
    this returns.
    """
    require(by, "journeys.stop_version")
    with transaction.atomic():
        version = lock(version_id)
        ask(
            version,
            version.stop,
            "Only a journey that is scheduled, live, paused, completed or versioned can be stopped",
        )
        _stop(version, by, now)
        if not wait:
            wake("journeys.empty_version")
    if wait:
        leave.everyone(version.pk, account=account.current(), now=now)
    return version


def _stop(version: Version, by: User | None, now: datetime) -> None:
    """Stop for good. What is queued for people inside is not sent, though it takes a while to lead all of them out."""
    timeline.end(version, now=now)
    campaigns = version.nodes.values_list("campaign_id", flat=True)
    channels.stop_campaigns(campaign_ids=[id for id in campaigns if id is not None])
    move(version, "stop", lambda: version.stop(now=now), by, now)


def archive(*, journey_id: int, by: User | None, now: datetime) -> list[Version]:
    """Put a journey with all its versions out of sight, read-only; return the versions. People inside keep travelling
    if they did (domain 2.3).
    """
    require(by, "journeys.change_journey")
    with transaction.atomic():
        versions = lock_all(journey_id)
        for version in versions:
            _ask_archive(version)
            move(version, "archive", version.archive, by, now)
    return versions


def _ask_archive(version: Version) -> None:
    if version.status == Status.ARCHIVED:
        raise JourneyError("This journey is archived already.", code="state")
    if version.status in (Status.SCHEDULED, Status.LIVE):
        message = f"Version {version.number} is {version.status}; pause or stop it before you archive the journey."
        raise JourneyError(message, code="state")
    if version.status == Status.VERSIONED and (inside := selectors.version_numbers(version.pk).inside):
        message = f"Version {version.number} is versioned and has {inside} people inside; archive the journey later."
        raise JourneyError(message, code="state")


def unarchive(*, journey_id: int, by: User | None, now: datetime) -> list[Version]:
    """Bring a journey back: each version returns to the state it came from. What was due meanwhile the clock does."""
    require(by, "journeys.change_journey")
    with transaction.atomic():
        versions = lock_all(journey_id)
        for version in versions:
            ask(version, version.unarchive, "Only a journey that is archived can be unarchived")
            move(version, "unarchive", version.unarchive, by, now)
        wake("journeys.clock")
    return versions


def start(version: Version, *, now: datetime) -> None:
    """The system, at the start of a scheduled version that it has locked."""
    assert version.start_at is not None  # set by publishing
    start_at = version.start_at
    move(version, "start", lambda: version.go_live(start_at=start_at), None, now)


def complete(version: Version, *, now: datetime) -> None:
    """The system, when the entry of a version that it has locked is over."""
    move(version, "complete", lambda: version.complete(now=now), None, now)


def retire(version: Version, *, now: datetime) -> None:
    """The system, when nobody is left inside a completed or versioned version that it has locked (domain 2.2)."""
    move(version, "stop", lambda: version.stop(now=now), None, now)
