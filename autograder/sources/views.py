"""The views of an assignment's one source: the student's notebook and the instructor's.

The other two views, the reference and the misconceptions, are definitions to run; ``Assignment``
has them. Nothing here runs an exercise.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.sources.answers import solution_lines
from autograder.sources.assignment import Assignment, exercise_of, question_of
from autograder.sources.regions import released

__all__ = ["instructor_notebook", "solution_lines", "student_notebook"]

_LINT = re.compile(r" +# noqa\b.*$", re.MULTILINE)
"""Comments for the course's linter, which mean nothing to students."""


def student_notebook(assignment: Assignment) -> NotebookNode:
    """The notebook that students get: stubs, locked check cells with points, no solution.

    The check cell of a bonus exercise is worth 0 points in nbgrader: what it earns is extra credit.
    """
    return _view(assignment, released)


def instructor_notebook(assignment: Assignment) -> NotebookNode:
    """The same notebook with the reference and the rubrics, for nbgrader's ``source/``."""
    return _view(assignment, lambda cell, _: str(cell.source))


def _view(assignment: Assignment, text_of: Callable[[NotebookNode, str], str]) -> NotebookNode:
    notebook = nbformat.v4.new_notebook(metadata=_kernel())
    for number, cell in enumerate(assignment.notebook.cells, 1):
        exercise = exercise_of(cell)
        text = _LINT.sub("", text_of(cell, f"{assignment.name}.py, cell {number}"))
        if question := question_of(cell):
            notebook.cells.append(_manually_graded(question, text, cell))
            continue
        if not exercise:
            notebook.cells.append(_numbered(cell.cell_type, text, number))
            continue
        checks = assignment.check_set.of(exercise)
        bonus = assignment.check_set.exercise(exercise).bonus
        points = math.fsum(check.points for check in checks)
        hidden = math.fsum(check.points for check in checks if check.hidden)
        worth = f"{points:g} {'bonus points' if bonus else 'points'}"
        if hidden:
            worth += f", {hidden:g} of them for checks that run only when you are graded"
        notebook.cells += [
            _graded(f"{exercise}", text, solution=True),
            _graded(
                f"check-{exercise}",
                f"# {worth}\ncheck({exercise})",
                points=0 if bonus else points,
            ),
        ]
    return notebook


def _manually_graded(question: str, text: str, cell: NotebookNode) -> NotebookNode:
    answer = new_markdown_cell(text, id=re.sub(r"[^\w-]", "-", question))
    answer.metadata["nbgrader"] = {
        "schema_version": 3,
        "grade_id": question,
        "grade": True,
        "solution": True,
        "locked": False,
        "task": False,
        "points": cell.metadata["points"],
    }
    return answer


def _kernel() -> dict[str, dict[str, str]]:
    return {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }


def _numbered(kind: str, text: str, number: int) -> NotebookNode:
    # Ids that depend only on the position, so that building twice gives the same file.
    if kind == "code":
        return new_code_cell(text, id=f"cell-{number}")
    return new_markdown_cell(text, id=f"cell-{number}")


def _graded(grade_id: str, text: str, *, solution: bool = False, points: float = 0) -> NotebookNode:
    metadata: dict[str, object] = {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": not solution,
        "solution": solution,
        "locked": not solution,
        "task": False,
    }
    if not solution:
        metadata["points"] = int(points) if points == int(points) else points
    cell = new_code_cell(text, id=re.sub(r"[^\w-]", "-", grade_id))
    cell.metadata["nbgrader"] = metadata
    if not solution:
        cell.metadata |= {"editable": False, "deletable": False}
    return cell
