"""What goes wrong, said the same way everywhere: a sentence, a code that never changes, and a place.

Domain errors know no HTTP; `config.api` makes responses of them.
"""

from dataclasses import asdict, dataclass
from typing import Literal


class SojournError(Exception):
    """The base of all our errors. Subclasses set `code`; `message` is a sentence for whoever can do something."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a document. Errors forbid publishing, warnings do not."""

    code: str
    level: Literal["error", "warning"]
    node: int | None  # the node's number in the document; None when the whole document is meant
    field: str  # dotted path inside the node, for example "config.subject"; empty when the whole node is meant
    message: str

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)
