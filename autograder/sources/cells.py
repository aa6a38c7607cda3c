"""Examine the cells of an assignment's percent notebook: exercises, questions, regions."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from autograder.model import Exercise
from autograder.sources.faults import Faults, is_file_name, suggestion
from autograder.sources.magics import without_magics
from autograder.sources.percent import Percent
from autograder.sources.reading import parse, top_level_names
from autograder.sources.regions import BEGIN, END, marked, problems, without_solutions

if TYPE_CHECKING:
    from nbformat import NotebookNode

KEYS = ("exercise", "question", "prediction", "points")
"""What an author says of a cell, after ``# %%``."""


def exercise_of(cell: NotebookNode) -> str:
    """The exercise whose solution cell this is; "" for any other cell."""
    return str(cell.metadata.get("exercise", ""))


def question_of(cell: NotebookNode) -> str:
    """The manually graded question that this cell asks; "" for any other cell."""
    return str(cell.metadata.get("question", ""))


def exercise_cells(
    percent: Percent, exercises: Mapping[str, Exercise] | None, faults: Faults
) -> tuple[dict[str, str], frozenset[str]]:
    """The source of each valid solution cell, by exercise; and the exercises of all such cells.

    Args:
        exercises: those of ``checks.py``, by name; None if they are unknown.
    """
    cells = _Cells(percent, exercises, faults)
    cells.examine()
    valid = {name: cell for name, cell in cells.found.items() if name not in cells.invalid}
    return valid, frozenset(cells.found)


