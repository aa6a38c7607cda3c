"""Solution regions: the lines an author marks, which students never get.

### BEGIN SOLUTION: Update the velocity, then move the variable by it.
...
### END SOLUTION
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from autograder.model import AutograderError

if TYPE_CHECKING:
    from nbformat import NotebookNode

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"

_NEARLY = re.compile(r"#+\s*(BEGIN|END|START|STOP)\W*SOLU\w*\b", re.IGNORECASE)


def marked(cell: NotebookNode) -> bool:
    """Whether a cell has a solution region."""
    return any(line.strip().startswith(BEGIN) for line in cell.source.splitlines())


def released(cell: NotebookNode, where: str) -> str:
    """A cell's text as students get it; see ``without_solutions``."""
    return without_solutions(cell.source, where, prose=cell.cell_type != "code")


def without_solutions(text: str, where: str, *, prose: bool = False) -> str:
    """The text with each solution region replaced by the sentence after its marker.

    Args:
        where: the file and the cell, for error messages.
        prose: the text is a question's, whose region contains the rubric; the sentence is released
            as it is. In code, the stub raises ``NotImplementedError`` with the sentence.

    Raises:
        AutograderError: an unmatched or nested marker, or a region without a sentence or content.
    """
    for number, problem in problems(text):
        raise AutograderError(f"{where}, line {number}: {problem}")
    lines: list[str] = []
    begun = False
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith(BEGIN):
            sentence = _sentence(stripped)
            stub = sentence if prose else f"raise NotImplementedError({_quoted(sentence)})"
            lines.append(f"{line[: len(line) - len(line.lstrip())]}{stub}")
            begun = True
        elif stripped.startswith(END):
            begun = False
        elif not begun:
            lines.append(line)
    return "\n".join(lines)


def problems(text: str) -> list[tuple[int, str]]:
    """What is wrong with the markers of a cell: the line, counted from 1, and how to fix it."""
    found: list[tuple[int, str]] = []
    begun = 0
    empty = True
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith(BEGIN):
            if begun:
                found.append(
                    (
                        number,
                        f"{BEGIN} inside the region that begins {number - begun} lines above. Put "
                        f"{END} between them.",
                    )
                )
            if not _sentence(stripped):
                found.append(
                    (
                        number,
                        f"{BEGIN} has no sentence. Say what to write there, as in "
                        f"`{BEGIN}: Update the velocity.`; the student's stub raises it.",
                    )
                )
            begun, empty = number, True
        elif stripped.startswith(END):
            if not begun:
                found.append((number, f"{END} without a {BEGIN} before it. Add one."))
            elif empty:
                found.append((begun, "the solution region is empty. Put it around the solution."))
            begun = 0
        elif nearly := _NEARLY.match(stripped):
            found.append(
                (number, f"this is almost a marker: {stripped!r}. Write {BEGIN}: or {END}.")
            )
            begun, empty = (0 if nearly[1].upper() in ("END", "STOP") else number), False
        else:
            empty = empty and not stripped
    if begun:
        found.append((begun, f"{BEGIN} without an {END} after it. Add one."))
    return found


def inside(text: str) -> list[tuple[int, str]]:
    """The lines inside the solution regions, numbered from 1; for valid markers."""
    found: list[tuple[int, str]] = []
    begun = False
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith((BEGIN, END)):
            begun = stripped.startswith(BEGIN)
        elif begun:
            found.append((number, line))
    return found


def _sentence(marker: str) -> str:
    return marker.removeprefix(BEGIN).removeprefix(":").strip()


def _quoted(sentence: str) -> str:
    return '"' + sentence.replace("\\", "\\\\").replace('"', '\\"') + '"'
