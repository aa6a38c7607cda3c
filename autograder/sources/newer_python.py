"""Syntax of a Python that is newer than the one that grades: say so, where that is the reason.

A cell that does not parse is rewritten in older syntax, construct by construct. If it parses then,
the construct was the reason; otherwise nothing is said.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator

_STRING = re.compile(r"#[^\n]*|([A-Za-z]{0,2})('''|\"\"\"|'|\")")

LONGEST = 100_000
"""Characters of a text that is looked through; no cell that a person writes is longer."""


class _UnterminatedError(Exception):
    """A string does not end."""


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
        except (_UnterminatedError, RecursionError):  # no Python reads it
            return ""
        if minor > sys.version_info.minor and older != text:
            needed.append((minor, what))
            text = older
    if not needed or not parses(text):
        return ""
    minor, what = max(needed)
    return f"{what} need Python 3.{minor} or later, and this is Python {running}"


def _type_statements(text: str) -> str:
    return re.sub(r"(?m)^([ \t]*)type[ \t]+(\w+)[ \t]*(\[.*\])?[ \t]*=", r"\1\2 =", text)


def _type_parameters(text: str) -> str:
    head = r"(?m)^([ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+\w+)[ \t]*"
    return re.sub(head + r"\[[^\n\[\]]*(?:\[[^\n\[\]]*\][^\n\[\]]*)*\](?=[ \t]*[(:])", r"\1", text)


def _template_strings(text: str) -> str:
    return re.sub(r"(?<![\w'\"])[tT]([rR]?['\"])", r"f\1", text)


def _nested_f_strings(text: str) -> str:
    """The text with each f-string that Python 3.11 cannot read replaced by its expressions."""
    pieces, place = [], 0
    for start, end, fields in _f_strings(text):
        quote = _STRING.match(text, start)
        assert quote
        if any(quote[2][0] in field or re.search(r"[\\#\n]", field) for field in fields):
            pieces += [text[place:start], _tuple(fields)]
            place = end
    return "".join(pieces) + text[place:]


def _tuple(fields: list[str]) -> str:
    expressions = (_nested_f_strings(_expression(field)) for field in fields)
    # In brackets, an expression may go over several lines, and a comment ends with its line.
    return "(" + "".join(f"({expression}" + "\n)," for expression in expressions) + ")"


def _expression(field: str) -> str:
    """A replacement field without its conversion, its format and the `=` of a debugging one."""
    depth = 0
    place = 0
    while place < len(field):
        character = field[place]
        if string := _STRING.match(field, place):
            place = _end_of_string(field, string)
            continue
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and (
            character == ":" or (character == "!" and field[place + 1 : place + 2] != "=")
        ):
            break
        place += 1
    return re.sub(r"(?<![=!<>])=\s*$", "", field[:place])


def _f_strings(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """Where each f-string begins and ends, as Python 3.12 reads it, and its replacement fields."""
    place = 0
    while found := _STRING.search(text, place):
        place = found.end()
        if found[2] is None:  # a comment
            continue
        if "f" in found[1].lower():
            fields, place = _fields(text, found)
            yield found.start(), place, fields
        else:
            place = _end_of_string(text, found)


def _fields(text: str, found: re.Match[str]) -> tuple[list[str], int]:
    """The replacement fields of an f-string, and where it ends."""
    place, quote, fields = found.end(), found[2], []
    while not _ends(text, place, quote):
        if text.startswith(("{{", "}}"), place) or text[place] == "\\":
            place += 2
        elif text[place] == "{":
            end = _end_of_field(text, place + 1)
            fields.append(text[place + 1 : end])
            place = end + 1
        else:
            place += 1
    return fields, place + len(quote)


def _end_of_field(text: str, place: int) -> int:
    depth = 0
    while place < len(text):
        if string := _STRING.match(text, place):
            place = _end_of_string(text, string)
            continue
        if text[place] == "}" and depth == 0:
            return place
        depth += (text[place] in "([{") - (text[place] in ")]}")
        place += 1
    raise _UnterminatedError


def _ends(text: str, place: int, quote: str) -> bool:
    if place >= len(text) or (text[place] == "\n" and len(quote) == 1):
        raise _UnterminatedError
    return text.startswith(quote, place)


def _end_of_string(text: str, found: re.Match[str]) -> int:
    """Where a string or a comment ends that begins here."""
    if found[2] is None:
        return found.end()
    if "f" in found[1].lower():
        return _fields(text, found)[1]
    place, quote = found.end(), found[2]
    while not _ends(text, place, quote):
        place += 2 if text[place] == "\\" else 1
    return place + len(quote)


_CONSTRUCTS: tuple[tuple[int, str, Callable[[str], str]], ...] = (
    (12, "type statements, as in type X = int,", _type_statements),
    (12, "type parameters, as in def f[T](x),", _type_parameters),
    (14, "template strings, as in t'...',", _template_strings),
    (12, "quotes, backslashes and comments inside the braces of an f-string", _nested_f_strings),
)
