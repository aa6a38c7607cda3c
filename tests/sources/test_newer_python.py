"""Cells in the syntax of a newer Python say so; cells with any other mistake do not."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from autograder.sources.definitions import Cell, definitions
from autograder.sources.newer_python import _CONSTRUCTS, DEEPEST, newer_syntax

pytestmark = pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="this Python reads most of these cells"
)

NEWER = {
    "type statement": ("type Rate = float\n\ndef f(x: Rate):\n    return x\n", "3.12"),
    "generic alias": ("type Rates[T] = list[T]\n", "3.12"),
    "generic function": ("def f[T](x: T) -> T:\n    return x\n", "3.12"),
    "bound": ("def f[T: (int, str), *Ts](x: T) -> T:\n    return x\n", "3.12"),
    "generic class": ("class A[T]:\n    pass\n\nclass B[T](A[T]):\n    pass\n", "3.12"),
    "quotes": ('def f(d):\n    return f"{d["a"]:.2f} and {d["b"]!r}"\n', "3.12"),
    "nested": ("def f(d):\n    return f'{', '.join(f'{x}' for x in d)}'\n", "3.12"),
    "backslash": ("def f(d):\n    return f\"{'\\n'.join(d)}\"\n", "3.12"),
    "comment": ('def f(d):\n    return f"{d  # the sum\n}"\n', "3.12"),
    "debugging": ('def f(d):\n    print(f"{d["a"]=}")\n', "3.12"),
    "format": ("def f(x):\n    return f'{x['a']:#>{x['n']}x}' + f'{x:#x}'\n", "3.12"),
    "in a readable one": ('def f(d):\n    return f"""{f\'{d[\'a\']}\'}"""\n', "3.12"),
    "template": ("def f(d):\n    return t'{d}'\n", "3.14"),
}


def parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


@pytest.mark.parametrize(("text", "version"), NEWER.values(), ids=NEWER)
def test_a_cell_of_a_newer_python_says_which(text: str, version: str) -> None:
    assert not parses(text)
    said = newer_syntax(text, parses)
    assert f"need Python {version} or later, and this is Python 3.11" in said


@pytest.mark.parametrize(
    "text",
    [
        "x = = 3\n",
        "def f(x)\n    return x\n",
        "def f(x):\nreturn x\n",
        "x = f'{a b}'\n",
        'x = f"{d["a" b]}"\n',
        'x = f"{d["a"]}\n',
        'x = f"{d["a"]:"\n',
        'x = f"{d["a"]:{"b" c}}"\n',
        "x = 'it's'\n",
        "print 'a'\n",
        "try:\n    pass\nexcept ValueError, error:\n    pass\n",
        "type Rate float\n",
        "def f[T](x:\n    return x\n",
        "def f[T](x) -> T\n    return x\n",
        "def f[T](x):\n    return x +\n",
        "",
    ],
)
def test_any_other_mistake_is_not_blamed_on_the_version(text: str) -> None:
    assert newer_syntax(text, parses) == ""


def test_the_broken_cell_is_told_so() -> None:
    _, _, broken = definitions([Cell("cell 3", NEWER["quotes"][0])], ["f"])
    assert broken[0].message == (
        "quotes, backslashes and comments inside the braces of an f-string need "
        "Python 3.12 or later, and this is Python 3.11"
    )


def test_a_cell_with_another_mistake_keeps_pythons_own_words() -> None:
    _, _, broken = definitions([Cell("cell 3", "x = = 3\n")], ["f"])
    assert str(broken[0]) == "cell 3, line 1: `x = = 3` · invalid syntax"


def test_what_looks_like_hostile_text_takes_no_time() -> None:
    for text in ("f'{" * 3000, "'" * 20_000, "def f[" * 5000, 'f"{a["' * 3000, "f'{a:{" * 3000):
        newer_syntax(text, lambda _: False)


@pytest.mark.parametrize(
    "head", ["type X", "type X[T]", "def f", "def f[T]", "async def f[T: [a]]"]
)
def test_blanks_are_read_once(head: str) -> None:
    text = head + " " * 300_000 + "\n("
    for _, _, rewrite in _CONSTRUCTS:
        assert rewrite(text) == text


def nested(depth: int, letters: int) -> str:
    """f-strings inside one another, with alternating quotes, around many letters."""
    text = "a" * letters
    for level in range(depth):
        quote = "'\""[level % 2]
        text = f"f{quote}{{{text}}}{quote}"
    return f"x = {text}\n"


def steps(text: str) -> int:
    """Lines of Python that are run to look through a text."""
    count = 0

    def trace(frame: FrameType, event: str, arg: object) -> Callable[..., Any]:
        nonlocal count
        # What the garbage collector happens to run meanwhile is not ours.
        count += event == "line" and "autograder" in Path(frame.f_code.co_filename).parts
        return trace

    sys.settrace(trace)
    try:
        newer_syntax(text, lambda _: False)
    finally:
        sys.settrace(None)
    return count


def test_the_content_of_nested_f_strings_is_read_once() -> None:
    assert steps(nested(DEEPEST, 60_000)) == steps(nested(DEEPEST, 1)) < 2_000


def test_f_strings_are_read_to_a_depth() -> None:
    assert "need Python 3.12" in newer_syntax(nested(DEEPEST, 1), parses)
    assert newer_syntax(nested(DEEPEST + 1, 1), parses) == ""
