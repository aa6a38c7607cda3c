"""Read an assignment: a percent notebook, its checks, misconceptions and variants.

One source, four views: from ``solutions/<name>/<name>.py`` come the reference and every
misconception (here, as definitions to run), and the student's and the instructor's notebook
(``views.py``). Nothing here runs an exercise.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jupytext
from nbformat import NotebookNode

from autograder.model import AutograderError, Definitions, Misconception
from autograder.sources.checks import CheckSet, read_checks
from autograder.sources.definitions import Cell, definitions
from autograder.sources.regions import BEGIN, END, marked, released

MISCONCEPTIONS = "misconceptions.toml"
VARIANTS = "variants"


@dataclass(frozen=True)
class Assignment:
    """A folder under ``solutions/``: one notebook, its checks, its misconceptions, its variants.

    ``cells`` maps each exercise to the source of the cell it is written in, reference included.
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

    def reference(self) -> Definitions:
        """The correct implementations."""
        return self._definitions({})

    def misconception(self, misconception: Misconception) -> Definitions:
        """The reference with one misconception's edit applied."""
        cell = self.cells[misconception.exercise]
        edited = cell.replace(misconception.find, misconception.replace)
        return self._definitions({misconception.exercise: edited})

    def _definitions(self, edited: dict[str, str]) -> Definitions:
        cells = [
            Cell(f"solution {number}", edited.get(exercise_of(cell), cell.source))
            for number, cell in enumerate(self.notebook.cells, 1)
            if cell.cell_type == "code"
        ]
        found, _, _ = definitions(cells, self.cells)
        return found

    def of(self, exercise: str) -> tuple[Misconception, ...]:
        """The misconceptions of one exercise, in the author's order."""
        return tuple(m for m in self.misconceptions if m.exercise == exercise)


def read_assignment(folder: Path) -> Assignment:
    """Read and examine everything about one assignment.

    Raises:
        AutograderError: with the file, the place, what was expected and how to mend it.
    """
    check_set = read_checks(folder)
    source = folder / f"{folder.name}.py"
    if not source.is_file():
        raise AutograderError(
            f"{source} is missing: the assignment's percent notebook, named like its folder."
        )
    try:
        notebook = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    except UnicodeDecodeError as error:
        raise AutograderError(f"{source} is not UTF-8 text (byte {error.start}).") from error
    cells = _exercise_cells(source, notebook, check_set)
    return Assignment(
        folder,
        notebook,
        cells,
        check_set,
        _misconceptions(folder / MISCONCEPTIONS, cells),
        tuple(sorted((folder / VARIANTS).glob("*.py"))),
    )


def exercise_of(cell: NotebookNode) -> str:
    """The exercise that is written in a cell; "" for any other cell."""
    return str(cell.metadata.get("exercise", ""))


def question_of(cell: NotebookNode) -> str:
    """The question, graded by a person, that is answered in a cell; "" for any other cell."""
    return str(cell.metadata.get("question", ""))


def _examine_question(where: str, question: str, cell: NotebookNode, rubric: bool) -> None:
    points = cell.metadata.get("points")
    number = isinstance(points, int | float) and not isinstance(points, bool)
    if cell.cell_type != "markdown" or not number or not points > 0:
        raise AutograderError(
            f"{where}: a question that a person grades is Markdown with points; start the cell "
            f'with `# %% [markdown] question="{question}" points=4`.'
        )
    if not rubric:
        raise AutograderError(
            f"{where}: question {question!r} has no rubric; put what earns the points between "
            f"{BEGIN}: Write your answer here. and {END}."
        )


def _exercise_cells(source: Path, notebook: NotebookNode, check_set: CheckSet) -> dict[str, str]:
    found: dict[str, str] = {}
    questions: set[str] = set()
    known = [exercise.name for exercise in check_set.exercises]
    for number, cell in enumerate(notebook.cells, 1):
        name = exercise_of(cell)
        where = f"{source}, cell {number}"
        released(cell, where)  # raises if a marker has no counterpart
        regions = marked(cell)
        if question := question_of(cell):
            _examine_question(where, question, cell, regions)
            if question in questions or question in known:
                raise AutograderError(
                    f"{where}: {question!r} is already the name of a question or an exercise."
                )
            questions.add(question)
            continue
        if not name:
            if regions:
                raise AutograderError(
                    f"{where}: a solution region outside an exercise; start the cell with "
                    '`# %% exercise="Name"`.'
                )
            continue
        if name in found:
            raise AutograderError(f"{where}: a second cell of exercise {name!r}; join the two.")
        if name not in known:
            raise AutograderError(
                f"{where}: exercise {name!r} is not among EXERCISES in checks.py."
            )
        if not regions:
            raise AutograderError(
                f"{where}: exercise {name!r} has no solution region; put what students write "
                f"between {BEGIN} and {END}."
            )
        found[name] = cell.source
    for exercise in check_set.exercises:
        if exercise.name not in found:
            raise AutograderError(
                f"{source}: exercise {exercise.name!r} of checks.py has no cell; start one with "
                f'`# %% exercise="{exercise.name}"`.'
            )
    return found


def _misconceptions(path: Path, cells: dict[str, str]) -> tuple[Misconception, ...]:
    if not path.is_file():
        raise AutograderError(f"{path} is missing: it lists the known-wrong variants.")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AutograderError(f"{path} is not TOML: {error}.") from error
    tables = content.pop("misconception", [])
    if content or not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        raise AutograderError(
            f"{path} must hold tables that begin [[misconception]], and nothing else"
            f"{f' (there is {min(content)!r})' if content else ''}."
        )
    found = [_misconception(path, table, cells) for table in tables]
    for (exercise, name), count in Counter((m.exercise, m.name) for m in found).items():
        if count > 1:
            raise AutograderError(
                f"{path}: {count} misconceptions of {exercise} are named {name!r}; rename them."
            )
    return tuple(found)


_FIELDS: Sequence[str] = ("name", "exercise", "hint", "find", "replace")


def _misconception(path: Path, table: dict[str, object], cells: dict[str, str]) -> Misconception:
    what = f"{path}: misconception {table.get('name', '(unnamed)')!r}"
    if sorted(table) != sorted(_FIELDS) or not all(isinstance(v, str) for v in table.values()):
        raise AutograderError(f"{what} must have the texts {', '.join(_FIELDS)}, and no more.")
    found = Misconception(**table)  # type: ignore[arg-type]
    what = f"{path}: misconception {found.exercise}.{found.name}"
    if found.exercise not in cells:
        raise AutograderError(f"{what}: there is no exercise {found.exercise!r}.")
    if not re.fullmatch(r"[a-z]\w*", found.name) or found.name == "reference":
        raise AutograderError(f"{what}: its name must be one word of letters, digits and _.")
    if not found.hint.strip():
        raise AutograderError(f"{what} has no hint.")
    count = cells[found.exercise].count(found.find)
    if count != 1:
        raise AutograderError(
            f"{what}: its `find` stands {count} times in the cell of {found.exercise}, and must "
            f"stand exactly once: {found.find!r}."
        )
    if found.find == found.replace:
        raise AutograderError(f"{what} replaces its text by the same text.")
    return found
