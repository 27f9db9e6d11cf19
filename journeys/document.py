"""The journey document: what the canvas saves, the API takes, export writes, clone copies and a version freezes.

The models are the source of the JSON Schema (`schema()`). A draft may hold problems (an entry-only kind in the middle,
four goals, a link to nowhere): those are for the publish checks. What the schema refuses is a document that cannot be
read: a wrong type, an unknown key. Durations are ISO 8601; local times without an offset are in the account timezone.
"""

from __future__ import annotations

import contextlib
import functools
import json
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, create_model

from config.lib import yamlfile
from config.lib.errors import Problem, SojournError
from journeys.nodes import KINDS
from journeys.nodes.base import Config

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _clock(value: str) -> str:
    try:
        time.fromisoformat(value)
    except ValueError as error:
        raise ValueError("a clock time is written HH:MM, for example 09:30") from error
    return value


Clock = Annotated[str, AfterValidator(_clock)]


class Part(BaseModel):
    """The base of the document's own parts."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Live(Part):
    """By an event trigger: an event qualifies if start ≤ its time < end."""

    start: Literal["now"] | datetime = "now"
    end: datetime | None = None


class Once(Part):
    """Everyone who matches at one instant."""

    once: Literal["now"] | datetime
    run_at: Literal["day_end", "day_start"] = "day_end"


class Dates(Part):
    """A run for each date, besides the first at the start."""

    dates: list[date]
    start: Literal["now"] | datetime = "now"
    end: datetime | None = None
    run_at: Literal["day_end", "day_start"] = "day_end"


class Recurring(Part):
    """A run every n days, weeks (on weekdays) or months (on a day; 29–31 fall back to the month's last), besides the
    first.
    """

    every: int
    unit: Literal["day", "week", "month"]
    weekdays: list[Day] = []
    day: int | None = None
    start: Literal["now"] | datetime = "now"
    end: datetime | None = None
    run_at: Literal["day_end", "day_start"] = "day_end"


Timeline = Live | Once | Dates | Recurring


class Cap(Part):
    total: int | None = None
    per_day: int | None = None


class Quiet(Part):
    """Days and a time range; one whose end is not after its start runs into the next day."""

    days: list[Day]
    from_: Clock = Field(alias="from")
    to: Clock


class Dnd(Part):
    windows: list[Quiet]
    then: Literal["hold", "drop"] = "hold"


class UseTimezone(Part):
    use: Literal["account", "user"] = "account"
    late: Literal["drop", "next_day"] = "drop"


class Control(Part):
    system: bool = True
    custom: str | None = None
    journey_percent: int = 0


class Only(Part):
    weekdays: list[Day] = []
    from_: Clock | None = Field(None, alias="from")
    to: Clock | None = None


class BestTime(Part):
    """At the two hours of their day in which people do most; `fallback`: for those who did nothing in half a year."""

    fallback: Clock = "10:00"


class Sleep(Part):
    """Delay on a link: after a duration, at a clock time on the day that follows n days, or at people's best time."""

    after: timedelta | None = None
    days: int | None = None
    clock: Clock | None = None
    only: Only | None = None
    best_time: BestTime | None = None


class Link(Part):
    from_: int | Literal["entry"] = Field(alias="from")
    via: str
    to: int
    sleep: Sleep | None = None

    @property
    def source(self) -> int:
        """The node's number; 0 for the entry."""
        return 0 if self.from_ == "entry" else self.from_


class NodeBase(Part):
    id: int = Field(ge=1, le=32767)
    name: str = Field("", max_length=100)
    position: tuple[float, float] | None = None
    window: timedelta | None = None
    kind: str
    config: Config


def _node(kind: str) -> type[NodeBase]:
    config = KINDS[kind].Config
    tag: Any = (Literal[kind], ...)
    return create_model(
        f"{config.__name__}Node",
        __base__=NodeBase,
        kind=tag,
        config=(config, Field(default_factory=config)),
    )


def _body(kind: str) -> type[Config]:
    """A segment node body: the kind's configuration, flat, with its kind and an optional name."""
    config = KINDS[kind].Config
    tag: Any = (Literal[kind], ...)
    return create_model(f"{config.__name__}Body", __base__=config, kind=tag, name=(str, ""))


_SEGMENTS = [kind for kind, it in KINDS.items() if it.role == "segment"]
if TYPE_CHECKING:
    # The unions are made of KINDS when this module is read; what all their members have is this.
    Node = NodeBase

    class Body(Config):
        kind: str
        name: str
else:
    Node = Annotated[Union[tuple(_node(kind) for kind in KINDS)], Field(discriminator="kind")]  # noqa: UP007
    Body = Annotated[Union[tuple(_body(kind) for kind in _SEGMENTS)], Field(discriminator="kind")]  # noqa: UP007


class Entry(Part):
    criteria: Literal["live", "past"] = "live"
    segment: Body | None = None
    timeline: Timeline | None = None
    re_entry: bool = False
    cap: Cap = Cap()


class Document(Part):
    name: str = ""
    description: str = ""
    labels: list[str] = []
    entry: Entry = Entry()
    dnd: Dnd | None = None
    timezone: UseTimezone = UseTimezone()
    control: Control = Control()
    timeout: timedelta | None = None
    goals: list[Body] = []
    nodes: list[Node] = []
    links: list[Link] = []


class DocumentError(SojournError):
    """The document cannot be read. `problems` says where and why, one by one."""

    code = "document_unreadable"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


def parse(raw: Any) -> Document:
    """Read a document from JSON-like data. Raises DocumentError with every problem at once."""
    try:
        return Document.model_validate(raw)
    except ValidationError as error:
        raise DocumentError([_problem(raw, item) for item in _meant(error.errors(include_url=False))]) from error


def load(text: str) -> Any:
    """JSON or YAML text as plain data, dates as ISO strings. Raises DocumentError that names the line."""
    if text.lstrip().startswith(("{", "[")):  # not all JSON is YAML: tabs and pairs of surrogates are not
        with contextlib.suppress(ValueError):
            return json.loads(text)
    try:
        return yamlfile.load(text, words=frozenset({"via"}))
    except yamlfile.Unreadable as error:
        problem = Problem(code="not_yaml", level="error", node=None, field="", message=error.message)
        raise DocumentError([problem]) from error


def jsonable(value: Any) -> Any:
    """YAML's dates and times as ISO strings, mapping keys as strings; everything else as it is."""
    match value:
        case dict():
            return {str(key): jsonable(item) for key, item in value.items()}
        case list():
            return [jsonable(item) for item in value]
        case datetime() | date():
            return value.isoformat()
        case _:
            return value


@functools.cache
def schema() -> dict[str, Any]:
    """The JSON Schema of the document, as the API serves it and docs/ holds it."""
    return Document.model_json_schema(by_alias=True)


def config_of(body: Body) -> Config:
    """The bare configuration of a segment node body."""
    bare = KINDS[body.kind].Config
    return bare.model_construct(**{name: getattr(body, name) for name in bare.model_fields})


def _meant(errors: list[Any]) -> list[Any]:
    """The errors without those of timelines that nobody meant: of the four, the one that the keys fit best counts."""
    place = ("entry", "timeline")
    of_timeline = [item for item in errors if item["loc"][:2] == place and len(item["loc"]) > 2]

    def misfit(member: str) -> tuple[int, int, int]:
        types = [item["type"] for item in of_timeline if item["loc"][2] == member]
        return types.count("extra_forbidden"), types.count("missing"), len(types)

    members = list(dict.fromkeys(item["loc"][2] for item in of_timeline))
    best = min(members, key=misfit, default=None)
    return [item for item in errors if item not in of_timeline or item["loc"][2] == best]


def _problem(raw: Any, item: Any) -> Problem:
    """One pydantic error as a sentence with a place: `nodes[2].config.content.html`, node number where there is one."""
    place, node, field = "", None, ""
    here = raw
    for part in item["loc"]:
        if isinstance(part, int):
            place += f"[{part}]"
            here = here[part] if isinstance(here, list) and part < len(here) else None
            if place.startswith("nodes[") and place.count("[") == 1 and isinstance(here, dict):
                node, field = here.get("id") if isinstance(here.get("id"), int) else None, ""
            else:
                field += f"[{part}]"
        elif isinstance(here, dict) and here.get("kind") == part and part in KINDS:
            continue  # the tag of a union, not a key
        elif (isinstance(here, dict) and part not in here and str(part)[:1].isupper()) or (
            place and not isinstance(here, dict)
        ):
            continue  # the name of a union's member, not a key
        else:
            place += f".{part}" if place else str(part)
            field += f".{part}" if field else str(part)
            here = here.get(part) if isinstance(here, dict) else None
    message = f"{place or 'the document'}: {what_is_wrong(item)}."
    return Problem(code="unreadable", level="error", node=node, field=field, message=message)


def what_is_wrong(item: Any) -> str:
    """One pydantic error in words, without its place and its full stop."""
    match item["type"]:
        case "extra_forbidden":
            return "unknown key; remove it or check its spelling"
        case "missing":
            return "this is missing; add it"
        case "union_tag_invalid":
            return f"unknown kind “{item['ctx']['tag']}”; choose one of {item['ctx']['expected_tags']}"
        case "union_tag_not_found":
            return "there is no kind here; add one"
        case "string_type":
            return "this is no text; put it into quotes"
        case "time_delta_type" | "time_delta_parsing":
            return "this is no duration; write one like PT15M or P1D"
        case "datetime_type" | "datetime_parsing" | "datetime_from_date_parsing":
            return "this is no time; write one like 2026-03-02T14:00"
        case "date_type" | "date_parsing" | "date_from_datetime_parsing":
            return "this is no date; write one like 2026-03-02"
        case "list_type" | "tuple_type":
            return "this is to be a list"
        case "dict_type" | "model_type":
            return "this is to be a mapping of keys to values"
        case "value_error":
            return str(item["ctx"]["error"])
        case _:
            return str(item["msg"]).removesuffix(".")
