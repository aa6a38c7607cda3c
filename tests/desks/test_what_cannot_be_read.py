"""The text of a line that is not valid Python, in what is said of its cell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from student_work import write

from autograder.desks.broken_cells import with_its_line
from autograder.desks.self_check import Work, read
from autograder.sandbox.interface import Sandbox
from autograder.sources.definitions import BrokenCell

CELL = BrokenCell("cell 7", 2, "'(' was never closed", "x = 1\n  y = (\x1b[31m1,\n")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"{CELL}. Fix it.", "cell 7, line 2: `y = ([31m1,` · '(' was never closed. Fix it."),
        ("There is no walk.", "There is no walk."),
    ],
)
def test_the_line_is_named_and_the_rest_stays(said: str, shown: str) -> None:
    assert with_its_line(said, [CELL]) == shown


def test_a_line_that_is_not_there_costs_nothing() -> None:
    gone = BrokenCell("cell 7", 9, "too deep", "x")
    assert with_its_line(f"{gone}.", [gone]) == f"{gone}."


def test_a_fault_is_told_once_where_it_costs_something(notebook: Path) -> None:
    def no_sandbox() -> Sandbox:
        raise AssertionError("nothing has to run")

    write(notebook, "walk", "def walk(start:\n    return start")
    raw = json.loads(notebook.read_text(encoding="utf-8"))
    raw["cells"].append({"cell_type": "code", "metadata": {}, "source": "for x in 3\n    x"})
    notebook.write_text(json.dumps(raw), encoding="utf-8")
    work = Work(notebook, read(notebook.parent))
    (remark,) = work.remarks
    assert "line 1: `for x in 3` · expected ':'. This cell was skipped." in remark
    message = work.judge("walk", no_sandbox).verdicts[0].message
    assert "line 1: `def walk(start:` · " in message
    assert message.endswith("Fix this cell: walk is undefined until it runs.")
