"""Accepting uploads (domain 11.1): checked records go to the inbox, the profiles and the devices, in sets, in one
transaction.

What must never happen: a good record that is lost because of a bad one beside it, a person made twice, two calls that
wait for each other for ever. So every record is refused or accepted by itself, before anything is written; what is
written is written by a number of statements that does not depend on the number of records; and locks are taken in one
order: event types, identities, profiles (by lane and id), addresses, delivery keys. Where another transaction takes
them differently PostgreSQL ends one of the two; `accept_all` then tries again, which is safe because nothing was
committed.

A profile's records are applied in the order given. Events do not change profiles, so they need no place in that order.
"""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from django.db import transaction

from config.lib import lanes, sql
from config.lib.arrays import literal
from config.lib.wake import wake
from profiles import changes, departures, eventtypes, fields, identities, properties, records
from profiles.codes import Code, Refused
from profiles.departures import Departure
from profiles.events import INBOX_COLUMNS
from profiles.identities import Claim, Key
from profiles.properties import Op, Outcome
from profiles.records import Change, Event, Token, Update

SQL = sql.load(Path(__file__).with_suffix(".sql"))

MOST_RECORDS = 1000  # a call
DELIVERY_KEYS_LAST = timedelta(hours=24)  # an eventId that is seen again within this time is the same delivery

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Report:
    """What became of one call's records. refusals: (place in the call, the refused record, why)."""

    records: int
    refusals: list[tuple[int, Any, Refused]] = field(default_factory=list)

    @property
    def processed(self) -> int:
        return self.records - len(self.refusals)

    @property
    def unprocessed(self) -> list[dict[str, Any]]:
        """The refused records in the order of the call, as the API shows them."""
        return [
            {"status": "fail", "code": int(refused.code), "error": refused.message, "record": record}
            for _place, record, refused in sorted(self.refusals, key=lambda refusal: refusal[0])
        ]

    @property
    def status(self) -> str:
        """success: all accepted; fail: none; partial: some."""
        if not self.refusals:
            return "success"
        return "partial" if self.processed else "fail"


@dataclass(slots=True)
class _Item:
    """One record that has been read, and where to say if it is refused after all."""

    report: Report
    place: int
    record: Any
    read: Any

    def refuse(self, refused: Refused) -> None:
        self.report.refusals.append((self.place, self.record, refused))


@dataclass(slots=True)
class _Person:
    """A profile under change. columns: by name; changed: whether anything differs from what is stored."""

    id: int
    columns: dict[str, str | None]
    properties: dict[str, Any]
    changed: bool = False


def accept(batch: list[Any], *, now: datetime, source: str = "api", dry_run: bool = False) -> Report:
    """Accept one call's records. dry_run: say what would happen and change nothing."""
    return accept_all([batch], now=now, source=source, dry_run=dry_run)[0]


def accept_all(
    batches: Sequence[list[Any]], *, now: datetime, source: str = "api", dry_run: bool = False
) -> list[Report]:
    """Accept the records of several calls in one transaction, each with a report of its own. Durable when this returns.

    Raises what the database raises; then nothing of any call has been stored.
    """
    return sql.despite_deadlocks(lambda: _accept_once(batches, now=now, source=source, dry_run=dry_run))


class Changed(NamedTuple):
    """What a set of updates did. created, changed: profiles that are new, and others that are not as they were.
    refused: (the update's number, why).
    """

    created: int
    changed: int
    refused: list[tuple[int, Refused]]


def change(updates: Sequence[tuple[int, Update]], *, now: datetime) -> Changed:
    """Make numbered updates, in order, in the caller's transaction: as the same records by POST /1/upload would."""
    report = Report(len(updates))
    items = [_Item(report, number, None, update) for number, update in updates]
    keys = {update.key for _number, update in updates}
    people = identities.find(keys)
    new = identities.create(keys - people.keys(), now=now) if len(people) < len(keys) else {}
    changed = _update_profiles(items, people | new, now=now)
    return Changed(len(new), len(changed - set(new.values())), [(number, why) for number, _, why in report.refusals])


