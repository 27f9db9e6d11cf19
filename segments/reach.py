"""Who can be reached on a channel: an address or a device, and consent (domain 5.1).

The same answer as sending gives: on e-mail, SMS and RCS unless the person opted out, on WhatsApp only after opting in,
and never at an address that is switched off. Push goes to devices.
"""

from collections.abc import Mapping
from typing import Any, Literal

from profiles.fields import SYSTEM_FIELDS

Channel = Literal["email", "sms", "whatsapp", "rcs", "push", "web_push"]
# The channels that go to an address, and the profile's field that holds it; the others go to devices.
ADDRESSES = {"email": "Email", "sms": "Phone", "whatsapp": "Phone", "rcs": "Phone"}
OPT_IN = frozenset({"whatsapp"})
DO_NOT_DISTURB = "DND"

# What memory knows besides the profile's own fields, under names that no property can have.
SWITCHED_OFF = "\x00switched off"  # which of email and phone is an address that is switched off
DEVICES = "\x00devices"  # channels with a device


def reachable(channel: str, fields: Mapping[str, Any]) -> bool:
    """Whether a person with these fields, of `history.people`, can be reached."""
    return obstacle(channel, fields) is None


def obstacle(channel: str, fields: Mapping[str, Any]) -> str | None:
    """Why a person cannot be reached, in a few words; None who can."""
    address = ADDRESSES.get(channel)
    if address is None and channel not in fields.get(DEVICES, ()):
        return "no device"
    if address is not None and not fields.get(address):
        return f"no {address.lower()}"
    consent = fields.get(f"MSG-{channel}")
    if channel in OPT_IN:
        if consent is not True:
            return "not opted in"
        if fields.get(DO_NOT_DISTURB) is True:
            return "do not disturb"
    elif consent is False:
        return "opted out"
    if address is not None and SYSTEM_FIELDS[address] in fields.get(SWITCHED_OFF, ()):
        return "the address is switched off"
    return None
