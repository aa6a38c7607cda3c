"""An existing course of nbgrader's: its other assignments go through nbgrader's own chain."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import nbformat
import pytest
from graded_class import NAME, ROOT, code, nbgrader_api, nbgrader_commands

from autograder.gradebook.release import is_ordinary
from autograder.model import AutograderError

pytestmark = pytest.mark.slow

HIDDEN = "### BEGIN HIDDEN TESTS\nassert double(3) == 6\n### END HIDDEN TESTS"


@pytest.fixture
def released(course: Path) -> Path:
    """The course after `nbgrader generate_assignment homework`."""
    shutil.copy(ROOT / "nbgrader_config.py", course)
    cells = [
        code(
            "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION",
            **{"grade": False, "solution": True, "locked": False, "grade_id": "double"},
        ),
        code(
            f"assert double(1) == 2\n{HIDDEN}",
            **{"grade": True, "solution": False, "locked": True, "points": 2, "grade_id": "test"},
        ),
        code("open('seen.txt').read()"),
    ]
    (course / "source" / "homework").mkdir(parents=True)
    (course / "source" / "homework" / "seen.txt").write_text("a file of the assignment")
    nbformat.write(nbformat.v4.new_notebook(cells=cells), course / "source/homework/homework.ipynb")
    nbgrader_commands((course, "generate_assignment homework"))
    return course


def test_it_is_released_executed_scored_and_reported_by_nbgrader(released: Path) -> None:
    release = released / "assignments" / "homework" / "homework.ipynb"
    text = release.read_text()
    assert "HIDDEN" not in text
    assert "return 2" not in text
    for student, body in (("ada", "return 2 * x"), ("ben", "return 2")):
        notebook = nbformat.read(release, as_version=4)
        notebook.cells[0].source = f"def double(x):\n    {body}"
        notebook.cells[1].source = "pass  # no test of mine"
        folder = released / "submitted" / student / "homework"
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / "homework.ipynb")

    nbgrader_commands(
        (released, "autograde homework"),
        (released, "generate_feedback homework"),
        (released, "export"),
    )

    with (released / "grades.csv").open(newline="") as file:
        scores = {row["student_id"]: row["score"] for row in csv.DictReader(file)}
    assert scores == {"ada": "2.0", "ben": "0.0"}  # the hidden test is back
    graded = (released / "autograded" / "ada" / "homework" / "homework.ipynb").read_text()
    assert "a file of the assignment" in graded
    page = (released / "feedback" / "ben" / "homework" / "homework.html").read_text()
    assert "AssertionError" in page
    formgrader = nbgrader_api(released).get_assignment("homework")
    assert (formgrader["num_submissions"], formgrader["average_score"]) == (2, 1)


def test_without_the_last_step_nothing_is_released(released: Path) -> None:
    config = (released / "nbgrader_config.py").read_text()
    last = '    "autograder.desks.nbgrader_plugin.RemoveHiddenParts",\n'
    assert last in config
    (released / "nbgrader_config.py").write_text(config.replace(last, ""))
    with pytest.raises(AssertionError, match="RemoveHiddenParts"):
        nbgrader_commands((released, "generate_assignment homework --force"))
    assert not (released / "assignments" / "homework").exists()


def test_an_assignment_whose_solution_is_missing_is_not_run_in_a_kernel(course: Path) -> None:
    release = course / "assignments" / NAME
    release.mkdir(parents=True)
    assert is_ordinary(course, NAME)
    (release / "expected.safetensors").touch()
    with pytest.raises(AutograderError, match="Put that folder back"):
        is_ordinary(course, NAME)
    (course / "solutions" / NAME).mkdir(parents=True)
    assert not is_ordinary(course, NAME)
