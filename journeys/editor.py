"""The document as text: how an editor shows it, reads it back, and finds the line that a problem is on.

Stand-in for the canvas, and its list view afterwards. Whatever somebody types ends as data that can be stored, or as
problems with their places: it never raises anything but DocumentError.
"""

import contextlib
import hashlib
import json
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import yaml

from config.lib.errors import Problem
from journeys import checks
from journeys.document import DocumentError, load, parse

EXAMPLE = (Path(__file__).parent / "example.yaml").read_text(encoding="utf-8")
LONGEST = 1_000_000  # characters: 200 nodes with long e-mails
_SHORT = 76  # characters; what fits is written on one line
_LEADING = ("id", "kind", "name", "from", "via", "to", "property", "op")  # come first wherever they stand

_PARTS = re.compile(r"[^.\[\]]+|\[\d+\]")


class Finding(NamedTuple):
    """A problem and where it is. line: from 1; None when the text has no such place."""

    code: str
    level: str
    node: int | None
    field: str
    message: str
    line: int | None

    @property
    def place(self) -> str:
        """For people: node 3, config.content.subject, line 12."""
        parts = [f"node {self.node}" if self.node is not None else "", self.field]
        return ", ".join([part for part in parts if part] + ([f"line {self.line}"] if self.line else []))


# Writing ----------------------------------------------------------------------------------------------------------


class _Dumper(yaml.SafeDumper):
    """YAML as a person would write it: short things on one line, long texts as blocks, no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


def _mapping(dumper: _Dumper, value: dict[str, Any]) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", list(value.items()), flow_style=_fits(value))


def _sequence(dumper: _Dumper, value: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=_fits(value))


def _fits(value: Any) -> bool:
    text = json.dumps(value, ensure_ascii=False)
    return len(text) <= _SHORT and "\\n" not in text


_Dumper.add_representer(str, _text)
_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(list, _sequence)


def write(document: Any) -> str:
    """A stored document as YAML, its keys in the order of the contract, which the database does not keep."""
    return yaml.dump(_written(document), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


def write_json(document: Any) -> str:
    """The same as JSON."""
    return json.dumps(_written(document), ensure_ascii=False, indent=2) + "\n"


def _written(document: Any) -> Any:
    with contextlib.suppress(DocumentError):  # stored under an older schema: shown as it is, for somebody to repair
        document = parse(document).model_dump(mode="json", by_alias=True, exclude_unset=True)
    return _ordered(document)


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        keys = [key for key in _LEADING if key in value] + [key for key in value if key not in _LEADING]
        return {key: _ordered(value[key]) for key in keys}
    return [_ordered(item) for item in value] if isinstance(value, list) else value


def digest(document: Any) -> str:
    """What a stored document is recognised by: two editors must not overwrite each other (domain 9.2)."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]


# Reading ----------------------------------------------------------------------------------------------------------


def read(text: str) -> Any:
    """The text as data that parses as a document and can be stored. Raises DocumentError with what is wrong."""
    if len(text) > LONGEST:
        raise _unreadable(f"The document has {len(text):,} characters; at most {LONGEST:,} are possible.")
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            raise _unreadable("Anchors and aliases (&name, *name) are not possible here; write the part out again.")
        data = load(text)
        json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise _unreadable(
            f"{where}{getattr(error, 'problem', None) or 'this is not text that can be read'}."
        ) from error
    except RecursionError:
        raise _unreadable("The document is nested too deeply.") from None
    except UnicodeEncodeError:
        raise _unreadable("The document holds half a character (a lone surrogate); type it again.") from None
    except ValueError as error:
        raise _unreadable(f"A value cannot be read: {error}.") from None
    if _holds_nul(data):
        raise _unreadable("The document holds the character U+0000, which cannot be stored.")
    parse(data)
    return data


def _holds_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any("\x00" in key or _holds_nul(item) for key, item in value.items())
    return any(map(_holds_nul, value)) if isinstance(value, list) else isinstance(value, str) and "\x00" in value


def _unreadable(message: str) -> DocumentError:
    return DocumentError([Problem("unreadable", "error", None, "", message)])


def check(text: str, *, now: datetime, tz: ZoneInfo, journey_id: int | None = None) -> list[Finding]:
    """All that is wrong with the text, if it were published at `now` for the journey; empty when nothing is."""
    try:
        problems = checks.findings(parse(read(text)), now=now, tz=tz, journey_id=journey_id)
    except DocumentError as error:
        return unreadable(text, error)
    return locate(text, problems)


def unreadable(text: str, error: DocumentError) -> list[Finding]:
    """The problems of a text that could not be read, each with its line."""
    mark = getattr(error.__cause__, "problem_mark", None)
    if mark is not None:
        return [Finding(*_fields(problem), mark.line + 1) for problem in error.problems]
    return locate(text, error.problems)


def locate(text: str, problems: Iterable[Problem]) -> list[Finding]:
    """Each problem with its line in the text, errors first."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        root = None
    found = [Finding(*_fields(problem), _line(root, problem)) for problem in problems]
    return sorted(found, key=lambda finding: (finding.level != "error", finding.line or 0))


def _fields(problem: Problem) -> tuple[str, str, int | None, str, str]:
    return problem.code, problem.level, problem.node, problem.field, problem.message


def _line(root: yaml.Node | None, problem: Problem) -> int | None:
    """The line of a problem's field; of its node, or of the nearest part around it, when the field is not there."""
    path = [int(part[1:-1]) if part.startswith("[") else part for part in _PARTS.findall(problem.field)]
    node = _node(root, problem.node) if problem.node is not None else None
    if node is not None:
        line, depth = _walk(node, path)
        if depth or not path:
            return line
        # Fields of links are told from the root, with the node that they start from.
        outer, depth = _walk(root, path)
        return outer if depth else line
    line, depth = _walk(root, path)
    return line if depth or not path else None


def _node(root: yaml.Node | None, number: int) -> yaml.Node | None:
    """The node with a number, in the list of nodes."""
    nodes = _child(root, "nodes")
    for item in nodes[1].value if nodes and isinstance(nodes[1], yaml.SequenceNode) else ():
        found = _child(item, "id")
        if found and found[1].value == str(number):
            return item
    return None


def _walk(here: yaml.Node | None, path: list[str | int]) -> tuple[int | None, int]:
    """As far along a path as the text goes: (line, steps taken)."""
    line, taken = (here.start_mark.line + 1, 0) if here is not None else (None, 0)
    for part in path:
        found = _child(here, part)
        if found is None:
            break
        line, here, taken = found[0], found[1], taken + 1
    return line, taken


def _child(here: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    """(line, node) of a key or an index."""
    if isinstance(here, yaml.MappingNode):
        for key, value in here.value:
            if key.value == str(part):
                return key.start_mark.line + 1, value
    if isinstance(here, yaml.SequenceNode) and isinstance(part, int) and part < len(here.value):
        return here.value[part].start_mark.line + 1, here.value[part]
    return None
