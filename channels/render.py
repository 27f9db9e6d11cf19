"""Liquid: what an author writes, with one person's values in it (domain.md 12).

Templates see plain JSON data only (dicts, lists, strings, numbers), so nothing of Python can be reached from one. A
template that loops for ever, grows without end or breaks fails by itself, with its reason, within SECONDS and
OUTPUT_BYTES.

Most templates are text with a few `{{ Profile.name | default: "there" }}` in it. Those are rendered from the library's
own parse tree by `_render_parts`, about six times as fast (6 against 37 µs for four fields in 1 KB of HTML); a property
test holds the two to the same result. Everything else is rendered by the library.
"""

import functools
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import liquid
from django.conf import settings
from liquid import exceptions
from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, Path, PositionalArgument, StringLiteral
from liquid.builtin.output import OutputNode
from liquid.filter import with_context
from liquid.stringify import to_liquid_string
from liquid.token import TOKEN_TAG
from markupsafe import escape

SECONDS = 2.0
OUTPUT_BYTES = 200_000
LOOP_ITERATIONS = 10_000  # nested loops multiplied
LOCALS_BYTES = 1_000_000  # what `assign` may hold
DATE_FORMAT = "%Y-%m-%d %H:%M:%S"

TAGS = {"assign", "break", "case", "comment", "continue", "for", "if", "tablerow", "unless"}
_PSEUDO_TAGS = {"content", "output", "illegal"}  # how the library spells text and {{ }}
# `safe` would let personal values through unescaped.
FILTERS_OFF = {"safe"}
ABORTED = "liquid abort"  # the reason of a message that its own text stopped
OBJECTS = {"Profile", "Event"}  # those that may lack a value

Objects = dict[str, Any]
Step = tuple[tuple[str, ...], str | None]  # path, default


class RenderError(Exception):
    """A template failed for one person; `reason` is stored with the message."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason[:200]


class Abort(exceptions.LiquidError):
    """The author's own {% abort %}."""


class TooLong(exceptions.LiquidError):
    """SECONDS are over."""


class _Context(liquid.RenderContext):
    """The library's context with a deadline, looked at whenever a value is read or set and a loop begins: whatever
    takes long does one of these, and the stretch between two of them is bounded by LOOP_ITERATIONS.
    """

    __slots__ = ("deadline",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.deadline = time.monotonic() + SECONDS

    def _check(self) -> None:
        if time.monotonic() > self.deadline:
            raise TooLong("timeout", token=None)

    def get(self, *args: Any, **kwargs: Any) -> object:
        self._check()
        return super().get(*args, **kwargs)

    def assign(self, key: str, val: Any) -> None:
        self._check()
        super().assign(key, val)

    def loop(self, *args: Any, **kwargs: Any) -> Any:
        self._check()
        return super().loop(*args, **kwargs)


class _BoundTemplate(liquid.BoundTemplate):
    context_class = _Context


class _AbortNode(Node):
    def render_to_output(self, context: Any, buffer: Any) -> int:
        raise Abort("abort", token=self.token)


class _AbortTag(liquid.Tag):
    """{% abort %}: this person gets no message."""

    name = "abort"
    block = False

    def parse(self, stream: Any) -> _AbortNode:
        return _AbortNode(stream.expect(TOKEN_TAG))


def local_time(value: object, now: str = "") -> datetime | None:
    """A moment out of what a template holds, in the account timezone; None if it is none. Accepts “now” and “today”,
    epoch seconds and ISO 8601; without an offset it is in the account timezone.
    """
    zone = _zone()
    if value in ("now", "today"):
        value = now
    try:
        if isinstance(value, bool):
            return None
        if isinstance(value, int | float) or (isinstance(value, str) and value.isdigit() and len(value) > 8):
            return datetime.fromtimestamp(int(value), UTC).astimezone(zone)
        if not isinstance(value, str) or not value or len(value) > 64:
            return None
        at = datetime.fromisoformat(value)
    except (ValueError, OverflowError, OSError):
        return None
    return at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone)


def printable(properties: dict[str, Any]) -> dict[str, Any]:
    """The properties as templates see them: moments (kept as ISO 8601 with an offset) in the account timezone, as
    DATE_FORMAT.

    Changes the dict it is given, which nobody else may hold.
    """
    for name, value in properties.items():
        # "2026-03-02T10:00:00Z": cheap looks first, since nearly every property of nearly everyone passes here.
        if type(value) is str and len(value) >= 20 and value[10] == "T" and value[4] == "-" and (at := _moment(value)):
            properties[name] = at.strftime(DATE_FORMAT)
    return properties


def _moment(value: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at.astimezone(_zone()) if at.tzinfo else None


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.ACCOUNT_TIMEZONE)


def local(at: datetime) -> datetime:
    """The moment on the account's clock."""
    return at.astimezone(_zone())


