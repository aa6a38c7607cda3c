"""The list "What is checked": what students read of the checks before they write a line."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import nbformat
import pytest
from editing import change, downhill
from nbconvert.filters import markdown2html

from autograder.gradebook.release import release_notebook
from autograder.gradebook.restore import restore
from autograder.model import Check, Exercise
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.checked_list import ALWAYS, HIDDEN, checked_list
from autograder.sources.code_cells import locked_cells
from autograder.sources.submission import read_submission
from autograder.sources.views import student_notebook

HIDDEN_CHECKS = """
from checks import hills, walk

from autograder.grading.judge import close

walk.rule(
    "a_secret", "A secret claim.", points=2.5, probe="visited", inputs=hills, judge=close()
)
"""


def listed(assignment: Assignment, exercise: str) -> str:
    cells = student_notebook(assignment).cells
    (cell,) = [c for c in cells if c.id == f"checked-{exercise}"]
    return str(cell.source)


def a_check(claim: str) -> Check:
    return Check(
        name="a_check",
        exercise="walk",
        claim=claim,
        points=1,
        probe="visited",
        inputs=lambda rng: {},
        judge=lambda: None,
    )


def test_it_holds_every_claim_with_its_points_and_the_total(assignment: Assignment) -> None:
    assert listed(assignment, "walk") == (
        "<details><summary><b>What is checked: walk</b> (3 points)</summary>\n\n"
        "| Points | What must hold |\n"
        "| :--- | :--- |\n"
        "| 2 | Every step goes downhill by rate times the gradient. |\n"
        "| 1 | The first step leads away from the start. |\n\n"
        f"{ALWAYS}\n\n"
        "</details>"
    )
    assert "average</b> (1.5 bonus points)" in listed(assignment, "average")


def test_of_hidden_checks_it_tells_only_the_points(course: Path) -> None:
    (downhill(course) / "hidden_checks.py").write_text(HIDDEN_CHECKS)
    text = listed(read_assignment(downhill(course)), "walk")
    assert "(5.5 points)" in text
    assert f"| 2.5 | {HIDDEN} |" in text
    assert "secret" not in text
    assert "A secret" not in text


def test_what_is_forbidden_can_be_read_without_opening_the_list(course: Path) -> None:
    change(
        downhill(course) / "checks.py",
        'Exercise("walk")',
        'Exercise("walk", forbidden=("keras.optimizers.SGD", "tensorflow.raw_ops.Step"))',
    )
    folded, shown = listed(read_assignment(downhill(course)), "walk").split("</details>")
    assert "Also not allowed: `tensorflow.raw_ops.Step`." in folded
    assert shown == (
        "\n\nWrite walk yourself: using `keras.optimizers.SGD` or another finished version (see "
        "the list) earns 0 points for the exercise."
    )


@pytest.mark.parametrize(
    "claim",
    [
        "After | before, a < b > c & d is $x$ *or* [y](z) or \\n.",
        "__init__ and _private, but batch_size, stay as they are.",
        "The `__init__` has `a | b` and `<b>`.",
        "<script>alert(1)</script>",
    ],
)
def test_a_claim_is_shown_as_it_is_written(claim: str) -> None:
    page = markdown2html(checked_list(Exercise("walk"), [a_check(claim)]))
    (cell,) = re.findall(r"<td[^>]*>(?!1</td>)(.*?)</td>", page)
    text = unescape(re.sub(r"</?code>", "`", cell))
    assert text == claim
    assert "<script" not in cell


def changed(notebook: nbformat.NotebookNode, how: str) -> None:
    index = next(n for n, c in enumerate(notebook.cells) if c.id == "checked-walk")
    if how == "deleted":
        del notebook.cells[index]
    elif how == "edited":
        notebook.cells[index].source = "I did all of this."
    elif how == "turned into code":
        metadata = notebook.cells[index].metadata
        notebook.cells[index] = nbformat.v4.new_code_cell("I did all of this.", metadata=metadata)


@pytest.mark.parametrize("how", ["left alone", "deleted", "edited", "turned into code"])
def test_it_does_not_matter_what_students_do_with_it(
    how: str, assignment: Assignment, tmp_path: Path
) -> None:
    release = release_notebook(assignment)
    theirs = release_notebook(assignment)
    for cell in theirs.cells:
        if cell.id == "walk":
            cell.source = assignment.cells["walk"]
    changed(theirs, how)
    nbformat.write(theirs, tmp_path / "downhill.ipynb")
    submission = read_submission(tmp_path / "downhill.ipynb", locked=locked_cells(release))
    assert not submission.remarks
    assert assignment.cells["walk"] in [cell.text for cell in submission.cells]
    kept = [cell.source for cell in restore(theirs, release).cells]
    assert kept.count(listed(assignment, "walk")) == 1
