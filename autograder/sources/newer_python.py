"""Syntax of a Python that is newer than the one that grades: say so, where that is the reason.

A cell that does not parse is rewritten in older syntax, construct by construct. If it parses then,
the construct was the reason; otherwise nothing is said.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

# What matters in code: comments, the beginnings of strings, brackets, ends of expressions.
_TOKEN = re.compile(r"#[^\n]*|([A-Za-z]{0,2})('''|\"\"\"|'|\")|!=|[][(){}:!]")
_STOP = re.compile(r"[\\{}\n'\"]")
# What Python 3.11 cannot read in the expression of an f-string, by the f-string's quote.
_NEWER = {quote: re.compile(rf"[\\#\n{quote}]") for quote in "'\""}

LONGEST = 100_000
"""Characters of a text that is looked through; no cell that a person writes is longer."""

DEEPEST = 20
"""Levels of f-strings inside f-strings that are looked through; Python itself reads 150."""


class _UnreadableError(Exception):
    """A string does not end, or f-strings are nested too deeply."""


def newer_syntax(text: str, parses: Callable[[str], bool]) -> str:
    """Why a text does not parse, if the reason is syntax of a newer Python; "" otherwise.

    Args:
        text: a cell or module that does not parse.
        parses: whether a text does.
    """
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    needed: list[tuple[int, str]] = []
    if len(text) > LONGEST:
        return ""
    for minor, what, rewrite in _CONSTRUCTS:
        try:
            older = rewrite(text)
        except _UnreadableError:  # no Python reads it, or no one writes it
            return ""
        if minor > sys.version_info.minor and older != text:
            needed.append((minor, what))
            text = older
    if not needed or not parses(text):
        return ""
    minor, what = max(needed)
    return f"{what} need Python 3.{minor} or later, and this is Python {running}"


# Possessive (`*+`) where two parts could share the same blanks: a match takes linear time.
_TYPE_STATEMENT = re.compile(r"(?m)^([ \t]*+)type[ \t]++(\w++)[ \t]*+(\[.*\])?[ \t]*+=")
_TYPE_PARAMETERS = re.compile(
    r"(?m)^([ \t]*+(?:async[ \t]++)?+(?:def|class)[ \t]++\w++)[ \t]*+"
    r"\[[^\n\[\]]*+(?:\[[^\n\[\]]*+\][^\n\[\]]*+)*+\](?=[ \t]*+[(:])"
)


def _type_statements(text: str) -> str:
    return _TYPE_STATEMENT.sub(r"\1\2 =", text)


def _type_parameters(text: str) -> str:
    return _TYPE_PARAMETERS.sub(r"\1", text)


def _template_strings(text: str) -> str:
    return re.sub(r"(?<![\w'\"])[tT]([rR]?['\"])", r"f\1", text)


def _nested_f_strings(text: str) -> str:
    """The text with each f-string that Python 3.11 cannot read replaced by its expressions."""
    return _code(text, 0, 0)[0]


def _code(text: str, place: int, level: int) -> tuple[str, int, bool]:
    """Code from a place on: in older syntax, where it ends, and whether it was changed.

    At level 0, it ends with the text; inside an f-string, with the expression of a field. Each
    character is looked at once, however deep it is.
    """
    pieces, copied, depth = [], place, 0
    while found := _TOKEN.search(text, place):
        token, place = found[0], found.end()
        if found[2] and "f" in found[1].lower():
            expressions, place = _f_string(text, found, level + 1)
            if expressions:
                pieces += [text[copied : found.start()], _tuple(expressions)]
                copied = place
        elif found[2]:
            place = _end_of_string(text, found)
        elif level and depth == 0 and token in ("}", ":", "!"):
            return "".join(pieces) + text[copied : found.start()], found.start(), bool(pieces)
        else:
            depth += (token in ("(", "[", "{")) - (token in (")", "]", "}"))
    if level:
        raise _UnreadableError
    return "".join(pieces) + text[copied:], len(text), bool(pieces)


def _tuple(expressions: list[str]) -> str:
    # In brackets, an expression may go over several lines, and a comment ends with its line.
    return "(" + "".join(f"({expression}\n)," for expression in expressions) + ")"


def _f_string(text: str, found: re.Match[str], level: int) -> tuple[list[str], int]:
    """The expressions of an f-string, none if Python 3.11 can read it, and where it ends."""
    place, quote = found.end(), found[2]
    expressions: list[str] = []
    newer = False
    while not _ends(text, place, quote):
        if text.startswith(("{{", "}}"), place) or text[place] == "\\":
            place += 2
        elif text[place] == "{":
            inner, place, is_newer = _field(text, place + 1, quote, level)
            expressions += inner
            newer |= is_newer
        else:
            place = _stop(text, place + 1)
    return expressions if newer else [], place + len(quote)


def _field(text: str, start: int, quote: str, level: int) -> tuple[list[str], int, bool]:
    """The expressions of a replacement field, its end, and whether Python 3.11 cannot read it."""
    if level > DEEPEST:
        raise _UnreadableError
    code, place, newer = _code(text, start, level)
    newer = newer or bool(_NEWER[quote[0]].search(text, start, place))
    expressions = [_without_equals_sign(code)]
    while not text.startswith("}", place):  # its conversion and its format, which may have fields
        if _ends(text, place, quote):
            raise _UnreadableError
        if text[place] == "{":
            inner, place, is_newer = _field(text, place + 1, quote, level + 1)
            expressions += inner
            newer |= is_newer
        else:
            place = _stop(text, place + 1)
    return expressions, place + 1, newer


def _without_equals_sign(code: str) -> str:
    """An expression without the `=` of a debugging field."""
    stripped = code.rstrip()
    is_comparison = stripped.endswith(("==", "!=", "<=", ">="))
    return stripped[:-1] if stripped.endswith("=") and not is_comparison else code


def _stop(text: str, place: int) -> int:
    """The next place that matters outside the expressions of an f-string."""
    found = _STOP.search(text, place)
    return found.start() if found else len(text)


def _ends(text: str, place: int, quote: str) -> bool:
    if place >= len(text) or (text[place] == "\n" and len(quote) == 1):
        raise _UnreadableError
    return text.startswith(quote, place)


def _end_of_string(text: str, found: re.Match[str]) -> int:
    place, quote = found.end(), found[2]
    while not _ends(text, place, quote):
        place = place + 2 if text[place] == "\\" else _stop(text, place + 1)
    return place + len(quote)


_CONSTRUCTS: tuple[tuple[int, str, Callable[[str], str]], ...] = (
    (12, "type statements, as in type X = int,", _type_statements),
    (12, "type parameters, as in def f[T](x),", _type_parameters),
    (14, "template strings, as in t'...',", _template_strings),
    (12, "quotes, backslashes and comments inside the braces of an f-string", _nested_f_strings),
)
