"""The demo's class of varied submissions.

It is made from the assignment itself, whichever that is: from its reference, its correct variants
and its misconceptions, and from what students and attackers do to any notebook.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from autograder.gradebook.release import release_notebook
from autograder.model import Misconception
from autograder.sources.assignment import Assignment
from autograder.sources.course import Course
from autograder.sources.regions import BEGIN, END

MISTAKES = 6


def submit_class(assignment: Assignment, course: Course) -> tuple[str, ...]:
    """Write the class's submissions to ``submitted/``; returns the students' ids."""
    students = _class(assignment, course)
    for student in students:
        folder = course.root / "submitted" / student.name / assignment.name
        folder.parent.mkdir(parents=True, exist_ok=True)
        if student.suffix:
            folder.mkdir()
            path = folder / f"{assignment.name}{student.suffix}"
            path.write_text(student.text, encoding="utf-8")
    return tuple(student.name for student in students)


@dataclass(frozen=True)
class _Student:
    """One submission; an empty suffix means that nothing was submitted."""

    name: str
    text: str = ""
    suffix: str = ".ipynb"


def _class(assignment: Assignment, course: Course) -> list[_Student]:
    release = release_notebook(assignment)
    names = list(assignment.cells)
    first, last = names[0], names[-1]

    predicted = {
        asked.grade_id: f'{asked.variable} = "a"' for asked in assignment.check_set.predictions
    }
    solved = {**assignment.cells, **predicted}

    def notebook(name: str, cells: dict[str, str], change: _Change | None = None) -> _Student:
        filled = _filled(release, cells)
        if change:
            change(filled)
        return _Student(name, json.dumps(filled))

    students = [
        # The slowest comes first, so that it does not run alone at the end.
        notebook("endless-loop", {**solved, first: _in_last_region(solved[first], _LOOP)}),
        notebook("all-right", solved),
        notebook("untouched", {}),
        notebook("half-done", {name: solved[name] for name in names[: len(names) // 2]}),
        notebook("syntax-error", {**solved, first: _unbalanced(solved[first])}),
        notebook(
            "noisy",
            {**solved, **{name: _in_last_region(solved[name], _NOISE) for name in names}},
            _scratch,
        ),
        notebook("built-in", {**assignment.cells, **_delegated(assignment)}),
        notebook("edited-checks", {first: solved[first]}, _tamper),
        notebook("reads-solutions", {name: _stealing(name, assignment, course) for name in names}),
        notebook("forges-results", {first: _forging(solved[first])}),
        _Student("not-a-notebook", "PK\x03\x04 this was a zip file"),
        _Student("nothing-submitted", suffix=""),
    ]
    for path in assignment.variants[:1]:
        text = "\n".join([path.read_text(encoding="utf-8"), *predicted.values(), ""])
        students.append(_Student("other-style", text, ".py"))
    for number, misconception in enumerate(_varied(assignment), 1):
        # They solved every exercise before their mistake.
        done = names[: names.index(misconception.exercise)]
        cells = {name: solved[name] for name in done}
        cells[misconception.exercise] = _mistaken(assignment, misconception)
        students.append(notebook(f"mistake-{number}", cells))
    last_known = {known.exercise: known for known in assignment.authored}
    if first != last and first in last_known and last in last_known:
        cells = {name: _mistaken(assignment, last_known[name]) for name in (first, last)}
        students.append(notebook("two-mistakes", {**solved, **cells}))
    return students


_Change = Callable[[NotebookNode], None]

_LOOP = "while True:\n    pass"
_NOISE = """\
import sys
import warnings

print("debugging", file=sys.stderr)
warnings.warn("this is just a warning")"""


def _filled(release: NotebookNode, cells: dict[str, str]) -> NotebookNode:
    notebook = copy.deepcopy(release)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in cells:
            cell.source = cells[name]
    return notebook


def _varied(assignment: Assignment) -> Sequence[Misconception]:
    """Misconceptions of as many exercises as possible, all with different names."""
    by_exercise = [list(assignment.of(name)) for name in assignment.cells]
    found: list[Misconception] = []
    while len(found) < MISTAKES and any(by_exercise):
        for left in by_exercise:
            seen = {misconception.name for misconception in found}
            fresh = [misconception for misconception in left if misconception.name not in seen]
            if fresh and len(found) < MISTAKES:
                found.append(fresh[0])
            left[:] = fresh[1:]
    return found


def _mistaken(assignment: Assignment, misconception: Misconception) -> str:
    cell = assignment.cells[misconception.exercise]
    return cell.replace(misconception.find, misconception.replace)


def _in_last_region(cell: str, statements: str) -> str:
    """The cell with statements at the start of its longest solution region, which does the work."""
    regions = list(re.finditer(rf"^( *){BEGIN}.*\n(?:.*\n)*?(?= *{END})", cell, re.MULTILINE))
    region = max(regions, key=lambda match: len(match[0]))
    inserted = "".join(f"{region[1]}{line}\n" for line in statements.splitlines())
    head = region.start() + region[0].index("\n") + 1
    return cell[:head] + inserted + cell[head:]


def _unbalanced(cell: str) -> str:
    index = cell.rindex(")")
    return cell[:index] + cell[index + 1 :]


def _delegated(assignment: Assignment) -> dict[str, str]:
    """Finished Keras classes instead of own code, as a base class and by assignment in turn."""
    cells: dict[str, str] = {}
    for exercise in assignment.check_set.exercises:
        if exercise.forbidden:
            forbidden = exercise.forbidden[0]
            cells[exercise.name] = (
                f"class {exercise.name}({forbidden}):\n    pass"
                if len(cells) % 2 == 0
                else f"{exercise.name} = {forbidden}"
            )
    return cells


def _scratch(notebook: NotebookNode) -> None:
    notebook.cells += [
        nbformat.v4.new_code_cell("%matplotlib inline\n!ls\nraise ValueError('a scratch cell')"),
        nbformat.v4.new_code_cell("this is not Python at all"),
    ]


def _tamper(notebook: NotebookNode) -> None:
    """Edit, retype, delete and duplicate check cells, and raise their points."""
    locked = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("locked")]
    checks = [cell for cell in locked if cell.cell_type == "code"]
    for cell in checks:
        cell.metadata.nbgrader["points"] = 1000
        cell.source = "1000"
    if len(checks) > 3:
        notebook.cells.append(copy.deepcopy(checks[1]))
        notebook.cells.remove(checks[2])
        index = notebook.cells.index(checks[3])
        notebook.cells[index] = nbformat.v4.new_markdown_cell(
            "Full marks, please.", metadata=checks[3].metadata
        )


def _stealing(name: str, assignment: Assignment, course: Course) -> str:
    source = course.solutions / assignment.name / f"{assignment.name}.py"
    return f"""\
def stolen(name):
    import ast
    import pathlib

    text = pathlib.Path({str(source)!r}).read_text()
    kept = [
        node
        for node in ast.parse(text).body
        if isinstance(node, (ast.Import, ast.ImportFrom)) or getattr(node, "name", "") == name
    ]
    namespace = {{}}
    exec(compile(ast.Module(kept, []), "stolen", "exec"), namespace)
    return namespace[name]


{name} = stolen({name!r})
"""


def _forging(cell: str) -> str:
    """The cell, made to write forged results to every open descriptor when it is used."""
    forged = """\
import os

for descriptor in range(3, 64):
    try:
        os.write(descriptor, b'{"status": "passed", "points": 1000}' * 20)
    except OSError:
        pass
os._exit(0)"""
    return _in_last_region(cell, forged)
