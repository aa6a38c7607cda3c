"""The stubs of a release in a file of their own: a notebook that is worked in keeps none."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autograder.desks.untouched import is_as_released, nbgrader_metadata, source_of

STUBS = "stubs.json"
"""In a release, beside its notebook: the text of each cell that students write in."""


def stubs_text(cells: Iterable[Any]) -> str:
    """What goes into `STUBS`: the solution cells of a notebook as released, by grade_id."""
    return json.dumps(stubs_in(cells), indent=1, ensure_ascii=False) + "\n"


def stubs_in(cells: Iterable[Any]) -> dict[str, str]:
    """The text of each solution cell that is as released, by grade_id."""
    return {
        str(metadata["grade_id"]): source_of(cell)
        for cell in cells
        if (metadata := nbgrader_metadata(cell)).get("solution")
        and cell.get("cell_type") == "code"
        and is_as_released(source_of(cell), metadata)
    }


def stored_stubs(place: Path) -> dict[str, str]:
    """The stubs that a release's folder, or a fresh copy of its notebook, holds; or none."""
    if place.is_file():
        return _of_notebook(place)
    found: dict[str, str] = {}
    for notebook in sorted(place.glob("*.ipynb")):
        found |= _of_notebook(notebook)
    try:
        stored = json.loads((place / STUBS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return found
    known = stored if isinstance(stored, dict) else {}
    return found | {str(name): str(stub) for name, stub in known.items()}


def _of_notebook(notebook: Path) -> dict[str, str]:
    try:
        raw = json.loads(notebook.read_text(encoding="utf-8-sig"))
        return stubs_in(raw["cells"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}
