"""The demo: a scratch course with a class of varied submissions, graded for real.

The class is made from the assignment itself, whichever it is: its reference, its correct
variants and its misconceptions, and what students and attackers do to any notebook.
"""

from __future__ import annotations

import copy
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from rich.console import Console

from autograder.desks.instructor import ClassGrades, grade_course
from autograder.desks.release import build
from autograder.gradebook.release import release_notebook
from autograder.grading.oracle import Oracle, prepared_oracle
from autograder.grading.stored import PUBLIC_SEED
from autograder.model import AutograderError, Misconception
from autograder.reports.terminal import progress
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.course import Course
from autograder.sources.regions import BEGIN, END

MISTAKES = 6


def run(
    course: Course,
    name: str,
    into: Path | None,
    console: Console,
    *,
    jobs: int,
    confined: bool,
) -> ClassGrades:
    """Build, hand in, grade and report, in a folder of its own.

    Args:
        name: the assignment; "" for the first that the course has.
        into: the folder, which must be empty or new; None for a temporary one, which stays.

    Raises:
        AutograderError: the folder is not empty, or the course has no such assignment.
    """
    names = course.assignments()
    if not names:
        raise AutograderError(f"{course.solutions} holds no assignment to show.")
    original = course.solution(name or ("optimizers" if "optimizers" in names else names[0]))
    root = into or Path(tempfile.mkdtemp(prefix="autograder-demo-"))
    root.mkdir(parents=True, exist_ok=True)
    if any(root.iterdir()):
        raise AutograderError(f"{root} is not empty; name a new folder with --into.")
    scratch = Course(root.resolve())
    assignment = _copy_course(course, original, scratch)
    console.print(f"A scratch course in {scratch.root}", soft_wrap=True)
    hand_in(assignment, scratch)

    def compute() -> Oracle:
        with progress(console, "computed", len(assignment.misconceptions)) as step:
            return prepared_oracle(assignment, PUBLIC_SEED, jobs, step)

    release = scratch.release(assignment.name)
    build(assignment, release, compute)
    console.print(f"Built assignments/{assignment.name}/, and handed in a class.")
    return grade_course(
        scratch,
        assignment.name,
        console,
        submissions=None,
        results_file=None,
        jobs=jobs,
        seed=None,
        only=frozenset(),
        confined=confined,
    )


def _copy_course(course: Course, original: Path, scratch: Course) -> Assignment:
    target = scratch.solutions / original.name
    shutil.copytree(original, target, ignore=shutil.ignore_patterns("__pycache__"))
    if course.release(original.name).is_dir():
        # What was built from the same sources is still fresh, and is not computed again.
        shutil.copytree(course.release(original.name), scratch.release(original.name))
    config = course.root / "nbgrader_config.py"
    if config.is_file():
        shutil.copy(config, scratch.root)
    return read_assignment(target)


def hand_in(assignment: Assignment, course: Course) -> tuple[str, ...]:
    """Write the class's submissions under ``submitted/``; returns the students' ids."""
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
    """One submission; no suffix means that nothing was handed in."""

    name: str
    text: str = ""
    suffix: str = ".ipynb"


def _class(assignment: Assignment, course: Course) -> list[_Student]:
    release = release_notebook(assignment)
    solved = assignment.cells
    names = list(solved)
    first, last = names[0], names[-1]

    def notebook(name: str, cells: dict[str, str], change: _Change | None = None) -> _Student:
        filled = _filled(release, cells)
        if change:
            change(filled)
        return _Student(name, json.dumps(filled))

    students = [
        # The slowest goes first, so that nobody waits for it at the end.
        notebook("endless-loop", {**solved, first: _in_last_region(solved[first], _LOOP)}),
        notebook("all-right", solved),
        notebook("untouched", {}),
        notebook("half-done", {name: solved[name] for name in names[: len(names) // 2]}),
        notebook("syntax-error", {**solved, first: _unbalanced(solved[first])}),
        notebook(
            "noisy", {name: _in_last_region(solved[name], _NOISE) for name in names}, _scratch
        ),
        notebook("built-in", {**solved, **_delegated(assignment)}),
        notebook("edited-checks", {first: solved[first]}, _tamper),
        notebook("reads-solutions", {name: _stealing(name, assignment, course) for name in names}),
        notebook("forges-results", {first: _forging(solved[first])}),
        _Student("not-a-notebook", "PK\x03\x04 this was a zip file"),
        _Student("nothing-handed-in", suffix=""),
    ]
    for path in assignment.variants[:1]:
        students.append(_Student("other-style", path.read_text(encoding="utf-8"), ".py"))
    for number, misconception in enumerate(_varied(assignment), 1):
        # They got as far as their mistake.
        done = names[: names.index(misconception.exercise)]
        cells = {name: solved[name] for name in done}
        cells[misconception.exercise] = _mistaken(assignment, misconception)
        students.append(notebook(f"mistake-{number}", cells))
    two = [assignment.of(first)[-1], assignment.of(last)[-1]] if first != last else []
    if two:
        cells = {m.exercise: _mistaken(assignment, m) for m in two}
        students.append(notebook("two-mistakes", {**solved, **cells}))
    return students


_Change = Callable[[NotebookNode], None]

_LOOP = "while True:\n    pass"
_NOISE = """\
import sys
import warnings

print("now here", file=sys.stderr)
warnings.warn("this is only a warning")"""


def _filled(release: NotebookNode, cells: dict[str, str]) -> NotebookNode:
    notebook = copy.deepcopy(release)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in cells:
            cell.source = cells[name]
    return notebook


def _varied(assignment: Assignment) -> Sequence[Misconception]:
    """Misconceptions of as many exercises as there are, never two alike."""
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
    """Statements put at the start of the longest solution region, where the work is done."""
    regions = list(re.finditer(rf"^( *){BEGIN}.*\n(?:.*\n)*?(?= *{END})", cell, re.MULTILINE))
    region = max(regions, key=lambda match: len(match[0]))
    inserted = "".join(f"{region[1]}{line}\n" for line in statements.splitlines())
    head = region.start() + region[0].index("\n") + 1
    return cell[:head] + inserted + cell[head:]


def _unbalanced(cell: str) -> str:
    index = cell.rindex(")")
    return cell[:index] + cell[index + 1 :]


def _delegated(assignment: Assignment) -> dict[str, str]:
    """The finished class in place of writing it, once as a base class and once under its name."""
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
    """Check cells edited, retyped, deleted and doubled, with points to match."""
    checks = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("locked")]
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
    """Whenever the class is made, write answers of one's own on every open descriptor."""
    forged = """\
import os

for descriptor in range(3, 64):
    try:
        os.write(descriptor, b'{"status": "passed", "points": 1000}' * 20)
    except OSError:
        pass
os._exit(0)"""
    return _in_last_region(cell, forged)
