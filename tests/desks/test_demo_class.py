"""The demo's class, made from the course of conftest.py: each submission is what its name says."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.desks.demo_class import submit_class
from autograder.gradebook.release import release_notebook
from autograder.sources.assignment import Assignment
from autograder.sources.code_cells import locked_cells
from autograder.sources.course import Course
from autograder.sources.submission import Submission
from autograder.sources.submitted_files import find_submission

EXERCISES = ("walk", "average")

pytestmark = pytest.mark.slow


@pytest.fixture
def submissions(course: Path, assignment: Assignment) -> dict[str, Submission]:
    locked = locked_cells(release_notebook(assignment))
    students = submit_class(assignment, Course(course))
    submitted = course / "submitted"
    return {
        student: find_submission(submitted / student / "downhill", "downhill", student, locked)
        for student in students
    }


def cell_of(submission: Submission, exercise: str) -> str:
    (text,) = [cell.text for cell in submission.cells if f"def {exercise}(" in cell.text]
    return text


def test_right_and_untouched_submissions_are_the_reference_and_the_stub(
    submissions: dict[str, Submission], assignment: Assignment
) -> None:
    for name in EXERCISES:
        assert cell_of(submissions["all-right"], name) == assignment.cells[name]
        assert "raise NotImplementedError" in cell_of(submissions["untouched"], name)
    half = submissions["half-done"]
    assert cell_of(half, "walk") == assignment.cells["walk"]
    assert "raise NotImplementedError" in cell_of(half, "average")


def test_a_mistake_is_a_misconceptions_edit(
    submissions: dict[str, Submission], assignment: Assignment
) -> None:
    edited = {m.exercise: assignment.cells[m.exercise] for m in assignment.misconceptions}
    wrong = [s for name, s in submissions.items() if name.startswith("mistake-")]
    assert len(wrong) == len(assignment.misconceptions)
    found = {cell_of(s, name) for s in wrong for name in EXERCISES} - set(edited.values())
    for known in assignment.misconceptions:
        assert assignment.cells[known.exercise].replace(known.find, known.replace) in found


def test_a_broken_submission_says_what_to_fix(submissions: dict[str, Submission]) -> None:
    broken = submissions["syntax-error"].definitions(EXERCISES)
    assert set(broken.missing) == {"walk"}
    assert broken.missing["walk"].endswith("Fix this cell: walk is undefined until it runs.")
    assert submissions["not-a-notebook"].unreadable == (
        "downhill.ipynb is not a valid notebook (invalid JSON, line 1). Save it in Jupyter. "
        "Then submit it again."
    )
    assert submissions["nothing-submitted"].unreadable.startswith("Nothing was submitted")


def test_edited_checks_are_remarked_on_and_not_run(submissions: dict[str, Submission]) -> None:
    edited = submissions["edited-checks"]
    assert set(edited.remarks) == {
        f"The locked cell check-{name} was edited; the original check was used."
        for name in EXERCISES
    }
    assert not [cell for cell in edited.cells if "1000" in cell.text]


def test_noise_costs_no_definition(submissions: dict[str, Submission]) -> None:
    plan = submissions["noisy"].definitions(EXERCISES)
    assert plan.missing == {}
    assert len(plan.broken) == 1
