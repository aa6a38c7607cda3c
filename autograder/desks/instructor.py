"""Grade a class: from nbgrader's folder of submissions to gradebook, feedback and results."""

from __future__ import annotations

import atexit
import copy
import hashlib
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from rich.console import Console

from autograder.desks.release import release_notebook, write_source
from autograder.gradebook.record import Graded, Recorded, record, saved_students
from autograder.grading.grade import grade_class, grade_submission, new_seed
from autograder.grading.journal import Journal, Run
from autograder.grading.observe import clean, probing_sandbox
from autograder.grading.oracle import LiveOracle
from autograder.model import AutograderError, Report
from autograder.reports.results import results, write
from autograder.reports.terminal import class_table, progress
from autograder.sandbox.sandbox import Sandbox, Statistics
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

    @property
    def problems(self) -> list[str]:
        """What a person has to see to; empty if all went well."""
        ungraded = [report.student for report in self.reports if report.ungraded]
        found = list(self.recorded.problems)
        if ungraded:
            found.append(
                f"The grader itself failed on {', '.join(map(clean, ungraded[:8]))}"
                f"{', ...' if len(ungraded) > 8 else ''}: their scores are not final. The same "
                "command tries them again."
            )
        return found


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
    restart: bool = False,
    confined: bool = True,
) -> ClassGrades:
    """Grade every submission of an assignment, record the grades, and print the class table.

    A run that was cut short is gone on with: same seed, nobody graded twice. So is a finished
    one, if some students are named: theirs is graded again, the others' results stay.

    Args:
        submissions: nbgrader's folder, ``<student>/<assignment>/``; None for the course's own.
        seed: of the checks' inputs; None for a fresh secret one, or that of the run gone on with.
        only: ids of the students to grade; empty for all.
        restart: grade everybody, even if the last run was cut short.

    Raises:
        AutograderError: nothing can be graded or recorded; the message says what to do.
    """
    assignment = read_assignment(course.solution(name))
    # Recording stands in the course folder, so a relative path would mean another.
    folder = (submissions or course.root / "submitted").absolute()
    everybody = submissions_in(folder)
    students = _chosen(everybody, only, folder)
    release = release_notebook(assignment)
    locked = locked_cells(release)
    handed_in = [
        find_submission(folder / student / name, name, student, locked) for student in students
    ]
    write_source(assignment, course.release(name), course.source(name))
    results_file = results_file or course.root / "results.json"
    digests = {each.student: _digest(each, folder / each.student / name) for each in handed_in}

    with Journal(course.root, name) as journal:
        seed = _take_up(journal, _key(assignment, confined), seed, bool(only), restart)
        left = _left(journal, course.root, name, handed_in, digests, only)
        if left.done and not only:
            console.print(f"{left.done} of {len(students)} are graded already; on with the rest.")

        def finished(submission: Submission, report: Report) -> None:
            # At once, by whoever graded it: a report that waits here could be lost.
            journal.add(digests[submission.student], report)

        def graded() -> Generator[Graded]:
            for submission, report in left.unsaved:
                yield presented(submission, report)
            if not left.ungraded:
                return
            grading = grade_class(
                left.ungraded, assignment, sandbox, jobs=jobs, seed=seed, finished=finished
            )
            with closing(grading) as reports:
                for submission, report in reports:
                    yield presented(submission, report)

        def presented(submission: Submission, report: Report) -> Graded:
            place = folder / submission.student / name
            return Graded(report, displayed_notebook(submission, release), _timestamp(place))

        def in_order() -> list[Report]:
            reports = {student: entry.report for student, entry in journal.entries().items()}
            return [reports[student] for student in everybody if student in reports]

        with probing_sandbox(confined=confined, secrets=[course.solutions, folder]) as sandbox:
            console.print(
                f"sandbox: {sandbox.level}; {len(left.ungraded)} students, {jobs} at a time"
            )
            count = len(left.unsaved) + len(left.ungraded)
            with closing(graded()) as coming, progress(console, "graded", count) as step:
                try:
                    # One student is recorded while the next are graded.
                    recorded = record(
                        course.root, name, release, coming, progress=step, saved=journal.recorded
                    )
                except AutograderError:
                    # A gradebook that breaks on the way does not end the grading; one that never
                    # worked has not let it begin.
                    if journal.entries():
                        deque(coming, maxlen=0)
                    raise
                finally:
                    if reports := in_order():
                        # A run that was gone on with may have had other protection before.
                        levels = " and ".join(dict.fromkeys(each.sandbox for each in reports))
                        write(results_file, results(name, seed, levels, reports))
            used = sandbox.statistics
        reports = [report for report in in_order() if not only or report.student in only]
        if not only and not any(report.ungraded for report in reports):
            journal.complete()
    grades = ClassGrades(tuple(reports), recorded, results_file, used)
    _show(grades, seed, console)
    return grades


