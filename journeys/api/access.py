"""Who may call the API of journeys: whoever works in the back office and may see journeys. What changes something asks
again, in the service that does it.
"""

from django.contrib.auth.models import User
from rest_framework.request import Request

from config.lib.office import OfficeView
from journeys.errors import JourneyError
from journeys.models import Journey, Version


class JourneyView(OfficeView):
    """A view for those who may see journeys."""

    sees: tuple[str, ...] = ("journeys.view_journey",)


def who(request: Request) -> User:
    """The person who asks; `Needs` lets in nobody else."""
    assert isinstance(request.user, User)
    return request.user


def journey_of(journey_id: int) -> Journey:
    """Raises JourneyError."""
    journey = Journey.objects.filter(pk=journey_id).select_related("created_by").first()
    if journey is None:
        raise JourneyError(f"There is no journey {journey_id}.", code="not_found")
    return journey


def version_of(journey_id: int, number: int) -> Version:
    """A version by its number. Raises JourneyError."""
    found = Version.objects.filter(journey=journey_id, number=number)
    version = found.select_related("journey", "created_by", "published_by").first()
    if version is None:
        raise JourneyError(f"There is no version {number} of journey {journey_id}.", code="not_found")
    return version
