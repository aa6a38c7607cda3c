"""Code that is written alike but for comments and formatting is the same code."""

from __future__ import annotations

import pytest

from autograder.programs import Definitions, SourceFile
from autograder.sources.normal_form import normal_form

WALK = 'def walk(x, rate=0.1):\n    """Walk."""\n    return x - rate\n'


def form(text: str, *, keep: tuple[int, ...] = (0,), name: str = "cell_3.py") -> str | None:
    file = SourceFile(name, "cell 3", text, keep, ((keep[0], "walk"),))
    return normal_form(Definitions((file,)))


@pytest.mark.parametrize(
    "alike",
    [
        "def walk(x, rate=0.1):\n    return x - rate\n",
        "\n\n#\ndef walk(x,rate = .1) :\n\n    '''Other.'''\n    # go\n    return (x - rate)\n",
        "def walk(x, rate=0.1): return x - rate",
    ],
)
def test_comments_docstrings_and_formatting_do_not_count(alike: str) -> None:
    assert form(alike) == form(WALK)


def test_neither_does_the_cell_nor_what_is_not_run_of_it() -> None:
    assert form(f"print('hello')\n{WALK}", keep=(1,), name="cell_9.py") == form(WALK)


@pytest.mark.parametrize(
    "other",
    [
        WALK.replace("0.1", "0.2"),
        WALK.replace("0.1", "1"),
        WALK.replace("rate", "eta"),
        WALK.replace("x - rate", "rate - x"),
        WALK.replace("x - rate", "'text'"),
        f"{WALK}walk = walk\n",
    ],
)
def test_everything_else_counts(other: str) -> None:
    keep = (0, 1) if "walk = walk" in other else (0,)
    assert form(other, keep=keep) != form(WALK)


def test_a_text_that_is_no_docstring_counts() -> None:
    assert form("def walk(x):\n    x += 1\n    'a'\n") != form(
        "def walk(x):\n    x += 1\n    'b'\n"
    )


def test_which_statement_defines_the_exercise_counts() -> None:
    text = f"{WALK}{WALK}"
    first, second = (
        Definitions((SourceFile("cell.py", "cell", text, (0, 1), ((at, "walk"),)),))
        for at in (0, 1)
    )
    assert normal_form(first) != normal_form(second)


@pytest.mark.parametrize(
    "reading",
    [
        "def walk(x):\n    return len(walk.__doc__)\n",
        "import inspect\n",
        "from inspect import getsource\n",
        "def walk(x):\n    return getattr(walk, '__code__')\n",
        "def walk(x):\n    return __import__('linecache')\n",
    ],
)
def test_code_that_may_read_itself_has_no_normal_form(reading: str) -> None:
    assert form(reading) is None


def test_what_cannot_be_parsed_has_none() -> None:
    assert form("def walk(:\n") is None
