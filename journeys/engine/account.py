"""The account's clock: its time zone and the minute of its hourly tick, from settings or a rehearsal's scenario."""

from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings


class Account(NamedTuple):
    zone: ZoneInfo
    tick_offset: int = 0
    system_percent: int = 0  # size of the system control group


def current() -> Account:
    """As the settings have it."""
    return Account(ZoneInfo(settings.ACCOUNT_TIMEZONE), settings.TICK_OFFSET_MINUTES, settings.SYSTEM_CONTROL_PERCENT)
