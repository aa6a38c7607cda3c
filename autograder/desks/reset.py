"""Put the stub of an exercise back into a notebook; what was written is kept beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.atomic import atomic_write
from autograder.desks.stubs import STUBS, stored_stubs
from autograder.desks.untouched import is_as_released, nbgrader_metadata, source_of
from autograder.model import AutograderError

_MOST_BACKUPS = 1000


@dataclass(frozen=True)
class Reset:
    """What was done to one exercise.

    Attributes:
        backup: the file that keeps what was written; None if the cell was as released already.
    """

    exercise: str
    backup: Path | None


def reset(
    notebook: Path, release: Path, exercises: Sequence[str], fresh: Path | None = None
) -> list[Reset]:
    """Put stubs back. Nothing is changed unless all of it can be.

    Args:
        exercises: their names; empty for all of the notebook.
        fresh: a copy of the release, or of its notebook, in which nothing is written.

    Raises:
        AutograderError: the notebook or a stub is not as expected, or a file cannot be written.
    """
    raw = _read(notebook)
    cells = {name: _cell(raw, name, notebook) for name in exercises or _written_in(raw)}
    stubs = stored_stubs(fresh or release)
    changed = {
        name: _stub(name, cell, stubs, fresh or release)
        for name, cell in cells.items()
        if not is_as_released(source_of(cell), nbgrader_metadata(cell))
    }
    backups: dict[str, Path] = {}
    try:
        for name, stub in changed.items():
            backups[name] = _keep(notebook, name, source_of(cells[name]))
            cells[name]["source"] = stub.splitlines(keepends=True)
            cells[name] |= {"outputs": [], "execution_count": None}
        if changed:
            atomic_write(notebook, _dumped(raw))
    except OSError as error:
        kept = ", ".join(path.name for path in backups.values())
        raise AutograderError(
            f"{notebook} was not changed: {error.filename or notebook.parent} could not be "
            f"written ({error.strerror}). Make the folder writable, or free some space."
            f"{f' Copies of your code: {kept}.' if kept else ''}"
        ) from error
    return [Reset(name, backups.get(name)) for name in cells]


def _read(notebook: Path) -> dict[str, Any]:
    if notebook.is_symlink():
        raise AutograderError(f"{notebook} is a symbolic link. Name the file itself.")
    try:
        raw = json.loads(notebook.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise AutograderError(
            f"{notebook} cannot be read: {error.strerror}. Make it readable."
        ) from error
    except ValueError as error:
        raise AutograderError(
            f"{notebook} is not a valid notebook (invalid JSON, line "
            f"{getattr(error, 'lineno', 1)}). Nothing was changed. Save it in "
            "Jupyter, or download the assignment again into another folder."
        ) from error
    found: dict[str, Any] = raw if isinstance(raw, dict) else {}
    if found.get("nbformat") != 4 or not isinstance(found.get("cells"), list):
        raise AutograderError(f"{notebook} is not a notebook of format 4. Nothing was changed.")
    return found


def _written_in(raw: dict[str, Any]) -> list[str]:
    found = [nbgrader_metadata(cell) for cell in raw["cells"] if _is_code(cell)]
    return list(dict.fromkeys(str(m.get("grade_id")) for m in found if m.get("solution")))


def _is_code(cell: object) -> bool:
    return isinstance(cell, dict) and cell.get("cell_type") == "code"


def _cell(raw: dict[str, Any], exercise: str, notebook: Path) -> dict[str, Any]:
    own = [cell for cell in raw["cells"] if nbgrader_metadata(cell).get("grade_id") == exercise]
    if len(own) == 1:
        found: dict[str, Any] = own[0]
        return found
    known = ", ".join(_written_in(raw))
    if own:
        raise AutograderError(
            f"{notebook.name} has {len(own)} cells of {exercise}, probably copies of one another. "
            "Nothing was changed. Delete all but one of them in Jupyter."
        )
    raise AutograderError(
        f"{notebook.name} has no cell of an exercise {exercise!r}; it has {known or 'none'}. "
        "If you deleted the cell, download the assignment again into another folder."
    )


def _stub(exercise: str, cell: dict[str, Any], stubs: dict[str, str], place: Path) -> str:
    stub = stubs.get(exercise)
    if stub is None:
        raise AutograderError(
            f"{place} has no stub of {exercise} ({STUBS} is missing or lacks it). Nothing was "
            "changed. Download the assignment again into another folder, and name that folder: "
            "--from FOLDER"
        )
    if not is_as_released(stub, nbgrader_metadata(cell)):
        raise AutograderError(
            f"The stub of {exercise} in {place} is of another version than your notebook. Nothing "
            "was changed. Start with the new notebook instead, and copy your code into it."
        )
    return stub


def _keep(notebook: Path, exercise: str, source: str) -> Path:
    """Write code into a new file, which no check takes for a submission."""
    for number in range(1, _MOST_BACKUPS):
        path = notebook.with_name(f"{notebook.stem}-{exercise}-before-reset-{number}.txt")
        try:
            with path.open("x", encoding="utf-8", errors="surrogatepass") as file:
                file.write(source)
        except FileExistsError:
            continue
        return path
    raise AutograderError(f"{notebook.parent} has too many backups. Nothing was changed.")


def _dumped(raw: dict[str, Any]) -> str:
    # As nbformat writes; a lone surrogate, which UTF-8 cannot encode, stays an escape.
    text = json.dumps(raw, indent=1, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(raw, indent=1)
    return f"{text}\n"
