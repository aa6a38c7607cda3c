"""The views of an assignment's one source: the student's notebook and the instructor's.

The other two views, the reference and the misconceptions, are definitions to run; ``Assignment``
has them. Nothing here runs an exercise.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.sources.answers import solution_lines
from autograder.sources.assignment import Assignment, exercise_of, question_of
from autograder.sources.checked_list import CHECKED, checked_list, points_in_words
from autograder.sources.predictions import POINTS, PREDICTIONS, Prediction, prediction_of
from autograder.sources.regions import released

__all__ = ["instructor_notebook", "solution_lines", "student_notebook"]

_LINT = re.compile(r" +# noqa\b.*$", re.MULTILINE)
"""Comments for the course's linter, which mean nothing to students."""


def student_notebook(assignment: Assignment) -> NotebookNode:
    """The notebook that students get: stubs, what is checked, locked check cells, no solution.

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
        if asked := prediction_of(cell):
            notebook.cells.append(_numbered(cell.cell_type, text, number))
            notebook.cells += _prediction(asked, assignment.check_set.predictions)
            continue
        if not exercise:
            notebook.cells.append(_numbered(cell.cell_type, text, number))
            continue
        notebook.cells += _exercise(assignment, exercise, text)
    return notebook


def _exercise(assignment: Assignment, name: str, text: str) -> list[NotebookNode]:
    """The cell that students write in, the list of what is checked, and the check cell."""
    exercise, checks = assignment.check_set.exercise(name), assignment.check_set.of(name)
    total = math.fsum(check.points for check in checks)
    hidden = math.fsum(check.points for check in checks if check.hidden)
    worth = points_in_words(total, bonus=exercise.bonus)
    if hidden:
        worth += f", {hidden:g} of them for checks that run only when you are graded"
    return [
        _cell(new_code_cell, name, text, solution=True),
        _cell(new_markdown_cell, CHECKED + name, checked_list(exercise, checks)),
        _cell(
            new_code_cell,
            f"check-{name}",
            f"# {worth}\ncheck({name})",
            points=0 if exercise.bonus else total,
        ),
    ]


def _prediction(asked: Prediction, all_asked: Sequence[Prediction]) -> list[NotebookNode]:
    """The cell that a choice is written in, and after the last one the check of them all."""
    cells = [_cell(new_code_cell, asked.variable.replace("_", "-", 1), asked.stub, solution=True)]
    if asked == all_asked[-1]:
        total = POINTS * len(all_asked)
        text = f'# {points_in_words(total)}, whatever you predict\ncheck("{PREDICTIONS}")'
        cells.append(_cell(new_code_cell, f"check-{PREDICTIONS}", text, points=total))
    return cells


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


def _cell(
    kind: Callable[..., NotebookNode],
    grade_id: str,
    text: str,
    *,
    solution: bool = False,
    points: float | None = None,
) -> NotebookNode:
    """A cell that nbgrader knows: to write in, to read only, or (with points) one that grades."""
    metadata: dict[str, object] = {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": points is not None,
        "solution": solution,
        "locked": not solution,
        "task": False,
    }
    if points is not None:
        metadata["points"] = int(points) if points == int(points) else points
    cell = kind(text, id=re.sub(r"[^\w-]", "-", grade_id))
    cell.metadata["nbgrader"] = metadata
    if not solution:
        cell.metadata |= {"editable": False, "deletable": False}
    return cell
