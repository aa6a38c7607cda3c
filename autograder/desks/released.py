"""What a release's notebook tells about its exercises, without running anything of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.desks.untouched import nbgrader_metadata, source_of
from autograder.sources.submitted_files import nobodys

_CHECK = "check-"
_WORTH = re.compile(
    r"# (?P<all>\d+(?:\.\d+)?) (?P<bonus>bonus )?points?"
    r"(?:, (?P<later>\d+(?:\.\d+)?) of them for checks that run only)?"
)


@dataclass(frozen=True)
class Worth:
    """What the check cell of an exercise says of its points.

    Attributes:
        points: all of them.
        later: those for checks that run only when students are graded.
        bonus: whether they count toward the score alone.
    """

    points: float
    later: float
    bonus: bool


def locked_cells_in(notebook: Path) -> dict[str, str]:
    """The source of each locked cell of code of a release, by grade_id; empty if it is unreadable.

    As `autograder.sources.code_cells.locked_cells`, from JSON: nbformat is slow to import.
    """
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8-sig"))["cells"]
    except (OSError, ValueError, LookupError, TypeError):
        return {}
    return {
        str(metadata["grade_id"]): source_of(cell)
        for cell in cells
        if (metadata := nbgrader_metadata(cell)).get("locked")
        and "grade_id" in metadata
        and cell.get("cell_type") == "code"
    }


def release_notebook(folder: Path) -> Path:
    """The notebook of a release: of the folder's name, or else the first that has check cells.

    Students rename folders, and their browsers do.
    """
    named = folder / f"{folder.name}.ipynb"
    if not named.is_file():
        # Shorter names first: a browser adds " (1)" to a second download.
        for notebook in sorted(folder.glob("*.ipynb"), key=lambda path: (len(path.name), path)):
            if not nobodys(notebook.name) and worths(locked_cells_in(notebook)):
                return notebook
    return named


def worths(locked: dict[str, str]) -> dict[str, Worth]:
    """The points of each exercise, in the order of the notebook.

    Args:
        locked: the sources of the locked cells.
    """
    found: dict[str, Any] = {}
    for grade_id, source in locked.items():
        if grade_id.startswith(_CHECK) and (said := _WORTH.match(source)):
            found[grade_id.removeprefix(_CHECK)] = Worth(
                float(said["all"]), float(said["later"] or 0), bool(said["bonus"])
            )
    return found
