"""What sends through a provider: things that this app knows nothing of, such as journeys. Whoever keeps those registers
a Keeper when its app is ready; imports keep pointing down.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Use(NamedTuple):
    """Something that sends through a provider. page: the route of its page in the back office, which takes its id."""

    id: int
    name: str
    state: str
    page: str


class Keeper(Protocol):
    """What knows of those who send."""

    def sending(self, provider_id: int) -> Iterable[Use]:
        """Those that send through a provider which they name, or still may."""

    def stop_sending(self, provider_id: int, *, by: "User | None", now: datetime) -> None:
        """Stop them for good, inside the caller's transaction. Raises SojournError where that cannot be."""


_keepers: dict[str, Keeper] = {}


def register(name: str, keeper: Keeper) -> None:
    """Ask a keeper from now on. name: whose it is, so that registering twice asks once."""
    _keepers[name] = keeper


def sending(provider_id: int) -> list[Use]:
    """Those that send through a provider which they name, or still may."""
    return [use for keeper in _keepers.values() for use in keeper.sending(provider_id)]


def stop_sending(provider_id: int, *, by: "User | None", now: datetime) -> None:
    """Stop them for good, inside the caller's transaction. Raises SojournError where that cannot be."""
    for keeper in _keepers.values():
        keeper.stop_sending(provider_id, by=by, now=now)
