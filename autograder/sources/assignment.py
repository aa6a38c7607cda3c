"""Read an assignment: a percent notebook, its checks, misconceptions and variants.

One source, four views: from ``solutions/<name>/<name>.py`` come the reference and every
misconception (here, as definitions to run), and the student's and the instructor's notebook
(``views.py``). Nothing here runs an exercise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.model import AutograderError, Misconception
from autograder.programs import Definitions
from autograder.sources.arguments import argument_misconceptions
from autograder.sources.cells import exercise_cells, exercise_of, question_of
from autograder.sources.checks import (
    CHECKS,
    HIDDEN_CHECKS,
    HIDDEN_PROBES,
    PROBES,
    CheckSet,
    collect_checks,
)
from autograder.sources.course import Course
from autograder.sources.data_files import DATA, data_names, read_data
from autograder.sources.definitions import Cell, definitions
from autograder.sources.equivalents import Equivalent, read_equivalents
from autograder.sources.faults import CourseFaults, Faults, is_file_name
from autograder.sources.magics import without_magics
from autograder.sources.misconceptions import MISCONCEPTIONS, read_misconceptions
from autograder.sources.percent import Percent, read_percent
from autograder.sources.predictions import examine_predictions
from autograder.sources.reading import parse, read_text, top_level_names

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = [
    "VARIANTS",
    "Assignment",
    "exercise_of",
    "question_of",
    "read_assignment",
    "read_assignments",
]

VARIANTS = "variants"


@dataclass(frozen=True)
class Assignment:
    """A folder under ``solutions/``: one notebook, its checks, its misconceptions, its variants.

    Attributes:
        folder: the assignment's folder.
        percent: the source notebook, solutions included, and the lines at which its cells begin.
        cells: for each exercise, the source of its solution cell, solution included.
        check_set: the exercises and their checks, hidden ones included.
        misconceptions: the known mistakes, in the author's order, and after them those that are
            generated for the arguments of each exercise.
        equivalents: edits of the reference that no check can see, as the author says.
        variants: modules that solve the exercises in other, correct ways.
    """

    folder: Path
    percent: Percent
    cells: dict[str, str]
    check_set: CheckSet
    misconceptions: tuple[Misconception, ...]
    equivalents: tuple[Equivalent, ...]
    variants: tuple[Path, ...]

    @property
    def authored(self) -> tuple[Misconception, ...]:
        """The misconceptions that the author wrote, in the order of the file."""
        return tuple(known for known in self.misconceptions if not known.generated)

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def notebook(self) -> NotebookNode:
        """The source notebook, solutions included."""
        return self.percent.notebook

    def reference(self, *exercises: str) -> Definitions:
        """The correct implementations of these exercises; of all, if none is named."""
        return self._definitions(exercises or tuple(self.cells), {})

    def misconception(self, misconception: Misconception) -> Definitions:
        """The reference of one exercise, with the misconception's edit applied."""
        cell = self.cells[misconception.exercise]
        edited = cell.replace(misconception.find, misconception.replace)
        return self._definitions((misconception.exercise,), {misconception.exercise: edited})

    def _definitions(self, exercises: Sequence[str], edited: dict[str, str]) -> Definitions:
        # Empty lines above each cell, so that messages name the line of the file. An exercise's
        # cell is called by its name, so that a new cell above it changes nothing.
        cells = [
            Cell(
                f"{self.name}.py ({exercise_of(cell) or f'cell {number}'})",
                "\n" * max(self.percent.line(number) - 1, 0)
                + edited.get(exercise_of(cell), cell.source),
            )
            for number, cell in enumerate(self.notebook.cells, 1)
            if cell.cell_type == "code"
        ]
        found, _, _ = definitions(cells, exercises)
        return found

    def only(self, exercises: frozenset[str]) -> Assignment:
        """The same assignment, with the checks and misconceptions of these exercises alone.

        Raises:
            AutograderError: one of them is not in the assignment.
        """
        return replace(
            self,
            check_set=self.check_set.only(exercises),
            misconceptions=tuple(m for m in self.misconceptions if m.exercise in exercises),
        )

    def with_checks(self, names: frozenset[str]) -> Assignment:
        """The same assignment with these checks alone, and nothing of the other exercises.

        Args:
            names: ``name`` or ``Exercise.name``.

        Raises:
            AutograderError: there is no such check.
        """
        checks = self.check_set.checks
        for name in sorted(names):
            if not any(name in (check.name, check.id) for check in checks):
                close = get_close_matches(name, [check.name for check in checks], n=1)
                suggestion = f" Did you mean {close[0]!r}?" if close else ""
                raise AutograderError(f"{self.name} has no check {name!r}.{suggestion}")
        found = tuple(check for check in checks if names & {check.name, check.id})
        kept = self.only(frozenset(check.exercise for check in found))
        return replace(kept, check_set=replace(kept.check_set, checks=found))

    def of(self, exercise: str) -> tuple[Misconception, ...]:
        """The misconceptions of one exercise, in the author's order."""
        return tuple(m for m in self.misconceptions if m.exercise == exercise)


