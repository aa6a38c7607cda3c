"""A written answer is graded by a person, wherever in the notebook it is."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from graded_class import Graded, autograded, by_id, cells, grade, opened, page, recorded, report
from nbformat.notebooknode import NotebookNode

from autograder.gradebook.record import Recorder
from autograder.sources.submission import read_submission

pytestmark = pytest.mark.slow

ANSWER = "Because the velocity averages the gradients."
TAKEAWAYS = "## Takeaways"
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


def write_at_the_end(notebook: NotebookNode) -> None:
    """Below what the release has after its question."""
    notebook.cells += [nbformat.v4.new_markdown_cell(text) for text in (TAKEAWAYS, ANSWER)]


def write_before_the_next_exercise(notebook: NotebookNode) -> None:
    write_at_the_end(notebook)
    notebook.cells.append(notebook.cells.pop(2))  # Momentum's cell


@pytest.mark.parametrize(
    "change",
    [
        lose_metadata,
        lose_metadata_and_id,
        lose_everything,
        write_below,
        write_code_below,
        write_at_the_end,
        write_before_the_next_exercise,
    ],
)
def test_an_answer_in_another_cell_is_found_or_waits_for_a_person(
    course: Path, release: NotebookNode, change: Callable[[NotebookNode], None]
) -> None:
    submitted = copy.deepcopy(release)
    release.cells.append(nbformat.v4.new_markdown_cell(TAKEAWAYS, id="takeaways"))
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
    ("address", "shown"),
    [("figure%201.png", True), ("https://example.org/figure.png", False), ("link.png", False)],
)
def test_a_picture_beside_the_notebook_is_shown(
    course: Path, release: NotebookNode, tmp_path: Path, address: str, shown: bool
) -> None:
    folder = tmp_path / "submitted"
    folder.mkdir()
    (folder / "figure 1.png").write_bytes(base64.b64decode(PNG))
    (tmp_path / "outside.png").write_bytes(base64.b64decode(PNG))
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    submitted = copy.deepcopy(release)
    submitted.cells[-1].source = f"**{ANSWER}**\n\n![loss]({address})"
    nbformat.write(submitted, folder / "optimizers.ipynb")
    with Recorder(course, "optimizers", release, course / "submitted") as recorder:
        recorder.save(read_submission(folder / "optimizers.ipynb", "ada"), report())

    assert (f"data:image/png;base64,{PNG}" in page(course)) is shown
    assert (f"<strong>{ANSWER}</strong>" in page(course)) is shown


MODULE = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
# ---

# Now $w < v$.
class Momentum:
    # a velocity for each of the variables
    '''A velocity for each variable.'''


# Momentum, again
"""


@pytest.mark.parametrize(
    ("added", "waits"),
    [
        (f"# %% [markdown] grade_id=essay\n# Write your answer here.\n# {ANSWER}\n", True),
        (f'answer = """{ANSWER}"""\n', True),
        ("# 速度是梯度的平均\n", True),
        ("# %% [markdown]\n# Write your answer here.\n", False),
        ("", False),
    ],
)
def test_an_answer_in_a_module_waits_for_a_person(
    course: Path, release: NotebookNode, tmp_path: Path, added: str, waits: bool
) -> None:
    module = tmp_path / "optimizers.py"
    docstring = '"""What this module is for, said in a line."""\n'
    said = MODULE if added else docstring + MODULE.split("# ---\n\n")[1]
    module.write_text(said + added, encoding="utf-8")
    submission = read_submission(module, "ada")
    with Recorder(course, "optimizers", release, course / "submitted") as recorder:
        recorder.save(submission, report())

    assert grade(course, "essay")["needs_manual_grade"] is waits
    assert (ANSWER in page(course) or "速度" in page(course)) is waits


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
