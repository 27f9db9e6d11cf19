"""What people do with journeys: each a permission, a call of a service, and the words that the pages use for it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.models import User

from journeys import services, versions
from journeys.models import Status, Version


class Move(NamedTuple):
    """Something people do with a version. done: the participle; grave: it cannot be undone; states: where it fits."""

    name: str
    permission: str
    done: str
    consequence: str
    run: Callable[..., Any]
    states: tuple[str, ...]
    grave: bool = False
    latest: bool = False  # of the latest version, draft or not, instead of the one that people are in

    @property
    def address(self) -> str:
        """The name of the route of the page that asks."""
        return f"admin:journeys_journey_{self.name}_row"

    def target(self, journey: Any) -> tuple[int, int, str]:
        """(id, number, state) of the version that it is done to."""
        if self.latest:
            return journey.version_id, journey.version_number, journey.status
        return journey.current_id, journey.current_number, journey.current_status

    def offered(self, journey: Any, version: Version, *, older: bool = False) -> bool:
        """Whether it can be done to this version of a journey as `selectors.journeys` has it. older: also to one that a
        later version took over from, where the version is named when it is done (domain 2.1, 2.5).
        """
        if self.name == "ask" and not settings.APPROVAL:
            return False
        meant = self.target(journey)[0] == version.pk or (older and self.name in ("stop", "revise"))
        return meant and version.status in self.states


def _archive(*, version_id: int, by: User, now: datetime) -> None:
    services.archive(journey_id=Version.objects.get(pk=version_id).journey_id, by=by, now=now)


def _unarchive(*, version_id: int, by: User, now: datetime) -> None:
    services.unarchive(journey_id=Version.objects.get(pk=version_id).journey_id, by=by, now=now)


MOVES = {
    move.name: move
    for move in (
        Move(
            "publish",
            "journeys.publish_version",
            "published",
            "People enter from its start on. What messages say can still change; anything else takes a new version.",
            services.publish,
            (Status.DRAFT,),
            latest=True,
        ),
        Move(
            "ask",
            "journeys.change_journey",
            "put forward",
            "Somebody else looks at the draft and publishes it. Saving it again takes the question back.",
            services.ask_approval,
            (Status.DRAFT,),
            latest=True,
        ),
        Move(
            "pause",
            "journeys.pause_version",
            "paused",
            "Nobody enters any more. People inside keep travelling and receiving. Who qualifies meanwhile is lost.",
            services.pause,
            (Status.LIVE, Status.SCHEDULED),
        ),
        Move(
            "resume",
            "journeys.pause_version",
            "resumed",
            "People enter again. Who qualified during the pause stays out.",
            services.resume,
            (Status.PAUSED,),
        ),
        Move(
            "stop",
            "journeys.stop_version",
            "stopped",
            "This cannot be undone. Nobody enters, everyone inside is exited at once, and nothing more is sent.",
            services.stop,
            (Status.SCHEDULED, Status.LIVE, Status.PAUSED, Status.COMPLETED, Status.VERSIONED),
            grave=True,
        ),
        Move(
            "revise",
            "journeys.change_journey",
            "revised",
            "A draft of a new version is made with this one's document. A draft that is there already is replaced.",
            versions.draft,
            versions.FULL_EDIT,
        ),
        Move(
            "clone",
            "journeys.add_journey",
            "cloned",
            "A new journey is made with this one's document, as a draft.",
            versions.clone,
            tuple(Status),
            latest=True,
        ),
        Move(
            "archive",
            "journeys.change_journey",
            "archived",
            "It leaves the list and can only be read until it is unarchived. People inside keep travelling.",
            _archive,
            (Status.DRAFT, Status.PAUSED, Status.COMPLETED, Status.VERSIONED, Status.STOPPED),
        ),
        Move(
            "unarchive",
            "journeys.change_journey",
            "unarchived",
            "It returns to the state that it was archived from.",
            _unarchive,
            (Status.ARCHIVED,),
        ),
    )
}


PREVIOUS = {  # what may become of the version before, by whether people still enter it
    True: (
        ("restrict", "Its people finish there; from now on people enter the new version."),
        ("stop", "Everyone inside it is exited now; the new version starts two hours later."),
    ),
    False: (
        ("restrict", "Its people keep moving in it."),
        ("stop", "Its people are forced to exit; the new version starts two hours later."),
    ),
}


def previous(move: Move, chosen: list[Any]) -> tuple[tuple[str, str], ...]:
    """What publishing a journey's draft has to ask about the version before: (value, meaning); nothing for others."""
    if move.name != "publish" or len(chosen) != 1:
        return ()
    [journey] = chosen
    if journey.status != Status.DRAFT or journey.current_status not in services.MOVING:
        return ()
    return PREVIOUS[journey.current_status != Status.COMPLETED]
