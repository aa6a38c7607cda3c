"""A student's folder: the course's assignments, with known mistakes in them."""

from __future__ import annotations

import re
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

import jupytext
from student_work import write

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Work:
    """What the student wrote in an exercise: the reference, with a mistake.

    Attributes:
        mistake: the name of a known mistake; "" for none.
    """

    assignment: str
    exercise: str
    mistake: str = ""

    @property
    def code(self) -> str:
        """The cell, without the marks around the solution."""
        # Faster than to read the assignment with all that belongs to it.
        folder = ROOT / "solutions" / self.assignment
        cells = jupytext.read(folder / f"{self.assignment}.py").cells
        (cell,) = [c.source for c in cells if c.metadata.get("exercise") == self.exercise]
        if self.mistake:
            known = tomllib.loads((folder / "misconceptions.toml").read_text(encoding="utf-8"))
            wanted = self.exercise, self.mistake
            (edit,) = [m for m in known["misconception"] if (m["exercise"], m["name"]) == wanted]
            cell = cell.replace(edit["find"], edit["replace"])
        lines = cell.splitlines(keepends=True)
        marks = ("### BEGIN", "### END")
        return "".join(line for line in lines if not line.lstrip().startswith(marks))

    def save(self, folder: Path) -> None:
        """Write it into the assignment's notebook, which is copied here if it is not there.

        Args:
            folder: the one with the assignments.
        """
        own = folder / self.assignment
        if not own.exists():
            shutil.copytree(ROOT / "assignments" / self.assignment, own)
        write(own / f"{self.assignment}.ipynb", self.exercise, self.code)


def predict(notebook: Path) -> None:
    """Make every prediction that a notebook asks for."""
    for asked in re.findall(r'"grade_id": "(prediction-\w+)"', notebook.read_text("utf-8")):
        variable = asked.replace("-", "_")
        write(notebook, asked, f'{variable} = "b"')
