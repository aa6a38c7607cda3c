"""Who submitted nothing has no grade, whatever an earlier version recorded."""

from __future__ import annotations

from pathlib import Path

import pytest
from graded_class import (
    NAME,
    Graded,
    opened,
    recorded,
    report,
    solved,
)
from nbformat.notebooknode import NotebookNode

from autograder.gradebook.absent import alike
from autograder.gradebook.record import Recorder

pytestmark = pytest.mark.slow


def leave_ungraded(course: Path, release: NotebookNode, *students: str) -> tuple[str, ...]:
    with Recorder(course, NAME, release, course / "submitted") as recorder:
        recorder.leave_ungraded(students)
    return recorder.recorded.problems


def test_a_missing_submission_is_no_zero_in_nbgraders_average(
    course: Path, release: NotebookNode
) -> None:
    recorded(
        course,
        release,
        Graded(report("ada"), solved(release)),
        Graded(report("bob", 0, 0, 0), release),  # as an earlier version did
    )

    assert leave_ungraded(course, release, "bob", "cleo") == ()

    with opened(course) as database:
        assert database.average_assignment_score(NAME) == 34
        assert [student.id for student in database.students] == ["ada", "bob", "cleo"]
    assert not (course / "feedback" / "bob" / NAME).exists()


def test_what_a_person_graded_is_kept(course: Path, release: NotebookNode) -> None:
    recorded(course, release, Graded(report("ada"), solved(release)))
    with opened(course) as database:
        database.find_grade("essay", NAME, NAME, "ada").manual_score = 3
        database.db.commit()

    (problem,) = leave_ungraded(course, release, "ada")

    assert problem.startswith("ada: nothing is submitted any more; the gradebook keeps the grades")
    with opened(course) as database:
        assert database.find_submission(NAME, "ada").score == 37


def test_ids_of_one_student_are_found_in_any_case_and_encoding() -> None:
    assert alike(["zo\u00eb", "Zoe\u0308", "zoe", "ada"]) == [("Zoe\u0308", "zo\u00eb")]