def forget_deliveries(*, now: datetime, batch: int = 10_000) -> int:
    """Forget delivery keys older than 24 hours, some at a time; return how many."""
    total = forgotten = sql.run(SQL["forget_deliveries"], {"stale": now - DELIVERY_KEYS_LAST, "batch": batch})
    while forgotten == batch:
        forgotten = sql.run(SQL["forget_deliveries"], {"stale": now - DELIVERY_KEYS_LAST, "batch": batch})
        total += forgotten
    return total


def _accept_once(batches: Sequence[list[Any]], *, now: datetime, source: str, dry_run: bool) -> list[Report]:
    reports, items = _read(batches, now=now, source=source)
    if dry_run:
        with transaction.atomic():
            _store(items, now=now, source=source)
            transaction.set_rollback(True)
    elif items:
        _store(items, now=now, source=source)
    return reports


def _store(items: list[_Item], *, now: datetime, source: str) -> None:
    """Write what has been read. Plain events of known people are one COPY, which needs no transaction around it."""
    items, types = _known_types(items, now=now)
    keys = {item.read.key for item in items}
    people = identities.find(keys)
    updates = [item for item in items if isinstance(item.read, Update)]
    tokens = [item.read for item in items if isinstance(item.read, Token)]
    happened = [item.read for item in items if isinstance(item.read, Event)]
    plain = len(people) == len(keys) and not updates and not tokens and not any(event.event_id for event in happened)
    with nullcontext() if plain else transaction.atomic():
        if len(people) < len(keys):
            people |= identities.create(keys - people.keys(), now=now)
        if updates:
            _update_profiles(updates, people, now=now)
        if tokens:
            _store_tokens(tokens, people, now=now)
        if happened:
            _store_events(_first_deliveries(happened, people, now=now), people, types, now=now, source=source)
    if happened:
        wake("journeys.pump")


def _read(batches: Sequence[list[Any]], *, now: datetime, source: str) -> tuple[list[Report], list[_Item]]:
    reports, items = [], []
    for batch in batches:
        report = Report(len(batch))
        reports.append(report)
        for place, record in enumerate(batch):
            try:
                items.append(_Item(report, place, record, records.read(record, now=now, source=source)))
            except Refused as refused:
                report.refusals.append((place, record, refused))
    return reports, items


def _known_types(items: list[_Item], *, now: datetime) -> tuple[list[_Item], dict[str, int]]:
    """Register event names; refuse events that are discarded or whose name is one too many. Returns the others and the
    type ids.
    """
    names = dict.fromkeys(item.read.name for item in items if isinstance(item.read, Event))
    if not names:
        return items, {}
    types = eventtypes.register(names, now=now)
    refused = {
        name: Refused(
            Code.TOO_MANY, f"There are {eventtypes.MOST_TYPES} event names already; “{name}” would be one more."
        )
        for name in names
        if name not in types
    } | {
        name: Refused(Code.DISCARDED_EVENT, f"Events called “{name}” are discarded.")
        for name, known in types.items()
        if known.discarded
    }
    if refused:
        kept = []
        for item in items:
            if isinstance(item.read, Event) and item.read.name in refused:
                item.refuse(refused[item.read.name])
            else:
                kept.append(item)
        items = kept
    return items, {name: known.id for name, known in types.items()}


def _store_events(
    happened: Iterable[Event], people: dict[Key, int], types: dict[str, int], *, now: datetime, source: str
) -> None:
    received = now.isoformat()
    rows = []
    for event in happened:
        person = people[event.key]
        at = received if event.at is now else event.at
        rows.append((person % lanes.LANES, person, types[event.name], at, received, source, event.properties))
    sql.copy("profiles_inbox", INBOX_COLUMNS, rows)