@with_context
def _date(value: object, form: object = DATE_FORMAT, *, context: _Context) -> str:
    """The filter `date`, on the caller's clock instead of the process's; what is no date stays as it is."""
    if liquid.is_undefined(value) or value is None:
        return ""
    now = context.globals.get("now")
    at = local_time(value, now if isinstance(now, str) else "")
    if at is None or not isinstance(form, str):
        return str(value)
    return at.strftime(form)


class _Environment(liquid.Environment):
    output_stream_limit = OUTPUT_BYTES
    loop_iteration_limit = LOOP_ITERATIONS
    local_namespace_limit = LOCALS_BYTES
    template_class = _BoundTemplate

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        self.tags = {name: tag for name, tag in self.tags.items() if name in TAGS | _PSEUDO_TAGS}
        self.add_tag(_AbortTag)
        for name in FILTERS_OFF:
            del self.filters[name]
        self.filters["date"] = _date
        # The two filters whose result is a product of sizes; all others are bounded by what they are given.
        for name in ("replace", "join"):
            self.filters[name] = _bounded(self.filters[name])


def _bounded(filter_function: Any) -> Any:
    """The filter, refused when its result could exceed what a message may hold many times over."""

    @functools.wraps(filter_function)
    def bounded(left: object, *args: object, **kwargs: object) -> object:
        size = len(left) if isinstance(left, str | list | tuple | range) else 1
        if size * max((len(arg) for arg in args if isinstance(arg, str)), default=1) > 20 * OUTPUT_BYTES:
            raise exceptions.OutputStreamLimitError("output stream limit reached", token=None)
        return filter_function(left, *args, **kwargs)

    return bounded


_TEXT = _Environment()
_HTML = _Environment(autoescape=True)


class Template:
    """One compiled text. Raises liquid's LiquidError when it cannot be parsed."""

    __slots__ = ("_parts", "_template", "html")

    def __init__(self, source: str, *, html: bool = False) -> None:
        """html: values are escaped for HTML; literal text is the author's own and stays."""
        self.html = html
        self._template = (_HTML if html else _TEXT).from_string(source)
        self._parts = _parts(self._template.nodes)

    def render(self, objects: Objects) -> str:
        """The text with `objects` in it. Raises RenderError."""
        text = (
            self.render_by_library(objects) if self._parts is None else _render_parts(self._parts, objects, self.html)
        )
        # PostgreSQL holds no NUL, and one message with one would keep its whole batch from being settled.
        return text.replace("\0", "") if "\0" in text else text

    def own_value(self, objects: Objects) -> Any:
        """The value of a template that is one plain output; None if it is more, or there is no value."""
        if self._parts is None or len(self._parts) != 1 or isinstance(self._parts[0], str):
            return None
        path, default = self._parts[0]
        found = _found(path, objects)
        return None if default is not None and _lacking(found) else found

    def render_by_library(self, objects: Objects) -> str:
        """As `render`, always by the library."""
        try:
            return self._template.render(objects)
        except Abort:
            raise RenderError(ABORTED) from None
        except TooLong:
            raise RenderError(f"liquid timeout: rendering took longer than {SECONDS:g} seconds") from None
        except exceptions.OutputStreamLimitError:
            raise RenderError(_TOO_LARGE) from None
        except exceptions.LiquidError as error:
            raise RenderError(f"liquid replacement: {sentence(error)}") from None
        except Exception as error:  # noqa: BLE001 (whatever a template provokes in the library fails this message alone)
            raise RenderError(f"liquid replacement: {type(error).__name__}") from None


_TOO_LARGE = f"liquid replacement: the text is longer than {OUTPUT_BYTES // 1000} kB"


def sentence(error: exceptions.LiquidError) -> str:
    """The library's message on one line, without the excerpt it adds."""
    return " ".join(str(error.message or type(error).__name__).split())


def _parts(nodes: Iterable[Node]) -> list[str | Step] | None:
    """The template as literal texts and plain outputs, or None when it holds anything else."""
    parts: list[str | Step] = []
    for node in nodes:
        if type(node) is ContentNode:
            parts.append(node.text)
        elif type(node) is OutputNode and (step := _step(node.expression)):
            parts.append(step)
        else:
            return None
    return parts


def _step(expression: Any) -> Step | None:
    """A path of names, with or without a literal default; None for any other expression."""
    if type(expression) is not FilteredExpression or type(expression.left) is not Path:
        return None
    path = tuple(name for name in expression.left.path if isinstance(name, str))
    # Numbers and paths inside paths are the library's; so are size, first and last, which mean something of their own.
    if len(path) < len(expression.left.path) or not {"size", "first", "last"}.isdisjoint(path):
        return None
    filters = expression.filters or []
    if not filters:
        return path, None
    if len(filters) > 1 or filters[0].name != "default" or len(filters[0].args) != 1:
        return None
    argument = filters[0].args[0]
    if type(argument) is not PositionalArgument or type(argument.value) is not StringLiteral:
        return None
    return path, argument.value.value


