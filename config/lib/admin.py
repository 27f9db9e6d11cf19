"""What the back office's pages of several apps share."""

from typing import Any

from django.http import HttpRequest


class ReadOnly:
    """For a ModelAdmin of what is only looked at: nothing is added, changed or deleted on its pages."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
