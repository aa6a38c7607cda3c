"""Notebooks whose cells, metadata or outputs were edited."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

from hostile.notebooks import RIGHT, WRONG, checks_of, save, submitted


def gives_itself_points(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to earn more, with more points in the locked cells' metadata.

    Earns: Descent 0, average 0
    """
    save(submitted(WRONG, points=1000), folder)


def unlocks_the_checks(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to have its own code run as the check, by unlocking and rewriting the locked cells.

    Earns: Descent 0, average 0
    """
    notebook = submitted(WRONG)
    for cell in checks_of(notebook):
        cell.source = "1000"
        cell.metadata["nbgrader"].update(locked=False, solution=True)
    save(notebook, folder)


def rewrites_the_checks_and_leaves_them_locked(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to have its own code run as the check, edited in a text editor, which ignores locks.

    Earns: Descent 0, average 0
    """
    notebook = submitted(WRONG)
    for cell in checks_of(notebook):
        cell.source = "print('all passed')"
    save(notebook, folder)


def strips_the_metadata(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: nothing; another editor removed nbgrader's metadata from checks and solutions.

    Earns: Descent 3, average 2
    """
    notebook = submitted(RIGHT)
    for cell in notebook.cells:
        cell.metadata.clear()
    save(notebook, folder)


def turns_the_checks_into_text(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to avoid the checks: the locked cells are Markdown.

    Earns: Descent 0, average 0
    """
    notebook = submitted(WRONG)
    for cell in checks_of(notebook):
        cell.cell_type = "markdown"
    save(notebook, folder)


def reorders_the_cells(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: nothing; the cells are in reverse order.

    Earns: Descent 3, average 2
    """
    notebook = submitted(RIGHT)
    notebook.cells.reverse()
    save(notebook, folder)


def deletes_the_checks(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to avoid the checks: their cells are missing.

    Earns: Descent 0, average 0
    """
    notebook = submitted(WRONG)
    notebook.cells = [cell for cell in notebook.cells if cell not in checks_of(notebook)]
    save(notebook, folder)


def doubles_the_checks(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to be counted several times, with copies of every cell.

    Earns: Descent 3, average 2
    """
    notebook = submitted(RIGHT)
    notebook.cells *= 3
    save(notebook, folder)


def swaps_the_ids(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to be graded twice for the easy exercise, with swapped grade ids.

    Earns: Descent 0, average 2
    """
    notebook = submitted({**WRONG, "average": RIGHT["average"]})
    for cell in notebook.cells:
        ids = cell.metadata["nbgrader"]
        ids["grade_id"] = ids["grade_id"].replace("Descent", "average")
    save(notebook, folder)


def forges_the_outputs(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to pass stored outputs off as scores, and to run a script in them.

    Earns: Descent 0, average 0
    """
    notebook = submitted(WRONG)
    for cell in notebook.cells:
        cell.outputs = [
            nbformat.v4.new_output("execute_result", {"text/plain": "1000"}, execution_count=1),
            nbformat.v4.new_output(
                "display_data", {"text/html": "<script>document.title='owned'</script>"}
            ),
        ]
    save(notebook, folder)


def hides_code_in_prose(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to run a script in the reader's browser from a Markdown cell and an attachment.

    Earns: Descent 3, average 2
    """
    notebook = submitted(RIGHT)
    prose = new_markdown_cell(
        "<script>document.title='owned'</script>\n\n[a](javascript:alert(1))\n\n"
        '<iframe srcdoc="<script>parent.document.title=1</script>"></iframe>'
    )
    prose["attachments"] = {"a.svg": {"image/svg+xml": "<svg onload='alert(1)'/>"}}
    notebook.cells.insert(0, prose)
    save(notebook, folder)


def turns_cells_into_text(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: nothing; one keystroke turned the solution into Markdown.

    Earns: Descent 0, average 2
    """
    notebook = submitted(RIGHT)
    notebook.cells[0].cell_type = "markdown"
    save(notebook, folder)


def asks_the_shell(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to run shell commands and magics, as a notebook's kernel would.

    Earns: Descent 3, average 2
    """
    notebook = submitted(RIGHT)
    notebook.cells.insert(0, new_code_cell(f"!echo x > {on['loot']}\n%run {on['solution']}"))
    notebook.cells.insert(0, new_code_cell(f"%%bash\necho x > {on['loot']}"))
    save(notebook, folder)


def shadows_the_checks_names(folder: Path, on: Mapping[str, Any]) -> None:
    """Tries: to define check(), the probes and the judge itself, next to wrong solutions.

    Earns: Descent 0, average 0
    """
    notebook = submitted(WRONG)
    text = "def {0}(*_, **__):\n    return {{'places': 1}}\n"
    names = ("check", "trajectory", "descended", "middle", "close", "numbers", "variables")
    notebook.cells.insert(0, new_code_cell("\n".join(text.format(name) for name in names)))
    save(notebook, folder)
