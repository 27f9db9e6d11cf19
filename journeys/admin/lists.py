"""Custom lists in the back office, which journeys under way hold still."""

from django.contrib import admin

from journeys import people
from segments.admin import ListAdmin
from segments.models import List


@admin.register(List)
class GuardedListAdmin(ListAdmin):
    """Custom lists, which journeys under way hold still."""

    def users_of(self, target: List) -> list[str]:
        return people.using_list(target.name)
