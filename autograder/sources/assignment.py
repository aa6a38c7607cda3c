"""One source, four views: an assignment's percent notebook and what is made from it.

The source is ``solutions/<name>/<name>.py``. From it come the student's notebook, the reference,
every misconception, and the instructor's notebook. Nothing here runs an exercise.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.model import AutograderError, Definitions, Misconception
from autograder.sources.checks import CheckSet, read_checks
from autograder.sources.definitions import Cell, definitions

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
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
            Cell(f"solution {number}", edited.get(_exercise_of(cell), cell.source))
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
    notebook = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    cells = _exercise_cells(source, notebook, check_set)
    return Assignment(
        folder,
        notebook,
        cells,
        check_set,
        _misconceptions(folder / MISCONCEPTIONS, cells),
        tuple(sorted((folder / VARIANTS).glob("*.py"))),
    )


def student_notebook(assignment: Assignment) -> NotebookNode:
    """The notebook that students get: stubs, locked check cells with points, no solution.

    A bonus exercise's check cell is worth 0 points to nbgrader: what it earns is extra credit.
    """
    return _view(assignment, _released)


def instructor_notebook(assignment: Assignment) -> NotebookNode:
    """The same notebook with the reference and the rubrics in it, for nbgrader's ``source/``."""
    return _view(assignment, lambda cell, _: str(cell.source))


def _view(assignment: Assignment, text_of: Callable[[NotebookNode, str], str]) -> NotebookNode:
    notebook = nbformat.v4.new_notebook(metadata=_kernel())
    for number, cell in enumerate(assignment.notebook.cells, 1):
        exercise = _exercise_of(cell)
        text = text_of(cell, f"{assignment.name}.py, cell {number}")
        if question := _question_of(cell):
            notebook.cells.append(_answered_by_hand(question, text, cell))
            continue
        if not exercise:
            notebook.cells.append(_numbered(cell.cell_type, text, number))
            continue
        checks = assignment.check_set.of(exercise)
        bonus = assignment.check_set.exercise(exercise).bonus
        points = sum(check.points for check in checks)
        notebook.cells += [
            _graded(f"{exercise}", text, solution=True),
            _graded(
                f"check-{exercise}",
                f"# {points:g} {'bonus points' if bonus else 'points'}\ncheck({exercise})",
                points=0 if bonus else points,
            ),
        ]
    return notebook


def without_solutions(text: str, where: str, *, prose: bool = False) -> str:
    """The text with each solution region replaced by its sentence.

    Args:
        prose: the text is a question's, whose region holds the rubric; its sentence stands as it
            is. In code, a ``NotImplementedError`` says the sentence.

    Raises:
        AutograderError: an unmatched or nested marker, or a region without a sentence.
    """
    lines: list[str] = []
    begun = 0
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith(BEGIN):
            sentence = stripped.removeprefix(BEGIN).removeprefix(":").strip()
            if begun:
                raise AutograderError(
                    f"{where}, line {number}: {BEGIN} again before the one of line {begun} ended; "
                    f"put {END} between them."
                )
            if not sentence:
                raise AutograderError(
                    f"{where}, line {number}: say after the marker what to write there "
                    f"({BEGIN}: Update the velocity.); the student's stub raises that sentence."
                )
            begun = number
            indent = line[: len(line) - len(line.lstrip())]
            said = sentence if prose else f"raise NotImplementedError({_quoted(sentence)})"
            lines.append(f"{indent}{said}")
        elif stripped.startswith(END):
            if not begun:
                raise AutograderError(f"{where}, line {number}: {END} without a {BEGIN} before it.")
            begun = 0
        elif not begun:
            lines.append(line)
    if begun:
        raise AutograderError(f"{where}, line {begun}: {BEGIN} without an {END} after it.")
    return "\n".join(lines)


def solution_lines(assignment: Assignment) -> frozenset[str]:
    """The lines of the reference that tell an answer: none may stand in a release.

    A line that also stands outside the solution regions (a signature, ``return config``) tells
    nothing.
    """
    inside, outside = set[str](), set[str]()
    for cell in assignment.notebook.cells:
        stub = _released(cell, assignment.name).splitlines()
        outside.update(line.strip() for line in stub)
        inside.update(line.strip() for line in cell.source.splitlines())
    return frozenset(
        line for line in inside - outside if len(line) > 12 and not line.startswith("#")
    )


def _quoted(sentence: str) -> str:
    return '"' + sentence.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _exercise_of(cell: NotebookNode) -> str:
    return str(cell.metadata.get("exercise", ""))


def _question_of(cell: NotebookNode) -> str:
    return str(cell.metadata.get("question", ""))


def _released(cell: NotebookNode, where: str) -> str:
    return without_solutions(cell.source, where, prose=cell.cell_type != "code")


def _examine_question(where: str, question: str, cell: NotebookNode, rubric: bool) -> None:
    points = cell.metadata.get("points")
    if cell.cell_type != "markdown" or not isinstance(points, int | float) or not points > 0:
        raise AutograderError(
            f"{where}: a question that a person grades is Markdown with points; start the cell "
            f'with `# %% [markdown] question="{question}" points=4`.'
        )
    if not rubric:
        raise AutograderError(
            f"{where}: question {question!r} has no rubric; put what earns the points between "
            f"{BEGIN}: Write your answer here. and {END}."
        )


def _answered_by_hand(question: str, text: str, cell: NotebookNode) -> NotebookNode:
    answer = new_markdown_cell(text, id=re.sub(r"[^\w-]", "-", question))
    answer.metadata["nbgrader"] = {
        "schema_version": 3,
        "grade_id": question,
        "grade": True,
        "solution": True,
        "locked": False,
        "task": False,
        "points": cell.metadata["points"],
    }
    return answer


def _kernel() -> dict[str, dict[str, str]]:
    return {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }


def _numbered(kind: str, text: str, number: int) -> NotebookNode:
    # Cell ids that depend on the place alone: building twice gives the same file.
    if kind == "code":
        return new_code_cell(text, id=f"cell-{number}")
    return new_markdown_cell(text, id=f"cell-{number}")


def _graded(grade_id: str, text: str, *, solution: bool = False, points: float = 0) -> NotebookNode:
    metadata: dict[str, object] = {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": not solution,
        "solution": solution,
        "locked": not solution,
        "task": False,
    }
    if not solution:
        metadata["points"] = points
    cell = new_code_cell(text, id=re.sub(r"[^\w-]", "-", grade_id))
    cell.metadata["nbgrader"] = metadata
    if not solution:
        cell.metadata |= {"editable": False, "deletable": False}
    return cell


def _exercise_cells(source: Path, notebook: NotebookNode, check_set: CheckSet) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, cell in enumerate(notebook.cells, 1):
        name = _exercise_of(cell)
        where = f"{source}, cell {number}"
        regions = _released(cell, where) != cell.source.rstrip("\n")
        if question := _question_of(cell):
            _examine_question(where, question, cell, regions)
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
        if name not in [exercise.name for exercise in check_set.exercises]:
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
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("misconception", [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AutograderError(f"{path} is not TOML: {error}.") from error
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
