"""What a rule may name, for type-ahead: events, properties, segments and lists that are really there.

Property names are those of a sample, read when they are asked for: the newest events of a type by index, and of
profiles the newest and some from anywhere. So nothing has to be kept up to date, what was uploaded a moment ago is
found, and the cost does not grow with the tables. What only old or few rows hold may be missing; it can be typed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from config.lib import lanes, sql
from profiles import eventtypes
from profiles.models import EventType
from segments import values
from segments.models import List, Segment
from segments.reach import Channel
from segments.words import CHANNELS

SQL = sql.load(Path(__file__).with_suffix(".sql"))

Kind = Literal["event", "event_property", "profile_property", "segment", "list"]
Type = Literal["string", "number", "boolean", "date", "list"]

MOST = 50  # names in an answer
PROFILES = 2_000  # rows of a sample
NEWEST_EVENTS, NEWEST_PROFILES = 40, 20  # a lane
VALUES = 20  # of the most common ones
LONGEST = 80  # characters of a value worth offering

_YES_NO = ["Y", "N"]
_SYSTEM: dict[str, tuple[Type, str, list[Any]]] = {
    "Name": ("string", "", []),
    "Email": ("string", "E-mail", []),
    "Phone": ("string", "", []),
    "Identity": ("string", "", []),
    "Object ID": ("string", "", []),
    "Timezone": ("string", "Time zone", []),
    "Gender": ("string", "", ["F", "M", "O", "U"]),
    "DOB": ("date", "Date of birth", []),
    "Age": ("number", "", []),
    "Employed": ("string", "", _YES_NO),
    "Education": ("string", "", ["School", "College", "Graduate"]),
    "Married": ("string", "", _YES_NO),
    "DND": ("boolean", "Do not disturb", []),
    **{f"MSG-{channel}": ("boolean", f"May get {CHANNELS[channel]}", []) for channel in get_args(Channel)},
}


@dataclass(slots=True)
class Known:
    """A name that a rule may use. type: what its values are; empty where there are none. seen: how many of a sample
    have it, people of a list or a segment; None: not looked at. values: common ones, the most common first.
    """

    name: str
    type: Type | Literal[""] = ""
    label: str = ""
    seen: int | None = None
    values: list[Any] = field(default_factory=list)


def find(kind: Kind, *, text: str = "", event: str = "") -> list[Known]:
    """Up to MOST names that contain a text, those that begin with it first. event: whose properties."""
    wanted = text.strip().casefold()
    found = [known for known in _FINDERS[kind](event) if wanted in f"{known.name}\n{known.label}".casefold()]
    found.sort(key=lambda known: not known.name.casefold().startswith(wanted))  # stable: else as they came
    return found[:MOST]


def _events(event: str) -> Iterator[Known]:
    """Those of the project first."""
    for name in EventType.objects.filter(discarded=False).order_by("system", "name").values_list("name", flat=True):
        yield Known(name)


def _event_properties(event: str) -> list[Known]:
    types = eventtypes.find([event])
    if event not in types:
        return []
    given = {"lanes": lanes.ALL, "type_id": types[event].id, "size": NEWEST_EVENTS}
    return _described(sql.rows(SQL["newest_events"], given))


def _profile_properties(event: str) -> list[Known]:
    rows = sql.rows(SQL["newest_profiles"], {"lanes": lanes.ALL, "size": NEWEST_PROFILES})
    ((about,),) = sql.rows(SQL["profiles_about"])
    if about > len(rows):
        # Twice the blocks that hold so many rows, for some are half empty.
        rows += sql.rows(SQL["some_profiles"], {"percent": min(100, 200 * PROFILES / about), "size": PROFILES})
    found = {known.name: known for known in _described(rows)}
    system = [
        Known(name, kind, label, found[name].seen if name in found else None, options)
        for name, (kind, label, options) in _SYSTEM.items()
    ]
    return [*system, *(known for name, known in found.items() if name not in _SYSTEM)]


def _segments(event: str) -> Iterator[Known]:
    for name in Segment.objects.order_by("name").values_list("name", flat=True):
        yield Known(name)


def _lists(event: str) -> Iterator[Known]:
    for name, members in List.objects.order_by("name").values_list("name", "members"):
        yield Known(name, seen=members)


_FINDERS = {
    "event": _events,
    "event_property": _event_properties,
    "profile_property": _profile_properties,
    "segment": _segments,
    "list": _lists,
}


def _described(rows: Sequence[tuple[str]]) -> list[Known]:
    """The properties in some rows of JSON, the most frequent first."""
    found: dict[str, list[Any]] = {}
    for (properties,) in rows:
        for name, value in msgspec.json.decode(properties).items():
            if value is not None:
                found.setdefault(name, []).append(value)
    by_frequency = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return [_one(name, there) for name, there in by_frequency]


def _one(name: str, there: list[Any]) -> Known:
    ((kind, _times),) = Counter(map(_type, there)).most_common(1)
    return Known(name, kind, seen=len(there), values=_common(kind, there))


def _type(value: Any) -> Type:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, list):
        return "list"
    if values.is_number(value):
        return "number"
    return "date" if values.is_date(value) else "string"


def _common(kind: Type, there: list[Any]) -> list[str]:
    """Texts that come again and again; none where nearly every one is another, as with order numbers."""
    if kind not in ("string", "list"):
        return []
    texts = Counter(text for text in _texts(there) if 0 < len(text) <= LONGEST)
    if len(texts) > VALUES and 2 * len(texts) > texts.total():
        return []
    return [text for text, _times in sorted(texts.items(), key=lambda item: (-item[1], item[0]))[:VALUES]]


def _texts(there: Iterable[Any]) -> Iterator[str]:
    for value in there:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from _texts(value)
