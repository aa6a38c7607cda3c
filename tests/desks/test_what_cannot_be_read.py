"""A cell that is not valid Python: told once, with the text of its line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from student_work import write

from autograder.desks.self_check import Work, read
from autograder.sandbox.interface import Sandbox
from autograder.sources.definitions import BrokenCell
from autograder.sources.submission import read_submission


def test_a_fault_shows_the_line_as_it_was_written() -> None:
    broken = BrokenCell("cell 7", 2, "'(' was never closed", "x = 1\n  y = (\x1b[31m1,\n")
    assert str(broken) == "cell 7, line 2: `y = ([31m1,` · '(' was never closed"
    assert str(replace(broken, line=9)) == "cell 7, line 9: '(' was never closed"


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


def test_no_one_is_told_to_submit_a_file_that_they_check(notebook: Path) -> None:
    notebook.write_text(notebook.read_text(encoding="utf-8")[:200], encoding="utf-8")
    assert read_submission(notebook).unreadable.endswith(
        "Save it in Jupyter. Then submit it again."
    )
    own = Work(notebook, read(notebook.parent)).submission
    assert "is not a valid notebook" in own.unreadable
    assert own.unreadable.endswith("Save it in Jupyter.")
    assert own.remarks == (own.unreadable,)
    notebook.unlink()
    assert (
        read_submission(notebook, own=True).unreadable == f"{notebook.name} is gone. Save it again."
    )
