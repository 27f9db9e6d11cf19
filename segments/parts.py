"""What all pieces of a rule share, and the piece found everywhere: a condition on a property."""

from datetime import date, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_serializer
from pydantic_core import PydanticCustomError

from segments import patterns, values

MOST_VALUES = 1000  # in one `in`
LONGEST_TEXT = 512  # characters of a value, as in properties
LARGEST_NUMBER = 10**15  # up to here whole numbers and decimals are told apart alike in Python and PostgreSQL
FARTHEST_DAY = 36_500  # days from today

Op = Literal[
    "=", "!=", ">", ">=", "<", "<=",
    "contains", "not_contains", "in", "not_in", "exists", "not_exists", "matches", "between",
]  # fmt: skip
OPPOSITES = {"!=": "=", "not_contains": "contains", "not_in": "in", "not_exists": "exists"}


def need(right: bool, message: str) -> None:
    """Refuse what is being validated, with a sentence, unless it is right."""
    if not right:
        raise PydanticCustomError("value", "{why}", {"why": message})


def _is_name(value: str) -> str:
    need("\x00" not in value, "A name has no NUL character.")
    return value


Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_is_name)]


class Part(BaseModel):
    """A piece of a rule. Unknown keys are errors; what is not given is not written out either."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    @model_serializer(mode="wrap")
    def _without_empty(self, handler: Any) -> dict[str, Any]:
        return {key: value for key, value in handler(self).items() if value is not None}


class Condition(Part):
    """One comparison of a property with a value. value: absent with exists and not_exists, a list with in, not_in and
    between, else text, a number, true or false."""

    property: Name
    op: Op
    value: Annotated[Any, Field(default=None, validate_default=True)]

    from_today: ClassVar[bool] = False  # whether a value may be {today: n}

    @field_validator("value", mode="before")
    @classmethod
    def _fits_op(cls, value: Any, info: Any) -> Any:
        op = info.data.get("op")
        if op is None:  # which is an error of its own
            return value
        value = plain(value)
        _check(op, _absolute(value, date(2000, 1, 1)) if cls.from_today and op in _WITH_TODAY else value)
        return value


_WITH_TODAY = ("=", "!=", ">", ">=", "<", "<=", "between")


class ProfileCondition(Condition):
    """A condition on a profile. Where a date may stand, {today: n} may too: the day n days from today."""

    from_today: ClassVar[bool] = True

    @property
    def moves(self) -> bool:
        """Whether it compares with a day that depends on today."""
        return any(isinstance(item, dict) for item in (self.value if isinstance(self.value, list) else [self.value]))

    def on(self, today: date) -> Condition:
        """The same with the days that are meant today."""
        return self.model_copy(update={"value": _absolute(self.value, today)}) if self.moves else self


def plain(value: Any) -> Any:
    """A value as JSON has it: YAML makes date objects of what looks like one."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _is_date(value: Any) -> Any:
    value = plain(value)
    need(values.is_date(value), "A range takes dates like 2026-12-01 or 2026-12-01T10:00.")
    return value


Date = Annotated[str, BeforeValidator(_is_date)]


def _is_scalar(value: Any) -> Any:
    value = plain(value)
    need_scalar(value, "=")
    return value


Scalar = Annotated[Any, BeforeValidator(_is_scalar)]


def _absolute(value: Any, today: date) -> Any:
    """A value with every {today: n} in it replaced by that day."""
    if isinstance(value, list):
        return [_absolute(item, today) for item in value]
    if isinstance(value, dict) and list(value) == ["today"]:
        days = value["today"]
        need(
            type(days) is int and abs(days) <= FARTHEST_DAY,
            f"{{today: n}} takes a whole number of days, negative for the past, at most {FARTHEST_DAY:,} either way.",
        )
        return (today + timedelta(days=days)).isoformat()
    return value


def _check(op: str, value: Any) -> None:
    if op in ("exists", "not_exists"):
        need(value is None, f"“{op}” takes no value.")
    elif op in ("in", "not_in"):
        need(
            isinstance(value, list) and 1 <= len(value) <= MOST_VALUES,
            f"“{op}” takes a list of 1 to {MOST_VALUES}.",
        )
        for item in value:
            need_scalar(item, op)
    elif op == "between":
        need(isinstance(value, list) and len(value) == 2, "“between” takes a list of two, the lower one first.")
        for item in value:
            _need_ordered(item, op)
        need(values.is_number(value[0]) == values.is_number(value[1]), "“between” takes two numbers or two dates.")
    elif op in values.ORDERS:
        _need_ordered(value, op)
    elif op == "matches":
        need(isinstance(value, str), "“matches” takes a pattern as text.")
        try:
            patterns.translate(value)
        except patterns.PatternError as error:
            raise PydanticCustomError("value", "{why}", {"why": str(error)}) from None
    else:
        need_scalar(value, op)
        need(value != "" or op in ("=", "!="), f"“{op}” takes text that is not empty.")


def need_scalar(value: Any, op: str) -> None:
    """Refuse what is not text, a number, true or false of a size that both evaluators treat alike."""
    if isinstance(value, str):
        need(
            len(value) <= LONGEST_TEXT and "\x00" not in value, f"Text in a rule has at most {LONGEST_TEXT} characters."
        )
    elif values.is_number(value):
        need(abs(value) <= LARGEST_NUMBER, f"A number in a rule is at most {LARGEST_NUMBER:,}.")  # NaN fails too
    else:
        need(
            isinstance(value, bool),
            f"“{op}” compares with text, a number, true or false; for no value there is exists.",
        )


def _need_ordered(value: Any, op: str) -> None:
    need(
        values.is_number(value) or values.is_date(value),
        f"“{op}” compares with a number or a date (2026-12-01, 2026-12-01T10:00).",
    )
    need_scalar(value, op)
