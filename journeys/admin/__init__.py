"""The back office's pages of journeys, and of what journeys join: people, and the lists that they enter by."""

from journeys.admin.journeys import JourneyAdmin
from journeys.admin.lists import GuardedListAdmin
from journeys.admin.people import ProfileAdmin

__all__ = ["GuardedListAdmin", "JourneyAdmin", "ProfileAdmin"]
