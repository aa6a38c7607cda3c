"""Written answers that are not where they belong.

A cell loses its metadata in an editor that does not keep it, or a student writes below the question
instead of in it. nbgrader then sees the untouched question and gives 0, with nothing to grade.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from nbformat.notebooknode import NotebookNode

ELSEWHERE = "The answer may be in another cell."
"""What the grader reads at a question that was left as it was."""

NO_RESPONSE = "No response."
"""What nbgrader says of a cell that was left as it was."""


def is_question(cell: Mapping[str, Any]) -> bool:
    """Whether a cell of a release is a written question, which a person grades."""
    nbgrader = cell.get("metadata", {}).get("nbgrader", {})
    return bool(nbgrader.get("grade") and nbgrader.get("solution"))


def is_elsewhere(cell: NotebookNode) -> bool:
    """Whether ``mark`` found what may be the answer to this question in another cell."""
    return bool(cell.metadata.get("autograder", {}).get("answer_elsewhere"))


def mark(
    cells: Sequence[NotebookNode], own: Collection[int], questions: Mapping[str, NotebookNode]
) -> None:
    """Mark each untouched question of which another cell may be the answer.

    Args:
        cells: of the restored notebook.
        own: positions of the student's own cells.
        questions: the release's, by id.
    """
    untouched = {question.source.strip() for question in questions.values()}
    written = [
        index for index in own if (text := cells[index].source.strip()) and text not in untouched
    ]
    for index, cell in enumerate(cells):
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        question = questions.get(name)
        if question is None or cell.source != question.source:
            continue
        if cell.metadata.get("autograder", {}).get("lost"):
            # Its place is a guess, so any text of the student's may be the answer.
            found = any(cells[each].cell_type != "code" for each in written)
        else:
            found = any(each in written for each in _around(index, own))
        if found:
            cell.metadata["autograder"] = {"answer_elsewhere": True}


def mark_all(cells: Sequence[NotebookNode]) -> None:
    """Mark every question: what the student wrote cannot be shown."""
    for cell in cells:
        if is_question(cell):
            cell.metadata["autograder"] = {"answer_elsewhere": True}


def _around(index: int, own: Collection[int]) -> list[int]:
    """Positions of the own cells directly above and below ``index``."""
    around = []
    for step in (-1, 1):
        place = index + step
        while place in own:
            around.append(place)
            place += step
    return around
