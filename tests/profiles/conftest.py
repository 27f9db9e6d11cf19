"""The cast and the instant that the tests of profiles share."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from config.lib import sql
from profiles import accept

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def event(identity: Any = "ann", name: Any = "Charged", **fields: Any) -> dict[str, Any]:
    """One event record."""
    return {"type": "event", "identity": identity, "evtName": name, **fields}


def profile(identity: Any = "ann", **properties: Any) -> dict[str, Any]:
    """One profile record."""
    return {"type": "profile", "identity": identity, "profileData": properties}


def token(identity: Any = "ann", **fields: Any) -> dict[str, Any]:
    """One token record."""
    return {"type": "token", "identity": identity, "tokenData": fields}


def codes(report: accept.Report) -> list[int]:
    """The codes of a report's refused records, in order."""
    return [refusal["code"] for refusal in report.unprocessed]


@pytest.fixture
def upload(db: None) -> Callable[..., accept.Report]:
    """Accept some records at noon."""

    def upload(*records: Any, now: datetime = NOON, **options: Any) -> accept.Report:
        return accept.accept(list(records), now=now, **options)

    return upload


@pytest.fixture
def inbox(db: None) -> Callable[[], list[tuple[Any, ...]]]:
    """(identity, event, properties) of the inbox, in the order of receipt."""

    def inbox() -> list[tuple[Any, ...]]:
        found = sql.rows(
            """SELECT coalesce(person.identity, person.object_id), kind.name, row.properties
                 FROM profiles_inbox AS row
                 JOIN profiles_profile AS person ON person.lane = row.lane AND person.id = row.profile_id
                 JOIN profiles_eventtype AS kind ON kind.id = row.type_id
                ORDER BY row.id"""
        )
        return [(identity, name, msgspec.json.decode(properties)) for identity, name, properties in found]

    return inbox


@pytest.fixture
def people(db: None) -> Callable[[], dict[str, dict[str, Any]]]:
    """identity (or object ID) → columns that are set, and properties."""

    def people() -> dict[str, dict[str, Any]]:
        found = sql.rows(
            """SELECT coalesce(identity, object_id), name, email, phone, timezone, properties
                 FROM profiles_profile ORDER BY id"""
        )
        return {
            who: {
                **{
                    field: value
                    for field, value in zip(("name", "email", "phone", "timezone"), columns, strict=True)
                    if value is not None
                },
                **msgspec.json.decode(properties),
            }
            for who, *columns, properties in found
        }

    return people


@pytest.fixture
def committed(transactional_db: None) -> None:
    """For tests of what several connections see."""
