"""Code that a person should look at is named with its place, and nothing else is."""

from __future__ import annotations

import pytest

from autograder.sources.definitions import Cell, Outline
from autograder.sources.flags import flags


def remarks(*cells: str) -> tuple[str, ...]:
    labelled = [Cell(f"cell {number}", text) for number, text in enumerate(cells, 1)]
    return flags({"walk": Outline(labelled, ["walk"]).definitions("walk")})


@pytest.mark.parametrize(
    ("before", "line", "name"),
    [
        ("", "exec('x = 1')", "exec"),
        ("", "eval('1')", "eval"),
        ("", "compile('1', 'a', 'eval')", "compile"),
        ("import inspect", "inspect.getsource(print)", "inspect.getsource"),
        ("import inspect as i", "i.getsource(print)", "inspect.getsource"),
        ("from inspect import getsource as g", "g(print)", "inspect.getsource"),
        ("import importlib", "importlib.reload(importlib)", "importlib.reload"),
        (
            "import importlib.util",
            "importlib.util.spec_from_file_location('a', 'b')",
            "importlib.util.spec_from_file_location",
        ),
        ("import gc", "gc.freeze()", "gc.freeze"),
        ("", "walk.__code__", "__code__"),
        ("", "walk.__code__.co_code", "co_code"),
    ],
)
def test_what_a_person_should_look_at_is_named(before: str, line: str, name: str) -> None:
    (said,) = remarks(f"{before}\ndef walk():\n    return {line}")
    assert said.startswith("For your instructor: walk uses ")
    place = 1 if "from" in before else 3
    assert f"`{name}` (cell 1, line {place})" in said


def test_each_is_named_once_for_an_exercise() -> None:
    (said,) = remarks("def walk():\n    exec('1')\n    exec('2')\n    return eval('3')")
    assert said == (
        "For your instructor: walk uses `exec` (cell 1, line 2), `eval` (cell 1, line 4)."
    )


@pytest.mark.parametrize(
    "code",
    [
        "def walk(model):\n    model.compile('sgd')\n    return model.eval()",
        "import re\ndef walk():\n    return re.compile('a')",
        "def walk(compile=True):\n    return compile",
        "def walk():\n    'Do not use exec.'\n    return 'gc.freeze'",
        "import inspect\ndef walk():\n    return inspect.signature(print)",
        "import gc\ndef walk():\n    return 1",
        "exec('print(1)')\ndef walk():\n    return 1",
        "def other():\n    return eval('1')\ndef walk():\n    return 1",
    ],
)
def test_ordinary_code_is_not_named(code: str) -> None:
    assert remarks(code) == ()
