"""The part of the corpus that needs more than one Python file: notebooks, links, files beside.

Each function writes one submission into a folder that is not there yet; its docstring is the
corpus' header. ``on`` is what the test has laid out to be attacked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ASSIGNMENT = "descent"

RIGHT = {
    "Descent": """\
import keras

class Descent(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate=learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, learning_rate * gradient)""",
    "average": """\
def average(numbers):
    return sum(numbers) / len(numbers)""",
}

WRONG = {
    "Descent": "class Descent:\n    pass",
    "average": "def average(numbers):\n    return -1.0",
}

Write = Callable[[Path, Mapping[str, Any]], None]
attacks: dict[str, Write] = {}


def attack(write: Write) -> Write:
    """Take the function into the corpus, under its own name."""
    attacks[write.__name__] = write
    return write


def handed_in(sources: Mapping[str, str], points: float = 2) -> NotebookNode:
    """A notebook as a student hands it in: a solution and a locked check for each exercise."""
    cells = []
    for name, source in sources.items():
        for cell, locked in ((new_code_cell(source), False), (new_code_cell(""), True)):
            grade_id = f"check-{name}" if locked else name
            cell.metadata["nbgrader"] = {
                "schema_version": 3,
                "grade_id": grade_id,
                "grade": locked,
                "solution": not locked,
                "locked": locked,
                "task": False,
                **({"points": points} if locked else {}),
            }
            cell.source = cell.source or f"check({name})"
            cells.append(cell)
    return new_notebook(cells=cells)


def save(notebook: NotebookNode, folder: Path) -> None:
    folder.mkdir(parents=True)
    # Not nbformat.write: it would refuse what is to be tried here.
    (folder / f"{ASSIGNMENT}.ipynb").write_text(json.dumps(notebook))


def checks_of(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]


# --- files beside the notebook --------------------------------------------------------------------


def beside(folder: Path, sources: Mapping[str, str], *names: str) -> None:
    save(handed_in(sources), folder)
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("raise SystemExit('shadowed')\n")


@attack
def shadows_libraries(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to be imported in place of numpy, keras, dis or random, by lying beside the notebook.

    Earns: Descent 3, average 2
    """
    beside(folder, RIGHT, "numpy.py", "keras/__init__.py", "dis.py", "random.py", "json.py")


