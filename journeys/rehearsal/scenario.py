"""The scenario file: who is there, what happens when, what is expected. YAML or JSON.

An unreadable scenario raises ScenarioError, whose sentence names the place.
"""

import csv
import functools
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from channels import receipts
from channels.models import Channel
from config.lib.errors import SojournError
from journeys import calendar, control, document

LocalTime = datetime  # without an offset: in the account's time zone

ACTIONS = (
    "publish", "pause", "resume", "stop", "archive", "unarchive", "event", "receipt", "profile", "draft", "provider",
    "edit", "list", "clone", "device", "winner", "delete", "merge",
)  # fmt: skip
_NULL_IS_SAID = {"ttl", "value"}  # keys of a journey that null says something for; for all others it is the default
BESIDE = {"previous": "publish", "document": "draft", "as_": "clone"}  # what stands beside an action


class ScenarioError(SojournError):
    """The scenario cannot be read or played."""

    code = "scenario_unreadable"


class Part(BaseModel):
    """Numbers may stand for texts: identities often look like some. What is left empty is as good as left out."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _left_out(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        fields = cls.model_fields.items()
        optional = {key for name, field in fields if not field.is_required() for key in (name, field.alias)}
        return {key: value for key, value in given.items() if value is not None or key not in optional}


class Control(Part):
    """custom: the size of each custom group by its name, which needs a system group; never: who is in none."""

    system_percent: int = 0
    custom: dict[str, int] = {}
    never: list[str] = []

    @field_validator("system_percent")
    @classmethod
    def _is_size(cls, percent: int) -> int:
        low, high = control.SIZE
        if percent and not low <= percent <= high:
            raise ValueError(f"the system group holds {low} to {high} % of all people, not {percent}; 0 is none")
        return percent

    @model_validator(mode="after")
    def _system_first(self) -> "Control":
        if self.custom and not self.system_percent:
            raise ValueError("custom control groups need a system group; set `system_percent`")
        return self


class CampaignLimit(Part):
    """What one person gets on one channel: at most `max` messages in `days` days, `dwell` apart."""

    max: int | None = Field(None, ge=1)
    days: int | None = Field(None, ge=1)
    dwell: timedelta | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> "CampaignLimit":
        if (self.max is None) != (self.days is None):
            raise ValueError("`max` and `days` go together")
        return self


class Account(Part):
    timezone: str = "UTC"
    tick_offset: int = Field(0, ge=0, le=59)
    campaign_limits: dict[str, CampaignLimit] = {}
    control: Control = Control()

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"“{name}” is no time zone; write one like Asia/Kolkata") from error
        return name


class Profile(Part):
    identity: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    timezone: str | None = None
    properties: dict[str, Any] = {}


class Happened(Part):
    """An event of one person; `ts` is when it happened, if that is not when it reached us."""

    identity: str
    name: str = Field(alias="event", validation_alias="name")
    properties: dict[str, Any] = {}
    ts: LocalTime | None = None
    source: Literal["api", "device"] | None = None


class History(Part):
    at: LocalTime
    identity: str
    event: str
    properties: dict[str, Any] = {}


class Receipt(Part):
    identity: str
    journey: str
    node: int
    outcome: receipts.Receipt


class ProfileChange(Part):
    identity: str
    properties: dict[str, Any] = {}
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    timezone: str | None = None


class ProviderChange(Part):
    channel: str

    @field_validator("channel")
    @classmethod
    def _is_channel(cls, name: str) -> str:
        if name not in Channel.values:
            raise ValueError(f"there is no channel “{name}”; choose one of {', '.join(Channel.values)}")
        return name

    outcome: Literal["sent", "failed"]


class ListChange(Part):
    name: str
    mode: Literal["replace", "append", "remove"] = "replace"
    members: list[str]


class Device(Part):
    identity: str
    channel: Literal["push", "web_push"]
    token: str | None


class Merge(Part):
    """One person turns out to be another: `identity` becomes part of `into`."""

    identity: str
    into: str


class Edit(Part):
    """A partial edit: parts of a node's configuration that take the place of those it has."""

    journey: str
    node: int
    config: dict[str, Any]


class Winner(Part):
    """A person declares a path of an IntelliNODE, counted from 1, the winner."""

    journey: str
    node: int
    path: int


class Item(Part):
    """One thing that happens: `at`, and one action."""

    at: LocalTime
    publish: str | None = None
    previous: Literal["restrict", "stop"] | None = None
    pause: str | None = None
    resume: str | None = None
    stop: str | None = None
    archive: str | None = None
    unarchive: str | None = None
    event: Happened | None = None
    receipt: Receipt | None = None
    profile: ProfileChange | None = None
    draft: str | None = None
    document: dict[str, Any] | None = None
    provider: ProviderChange | None = None
    edit: Edit | None = None
    list: ListChange | None = None
    clone: str | None = None
    as_: str | None = Field(None, alias="as")
    device: Device | None = None
    winner: Winner | None = None
    delete: str | None = None
    merge: Merge | None = None

    @model_validator(mode="after")
    def _one_action(self) -> "Item":
        given = [name for name in ACTIONS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"an item has one action besides `at`: one of {', '.join(ACTIONS)}")
        for key, action in BESIDE.items():
            if getattr(self, key) is not None and action not in given:
                raise ValueError(f"`{key.rstrip('_')}` goes with `{action}` and nothing else")
        return self

    @property
    def action(self) -> str:
        return next(name for name in ACTIONS if getattr(self, name) is not None)


class TimelineCsv(Part):
    """Many live events from a file: one row each, rows of one instant in file order."""

    path: str
    at: str
    identity: str
    event: str
    email: str | None = None
    properties: dict[str, Literal["string", "number", "integer", "boolean"]] = {}


