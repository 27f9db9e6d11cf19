"""What every page of the back office has in common."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

BACK_OFFICE = "/admin/"


class AccountTime:
    """Times on back-office pages are shown, and read, on the account's clock."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(BACK_OFFICE):
            return self.get_response(request)
        with timezone.override(ZoneInfo(settings.ACCOUNT_TIMEZONE)):
            return self.get_response(request)
