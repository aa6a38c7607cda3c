"""A release as nbgrader knows it: with its checksums, read, registered, compared with reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import compute_checksum, is_grade, is_locked, is_solution, is_task

from autograder.gradebook.config import course_config
from autograder.gradebook.restore import grade_id
from autograder.grading.stored import FILE
from autograder.model import AutograderError
from autograder.reports.feedback import number
from autograder.sources.assignment import Assignment
from autograder.sources.course import Course
from autograder.sources.views import student_notebook
from autograder.verdicts import ExerciseReport, Report

CHECK = "check-"
"""What the id of an exercise's check cell starts with."""

_POINTS_TOLERANCE = 1e-6

_ROLES: dict[str, Callable[[NotebookNode], bool]] = {
    "grade": is_grade,
    "solution": is_solution,
    "task": is_task,
    "source": lambda cell: is_grade(cell) or is_solution(cell) or is_task(cell) or is_locked(cell),
}
"""What nbgrader stores of a cell, by the table it stores it in."""


def release_notebook(assignment: Assignment) -> NotebookNode:
    """The student's notebook with nbgrader's checksums, as every view of the release has it."""
    return with_checksums(student_notebook(assignment))


def with_checksums(notebook: NotebookNode) -> NotebookNode:
    """Give every nbgrader cell of ``notebook`` its checksum, in place; returns the notebook."""
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader["cell_type"] = cell.cell_type
            cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
    nbformat.validate(notebook)
    return notebook


def is_ordinary(course: Path, assignment: str) -> bool:
    """Whether an assignment is one of nbgrader's own, which its kernels grade.

    Raises:
        AutograderError: it was built from a solution that is missing: grading it in a kernel would
            run what students wrote without protection.
    """
    found = Course(course)
    if (found.solutions / assignment).is_dir():
        return False
    if (found.release(assignment) / FILE).exists():
        raise AutograderError(
            f"{found.release(assignment)} was built from {found.solutions / assignment}, which is "
            "missing. Put that folder back."
        )
    return True


def read_release(course: CourseDirectory, assignment: str) -> NotebookNode:
    """The notebook that students got.

    Raises:
        AutograderError: it was never built, or cannot be read.
    """
    folder = Path(course.format_path(course.release_directory, ".", assignment))
    path = folder / f"{assignment}.ipynb"
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.reader.NotJSONError) as error:
        raise AutograderError(
            f"The released notebook {path} cannot be read ({error}). "
            f"Build it with: autograder build {assignment}"
        ) from error


def register_release(*, assignment: str, **_: Any) -> None:
    """``Autograde.pre_convert_hook``: register the assignment.

    nbgrader runs it in the course folder.
    """
    root = Path.cwd()
    if is_ordinary(root, assignment):
        return
    course = CourseDirectory(config=course_config(root), root=str(root))
    register(course, assignment, read_release(course, assignment))


def register(course: CourseDirectory, assignment: str, release: NotebookNode) -> None:
    """Give the gradebook's assignment the cells, points and locked sources of ``release``.

    Raises:
        AutograderError: cells were added or removed, and the gradebook holds grades already.
    """
    from nbgrader.preprocessors import SaveCells

    with Gradebook(course.db_url, course.course_id) as gradebook:
        try:
            gradebook.find_assignment(assignment)
        except MissingEntry:
            gradebook.add_assignment(assignment)
        else:
            _refuse_changed_cells(gradebook, assignment, release)
    nbgrader = {"assignment": assignment, "notebook": assignment, "db_url": course.db_url}
    SaveCells().preprocess(nbformat.from_dict(release), {"nbgrader": nbgrader})


def exercises_by_cell(report: Report) -> dict[str, ExerciseReport]:
    """Each exercise of the report under the id of its check cell."""
    return {CHECK + exercise.name: exercise for exercise in report.exercises}


def match_release(release: NotebookNode, report: Report) -> None:
    """Refuse to grade by another version of the assignment than the one released.

    Raises:
        AutograderError: an exercise has no check cell, or one with other points.
    """
    points = {
        grade_id(cell): cell.metadata.nbgrader.get("points")
        for cell in release.cells
        if is_grade(cell)
    }
    for name, exercise in exercises_by_cell(report).items():
        expected = 0.0 if exercise.bonus else exercise.max_score
        if name not in points:
            fault = f"has no check cell {name!r}"
        elif abs(float(points[name]) - expected) > _POINTS_TOLERANCE:
            fault = (
                f"gives {number(float(points[name]))} points in {name!r}, "
                f"but the checks now give {number(expected)}"
            )
        else:
            continue
        raise AutograderError(
            f"The released notebook of {report.assignment!r} {fault}. "
            f"Build it again with: autograder build {report.assignment}"
        )


def of_another_assignment(notebook: Mapping[str, Any] | None, release: NotebookNode) -> str:
    """A sentence about a notebook that has cells of another release and none of this one; or ""."""
    cells = (notebook or {}).get("cells")
    found = cells if isinstance(cells, list) else []
    theirs = {grade_id(cell): None for cell in found if isinstance(cell, Mapping)}
    theirs.pop("", None)
    if not theirs or theirs.keys() & {grade_id(cell) for cell in release.cells}:
        return ""
    first = [*theirs][:3]
    return (
        f"the notebook has no cell of this assignment, but {', '.join(each[:40] for each in first)}"
        f"{', ...' if len(theirs) > 3 else ''}: is it the notebook of another one?"
    )


def _refuse_changed_cells(gradebook: Gradebook, assignment: str, release: NotebookNode) -> None:
    try:
        saved = gradebook.find_notebook(assignment, assignment)
    except MissingEntry:
        if gradebook.assignment_submissions(assignment):
            raise AutograderError(
                f"The gradebook has submissions of {assignment!r} with other notebooks. "
                + _start_over(assignment)
            ) from None
        return
    if not saved.submissions:
        return
    before = {
        *(("grade", cell.name) for cell in saved.grade_cells),
        *(("solution", cell.name) for cell in saved.solution_cells),
        *(("task", cell.name) for cell in saved.task_cells),
        *(("source", cell.name) for cell in saved.source_cells),
    }
    now = {
        (role, grade_id(cell))
        for cell in release.cells
        for role, has in _ROLES.items()
        if has(cell)
    }
    if before != now:
        added = ", ".join(sorted({name for _, name in now - before})) or "none"
        removed = ", ".join(sorted({name for _, name in before - now})) or "none"
        raise AutograderError(
            f"The cells of {assignment!r} have changed since its grades were saved "
            f"(added: {added}; removed: {removed}). Either build the released version again, "
            f"or delete the grades. {_start_over(assignment)}"
        )


def _start_over(assignment: str) -> str:
    return (
        "To start over, copy gradebook.db to a safe place, run "
        f"`nbgrader db assignment remove {assignment} --force` (this deletes the assignment's "
        "grades, including those given by hand, and its due date), then grade again."
    )
