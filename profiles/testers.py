"""People who are marked as test: messages that are still being written may be sent to them (domain 5.3)."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from config.lib import lanes, sql
from config.lib.errors import SojournError
from profiles.models import Profile, Tester

MOST = 50  # they are all shown where one chooses among them, and whoever is marked by mistake is to be noticed there


class TooMany(SojournError):
    """MOST people are marked already."""

    code = "testers"


def mark(profile_id: int, *, by: User | None, now: datetime) -> bool:
    """Mark a person as test. False if they were. Raises TooMany."""
    with transaction.atomic():
        sql.run(
            "LOCK TABLE profiles_tester IN SHARE ROW EXCLUSIVE MODE"
        )  # so that two at once do not make one too many
        if Tester.objects.filter(profile_id=profile_id).exists():
            return False
        if Tester.objects.count() >= MOST:
            raise TooMany(f"{MOST} people are marked as test, which is the most; take the mark off somebody first.")
        Tester.objects.create(profile_id=profile_id, by=by, at=now)
    return True


def unmark(profile_id: int) -> bool:
    """Take the mark away. False if there was none."""
    deleted, _ = Tester.objects.filter(profile_id=profile_id).delete()
    return deleted > 0


def is_marked(profile_id: int) -> bool:
    """Whether a person is marked as test."""
    return Tester.objects.filter(profile_id=profile_id).exists()


def everyone() -> list[Profile]:
    """Who is marked as test, the latest mark first."""
    return _people(Tester.objects.order_by("-at", "-pk").values_list("profile_id", flat=True))


def marks(profile_ids: Iterable[int]) -> set[int]:
    """Which of some people are marked as test."""
    return set(Tester.objects.filter(profile_id__in=list(profile_ids)).values_list("profile_id", flat=True))


def marked(profile_ids: Iterable[int]) -> list[Profile]:
    """Those of some people who are marked as test, in the order given."""
    profile_ids = list(profile_ids)
    there = marks(profile_ids)
    return _people(each for each in profile_ids if each in there)


def _people(profile_ids: Iterable[int]) -> list[Profile]:
    """The profiles of some ids, in their order; those that are gone are missing."""
    ids = list(dict.fromkeys(profile_ids))
    found = Profile.objects.filter(lane__in={lanes.of(each) for each in ids}, pk__in=ids)
    people = {person.pk: person for person in found}
    return [people[each] for each in ids if each in people]
