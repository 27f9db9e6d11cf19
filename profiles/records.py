"""Reading uploaded records (domain 11.1): one record in, one Event, Update or Token out, or Refused with its code.

Nothing here knows the database. A plain event is the hot path: a few microseconds, no copies, names remembered once
checked.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from profiles import eventtypes, fields, identities
from profiles.codes import Code, Refused
from profiles.identities import Key
from profiles.properties import MOST_ITEMS, Op

MOST_PROPERTIES = 256  # of an event; custom ones of a profile
LONGEST_NAME = 120  # characters
LONGEST_TEXT = 512  # characters of a value
LONGEST_TOKEN = 4096  # characters [ours]; browsers' push endpoints are long
LARGEST = 2**63  # whole numbers stay below this, above its opposite
FUTURE = timedelta(minutes=5)  # a clock may be wrong by this much (domain 4.2)

FORBIDDEN = frozenset("%><!|&.:;$'\"\\")
FORBIDDEN_PROFILE = FORBIDDEN | {"#"}

# Whose push service a token is of → the channel that uses it.
PLATFORMS = {
    "fcm": "push",
    "apns": "push",
    "wns": "push",
    "hps": "push",
    "xps": "push",
    "chrome": "web_push",
    "firefox": "web_push",
    "edge": "web_push",
    "safari": "web_push",
}
OPERATORS = {
    "$set": Op.SET,
    "$add": Op.ADD,
    "$remove": Op.REMOVE,
    "$incr": Op.INCREMENT,
    "$decr": Op.DECREMENT,
    "$delete": Op.DELETE,
}

_encode = msgspec.json.Encoder().encode


class Event(NamedTuple):
    """Something a person did. properties: JSON text. event_id: the sender's key of this delivery, if any."""

    key: Key
    name: str
    at: datetime
    properties: str
    event_id: str | None


class Change(NamedTuple):
    """One operation on one property; the name is canonical and the value fit to be stored."""

    name: str
    op: Op
    value: Any


class Update(NamedTuple):
    """Changes of one profile, to be made together or not at all."""

    key: Key
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class Token:
    """A device that can be reached. keys: JSON text for web push, else None."""

    key: Key
    channel: str
    platform: str
    token: str
    keys: str | None


def read(record: Any, *, now: datetime, source: str) -> Event | Update | Token:
    """Check one record. source: api, or device, which may record App Launched and the like. Raises Refused."""
    if type(record) is not dict:
        raise Refused(Code.BAD_STRUCTURE, "A record is an object.")
    try:
        reader = _READERS[record["type"]]
    except (KeyError, TypeError):
        raise Refused(Code.UNKNOWN_TYPE, "The type of a record is “event”, “profile” or “token”.") from None
    return reader(record, now, source)


def _event(record: dict[str, Any], now: datetime, source: str) -> Event:
    key = _key(record)
    name = record.get("evtName")
    if type(name) is not str:
        raise Refused(Code.EVENT_NAME_MISSING, "The event has no evtName.")
    if refusal := event_name_refusal(name, source):
        raise Refused(*refusal)
    event_id = record.get("eventId")
    if event_id is not None:
        event_id = _event_id(event_id)
    ts = record.get("ts")
    at = now if ts is None else _instant(ts, now)
    properties = record.get("evtData")
    return Event(key, name, at, event_properties(properties) if properties is not None else "{}", event_id)


def _key(record: Mapping[str, Any]) -> Key:
    """How the record finds its person: by `identity`, else by objectId, FBID or GPID, the first that is given."""
    identity = record.get("identity")
    if identity is not None:
        if type(identity) is int:
            identity = str(identity)
        if problem := identities.problem(identity):
            raise Refused(Code.IDENTITY_MISSING, problem)
        return Key("identity", identity)
    for field, kind, code in (
        ("objectId", "object", Code.BAD_OBJECT_ID),
        ("FBID", "facebook", Code.IDENTITY_MISSING),
        ("GPID", "google", Code.IDENTITY_MISSING),
    ):
        value = record.get(field)
        if value is not None:
            if type(value) is int:
                value = str(value)
            if problem := identities.problem(value):
                raise Refused(code, f"{field}: {problem}")
            return Key(kind, value)
    raise Refused(Code.IDENTITY_MISSING, "The record has neither identity nor objectId, FBID or GPID.")


@functools.lru_cache(maxsize=4096)
def event_name_refusal(name: str, source: str) -> tuple[Code, str] | None:
    """Why events cannot be called so; None if they can."""
    key = eventtypes.key(name)
    if not key:
        return Code.EVENT_NAME_MISSING, "The event has an empty evtName."
    if problem := _name_problem(name, FORBIDDEN):
        return Code.BAD_STRUCTURE, problem
    if key in eventtypes.SYSTEM_KEYS and not (source == "device" and key in eventtypes.DEVICE_KEYS):
        return Code.RESERVED_EVENT, f"“{name}” is a system event; it cannot be uploaded."
    return None


