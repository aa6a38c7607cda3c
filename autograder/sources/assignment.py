"""Read an assignment: a percent notebook, its checks, misconceptions and variants.

One source, four views: from ``solutions/<name>/<name>.py`` come the reference and every
misconception (here, as definitions to run), and the student's and the instructor's notebook
(``views.py``). Nothing here runs an exercise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import jupytext
from nbformat import NotebookNode

from autograder.model import AutograderError, Definitions, Misconception
from autograder.sources.checks import CheckSet, read_checks
from autograder.sources.course import Course
from autograder.sources.definitions import Cell, definitions
from autograder.sources.misconceptions import MISCONCEPTIONS, read_misconceptions
from autograder.sources.regions import BEGIN, END, marked, released

VARIANTS = "variants"


@dataclass(frozen=True)
class Assignment:
    """A folder under ``solutions/``: one notebook, its checks, its misconceptions, its variants.

    Attributes:
        folder: the assignment's folder.
        notebook: the source notebook, solutions included.
        cells: for each exercise, the source of its solution cell, solution included.
        check_set: the exercises and their checks, hidden ones included.
        misconceptions: the known mistakes, in the author's order.
        variants: modules that solve the exercises in other, correct ways.
    """

    folder: Path
    notebook: NotebookNode
    cells: dict[str, str]
    check_set: CheckSet
    misconceptions: tuple[Misconception, ...]
    variants: tuple[Path, ...]

    @property
    def name(self) -> str:
        return self.folder.name

    def reference(self, *exercises: str) -> Definitions:
        """The correct implementations of these exercises; of all, if none is named."""
        return self._definitions(exercises or tuple(self.cells), {})

    def misconception(self, misconception: Misconception) -> Definitions:
        """The reference of one exercise, with the misconception's edit applied."""
        cell = self.cells[misconception.exercise]
        edited = cell.replace(misconception.find, misconception.replace)
        return self._definitions((misconception.exercise,), {misconception.exercise: edited})

    def _definitions(self, exercises: Sequence[str], edited: dict[str, str]) -> Definitions:
        # An exercise's cell is called by its name, so that a new cell above it changes nothing.
        cells = [
            Cell(
                f"solution of {exercise_of(cell)}" if exercise_of(cell) else f"solution {number}",
                edited.get(exercise_of(cell), cell.source),
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
        AutograderError: an assignment does not exist or is broken.
    """
    return [read_assignment(course.solution(name)) for name in names or course.assignments()]


def read_assignment(folder: Path) -> Assignment:
    """Read and examine everything about one assignment.

    Raises:
        AutograderError: something is missing or invalid; the message names the file and the place,
            and says what was expected and how to fix it.
    """
    check_set = read_checks(folder)
    source = folder / f"{folder.name}.py"
    if not source.is_file():
        raise AutograderError(
            f"{source} is missing. Expected the assignment's percent notebook, named after its "
            "folder."
        )
    try:
        notebook = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    except UnicodeDecodeError as error:
        raise AutograderError(
            f"{source} is not UTF-8 text (byte {error.start}). Save it as UTF-8."
        ) from error
    cells = _exercise_cells(source, notebook, check_set)
    return Assignment(
        folder,
        notebook,
        cells,
        check_set,
        read_misconceptions(folder / MISCONCEPTIONS, cells),
        tuple(sorted((folder / VARIANTS).glob("*.py"))),
    )


def exercise_of(cell: NotebookNode) -> str:
    """The exercise whose solution cell this is; "" for any other cell."""
    return str(cell.metadata.get("exercise", ""))


def question_of(cell: NotebookNode) -> str:
    """The manually graded question that this cell asks; "" for any other cell."""
    return str(cell.metadata.get("question", ""))


def _exercise_cells(source: Path, notebook: NotebookNode, check_set: CheckSet) -> dict[str, str]:
    found: dict[str, str] = {}
    questions: set[str] = set()
    known = [exercise.name for exercise in check_set.exercises]
    for number, cell in enumerate(notebook.cells, 1):
        name = exercise_of(cell)
        where = f"{source}, cell {number}"
        released(cell, where)  # raises if a marker has no counterpart
        has_region = marked(cell)
        if question := question_of(cell):
            _examine_question(where, question, cell, has_region)
            if question in questions or question in known:
                raise AutograderError(
                    f"{where}: the name {question!r} is already taken by another question or "
                    "exercise. Rename the question."
                )
            questions.add(question)
            continue
        if not name:
            if has_region:
                raise AutograderError(
                    f"{where}: a solution region outside an exercise. Start the cell with "
                    '`# %% exercise="Name"`.'
                )
            continue
        if name in found:
            raise AutograderError(
                f"{where}: exercise {name!r} already has a cell. Merge the two cells."
            )
        if name not in known:
            raise AutograderError(
                f"{where}: exercise {name!r} is not defined in checks.py, which has "
                f"{', '.join(known)}."
            )
        if not has_region:
            raise AutograderError(
                f"{where}: exercise {name!r} has no solution region. Put what students write "
                f"between {BEGIN} and {END}."
            )
        found[name] = cell.source
    for name in known:
        if name not in found:
            raise AutograderError(
                f"{source}: exercise {name!r} of checks.py has no cell. Start one with "
                f'`# %% exercise="{name}"`.'
            )
    return found


def _examine_question(where: str, question: str, cell: NotebookNode, has_rubric: bool) -> None:
    points = cell.metadata.get("points")
    is_number = isinstance(points, int | float) and not isinstance(points, bool)
    if cell.cell_type != "markdown" or not is_number or not points > 0:
        raise AutograderError(
            f"{where}: a manually graded question must be a Markdown cell with points > 0. Start "
            f'it with `# %% [markdown] question="{question}" points=4`.'
        )
    if not has_rubric:
        raise AutograderError(
            f"{where}: question {question!r} has no rubric. Put what earns the points between "
            f"{BEGIN}: Write your answer here. and {END}."
        )
