"""Journey documents for tests: one that can be published, and ways to change it."""

from typing import Any

Json = dict[str, Any]

MAIL = {"subject": "Hello", "text": "Your basket waits."}


def email(number: int, **changes: Any) -> Json:
    """An e-mail node that can be sent."""
    return {"id": number, "kind": "email", "config": {"content": MAIL}} | changes


def action(number: int, event: str = "Charged", **changes: Any) -> Json:
    """A node that waits for an event."""
    return {"id": number, "kind": "action", "config": {"events": [{"event": event}]}} | changes


def link(source: int | str, via: str, target: int, after: str | None = None) -> Json:
    """A link, with a sleep if `after` says how long."""
    drawn: Json = {"from": source, "via": via, "to": target}
    return drawn | {"sleep": {"after": after}} if after else drawn


def journey(**changes: Any) -> Json:
    """Added To Cart enters; one e-mail; the end. Nothing is wrong with it."""
    return {
        "name": "Abandoned cart",
        "entry": {
            "criteria": "live",
            "segment": {"kind": "action", "events": [{"event": "Added To Cart"}]},
            "timeline": {"start": "now", "end": None},
        },
        "timeout": "P30D",
        "nodes": [email(1)],
        "links": [link("entry", "yes", 1)],
    } | changes


def live(timeline: Json | None = None, **changes: Any) -> Json:
    """An entry by an event."""
    return journey()["entry"] | {"timeline": timeline or {"start": "now", "end": None}} | changes


def past(timeline: Json, **changes: Any) -> Json:
    """An entry by past behaviour."""
    rule = {"did": {"event": "Charged", "within": {"last": 30, "unit": "day"}}}
    return {"criteria": "past", "segment": {"kind": "past_behaviour", "rule": rule}, "timeline": timeline} | changes
