"""Some people's properties, locked, changed in memory, written back as a set: what a journey's profile update does."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from config.lib import sql
from profiles import fields, properties
from profiles.codes import Refused
from profiles.properties import Op, Outcome

SQL = sql.load(Path(__file__).with_suffix(".sql"))

# System fields with a column of their own that a journey may change; those that identify people it may not.
_COLUMNS = {"Name": "name", "Timezone": "timezone"}
IDENTIFYING = frozenset(fields.SYSTEM_FIELDS) - frozenset(_COLUMNS)


@dataclass(slots=True)
class Person:
    """One profile under change. `properties` holds Name and Timezone too, by those names, where they are set."""

    id: int
    properties: dict[str, Any]

    def apply(self, name: str, op: Op | str, value: Any, *, single: bool = False) -> bool:
        """Change one property (domain 6). False if it could not be done; then nothing has changed."""
        name = fields.canonical(name)
        if name in IDENTIFYING:
            return False
        if fields.is_system(name):
            try:
                value = fields.read(name, value)
            except Refused:
                return False
        return properties.apply(self.properties, name, op, value, single) is not Outcome.NOT_A_NUMBER


def load_for_update(profile_ids: Collection[int], *, lanes: Collection[int]) -> dict[int, Person]:
    """Lock these profiles until the transaction ends and read them; those that are gone are missing."""
    rows = sql.rows(SQL["lock"], {"lanes": list(lanes), "profiles": list(profile_ids)})
    return {
        id: Person(
            id,
            msgspec.json.decode(stored) | {key: text for key, text in (("Name", name), ("Timezone", timezone)) if text},
        )
        for id, name, timezone, stored in rows
    }


def save(people: Iterable[Person], *, lanes: Collection[int], now: datetime) -> None:
    """Write these profiles back, in one statement."""
    columns: dict[str, list[Any]] = {"id": [], "name": [], "timezone": [], "properties": []}
    for person in people:
        stored = dict(person.properties)
        columns["id"].append(person.id)
        for name, column in _COLUMNS.items():
            columns[column].append(stored.pop(name, None))
        columns["properties"].append(msgspec.json.encode(stored).decode())
    sql.run(SQL["save"], columns | {"lanes": list(lanes), "now": now})
