"""What most, or a good part, of somebody's events have in common. What it means is told in `segments.rules`."""

from typing import Annotated

from pydantic import Field, model_validator

from segments.behaviour import Events, Hours, Weekday
from segments.parts import Name, Scalar, need


class Interest(Events):
    """Events that hold a value, fall into hours or onto a weekday: mostly, or at least so many percent of them."""

    property: Name | None = None
    value: Scalar | None = None
    hours: Hours | None = None
    weekday: Weekday | None = None
    predominantly: bool | None = None
    at_least: Annotated[int, Field(ge=1, le=100, strict=True)] | None = None

    @model_validator(mode="after")
    def _is_clear(self) -> "Interest":
        given = (self.property, self.hours, self.weekday)
        need(
            sum(it is not None for it in given) == 1,
            "An interest is in exactly one of property with value, hours, weekday.",
        )
        need((self.property is None) == (self.value is None), "An interest in a property takes property and value.")
        need(
            bool(self.predominantly) != (self.at_least is not None),
            "Say how strong an interest is: predominantly: true, or at_least: a percentage.",
        )
        return self