class Template(Part):
    """A saved template, there from the start. approval: what WhatsApp said of it; for its templates only."""

    name: str
    channel: str
    content: dict[str, Any]
    approval: Literal["pending", "approved", "rejected"] | None = None


class Scenario(Part):
    account: Account = Account()
    profiles: list[Profile] = []
    templates: list[Template] = []
    lists: dict[str, list[str]] = {}
    segments: dict[str, Any] = {}  # saved segments: name → rule; one that another asks for stands before it
    history: list[History] = []
    journeys: dict[str, Any] = {}
    timeline: list[Item] = []
    timeline_csv: TimelineCsv | None = None
    until: LocalTime
    expect: dict[str, list[str]] = {}

    @field_validator("expect", mode="before")
    @classmethod
    def _nothing(cls, given: Any) -> Any:
        return {key: items or [] for key, items in given.items()} if isinstance(given, dict) else given

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.account.timezone)

    def instant(self, local: LocalTime) -> datetime:
        """The instant of one of the scenario's times."""
        return calendar.instant(local, self.zone)


class Row(NamedTuple):
    """One event of a timeline_csv."""

    at: datetime
    identity: str
    email: str | None
    properties: dict[str, Any]


def read(path: Path) -> Scenario:
    """Read a scenario and the journey documents that it names by path. Raises ScenarioError."""
    try:
        raw = document.load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path} cannot be read: {error}.") from error
    except document.DocumentError as error:
        raise ScenarioError(f"{path}: {error.message}") from error
    if not isinstance(raw, dict):
        raise ScenarioError(f"{path}: a scenario is a mapping with profiles, journeys, timeline and until.")
    journeys = raw.get("journeys")
    journeys = journeys if isinstance(journeys, dict) else {}
    for key, journey in journeys.items():
        if isinstance(journey, str):
            journeys[key] = _journey(path.parent / journey, key)
    try:
        scenario = Scenario.model_validate(raw)
    except ValidationError as error:
        raise ScenarioError("\n".join(_sentence(item) for item in error.errors(include_url=False))) from error
    for key, journey in scenario.journeys.items():
        scenario.journeys[key] = journey = _tidy(journey)
        _check(f"journeys.{key}", journey)
    for index, item in enumerate(scenario.timeline):
        if item.draft is not None:
            item.document = _tidy(item.document)
            _check(f"timeline[{index}].document", item.document)
        if index and scenario.instant(item.at) < scenario.instant(scenario.timeline[index - 1].at):
            place = f"timeline[{index}].at: {item.at:%Y-%m-%dT%H:%M}"
            raise ScenarioError(f"{place} is before the item above it; put items in order of time.")
    return scenario


def rows(scenario: Scenario, folder: Path) -> Iterator[Row]:
    """The rows of the timeline_csv in order of time. Raises ScenarioError that names the line."""
    source = scenario.timeline_csv
    if source is None:
        return
    path = folder / source.path
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file)
            missing = {source.at, source.identity, *source.properties} - set(lines.fieldnames or ())
            if missing:
                raise ScenarioError(f"timeline_csv: {path.name} has no column {', '.join(sorted(missing))}.")
            read = [_row(source, line, lines.line_num, scenario) for line in lines]
    except OSError as error:
        raise ScenarioError(f"timeline_csv.path: {path} cannot be read: {error.strerror}.") from error
    yield from sorted(read, key=lambda row: row.at)  # stable: rows of one instant stay in file order


def _row(source: TimelineCsv, line: dict[str, str], number: int, scenario: Scenario) -> Row:
    try:
        return Row(
            at=scenario.instant(datetime.fromisoformat(line[source.at])),
            identity=line[source.identity],
            email=source.email.format_map(line) if source.email else None,
            properties={name: _TYPES[type](line[name]) for name, type in source.properties.items() if line[name] != ""},
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ScenarioError(f"timeline_csv: line {number} cannot be read: {error}.") from error


def _number(text: str) -> float | int:
    value = float(text)
    return int(value) if value.is_integer() else value


_TYPES: dict[str, Callable[[str], Any]] = {
    "string": str,
    "number": _number,
    "integer": int,
    "boolean": lambda text: text.strip().lower() == "true",
}


def _journey(path: Path, key: str) -> Any:
    try:
        return document.load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(f"journeys.{key}: {path} cannot be read: {error.strerror}.") from error
    except document.DocumentError as error:
        raise ScenarioError(f"journeys.{key}: {path.name}: {error.message}") from error


@functools.cache
def _may_be_empty() -> frozenset[str]:
    """The keys of a journey whose being empty says nothing. A key that there is none of stays, to be refused."""

    def keys(schema: Any) -> Iterator[str]:
        for key, it in schema.items() if isinstance(schema, dict) else ():
            yield from it if key == "properties" else ()
            yield from keys(it)

    return frozenset(keys(document.schema())) - _NULL_IS_SAID


def _tidy(journey: Any) -> Any:
    """A journey as YAML gives it without what was left empty."""
    match journey:
        case dict():
            kept = {key: it for key, it in journey.items() if it is not None or key not in _may_be_empty()}
            return {key: _tidy(it) for key, it in kept.items()}
        case list():
            return [_tidy(it) for it in journey]
        case _:
            return journey


def _check(place: str, journey: Any) -> None:
    try:
        document.parse(journey)
    except document.DocumentError as error:
        raise ScenarioError("\n".join(f"{place}: {problem.message}" for problem in error.problems)) from error


def _sentence(item: Any) -> str:
    place = ""
    for part in item["loc"]:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else str(part)
    return f"{place or 'scenario'}: {document.what_is_wrong(item)}."