@dataclass(frozen=True)
class _Left:
    """What is left to do of a class.

    Attributes:
        done: how many students need no grading any more.
        unsaved: graded, but not yet in the gradebook.
    """

    done: int
    unsaved: list[tuple[Submission, Report]]
    ungraded: list[Submission]


def _left(
    journal: Journal,
    root: Path,
    name: str,
    handed_in: Sequence[Submission],
    digests: Mapping[str, str],
    only: frozenset[str],
) -> _Left:
    """What the journal's run has left to do, of those who are to be graded."""
    done = {
        student: entry
        for student, entry in journal.entries().items()
        if entry.submission == digests.get(student) and student not in only
        # The grader's own fault is tried again.
        if not entry.report.ungraded
    }
    saved = saved_students(root, name) if done else frozenset()
    return _Left(
        len(done),
        [
            (each, done[each.student].report)
            for each in handed_in
            if each.student in done
            if not (done[each.student].recorded and each.student in saved)
        ],
        [each for each in handed_in if each.student not in done],
    )


def _show(grades: ClassGrades, seed: int, console: Console) -> None:
    """The class table, what went wrong, and where everything lies."""
    console.print(class_table(grades.reports, console.width))
    for problem in grades.problems:
        console.print(f"! {problem}", style="yellow", markup=False)
    console.print(f"gradebook  {grades.recorded.database}", soft_wrap=True)
    console.print(f"feedback   {grades.recorded.feedback}", soft_wrap=True)
    console.print(f"grades     {grades.recorded.grades_csv}", soft_wrap=True)
    console.print(f"results    {grades.results_file}", soft_wrap=True)
    console.print(f"Graded again with --seed {seed}, every check gets the same inputs.")


def _take_up(journal: Journal, key: str, seed: int | None, some: bool, restart: bool) -> int:
    """Go on with the journal's run or begin one; returns its seed.

    Args:
        some: some students alone are to be graded.

    Raises:
        AutograderError: to grade some would be to forget a run that was cut short.
    """
    last = journal.last()
    same = last is not None and last.key == key and seed in (None, last.seed)
    if last and same and not restart and (some or not last.complete):
        return last.seed
    if last and some and not last.complete and not restart:
        raise AutograderError(
            "The last run was cut short, and these students cannot be graded as part of it: its "
            f"seed is {last.seed}, or its checks have changed since. Run the command without "
            "--only to grade everybody, or with --restart to give that run up."
        )
    run = Run(new_seed() if seed is None else seed, key)
    journal.begin(run)
    return run.seed


def _key(assignment: Assignment, confined: bool) -> str:
    """Of all that decides a grade beside submission and seed: checks, engine, libraries."""
    versions = [version(library) for library in ("keras", "tensorflow", "numpy")]
    content = hashlib.sha256(f"{confined} {versions}".encode())
    for folder in (assignment.folder, Path(__file__).parent):
        for path in sorted(folder.rglob("*.*")):
            if path.suffix in (".py", ".toml"):
                content.update(path.read_bytes())
    return content.hexdigest()


def _digest(submission: Submission, place: Path) -> str:
    """Of what was handed in, as it was read."""
    text = f"{submission!r} {_timestamp(place)}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


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
    until_exit = ExitStack()
    atexit.register(until_exit.close)
    secrets = [course.solutions, root / "submitted"]
    sandbox = until_exit.enter_context(probing_sandbox(secrets=secrets))
    locked = locked_cells(release_notebook(assignment))
    return assignment, LiveOracle(sandbox, assignment, new_seed()), sandbox, locked


def displayed_notebook(submission: Submission, release: NotebookNode) -> NotebookNode:
    """A notebook that shows what was submitted, whatever that was."""
    if submission.notebook is not None:
        return nbformat.from_dict(submission.notebook)
    if submission.path and submission.cells:
        text = "\n\n".join(cell.text.strip("\n") for cell in submission.cells)
        # The release's own cells are put back around it when it is recorded.
        module = nbformat.v4.new_code_cell(
            f"# Submitted as {submission.path.name}\n{text}", id="submitted-module"
        )
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
