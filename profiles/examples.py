"""What the API's page shows: schemas and examples of the calls, as OpenAPI."""

from typing import Any

from profiles.accept import MOST_RECORDS
from profiles.records import OPERATORS, PLATFORMS

DESCRIPTION = f"""Up to {MOST_RECORDS} records a call, of any kinds, at most 5 MB. Good records are kept when others are
refused; `unprocessed` says which and why. Unknown identities become profiles. Records of one profile are applied in the
order given.

- **Events** happen at `ts` (seconds since 1970; default: now, at most 5 minutes ahead). An `eventId` that a person has
had within 24 hours is the same delivery and counts once.
- **Profiles** set properties, or change them by one of {", ".join(f"`{operator}`" for operator in OPERATORS)}:
`{{"visits": {{"$incr": 1}}}}`.
- **Tokens** let a device or browser be reached by push.
- Dates are written `$D_` and the seconds since 1970.

| Code | Refused because |
|---|---|
| 509 | the event has no name |
| 512 | the structure, a name or a value is not as it should be |
| 513 | the name is a system event's |
| 514 … 520 | gender, e-mail, phone, employment, education, marital status, age are not valid |
| 522 | there are too many properties, items or event names |
| 523 | the identity is missing, or stands for no value |
| 524 | the type is not event, profile or token |
| 525 | the timestamp is not in seconds since 1970, or in the future |
| 526 | the object ID is not valid |
| 528 | such events are discarded |
| 530 … 535 | the token has no data, no id, a bad id, no type, an unknown type, bad keys |
| 555 | another reason, said in the sentence |
"""

_WHO: dict[str, Any] = {
    "identity": {
        "type": "string",
        "maxLength": 1024,
        "description": "The project's key, an e-mail address or a phone number.",
    },
    "objectId": {"type": "string", "description": "The device's or system's key, if there is no identity."},
    "FBID": {"type": "string"},
    "GPID": {"type": "string"},
}


def _record(kind: str, required: list[str], properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "title": kind.capitalize(),
        "required": ["type", *required],
        "properties": {"type": {"type": "string", "enum": [kind]}, **_WHO, **properties},
    }


REQUEST: dict[str, Any] = {
    "type": "object",
    "required": ["d"],
    "properties": {
        "d": {
            "type": "array",
            "maxItems": MOST_RECORDS,
            "items": {
                "oneOf": [
                    _record(
                        "event",
                        ["evtName"],
                        {
                            "evtName": {"type": "string", "maxLength": 120},
                            "evtData": {"type": "object", "maxProperties": 256, "additionalProperties": True},
                            "ts": {"type": "number", "description": "Seconds since 1970."},
                            "eventId": {"type": "string", "maxLength": 512},
                        },
                    ),
                    _record(
                        "profile", ["profileData"], {"profileData": {"type": "object", "additionalProperties": True}}
                    ),
                    _record(
                        "token",
                        ["tokenData"],
                        {
                            "tokenData": {
                                "type": "object",
                                "required": ["id", "type"],
                                "properties": {
                                    "id": {"type": "string"},
                                    "type": {"type": "string", "enum": list(PLATFORMS)},
                                    "keys": {
                                        "type": "object",
                                        "properties": {"p256dh": {"type": "string"}, "auth": {"type": "string"}},
                                    },
                                },
                            }
                        },
                    ),
                ]
            },
        }
    },
}

REPLY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": ["success", "partial", "fail"]},
        "processed": {"type": "integer"},
        "unprocessed": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "status": {"type": "string", "enum": ["fail"]},
                    "code": {"type": "integer"},
                    "error": {"type": "string"},
                    "record": {},
                },
            },
        },
    },
}

FAILURE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": ["fail"]},
        "code": {"type": "integer", "description": "The HTTP status."},
        "error": {"type": "string", "description": "What is wrong and what to do, in a sentence."},
    },
}

PROFILE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": ["success"]},
        "record": {
            "type": "object",
            "properties": {
                **{
                    name: {"type": "string", "nullable": True}
                    for name in ("identity", "objectId", "name", "email", "phone")
                },
                "timezone": {"type": "string", "nullable": True},
                "profileData": {"type": "object", "additionalProperties": True},
            },
        },
    },
}

SUBSCRIPTION: dict[str, Any] = {
    "type": "object",
    "required": ["kind", "address", "subscribed"],
    "properties": {
        "kind": {"type": "string", "enum": ["email", "phone"]},
        "address": {"type": "string"},
        "subscribed": {"type": "boolean"},
    },
}

SUBSCRIPTION_REPLY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": ["success"]},
        "changed": {"type": "boolean", "description": "false: it was so already."},
    },
}

DELETING = """From the reply on, nobody is found by the person's identity, addresses and keys; an upload that names them
makes a new profile. Within moments the profile, its events, devices and list memberships are removed, every journey is
left as `profile_deleted`, and queued messages are cancelled. Addresses that were unsubscribed stay so."""

MERGING = """`profile` becomes part of `into`, which survives: its values win, and what only the other had is added.
Identities, addresses, devices, events and list memberships move. Of two stays in one journey the one with the earlier
entry goes on, the other ends as `profile_deleted`. An anonymous profile is merged by itself when a record gives it an
`Identity` that another profile has."""

MERGE: dict[str, Any] = {
    "type": "object",
    "required": ["profile", "into"],
    "properties": {
        name: {"type": "object", "properties": {"identity": {"type": "string"}, "objectId": {"type": "string"}}}
        for name in ("profile", "into")
    },
}

DONE: dict[str, Any] = {
    "type": "object",
    "properties": {"status": {"type": "string", "enum": ["success"]}},
}

_CHARGED = {
    "type": "event",
    "identity": "ann",
    "evtName": "Charged",
    "evtData": {"amount": 25.5, "coupon": "SPRING", "delivery": "$D_1772440200"},
    "ts": 1772440200,
    "eventId": "order-4711",
}

REQUESTS = {
    "An event": {"d": [_CHARGED]},
    "A profile": {
        "d": [
            {
                "type": "profile",
                "identity": "ann",
                "profileData": {
                    "Name": "Ann",
                    "Email": "ann@example.com",
                    "Timezone": "Europe/Paris",
                    "MSG-email": True,
                    "plan": "gold",
                    "visits": {"$incr": 1},
                    "interests": {"$add": ["running", "trail"]},
                    "old plan": {"$delete": 1},
                },
            }
        ]
    },
    "A device token": {
        "d": [{"type": "token", "identity": "ann", "tokenData": {"id": "frfsgvrwe:APA91b", "type": "fcm"}}]
    },
}

REPLIES = {
    "All accepted": {"status": "success", "processed": 1, "unprocessed": []},
    "One refused": {
        "status": "partial",
        "processed": 1,
        "unprocessed": [
            {
                "status": "fail",
                "code": 513,
                "error": "“Notification Sent” is a system event; it cannot be uploaded.",
                "record": {"type": "event", "identity": "ann", "evtName": "Notification Sent"},
            }
        ],
    },
}
