"""YAML that people write by hand, read as they mean it."""

import re
from datetime import date, datetime
from typing import Any

import yaml


class Unreadable(Exception):
    """Text that is no YAML. `message` says where and why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def load(text: str, *, words: frozenset[str] = frozenset()) -> Any:
    """JSON or YAML text as plain data: dates and times as ISO strings. words: keys whose values are texts, also those
    that YAML takes for truths, such as yes. Raises Unreadable, which names the line.
    """
    try:
        loader = _Loader(text)
        loader.words = words
        return loader.get_single_data()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise Unreadable(f"{where}{getattr(error, 'problem', None) or error}.") from error
    except RecursionError as error:
        raise Unreadable("It is nested too deeply, or in itself.") from error


_INT, _FLOAT = "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"
_BOOL, _TEXT = "tag:yaml.org,2002:bool", "tag:yaml.org,2002:str"


class _Loader(yaml.SafeLoader):
    """YAML 1.1 without its surprises: 21:00 is a text and not 1260, 0012 a text and not 10; keys are texts as they are
    written, dates and times ISO strings; and as in YAML 1.2 a text may have a question mark in it, in braces too.
    """

    words: frozenset[str] = frozenset()
    _in_text = False

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in known if tag not in (_INT, _FLOAT)]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def scan_plain(self) -> Any:
        self._in_text = True
        try:
            return super().scan_plain()
        finally:
            self._in_text = False

    def peek(self, index: int = 0) -> str:
        found: str = super().peek(index)
        return "x" if found == "?" and self._in_text else found  # looked at only; the text itself is read elsewhere

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        self.flatten_mapping(node)
        found = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key is a text", key.start_mark)
            if key.value in self.words and value.tag == _BOOL:
                value.tag = _TEXT
            found[key.value] = self.construct_object(value, deep=deep)
        return found

    def construct_time(self, node: Any) -> str:
        try:
            time: date | datetime = self.construct_yaml_timestamp(node)
        except ValueError as error:
            message = f"{node.value} is no date: {error}"
            raise yaml.constructor.ConstructorError(None, None, message, node.start_mark) from error
        return time.isoformat()


_DIGITS = list("-+0123456789.")
_Loader.add_implicit_resolver(_INT, re.compile(r"[-+]?(?:0|[1-9][0-9_]*)$"), _DIGITS)
_Loader.add_implicit_resolver(
    _FLOAT, re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$"), _DIGITS
)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_time)
