"""Variants of a message (domain 5.3): A/B with a winner, split delivery in fixed shares, or by a property.

A campaign holds them as the journey document has them; single messages have none. Which one somebody gets is drawn when
the message is sent, and kept with it:

- `split`: by a stable hash, so that one person gets the same variant at every visit of the node.
- `property`: the variant whose values hold the person's; the campaign's own content for everybody else.
- `ab`: one after the other, until the winner is known; then the winner only. The test ends with its last message, and
  the winner is chosen a while later, by clicks or views, when people have had time to open it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Literal, TypeVar, cast

import msgspec
from pydantic import BaseModel, ConfigDict, model_validator

from channels import content
from channels.compose import Broken, Composer, compile_content
from channels.content import Content
from config.lib import draw

MOST_TESTED, MOST_BY_PROPERTY = 3, 50
LONGEST_NAME = 40
TEST = (2, 1_000_000)  # sends
WAIT = (timedelta(minutes=5), timedelta(days=7))
VIEWED = ("email", "whatsapp")  # channels whose winner may be chosen by views
UNCLICKED = ("webhook",)  # channels without clicks

T = TypeVar("T", bound=Content, covariant=True)  # frozen models: variants of an e-mail are variants of a message


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Option(_Part, Generic[T]):
    """One variant. `template`: a saved one, whose content takes the place of `content`; `percent`: its share in split
    delivery; `values`: those of the property that it is for.
    """

    name: str = ""
    template: str | None = None
    content: T
    percent: int | None = None
    values: list[str | int | float | bool] = []

    @model_validator(mode="before")
    @classmethod
    def _of_template(cls, given: Any) -> Any:
        """A variant that names a template may leave its own content out."""
        if isinstance(given, dict) and given.get("template"):
            return {"content": {}, **given}
        return given


class Test(_Part):
    """`sends`: how many messages the test takes; `wait`: from the last of them to the choice of the winner."""

    sends: int = 1000
    winner_by: Literal["clicks", "views"] = "clicks"
    wait: timedelta = timedelta(hours=1)


class Variants(_Part, Generic[T]):
    """`test` is for `ab`, `property` for `property`, whose default is the node's own content."""

    type: Literal["ab", "split", "property"]
    options: list[Option[T]] = []
    test: Test = Test()
    property: str = ""

    def named(self) -> list[str]:
        """The options' names, A, B, C … where none is given."""
        return [option.name.strip() or _letter(index) for index, option in enumerate(self.options)]

    def everybody(self) -> bool:
        """Whether everybody gets one of the options, and nobody the node's own content."""
        return self.type != "property"


def read_variants(channel: str, given: Any) -> Variants[Any]:
    """A campaign's variants from JSON. Raises pydantic's ValidationError."""
    model = cast(type[Variants[Any]], Variants.__class_getitem__(content.MODELS[channel]))
    return model.model_validate(given)


def _letter(index: int) -> str:
    return chr(ord("A") + index) if index < 26 else f"Variant {index + 1}"


class Wrong(msgspec.Struct, frozen=True):
    """What keeps variants from being sent: unusable content, a count out of its range, or something missing."""

    kind: Literal["content", "range", "missing"]
    place: str
    message: str


def problems(channel: str, given: Variants[Any]) -> Iterator[Wrong]:
    """Yield what is wrong with a node's variants."""
    fewest, most = (2, MOST_TESTED) if given.everybody() else (1, MOST_BY_PROPERTY)
    if not fewest <= len(given.options) <= most:
        yield Wrong("range", "options", f"Choose {fewest} to {most} variants; there are {len(given.options)}.")
    names = given.named()
    for index, option in enumerate(given.options):
        place = f"options[{index}]"
        if len(option.name) > LONGEST_NAME:
            message = f"The variant's name has {len(option.name)} characters; shorten it to {LONGEST_NAME}."
            yield Wrong("range", f"{place}.name", message)
        if names.index(names[index]) != index:
            yield Wrong("missing", f"{place}.name", f"Two variants are called “{names[index]}”; rename one.")
        for where, sentence in content.problems(option.content):
            yield Wrong("content", f"{place}.content.{where}", f"Variant “{names[index]}”: {sentence}")
    yield from _CHECKS[given.type](channel, given)


