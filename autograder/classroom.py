"""Grade a class: from nbgrader's folder of submissions to gradebook, feedback and results."""

from __future__ import annotations

import atexit
import copy
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from rich.console import Console

from autograder.grading.grade import grade_class, grade_submission, new_seed
from autograder.grading.oracle import LiveOracle
from autograder.model import AutograderError, Report
from autograder.outputs.gradebook import Graded, Recorded, record
from autograder.outputs.release import release_notebook, write_source
from autograder.outputs.results import results, write
from autograder.outputs.terminal import class_table, progress
from autograder.sandbox.pool import Sandbox, Statistics
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.course import Course
from autograder.sources.submission import (
    Submission,
    find_submission,
    locked_cells,
    submissions_in,
)

TIMESTAMP = "timestamp.txt"


@dataclass(frozen=True)
class ClassGrades:
    """A graded class, where its outputs are, and what the sandbox used."""

    reports: tuple[Report, ...]
    recorded: Recorded
    results_file: Path
    used: Statistics


def grade_course(
    course: Course,
    name: str,
    console: Console,
    *,
    submissions: Path | None,
    results_file: Path | None,
    jobs: int,
    seed: int | None,
    only: frozenset[str],
    confined: bool,
) -> ClassGrades:
    """Grade every submission of an assignment, record the grades, and print the class table.

    Args:
        submissions: nbgrader's folder, ``<student>/<assignment>/``; None for the course's own.
        seed: of the checks' inputs; None for a fresh secret one.
        only: ids of the students to grade; empty for all.

    Raises:
        AutograderError: nothing can be graded or recorded; the message says what to do.
    """
    assignment = read_assignment(course.solution(name))
    # Recording stands in the course folder, so a relative path would mean another.
    folder = (submissions or course.root / "submitted").absolute()
    students = _chosen(submissions_in(folder), only, folder)
    release = release_notebook(assignment)
    locked = locked_cells(release)
    handed_in = [
        find_submission(folder / student / name, name, student, locked) for student in students
    ]
    seed = new_seed() if seed is None else seed
    write_source(assignment, course.release(name), course.source(name))
    results_file = results_file or course.root / "results.json"
    reports: dict[str, Report] = {}

    def graded() -> Generator[Graded]:
        with closing(grade_class(handed_in, assignment, sandbox, jobs=jobs, seed=seed)) as finished:
            for submission, report in finished:
                reports[report.student] = report
                notebook = presentable(submission, release)
                yield Graded(report, notebook, _timestamp(folder / report.student / name))

    def in_order() -> list[Report]:
        return [reports[student] for student in students if student in reports]

    with Sandbox(confined=confined, secrets=[course.solutions, folder]) as sandbox:
        console.print(f"sandbox: {sandbox.level}; {len(students)} students, {jobs} at a time")
        with closing(graded()) as finished, progress(console, "graded", len(handed_in)) as step:
            try:
                # One student is recorded while the next are graded.
                recorded = record(course.root, name, release, finished, progress=step)
            except AutograderError:
                # A gradebook that breaks on the way does not end the grading; one that never
                # worked has not let it begin.
                if reports:
                    deque(finished, maxlen=0)
                raise
            finally:
                if reports:
                    write(results_file, results(name, seed, sandbox.level, in_order()))
        used = sandbox.statistics
    console.print(class_table(in_order(), console.width))
    for problem in recorded.problems:
        console.print(f"! {problem}", style="yellow", markup=False)
    console.print(f"gradebook  {recorded.database}", soft_wrap=True)
    console.print(f"feedback   {recorded.feedback}", soft_wrap=True)
    console.print(f"grades     {recorded.grades_csv}", soft_wrap=True)
    console.print(f"results    {results_file}", soft_wrap=True)
    console.print(f"Graded again with --seed {seed}, every check gets the same inputs.")
    return ClassGrades(tuple(in_order()), recorded, results_file, used)


def grade_one(course: Path, name: str, student: str, notebook: Path) -> Report:
    """Grade one submission for ``nbgrader autograde``, which asks for one after another.

    Sandbox and reference are kept from one call to the next, until the process ends.
    """
    assignment, oracle, sandbox, locked = _engine(course.resolve(), name)
    submission = find_submission(notebook.parent, name, student, locked)
    return grade_submission(submission, assignment.check_set, oracle, sandbox)


@cache
def _engine(root: Path, name: str) -> tuple[Assignment, LiveOracle, Sandbox, dict[str, str]]:
    course = Course(root)
    assignment = read_assignment(course.solution(name))
    sandbox = Sandbox(secrets=[course.solutions]).__enter__()
    atexit.register(sandbox.close)
    locked = locked_cells(release_notebook(assignment))
    return assignment, LiveOracle(sandbox, assignment, new_seed()), sandbox, locked


def presentable(submission: Submission, release: NotebookNode) -> NotebookNode:
    """A notebook that shows what was submitted, whatever that was."""
    if submission.notebook is not None:
        return nbformat.from_dict(submission.notebook)
    if submission.path and submission.cells:
        text = "\n\n".join(cell.text.strip("\n") for cell in submission.cells)
        # The release's own cells are put back around it when it is recorded.
        module = nbformat.v4.new_code_cell(f"# Submitted as {submission.path.name}\n{text}")
        return nbformat.v4.new_notebook(cells=[module])
    return copy.deepcopy(release)


def _chosen(students: Sequence[str], only: frozenset[str], folder: Path) -> Sequence[str]:
    unknown = only - frozenset(students)
    if unknown:
        raise AutograderError(
            f"{', '.join(sorted(unknown))}: no such student in {folder}; it has "
            f"{', '.join(students[:8])}{', ...' if len(students) > 8 else ''}."
        )
    return [student for student in students if not only or student in only]


def _timestamp(folder: Path) -> str | None:
    path = folder / TIMESTAMP
    if path.is_symlink() or not path.is_file():
        return None
    return path.read_bytes()[:200].decode("utf-8", "replace")