def read_assignments(course: Course, names: Sequence[str] | None = None) -> list[Assignment]:
    """Read several assignments of a course.

    Args:
        names: the assignments; None or empty for all.

    Raises:
        CourseFaults: what is wrong in any of them.
        AutograderError: an assignment does not exist.
    """
    found: list[Assignment] = []
    faults = Faults()
    for folder in [course.solution(name) for name in names or course.assignments()]:
        try:
            found.append(read_assignment(folder))
        except CourseFaults as error:
            faults.found += error.faults
    faults.raise_any()
    return found


def read_assignment(folder: Path) -> Assignment:
    """Read and examine everything about one assignment that can be seen without running it.

    What takes longer, such as drawing inputs, is left to `autograder.sources.examine.examine`.

    Raises:
        CourseFaults: everything that is missing or invalid, each with its file and line, what was
            expected, and how to fix it.
    """
    faults = Faults()
    folder = folder.absolute()  # as the places of functions are
    _examine_names(folder, faults)
    check_set = collect_checks(folder, faults)
    exercises = {e.name: e for e in check_set.exercises} if check_set else None
    percent = read_percent(folder / f"{folder.name}.py", faults)
    cells, names = exercise_cells(percent, exercises, faults) if percent else ({}, frozenset())
    predictions = examine_predictions(percent, exercises or (), faults) if percent else ()
    known = (*(exercises or ()), *sorted(names - set(exercises or ())))
    authored = read_misconceptions(folder / MISCONCEPTIONS, cells, known, faults)
    equivalents = read_equivalents(folder / MISCONCEPTIONS, known, faults)
    variants = tuple(sorted((folder / VARIANTS).glob("*.py")))
    try:
        data = read_data(folder, data_names(folder))
    except OSError as error:
        faults.add(folder / DATA, 0, f"the data files cannot be read: {error}.")
    for path in variants:
        _examine_variant(path, exercises, faults)
    faults.raise_any()
    assert percent is not None
    assert check_set is not None
    check_set = replace(check_set, data=data, predictions=predictions)
    misconceptions = (*authored, *_generated(cells, authored, equivalents))
    return Assignment(folder, percent, cells, check_set, misconceptions, equivalents, variants)


def _generated(
    cells: Mapping[str, str], authored: Sequence[Misconception], equivalents: Sequence[Equivalent]
) -> Iterator[Misconception]:
    """The misconceptions of every argument, but those that no check can see."""
    invisible = {(each.exercise, each.mutant) for each in equivalents}
    for exercise, cell in cells.items():
        for known in argument_misconceptions(without_magics(cell), exercise, authored):
            # An edit at a magic does not fit the cell as it is written.
            if (exercise, known.name) not in invisible and cell.count(known.find) == 1:
                yield known


def _examine_names(folder: Path, faults: Faults) -> None:
    """The folder's name, and files that are not read because their names are misspelt."""
    if not is_file_name(folder.name):
        faults.add(
            folder,
            0,
            f"{folder.name!r} is not a valid name for an assignment. Rename the folder: use "
            "letters, digits, _ and -.",
        )
    optional = [HIDDEN_CHECKS, HIDDEN_PROBES, VARIANTS]
    known = [*optional, CHECKS, PROBES, MISCONCEPTIONS, f"{folder.name}.py"]
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        close = get_close_matches(path.name, optional, n=1, cutoff=0.8)
        if path.name not in known and close and not (folder / close[0]).exists():
            faults.add(path, 0, f"this file is not read. Rename it to {close[0]}.")


def _examine_variant(path: Path, exercises: Collection[str] | None, faults: Faults) -> None:
    text = read_text(path, "", faults)
    tree = None if text is None else parse(path, without_magics(text), faults, tabs=True)
    if tree is None or exercises is None:
        return
    if not set(top_level_names(tree.body)) & set(exercises):
        faults.add(
            path,
            0,
            "the variant defines no exercise. Define one of "
            f"{', '.join(exercises)}, or delete the file.",
        )
