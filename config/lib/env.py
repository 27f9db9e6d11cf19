"""Readers of environment variables that reject nonsense.

Each reader takes the setting's name and its default, and raises ImproperlyConfigured with a sentence that names the
setting, what it holds and what would be right. An empty variable counts as unset.
"""

import contextlib
import os
import zoneinfo
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured


def _refuse(name: str, value: str, right: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name} is {value!r}; it must be {right}.")


def text(name: str, default: str = "") -> str:
    """The variable as it is, without surrounding blanks."""
    return os.environ.get(name, "").strip() or default


def names(name: str, default: list[str]) -> list[str]:
    """A comma-separated list."""
    value = text(name)
    return [item.strip() for item in value.split(",") if item.strip()] if value else default


def choice(name: str, default: str, choices: list[str]) -> str:
    """One of a few words in capitals, read in either case."""
    value = text(name, default).upper()
    if value not in choices:
        raise _refuse(name, text(name), f"one of {', '.join(choices)}")
    return value


def boolean(name: str, default: bool) -> bool:
    """One of 1, true, yes, on and 0, false, no, off, in either case."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise _refuse(name, value, "one of 1, true, yes, on, 0, false, no, off")


def integer(name: str, default: int, *, lowest: int, highest: int, or_zero: bool = False) -> int:
    """A whole number between two bounds, both included; with `or_zero`, 0 too, where it means none."""
    value = text(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        number = lowest - 1
    if not (lowest <= number <= highest or (or_zero and value == "0")):
        right = f"a whole number from {lowest} to {highest}"
        raise _refuse(name, value, f"{right}, or 0 for none" if or_zero else right)
    return number


def time_zone(name: str, default: str) -> str:
    """The IANA name of a time zone, for example Europe/Berlin."""
    value = text(name, default)
    if value not in zoneinfo.available_timezones():
        raise _refuse(name, value, "the IANA name of a time zone, for example Europe/Berlin or UTC")
    return value


def url(name: str, default: str, *, schemes: set[str]) -> str:
    """A URL of one of the given schemes, without a slash at its end."""
    value = text(name, default).rstrip("/")
    choice = ", ".join(f"{scheme}://…" for scheme in sorted(schemes))
    try:
        parts = urlsplit(value)
        valid = parts.scheme in schemes and bool(parts.netloc or parts.path) and (parts.port is None or parts.port > 0)
    except ValueError:
        valid = False
    if not valid:
        # A URL may hold a password, so the message says what is right without repeating what is there.
        raise ImproperlyConfigured(f"{name} is not a URL that can be used; it must be one of {choice}.")
    return value


def secret(name: str, path: Path, make: Callable[[], str]) -> str:
    """The variable, or a secret of our own that is made once and kept in `path`, readable by its owner alone."""
    if value := text(name):
        return value
    if not path.exists():
        # Linked into place when complete: of two processes that start at once both read the same one.
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(make() + "\n")
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    try:
        return path.read_text().strip()
    except PermissionError:
        raise ImproperlyConfigured(
            f"{name} is not set and {path} belongs to another user;"
            " become that user, or set SOJOURN_HOME to a place of yours."
        ) from None


def fernet_keys(name: str, value: str) -> list[str]:
    """Comma-separated Fernet keys, checked."""
    keys = [key.strip() for key in value.split(",") if key.strip()]
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} has a key that is not 32 bytes in URL-safe base64; make one with"
                " python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'."
            ) from None
    return keys


def postgres(name: str, default: str) -> dict[str, Any]:
    """A PostgreSQL URL as NAME, USER, PASSWORD, HOST, PORT and OPTIONS of Django's DATABASES."""
    value = text(name, default)
    try:
        if not value.startswith(("postgresql://", "postgres://")):
            raise psycopg.ProgrammingError
        parts = psycopg.conninfo.conninfo_to_dict(value)
    except psycopg.ProgrammingError:
        # The URL may hold a password, so the message does not repeat it.
        raise ImproperlyConfigured(
            f"{name} is not a PostgreSQL URL; it must look like postgresql://user:password@host:5432/database."
        ) from None
    known = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    fields: dict[str, Any] = {ours: str(parts.pop(theirs, "")) for ours, theirs in known.items()}
    return fields | {"OPTIONS": parts}
