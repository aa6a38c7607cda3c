"""What is said of a cell that is not valid Python, with the text of its line."""

from __future__ import annotations

from collections.abc import Iterable

from autograder.grading.grade import PARTS
from autograder.sources.definitions import BrokenCell

_SHOWN = 80
"""Characters of a line."""


def with_its_line(said: str, broken: Iterable[BrokenCell]) -> str:
    """A sentence that begins with the fault of a cell, with the text of the line in it.

    Args:
        said: any sentence; one that is about none of the cells stays as it is.
    """
    for cell in broken:
        if not said.startswith(str(cell)):
            continue
        text = "".join(c for c in _line(cell) if c.isprintable()).strip()[:_SHOWN]
        if text:
            place = f"{cell.label}, line {cell.line}: "
            return f"{place}`{text}`{PARTS}{said.removeprefix(place)}"
    return said


def _line(cell: BrokenCell) -> str:
    lines = cell.text.split("\n")
    return lines[cell.line - 1] if 0 < cell.line <= len(lines) else ""