def _found(path: tuple[str, ...], objects: Objects) -> Any:
    """The value at a path of names; None without one."""
    value: Any = objects
    for name in path:
        # Anything but an object has no names: the library calls that undefined, and undefined prints nothing.
        value = value.get(name) if type(value) is dict else None
    return value


def _lacking(value: Any) -> bool:
    """Whether a default takes the value's place."""
    return value is None or value is False or value in ("", [], {})


def _render_parts(parts: list[str | Step], objects: Objects, html: bool) -> str:
    out = []
    for part in parts:
        if isinstance(part, str):
            out.append(part)
            continue
        path, default = part
        value = _found(path, objects)
        if default is not None and _lacking(value):
            out.append(default)  # the author's own text: never escaped
        elif type(value) is str:
            out.append(escape(value) if html else value)
        else:
            out.append(to_liquid_string(value, html))
    text = "".join(out)
    if "\r" in text:  # the library writes through a text buffer, which makes every line end \n
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    # A character is at most four bytes.
    if len(text) > OUTPUT_BYTES // 4 and len(text.encode()) > OUTPUT_BYTES:
        raise RenderError(_TOO_LARGE)
    return text


@functools.lru_cache(maxsize=1000)
def _compiled(source: str) -> Template:
    return Template(source)


def value(source: str, objects: Objects) -> Any:
    """What a short template stands for, such as the new value of a property: of one output and nothing else the very
    value, so that numbers stay numbers and dates dates; else text. Raises RenderError, for bad syntax too.
    """
    try:
        template = _compiled(source)
    except exceptions.LiquidError as error:
        raise RenderError(f"liquid replacement: {sentence(error)}") from None
    own = template.own_value(objects)
    if own is not None:
        return own
    return template.render({name: printable(dict(it)) if isinstance(it, dict) else it for name, it in objects.items()})


# What publishing asks ------------------------------------------------------------------------------------------------


def has_liquid(source: str) -> bool:
    """Could the text be a template? Texts that cannot need no rendering."""
    return "{{" in source or "{%" in source


# Remembered by text: a document of 200 nodes is checked at each saving, and little of it has changed.
_remembered = functools.lru_cache(maxsize=1000)


def check(source: str) -> list[str]:
    """What keeps a template from being used, as sentences that name the line; empty if nothing does."""
    return list(_problems(source)) if has_liquid(source) else []


@_remembered
def _problems(source: str) -> list[str]:
    try:
        analysis = _TEXT.from_string(source).analyze()
    except exceptions.LiquidError as error:
        place = error.context()
        where = f"Line {place[0]}" if place else "The text"
        return [f"{where} is not valid Liquid: {sentence(error)}."]
    return [
        f"Line {source.count(chr(10), 0, spans[0].index) + 1} is not valid Liquid: there is no filter “{name}”."
        for name, spans in analysis.filters.items()
        if name not in _TEXT.filters
    ]


def always(source: str) -> str:
    """What everybody gets of a template: its text outside of tags, with an x for each output. One that cannot be parsed
    is its own text.
    """
    return _always(source) if has_liquid(source) else source


@_remembered
def _always(source: str) -> str:
    try:
        nodes = _TEXT.from_string(source).nodes
    except exceptions.LiquidError:
        return source
    return "".join(
        node.text if type(node) is ContentNode else "x" if type(node) is OutputNode else " " for node in nodes
    )


def uses_event(source: str) -> bool:
    """Does the template read the event? Texts that cannot be parsed do not."""
    return "Event" in names(source)


def names(source: str) -> frozenset[str]:
    """The objects that a template reads, such as Profile; none of one that cannot be parsed."""
    return _names(source) if has_liquid(source) else frozenset()


@_remembered
def _names(source: str) -> frozenset[str]:
    try:
        return frozenset(_TEXT.from_string(source).analyze().globals)
    except exceptions.LiquidError:
        return frozenset()


def outputs_without_default(source: str) -> list[str]:
    """The outputs of personal values that print nothing when the value is missing, as the author wrote them."""
    return list(_without_default(source)) if has_liquid(source) else []


@_remembered
def _without_default(source: str) -> list[str]:
    try:
        template = _TEXT.from_string(source)
    except exceptions.LiquidError:
        return []
    return [
        str(node.expression)
        for node in _nodes(template.nodes, liquid.RenderContext(template))
        if type(node) is OutputNode
        and type(node.expression) is FilteredExpression
        and type(node.expression.left) is Path
        and node.expression.left.head() in OBJECTS
        and not any(f.name == "default" for f in node.expression.filters or [])
    ]


def _nodes(nodes: Iterable[Node], context: liquid.RenderContext) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _nodes(node.children(context, include_partials=False), context)
