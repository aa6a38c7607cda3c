"""Submissions as notebooks, for the part of the corpus that is not a single Python file.

In `neighbouring_files`, `edited_cells` and `broken_files`, a function whose docstring starts with
"Tries:" writes one submission into a folder that does not exist yet. The docstring is the header of
the corpus. ``on`` holds what the test has prepared to be attacked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

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


def submitted(sources: Mapping[str, str], points: float = 2) -> NotebookNode:
    """A student's notebook: a solution and a locked check for each exercise."""
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
    notebook: NotebookNode = new_notebook(cells=cells)
    return notebook


def save(notebook: NotebookNode, folder: Path) -> None:
    """Write the notebook into a new folder."""
    folder.mkdir(parents=True)
    # Not nbformat.write, which would refuse invalid notebooks.
    (folder / f"{ASSIGNMENT}.ipynb").write_text(json.dumps(notebook))


def checks_of(notebook: NotebookNode) -> list[NotebookNode]:
    """The locked check cells."""
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]
