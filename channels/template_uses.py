"""What uses saved templates: things that this app knows nothing of, such as journeys. Whoever keeps those registers a
Keeper when its app is ready; imports keep pointing down.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from django.db import transaction

from channels.models import Template

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Use(NamedTuple):
    """Something that names a template. id: its own; page: the route of its page in the back office, which takes the
    number `about`; nodes: where it does. sends: it took the content, and can take it anew; differs: what it took is not
    what the template holds now.
    """

    id: int
    name: str
    state: str
    page: str
    about: int
    nodes: tuple[int, ...]
    sends: bool
    differs: bool


class Keeper(Protocol):
    """What knows of those who use templates."""

    def using(self, templates: Collection[Template]) -> Iterable[tuple[int, Use]]:
        """(the template's id, who uses it) for some of the templates."""

    def apply(self, template: Template, ids: Collection[int], *, by: "User | None", now: datetime) -> int:
        """Let some of those who send a template send it as it is now, inside the caller's transaction; return how many
        had to change. Raises SojournError where somebody may not or cannot.
        """


_keepers: dict[str, Keeper] = {}


def register(name: str, keeper: Keeper) -> None:
    """Ask a keeper from now on. name: whose it is, so that registering twice asks once."""
    _keepers[name] = keeper


def users(templates: Collection[Template]) -> dict[int, list[Use]]:
    """Who uses each of some templates, by its id; those that nothing uses are missing."""
    found: dict[int, list[Use]] = defaultdict(list)
    for keeper in _keepers.values():
        for template_id, use in keeper.using(templates):
            found[template_id].append(use)
    return dict(found)


def of(template: Template) -> list[Use]:
    """Who uses one template."""
    return users([template]).get(template.pk, [])


def apply(template: Template, ids: Collection[int], *, by: "User | None", now: datetime) -> int:
    """Let some of those who send a template send it as it is now; return how many had to change. Raises SojournError
    where somebody may not or cannot, and then nothing has changed.
    """
    with transaction.atomic():
        return sum(keeper.apply(template, ids, by=by, now=now) for keeper in _keepers.values())


def named(uses: Iterable[Use]) -> str:
    """Users in a sentence: “Welcome, version 2” (live), …"""
    return ", ".join(f"“{use.name}” ({use.state})" for use in uses)
