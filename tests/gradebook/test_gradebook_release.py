"""A release is registered, and refused where it does not fit grades or reports."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from graded_class import (
    NAME,
    Graded,
    check,
    exercise,
    grade,
    opened,
    record,
    recorded,
    report,
    solution,
    solved,
)
from nbformat.notebooknode import NotebookNode

from autograder.gradebook.release import with_checksums
from autograder.model import AutograderError
from autograder.verdicts import Report

pytestmark = pytest.mark.slow


def test_points_changed_since_are_updated(course: Path, release: NotebookNode) -> None:
    recorded(course, release, Graded(report(), solved(release)))
    dearer = copy.deepcopy(release)
    dearer.cells[3].metadata.nbgrader["points"] = 30
    dearer = with_checksums(dearer)
    exercises = (exercise("Momentum", 30, 30), *report().exercises[1:])

    recorded(course, dearer, Graded(Report("ada", NAME, exercises, 1, "none"), solved(release)))

    assert grade(course, "check-Momentum")["max_score"] == 30
    assert grade(course, "check-Momentum")["auto_score"] == 30


def test_cells_changed_under_saved_grades_are_refused_with_a_way_out(
    course: Path, release: NotebookNode
) -> None:
    recorded(course, release, Graded(report(), solved(release)))
    release.cells += [solution("Extra"), check("Extra", 5)]

    with pytest.raises(
        AutograderError, match="added: Extra, check-Extra; removed: none"
    ) as refused:
        record(course, with_checksums(release))

    assert f"nbgrader db assignment remove {NAME} --force" in str(refused.value)


@pytest.mark.parametrize(
    ("points", "message"),
    [(12, "gives 12 points in 'check-Momentum'.*10"), (None, "no check cell")],
)
def test_a_release_that_does_not_fit_the_report_is_refused_before_a_grade_is_saved(
    course: Path, release: NotebookNode, points: float | None, message: str
) -> None:
    if points is None:
        del release.cells[3]
    else:
        release.cells[3].metadata.nbgrader["points"] = points

    with pytest.raises(AutograderError, match=message):
        record(course, release, Graded(report(), release))

    with opened(course) as database:
        assert database.assignment_submissions(NAME) == []