def _first_deliveries(happened: list[Event], people: dict[Key, int], *, now: datetime) -> list[Event]:
    """The events without those whose eventId the person has had within the last 24 hours."""
    if not any(event.event_id for event in happened):
        return happened
    keys: dict[tuple[int, str], None] = {}
    delivery = []  # the key of each event; None: not given, or a repetition within this batch
    for event in happened:
        person = people[event.key]
        key = (person % lanes.LANES, f"{person}/{event.event_id}") if event.event_id else None
        delivery.append((event, key, key in keys))
        if key is not None:
            keys[key] = None
    ordered = sorted(keys)
    first = set(
        sql.rows(
            SQL["note_deliveries"],
            {
                "lanes": [lane for lane, _key in ordered],
                "keys": [key for _lane, key in ordered],
                "now": now,
                "stale": now - DELIVERY_KEYS_LAST,
            },
        )
    )
    return [event for event, key, repeated in delivery if key is None or (key in first and not repeated)]


def _store_tokens(tokens: list[Token], people: dict[Key, int], *, now: datetime) -> None:
    """A token belongs to the profile that sent it last: a device that changes hands must not go on getting the other's
    messages.
    """
    latest = {(token.channel, token.token): token for token in tokens}
    ordered = sorted(latest.items())
    params = {
        "channels": [token.channel for _key, token in ordered],
        "platforms": [token.platform for _key, token in ordered],
        "tokens": [token.token for _key, token in ordered],
        "keys": [token.keys for _key, token in ordered],
        "profile_ids": [people[token.key] for _key, token in ordered],
        "now": now,
    }
    sql.run(
        SQL["take_tokens"],
        {"all_lanes": lanes.ALL} | {name: params[name] for name in ("channels", "tokens", "profile_ids")},
    )
    sql.run(SQL["store_tokens"], params)


def _update_profiles(updates: list[_Item], people: dict[Key, int], *, now: datetime) -> set[int]:
    """Apply the updates, person by person in memory, and write the set back; return who changed. Who signs in becomes
    part of the profile that has the identity, and `people` says so afterwards.
    """
    persons = _load({people[item.read.key] for item in updates})
    owners = _claim_identities(updates, people, persons)
    mine = {value: owner for value, owner in owners.items() if owner in persons}
    persons |= _load(set(owners.values()) - persons.keys())
    before = {person.id: (dict(person.columns), person.properties) for person in persons.values()}
    departing = departures.busy(persons) if set(owners.values()) - set(mine.values()) else set()
    merged: dict[int, int] = {}
    for item in updates:
        profile_id = people[item.read.key]
        person = persons.get(merged.get(profile_id, profile_id))
        try:
            if person is None:
                raise Refused(Code.OTHER, "The profile was deleted while this call was under way.")
            owner = persons.get(_signs_in(item.read, person, owners) or person.id)
            if owner is None or (owner is not person and not departing.isdisjoint({owner.id, person.id})):
                raise Refused(Code.OTHER, "The profile is just being deleted or merged; send the record again.")
            _apply(owner, item.read.changes, owners)
            if owner is not person:
                merged[person.id] = owner.id
        except Refused as refused:
            item.refuse(refused)
    identities.release(
        Claim(value, "identity", owner)
        for value, owner in mine.items()
        if before[owner][0]["identity"] is None and persons[owner].columns["identity"] != value
    )
    changed = [person for _id, person in sorted(persons.items()) if person.changed]
    if changed:
        _move_addresses(changed, {id: columns for id, (columns, _) in before.items()})
        _save(changed, now=now)
        if names := changes.told():
            differing = ((it.id, changes.differing(before[it.id][1], it.properties, names)) for it in changed)
            changes.tell((id, now, what) for id, what in differing if what)
    if merged:
        departures.announce((Departure(profile_id, into) for profile_id, into in merged.items()), now=now)
        for key, profile_id in people.items():
            people[key] = merged.get(profile_id, profile_id)
    return {person.id for person in changed}


def _signs_in(update: Update, person: _Person, owners: dict[str, int]) -> int | None:
    """Whom an anonymous profile turns out to be, if the record gives it an identity that another profile has."""
    if person.columns["identity"] is not None:
        return None
    values = [change.value for change in update.changes if change.name == "Identity"]
    return next((owners[value] for value in values if owners.get(value) not in (None, person.id)), None)


