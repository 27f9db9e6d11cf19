"""The whole answer: an account of every version, where the person is, and why they are not inside."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from channels import selectors as channels
from journeys.engine import account as accounts
from journeys.errors import JourneyError
from journeys.models import Journey
from journeys.why.entry import Entry
from journeys.why.reading import Edition, Person, editions
from journeys.why.story import Story, place
from journeys.why.words import Because, Line, Words
from profiles import selectors as profiles

MOST_MESSAGES = 200
_EVER = datetime(9999, 1, 1, tzinfo=UTC)


class Account(NamedTuple):
    """One version. lines: in order of time. place, waits: where the person is in it, and for what; empty if not."""

    version: int
    status: str
    lines: list[Line]
    place: str
    waits: list[str]


class Answer(NamedTuple):
    """summary: the answer in a sentence. because: why they are not inside; empty if they are. versions: those that
    concern the person and the current one, in order.
    """

    profile_id: int
    journey_id: int
    journey: str
    inside: bool
    summary: str
    because: list[Because]
    versions: list[Account]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "profile": self.profile_id,
            "journey": {"id": self.journey_id, "name": self.journey},
            "inside": self.inside,
            "summary": self.summary,
            "because": [it._asdict() for it in self.because],
            "versions": [
                {
                    "number": it.version,
                    "status": it.status,
                    "place": it.place,
                    "waits": it.waits,
                    "lines": [
                        line._asdict() | {"because": [why._asdict() for why in line.because]} for line in it.lines
                    ],
                }
                for it in self.versions
            ],
        }


def why(profile_id: int, journey_id: int, *, now: datetime, account: accounts.Account | None = None) -> Answer:
    """Why a person is where they are in a journey, or is not in it. account: the settings' one unless given.

    Raises JourneyError for a journey or a profile that is not there.
    """
    journey = Journey.objects.filter(pk=journey_id).first()
    if journey is None:
        raise JourneyError(f"There is no journey {journey_id}.", code="not_found")
    if profiles.get_profile(profile_id) is None:
        raise JourneyError(f"There is no profile {profile_id}.", code="not_found")
    account = account or accounts.current()
    words = Words(account.zone, now)
    person = Person(profile_id, journey_id, account)
    published = editions(journey.versions.all(), account)
    inside = next((it for it in published if person.inside and it.version.pk == person.inside.version_id), None)
    messages = [
        it for it in channels.of_person(profile_id, before=_EVER, limit=MOST_MESSAGES) if it.journey_id == journey_id
    ]
    told = []
    for edition in published:
        story = Story(person, edition, words, messages)
        if not story.happened and edition is not published[-1]:
            continue
        where: str = ""
        waits: list[str] = []
        if person.inside is not None and edition is inside:
            where, waits = place(person, person.inside, edition, words, messages)
        told.append(Account(edition.version.number, edition.version.status, story.lines(), where, waits))
    if inside is not None:
        because: list[Because] = []
        summary = next(it.place for it in told if it.place) + "."
    else:
        because, summary = _outside(person, published, words, now)
    return Answer(profile_id, journey_id, journey.name, inside is not None, summary, because, told)


def _outside(person: Person, published: list[Edition], words: Words, now: datetime) -> tuple[list[Because], str]:
    """Every condition of the newest version's entry, and the answer in a sentence."""
    if not published:
        return [
            Because("A version is published", False, "there are only drafts")
        ], "Nobody can be inside: it is a draft."
    because = Entry(person, published[-1], words, now).because()
    failing = next((it for it in because if it.ok is False and it.depth == 0), None)
    if failing is None:
        return because, "Not inside, though every condition holds: whoever qualifies next enters."
    seen = f" ({failing.seen})" if failing.seen else ""
    return because, f"Not inside, because this does not hold: {failing.text[0].lower()}{failing.text[1:]}{seen}."
