"""Read what a student submitted: a notebook or a module, however broken.

Untrusted text is parsed here and never run. A problem with a file becomes a remark and, where it
matters, the reason why an exercise is missing; it never stops the grading of a class.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.model import AutograderError, Definitions
from autograder.sources.definitions import BrokenCell, Cell, Outline

_ORIGINAL_USED = "the original check was used"

MAX_BYTES = 20_000_000
"""Larger files are not read. 20 MB is a hundred times the size of a notebook with pictures."""


@dataclass(frozen=True)
class Submission:
    """What a student submitted, as far as it can be read.

    Attributes:
        student: the student's id; the file's stem if there is none.
        path: the file, or None if nothing was submitted.
        cells: its code cells in order, without the locked check cells; empty if unreadable.
        notebook: the raw notebook as a dictionary; None for a module or an unreadable file.
        unreadable: why nothing can be read and how to fix it; "" otherwise.
        remarks: plain sentences about the submission, for its report.
    """

    student: str
    path: Path | None
    cells: tuple[Cell, ...] = ()
    notebook: dict[str, Any] | None = None
    unreadable: str = ""
    remarks: tuple[str, ...] = ()

    def definitions(self, names: Sequence[str]) -> LoadPlan:
        """What must run to define the exercises, and why some of them are missing."""
        outline = Outline(self.cells, names)
        broken = outline.broken
        missing = {
            name: self._why_missing(name, broken) for name in names if name not in outline.defined
        }
        return LoadPlan(
            outline.definitions(),
            missing,
            broken,
            {name: outline.definitions(name) for name in names if name not in missing},
            outline.remarks(),
        )

    def _why_missing(self, name: str, broken: Sequence[BrokenCell]) -> str:
        if self.unreadable:
            return self.unreadable
        for cell in broken:
            if re.search(rf"\b(class|def)\s+{re.escape(name)}\b", cell.text):
                return f"{cell}. Fix this cell: {name} is undefined until it runs."
        return f"There is no class or function named {name!r} in the submission."


@dataclass(frozen=True)
class LoadPlan:
    """What to run of a submission.

    Attributes:
        definitions: the statements that define the exercises.
        missing: for each exercise that is not defined, the reason.
        broken: the cells that are not valid Python.
        each: for each exercise that is defined, the statements that define it alone.
        remarks: plain sentences about what replaces a definition, and what does not.
    """

    definitions: Definitions
    missing: dict[str, str]
    broken: tuple[BrokenCell, ...]
    each: dict[str, Definitions]
    remarks: tuple[str, ...]


def read_submission(
    path: Path, student: str = "", locked: dict[str, str] | None = None
) -> Submission:
    """Read a notebook or module.

    Args:
        student: the student's id. Defaults to the file's stem.
        locked: the source of each locked cell of the release, by grade_id. A submission's copies
            of these cells are not run, and a remark names those that were changed.
    """
    student = student or path.stem
    if path.is_symlink():
        return _unreadable(
            student, path, "is a symbolic link, which is not followed", "Submit the file itself."
        )
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            return _unreadable(
                student,
                path,
                f"is too large ({size / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB are read)",
                "Clear its outputs, save it and submit it again.",
            )
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        return _unreadable(student, path, f"is not UTF-8 text (byte {error.start})")
    except OSError as error:
        return _unreadable(student, path, f"cannot be opened ({error.strerror})")
    if path.suffix == ".ipynb":
        return _read_notebook(path, student, text, locked or {})
    return Submission(student, path, _module_cells(text))


def find_submission(
    folder: Path, assignment: str, student: str, locked: dict[str, str] | None = None
) -> Submission:
    """A student's submission in ``submitted/<student>/<assignment>/``.

    The notebook with the assignment's name counts, else the module with that name, else the only
    notebook or module in the folder.
    """
    if folder.is_symlink() or not folder.is_dir():
        return Submission(student, None, unreadable="Nothing was submitted for this assignment.")
    for suffix in (".ipynb", ".py"):
        path = folder / f"{assignment}{suffix}"
        if path.is_symlink() or path.is_file():
            return read_submission(path, student, locked)
    for suffix in (".ipynb", ".py"):
        others = sorted(p for p in folder.glob(f"*{suffix}") if p.is_file() or p.is_symlink())
        if len(others) == 1:
            found = read_submission(others[0], student, locked)
            remark = f"The file is named {others[0].name}; expected {assignment}{suffix}."
            return replace(found, remarks=(remark, *found.remarks))
    names = ", ".join(sorted(p.name for p in folder.iterdir())[:5])
    content = f"the submitted folder has {names}" if names else "the submitted folder is empty"
    return Submission(
        student,
        None,
        unreadable=f"Expected {assignment}.ipynb (or {assignment}.py); {content}.",
    )


def locked_cells(release: NotebookNode) -> dict[str, str]:
    """The source of each locked cell of a release, by grade_id."""
    return {
        cell.metadata["nbgrader"]["grade_id"]: cell.source
        for cell in release.cells
        if cell.metadata.get("nbgrader", {}).get("locked")
    }


def _unreadable(
    student: str, path: Path, what: str, fix: str = "Save it in Jupyter and submit it again."
) -> Submission:
    reason = f"{path.name} {what}. {fix}"
    return Submission(student, path, unreadable=reason, remarks=(reason,))


def _read_notebook(path: Path, student: str, text: str, locked: dict[str, str]) -> Submission:
    if not text.strip():
        return _unreadable(student, path, "is empty")
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        return _unreadable(student, path, f"is not a valid notebook (invalid JSON, line {line})")
    version = raw.get("nbformat") if isinstance(raw, dict) else None
    if not isinstance(version, int) or not 3 <= version <= 4:
        return _unreadable(
            student,
            path,
            f"is not a valid notebook (`nbformat` must be 4, and is {version!r:.40})",
        )
    if version == 3:
        try:
            raw = dict(nbformat.convert(nbformat.from_dict(raw), 4))
        except Exception as error:  # nbformat's converters promise nothing on broken input
            return _unreadable(
                student, path, f"has the old format 3 and cannot be converted ({error!r:.80})"
            )
    listed = raw.get("cells")
    if not isinstance(listed, list):
        return _unreadable(student, path, "is not a valid notebook (no list of cells)")
    cells, remarks = _code_cells(listed, locked)
    return Submission(student, path, cells, raw, remarks=remarks)


def _code_cells(
    listed: Sequence[Any], locked: dict[str, str]
) -> tuple[tuple[Cell, ...], tuple[str, ...]]:
    """The code cells that are not locked, and remarks on invalid cells and changed locked ones."""
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
            elif source.strip() != locked[grade_id].strip():
                remarks.append(f"The locked cell {grade_id} was edited; {_ORIGINAL_USED}.")
        elif cell.get("cell_type") == "code":
            cells.append(Cell(f"cell {number}", source, grade_id))
    for grade_id in locked:
        if seen[grade_id] == 0:
            remarks.append(f"The locked cell {grade_id} is missing; {_ORIGINAL_USED}.")
        elif seen[grade_id] > 1:
            remarks.append(
                f"The locked cell {grade_id} appears {seen[grade_id]} times; {_ORIGINAL_USED}."
            )
    return tuple(cells), tuple(remarks)


def _source(cell: object) -> str | None:
    source = cell.get("source") if isinstance(cell, dict) else None
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return "".join(source)
    return source if isinstance(source, str) else None


def _grade_id(cell: dict[str, Any]) -> str:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return grade_id if isinstance(grade_id, str) else ""


def _module_cells(text: str) -> tuple[Cell, ...]:
    """A module as one cell; a percent script split, so that a broken cell costs only itself.

    Each part keeps the line numbers of the file.
    """
    lines = text.splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if re.match(r"#\s*%%(?!%)", line)]
    if not starts:
        return (Cell("module", text),)
    cells = []
    for begin, end in zip([0, *starts], [*starts, len(lines)], strict=True):
        header = lines[begin] if begin < end else ""
        part = "".join(lines[begin:end])
        if part.strip() and "[markdown]" not in header and "[raw]" not in header:
            cells.append(Cell(f"module from line {begin + 1}", "\n" * begin + part))
    return tuple(cells)


def submissions_in(folder: Path) -> tuple[str, ...]:
    """The students' ids: the folders in nbgrader's ``submitted/``, sorted.

    Raises:
        AutograderError: there is no such folder, or it has no student's folder.
    """
    if not folder.is_dir():
        raise AutograderError(
            f"{folder} does not exist. Collect the submissions there as "
            f"{folder.name}/<student>/<assignment>/<assignment>.ipynb, which is nbgrader's layout, "
            "or pass another folder with --submissions."
        )
    students = tuple(
        sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    )
    if not students:
        raise AutograderError(
            f"{folder} has no student folders. Expected "
            f"{folder.name}/<student>/<assignment>/<assignment>.ipynb."
        )
    return students
