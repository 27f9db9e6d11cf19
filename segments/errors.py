"""What can be wrong with a rule or a list."""

from typing import NamedTuple

from config.lib import pieces
from config.lib.errors import SojournError


class Finding(NamedTuple):
    """One thing that is wrong with a rule. place: dotted path inside the rule, for example all.0.did.count.value."""

    place: str
    message: str


def in_rule(place: str) -> str:
    """A place in a rule as a place in what a rule is sent with."""
    return f"rule.{place}" if place else "rule"


class RuleError(SojournError):
    """A document that is no rule, or a rule that names something that is gone."""

    code = "rule"

    def __init__(self, findings: list[Finding], *, code: str | None = None) -> None:
        super().__init__(
            " ".join(f"{place}: {message}" if place else message for place, message in findings), code=code
        )
        self.findings = findings


class ListError(SojournError):
    """A custom list that cannot be made, or a file that cannot become its members."""

    code = "list"


class SegmentError(SojournError):
    """A saved segment that cannot be made, changed or deleted."""

    code = "segment"


class OffsetError(pieces.OffsetError, ListError):
    """A piece of a list's file that does not begin where the file ends."""

    code = "list_offset"