@functools.lru_cache(maxsize=4096)
def _name_problem(name: str, forbidden: frozenset[str]) -> str | None:
    """Why an event or a property cannot be called so; None if it can."""
    if not name.strip():
        return "A name cannot be empty."
    if len(name) > LONGEST_NAME:
        return f"The name “{name[:40]}…” has {len(name)} characters; at most {LONGEST_NAME} are possible."
    if bad := forbidden.intersection(name):
        return f"The name “{name}” has {' '.join(sorted(bad))} in it, which names cannot have."
    if "\x00" in name:
        return "A name cannot hold the character U+0000."
    return None


def _instant(ts: Any, now: datetime) -> datetime:
    if isinstance(ts, bool) or not isinstance(ts, int | float) or not ts >= 0:
        raise Refused(Code.BAD_TIMESTAMP, "ts is the number of seconds since 1970.")
    if ts > now.timestamp() + FUTURE.total_seconds():
        message = "ts is more than 5 minutes in the future. It counts seconds since 1970, not milliseconds."
        raise Refused(Code.BAD_TIMESTAMP, message)
    return datetime.fromtimestamp(ts, UTC)


def _event_id(event_id: Any) -> str:
    if type(event_id) is int:
        event_id = str(event_id)
    if type(event_id) is not str or not 0 < len(event_id) <= LONGEST_TEXT or "\x00" in event_id:
        raise Refused(Code.BAD_STRUCTURE, f"eventId is a text of 1 to {LONGEST_TEXT} characters.")
    return event_id


def event_properties(properties: Any) -> str:
    """Check an event's properties and return them as JSON text. Nulls are left out; dates become ISO text."""
    if type(properties) is not dict:
        raise Refused(Code.BAD_STRUCTURE, "evtData is an object.")
    if len(properties) > MOST_PROPERTIES:
        raise Refused(
            Code.TOO_MANY, f"The event has {len(properties)} properties; at most {MOST_PROPERTIES} are possible."
        )
    stored = properties
    for name, value in properties.items():
        if problem := _name_problem(name, FORBIDDEN):
            raise Refused(Code.BAD_STRUCTURE, problem)
        kind = type(value)
        if kind is str:
            if len(value) <= LONGEST_TEXT and value[:3] != "$D_":
                continue
        elif kind is float or kind is bool or (kind is int and abs(value) < LARGEST):
            continue
        if stored is properties:
            stored = dict(properties)  # the record itself is never changed: a report may quote it
        if value is None:
            del stored[name]
        else:
            stored[name] = _items(name, value) if kind is list else _value(name, value)
    return _json(stored)


def _items(name: str, values: list[Any]) -> list[Any]:
    """A list in an event: values, or flat objects such as the items of a purchase [ours]."""
    if len(values) > MOST_ITEMS:
        raise Refused(Code.TOO_MANY, f"“{name}” has {len(values)} items; at most {MOST_ITEMS} are possible.")
    return [_item(name, value) for value in values]


def _item(name: str, value: Any) -> Any:
    if type(value) is not dict:
        return _value(name, value)
    if len(value) > MOST_PROPERTIES:
        raise Refused(Code.TOO_MANY, f"An item of “{name}” has more than {MOST_PROPERTIES} properties.")
    for field in value:
        if problem := _name_problem(field, FORBIDDEN):
            raise Refused(Code.BAD_STRUCTURE, problem)
    return {field: _value(field, inner) for field, inner in value.items() if inner is not None}


def _value(name: str, value: Any) -> Any:
    """One plain value as it is stored."""
    if type(value) is str:
        if len(value) > LONGEST_TEXT:
            message = f"“{name}” has {len(value)} characters; at most {LONGEST_TEXT} are possible."
            raise Refused(Code.BAD_STRUCTURE, message)
        return fields.iso_date(value) if value.startswith("$D_") else value
    if type(value) in (float, bool) or (type(value) is int and abs(value) < LARGEST):
        return value
    raise Refused(
        Code.BAD_STRUCTURE, f"“{name}” holds something that is not a text, a number below 2^63, true or false."
    )


def _json(value: Any) -> str:
    try:
        text = _encode(value).decode()
    except ValueError:  # half a surrogate pair
        raise Refused(Code.BAD_STRUCTURE, "A text holds something that is no character.") from None
    # PostgreSQL stores every character but this one. Whoever writes the six characters \u0000 has a second backslash
    # before it.
    if "\\u0000" in text and "\x00" in _flat(value):
        raise Refused(Code.BAD_STRUCTURE, "A text cannot hold the character U+0000.")
    return text


def _flat(value: Any) -> str:
    """All texts in a value, joined."""
    if isinstance(value, dict):
        return "".join([*value.keys(), *map(_flat, value.values())])
    if isinstance(value, list):
        return "".join(map(_flat, value))
    return value if isinstance(value, str) else ""


