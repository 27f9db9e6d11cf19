"""Importing a CSV file of events into the history or, live, through the inbox.

What must never happen: a row that is imported twice or not at all because the process was killed. So the file goes in
chunks, and a chunk's rows, people and checkpoint (how many bytes of the file are done) commit together. A run that
finds a checkpoint of the same content and options goes on behind it. Refused rows are written to the file of errors
before their chunk commits, which notes that file's size; a run that goes on first cuts off what belongs to a chunk that
never committed.
"""

import csv
import functools
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec
from django.db import transaction

from config.lib import lanes, sql
from config.lib.errors import SojournError
from config.lib.wake import wake
from profiles import eventtypes, fields, identities, partitions, records
from profiles.codes import Refused
from profiles.identities import Claim
from profiles.models import EventImport

SQL = sql.load(Path(__file__).with_suffix(".sql"))

CHUNK = 5000  # rows a transaction; 70,000 rows take as long with 20,000, and a kill loses at most this much work
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
TYPES = ("text", "number", "integer", "boolean", "date")
COLUMNS = ("lane", "id", "profile_id", "type_id", "at", "received_at", "source", "properties")


class ImportFailed(SojournError):
    """The whole import cannot begin or go on; rows that are done stay."""

    code = "import_failed"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to make of the file's columns.

    identity, at: names of columns. properties: (column, one of TYPES). email: a template such as
    {customer_id}@example.com for people without an address, or None. date_format: as for strptime; None: ISO 8601.
    live: through the inbox.
    """

    identity: str
    at: str
    event: str
    properties: tuple[tuple[str, str], ...] = ()
    email: str | None = None
    date_format: str | None = None
    live: bool = False


class Row(NamedTuple):
    """One row that can be imported. properties: JSON text."""

    identity: str
    at: datetime
    properties: str
    email: str | None


class _Line(NamedTuple):
    """A row as the file has it. line: the number of its last line; offset: bytes of the file up to its end."""

    line: int
    offset: int
    cells: list[str]
    readable: bool


def start(path: Path, plan: Plan, *, now: datetime, again: bool = False) -> EventImport:
    """The checkpoint of a file under a plan: a new one, or that of an earlier run. again: from the beginning."""
    digest = hashlib.sha256(msgspec.json.encode(asdict(plan)))
    with path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    checkpoint, _new = EventImport.objects.get_or_create(
        key=digest.hexdigest(), defaults={"name": path.name[:255], "started_at": now}
    )
    if again:
        checkpoint.offset = checkpoint.line = checkpoint.imported = checkpoint.refused = checkpoint.errors_size = 0
        checkpoint.started_at, checkpoint.finished_at = now, None
        checkpoint.save()
    return checkpoint


def run(
    path: Path,
    plan: Plan,
    checkpoint: EventImport,
    *,
    clock: Callable[[], datetime],
    zone: tzinfo,
    errors: Path,
    progress: Callable[[EventImport], None] = lambda checkpoint: None,
) -> None:
    """Import what is left of a file. zone: of times without an offset. progress: called after every chunk.

    Raises ImportFailed if the file or the plan does not fit, or another process imports the same file.
    """
    with path.open("rb") as file, _open_errors(errors, checkpoint) as error_file:
        header = _header(file)
        reader = _reader(plan, header, zone)
        type_id = _type_id(plan.event, now=clock())
        if checkpoint.offset:
            file.seek(checkpoint.offset)
        rows = _lines(file, checkpoint.line or 1)
        refuse = csv.writer(error_file)
        while chunk := list(islice(rows, CHUNK)):
            now = clock()
            good = []
            for line in chunk:
                try:
                    good.append(reader(line, now))
                except Refused as refused:
                    refuse.writerow([line.line, refused.message])
            error_file.flush()
            if not plan.live:  # before the transaction: partitions are made under a lock of their own
                for month in sorted({partitions.month_of(row.at) for row in good}):
                    partitions.make("profiles_event", month)
            with transaction.atomic():
                _advance(checkpoint, chunk[-1], len(good), len(chunk) - len(good), error_file.buffer.tell())  # type: ignore[attr-defined]
                _store(good, plan, type_id, now=now)
            progress(checkpoint)
        checkpoint.finished_at = clock()
        checkpoint.save(update_fields=["finished_at"])


def local_instant(moment: datetime, zone: tzinfo) -> datetime:
    """A clock time in a zone as an instant (domain 8.4): of two the first; in a gap the first instant after it."""
    instant = moment.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == moment:
        return instant
    # In a gap, fold 1 counts with the offset after it and so gives an instant before it: the gap lies between the two.
    before, after = moment.replace(tzinfo=zone, fold=1).astimezone(UTC), instant
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def _open_errors(path: Path, checkpoint: EventImport) -> IO[str]:
    """The file of errors, without those that belong to no committed chunk."""
    path.touch()
    if path.stat().st_size > checkpoint.errors_size:
        os.truncate(path, checkpoint.errors_size)
    file = path.open("a", encoding="utf-8", newline="")
    if file.tell() == 0:
        csv.writer(file).writerow(["line", "error"])
    return file


def _header(file: IO[bytes]) -> list[str]:
    try:
        line = file.readline().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ImportFailed("The file's first line is not UTF-8.") from None
    header = next(csv.reader([line]), [])
    if not header:
        raise ImportFailed("The file is empty; its first line names the columns.")
    return [name.strip() for name in header]


def _lines(file: IO[bytes], line: int) -> Iterator[_Line]:
    """The rows behind the current place. line: how many lines lie before it."""
    offset, readable = file.tell(), True

    def texts() -> Iterator[str]:
        nonlocal offset, line, readable
        for text in file:
            offset += len(text)
            line += 1
            try:
                yield text.decode()
            except UnicodeDecodeError:
                readable = False
                yield text.decode(errors="replace")

    reader = csv.reader(texts())
    while True:
        # The reader asks for a line only when its row needs one, so offset and line are those of the row's end.
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:  # a quote that is never closed, as a rule
            cells, readable = [""], False
        if cells:
            yield _Line(line, offset, cells, readable)
        readable = True


def _reader(plan: Plan, header: list[str], zone: tzinfo) -> Callable[[_Line, datetime], Row]:
    """The function that reads one row. Raises ImportFailed when the plan names columns that the file has not got."""
    template = re.findall(r"\{([^{}]*)\}", plan.email or "")
    wanted = [plan.identity, plan.at, *(name for name, _kind in plan.properties), *template]
    if missing := [name for name in wanted if name not in header]:
        raise ImportFailed(f"The file has no column {', '.join(missing)}; it has {', '.join(header)}.")
    if unknown := [kind for _name, kind in plan.properties if kind not in TYPES]:
        raise ImportFailed(f"There is no type {', '.join(unknown)}; the types are {', '.join(TYPES)}.")
    place = {name: index for index, name in enumerate(header)}
    identity_place, at_place = place[plan.identity], place[plan.at]
    properties = [(name, place[name], _VALUES[kind]) for name, kind in plan.properties]

    @functools.lru_cache(maxsize=10_000)  # events crowd on few days
    def instant(text: str) -> datetime:
        try:
            moment = datetime.strptime(text, plan.date_format) if plan.date_format else datetime.fromisoformat(text)  # noqa: DTZ007
        except ValueError:
            how = f"written as {plan.date_format}" if plan.date_format else "such as 2026-03-02T14:30"
            raise _bad(f"{plan.at} is “{text[:40]}”, which is no time {how}.") from None
        try:
            at = moment.astimezone(UTC) if moment.tzinfo else local_instant(moment, zone)
        except OverflowError:
            raise _bad(f"{plan.at} is “{text[:40]}”, which is too far away.") from None
        if at < EARLIEST:
            raise _bad(f"{plan.at} is “{text[:40]}”; events before 1970 cannot be stored.")
        return at

    def read(line: _Line, now: datetime) -> Row:
        cells = line.cells
        if not line.readable:
            raise _bad("The line is not UTF-8, or has a quote that is not closed.")
        if len(cells) != len(header):
            raise _bad(f"The line has {len(cells)} cells; the header has {len(header)}.")
        identity = cells[identity_place].strip()
        if problem := identities.problem(identity):
            raise _bad(f"{plan.identity}: {problem}")
        at = instant(cells[at_place].strip())
        if at > now + records.FUTURE:
            raise _bad(f"{plan.at} is “{cells[at_place]}”, which is in the future.")
        values = {}
        for name, index, value_of in properties:
            if text := cells[index].strip():
                try:
                    values[name] = value_of(text)
                except ValueError:
                    raise _bad(f"{name} is “{text[:40]}”, which is no {_NAMES[value_of]}.") from None
        email = None
        if plan.email:
            text = re.sub(r"\{([^{}]*)\}", lambda match: cells[place[match[1]]].strip(), plan.email)
            email = fields.read("Email", text)
        return Row(identity, at, records.event_properties(values), email)

    return read


def _type_id(name: str, *, now: datetime) -> int:
    if refusal := records.event_name_refusal(name, "import"):
        raise ImportFailed(refusal[1])
    known = eventtypes.register([name], now=now).get(name)
    if known is None:
        raise ImportFailed(f"There are {eventtypes.MOST_TYPES} event names already; “{name}” would be one more.")
    if known.discarded:
        raise ImportFailed(f"Events called “{name}” are discarded.")
    return known.id


def _advance(checkpoint: EventImport, last: _Line, imported: int, refused: int, errors_size: int) -> None:
    """Move the checkpoint behind a chunk. Raises ImportFailed if it is no longer where this process left it."""
    moved = EventImport.objects.filter(pk=checkpoint.pk, offset=checkpoint.offset, finished_at=None).update(
        offset=last.offset,
        line=last.line,
        imported=checkpoint.imported + imported,
        refused=checkpoint.refused + refused,
        errors_size=errors_size,
    )
    if not moved:
        raise ImportFailed("Another process is importing this file.")
    checkpoint.offset, checkpoint.line, checkpoint.errors_size = last.offset, last.line, errors_size
    checkpoint.imported += imported
    checkpoint.refused += refused


def _store(rows: list[Row], plan: Plan, type_id: int, *, now: datetime) -> None:
    people = identities.resolve({row.identity for row in rows}, create=True, now=now)
    if plan.email:
        _give_addresses({people[row.identity]: row.email for row in rows if row.email}, now=now)
    ids = [each for (each,) in sql.rows(SQL["event_ids"], {"count": len(rows)})]
    received = now.isoformat()
    sql.copy(
        "profiles_inbox" if plan.live else "profiles_event",
        COLUMNS,
        (
            (lanes.of(person), event_id, person, type_id, row.at, received, "import", row.properties)
            for event_id, row in zip(ids, rows, strict=True)
            for person in (people[row.identity],)
        ),
    )
    if plan.live and rows:
        wake("journeys.pump")


def _give_addresses(emails: dict[int, str], *, now: datetime) -> None:
    """Give people without an e-mail address the one of their first row in this chunk."""
    ordered = sorted(emails.items(), key=lambda given: (lanes.of(given[0]), given[0]))
    given = sql.rows(
        SQL["give_addresses"],
        {
            "lanes": [lanes.of(person) for person, _email in ordered],
            "ids": [person for person, _email in ordered],
            "emails": [email for _person, email in ordered],
            "now": now,
        },
    )
    identities.claim(Claim(email, "email", person) for person, email in given)


def _bad(sentence: str) -> Refused:
    return Refused(records.Code.BAD_STRUCTURE, sentence)


def _number(text: str) -> float | int:
    value = float(text)
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError
    return value


def _boolean(text: str) -> bool:
    lowered = text.lower()
    if lowered in ("true", "yes", "y", "1"):
        return True
    if lowered in ("false", "no", "n", "0"):
        return False
    raise ValueError


def _date(text: str) -> str:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_VALUES: dict[str, Callable[[str], Any]] = {
    "text": str,
    "number": _number,
    "integer": int,
    "boolean": _boolean,
    "date": _date,
}
_NAMES = {_number: "number", int: "whole number", _boolean: "true or false", _date: "date", str: "text"}
