"""Which locked cells a course has released, now and earlier: digests of their text.

A student may fetch an assignment before its author fixes it. The check cells of that release are
no edit of the student's, so every build adds what is new to ``solutions/<name>/released.json``. The
file belongs to the course's repository, and students never get it. It only grows, and says nothing
but digests: no line of a cell, and no answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.atomic import atomic_write
from autograder.model import AutograderError

if TYPE_CHECKING:
    from nbformat import NotebookNode

FILE = "released.json"

VERSION = 1

_ABOUT = (
    "Digests of the read-only cells of every release. autograder build adds to them: commit this "
    "file, so that students of an earlier release are not told that they edited its cells."
)
_DIGITS = 16


@dataclass(frozen=True)
class Released:
    """What was released of an assignment.

    Attributes:
        cells: digests of each read-only cell's versions, by grade_id, the earliest first.
        notebooks: the sets of check cells that releases had, the earliest first.
    """

    cells: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notebooks: tuple[tuple[str, ...], ...] = ()

    def has(self, grade_id: str, text: str) -> bool:
        """Whether a release had this cell with this text; white space does not matter."""
        known = self.cells.get(grade_id)
        return known is not None and digest(text) in known

    def is_whole(self, grade_ids: Collection[str]) -> bool:
        """Whether these were all the check cells of a release; others of them are not counted."""
        found = {each for each in grade_ids if each in self.cells}
        return any(found == set(notebook) for notebook in self.notebooks)

    def with_release(self, notebook: NotebookNode) -> Released:
        """The same, and the cells of a release; equal to this one if they are known."""
        cells, names = dict(self.cells), []
        for grade_id, cell in _read_only(notebook):
            if not self.has(grade_id, cell.source):
                cells[grade_id] = (*cells.get(grade_id, ()), digest(cell.source))
            if cell.cell_type == "code":
                names.append(grade_id)
        known = any(set(names) == set(each) for each in self.notebooks)
        return Released(cells, self.notebooks if known else (*self.notebooks, tuple(names)))


NEVER = Released()
"""Of an assignment that was never built."""


def digest(text: str) -> str:
    """Digest of a cell's text that white space and line ends do not change."""
    plain = " ".join(text.split()).encode("utf-8", "replace")
    return hashlib.sha256(plain).hexdigest()[:_DIGITS]


def read_released(folder: Path) -> Released:
    """What was released of an assignment.

    Args:
        folder: the assignment's, in ``solutions/``.

    Raises:
        AutograderError: the file is damaged, cannot be read, or is of a newer version.
    """
    path = folder / FILE
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return NEVER
    except OSError as error:
        raise AutograderError(f"{path} cannot be read ({error.strerror}).") from error
    except json.JSONDecodeError as error:
        raise _damaged(path, f"invalid JSON, line {error.lineno}") from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path, "invalid JSON") from error
    version = content.get("version") if isinstance(content, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise AutograderError(
            f"{path} is of version {version}, which a newer autograder wrote; this one reads "
            f"version {VERSION}. Update the autograder."
        )
    return _read(path, content)


def record_release(folder: Path, notebook: NotebookNode, *, write: bool = True) -> bool:
    """Add the cells of a release to what was released; whether any of them is new.

    Args:
        folder: the assignment's, in ``solutions/``.
        notebook: the one that students get.
        write: if False, only find out.

    Raises:
        AutograderError: the file is damaged, or cannot be written.
    """
    before = read_released(folder)
    now = before.with_release(notebook)
    if now == before:
        return False
    if write:
        content = {
            "version": VERSION,
            "about": _ABOUT,
            "cells": now.cells,
            "notebooks": now.notebooks,
        }
        path = folder / FILE
        try:
            atomic_write(path, json.dumps(content, indent=1) + "\n")
        except OSError as error:
            raise AutograderError(
                f"{path} could not be written ({error.strerror}). Make its folder writable: the "
                "course keeps there which check cells it has released."
            ) from error
    return True


def _read_only(notebook: NotebookNode) -> Iterator[tuple[str, NotebookNode]]:
    """The cells that nbgrader locks, by grade_id."""
    for cell in notebook.cells:
        nbgrader = cell.metadata.get("nbgrader", {})
        if nbgrader.get("locked"):
            yield nbgrader["grade_id"], cell


def _read(path: Path, content: Any) -> Released:
    try:
        cells = {name: tuple(map(_text, found)) for name, found in content["cells"].items()}
        notebooks = tuple(tuple(map(_text, found)) for found in content["notebooks"])
    except (AttributeError, KeyError, TypeError) as error:
        raise _damaged(path, "expected lists of digests under 'cells' and 'notebooks'") from error
    return Released(cells, notebooks)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _damaged(path: Path, what: str) -> AutograderError:
    return AutograderError(
        f"{path} is damaged ({what}). Restore it from your repository, or else delete it and run "
        f"`autograder build {path.parent.name}`: students of earlier releases may then be told "
        "that they edited a check cell."
    )