def _update(record: dict[str, Any], now: datetime, source: str) -> Update:
    key = _key(record)
    properties = record.get("profileData")
    if type(properties) is not dict:
        raise Refused(Code.BAD_STRUCTURE, "A profile record has an object profileData.")
    changes = [_change(name, value) for name, value in properties.items() if value is not None]
    custom = sum(not fields.is_system(change.name) for change in changes)
    if custom > MOST_PROPERTIES:
        raise Refused(
            Code.TOO_MANY, f"The record has {custom} custom properties; at most {MOST_PROPERTIES} are possible."
        )
    return Update(key, changes)


def _change(name: str, value: Any) -> Change:
    op = Op.SET
    if type(value) is dict:
        if len(value) != 1 or next(iter(value)) not in OPERATORS:
            message = f"“{name}” holds an object that is not one of the operators {', '.join(OPERATORS)}."
            raise Refused(Code.BAD_STRUCTURE, message)
        ((operator, value),) = value.items()
        op = OPERATORS[operator]
    if fields.is_system(name):
        return _system_change(fields.canonical(name), op, value)
    if problem := _name_problem(name, FORBIDDEN_PROFILE):
        raise Refused(Code.BAD_STRUCTURE, problem)
    match op:
        case Op.DELETE:
            value = None
        case Op.INCREMENT | Op.DECREMENT:
            if type(value) not in (int, float):
                raise Refused(Code.BAD_STRUCTURE, f"“{name}” is changed by a number.")
            value = _value(name, value)
        case Op.ADD | Op.REMOVE:
            value = _texts(name, value if type(value) is list else [value])
        case _:
            value = _texts(name, value) if type(value) is list else _value(name, value)
    _json([name, value])  # refuses what cannot be stored
    return Change(name, op, value)


def _system_change(name: str, op: Op, value: Any) -> Change:
    if op is Op.DELETE and name not in ("Identity", "Object ID"):
        return Change(name, op, None)
    if op is not Op.SET:
        raise Refused(Code.BAD_STRUCTURE, f"{name} is a system property; the operator does not fit it.")
    return Change(name, op, fields.read(name, value))


def property_problem(name: str) -> str | None:
    """Why no property of a profile can be called so, as a sentence; None if one can."""
    return None if fields.is_system(name) else _name_problem(name, FORBIDDEN_PROFILE)


def _texts(name: str, values: list[Any]) -> list[str]:
    """A list in a profile: texts, each once."""
    if any(type(value) is not str for value in values):
        raise Refused(Code.BAD_STRUCTURE, f"The list “{name}” holds something that is not a text.")
    unique = list(dict.fromkeys(_value(name, value) for value in values))
    if len(unique) > MOST_ITEMS:
        raise Refused(Code.TOO_MANY, f"“{name}” has {len(unique)} items; at most {MOST_ITEMS} are possible.")
    return unique


def _token(record: dict[str, Any], now: datetime, source: str) -> Token:
    key = _key(record)
    given = record.get("tokenData")
    if type(given) is not dict:
        raise Refused(Code.TOKEN_DATA_MISSING, "A token record has an object tokenData.")
    token = given.get("id")
    if token is None or token == "":
        raise Refused(Code.TOKEN_ID_MISSING, "tokenData has no id.")
    if type(token) is not str or not token.strip() or len(token) > LONGEST_TOKEN or "\x00" in token:
        raise Refused(Code.BAD_TOKEN_ID, f"The token's id is a text of 1 to {LONGEST_TOKEN} characters.")
    platform = given.get("type")
    if platform is None or platform == "":
        raise Refused(Code.TOKEN_TYPE_MISSING, "tokenData has no type.")
    platform = platform.lower() if type(platform) is str else None
    channel = PLATFORMS.get(platform) if platform else None
    if platform is None or channel is None:
        raise Refused(Code.BAD_TOKEN_TYPE, f"The token's type is one of {', '.join(PLATFORMS)}.")
    return Token(key, channel, platform, token, _token_keys(given.get("keys"), channel))


def _token_keys(keys: Any, channel: str) -> str | None:
    """A browser's keys as JSON text. Without them a web push cannot be encrypted."""
    if channel != "web_push":
        return None
    if type(keys) is not dict or any(type(keys.get(name)) is not str or not keys[name] for name in ("p256dh", "auth")):
        raise Refused(Code.BAD_TOKEN_KEYS, "A browser's token has keys: an object with the texts p256dh and auth.")
    return _json({"p256dh": keys["p256dh"], "auth": keys["auth"]})


_READERS: dict[str, Callable[[dict[str, Any], datetime, str], Event | Update | Token]] = {
    "event": _event,
    "profile": _update,
    "token": _token,
}
