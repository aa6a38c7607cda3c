"""Bounds of what is parsed: a clear verdict instead of a grader out of memory. No keras."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from autograder.sources.definitions import Cell, definitions
from autograder.sources.module_file import module_cells
from autograder.sources.notebook_file import UnreadableFileError
from autograder.sources.parsing import TooMuchCodeError, parsed
from autograder.sources.submission import bounded, read_submission

CLASS = "class Adam:\n    pass\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1\n" * 1_000_000, "1,000,000 tokens, at most 50,000 are read"),
        ("1\n" * 20_000, "20,000 statements, at most 10,000 are read"),
        ("x = 1 " + "+ 1" * 300, "nested more than 200 levels deep"),
        ("x" + ".a" * 300, "nested more than 200 levels deep"),
        ("x = " + "-" * 300 + "1", "nested more than 200 levels deep"),
        ("if a: pass\n" + "elif a: pass\n" * 300, "nested more than 200 levels deep"),
        ("x = " + "[" * 150 + "]" * 150, ""),
        ("x = " + "(" * 5_000, "too many nested parentheses"),
        ("x = " + "not " * 50_000 + "1", "tokens|deep"),
        ("x = " + "lambda: " * 20_000 + "1", "deep"),
        ("".join(f"{' ' * n}if a:\n" for n in range(150)), "too many levels of indentation"),
        ("x = '" + "\\N{DIGIT ONE}" * 5_000 + "'", ""),
    ],
)
def test_too_much_code_is_a_broken_cell_and_costs_nothing_else(text: str, said: str) -> None:
    _, defined, broken = definitions([Cell("cell 1", text), Cell("cell 2", CLASS)], ["Adam"])
    assert defined == {"Adam"}
    assert bool(broken) == bool(said)
    assert all(re.search(said, str(cell)) for cell in broken), broken


def test_the_line_of_what_is_nested_too_deeply_is_named() -> None:
    with pytest.raises(TooMuchCodeError) as refused:
        parsed(f"a = 1\n\nb = {'-' * 300}1", "cell 1")
    assert refused.value.lineno == 3


def test_work_of_a_long_notebook_is_within_the_bounds() -> None:
    text = "".join(
        f"def f{n}(x, y):\n    # what it does\n    return x * {n} + y\n\n" for n in range(2_000)
    )
    assert len(parsed(text, "module").body) == 2_000
    assert isinstance(parsed("x = [" + "0.25, " * 20_000 + "]", "data").body[0], ast.Assign)


def test_a_script_of_very_many_cells_is_refused() -> None:
    with pytest.raises(UnreadableFileError, match="too many cells"):
        module_cells("# %%\n" * 6_000)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\n" * 200_000, "optimizers.py has 1.2 MB of code; at most 1 MB is read"),
        ("# %%\n" + "f(a)\n# %%\n" * 22_000, "too many cells"),
        (("# %%\n" + "f(a)\n" * 9_000) * 3, "tokens of code; at most 100,000 are read"),
        (("# %%\n" + "?\n" * 180) * 3, "too many magics and shell lines in long cells"),
    ],
)
def test_a_module_of_too_much_code_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "optimizers.py"
    path.write_text(text)
    found = read_submission(path)
    assert said in found.unreadable
    assert found.definitions(["Adam"]).missing == {"Adam": found.unreadable}


def test_remarks_are_bounded_by_a_count() -> None:
    assert bounded(["a"] * 20) == ("a",) * 20
    assert bounded(["a"] * 32) == (*["a"] * 20, "There are 12 more remarks.")


BLACK = "x = (\n" + "    1\n" + "    / 2\n" * 100 + ")\n" + "# " + "a" * 60_000 + "\n"


@pytest.mark.parametrize("name", ["ada.py", "ada.ipynb"])
def test_a_division_at_the_start_of_a_line_is_no_magic(tmp_path: Path, name: str) -> None:
    text = BLACK + CLASS
    if name.endswith(".ipynb"):
        cell = {"cell_type": "code", "metadata": {}, "source": text, "outputs": []}
        text = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]})
    (tmp_path / name).write_text(text)
    found = read_submission(tmp_path / name)
    assert found.unreadable == ""
    assert not found.definitions(["Adam"]).missing
