"""The project's control groups, and who is in none (domain 3.7). JourneyError says in a sentence what is
not possible, and then nothing has changed.
"""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from journeys import control
from journeys.errors import JourneyError
from journeys.models import ControlGroup, Exempt, Status, Version
from profiles.identities import Key, find

IN_USE = (Status.SCHEDULED, Status.LIVE, Status.PAUSED, Status.COMPLETED, Status.VERSIONED)


def save(*, name: str, percent: int, now: datetime, group_id: int | None = None) -> ControlGroup:
    """Make a custom control group, or change one. Who is in it follows from its id, so a larger one keeps everybody."""
    with transaction.atomic():
        name = name.strip()
        check(name=name, percent=percent, group_id=group_id)
        group = ControlGroup.objects.select_for_update().get(pk=group_id) if group_id else ControlGroup(created_at=now)
        group.name, group.percent = name, percent
        group.save()
    return group


def check(*, name: str, percent: int, group_id: int | None = None) -> None:
    """Raise JourneyError for a control group that cannot be, or be changed so."""
    low, high = control.SIZE
    if not low <= percent <= high:
        raise JourneyError(f"A control group holds {low} to {high} % of all people, not {percent}.", code="K22")
    if group_id is None:
        _need_room()
    others = ControlGroup.objects.exclude(pk=group_id) if group_id else ControlGroup.objects.all()
    if not name or others.filter(name=name).exists():
        message = f"There is a control group “{name}” already." if name else "Give the control group a name."
        raise JourneyError(message, code="name")
    if group_id is not None and (group := ControlGroup.objects.get(pk=group_id)).name != name:
        _refuse_in_use(group, "renamed")


def _need_room() -> None:
    if not settings.SYSTEM_CONTROL_PERCENT:
        message = "Custom control groups need a system control group first; set SYSTEM_CONTROL_PERCENT to 2 to 5."
        raise JourneyError(message, code="system")
    if ControlGroup.objects.count() >= control.MOST_GROUPS:
        message = f"There are {control.MOST_GROUPS} control groups, which is the most; delete one first."
        raise JourneyError(message, code="limit")


def delete(*, group_id: int) -> None:
    """Take a custom control group away."""
    with transaction.atomic():
        group = ControlGroup.objects.select_for_update().get(pk=group_id)
        _refuse_in_use(group, "deleted")
        group.delete()


def _refuse_in_use(group: ControlGroup, done: str) -> None:
    """Raise JourneyError for a group that a running journey uses."""
    using = Version.objects.filter(document__control__custom=group.name, status__in=IN_USE).select_related("journey")
    if names := sorted({version.journey.name for version in using}):
        message = f"“{group.name}” is used by {', '.join(names)}, so it cannot be {done}; stop those first."
        raise JourneyError(message, code="in_use")


def exempt(*, identity: str, by: User | None, now: datetime) -> Exempt:
    """Let somebody never be held out, from now on."""
    key = Key("identity", identity)
    found = find([key])
    if key not in found:
        raise JourneyError(f"There is nobody with the identity “{identity}”.", code="not_found")
    with transaction.atomic():
        held = Exempt.objects.select_for_update()
        if existing := held.filter(profile_id=found[key]).first():
            return existing
        if held.count() >= control.MOST_EXEMPT:
            message = f"{control.MOST_EXEMPT} people are never in control, which is the most; take one off first."
            raise JourneyError(message, code="limit")
        return Exempt.objects.create(profile_id=found[key], by=by, at=now)
