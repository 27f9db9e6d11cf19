"""The pieces of a rule that ask what somebody did: an event, how often, how much of it, when.

What they mean is told in `segments.rules`.
"""

import calendar
from collections.abc import Callable
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    Field,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

from config.lib import times
from segments import values
from segments.parts import Condition, Date, Name, Part, need, need_scalar

MOST_EVENTS = 10  # in one `did: {any: […]}`
_TICK = timedelta(microseconds=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
NumberOp = Literal["=", ">", ">=", "<", "<=", "between"]


def compares(op: str, wanted: Any, number: Any) -> bool:
    """Whether a number is as an operator asks. wanted: a number; with between, two."""
    if op == "between":
        return bool(wanted[0] <= number <= wanted[1])
    if op == "=":
        return bool(number == wanted)
    return bool(values.ORDERS[op][0](number, wanted))


class Count(Part):
    """How often; at least once in any case, unless include_zero. value: a whole number; with between, two."""

    op: NumberOp
    include_zero: bool | None = None
    value: Annotated[Any, Field(json_schema_extra={"type": ["integer", "array"], "items": {"type": "integer"}})]

    @field_validator("value", mode="before")
    @classmethod
    def _fits_op(cls, value: Any, info: Any) -> Any:
        op = info.data.get("op")
        if op is None:
            return value
        numbers = list(value) if op == "between" and isinstance(value, list | tuple) else [value]
        need(
            len(numbers) == (2 if op == "between" else 1) and all(type(number) is int for number in numbers),
            "A count takes a whole number; with “between”, a list of two.",
        )
        zero = bool(info.data.get("include_zero"))
        lowest = ({"<": 1} if zero else {"<": 2, ">": 0}).get(op, 0 if zero else 1)
        need(
            all(lowest <= number <= 10**9 for number in numbers),
            f"With “{op}” a count is {lowest} or more"
            + ("." if zero else ": people with zero are found by did_not, or by include_zero."),
        )
        return numbers if op == "between" else value

    def holds(self, number: int) -> bool:
        """Whether somebody with this number of events is meant."""
        return (number > 0 or bool(self.include_zero)) and compares(self.op, self.value, number)


class Total(Part):
    """How large the sum or the average of a property is over the events. value: a number; with between, two."""

    property: Name
    op: NumberOp
    value: Annotated[Any, Field(json_schema_extra={"type": ["number", "array"], "items": {"type": "number"}})]

    @field_validator("value", mode="before")
    @classmethod
    def _fits_op(cls, value: Any, info: Any) -> Any:
        op = info.data.get("op")
        if op is None:
            return value
        numbers = list(value) if op == "between" and isinstance(value, list | tuple) else [value]
        need(
            len(numbers) == (2 if op == "between" else 1) and all(map(values.is_number, numbers)),
            "A sum or an average takes a number; with “between”, a list of two.",
        )
        for number in numbers:
            need_scalar(number, op)
        return numbers if op == "between" else value

    def holds(self, total: Fraction, parts: int = 1) -> bool:
        """Whether total / parts is as it should be. Exact: nothing is divided or rounded."""
        wanted = [values.exact(value) * parts for value in (self.value if self.op == "between" else [self.value])]
        return compares(self.op, wanted if self.op == "between" else wanted[0], total)


class Edges(NamedTuple):
    """The first and the last instant of a range, both in it; None: no end on that side."""

    first: datetime | None
    last: datetime | None

    def hold(self, at: datetime) -> bool:
        """Whether an instant is in it."""
        return (self.first is None or at >= self.first) and (self.last is None or at <= self.last)


class Within(Part):
    """A range of time: exactly one of last (with unit), days_ago, between, before, after, on."""

    last: Annotated[int, Field(ge=1, le=10_000, strict=True)] | None = None
    unit: Literal["minute", "hour", "day", "week", "month"] | None = None
    days_ago: Annotated[int, Field(ge=0, le=10_000, strict=True)] | None = None
    between: tuple[Date, Date] | None = None
    before: Date | None = None
    after: Date | None = None
    on: Date | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Within":
        given = [
            key for key in ("last", "days_ago", "between", "before", "after", "on") if getattr(self, key) is not None
        ]
        need(len(given) == 1, "A range is exactly one of last with unit, days_ago, between, before, after, on.")
        need(
            (self.unit is not None) == (given == ["last"]),
            "A range takes unit together with last: {last: 30, unit: day}.",
        )
        return self

    def edges(self, now: datetime, zone: ZoneInfo) -> Edges:
        """The instants that count, by the account's calendar; up to now in any case, which is not in the answer."""
        if self.last is not None:
            return Edges(self._since(now, zone), None)
        if self.days_ago is not None:
            day = now.astimezone(zone).date() - timedelta(days=self.days_ago)
            return Edges(times.day_start(day, zone), times.day_start(day + timedelta(days=1), zone) - _TICK)
        if self.before is not None:
            return Edges(None, values.span(self.before, zone).instant_first - _TICK)
        if self.after is not None:
            return Edges(values.span(self.after, zone).instant_last + _TICK, None)
        first, last = self.between or (self.on or "", self.on or "")
        return Edges(values.span(first, zone).instant_first, values.span(last, zone).instant_last)

    def since(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """The first instant that counts; None if there is none."""
        return self.edges(now, zone).first

    def _since(self, now: datetime, zone: ZoneInfo) -> datetime:
        last = self.last or 0
        if self.unit == "minute":
            return now - timedelta(minutes=last)
        if self.unit == "hour":
            return now - timedelta(hours=last)
        today = now.astimezone(zone).date()
        if self.unit == "month":
            return times.day_start(_months_before(today, last), zone)
        return times.day_start(today - timedelta(days=last * (7 if self.unit == "week" else 1)), zone)


class Hours(Part):
    """A time of day on the account's clock, `to` excluded; past midnight if `to` is the earlier one."""

    from_: Annotated[Clock, Field(alias="from")]
    to: Clock

    @model_validator(mode="after")
    def _is_some(self) -> "Hours":
        need(self.from_ != self.to, "Hours are from one time to another one: {from: “21:00”, to: “06:00”}.")
        return self

    def hold(self, wall: datetime) -> bool:
        """Whether a local time is in them."""
        clock = wall.strftime("%H:%M")
        if self.from_ < self.to:
            return self.from_ <= clock < self.to
        return clock >= self.from_ or clock < self.to


def _some_days(days: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
    need(len(days) > 0, "Name at least one weekday.")
    return days


def _some_events(events: tuple[Any, ...]) -> tuple[Any, ...]:
    need(1 <= len(events) <= MOST_EVENTS, f"Name 1 to {MOST_EVENTS} events.")
    return events


class Events(Part):
    """The events of one name that meet conditions, in a range of time."""

    event: Name
    where: tuple[Condition, ...] = ()
    within: Within | None = None

    def edges(self, now: datetime, zone: ZoneInfo) -> Edges:
        """The range as of `now`."""
        return self.within.edges(now, zone) if self.within else Edges(None, None)

    @property
    def always(self) -> bool:
        """Whether it does not matter when they were, up to now."""
        return self.within is None

    def timely(self, now: datetime, zone: ZoneInfo) -> Callable[[datetime], bool]:
        """Whether an instant is one that is meant, as of `now`."""
        return self.edges(now, zone).hold


class DidNot(Events):
    """An event that must not have happened."""

    hours: Hours | None = None
    weekdays: Annotated[tuple[Weekday, ...], AfterValidator(_some_days)] | None = None

    @property
    def always(self) -> bool:
        return self.within is None and self.hours is None and self.weekdays is None

    def timely(self, now: datetime, zone: ZoneInfo) -> Callable[[datetime], bool]:
        """Whether an instant is in the range, the hours and on one of the weekdays, as of `now`."""
        hours, weekdays = self.hours, self.weekdays
        if hours is None and weekdays is None:
            return super().timely(now, zone)
        edges = self.edges(now, zone)

        def test(at: datetime) -> bool:
            wall = at.astimezone(zone)
            return (
                edges.hold(at)
                and (hours is None or hours.hold(wall))
                and (weekdays is None or WEEKDAYS[wall.weekday()] in weekdays)
            )

        return test


class Did(DidNot):
    """An event that must have happened. first_time, last_time: the times ask about the first or the last one alone."""

    count: Count | None = None
    sum: Total | None = None
    average: Total | None = None
    first_time: bool | None = None
    last_time: bool | None = None

    @model_validator(mode="after")
    def _is_clear(self) -> "Did":
        need(not (self.sum and self.average), "Ask for the sum or the average; for both, use two rules.")
        need(
            not (self.first_time and self.last_time),
            "Ask for the first time or the last time; for both, use two rules.",
        )
        total = self.sum or self.average
        if self.picks:
            need(
                not (self.count or total),
                f"The {self.picks} time is one event: leave out count, sum and average.",
            )
            need(
                any((self.within, self.hours, self.weekdays)),
                f"Say when the {self.picks} time was: within, hours or weekdays.",
            )
        need(
            not (total and self.count and self.count.include_zero),
            "Who did nothing has no sum and no average: leave out include_zero.",
        )
        return self

    @property
    def picks(self) -> Literal["first", "last"] | None:
        """The one event that is asked about; None: all of them are."""
        if self.first_time:
            return "first"
        return "last" if self.last_time else None


def _several(value: Any, handler: ValidatorFunctionWrapHandler, kind: type[Part], many: type[Part]) -> Part:
    """Read {all: […]} and {any: […]} as many, all else as one event, so that findings are told of the right shape."""
    if isinstance(value, Part):
        return value
    return (many if isinstance(value, dict) and value.keys() & {"all", "any"} else kind).model_validate(value)


class SeveralDid(Part):
    """Events of which all or any must have happened."""

    all: Annotated[tuple[Did, ...], AfterValidator(_some_events)] | None = None
    any: Annotated[tuple[Did, ...], AfterValidator(_some_events)] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "SeveralDid":
        need((self.all is None) != (self.any is None), "Give the events as all or as any.")
        return self


class SeveralDidNot(Part):
    """Events of which none, or not all, may have happened: all were not done, or any was not done."""

    all: Annotated[tuple[DidNot, ...], AfterValidator(_some_events)] | None = None
    any: Annotated[tuple[DidNot, ...], AfterValidator(_some_events)] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "SeveralDidNot":
        need((self.all is None) != (self.any is None), "Give the events as all or as any.")
        return self


OneOrMoreDid = Annotated[
    Did | SeveralDid, WrapValidator(lambda value, handler: _several(value, handler, Did, SeveralDid))
]
OneOrMoreDidNot = Annotated[
    DidNot | SeveralDidNot, WrapValidator(lambda value, handler: _several(value, handler, DidNot, SeveralDidNot))
]


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
