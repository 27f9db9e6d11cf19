"""Journeys to start from: a folder of documents, each of which can be published once its events and words fit."""

from functools import cache
from pathlib import Path
from typing import Any

from journeys.document import load

HINTS = {
    "empty": "Start from nothing.",
    "welcome": "Greets people who sign up, and reminds those who did nothing with it.",
    "abandoned_cart": "Reminds people of what they left in the basket, unless they buy before.",
    "win_back": "Once a week, writes to those who have not bought for 60 days.",
    "payment_reminder": "Before a payment is due, on the day, and after it, until it is paid.",
    "birthday": "Wishes a happy birthday at nine of each person's own clock, on the day in next_birthday.",
}


@cache
def starters() -> list[dict[str, Any]]:
    """{key, name, hint, document}, in the order of the page."""
    found = []
    for key, hint in HINTS.items():
        document = load((Path(__file__).parent / f"{key}.yaml").read_text(encoding="utf-8"))
        found.append({"key": key, "name": document["name"], "hint": hint, "document": document})
    return found
