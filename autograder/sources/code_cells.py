"""The code cells of a notebook, and what became of the release's locked ones."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from autograder.sources.definitions import Cell
from autograder.sources.dependencies import apparent_scopes, bound_names
from autograder.sources.magics import plain_python
from autograder.sources.parsing import UNPARSABLE, parsed
from autograder.sources.released_cells import NEVER, Released

if TYPE_CHECKING:
    from nbformat import NotebookNode

_CHECK = "check-"
_ORIGINAL_USED = "the original check was used"


def locked_cells(release: NotebookNode) -> dict[str, str]:
    """The source of each locked cell of code of a release, by grade_id.

    Locked text is for reading: it costs nothing and needs no remark if a student changes it.
    """
    return {
        cell.metadata["nbgrader"]["grade_id"]: cell.source
        for cell in release.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("locked")
    }


def checked_exercises(locked: dict[str, str]) -> tuple[str, ...]:
    """The exercises that a release's locked cells check."""
    return tuple(name.removeprefix(_CHECK) for name in locked if name.startswith(_CHECK))


def code_cells(
    listed: Sequence[Any], locked: dict[str, str], released: Released = NEVER
) -> tuple[tuple[Cell, ...], tuple[str, ...]]:
    """The student's code cells, and remarks on invalid cells and changed locked ones.

    A locked cell is the student's as far as they wrote code into it: some editors let them. As an
    earlier release had it, it is unchanged.
    """
    cells: list[Cell] = []
    remarks: list[str] = []
    seen: Counter[str] = Counter()
    for number, cell in enumerate(listed, 1):
        source = _source(cell)
        if source is None:
            remarks.append(f"Cell {number} is not a valid notebook cell and was skipped.")
            continue
        grade_id = _grade_id(cell)
        if grade_id in locked:
            seen[grade_id] += 1
            if cell.get("cell_type") != "code":
                remarks.append(
                    f"The type of the locked cell {grade_id} was changed to "
                    f"{cell.get('cell_type')!r:.40}; {_ORIGINAL_USED}."
                )
            elif released.has(grade_id, source):
                continue
            elif names := _written_into(source, locked[grade_id]):
                cells.append(Cell(f"cell {number}", source))
                remarks.append(_remark_on_code(number, grade_id, names))
            elif not _is_a_check(source, locked[grade_id]):
                remarks.append(f"The locked cell {grade_id} was edited; {_ORIGINAL_USED}.")
        elif cell.get("cell_type") == "code":
            if released.has(grade_id, source):  # the check of an exercise that is gone
                seen[grade_id] += 1
            else:
                cells.append(Cell(f"cell {number}", source, grade_id))
    remarks += _remarks_on_numbers(locked, seen, released)
    return tuple(cells), tuple(remarks)


def _remarks_on_numbers(
    locked: Iterable[str], seen: Counter[str], released: Released
) -> Iterator[str]:
    """What to say of locked cells that are missing, or there more than once."""
    lacking = [grade_id for grade_id in locked if not seen[grade_id]]
    if lacking and released.is_whole(seen):
        yield (
            f"The notebook is of an earlier release, without {', '.join(lacking)}. It is graded by "
            "the present checks."
        )
        lacking = []
    for grade_id in locked:
        if grade_id in lacking:
            yield f"The locked cell {grade_id} is missing; {_ORIGINAL_USED}."
        elif seen[grade_id] > 1:
            yield f"The locked cell {grade_id} appears {seen[grade_id]} times; {_ORIGINAL_USED}."


def _remark_on_code(number: int, grade_id: str, names: Sequence[str]) -> str:
    shown = ", ".join(f"{name:.40}" for name in names[:3]) + (", ..." if len(names) > 3 else "")
    return (
        f"The locked cell {grade_id} (cell {number}) contains other code: {shown}. It counts like "
        f"the code of any other cell; {_ORIGINAL_USED}. Write code in the cells above the checks."
    )


def _written_into(text: str, original: str) -> tuple[str, ...]:
    """The names that a locked cell defines, other than those it is released with."""
    return tuple(name for name in _defined(text) if name not in _defined(original))


def _defined(text: str) -> list[str]:
    """Classes, functions, imports and variables that a cell defines at its top level.

    Those that it seems to define, if it is not valid Python.
    """
    try:
        body = parsed(plain_python(text), "cell").body
    except UNPARSABLE:
        return apparent_scopes(text)
    return list(dict.fromkeys(name for node in body for name in sorted(bound_names(node))))


def _is_a_check(text: str, original: str) -> bool:
    """Whether a locked cell is as released, now or earlier.

    White space and line ends do not matter. Points are in comments, and change between releases:
    whatever calls `check` of the same exercise, and nothing else, is a check of a release.
    """
    if text.split() == original.split():
        return True
    return bool(_calls(text)) and _calls(text) == _calls(original)


def _calls(text: str) -> str:
    """The code of a cell that is only a call of `check`; "" for any other."""
    try:
        body = parsed(text, "cell").body
        code = ast.unparse(body[0]) if len(body) == 1 else ""
    except UNPARSABLE:
        return ""
    return code if code.startswith("check(") and isinstance(body[0], ast.Expr) else ""


def _source(cell: object) -> str | None:
    """The text of a cell with plain line ends; None if it has none."""
    source = cell.get("source") if isinstance(cell, dict) else None
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    return source.replace("\r\n", "\n").replace("\r", "\n")


def _grade_id(cell: dict[str, Any]) -> str:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return grade_id if isinstance(grade_id, str) else ""