def _ab(channel: str, given: Variants[Any]) -> Iterator[Wrong]:
    test = given.test
    if not TEST[0] <= test.sends <= TEST[1]:
        yield Wrong("range", "test.sends", f"The test has {test.sends} messages; choose {TEST[0]} to {TEST[1]:,}.")
    if not WAIT[0] <= test.wait <= WAIT[1]:
        yield Wrong("range", "test.wait", "The wait for the winner is out of range; choose 5 minutes to 7 days.")
    if test.winner_by == "views" and channel not in VIEWED:
        yield Wrong("missing", "test.winner_by", "Nobody reports views on this channel; let clicks decide.")
    if channel in UNCLICKED:
        yield Wrong("missing", "type", "Nobody clicks on this channel, so no variant can win; choose split delivery.")


def _split(channel: str, given: Variants[Any]) -> Iterator[Wrong]:
    total = sum(option.percent or 0 for option in given.options)
    if total != 100 or any(not 0 <= (option.percent or 0) <= 100 for option in given.options):
        yield Wrong("range", "options", f"The variants' shares add up to {total} %; make them 100 %, each 0 to 100.")


def _property(channel: str, given: Variants[Any]) -> Iterator[Wrong]:
    if not given.property.strip():
        yield Wrong("missing", "property", "Name the property by which the variant is chosen.")
    seen: dict[str, str] = {}
    for index, (option, name) in enumerate(zip(given.options, given.named(), strict=True)):
        if not option.values:
            yield Wrong("missing", f"options[{index}].values", f"Say for which values variant “{name}” is.")
        for value in map(_text, option.values):
            if seen.setdefault(value, name) != name:
                message = f"“{value}” is a value of “{seen[value]}” and of “{name}”; take it out of one."
                yield Wrong("missing", f"options[{index}].values", message)


_CHECKS: dict[str, Any] = {"ab": _ab, "split": _split, "property": _property}


# Drawing ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Trial:
    """The state of a campaign's A/B test. given: messages given a variant so far; decides_at: when the winner is
    chosen, None while the test runs.
    """

    given: int = 0
    decides_at: datetime | None = None
    winner: str = ""


class Person(msgspec.Struct, frozen=True):
    """Who a message is for. salt: the same at every visit of the node; variant: drawn when it was tried before."""

    profile_id: int
    salt: str
    variant: str | None
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a campaign sends: a composer a variant, None for its own content, and how the variant is drawn."""

    composers: dict[str | None, Composer]
    type: Literal["single", "ab", "split", "property"] = "single"
    shares: tuple[tuple[str, int], ...] = ()
    property: str = ""
    by_value: Mapping[str, str] = field(default_factory=dict)
    sends: int = 0
    wait: timedelta = timedelta()

    def draw(self, person: Person, trial: Trial | None, now: datetime) -> str | None:
        """The variant that somebody gets; None is the campaign's own content. Counts it in the trial."""
        if self.type == "single":
            return None
        if person.variant in self.composers and person.variant is not None:
            return person.variant
        if self.type == "property":
            return self._of_property(person.properties.get(self.property))
        if self.type == "split":
            drawn = draw.percent(person.profile_id, f"variant {person.salt}")
            for name, share in self.shares:
                drawn -= share
                if drawn < 0:
                    return name
        return self._of_trial(trial or Trial(), now)

    def _of_property(self, value: Any) -> str | None:
        values = value if isinstance(value, list) else [value]
        return next((self.by_value[text] for text in map(_text, values) if text in self.by_value), None)

    def _of_trial(self, trial: Trial, now: datetime) -> str:
        names = [name for name, _ in self.shares]
        if trial.winner in names:
            return trial.winner
        variant = names[trial.given % len(names)]
        trial.given += 1
        if trial.given == self.sends:
            trial.decides_at = now + self.wait
        return variant


def _text(value: Any) -> str:
    """A value as it is compared: text, ignoring case."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip().lower()


def compile_variants(channel: str, given: Any, variants: Any) -> Compiled:
    """What a campaign sends, from its content and its variants as JSON; None: a single message."""
    if not variants:
        return Compiled({None: compile_content(channel, given)})
    try:
        read = read_variants(channel, variants)
    except ValueError as error:  # pydantic's ValidationError is one
        return Compiled({None: Broken(f"variants: {' '.join(str(error).split())}")})
    named = list(zip(read.named(), read.options, strict=True))
    composers: dict[str | None, Composer] = {
        name: compile_content(channel, option.content.model_dump(mode="json", by_alias=True)) for name, option in named
    }
    if not read.everybody():
        composers[None] = compile_content(channel, given)
    return Compiled(
        composers,
        read.type,
        shares=tuple((name, option.percent or 0) for name, option in named),
        property=read.property,
        by_value={_text(value): name for name, option in named for value in option.values},
        sends=read.test.sends,
        wait=read.test.wait,
    )