@attack
def shadows_pythons_start(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to run when Python or pytest starts, by sitecustomize.py, a .pth file and conftest.py.

    Earns: Descent 3, average 2
    """
    beside(
        folder,
        RIGHT,
        "sitecustomize.py",
        "usercustomize.py",
        "conftest.py",
        "pytest.ini",
        "start.pth",
        "nbgrader_config.py",
        "jupyter_config.py",
    )


@attack
def brings_the_course_along(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to have its own checks, probes, expected numbers and points used.

    Earns: Descent 0, average 0
    """
    beside(folder, WRONG, "checks.py", "probes.py", "hidden_checks.py", "autograder/__init__.py")
    (folder / "expected.safetensors").write_bytes(bytes(64))
    (folder / "results.json").write_text('{"version": 1, "students": []}')
    (folder / "gradebook.db").write_bytes(b"SQLite format 3\0")


@attack
def links_to_the_solution(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to hand in a symbolic link to the reference.

    Earns: Descent 0, average 0
    """
    folder.mkdir(parents=True)
    (folder / f"{ASSIGNMENT}.py").symlink_to(on["solution"])


@attack
def is_a_link_to_a_neighbour(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to hand in the folder of somebody else, by a symbolic link.

    Earns: Descent 0, average 0
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.symlink_to(Path(on["neighbour"]).parent)


@attack
def links_in_a_circle(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to send whoever follows links round and round.

    Earns: Descent 0, average 0
    """
    folder.mkdir(parents=True)
    (folder / f"{ASSIGNMENT}.ipynb").symlink_to(folder / f"{ASSIGNMENT}.py")
    (folder / f"{ASSIGNMENT}.py").symlink_to(folder / f"{ASSIGNMENT}.ipynb")
    (folder / "again").symlink_to(folder)


@attack
def is_a_folder_named_like_the_notebook(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: nothing; an archive was unpacked into a folder of the notebook's name.

    Earns: Descent 0, average 0
    """
    (folder / f"{ASSIGNMENT}.ipynb").mkdir(parents=True)


# --- edited cells ---------------------------------------------------------------------------------


@attack
def gives_itself_points(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to be worth more, by the points in the locked cells' metadata.

    Earns: Descent 0, average 0
    """
    save(handed_in(WRONG, points=1000), folder)


@attack
def unlocks_the_checks(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to have its own code run as the check, by unlocking and rewriting the locked cells.

    Earns: Descent 0, average 0
    """
    notebook = handed_in(WRONG)
    for cell in checks_of(notebook):
        cell.source = "1000"
        cell.metadata["nbgrader"].update(locked=False, solution=True)
    save(notebook, folder)


@attack
def rewrites_the_checks_and_leaves_them_locked(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to have its own code run as the check, in a text editor: the metadata stays as it was.

    Earns: Descent 0, average 0
    """
    notebook = handed_in(WRONG)
    for cell in checks_of(notebook):
        cell.source = "print('all passed')"
    save(notebook, folder)


@attack
def strips_the_metadata(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: nothing; another editor threw nbgrader's metadata away, of checks and of solutions.

    Earns: Descent 3, average 2
    """
    notebook = handed_in(RIGHT)
    for cell in notebook.cells:
        cell.metadata.clear()
    save(notebook, folder)


@attack
def turns_the_checks_into_text(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to have nothing to be checked by: the locked cells are Markdown.

    Earns: Descent 0, average 0
    """
    notebook = handed_in(WRONG)
    for cell in checks_of(notebook):
        cell.cell_type = "markdown"
    save(notebook, folder)


@attack
def reorders_the_cells(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: nothing; the checks stand first, the last exercise before the first.

    Earns: Descent 3, average 2
    """
    notebook = handed_in(RIGHT)
    notebook.cells.reverse()
    save(notebook, folder)


@attack
def deletes_the_checks(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to have nothing to be checked by.

    Earns: Descent 0, average 0
    """
    notebook = handed_in(WRONG)
    notebook.cells = [cell for cell in notebook.cells if cell not in checks_of(notebook)]
    save(notebook, folder)


@attack
def doubles_the_checks(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to be counted twice, by copies of every cell.

    Earns: Descent 3, average 2
    """
    notebook = handed_in(RIGHT)
    notebook.cells *= 3
    save(notebook, folder)


@attack
def swaps_the_ids(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to be graded twice for the easy exercise, by exchanged grade ids.

    Earns: Descent 0, average 2
    """
    notebook = handed_in({**WRONG, "average": RIGHT["average"]})
    for cell in notebook.cells:
        ids = cell.metadata["nbgrader"]
        ids["grade_id"] = ids["grade_id"].replace("Descent", "average")
    save(notebook, folder)


@attack
def forges_the_outputs(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to have stored outputs taken for scores, and a script in them run.

    Earns: Descent 0, average 0
    """
    notebook = handed_in(WRONG)
    for cell in notebook.cells:
        cell.outputs = [
            nbformat.v4.new_output("execute_result", {"text/plain": "1000"}, execution_count=1),
            nbformat.v4.new_output(
                "display_data", {"text/html": "<script>document.title='owned'</script>"}
            ),
        ]
    save(notebook, folder)


@attack
def hides_code_in_prose(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to run a script in the reader's browser from a Markdown cell and an attachment.

    Earns: Descent 3, average 2
    """
    notebook = handed_in(RIGHT)
    prose = new_markdown_cell(
        "<script>document.title='owned'</script>\n\n[a](javascript:alert(1))\n\n"
        '<iframe srcdoc="<script>parent.document.title=1</script>"></iframe>'
    )
    prose["attachments"] = {"a.svg": {"image/svg+xml": "<svg onload='alert(1)'/>"}}
    notebook.cells.insert(0, prose)
    save(notebook, folder)


@attack
def turns_cells_into_text(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: nothing; the solution was changed into Markdown by a stroke of the keyboard.

    Earns: Descent 0, average 2
    """
    notebook = handed_in(RIGHT)
    notebook.cells[0].cell_type = "markdown"
    save(notebook, folder)


@attack
def asks_the_shell(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to run shell commands and magics, as a notebook's kernel would.

    Earns: Descent 3, average 2
    """
    notebook = handed_in(RIGHT)
    notebook.cells.insert(0, new_code_cell(f"!echo x > {on['loot']}\n%run {on['solution']}"))
    notebook.cells.insert(0, new_code_cell(f"%%bash\necho x > {on['loot']}"))
    save(notebook, folder)


@attack
def shadows_the_checks_names(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to define check(), the probes and the judge itself, beside wrong exercises.

    Earns: Descent 0, average 0
    """
    notebook = handed_in(WRONG)
    text = "def {0}(*_, **__):\n    return {{'places': 1}}\n"
    names = ("check", "trajectory", "descended", "middle", "close", "numbers", "variables")
    notebook.cells.insert(0, new_code_cell("\n".join(text.format(name) for name in names)))
    save(notebook, folder)


# --- files that are no notebooks ------------------------------------------------------------------


def raw(folder: Path, content: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / f"{ASSIGNMENT}.ipynb").write_bytes(content)


@attack
def is_empty(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: nothing; the upload broke off before its first byte.

    Earns: Descent 0, average 0
    """
    raw(folder, b"")


@attack
def is_cut_off(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: nothing; the upload broke off in the middle.

    Earns: Descent 0, average 0
    """
    raw(folder, json.dumps(handed_in(RIGHT)).encode()[:-200])


@attack
def is_a_picture(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: nothing; another file was given the notebook's name.

    Earns: Descent 0, average 0
    """
    raw(folder, b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)


@attack
def is_deeply_nested_json(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to overflow the stack of the reader.

    Earns: Descent 0, average 0
    """
    raw(folder, b"[" * 1_000_000)


@attack
def is_too_large(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to fill the grader's memory with one file.

    Earns: Descent 0, average 0
    """
    folder.mkdir(parents=True)
    with (folder / f"{ASSIGNMENT}.ipynb").open("wb") as file:
        file.truncate(3_000_000_000)  # a sparse file takes no room


@attack
def is_a_pipe(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to make the reader wait for somebody to write into it.

    Earns: Descent 0, average 0
    """
    import os

    folder.mkdir(parents=True)
    os.mkfifo(folder / f"{ASSIGNMENT}.ipynb")


@attack
def has_cells_of_every_wrong_kind(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to break the reader by cells that are numbers, lists, nothing, or lack their source.

    Earns: Descent 3, average 2
    """
    notebook = json.loads(json.dumps(handed_in(RIGHT)))
    notebook["cells"] += [
        None,
        7,
        [],
        {},
        {"cell_type": "code", "source": 7},
        {"cell_type": "code", "source": ["a", 1], "metadata": None},
        {"cell_type": {}, "source": "x = 1", "metadata": {"nbgrader": {"grade_id": {}}}},
        {"cell_type": "code", "source": "\udcff\ud800", "metadata": {"nbgrader": 3}},
    ]
    folder.mkdir(parents=True)
    (folder / f"{ASSIGNMENT}.ipynb").write_text(json.dumps(notebook))


@attack
def is_of_no_known_version(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to break the reader by a version that is no number, and infinite numbers.

    Earns: Descent 0, average 0
    """
    raw(folder, b'{"nbformat": Infinity, "nbformat_minor": NaN, "cells": {"a": -Infinity}}')
