"""System properties of a profile: how they are spelt, where they are stored and what they may hold.

Their names compare ignoring case. Some are columns of profiles_profile (SYSTEM_FIELDS), the rest are kept in
`properties` under the spelling given here. Flags that say whether a channel may be used are called MSG-email, MSG-push,
MSG-sms, MSG-whatsapp and hold booleans.
"""

import functools
import zoneinfo
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from profiles import identities
from profiles.codes import Code, Refused

# Canonical name → column.
SYSTEM_FIELDS = {
    "Name": "name",
    "Email": "email",
    "Phone": "phone",
    "Identity": "identity",
    "Object ID": "object_id",
    "Timezone": "timezone",
}

_SPELLINGS = {
    "name": "Name",
    "email": "Email",
    "phone": "Phone",
    "identity": "Identity",
    "objectid": "Object ID",
    "object id": "Object ID",
    "timezone": "Timezone",
    "tz": "Timezone",
    "gender": "Gender",
    "dob": "DOB",
    "employed": "Employed",
    "employment": "Employed",
    "education": "Education",
    "married": "Married",
    "marital status": "Married",
    "age": "Age",
}
_FLAG = "msg-"


@functools.lru_cache(maxsize=4096)
def canonical(name: str) -> str:
    """The one spelling of a system property; any other name as it is."""
    lowered = name.lower()
    if lowered.startswith(_FLAG):
        return "MSG-" + lowered[len(_FLAG) :]
    return _SPELLINGS.get(lowered, name)


@functools.lru_cache(maxsize=4096)
def is_system(name: str) -> bool:
    """Whether a property is the system's own; those do not count as custom properties."""
    lowered = name.lower()
    return lowered in _SPELLINGS or lowered.startswith(_FLAG)


def column(name: str) -> str | None:
    """The column that holds a property; None for one that is kept in `properties`."""
    return SYSTEM_FIELDS.get(canonical(name))


def read(name: str, value: Any) -> Any:
    """The value of a system property (canonical name) as it is stored. Raises Refused with the property's own code."""
    return _readers()["MSG-" if name.startswith("MSG-") else name](name, value)


def liquid_profile(row: Mapping[str, Any]) -> dict[str, Any]:
    """The `Profile` object of templates from a row's columns: properties by name, system fields by their canonical
    names.
    """
    system = {name: row[field] for name, field in SYSTEM_FIELDS.items() if row.get(field) is not None}
    return {**(row.get("properties") or {}), **system}


def iso_date(text: str) -> str:
    """`$D_<epoch seconds>` as ISO 8601 text in UTC, for example 2026-03-02T08:30:00Z. Raises Refused.

    This is how dates are kept in JSON: texts of this form sort by time, and both SQL (`::timestamptz`) and Python
    (`datetime.fromisoformat`) read them.
    """
    try:
        return datetime.fromtimestamp(int(text[3:]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        message = f"“{text[:40]}” is no date; write $D_ and the seconds since 1970, for example $D_1772440200."
        raise Refused(Code.BAD_STRUCTURE, message) from None


def _text(name: str, value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip() or len(value) > 512 or "\x00" in value:
        raise Refused(Code.BAD_STRUCTURE, f"{name} is a text of 1 to 512 characters.")
    return value.strip()


def _email(name: str, value: Any) -> str:
    address = identities.email_address(value) if isinstance(value, str) else None
    if address is None:
        raise Refused(Code.BAD_EMAIL, f"{_quote(value)} is no e-mail address.")
    return address


def _phone(name: str, value: Any) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    phone = identities.phone_number(text) if isinstance(text, str) else None
    if phone is None:
        raise Refused(Code.BAD_PHONE, f"{_quote(value)} is no phone number; write + and 6 to 15 digits.")
    return phone


def _identity(name: str, value: Any) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if problem := identities.problem(text):
        raise Refused(Code.IDENTITY_MISSING, problem)
    return str(text)


def _object_id(name: str, value: Any) -> str:
    raise Refused(Code.BAD_OBJECT_ID, "A profile's object ID cannot be set as a property; give it as objectId.")


@functools.cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _time_zone(name: str, value: Any) -> str:
    if not isinstance(value, str) or value not in _time_zones():
        raise Refused(Code.BAD_STRUCTURE, f"{_quote(value)} is no time zone; write one like Europe/Berlin.")
    return value


def _date(name: str, value: Any) -> str:
    if isinstance(value, str) and value.startswith("$D_"):
        return iso_date(value)
    try:
        return datetime.fromisoformat(value).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, TypeError):
        message = f"{_quote(value)} is no date of birth; write $D_ and the seconds since 1970, or YYYY-MM-DD."
        raise Refused(Code.BAD_STRUCTURE, message) from None


def _flag(name: str, value: Any) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise Refused(Code.BAD_STRUCTURE, f"{name} is true or false, not {_quote(value)}.")
    return value


def _age(name: str, value: Any) -> int:
    number = int(value) if isinstance(value, str) and value.isdecimal() and len(value) <= 3 else value
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number <= 150:
        raise Refused(Code.BAD_AGE, f"Age is a whole number from 1 to 150, not {_quote(value)}.")
    return number


def _choice(code: Code, choices: Mapping[str, str]) -> Callable[[str, Any], str]:
    """A reader of one of a few words. choices: spelling in lower case → what is stored."""
    stored = " or ".join(dict.fromkeys(choices.values()))

    def read_choice(name: str, value: Any) -> str:
        text = ("y" if value else "n") if isinstance(value, bool) else value
        choice = choices.get(text.strip().lower()) if isinstance(text, str) else None
        if choice is None:
            raise Refused(code, f"{name} is {stored}, not {_quote(value)}.")
        return choice

    return read_choice


def _quote(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return f"“{text if len(text) <= 40 else text[:39] + '…'}”"


_YES_NO = {"y": "Y", "yes": "Y", "n": "N", "no": "N"}
_GENDERS = {
    "m": "M",
    "male": "M",
    "f": "F",
    "female": "F",
    "o": "O",
    "other": "O",
    "others": "O",
    "u": "U",
    "unknown": "U",
}


@functools.cache
def _readers() -> dict[str, Callable[[str, Any], Any]]:
    return {
        "Name": _text,
        "Email": _email,
        "Phone": _phone,
        "Identity": _identity,
        "Object ID": _object_id,
        "Timezone": _time_zone,
        "Gender": _choice(Code.BAD_GENDER, _GENDERS),
        "DOB": _date,
        "Employed": _choice(Code.BAD_EMPLOYMENT, {**_YES_NO, "employed": "Y", "unemployed": "N"}),
        "Education": _choice(Code.BAD_EDUCATION, {"school": "School", "college": "College", "graduate": "Graduate"}),
        "Married": _choice(
            Code.BAD_MARITAL_STATUS,
            {**_YES_NO, "married": "Y", "single": "N", "unmarried": "N", "divorced": "N", "widowed": "N"},
        ),
        "Age": _age,
        "MSG-": _flag,
    }
