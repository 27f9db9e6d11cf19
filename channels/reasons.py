"""Why a message was not sent, or is not yet, in words. `reason` is what the outbox noted: a short text of ours, or the
words of somebody else's server.
"""

from channels import frequency, policy

_WORDS = {
    policy.LATE: "The clock time that it was planned for had passed on the person's own clock, and the journey drops"
    " such messages.",
    policy.NODE_LIMIT: "The node may send to one person only so often, and had done so.",
    policy.CAP: "The person had as many messages on this channel as the project's campaign limits allow.",
    policy.THROTTLED: "The node sends only so many messages in five minutes; it waits for its turn.",
    policy.UNDER_WAY: "Another message to the person was on its way, and it was not known yet whether that counts.",
    frequency.OUTSIDE: "The person came outside the hours in which it may show.",
    frequency.OFTEN: "The person had seen it as often as it may show.",
    frequency.NOT_NTH: "It shows only every so many times that the person comes by, and this was another time.",
    "no email": "The person has no e-mail address.",
    "no phone": "The person has no phone number.",
    "no device": "The person has no device that could receive it.",
    "opted out": "The person has opted out of this channel.",
    "not opted in": "The person has not opted in, which this channel asks for.",
    "do not disturb": "The person's property DND is true.",
    "unsubscribed": "The address has been unsubscribed.",
    "hard bounce": "Mail to the address bounced for good, so it is switched off.",
    "reported as spam": "The person reported a mail as spam, so the address is switched off.",
    "duplicate profile": "Another profile with the same address got it in the same run.",
    "the campaign is gone": "What it was to say is gone.",
    "the profile is gone": "The person was deleted before it was sent.",
    "stopped": "The journey was stopped before it was sent.",
    "exited": "The person had left the journey before it was sent.",
    "internal error while rendering": "It could not be made ready; the server's log says why.",
}
_BY_STATUS = {
    ("queued", policy.QUIET_HOURS): "These are quiet hours, and the journey sends after them.",
    ("unreachable", policy.QUIET_HOURS): "These were quiet hours, and the journey does not send during them.",
    (
        "queued",
        policy.DWELL,
    ): "The last message on this channel was too short a while ago; it waits for the gap to end.",
    ("failed", policy.DWELL): "The last message on this channel was too short a while ago.",
}
_PUT_OFF = {
    policy.QUIET_HOURS: "These were quiet hours, and the journey sends after them.",
    policy.DWELL: "The last message on this channel was too short a while before.",
    policy.THROTTLED: "The node sends only so many messages in five minutes.",
}
_GROUPS = "not subscribed to "


def words(status: str, reason: str | None) -> str:
    """A sentence; empty where nothing kept the message back."""
    if reason and reason.startswith(policy.AS_SMS):
        why = reason.removeprefix(policy.AS_SMS).removeprefix(": ")
        return f"It goes as an SMS instead, since RCS did not reach the person{f': {why}' if why else ''}."
    if not reason or status in ("sent", "delivered", "viewed", "clicked"):
        return ""
    if said := _BY_STATUS.get((status, reason)) or _WORDS.get(reason):
        return said
    if reason.startswith(_GROUPS):
        return f"The person is not in the subscription group that it needs: {reason.removeprefix(_GROUPS)}."
    if status in ("queued", "sending"):
        return f"The last attempt failed, and it is tried again: {reason}."
    return f"It could not be sent: {reason.rstrip('.')}."


def put_off(reason: str) -> str:
    """Why a message that was sent had been held, as a sentence; empty if it had not."""
    return _PUT_OFF.get(reason, "")
