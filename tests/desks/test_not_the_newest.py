"""Whether what is checked is what the newest cell says."""

from __future__ import annotations

import linecache
from typing import Any

import pytest

from autograder.desks import notebook_source
from autograder.desks.notebook_source import not_the_newest

FIRST = 'class Walk:\n    """Walks."""\n    def step(self):\n        return 1\n'
OTHER = "class Walk:\n    def step(self):\n        return 2\n"
BROKEN = "class Walk:\n    def step(self:\n        return 2\n"
CHECK = "check(Walk)"


def ran(monkeypatch: pytest.MonkeyPatch, *cells: str) -> None:
    monkeypatch.setattr(notebook_source, "_cells", lambda: ["", *cells])


def defined(text: str, name: str = "Walk") -> Any:
    """What a cell defines, as IPython runs it."""
    file = f"<ipython-input-{hash(text)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    cell: dict[str, Any] = {}
    exec(compile(text, file, "exec"), cell)
    return cell[name]


def test_a_newer_cell_that_is_no_python_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    ran(monkeypatch, "import keras", FIRST, CHECK, BROKEN, CHECK)
    assert not_the_newest(defined(FIRST)) == (
        "What is checked is Walk of cell [2]: the newer one in cell [4] did not run "
        "(SyntaxError, line 2: '(' was never closed)."
    )


def test_a_newer_definition_that_is_not_the_one_checked_is_told_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran(monkeypatch, FIRST, f"1 / 0\n{OTHER}", CHECK)
    assert not_the_newest(defined(FIRST)) == (
        "What is checked is Walk of cell [1], not the newer one in cell [2]. "
        "Did that cell run without error?"
    )


SAME = FIRST.replace("Walks.", "Runs.").replace("return 1", "return 1  # a step")


@pytest.mark.parametrize(
    "cells",
    [
        (FIRST, CHECK),
        (OTHER, FIRST, CHECK),
        (FIRST, OTHER, FIRST, CHECK),  # the old cell ran again
        (BROKEN, FIRST, CHECK),
        (FIRST, SAME, CHECK),
        (FIRST, "get_ipython().run_cell_magic('script', 'cat', 'class Walk: (')", CHECK),
        (FIRST, "if fancy:\n    class Walk:\n        pass", CHECK),
        (FIRST, "class Walker(:", CHECK),
        (FIRST, "# class Walk(:", CHECK),
        (FIRST, f"{FIRST}\ncheck(Walk)"),
        ("import walks", OTHER, BROKEN, CHECK),  # another Walk is checked, of no cell
        (),
    ],
)
def test_where_it_is_the_newest_or_unclear_nothing_is_said(
    cells: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(monkeypatch, *cells)
    assert not_the_newest(defined(FIRST)) == ""


def test_of_what_was_put_together_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    patch = "def step(self):\n    return 3\n"
    walk = defined(FIRST + "    def stop(self):\n        pass\n")
    walk.step = defined(patch, "step")
    renamed = defined(OTHER.replace("Walk", "Run"), "Run")
    renamed.__name__ = "Walk"
    ran(monkeypatch, FIRST, OTHER.replace("Walk", "Run"), patch, BROKEN, CHECK)
    for implementation in (walk, renamed, len, 3, type("Walk", (), {})):
        assert not_the_newest(implementation) == ""


def test_outside_ipython_nothing_is_said() -> None:
    assert not_the_newest(defined(FIRST)) == ""
