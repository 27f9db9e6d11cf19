"""`matches`: regular expressions that PostgreSQL and RE2 understand alike.

The two engines agree on expressions that are regular in the strict sense. So a pattern is read with the small grammar
below, and anything else is refused with a sentence; what was read is printed in a form that both take the same way.
Neither engine backtracks, so no pattern takes exponential time; length and repetition are bounded all the same.

Understood: literal characters, `.` (any character), `^` and `$` (start and end of the text), `|`, `( )` and `(?: )`,
`* + ? {m} {m,} {m,n}` and their lazy forms, `[abc]`, `[^a-z]`, `\\d \\w \\s \\D \\W \\S` (ASCII), `\\n \\r \\t`,
and `\\` before a sign. A match may be anywhere in the text, and letter case counts.
"""

import re
from collections.abc import Callable
from functools import lru_cache

import re2  # type: ignore[import-untyped]

LONGEST = 200  # characters of a pattern
MOST_REPEATS = 100

_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": " \t\n\r\f\v"}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}
_BRACES = re.compile(r"\{([0-9]{1,3})(?:(,)([0-9]{1,3})?)?\}")

_OPTIONS = re2.Options()
_OPTIONS.dot_nl = True
_OPTIONS.log_errors = False


class PatternError(ValueError):
    """A pattern that is not in the grammar. The message is a sentence."""


@lru_cache(maxsize=1000)
def translate(pattern: str) -> str:
    """The pattern in the form for both engines. Raises PatternError."""
    if not pattern:
        raise PatternError("The pattern is empty.")
    if len(pattern) > LONGEST:
        raise PatternError(f"The pattern has {len(pattern)} characters; at most {LONGEST} are possible.")
    translated = _Reader(pattern).read()
    try:
        re2.compile(translated, options=_OPTIONS)
    except re2.error:
        raise PatternError(f"The pattern “{pattern}” repeats too much.") from None
    return translated


def searcher(pattern: str) -> Callable[[str], bool]:
    """A function that says whether a text holds a match."""
    search = re2.compile(translate(pattern), options=_OPTIONS).search
    return lambda text: search(text) is not None


class _Reader:
    """Reads a pattern once from left to right, printing it in the common form."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.start = 0  # of the sign that is being read
        self.depth = 0

    def read(self) -> str:
        printed = []
        repeatable = False  # whether a quantifier may come now
        while self.at < len(self.pattern):
            self.start = self.at
            sign = self.pattern[self.at]
            if sign in "*+?{":
                if not repeatable:
                    raise self.error("has nothing to repeat before")
                printed.append(self.quantifier())
                repeatable = False
                continue
            self.at += 1
            repeatable = True
            if sign == "[":
                printed.append(self.bracket())
            elif sign == "\\":
                printed.append(self.escape())
            elif sign == "(":
                if self.pattern.startswith("?:", self.at):
                    self.at += 2
                elif self.pattern.startswith("?", self.at):
                    raise self.error("has a group that is not understood: look-around, names and options are not,")
                self.depth += 1
                printed.append("(?:")
                repeatable = False
            elif sign == ")":
                self.depth -= 1
                if self.depth < 0:
                    raise self.error("closes a group that is not open")
                printed.append(")")
            elif sign in "^$|":
                printed.append(sign)
                repeatable = False
            elif sign == ".":
                printed.append(".")
            else:
                printed.append(_literal(sign))
        if self.depth:
            raise self.error("leaves a group open")
        return "".join(printed)

    def quantifier(self) -> str:
        sign = self.pattern[self.at]
        if sign == "{":
            found = _BRACES.match(self.pattern, self.at)
            if not found:
                raise self.error("has a { that counts nothing (write \\{ for the sign)")
            low, high = int(found[1]), int(found[3] or found[1])
            if not low <= high <= MOST_REPEATS:
                raise self.error(f"repeats something other than 0 to {MOST_REPEATS} times")
            self.at = found.end()
            sign = found[0]
        else:
            self.at += 1
        if self.pattern.startswith("?", self.at):  # lazy: finds another match, but not in another text
            self.at += 1
        return sign

    def escape(self) -> str:
        sign = self.escaped()
        if sign in _CLASSES:
            return f"[{_CLASSES[sign]}]"
        if sign.lower() in _CLASSES:
            return f"[^{_CLASSES[sign.lower()]}]"
        return _literal(self.plain(sign))

    def escaped(self) -> str:
        """The sign after a backslash."""
        if self.at >= len(self.pattern):
            raise self.error("ends with a lone backslash")
        sign = self.pattern[self.at]
        self.at += 1
        return sign

    def plain(self, sign: str) -> str:
        """The character that a backslash and a sign stand for."""
        if sign in _CONTROLS:
            return _CONTROLS[sign]
        if sign.isalnum():
            raise self.error(f"uses \\{sign}, which is not understood,")
        return sign

    def bracket(self) -> str:
        """What stands between [ and ], printed anew."""
        printed = ["["]
        if self.pattern.startswith("^", self.at):
            printed.append("^")
            self.at += 1
        start = self.at
        while True:
            first = self.member()
            if first is None:
                if self.at == start + 1:
                    raise self.error("has empty brackets")
                return "".join(printed) + "]"
            if len(first) > 1:  # a class such as \d
                printed.append(first)
                continue
            if self.pattern.startswith("-", self.at) and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                last = self.member()
                if last is None or len(last) > 1 or last < first:
                    raise self.error("has a range that does not go upwards")
                printed.append(f"{_literal(first)}-{_literal(last)}")
            else:
                printed.append(_literal(first))

    def member(self) -> str | None:
        """One character, or the inside of a class, or None for the closing bracket."""
        self.start = self.at
        if self.at >= len(self.pattern):
            raise self.error("leaves brackets open")
        sign = self.pattern[self.at]
        self.at += 1
        if sign == "]":
            return None
        if sign != "\\":
            return sign
        sign = self.escaped()
        return _CLASSES.get(sign) or self.plain(sign)

    def error(self, what: str) -> PatternError:
        return PatternError(
            f"The pattern “{self.pattern}” {what} at character {min(self.start + 1, len(self.pattern))}."
        )


def _literal(character: str) -> str:
    if character == "\x00":
        raise PatternError("A pattern cannot hold the character U+0000.")
    return (
        "\\" + character if character.isascii() and not character.isalnum() and character.isprintable() else character
    )
