"""Read a percent notebook (``# %%``), and know the line of the file at which each cell begins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.sources.faults import Faults
from autograder.sources.reading import read_text

if TYPE_CHECKING:
    from nbformat import NotebookNode

_MARK = re.compile(r"# ?%%(?:\s|$)")
_GLUED = re.compile(
    r"#\s*%%(?:exercise|question|prediction|\[)"
)  # and not `# %%time`, which is a magic

EXPECTED = "Write the assignment's percent notebook there, named after its folder."


@dataclass(frozen=True)
class Percent:
    """A percent notebook as written and as cells.

    Attributes:
        starts: for each cell, the line of the file that its source begins at; 0 if unknown.
    """

    path: Path
    text: str
    notebook: NotebookNode
    starts: tuple[int, ...]

    def line(self, cell: int, line: int = 1) -> int:
        """The line of the file for a line of a cell, both counted from 1; 0 if unknown."""
        start = self.starts[cell - 1]
        return start + line - 1 if start else 0


def read_percent(path: Path, faults: Faults) -> Percent | None:
    """Read a percent notebook; None, with a fault, if there is none."""
    text = read_text(path, EXPECTED, faults)
    if text is None:
        return None
    for number, line in enumerate(text.splitlines(), 1):
        if _GLUED.match(line):
            faults.add(path, number, "this starts no cell. Put a space after `# %%`.")
            return None
    # Only here: it takes seconds to import, and only authors' notebooks are read with it.
    import jupytext

    notebook = jupytext.reads(text, fmt="py:percent")
    return Percent(path, text, notebook, cell_starts(text, notebook))


def cell_starts(text: str, notebook: NotebookNode) -> tuple[int, ...]:
    """For each cell of a percent notebook, the line of the text that its source begins at.

    0 for every cell where jupytext sees other cells than the lines that begin with ``# %%``.
    """
    lines = text.splitlines()
    first = 0
    if lines and lines[0].strip() == "# ---":  # the header that jupytext writes
        ends = [number for number, line in enumerate(lines[1:], 1) if line.strip() == "# ---"]
        first = ends[0] + 1 if ends else 0
    marks = [number for number, line in enumerate(lines) if number >= first and _MARK.match(line)]
    begins = [mark + 1 for mark in marks]
    if any(line.strip() for line in lines[first : marks[0] if marks else len(lines)]):
        begins.insert(0, first)  # text before the first mark is a cell
    if len(begins) != len(notebook.cells):
        return (0,) * len(notebook.cells)
    return tuple(
        _first_line(lines, begin, cell) + 1
        for begin, cell in zip(begins, notebook.cells, strict=True)
    )


def _first_line(lines: list[str], begin: int, cell: NotebookNode) -> int:
    """Where a cell's source begins: below empty lines, and below the quotes of a text block."""
    if not cell.source.strip() or cell.source.startswith("\n"):
        return begin
    wanted = cell.source.splitlines()[0].strip()
    for number in range(begin, min(begin + 20, len(lines))):
        if lines[number].strip().removeprefix("#").strip() == wanted.removeprefix("#").strip():
            return number
    return begin