def _load(profile_ids: set[int]) -> dict[int, _Person]:
    """Lock the profiles and read them."""
    if not profile_ids:
        return {}
    ordered = sorted(profile_ids, key=lambda profile_id: (lanes.of(profile_id), profile_id))
    params = {"lanes": literal(map(lanes.of, ordered)), "ids": literal(ordered)}
    found = sql.rows(SQL["load_profiles"], params)
    return {
        profile_id: _Person(profile_id, dict(zip(_COLUMNS, columns, strict=True)), _decode(stored))
        for profile_id, stored, *columns in found
    }


_COLUMNS = ("identity", "object_id", "name", "email", "phone", "timezone")


def _claim_identities(updates: list[_Item], people: dict[Key, int], persons: dict[int, _Person]) -> dict[str, int]:
    """Give anonymous profiles the identities that their records name, where nobody has them: value → whose it is
    now.
    """
    wanted = [
        Claim(change.value, "identity", people[item.read.key])
        for item in updates
        for change in item.read.changes
        if change.name == "Identity" and people[item.read.key] in persons
        if persons[people[item.read.key]].columns["identity"] is None
    ]
    if not wanted:
        return {}
    first = {claim.value: claim for claim in reversed(wanted)}
    identities.claim(first.values())
    return {key.value: owner for key, owner in identities.find(Key("identity", value) for value in first).items()}


def _apply(person: _Person, changes: list[Change], owners: dict[str, int]) -> None:
    """Make one record's changes to a person, all or none. Raises Refused."""
    columns, stored = dict(person.columns), dict(person.properties)
    for name, op, value in changes:
        if column := fields.SYSTEM_FIELDS.get(name):
            if name == "Identity":
                if columns["identity"] is not None and owners.get(value) == person.id:
                    continue  # a value that came with somebody who was merged into this profile
                _check_identity(columns["identity"], value, owners.get(value), person.id)
            columns[column] = value
        elif op is Op.SET:  # as it came: only typed-in texts are interpreted
            stored[name] = value
        elif properties.apply(stored, name, op, value, single=True) is Outcome.NOT_A_NUMBER:
            raise Refused(Code.BAD_STRUCTURE, f"“{name}” is not a number, so it cannot be increased or decreased.")
    custom = sum(not fields.is_system(name) for name in stored)
    if custom > records.MOST_PROPERTIES and len(stored) > len(person.properties):
        message = f"The profile would have {custom} custom properties; at most {records.MOST_PROPERTIES} are possible."
        raise Refused(Code.TOO_MANY, message)
    # As JSON, since Python takes True for 1.
    person.changed = person.changed or columns != person.columns or _encode(stored) != _encode(person.properties)
    person.columns, person.properties = columns, stored


def _check_identity(current: str | None, wanted: str, owner: int | None, profile_id: int) -> None:
    if current == wanted:
        return
    if current is not None:
        raise Refused(Code.OTHER, f"The profile has the identity “{current}” already; it cannot be changed.")
    if owner != profile_id:
        raise Refused(Code.OTHER, f"The identity “{wanted}” belongs to another profile.")


def _move_addresses(changed: list[_Person], before: dict[int, dict[str, str | None]]) -> None:
    """Let people be found by their new addresses and no longer by the old ones."""
    claims, releases = [], []
    for person in changed:
        for kind in ("email", "phone"):
            old, new = before[person.id][kind], person.columns[kind]
            if old != new:
                if old is not None:
                    releases.append(Claim(old, kind, person.id))
                if new is not None:
                    claims.append(Claim(new, kind, person.id))
    identities.release(releases)
    identities.claim(claims)


def _save(changed: list[_Person], *, now: datetime) -> None:
    params: dict[str, Any] = {
        column: literal(person.columns[column] for person in changed) for column in _COLUMNS if column != "object_id"
    }
    sql.run(
        SQL["save_profiles"],
        params
        | {
            "lanes": literal(lanes.of(person.id) for person in changed),
            "ids": literal(person.id for person in changed),
            "properties": literal(_encode(person.properties).decode() for person in changed),
            "now": now,
        },
    )