class _Cells:
    """The cells of one notebook, examined one after another."""

    def __init__(
        self, percent: Percent, exercises: Mapping[str, Exercise] | None, faults: Faults
    ) -> None:
        self.percent = percent
        self.exercises = exercises
        self.faults = faults
        self.found: dict[str, str] = {}
        self.invalid: set[str] = set()
        self.questions: set[str] = set()
        self.misplaced: list[str] = []  # names of cells that may be meant for another exercise

    def examine(self) -> None:
        for number, cell in enumerate(self.percent.notebook.cells, 1):
            if not self._keys(number, cell):
                continue
            before = len(self.faults.found)
            regions = problems(cell.source)
            for line, problem in regions:
                self._fault(number, line, problem)
            if question_of(cell):
                self._question(number, cell, valid=not regions)
            elif exercise_of(cell):
                self._exercise(number, cell, valid=not regions)
                if len(self.faults.found) > before:
                    self.invalid.add(exercise_of(cell))
            else:
                self._other(number, cell)
        self._missing()

    def _fault(self, cell: int, line: int, message: str) -> None:
        self.faults.add(self.percent.path, self.percent.line(cell, line), message)

    def _head(self, cell: int, message: str) -> None:
        """A fault of the line that begins the cell."""
        self.faults.add(self.percent.path, max(self.percent.line(cell) - 1, 0), message)

    def _keys(self, number: int, cell: NotebookNode) -> bool:
        """Whether what is said of a cell, after ``# %%``, can be understood."""
        written = cell.metadata
        if broken := written.get("incorrectly_encoded_metadata"):
            self._head(number, f'`{broken}` cannot be read. Write it as `# %% exercise="Name"`.')
            self.misplaced.append(str(broken))
            return False
        for key in written:
            meant = get_close_matches(key, KEYS, n=1, cutoff=0.75)
            if key not in KEYS and meant:
                self._head(number, f"a cell has no {key!r}. Did you mean {meant[0]!r}?")
                self.misplaced.append(str(written[key]))
                return False
        for key in ("exercise", "question", "prediction"):
            if key in written and not isinstance(written[key], str):
                self._head(number, f'{key} must be one name: `# %% {key}="Name"`, without commas.')
                self.misplaced += map(str, written[key] if isinstance(written[key], list) else [])
                return False
        if "markdown" in str(written.get("title", "")).lower() and cell.cell_type == "code":
            self._head(number, "this is a code cell. For text, begin it with `# %% [markdown]`.")
            return False
        return True

    def _question(self, number: int, cell: NotebookNode, *, valid: bool) -> None:
        question = question_of(cell)
        points = cell.metadata.get("points")
        is_number = isinstance(points, int | float) and not isinstance(points, bool)
        if cell.cell_type != "markdown" or not is_number or not 0 < points < math.inf:
            self._head(
                number,
                f"the question {question!r} must be a Markdown cell with points > 0. Start it with "
                f'`# %% [markdown] question="{question}" points=4`.',
            )
        elif not is_file_name(question):
            self._head(
                number,
                f"{question!r} is not a valid name for a question. Use letters, digits, _ and -.",
            )
        elif valid and not marked(cell):
            self._head(
                number,
                f"question {question!r} has no rubric. Put what earns the points between "
                f"{BEGIN}: Write your answer here. and {END}.",
            )
        if question in self.questions or question in (self.exercises or {}):
            self._head(
                number,
                f"the name {question!r} is already taken by another question or exercise. Rename "
                "the question.",
            )
        self.questions.add(question)

    def _exercise(self, number: int, cell: NotebookNode, *, valid: bool) -> None:
        name = exercise_of(cell)
        if name in self.found:
            self._head(number, f"exercise {name!r} already has a cell. Merge the two cells.")
            self.misplaced.append(name)
            return
        self.found[name] = cell.source
        if self.exercises is not None and name not in self.exercises:
            self._head(
                number,
                f"exercise {name!r} is not defined in checks.py, which has "
                f"{', '.join(self.exercises)}.{suggestion(name, self.exercises)}",
            )
            self.misplaced.append(name)
        if cell.cell_type != "code":
            self._head(number, f'exercise {name!r} must be a code cell: `# %% exercise="{name}"`.')
        elif "points" in cell.metadata:
            self._head(number, "points of exercises are given to their checks, in checks.py.")
        elif valid and not marked(cell):
            self._head(
                number,
                f"exercise {name!r} has no solution region. Put what students write between "
                f"{BEGIN}: What to write. and {END}.",
            )
        elif valid and (body := self._body(number, cell.source)) is not None:
            self._defines(number, name, body)
            self._stub(number, cell.source)

    def _body(self, number: int, text: str) -> list[ast.stmt] | None:
        tree = parse(
            self.percent.path,
            without_magics(text),
            self.faults,
            first_line=self.percent.line(number),
        )
        return tree.body if tree else None

    def _defines(self, number: int, name: str, body: list[ast.stmt]) -> None:
        defined = top_level_names(body)
        unknown = self.exercises is not None and name not in self.exercises
        if name not in defined and name.isidentifier() and not unknown:  # else it has been said
            others = ", ".join(map(repr, defined)) or "nothing"
            nearest = [defined[each] for each in get_close_matches(name, defined, n=1)]
            self._fault(
                number,
                min(nearest or defined.values(), default=1),
                f"the cell of exercise {name!r} defines {others}. Name what students write "
                f"{name!r}, as checks.py does.",
            )

    def _stub(self, number: int, text: str) -> None:
        """What students get must be valid Python too."""
        within = Faults()
        parse(self.percent.path, without_magics(without_solutions(text, "")), within)
        if within.found:
            begin = next(
                line
                for line, written in enumerate(text.splitlines(), 1)
                if written.strip().startswith(BEGIN)
            )
            self._fault(
                number,
                begin,
                "without the solution, this cell is not valid Python: "
                f"{within.found[0].message.removeprefix('not valid Python: ')[:-15]} "
                "Indent the markers like the lines between them.",
            )

    def _other(self, number: int, cell: NotebookNode) -> None:
        if marked(cell):
            self._head(
                number,
                'a solution region outside an exercise. Start the cell with `# %% exercise="Name"`'
                ', or a question\'s with `# %% [markdown] question="name" points=4`.',
            )
            self.misplaced += top_level_names(self._body(number, cell.source) or [])
        elif "points" in cell.metadata:
            self._head(number, 'only a question has points. Name it: question="name".')
        elif cell.cell_type == "code":
            for node in self._body(number, cell.source) or []:
                name = getattr(node, "name", "")  # of a class or function
                if name in (self.exercises or {}):
                    self._fault(
                        number,
                        node.lineno,
                        f"{name!r} is an exercise and is defined here again. Define it only in "
                        f'its cell, `# %% exercise="{name}"`.',
                    )

    def _missing(self) -> None:
        """Exercises without a cell, unless a cell that was reported already may be meant for it."""
        missing = [name for name in self.exercises or {} if name not in self.found]
        for name in self.misplaced:
            close = [each for each in missing if each in name] or get_close_matches(
                name, missing, n=1, cutoff=0.4
            )
            if missing:
                missing.remove(close[0] if close else missing[0])
        for name in missing:
            self.faults.add(
                self.percent.path,
                0,
                f"exercise {name!r} of checks.py has no cell. Start one with "
                f'`# %% exercise="{name}"`.',
            )
