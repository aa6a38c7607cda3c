"""The source notebook of an assignment. No keras. What is said of a broken one: test_faults.py."""

from __future__ import annotations

from pathlib import Path

import jupytext
import pytest
from editing import downhill

from autograder.model import AutograderError
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.percent import cell_starts
from autograder.sources.regions import END


def test_the_bundled_variants_are_found_in_order(course: Path) -> None:
    (downhill(course) / "variants").mkdir()
    for name in ("b.py", "a.py", "notes.txt"):
        (downhill(course) / "variants" / name).write_text("def average(numbers): ...\n")
    assert [path.name for path in read_assignment(downhill(course)).variants] == ["a.py", "b.py"]


def test_blank_lines_after_an_exercise_without_a_region_release_nothing(course: Path) -> None:
    source = downhill(course) / "downhill.py"
    text = source.read_text()
    for marker in ('### BEGIN SOLUTION: Divide the sum by "how many", \\nu, there are.', END):
        text = marker_taken_out(text, marker)
    source.write_text(text + "\n\n\n\n")
    with pytest.raises(AutograderError, match="'average' has no solution region"):
        read_assignment(downhill(course))


def marker_taken_out(text: str, marker: str) -> str:
    head, _, tail = text.rpartition(marker)
    return head.rstrip(" ") + tail.lstrip("\n")


HEADER = "# ---\n# jupyter:\n#   jupytext: {}\n# ---\n\n"

PERCENT = """import numpy as np

# %% [markdown]
# Text, and an empty line:
#
# more.

# %% exercise="walk"


def walk():
    pass


# %% [markdown]
'''
Text in quotes.
'''
# %%
"""


@pytest.mark.parametrize("header", ["", HEADER], ids=["no header", "header"])
def test_each_cell_knows_the_line_at_which_it_begins(header: str) -> None:
    text = header + PERCENT
    notebook = jupytext.reads(text, fmt="py:percent")
    lines = text.splitlines()
    starts = cell_starts(text, notebook)
    assert len(starts) == 5
    for start, cell in zip(starts, notebook.cells, strict=True):
        for number, line in enumerate(cell.source.splitlines(), start):
            assert lines[number - 1].removeprefix("#").strip() == line.strip()
    assert starts[1] == line_with(lines, "# Text, and an empty line:")
    assert starts[3] == line_with(lines, "Text in quotes.")


def line_with(lines: list[str], text: str) -> int:
    return lines.index(text) + 1


def test_the_reference_keeps_the_lines_of_its_file(assignment: Assignment) -> None:
    written = (assignment.folder / "downhill.py").read_text().splitlines()
    for file in assignment.reference().files:
        for line, own in zip(file.text.splitlines(), written, strict=False):
            assert line in ("", own)
