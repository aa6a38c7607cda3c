"""Read what a student submitted: a notebook or a module, however broken.

Untrusted text is parsed here and never run. A problem with a file becomes a remark and, where it
matters, the reason why an exercise is missing; it never stops the grading of a class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.programs import Definitions
from autograder.sources.code_cells import checked_exercises, code_cells
from autograder.sources.definitions import BrokenCell, Cell, Outline
from autograder.sources.dependencies import apparent_scopes
from autograder.sources.magics import MAX_MAGIC_TOKENS, count_magic_tokens
from autograder.sources.module_file import read_module
from autograder.sources.notebook_file import UnreadableFileError, read_notebook
from autograder.sources.parsing import MAX_SOURCE, MAX_WORDS, UNPARSABLE, count_words, parsed
from autograder.sources.released_cells import NEVER, Released

MAX_ALL_WORDS = 2 * MAX_WORDS
"""Words and signs in all cells together; a course's whole notebook has some 12,000."""

MAX_REMARKS = 20

_COPY_SUFFIXES = (".txt", ".json")


@dataclass(frozen=True)
class Submission:
    """What a student submitted, as far as it can be read.

    Attributes:
        student: the student's id; the file's stem if there is none.
        path: the file, or None if nothing was submitted.
        cells: its code cells in order, without the locked check cells that hold no code of the
            student's; empty if unreadable.
        notebook: the raw notebook without outputs; None for a module or an unreadable file.
        unreadable: why nothing can be read and how to fix it; "" otherwise.
        remarks: plain sentences about the submission, for its report.
        exercises: those that the release has checks of, whether they are graded or not; empty if
            there is no release.
    """

    student: str
    path: Path | None
    cells: tuple[Cell, ...] = ()
    notebook: dict[str, Any] | None = None
    unreadable: str = ""
    remarks: tuple[str, ...] = ()
    exercises: tuple[str, ...] = ()

    def definitions(self, names: Sequence[str]) -> LoadPlan:
        """What must run to define the exercises, and why some of them are missing."""
        outline = Outline(self.cells, names)
        missing = {
            name: self._why_missing(name, outline) for name in names if name not in outline.defined
        }
        return LoadPlan(
            outline.definitions(),
            missing,
            outline.broken,
            {name: outline.definitions(name) for name in names if name not in missing},
            outline.remarks(),
        )

    def _why_missing(self, name: str, outline: Outline) -> str:
        if self.unreadable:
            return self.unreadable
        for cell in outline.broken:
            if name in apparent_scopes(cell.text):
                return f"{cell}. Fix this cell: {name} is undefined until it runs."
        other = outline.resembling(name, self.exercises)
        hint = f" If {other} is meant to be it, name it {name}." if other else ""
        return f"There is no class or function named {name!r} in the submission.{hint}"


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

    @property
    def skipped(self) -> tuple[str, ...]:
        """A sentence about each broken cell, but for those that ``missing`` tells of."""
        told = tuple(self.missing.values())
        return tuple(
            f"{cell}. This cell was skipped."
            for cell in self.broken
            if not any(why.startswith(f"{cell}. ") for why in told)
        )


def read_submission(
    path: Path,
    student: str = "",
    locked: dict[str, str] | None = None,
    released: Released = NEVER,
    *,
    own: bool = False,
) -> Submission:
    """Read a notebook or module.

    Args:
        student: the student's id. Defaults to the file's stem.
        locked: the source of each locked cell of the release, by grade_id. A submission's copies
            of these cells are run only as far as the student wrote definitions into them, and a
            remark names those that were changed.
        released: what earlier releases had; a cell as one of them had it is unchanged.
        own: whether the student who reads the messages is still working on the file.
    """
    student = student or path.stem
    try:
        if path.is_symlink():
            raise UnreadableFileError(
                "is a symbolic link, which is not followed", "Replace it with the file itself."
            )
        if not path.exists():
            raise UnreadableFileError("is gone", "Save it again.")
        if not path.is_file():
            raise UnreadableFileError("is not a file", "Replace it with the file itself.")
        if is_notebook(path):
            notebook = read_notebook(path)
            cells, remarks = code_cells(notebook["cells"], locked or {}, released)
        else:
            notebook, cells, remarks = None, read_module(path), ()
        _bound(cells)
    except UnreadableFileError as error:
        wrong = f"{error.what}. {error.fix}"
    except OSError as error:
        wrong = f"cannot be opened ({error.strerror}). Make it readable."
    else:
        return Submission(
            student,
            path,
            cells,
            notebook,
            remarks=tuple(remarks),
            exercises=checked_exercises(locked or {}),
        )
    reason = f"{path.name} {wrong}{'' if own else ' Then submit it again.'}"
    return Submission(student, path, unreadable=reason, remarks=(reason,))


def is_notebook(path: Path) -> bool:
    """Whether a file is a notebook by its name, also by one that a browser gave it."""
    name = path.name.lower()
    return any(name.endswith(f".ipynb{suffix}") for suffix in ("", *_COPY_SUFFIXES))


def bounded(remarks: Sequence[str]) -> tuple[str, ...]:
    """The first 20 remarks, and how many more there are."""
    more = len(remarks) - MAX_REMARKS
    return (*remarks[:MAX_REMARKS], *([f"There are {more} more remarks."] if more > 0 else []))


def _bound(cells: Sequence[Cell]) -> None:
    """Refuse what would cost the grader minutes or gigabytes to parse."""
    size = sum(len(cell.text.lstrip("\n")) for cell in cells)
    if size > MAX_SOURCE:
        largest = max(cells, key=lambda cell: len(cell.text))
        raise UnreadableFileError(
            f"has {size / 1e6:.1f} MB of code; at most {MAX_SOURCE / 1e6:.0f} MB is read",
            f"The largest part is {largest.label}. Remove data from it.",
        )
    # A cell of too many words is broken, and costs nothing but itself.
    words = sum(each for each in (count_words(c.text) for c in cells) if each <= MAX_WORDS)
    if words > MAX_ALL_WORDS:
        raise UnreadableFileError(
            f"has {words:,} tokens of code; at most {MAX_ALL_WORDS:,} are read",
            "Remove data and old versions from its cells.",
        )
    # So is a cell of too many magics.
    counts = [(c, count_magic_tokens(c.text)) for c in cells if c.magics]
    counts = [(c, count) for c, count in counts if count <= MAX_MAGIC_TOKENS]
    # Plain Python is not read by IPython, and a line of it may begin with a division.
    if (
        sum(count for _, count in counts) > MAX_MAGIC_TOKENS
        and sum(count for c, count in counts if not _is_python(c)) > MAX_MAGIC_TOKENS
    ):
        raise UnreadableFileError(
            "has too many magics and shell lines in long cells", "Remove them."
        )


def _is_python(cell: Cell) -> bool:
    try:
        parsed(cell.text, cell.label)
    except UNPARSABLE:
        return False
    return True
