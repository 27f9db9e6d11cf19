"""A test of what a node would send, from the canvas: who may, how often, and who had it (domain 5.3, 13)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from channels import testsend
from channels.models import Channel
from channels.testsend import Draft, Told
from journeys.errors import JourneyError
from journeys.guard import record
from journeys.models import Transition, Version
from profiles import testers

ACTION = "test"
MOST, IN = 20, timedelta(minutes=10)  # tests of one person: more are a mistake, or a mailing past every limit
LONGEST = 200  # characters of a text that are kept


def send(
    *, version: Version, node: int, draft: Draft, variant: str, people: Sequence[int], by: User, now: datetime
) -> list[Told]:
    """Send a node's content, as it is being written, to test people (profile ids) and say what became of each.

    Not in a transaction: it waits for a provider. What is done is noted before that, and what came of it afterwards, so
    that there is no test that nobody knows of. Raises JourneyError, ChannelError.
    """
    if not by.has_perm(f"channels.write_{draft.channel}"):
        message = f"You may not write messages on {Channel(draft.channel).label}; ask an administrator for the right."
        raise JourneyError(message, code="forbidden")
    chosen = testers.marked(people)
    if len(chosen) < len(set(people)) or not chosen:
        raise JourneyError("Tests go to people who are marked as test; choose among those.", code="testers")
    if len(chosen) > testsend.MOST:
        raise JourneyError(f"A test goes to {testsend.MOST} people at most; choose fewer.", code="testers")
    testsend.check(draft)
    label = Channel(draft.channel).label
    what = {
        f"nodes[{node}]": [None, f"{label}, {variant}" if variant else label],
        "content": [None, _said(draft.content)],
    }
    act = _begin(version, what | {f"to #{person.pk}": [None, "begun"] for person in chosen}, by, now)
    told = testsend.send(draft, chosen, now=now)
    act.changes = what | {f"to #{it.profile_id}": [None, it.outcome] for it in told}
    act.save(update_fields=["changes"])
    return told


def _begin(version: Version, changes: dict[str, list[Any]], by: User, now: datetime) -> Transition:
    """Note that a test is sent. Raises JourneyError if that is one too many."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=by.pk)  # of two at once, one counts the other
        if Transition.objects.filter(by=by, action=ACTION, at__gt=now - IN).count() >= MOST:
            minutes = IN // timedelta(minutes=1)
            message = f"You sent {MOST} tests in the last {minutes} minutes; wait a little before the next one."
            raise JourneyError(message, code="too_many")
        return record(version, ACTION, by, now, changes=changes)


def _said(content: Any) -> str:
    """What a message begins with, as its author wrote it: enough to know it by."""
    given = content if isinstance(content, dict) else {}
    texts = (given.get(name) for name in ("subject", "title", "text", "body", "url"))
    return next((text for text in texts if isinstance(text, str) and text.strip()), "")[:LONGEST]
