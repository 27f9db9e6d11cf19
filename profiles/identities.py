"""Identities: the values that find a profile.

A value is of one kind: `identity` is the project's own key; `email` and `phone` find the first profile that had the
address; `object`, `facebook` and `google` are keys of devices and other systems. Whoever sends an `identity` may mean
an address, so it is looked for among all three. Everything here works on sets, one statement each, and takes its locks
in the order of the values, so that calls side by side wait for one another at most once and never in a ring.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from config.lib import lanes, sql
from config.lib.arrays import literal

SQL = sql.load(Path(__file__).with_suffix(".sql"))

LONGEST = 1024  # characters of a value
# What programs write when they have no value (domain 11.1), in lower case.
NULL_LIKE = frozenset(
    {
        "",
        "undefined",
        "null",
        "na",
        "n/a",
        "0",
        "-1",
        "nil",
        "nan",
        "none",
        "empty",
        "inf",
        "-inf",
        "infinity",
        "-infinity",
    }
)

_PHONE_FILLERS = re.compile(r"[\s().\-/]+")
_PHONE = re.compile(r"\+?[0-9]{6,15}")
_EMAIL = re.compile(r"[^\s@<>\",;]+@[^\s@<>\",;.]+(\.[^\s@<>\",;.]+)+")


class Key(NamedTuple):
    """A value as somebody gave it. kind: identity, object, facebook or google."""

    kind: str
    value: str


class Claim(NamedTuple):
    """A profile that has got a value by which it should be found from now on."""

    value: str
    kind: str
    profile_id: int


def problem(value: object) -> str | None:
    """Why a value cannot be an identity, as a sentence; None if it can."""
    if not isinstance(value, str):
        return "An identity is a text."
    if value.strip().lower() in NULL_LIKE:
        return f"“{value}” stands for no identity at all."
    if len(value) > LONGEST:
        return f"The identity has {len(value)} characters; at most {LONGEST} are possible."
    if "\x00" in value:
        return "An identity cannot hold the character U+0000."
    return None


def spellings(key: Key) -> list[tuple[str, str]]:
    """The (kind, value) pairs under which a key may be stored, best first."""
    if key.kind != "identity":
        return [(key.kind, key.value)]
    other = other_spelling(key.value)
    return [("identity", key.value), other] if other else [("identity", key.value)]


def other_spelling(value: str) -> tuple[str, str] | None:
    """The (kind, value) under which an identity may be stored beside the project's own: as an address, if it is one."""
    if "@" in value:
        return "email", value.strip().lower()
    if phone := phone_number(value):
        return "phone", phone
    return None


def email_address(text: str) -> str | None:
    """An e-mail address as it is stored, lower case; None if it is none."""
    text = text.strip().lower()
    return text if len(text) <= 254 and _EMAIL.fullmatch(text) else None


def phone_number(text: str) -> str | None:
    """A phone number as it is stored, digits with at most a leading +; None if it is none."""
    if text[:1].isalpha():  # most identities are words: known at a glance
        return None
    text = _PHONE_FILLERS.sub("", text)
    return text if _PHONE.fullmatch(text) else None


def find(keys: Iterable[Key]) -> dict[Key, int]:
    """The profiles of the keys that have one: key → profile id. One statement."""
    keys = set(keys)
    ways = {key: spellings(key) for key in keys}
    wanted = list({pair for pairs in ways.values() for pair in pairs})
    params = {"kinds": literal(kind for kind, _value in wanted), "values": literal(value for _kind, value in wanted)}
    known = {(kind, value): profile_id for kind, value, profile_id in sql.rows(SQL["find"], params)}
    found = {}
    for key, pairs in ways.items():
        for pair in pairs:
            if (profile_id := known.get(pair)) is not None:
                found[key] = profile_id
                break
    return found


def create(keys: Iterable[Key], *, now: datetime) -> dict[Key, int]:
    """Make profiles for keys that had none. One statement, or two if somebody else made one of them just then."""
    missing = sorted(set(keys))
    made = sql.rows(
        SQL["create"],
        {"kinds": literal(key.kind for key in missing), "values": literal(key.value for key in missing), "now": now},
    )
    found = {Key(kind, value): profile_id for kind, value, profile_id in made}
    if len(found) < len(missing):  # made by a call side by side, which has committed by now
        found |= find(key for key in missing if key not in found)
    return found


def find_or_create(keys: Iterable[Key], *, now: datetime) -> dict[Key, int]:
    """The profiles of all keys, made where there is none."""
    keys = set(keys)
    found = find(keys)
    if missing := keys - found.keys():
        found |= create(missing, now=now)
    return found


def resolve(values: Iterable[str], *, create: bool, now: datetime) -> dict[str, int]:
    """Identity values → profile ids. With `create`, unknown ones become profiles; else they are missing from the
    answer.
    """
    keys = [Key("identity", value) for value in values]
    found = find_or_create(keys, now=now) if create else find(keys)
    return {key.value: profile_id for key, profile_id in found.items()}


def claim(claims: Iterable[Claim]) -> int:
    """Let profiles be found by values that nobody has; the first of several wins, the others change nothing. Return how
    many won.
    """
    ordered = sorted(set(claims))
    if not ordered:
        return 0
    return sql.run(
        SQL["claim"],
        {
            "kinds": [claim.kind for claim in ordered],
            "values": [claim.value for claim in ordered],
            "profile_ids": [claim.profile_id for claim in ordered],
        },
    )


def release(claims: Iterable[Claim]) -> int:
    """Stop finding profiles by values that they no longer have. Return how many were found by theirs."""
    ordered = sorted(set(claims))
    if not ordered:
        return 0
    return sql.run(
        SQL["release"],
        {
            "lanes": sorted({lanes.of(claim.profile_id) for claim in ordered}),
            "kinds": [claim.kind for claim in ordered],
            "values": [claim.value for claim in ordered],
            "profile_ids": [claim.profile_id for claim in ordered],
        },
    )
