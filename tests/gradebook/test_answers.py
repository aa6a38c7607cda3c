"""A written answer is graded by a person, wherever in the notebook it is."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from graded_class import Graded, autograded, by_id, cells, grade, opened, page, recorded, report
from nbformat.notebooknode import NotebookNode

pytestmark = pytest.mark.slow

ANSWER = "Because the velocity averages the gradients."
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def lose_metadata(notebook: NotebookNode) -> None:
    notebook.cells[-1].source = ANSWER
    notebook.cells[-1].metadata = {}


def lose_metadata_and_id(notebook: NotebookNode) -> None:
    lose_metadata(notebook)
    notebook.cells[-1].id = "another"


def lose_everything(notebook: NotebookNode) -> None:
    lose_metadata(notebook)
    for index, cell in enumerate(notebook.cells):
        cell.metadata, cell.id = {}, f"cell-{index}"


def write_below(notebook: NotebookNode) -> None:
    notebook.cells.append(nbformat.v4.new_markdown_cell(ANSWER))


def write_code_below(notebook: NotebookNode) -> None:
    notebook.cells.append(nbformat.v4.new_code_cell(ANSWER))


@pytest.mark.parametrize(
    "change",
    [lose_metadata, lose_metadata_and_id, lose_everything, write_below, write_code_below],
)
def test_an_answer_in_another_cell_is_found_or_waits_for_a_person(
    course: Path, release: NotebookNode, change: Callable[[NotebookNode], None]
) -> None:
    submitted = copy.deepcopy(release)
    change(submitted)

    recorded(course, release, Graded(report(), submitted))

    saved = grade(course, "essay")
    assert (saved["auto_score"], saved["needs_manual_grade"]) == (None, True)
    assert ANSWER in [cell.source for cell in cells(autograded(course))]
    if change is lose_metadata:  # the cell is known by its id
        assert by_id(autograded(course))["essay"].source == ANSWER
    else:
        with opened(course) as database:
            comment = database.find_comment("essay", "optimizers", "optimizers", "ada")
            assert comment.comment == "The answer may be in another cell."


def lose_the_question(notebook: NotebookNode) -> None:
    notebook.cells[-1].metadata, notebook.cells[-1].id = {}, "another"


def write_elsewhere(notebook: NotebookNode) -> None:
    notebook.cells.insert(3, nbformat.v4.new_markdown_cell("My notes on momentum"))


@pytest.mark.parametrize("change", [lambda notebook: None, lose_the_question, write_elsewhere])
def test_no_answer_is_still_no_answer(
    course: Path, release: NotebookNode, change: Callable[[NotebookNode], None]
) -> None:
    submitted = copy.deepcopy(release)
    change(submitted)
    recorded(course, release, Graded(report(), submitted))
    saved = grade(course, "essay")
    assert (saved["auto_score"], saved["needs_manual_grade"]) == (0, False)


@pytest.mark.parametrize(
    "shown", ["![loss](attachment:loss.png)", '<img src="attachment:loss.png" width="300">']
)
def test_an_answers_pictures_are_shown(course: Path, release: NotebookNode, shown: str) -> None:
    submitted = copy.deepcopy(release)
    submitted.cells[-1].source = f"{ANSWER}\n\n{shown}"
    submitted.cells[-1].attachments = {"loss.png": {"image/png": PNG}}

    recorded(course, release, Graded(report(), submitted))

    assert f"data:image/png;base64,{PNG}" in page(course)
    assert ANSWER in page(course)
