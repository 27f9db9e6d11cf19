"""Who can be reached on a channel: an address, and consent (domain 5.1)."""

from collections.abc import Collection
from typing import Any, Literal, Protocol

# The channels whose messages wait until the person is there: nobody is unreachable for them.
ON_DEVICE = frozenset({"in_app", "web_popup", "exit_intent", "web_native", "app_inbox"})
# The channels that go to devices: a token, or a browser's subscription.
TO_DEVICES = frozenset({"push", "web_push"})
# The channels that go to an address that somebody can switch off.
KINDS: dict[str, Literal["email", "phone"]] = {"email": "email", "sms": "phone", "whatsapp": "phone", "rcs": "phone"}

GROUPS = "Subscription groups"  # the property that lists those that a person is in; leaving one is one value less

SUPPRESSED = {"unsubscribed": "unsubscribed", "hard_bounce": "hard bounce", "spam": "reported as spam"}


class Person(Protocol):
    """Addresses as profiles keep them; suppressed: why the channel's address is switched off, or None; devices: those
    of the channel as JSON text, None without any.
    """

    @property
    def email(self) -> str | None: ...
    @property
    def phone(self) -> str | None: ...
    @property
    def suppressed(self) -> str | None: ...
    @property
    def devices(self) -> str | None: ...


def reach(
    channel: str,
    person: Person,
    properties: dict[str, Any],
    *,
    groups: Collection[str] = (),
    critical: bool = False,
) -> tuple[str | None, str | None]:
    """(address, why unreachable): one of them is None. Channels without an address give (None, None).

    groups: subscription groups that the person must be in, all of them; critical: goes to those too who opted out. Not
    to an address that mail bounced from for good or was called spam at: that would harm all other mail.
    """
    kind = KINDS.get(channel)
    consent = properties.get(f"MSG-{channel}")
    if channel in TO_DEVICES:
        if not person.devices:
            return None, "no device"
        return None, "opted out" if consent is False else None
    if kind is None:
        return None, None
    address = person.email if kind == "email" else person.phone
    if not address:
        return None, f"no {kind}"
    if channel == "whatsapp":
        if consent is not True:  # opt-in; the others are opt-out
            return None, "not opted in"
        if properties.get("DND") is True:
            return None, "do not disturb"
    elif consent is False and not critical:
        return None, "opted out"
    if person.suppressed and not (critical and person.suppressed == "unsubscribed"):
        return None, SUPPRESSED.get(person.suppressed, person.suppressed)
    if left := sorted(set(groups) - _groups(properties)):
        return None, f"not subscribed to {', '.join(left)}"
    return address, None


def _groups(properties: dict[str, Any]) -> set[str]:
    """The subscription groups that a person is in."""
    given = properties.get(GROUPS)
    if isinstance(given, list):
        return {name for name in given if isinstance(name, str)}
    return {given} if isinstance(given, str) else set()
